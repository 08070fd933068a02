// MQTT 3.1, 3.1.1 and 5.0 control packets as values. On the way in, texts are views into the fed bytes and
// live as long as the call that hands the packet over; packets that carry no text are plain values. Made by
// decoder.hpp, consumed by server_session.hpp and by the simulator. Clause ids are those of MQTT 3.1.1, with
// "v5" those of 5.0. Thread: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace rollcall::mqtt {

// The numbers of the fixed header (clause 2.2.1).
enum class PacketType : uint8_t {
  Connect = 1,
  ConnAck = 2,
  Publish = 3,
  PubAck = 4,
  PubRec = 5,
  PubRel = 6,
  PubComp = 7,
  Subscribe = 8,
  SubAck = 9,
  Unsubscribe = 10,
  UnsubAck = 11,
  PingReq = 12,
  PingResp = 13,
  Disconnect = 14,
  Auth = 15,  // v5
};

// Which layout the packets behind CONNECT have.
enum class Version : uint8_t { Three, Five };

// Return codes of CONNACK in 3.1 and 3.1.1 (device-protocol 1.7).
enum class ConnectCode : uint8_t {
  Accepted = 0,
  UnacceptableVersion = 1,
  IdentifierRejected = 2,
  ServerUnavailable = 3,
  BadUserOrPassword = 4,
  NotAuthorized = 5,
};

inline constexpr uint8_t kSubscribeRefused = 0x80;  // SUBACK code of a refused filter (clause 3.9.3)

// What a packet of v5 carries in its properties that the other side acts on (v5 2.2.2.2). The rest is checked
// and not kept.
struct Properties {
  std::optional<uint32_t> session_expiry_seconds;
  std::optional<uint32_t> message_expiry_seconds;
  std::optional<uint32_t> packet_bytes_max;
  std::optional<uint32_t> subscription_id;
  std::optional<uint16_t> receive_max;
  std::optional<uint16_t> topic_alias_max;
  std::optional<uint16_t> topic_alias;
  std::optional<uint8_t> qos_max;
  std::optional<bool> retain_available;
  std::optional<bool> subscription_ids_available;
  std::optional<bool> shared_available;
  std::optional<std::string_view> assigned_client_id;
  std::optional<std::string_view> authentication_method;
};

struct Will {
  std::string_view topic;
  std::string_view message;
  uint8_t qos = 0;
  bool retain = false;
};

// Only `protocol_level` is meaningful when it is none of 3, 4, 5: the rest of such a packet is not read.
struct ConnectView {
  uint8_t protocol_level = 4;
  bool clean_session = true;
  uint16_t keep_alive_seconds = 0;
  std::string_view client_id;
  std::optional<Will> will;
  std::optional<std::string_view> user_name;
  std::optional<std::string_view> password;
  Properties properties = {};  // v5
};

struct ConnAck {
  bool session_present = false;
  uint8_t code = 0;
  Properties properties = {};  // v5
};

struct PublishView {
  std::string_view topic;
  std::string_view payload;
  uint16_t packet_id = 0;  // 0 exactly when qos is 0
  uint8_t qos = 0;
  bool dup = false;
  bool retain = false;
  std::optional<uint16_t> topic_alias = {};  // v5; the topic may then be empty
};

struct PubAck {
  uint16_t packet_id = 0;
  uint8_t reason = 0;  // v5
};

// The QoS 2 handshake; recognised so that it can be refused (device-protocol 1.8).
struct Qos2Ack {
  PacketType type = PacketType::PubRec;
  uint16_t packet_id = 0;
};

// Walks the filters of a SUBSCRIBE or UNSUBSCRIBE that the decoder has checked as a whole.
class FilterCursor {
 public:
  FilterCursor(std::string_view bytes, bool with_qos) : rest_(bytes), with_qos_(with_qos) {}
  // Filter and requested QoS (0 for UNSUBSCRIBE); nullopt at the end.
  std::optional<std::pair<std::string_view, uint8_t>> next() noexcept {
    if (rest_.size() < 2) return std::nullopt;
    const size_t length =
        static_cast<size_t>(static_cast<uint8_t>(rest_[0])) << 8 | static_cast<uint8_t>(rest_[1]);
    const size_t whole = 2 + length + (with_qos_ ? 1 : 0);
    if (rest_.size() < whole) return std::nullopt;
    const std::string_view filter = rest_.substr(2, length);
    const uint8_t qos = with_qos_ ? static_cast<uint8_t>(rest_[2 + length]) & 3 : uint8_t{0};
    rest_.remove_prefix(whole);
    return std::pair(filter, qos);
  }

 private:
  std::string_view rest_;
  bool with_qos_;
};

struct SubscribeView {
  uint16_t packet_id = 0;
  bool has_identifier = false;  // v5
  size_t filter_count = 0;
  std::string_view filter_bytes;
  FilterCursor filters() const { return FilterCursor(filter_bytes, true); }
};

struct SubAckView {
  uint16_t packet_id = 0;
  std::string_view codes;  // one byte per filter: granted QoS or kSubscribeRefused
};

struct UnsubscribeView {
  uint16_t packet_id = 0;
  size_t filter_count = 0;
  std::string_view filter_bytes;
  FilterCursor filters() const { return FilterCursor(filter_bytes, false); }
};

struct UnsubAck {
  uint16_t packet_id = 0;
  std::string_view codes = {};  // v5: one byte per filter
};
struct PingReq {};
struct PingResp {};
struct Disconnect {
  uint8_t reason = 0;  // v5, as below
  std::optional<uint32_t> session_expiry_seconds = {};
};
struct Auth {
  uint8_t reason = 0;
};

using Packet = std::variant<ConnectView, ConnAck, PublishView, PubAck, Qos2Ack, SubscribeView, SubAckView,
                            UnsubscribeView, UnsubAck, PingReq, PingResp, Disconnect, Auth>;

}  // namespace rollcall::mqtt
