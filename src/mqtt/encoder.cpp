#include "mqtt/encoder.hpp"

#include "base/check.hpp"
#include "mqtt/properties.hpp"

namespace rollcall::mqtt {
namespace {

constexpr size_t kRemainingLengthMax = 268'435'455;  // clause 2.2.3

void append_byte(std::string& out, unsigned value) { out.push_back(static_cast<char>(value)); }

void append_number(std::string& out, size_t value) {
  append_byte(out, static_cast<unsigned>(value >> 8) & 0xFF);
  append_byte(out, static_cast<unsigned>(value) & 0xFF);
}

void append_text(std::string& out, std::string_view text) {
  ROLLCALL_CHECK(text.size() <= 65535);
  append_number(out, text.size());
  out.append(text);
}

void append_head(std::string& out, PacketType type, unsigned flags, size_t remaining) {
  ROLLCALL_CHECK(remaining <= kRemainingLengthMax);
  append_byte(out, static_cast<unsigned>(type) << 4 | flags);
  append_variable(out, static_cast<uint32_t>(remaining));
}

void append_id_packet(std::string& out, PacketType type, uint16_t packet_id) {
  ROLLCALL_CHECK(packet_id != 0);
  append_head(out, type, 0, 2);
  append_number(out, packet_id);
}

// Properties as they will be written: v3 has not even their length.
std::string properties_of(Version version, const Properties& properties = {}) {
  std::string text;
  if (version == Version::Five) append_properties(text, properties);
  return text;
}

// The length byte of an empty list.
size_t no_properties_bytes(Version version) noexcept { return version == Version::Five ? 1 : 0; }

void append_no_properties(std::string& out, Version version) {
  if (version == Version::Five) append_byte(out, 0);
}

}  // namespace

void append_connect(std::string& out, const ConnectView& connect) {
  const bool old = connect.protocol_level == 3;
  const std::string_view name = old ? "MQIsdp" : "MQTT";
  unsigned flags = connect.clean_session ? 0x02 : 0;
  const Version version = connect.protocol_level == 5 ? Version::Five : Version::Three;
  const std::string properties = properties_of(version, connect.properties);
  size_t remaining = 2 + name.size() + 4 + properties.size() + 2 + connect.client_id.size();
  if (connect.will) {
    flags |= 0x04u | static_cast<unsigned>(connect.will->qos) << 3 | (connect.will->retain ? 0x20u : 0u);
    remaining += no_properties_bytes(version) + 4 + connect.will->topic.size() + connect.will->message.size();
  }
  if (connect.user_name) {
    flags |= 0x80;
    remaining += 2 + connect.user_name->size();
  }
  if (connect.password) {
    flags |= 0x40;
    remaining += 2 + connect.password->size();
  }
  append_head(out, PacketType::Connect, 0, remaining);
  append_text(out, name);
  append_byte(out, connect.protocol_level);
  append_byte(out, flags);
  append_number(out, connect.keep_alive_seconds);
  out += properties;
  append_text(out, connect.client_id);
  if (connect.will) {
    append_no_properties(out, version);
    append_text(out, connect.will->topic);
    append_text(out, connect.will->message);
  }
  if (connect.user_name) append_text(out, *connect.user_name);
  if (connect.password) append_text(out, *connect.password);
}

void append_connack(std::string& out, ConnectCode code, bool session_present) {
  append_head(out, PacketType::ConnAck, 0, 2);
  append_byte(out, session_present && code == ConnectCode::Accepted ? 1 : 0);
  append_byte(out, static_cast<unsigned>(code));
}

void append_connack5(std::string& out, Reason reason, bool session_present, const Properties& properties) {
  const std::string list = properties_of(Version::Five, properties);
  append_head(out, PacketType::ConnAck, 0, 2 + list.size());
  append_byte(out, session_present && reason == Reason::Success ? 1 : 0);
  append_byte(out, static_cast<unsigned>(reason));
  out += list;
}

namespace {

// What stands between a PUBLISH's fixed header and its payload.
size_t variable_header_bytes(const PublishHead& head) noexcept {
  const size_t alias = head.topic_alias ? 3 : 0;
  return 2 + head.topic.size() + (head.qos > 0 ? 2 : 0) + no_properties_bytes(head.version) + alias;
}

}  // namespace

size_t publish_bytes(const PublishHead& head, size_t payload_bytes) noexcept {
  const size_t remaining = variable_header_bytes(head) + payload_bytes;
  const size_t length_bytes = remaining < 128 ? 1 : remaining < 16'384 ? 2 : remaining < 2'097'152 ? 3 : 4;
  return 1 + length_bytes + remaining;
}

void append_publish_head(std::string& out, const PublishHead& head, size_t payload_bytes) {
  ROLLCALL_CHECK(head.qos <= 1 && (head.qos == 0) == (head.packet_id == 0));
  const unsigned flags =
      (head.dup && head.qos > 0 ? 8u : 0u) | static_cast<unsigned>(head.qos) << 1 | (head.retain ? 1u : 0u);
  append_head(out, PacketType::Publish, flags, variable_header_bytes(head) + payload_bytes);
  append_text(out, head.topic);
  if (head.qos > 0) append_number(out, head.packet_id);
  if (!head.topic_alias) return append_no_properties(out, head.version);
  Properties properties;
  properties.topic_alias = head.topic_alias;
  append_properties(out, properties);
}

void append_publish(std::string& out, const PublishHead& head, std::string_view payload) {
  append_publish_head(out, head, payload.size());
  out.append(payload);
}

void append_puback(std::string& out, uint16_t packet_id) {
  append_id_packet(out, PacketType::PubAck, packet_id);
}

void append_subscribe(std::string& out, uint16_t packet_id, std::initializer_list<FilterRequest> filters,
                      Version version) {
  ROLLCALL_CHECK(packet_id != 0 && filters.size() > 0);
  size_t remaining = 2 + no_properties_bytes(version);
  for (const FilterRequest& filter : filters) remaining += 3 + filter.first.size();
  append_head(out, PacketType::Subscribe, 2, remaining);
  append_number(out, packet_id);
  append_no_properties(out, version);
  for (const FilterRequest& filter : filters) {
    append_text(out, filter.first);
    append_byte(out, filter.second);
  }
}

void append_suback(std::string& out, uint16_t packet_id, std::string_view codes, Version version) {
  ROLLCALL_CHECK(packet_id != 0 && !codes.empty());
  append_head(out, PacketType::SubAck, 0, 2 + no_properties_bytes(version) + codes.size());
  append_number(out, packet_id);
  append_no_properties(out, version);
  out.append(codes);
}

void append_unsubscribe(std::string& out, uint16_t packet_id, std::initializer_list<std::string_view> filters,
                        Version version) {
  ROLLCALL_CHECK(packet_id != 0 && filters.size() > 0);
  size_t remaining = 2 + no_properties_bytes(version);
  for (const std::string_view filter : filters) remaining += 2 + filter.size();
  append_head(out, PacketType::Unsubscribe, 2, remaining);
  append_number(out, packet_id);
  append_no_properties(out, version);
  for (const std::string_view filter : filters) append_text(out, filter);
}

void append_unsuback(std::string& out, uint16_t packet_id, std::string_view codes, Version version) {
  if (version == Version::Three) return append_id_packet(out, PacketType::UnsubAck, packet_id);
  ROLLCALL_CHECK(packet_id != 0 && !codes.empty());
  append_head(out, PacketType::UnsubAck, 0, 2 + 1 + codes.size());
  append_number(out, packet_id);
  append_no_properties(out, version);
  out.append(codes);
}
void append_pingreq(std::string& out) { append_head(out, PacketType::PingReq, 0, 0); }
void append_pingresp(std::string& out) { append_head(out, PacketType::PingResp, 0, 0); }
void append_disconnect(std::string& out) { append_head(out, PacketType::Disconnect, 0, 0); }
void append_disconnect5(std::string& out, Reason reason) {
  append_head(out, PacketType::Disconnect, 0,
              1);  // no properties: their length may be left out (v5 3.14.2.2)
  append_byte(out, static_cast<unsigned>(reason));
}

}  // namespace rollcall::mqtt
