#include "mqtt/decoder.hpp"

#include <optional>

#include "base/text.hpp"
#include "base/topic_filter.hpp"

namespace rollcall::mqtt {
namespace {

using Failure = tl::unexpected<DecodeError>;

// Takes fields off the front of a packet body; the first failure sticks.
class FieldReader {
 public:
  explicit FieldReader(std::string_view body) : rest_(body) {}

  uint8_t byte() noexcept {
    if (rest_.empty()) return fail_with(DecodeError::Truncated), uint8_t{0};
    const auto value = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return value;
  }

  uint16_t number() noexcept {
    if (rest_.size() < 2) return fail_with(DecodeError::Truncated), uint16_t{0};
    const auto value =
        static_cast<uint16_t>(static_cast<uint8_t>(rest_[0]) << 8 | static_cast<uint8_t>(rest_[1]));
    rest_.remove_prefix(2);
    return value;
  }

  std::string_view binary() noexcept {
    const size_t length = number();
    if (rest_.size() < length) return fail_with(DecodeError::Truncated), std::string_view();
    const std::string_view value = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return value;
  }

  std::string_view text() noexcept {
    const std::string_view value = binary();
    bool ascii = true;
    for (const char c : value) {
      if (c == '\0') return fail_with(DecodeError::NullCharacter), std::string_view();
      ascii = ascii && static_cast<uint8_t>(c) < 0x80;
    }
    if (!ascii && !utf8_length(value)) return fail_with(DecodeError::InvalidUtf8), std::string_view();
    return value;
  }

  uint16_t packet_id() noexcept {
    const uint16_t value = number();
    if (!error_ && value == 0) fail_with(DecodeError::ZeroPacketId);
    return value;
  }

  std::string_view rest() noexcept {
    const std::string_view value = rest_;
    rest_ = {};
    return value;
  }

  void fail_with(DecodeError error) noexcept {
    if (!error_) error_ = error;
    rest_ = {};
  }

  bool failed() const noexcept { return error_.has_value(); }
  bool at_end() const noexcept { return rest_.empty(); }
  size_t left() const noexcept { return rest_.size(); }

  // The packet, if every field was there and nothing follows.
  tl::expected<Packet, DecodeError> finish(const Packet& packet) const noexcept {
    if (error_) return Failure(*error_);
    if (!rest_.empty()) return Failure(DecodeError::TrailingBytes);
    return packet;
  }

 private:
  std::string_view rest_;
  std::optional<DecodeError> error_;
};

constexpr uint8_t kFlagReserved = 0x01;
constexpr uint8_t kFlagClean = 0x02;
constexpr uint8_t kFlagWill = 0x04;
constexpr uint8_t kFlagWillRetain = 0x20;
constexpr uint8_t kFlagPassword = 0x40;
constexpr uint8_t kFlagUserName = 0x80;

// Reads the variable header of CONNECT; false when the payload must not be read.
bool read_connect_flags(FieldReader& in, uint8_t flags) noexcept {
  if (flags & kFlagReserved) return in.fail_with(DecodeError::ReservedConnectFlag), false;
  const uint8_t will_qos = (flags >> 3) & 3;
  const bool will_details = will_qos != 0 || (flags & kFlagWillRetain);
  if ((flags & kFlagWill) ? will_qos == 3 : will_details)
    return in.fail_with(DecodeError::BadWillFlags), false;
  if ((flags & kFlagPassword) && !(flags & kFlagUserName))
    return in.fail_with(DecodeError::PasswordWithoutUserName), false;
  return true;
}

tl::expected<Packet, DecodeError> decode_connect(std::string_view body) noexcept {
  FieldReader in(body);
  const std::string_view name = in.text();
  if (!in.failed() && name != "MQTT" && name != "MQIsdp") in.fail_with(DecodeError::BadProtocolName);
  ConnectView connect;
  connect.protocol_level = in.byte();
  if (in.failed()) return in.finish(connect);
  const uint8_t level_of_name = name == "MQTT" ? 4 : 3;
  if (connect.protocol_level != level_of_name) {
    // Another version: its layout is not ours to judge, the session answers "unacceptable version"
    // [MQTT-3.1.2-2].
    if (connect.protocol_level == 3 || connect.protocol_level == 4) connect.protocol_level = 0;
    return connect;
  }
  const uint8_t flags = in.byte();
  connect.keep_alive_seconds = in.number();
  if (in.failed() || !read_connect_flags(in, flags)) return in.finish(connect);
  connect.clean_session = flags & kFlagClean;
  connect.client_id = in.text();
  if (flags & kFlagWill) {
    Will will;
    will.topic = in.text();
    will.message = in.binary();
    will.qos = (flags >> 3) & 3;
    will.retain = flags & kFlagWillRetain;
    connect.will = will;
  }
  if (flags & kFlagUserName) connect.user_name = in.text();
  if (flags & kFlagPassword) connect.password = in.binary();
  return in.finish(connect);
}

tl::expected<Packet, DecodeError> decode_connack(std::string_view body) noexcept {
  FieldReader in(body);
  const uint8_t flags = in.byte();
  if (flags > 1) in.fail_with(DecodeError::BadConnAckFlags);
  return in.finish(ConnAck{flags == 1, in.byte()});
}

tl::expected<Packet, DecodeError> decode_publish(uint8_t flags, std::string_view body) noexcept {
  PublishView publish;
  publish.retain = flags & 1;
  publish.qos = (flags >> 1) & 3;
  publish.dup = flags & 8;
  if (publish.qos == 3) return Failure(DecodeError::BadQos);
  if (publish.qos == 0 && publish.dup) return Failure(DecodeError::DupWithQos0);
  FieldReader in(body);
  publish.topic = in.text();
  if (!in.failed()) {
    if (publish.topic.empty()) in.fail_with(DecodeError::EmptyTopic);
    if (publish.topic.find_first_of("+#") != std::string_view::npos)
      in.fail_with(DecodeError::WildcardInTopic);
  }
  if (publish.qos > 0) publish.packet_id = in.packet_id();
  publish.payload = in.rest();
  return in.finish(publish);
}

tl::expected<Packet, DecodeError> decode_subscribe(std::string_view body) noexcept {
  FieldReader in(body);
  SubscribeView subscribe;
  subscribe.packet_id = in.packet_id();
  subscribe.filter_bytes = body.substr(body.size() - in.left());
  if (!in.failed() && in.at_end()) in.fail_with(DecodeError::NoFilters);
  while (!in.failed() && !in.at_end()) {
    const std::string_view filter = in.text();
    const uint8_t qos = in.byte();
    if (in.failed()) break;
    if (qos > 2) in.fail_with(DecodeError::BadQos);
    if (!valid_filter(filter)) in.fail_with(DecodeError::BadFilter);
    ++subscribe.filter_count;
  }
  return in.finish(subscribe);
}

tl::expected<Packet, DecodeError> decode_unsubscribe(std::string_view body) noexcept {
  FieldReader in(body);
  UnsubscribeView unsubscribe;
  unsubscribe.packet_id = in.packet_id();
  unsubscribe.filter_bytes = body.substr(body.size() - in.left());
  if (!in.failed() && in.at_end()) in.fail_with(DecodeError::NoFilters);
  while (!in.failed() && !in.at_end()) {
    const std::string_view filter = in.text();
    if (in.failed()) break;
    if (!valid_filter(filter)) in.fail_with(DecodeError::BadFilter);
    ++unsubscribe.filter_count;
  }
  return in.finish(unsubscribe);
}

tl::expected<Packet, DecodeError> decode_suback(std::string_view body) noexcept {
  FieldReader in(body);
  SubAckView suback;
  suback.packet_id = in.packet_id();
  suback.codes = in.rest();
  if (!in.failed() && suback.codes.empty()) in.fail_with(DecodeError::NoReturnCodes);
  for (const char c : suback.codes) {
    const auto code = static_cast<uint8_t>(c);
    if (code > 2 && code != kSubscribeRefused) in.fail_with(DecodeError::BadReturnCode);
  }
  return in.finish(suback);
}

// The low four bits that a packet type demands [MQTT-2.2.2-1]; PUBLISH has flags of its own.
uint8_t required_flags(PacketType type) noexcept {
  return type == PacketType::Subscribe || type == PacketType::Unsubscribe || type == PacketType::PubRel ? 2
                                                                                                        : 0;
}

}  // namespace

tl::expected<Frame, DecodeError> read_frame(std::string_view bytes, size_t packet_bytes_max) noexcept {
  Frame frame;
  if (bytes.size() < 2) {
    frame.missing_bytes = bytes.empty() ? 2 : 1;
    return frame;
  }
  frame.head = static_cast<uint8_t>(bytes[0]);
  size_t remaining = 0;
  size_t used = 1;
  for (;; ++used) {
    if (used == 5) return Failure(DecodeError::RemainingLengthTooLong);
    if (used == bytes.size()) {
      frame.missing_bytes = 1;
      return frame;
    }
    const auto digit = static_cast<uint8_t>(bytes[used]);
    remaining |= static_cast<size_t>(digit & 0x7F) << (7 * (used - 1));
    if (digit < 0x80) break;
  }
  const size_t head_bytes = used + 1;
  if (head_bytes + remaining > packet_bytes_max) return Failure(DecodeError::PacketTooLarge);
  if (bytes.size() - head_bytes < remaining) {
    frame.missing_bytes = head_bytes + remaining - bytes.size();
    return frame;
  }
  frame.body = bytes.substr(head_bytes, remaining);
  frame.packet_bytes = head_bytes + remaining;
  return frame;
}

tl::expected<Packet, DecodeError> decode_packet(uint8_t head, std::string_view body) noexcept {
  const uint8_t number = head >> 4;
  if (number == 0 || number == 15) return Failure(DecodeError::ReservedPacketType);
  const auto type = static_cast<PacketType>(number);
  if (type == PacketType::Publish) return decode_publish(head & 15, body);
  // MQTT 3.1 allows DUP on SUBSCRIBE, UNSUBSCRIBE and PUBREL; nothing is known to send it, so 3.1.1's rule
  // holds for both.
  if ((head & 15) != required_flags(type)) return Failure(DecodeError::ReservedHeaderFlags);
  FieldReader in(body);
  switch (type) {
    case PacketType::Connect:
      return decode_connect(body);
    case PacketType::ConnAck:
      return decode_connack(body);
    case PacketType::Publish:
      break;
    case PacketType::PubAck:
      return in.finish(PubAck{in.packet_id()});
    case PacketType::PubRec:
    case PacketType::PubRel:
    case PacketType::PubComp:
      return in.finish(Qos2Ack{type, in.packet_id()});
    case PacketType::Subscribe:
      return decode_subscribe(body);
    case PacketType::SubAck:
      return decode_suback(body);
    case PacketType::Unsubscribe:
      return decode_unsubscribe(body);
    case PacketType::UnsubAck:
      return in.finish(UnsubAck{in.packet_id()});
    case PacketType::PingReq:
      return in.finish(PingReq{});
    case PacketType::PingResp:
      return in.finish(PingResp{});
    case PacketType::Disconnect:
      return in.finish(Disconnect{});
  }
  return Failure(DecodeError::ReservedPacketType);
}

std::string_view decode_error_text(DecodeError error) noexcept {
  switch (error) {
    case DecodeError::RemainingLengthTooLong:
      return "remaining length of more than four bytes";
    case DecodeError::PacketTooLarge:
      return "packet too large";
    case DecodeError::ReservedPacketType:
      return "reserved packet type";
    case DecodeError::ReservedHeaderFlags:
      return "reserved header flags";
    case DecodeError::Truncated:
      return "field reaches past the packet";
    case DecodeError::TrailingBytes:
      return "bytes behind the last field";
    case DecodeError::InvalidUtf8:
      return "invalid UTF-8";
    case DecodeError::NullCharacter:
      return "null character in a text";
    case DecodeError::BadProtocolName:
      return "unknown protocol name";
    case DecodeError::ReservedConnectFlag:
      return "reserved connect flag";
    case DecodeError::BadWillFlags:
      return "inconsistent will flags";
    case DecodeError::PasswordWithoutUserName:
      return "password without user name";
    case DecodeError::BadConnAckFlags:
      return "bad CONNACK flags";
    case DecodeError::BadQos:
      return "bad QoS";
    case DecodeError::DupWithQos0:
      return "DUP with QoS 0";
    case DecodeError::EmptyTopic:
      return "empty topic";
    case DecodeError::WildcardInTopic:
      return "wildcard in a topic name";
    case DecodeError::ZeroPacketId:
      return "packet id 0";
    case DecodeError::NoFilters:
      return "no topic filters";
    case DecodeError::BadFilter:
      return "bad topic filter";
    case DecodeError::NoReturnCodes:
      return "no return codes";
    case DecodeError::BadReturnCode:
      return "bad return code";
  }
  return "unknown";
}

}  // namespace rollcall::mqtt
