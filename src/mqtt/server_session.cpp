#include "mqtt/server_session.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::mqtt {
namespace {
constexpr char kConnectHead = 0x10;  // type and flags of CONNECT [MQTT-2.2.2-1]
}

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
        session_.fail(SessionFault::NotConnectFirst, std::nullopt, handler_);
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

  void operator()(const PublishView& publish) {
    if (publish.qos == 2) return fault(SessionFault::Qos2);
    handler_.on_publish(publish);
  }

  void operator()(const PubAck& puback) {
    // A PUBACK for nothing is ignored: it may answer a packet of an earlier connection.
    if (const auto token = session_.end_push(puback.packet_id)) handler_.on_puback(*token);
  }

  void operator()(const SubscribeView& subscribe) {
    std::string codes;
    handler_.on_subscribe(subscribe, codes);
    if (session_.state_ == State::Closed) return;
    ROLLCALL_CHECK(codes.size() == subscribe.filter_count);  // [MQTT-3.8.4-5]
    append_suback(out_, subscribe.packet_id, codes);
  }

  void operator()(const UnsubscribeView& unsubscribe) {
    handler_.on_unsubscribe(unsubscribe);
    if (session_.state_ == State::Closed) return;
    append_unsuback(out_, unsubscribe.packet_id);  // [MQTT-3.10.4-4]
  }

  void operator()(const PingReq&) { append_pingresp(out_); }  // [MQTT-3.12.4-1]

  void operator()(const Disconnect&) {
    session_.close();
    handler_.on_disconnect();
  }

 private:
  void fault(SessionFault what) { session_.fail(what, std::nullopt, handler_); }

  ServerSession& session_;
  std::string& out_;
  SessionHandler& handler_;
};

void ServerSession::feed(std::string_view bytes, SteadyUs now, std::string& out, SessionHandler& handler) {
  heard_at_ = now;
  if (state_ == State::AwaitConnect) {
    // Judged by the first byte: what else comes to this port (HTTP, TLS) would not fill a packet for long.
    const bool first = reader_.kept_bytes() == 0 && !bytes.empty();
    if (first && bytes[0] != kConnectHead) return fail(SessionFault::NotConnectFirst, std::nullopt, handler);
    const auto outcome = reader_.feed(bytes, Dispatcher(*this, out, handler), limits::kMqttConnectBytesMax);
    if (outcome.error) return fail(SessionFault::Malformed, outcome.error, handler);
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
    return fail(SessionFault::TooMuchBeforeAccept, std::nullopt, handler);
  reader_.keep(bytes);
}

void ServerSession::read_open(std::string_view bytes, SteadyUs now, std::string& out,
                              SessionHandler& handler) {
  heard_at_ = now;
  const auto outcome = reader_.feed(bytes, Dispatcher(*this, out, handler));
  if (outcome.error) fail(SessionFault::Malformed, outcome.error, handler);
}

void ServerSession::take_connect(const ConnectView& connect, std::string& out, SessionHandler& handler) {
  if (connect.protocol_level != 3 && connect.protocol_level != 4) {
    append_connack(out, ConnectCode::UnacceptableVersion);
    return fail(SessionFault::UnacceptableVersion, std::nullopt, handler);
  }
  if (connect.client_id.empty() && !connect.clean_session) {
    append_connack(out, ConnectCode::IdentifierRejected);
    return fail(SessionFault::IdentifierRejected, std::nullopt, handler);
  }
  keep_alive_seconds_ = connect.keep_alive_seconds;
  state_ = State::Deciding;
  handler.on_connect(connect);
}

void ServerSession::accept(SteadyUs now, std::string& out, SessionHandler& handler) {
  ROLLCALL_CHECK(state_ == State::Deciding);
  state_ = State::Open;
  append_connack(out, ConnectCode::Accepted);
  const std::string early = reader_.take();
  read_open(early, now, out, handler);
}

void ServerSession::refuse(ConnectCode code, std::string& out) {
  ROLLCALL_CHECK(state_ == State::Deciding && code != ConnectCode::Accepted);
  append_connack(out, code);
  close();
}

void ServerSession::close() noexcept {
  state_ = State::Closed;
  // The reader is left alone while it may be in the middle of a feed; its memory goes with the session.
  std::vector<InFlight>().swap(in_flight_);
}

void ServerSession::fail(SessionFault fault, std::optional<DecodeError> error, SessionHandler& handler) {
  if (state_ == State::Closed) return;
  close();
  handler.on_fault(fault, error);
}

bool ServerSession::silent_too_long(SteadyUs now) const noexcept {
  if (state_ != State::Open || keep_alive_seconds_ == 0) return false;
  return now - heard_at_ > int64_t{keep_alive_seconds_} * 1'500'000;
}

std::optional<uint16_t> ServerSession::begin_push(uint64_t token) {
  if (state_ != State::Open || in_flight_.size() >= limits::kMqttInFlightMax) return std::nullopt;
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
  }
  return "unknown";
}

}  // namespace rollcall::mqtt
