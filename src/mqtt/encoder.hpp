// Packets to MQTT bytes, appended to a string that the caller owns and reuses. Used by both sides: the
// gateway and the simulator. Texts longer than 65,535 bytes and ids of 0 are bugs of the caller
// (ROLLCALL_CHECK). Thread: any; no state.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "mqtt/packet.hpp"
#include "mqtt/reason.hpp"

namespace rollcall::mqtt {

// CONNECT of the version that `protocol_level` says: 5 = 5.0 with `properties`, 4 = 3.1.1,
// 3 = 3.1. The will is written too.
void append_connect(std::string& out, const ConnectView& connect);
// A refusal never says "session present" [MQTT-3.2.2-4].
void append_connack(std::string& out, ConnectCode code, bool session_present = false);
// The same of v5 (v5 3.2).
void append_connack5(std::string& out, Reason reason, bool session_present, const Properties& properties);

struct PublishHead {
  std::string_view topic;
  uint16_t packet_id = 0;  // 0 for QoS 0, else not 0
  bool dup = false;
  bool retain = false;
  uint8_t qos = 0;  // 0 or 1
  Version version = Version::Three;
  std::optional<uint16_t> topic_alias = {};  // v5
};
// Bytes of a whole PUBLISH: v5 clients may limit it (v5 3.1.2.11.4).
size_t publish_bytes(const PublishHead& head, size_t payload_bytes) noexcept;
// Everything of a PUBLISH up to its payload; the caller appends exactly `payload_bytes` bytes next, from as
// many pieces as it likes.
void append_publish_head(std::string& out, const PublishHead& head, size_t payload_bytes);
void append_publish(std::string& out, const PublishHead& head, std::string_view payload);
void append_puback(std::string& out, uint16_t packet_id);

using FilterRequest = std::pair<std::string_view, uint8_t>;  // filter, QoS
// With v5 the byte behind a filter holds its options (v5 3.8.3.1).
void append_subscribe(std::string& out, uint16_t packet_id, std::initializer_list<FilterRequest> filters,
                      Version version = Version::Three);
// `codes`: one byte per filter, in order [MQTT-3.8.4-5].
void append_suback(std::string& out, uint16_t packet_id, std::string_view codes,
                   Version version = Version::Three);
void append_unsubscribe(std::string& out, uint16_t packet_id, std::initializer_list<std::string_view> filters,
                        Version version = Version::Three);
// `codes` are said with v5 only.
void append_unsuback(std::string& out, uint16_t packet_id, std::string_view codes = {},
                     Version version = Version::Three);
void append_pingreq(std::string& out);
void append_pingresp(std::string& out);
void append_disconnect(std::string& out);
void append_disconnect5(std::string& out, Reason reason);

}  // namespace rollcall::mqtt
