#include "mqtt/server_session.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::mqtt {
namespace {

constexpr char kConnectHead = 0x10;  // type and flags of CONNECT [MQTT-2.2.2-1]

Reason reason_of(DecodeError error) noexcept {
  switch (error) {
    case DecodeError::PacketTooLarge:
      return Reason::PacketTooLarge;
    case DecodeError::PropertyTwice:
    case DecodeError::BadPropertyValue:
    case DecodeError::NoFilters:
    case DecodeError::EmptyTopic:
    case DecodeError::ZeroPacketId:
      return Reason::ProtocolError;
    default:
      return Reason::MalformedPacket;
  }
}

Reason reason_of(SessionFault fault, std::optional<DecodeError> error) noexcept {
  switch (fault) {
    case SessionFault::Malformed:
      return error ? reason_of(*error) : Reason::MalformedPacket;
    case SessionFault::UnacceptableVersion:
      return Reason::UnsupportedVersion;
    case SessionFault::IdentifierRejected:
      return Reason::ClientIdNotValid;
    case SessionFault::Qos2:
      return Reason::QosNotSupported;
    case SessionFault::Retained:
      return Reason::RetainNotSupported;
    case SessionFault::BadTopicAlias:
      return Reason::TopicAliasInvalid;
    case SessionFault::SubscriptionId:
      return Reason::SubscriptionIdsNotSupported;
    case SessionFault::Authentication:
      return Reason::BadAuthenticationMethod;
    case SessionFault::NotConnectFirst:
    case SessionFault::SecondConnect:
    case SessionFault::NotForServers:
    case SessionFault::TooMuchBeforeAccept:
      return Reason::ProtocolError;
  }
  return Reason::UnspecifiedError;
}

}  // namespace

// Gives each packet its meaning in the state that the session is in.
class ServerSession::Dispatcher {
 public:
  Dispatcher(ServerSession& session, std::string& out, SessionHandler& handler)
      : session_(session), out_(out), handler_(handler) {}

  Reading operator()(const Packet& packet) {
    if (session_.state_ == State::AwaitConnect) {
      if (const auto* connect = std::get_if<ConnectView>(&packet)) {
        session_.take_connect(*connect, out_, handler_);
      } else {
        session_.fail(SessionFault::NotConnectFirst, std::nullopt, out_, handler_);
      }
      return Reading::Stop;
    }
    std::visit(*this, packet);
    return session_.state_ == State::Open ? Reading::Continue : Reading::Stop;
  }

  void operator()(const ConnectView&) { fault(SessionFault::SecondConnect); }
  void operator()(const ConnAck&) { fault(SessionFault::NotForServers); }
  void operator()(const SubAckView&) { fault(SessionFault::NotForServers); }
  void operator()(const UnsubAck&) { fault(SessionFault::NotForServers); }
  void operator()(const PingResp&) { fault(SessionFault::NotForServers); }
  void operator()(const Qos2Ack&) { fault(SessionFault::Qos2); }

  void operator()(const Auth&) { fault(SessionFault::Authentication); }

  void operator()(const PublishView& publish) {
    if (publish.qos == 2) return fault(SessionFault::Qos2);
    if (!session_.five_) return handler_.on_publish(publish);
    if (publish.retain) return fault(SessionFault::Retained);
    if (!publish.topic_alias) return handler_.on_publish(publish);
    publish_by_alias(publish);
  }

  // The topic that an alias stands for, or from now on stands for (v5 3.3.2.3.4).
  void publish_by_alias(PublishView publish) {
    const uint16_t alias = *publish.topic_alias;
    std::vector<std::string>& topics = session_.five_->topics;
    if (alias == 0 || alias > limits::kMqttTopicAliasMax) return fault(SessionFault::BadTopicAlias);
    if (!publish.topic.empty()) {
      if (topics.size() < alias) topics.resize(alias);
      topics[alias - 1] = std::string(publish.topic);
    } else if (topics.size() < alias || topics[alias - 1].empty()) {
      return fault(SessionFault::BadTopicAlias);
    }
    const std::string topic = topics[alias - 1];
    publish.topic = topic;
    handler_.on_publish(publish);
  }

  void operator()(const PubAck& puback) {
    // A PUBACK for nothing is ignored: it may answer a packet of an earlier connection.
    if (const auto token = session_.end_push(puback.packet_id)) handler_.on_puback(*token);
  }

  void operator()(const SubscribeView& subscribe) {
    if (subscribe.has_identifier) return fault(SessionFault::SubscriptionId);
    std::string codes;
    handler_.on_subscribe(subscribe, codes);
    if (session_.state_ == State::Closed) return;
    ROLLCALL_CHECK(codes.size() == subscribe.filter_count);  // [MQTT-3.8.4-5]
    append_suback(out_, subscribe.packet_id, codes, session_.version());
  }

  void operator()(const UnsubscribeView& unsubscribe) {
    std::string codes;
    handler_.on_unsubscribe(unsubscribe, codes);
    if (session_.state_ == State::Closed) return;
    ROLLCALL_CHECK(codes.size() == unsubscribe.filter_count);
    append_unsuback(out_, unsubscribe.packet_id, codes, session_.version());  // [MQTT-3.10.4-4]
  }

  void operator()(const PingReq&) { append_pingresp(out_); }  // [MQTT-3.12.4-1]

  void operator()(const Disconnect& disconnect) {
    // Only who wanted a session to stay may say for how long at the end (v5 3.14.2.2.2).
    if (disconnect.session_expiry_seconds && session_.session_expiry_seconds_ != 0)
      session_.session_expiry_seconds_ =
          std::min(*disconnect.session_expiry_seconds, limits::kMqttSessionSecondsMax);
    session_.close();
    handler_.on_disconnect();
  }

 private:
  void fault(SessionFault what) { session_.fail(what, std::nullopt, out_, handler_); }

  ServerSession& session_;
  std::string& out_;
  SessionHandler& handler_;
};

void ServerSession::feed(std::string_view bytes, SteadyUs now, std::string& out, SessionHandler& handler) {
  heard_at_ = now;
  if (state_ == State::AwaitConnect) {
    // Judged by the first byte: what else comes to this port (HTTP, TLS) would not fill a packet for long.
    const bool first = reader_.kept_bytes() == 0 && !bytes.empty();
    if (first && bytes[0] != kConnectHead)
      return fail(SessionFault::NotConnectFirst, std::nullopt, out, handler);
    const auto outcome = reader_.feed(bytes, Dispatcher(*this, out, handler), limits::kMqttConnectBytesMax);
    if (outcome.error) return fail(SessionFault::Malformed, outcome.error, out, handler);
    bytes = outcome.unread;
  }
  if (bytes.empty()) return;
  switch (state_) {
    case State::AwaitConnect:
    case State::Closed:
      return;
    case State::Open:
      return read_open(bytes, now, out, handler);
    case State::Deciding:
      break;
  }
  if (reader_.kept_bytes() + bytes.size() > limits::kMqttEarlyBytesMax)
    return fail(SessionFault::TooMuchBeforeAccept, std::nullopt, out, handler);
  reader_.keep(bytes);
}

void ServerSession::read_open(std::string_view bytes, SteadyUs now, std::string& out,
                              SessionHandler& handler) {
  heard_at_ = now;
  const auto outcome = reader_.feed(bytes, Dispatcher(*this, out, handler));
  if (outcome.error) fail(SessionFault::Malformed, outcome.error, out, handler);
}

// What is wrong with a CONNECT, after the CONNACK that says so.
std::optional<SessionFault> ServerSession::judge_connect(const ConnectView& connect, std::string& out) const {
  if (connect.protocol_level < 3 || connect.protocol_level > 5) {
    append_connack(out, ConnectCode::UnacceptableVersion);
    return SessionFault::UnacceptableVersion;
  }
  if (connect.protocol_level < 5) {
    if (!connect.client_id.empty() || connect.clean_session) return std::nullopt;
    append_connack(out, ConnectCode::IdentifierRejected);
    return SessionFault::IdentifierRejected;
  }
  std::optional<SessionFault> fault;
  if (connect.properties.authentication_method) fault = SessionFault::Authentication;
  if (connect.will && connect.will->qos > 1) fault = SessionFault::Qos2;
  if (connect.will && connect.will->retain) fault = SessionFault::Retained;
  if (fault) append_connack5(out, reason_of(*fault, std::nullopt), false, {});
  return fault;
}

void ServerSession::take_connect(const ConnectView& connect, std::string& out, SessionHandler& handler) {
  if (const auto fault = judge_connect(connect, out)) return fail(*fault, std::nullopt, out, handler);
  keep_alive_seconds_ = connect.keep_alive_seconds;
  clean_start_ = connect.clean_session;
  if (connect.protocol_level == 5) {
    five_ = std::make_unique<Five>();
    five_->receive_max = connect.properties.receive_max.value_or(UINT16_MAX);
    five_->packet_bytes_max = connect.properties.packet_bytes_max.value_or(UINT32_MAX);
    session_expiry_seconds_ =
        std::min(connect.properties.session_expiry_seconds.value_or(0), limits::kMqttSessionSecondsMax);
  } else {
    session_expiry_seconds_ = clean_start_ ? 0 : limits::kMqttSessionSecondsMax;
  }
  state_ = State::Deciding;
  handler.on_connect(connect);
}

void ServerSession::acknowledge_connect(std::string& out, bool session_present, std::string_view client_id) {
  ROLLCALL_CHECK(state_ == State::Deciding);
  state_ = State::Open;
  if (!five_) return append_connack(out, ConnectCode::Accepted, session_present);
  // What is not said is offered in full (v5 3.2.2.3).
  Properties offered;
  offered.qos_max = 1;
  offered.retain_available = false;
  offered.packet_bytes_max = static_cast<uint32_t>(limits::kMqttPacketBytesMax);
  offered.topic_alias_max = limits::kMqttTopicAliasMax;
  offered.subscription_ids_available = false;
  offered.shared_available = false;
  offered.session_expiry_seconds = session_expiry_seconds_;
  if (!client_id.empty()) offered.assigned_client_id = client_id;
  append_connack5(out, Reason::Success, session_present, offered);
}

void ServerSession::go_on(SteadyUs now, std::string& out, SessionHandler& handler) {
  if (state_ != State::Open) return;
  const std::string early = reader_.take();
  read_open(early, now, out, handler);
}

void ServerSession::accept(SteadyUs now, std::string& out, SessionHandler& handler, bool session_present,
                           std::string_view client_id) {
  acknowledge_connect(out, session_present, client_id);
  go_on(now, out, handler);
}

void ServerSession::refuse(ConnectCode code, std::string& out) {
  ROLLCALL_CHECK(state_ == State::Deciding && code != ConnectCode::Accepted);
  if (five_) {
    append_connack5(out, mqtt::reason_of(code), false, {});
  } else {
    append_connack(out, code);
  }
  close();
}

void ServerSession::say_goodbye(Reason reason, std::string& out) {
  if (state_ == State::Open && five_) append_disconnect5(out, reason);
}

void ServerSession::close() noexcept {
  state_ = State::Closed;
  // The reader is left alone while it may be in the middle of a feed; its memory goes with the session.
  std::vector<InFlight>().swap(in_flight_);
}

void ServerSession::fail(SessionFault fault, std::optional<DecodeError> error, std::string& out,
                         SessionHandler& handler) {
  if (state_ == State::Closed) return;
  say_goodbye(reason_of(fault, error), out);
  close();
  handler.on_fault(fault, error);
}

bool ServerSession::silent_too_long(SteadyUs now) const noexcept {
  if (state_ != State::Open || keep_alive_seconds_ == 0) return false;
  return now - heard_at_ > int64_t{keep_alive_seconds_} * 1'500'000;
}

size_t ServerSession::window() const noexcept {
  return five_ ? std::min<size_t>(limits::kMqttInFlightMax, five_->receive_max) : limits::kMqttInFlightMax;
}

size_t ServerSession::sent_count() const noexcept {
  return static_cast<size_t>(
      std::count_if(in_flight_.begin(), in_flight_.end(), [](const InFlight& p) { return p.sent; }));
}

bool ServerSession::in_flight(uint16_t packet_id) const noexcept {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [packet_id](const InFlight& p) { return p.packet_id == packet_id; });
}

bool ServerSession::window_full() const noexcept { return sent_count() >= window(); }

std::optional<uint16_t> ServerSession::begin_push(uint64_t token) {
  if (state_ != State::Open || window_full()) return std::nullopt;
  const auto in_use = [this](uint16_t id) {
    return std::any_of(in_flight_.begin(), in_flight_.end(),
                       [id](const InFlight& p) { return p.packet_id == id; });
  };
  do {
    ++last_packet_id_;
  } while (last_packet_id_ == 0 || in_use(last_packet_id_));
  in_flight_.push_back({token, last_packet_id_});
  return last_packet_id_;
}

void ServerSession::keep_push(uint64_t token, uint16_t packet_id) {
  ROLLCALL_CHECK(packet_id != 0 && in_flight_.size() <= 2 * limits::kMqttInFlightMax);
  in_flight_.push_back({token, packet_id, false});
  last_packet_id_ = std::max(last_packet_id_, packet_id);
}

bool ServerSession::resend_push(uint16_t packet_id) {
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [packet_id](const InFlight& p) { return p.packet_id == packet_id; });
  if (state_ != State::Open || found == in_flight_.end() || found->sent || window_full()) return false;
  return found->sent = true;
}

std::optional<uint64_t> ServerSession::end_push(uint16_t packet_id) {
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [packet_id](const InFlight& p) { return p.packet_id == packet_id; });
  if (found == in_flight_.end()) return std::nullopt;
  const uint64_t token = found->token;
  in_flight_.erase(found);
  if (in_flight_.empty()) std::vector<InFlight>().swap(in_flight_);
  return token;
}

std::string_view session_fault_text(SessionFault fault) noexcept {
  switch (fault) {
    case SessionFault::Malformed:
      return "malformed packet";
    case SessionFault::NotConnectFirst:
      return "first packet is not CONNECT";
    case SessionFault::SecondConnect:
      return "second CONNECT";
    case SessionFault::UnacceptableVersion:
      return "unacceptable protocol version";
    case SessionFault::IdentifierRejected:
      return "empty client id without clean session";
    case SessionFault::NotForServers:
      return "packet type that only servers send";
    case SessionFault::Qos2:
      return "QoS 2 is not offered";
    case SessionFault::TooMuchBeforeAccept:
      return "too many bytes before CONNACK";
    case SessionFault::Retained:
      return "a retained message, which is not offered";
    case SessionFault::BadTopicAlias:
      return "a topic alias that is out of range or stands for nothing";
    case SessionFault::SubscriptionId:
      return "a subscription identifier, which is not offered";
    case SessionFault::Authentication:
      return "an authentication method, which is not offered";
  }
  return "unknown";
}

}  // namespace rollcall::mqtt
