#include "mqtt/decoder.hpp"

#include <optional>

#include "base/topic_filter.hpp"
#include "mqtt/field_reader.hpp"
#include "mqtt/properties.hpp"

namespace rollcall::mqtt {
namespace {

using Failure = tl::unexpected<DecodeError>;

constexpr uint8_t kFlagReserved = 0x01;
constexpr uint8_t kFlagClean = 0x02;
constexpr uint8_t kFlagWill = 0x04;
constexpr uint8_t kFlagWillRetain = 0x20;
constexpr uint8_t kFlagPassword = 0x40;
constexpr uint8_t kFlagUserName = 0x80;

// Reads the variable header of CONNECT; false when the payload must not be read.
bool read_connect_flags(FieldReader& in, uint8_t flags, bool five) noexcept {
  if (flags & kFlagReserved) return in.fail_with(DecodeError::ReservedConnectFlag), false;
  const uint8_t will_qos = (flags >> 3) & 3;
  const bool will_details = will_qos != 0 || (flags & kFlagWillRetain);
  if ((flags & kFlagWill) ? will_qos == 3 : will_details)
    return in.fail_with(DecodeError::BadWillFlags), false;
  // A v5 client may give a password alone (v5 3.1.2.9).
  if (!five && (flags & kFlagPassword) && !(flags & kFlagUserName))
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
  const bool five = name == "MQTT" && connect.protocol_level == 5;
  const uint8_t level_of_name = name == "MQTT" ? 4 : 3;
  if (!five && connect.protocol_level != level_of_name) {
    // Another version: its layout is not ours to judge, the session answers "unacceptable version"
    // [MQTT-3.1.2-2].
    if (connect.protocol_level >= 3 && connect.protocol_level <= 5) connect.protocol_level = 0;
    return connect;
  }
  const uint8_t flags = in.byte();
  connect.keep_alive_seconds = in.number();
  if (in.failed() || !read_connect_flags(in, flags, five)) return in.finish(connect);
  connect.clean_session = flags & kFlagClean;
  if (five) connect.properties = read_properties(in, PropertyPlace::Connect);
  connect.client_id = in.text();
  if (flags & kFlagWill) {
    Will will;
    if (five) read_properties(in, PropertyPlace::Will);
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

tl::expected<Packet, DecodeError> decode_connack(std::string_view body, bool five) noexcept {
  FieldReader in(body);
  const uint8_t flags = in.byte();
  if (flags > 1) in.fail_with(DecodeError::BadConnAckFlags);
  ConnAck connack{flags == 1, in.byte(), {}};
  if (five) connack.properties = read_properties(in, PropertyPlace::ConnAck);
  return in.finish(connack);
}

tl::expected<Packet, DecodeError> decode_publish(uint8_t flags, std::string_view body, bool five) noexcept {
  PublishView publish;
  publish.retain = flags & 1;
  publish.qos = (flags >> 1) & 3;
  publish.dup = flags & 8;
  if (publish.qos == 3) return Failure(DecodeError::BadQos);
  if (publish.qos == 0 && publish.dup) return Failure(DecodeError::DupWithQos0);
  FieldReader in(body);
  publish.topic = in.text();
  if (!in.failed()) {
    if (publish.topic.empty() && !five) in.fail_with(DecodeError::EmptyTopic);
    if (publish.topic.find_first_of("+#") != std::string_view::npos)
      in.fail_with(DecodeError::WildcardInTopic);
  }
  if (publish.qos > 0) publish.packet_id = in.packet_id();
  if (five) {
    const Properties properties = read_properties(in, PropertyPlace::Publish);
    publish.topic_alias = properties.topic_alias;
    // An alias stands for the topic that is not there (v5 3.3.2.3.4).
    if (publish.topic.empty() && !publish.topic_alias) in.fail_with(DecodeError::EmptyTopic);
  }
  publish.payload = in.rest();
  return in.finish(publish);
}

// An acknowledgement of one packet; v5 may add a reason and properties (v5 3.4.2).
uint16_t read_acknowledged(FieldReader& in, bool five, uint8_t& reason) noexcept {
  const uint16_t packet_id = in.packet_id();
  if (five && !in.at_end()) reason = in.byte();
  if (five && !in.at_end()) read_properties(in, PropertyPlace::Acknowledgement);
  return packet_id;
}

// The byte behind a filter: the QoS, and for v5 how it is to be delivered (v5 3.8.3.1).
bool valid_options(uint8_t options, bool five) noexcept {
  if (!five) return options <= 2;
  return (options & 3) != 3 && (options & 0x30) != 0x30 && (options & 0xC0) == 0;
}

tl::expected<Packet, DecodeError> decode_subscribe(std::string_view body, bool five) noexcept {
  FieldReader in(body);
  SubscribeView subscribe;
  subscribe.packet_id = in.packet_id();
  if (five)
    subscribe.has_identifier = read_properties(in, PropertyPlace::Subscribe).subscription_id.has_value();
  subscribe.filter_bytes = body.substr(body.size() - in.left());
  if (!in.failed() && in.at_end()) in.fail_with(DecodeError::NoFilters);
  while (!in.failed() && !in.at_end()) {
    const std::string_view filter = in.text();
    const uint8_t options = in.byte();
    if (in.failed()) break;
    if (!valid_options(options, five)) in.fail_with(DecodeError::BadQos);
    if (!valid_filter(filter)) in.fail_with(DecodeError::BadFilter);
    ++subscribe.filter_count;
  }
  return in.finish(subscribe);
}

tl::expected<Packet, DecodeError> decode_unsubscribe(std::string_view body, bool five) noexcept {
  FieldReader in(body);
  UnsubscribeView unsubscribe;
  unsubscribe.packet_id = in.packet_id();
  if (five) read_properties(in, PropertyPlace::Unsubscribe);
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

tl::expected<Packet, DecodeError> decode_suback(std::string_view body, bool five) noexcept {
  FieldReader in(body);
  SubAckView suback;
  suback.packet_id = in.packet_id();
  if (five) read_properties(in, PropertyPlace::Acknowledgement);
  suback.codes = in.rest();
  if (!in.failed() && suback.codes.empty()) in.fail_with(DecodeError::NoReturnCodes);
  for (const char c : suback.codes) {
    const auto code = static_cast<uint8_t>(c);
    if (five ? code > 2 && code < 0x80 : code > 2 && code != kSubscribeRefused)
      in.fail_with(DecodeError::BadReturnCode);
  }
  return in.finish(suback);
}

tl::expected<Packet, DecodeError> decode_unsuback(std::string_view body, bool five) noexcept {
  FieldReader in(body);
  UnsubAck unsuback;
  unsuback.packet_id = in.packet_id();
  if (!five) return in.finish(unsuback);
  read_properties(in, PropertyPlace::Acknowledgement);
  unsuback.codes = in.rest();
  if (!in.failed() && unsuback.codes.empty()) in.fail_with(DecodeError::NoReturnCodes);
  return in.finish(unsuback);
}

// DISCONNECT, and AUTH of v5 (v5 3.14, 3.15): a reason and properties, which may be left out from the end.
tl::expected<Packet, DecodeError> decode_farewell(PacketType type, std::string_view body,
                                                  bool five) noexcept {
  FieldReader in(body);
  Disconnect disconnect;
  if (five && !in.at_end()) disconnect.reason = in.byte();
  if (five && !in.at_end()) {
    const auto place = type == PacketType::Auth ? PropertyPlace::Auth : PropertyPlace::Disconnect;
    disconnect.session_expiry_seconds = read_properties(in, place).session_expiry_seconds;
  }
  if (type == PacketType::Auth) return in.finish(Auth{disconnect.reason});
  return in.finish(disconnect);
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

tl::expected<Packet, DecodeError> decode_packet(uint8_t head, std::string_view body,
                                                Version version) noexcept {
  const bool five = version == Version::Five;
  const uint8_t number = head >> 4;
  if (number == 0 || (number == 15 && !five)) return Failure(DecodeError::ReservedPacketType);
  const auto type = static_cast<PacketType>(number);
  if (type == PacketType::Publish) return decode_publish(head & 15, body, five);
  // MQTT 3.1 allows DUP on SUBSCRIBE, UNSUBSCRIBE and PUBREL; nothing is known to send it, so 3.1.1's rule
  // holds for both.
  if ((head & 15) != required_flags(type)) return Failure(DecodeError::ReservedHeaderFlags);
  FieldReader in(body);
  uint8_t reason = 0;
  switch (type) {
    case PacketType::Connect:
      return decode_connect(body);
    case PacketType::ConnAck:
      return decode_connack(body, five);
    case PacketType::Publish:
      break;
    case PacketType::PubAck: {
      const uint16_t packet_id = read_acknowledged(in, five, reason);
      return in.finish(PubAck{packet_id, reason});
    }
    case PacketType::PubRec:
    case PacketType::PubRel:
    case PacketType::PubComp: {
      const uint16_t packet_id = read_acknowledged(in, five, reason);
      return in.finish(Qos2Ack{type, packet_id});
    }
    case PacketType::Subscribe:
      return decode_subscribe(body, five);
    case PacketType::SubAck:
      return decode_suback(body, five);
    case PacketType::Unsubscribe:
      return decode_unsubscribe(body, five);
    case PacketType::UnsubAck:
      return decode_unsuback(body, five);
    case PacketType::PingReq:
      return in.finish(PingReq{});
    case PacketType::PingResp:
      return in.finish(PingResp{});
    case PacketType::Disconnect:
    case PacketType::Auth:
      return decode_farewell(type, body, five);
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
    case DecodeError::BadProperty:
      return "a property that is unknown or does not belong there";
    case DecodeError::PropertyTwice:
      return "a property twice";
    case DecodeError::BadPropertyValue:
      return "a property's value that is not allowed";
  }
  return "unknown";
}

}  // namespace rollcall::mqtt
