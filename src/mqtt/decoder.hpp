// MQTT bytes to packets. read_frame() cuts one control packet off the front of a buffer, decode_packet()
// gives it a meaning, PacketReader does both over a stream of arbitrary pieces. A packet that lies whole in
// the fed bytes is decoded in place; only an unfinished one is copied aside. Nothing here throws (except for
// memory) or reads past its input. Called by ServerSession (server) and by the simulator (client). Source:
// MQTT 3.1.1 clauses 2 and 3. Thread: one owner per PacketReader; the functions are pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/limits.hpp"
#include "mqtt/packet.hpp"

namespace rollcall::mqtt {

// Every way in which bytes can fail to be a packet. All of them end the connection [MQTT-4.8.0-1].
enum class DecodeError : uint8_t {
  RemainingLengthTooLong,   // a fifth length byte (clause 2.2.3)
  PacketTooLarge,           // beyond the reader's limit
  ReservedPacketType,       // 0 or 15
  ReservedHeaderFlags,      // [MQTT-2.2.2-2]
  Truncated,                // a field reaches past the end of the packet
  TrailingBytes,            // the packet goes on behind its last field
  InvalidUtf8,              // [MQTT-1.5.3-1]
  NullCharacter,            // [MQTT-1.5.3-2]
  BadProtocolName,          // [MQTT-3.1.2-1]
  ReservedConnectFlag,      // [MQTT-3.1.2-3]
  BadWillFlags,             // [MQTT-3.1.2-11], [MQTT-3.1.2-13], [MQTT-3.1.2-14], [MQTT-3.1.2-15]
  PasswordWithoutUserName,  // [MQTT-3.1.2-22]
  BadConnAckFlags,          // bits 7-1 of the acknowledge flags (clause 3.2.2.1)
  BadQos,                   // QoS 3 [MQTT-3.3.1-4], or a reserved bit of a requested QoS [MQTT-3-8.3-4]
  DupWithQos0,              // [MQTT-3.3.1-2]
  EmptyTopic,               // [MQTT-4.7.3-1]
  WildcardInTopic,          // [MQTT-3.3.2-2]
  ZeroPacketId,             // [MQTT-2.3.1-1]
  NoFilters,                // [MQTT-3.8.3-3], [MQTT-3.10.3-2]
  BadFilter,                // [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.3-1]
  NoReturnCodes,            // a SUBACK without codes
  BadReturnCode,            // a SUBACK code other than 0, 1, 2, 0x80 [MQTT-3.9.3-2]
  BadProperty,              // v5 2.2.2.2
  PropertyTwice,            // v5 2.2.2.2
  BadPropertyValue,         // such as a receive maximum of 0
};

// For log lines.
std::string_view decode_error_text(DecodeError error) noexcept;

struct Frame {
  uint8_t head = 0;          // first byte: type and flags
  std::string_view body;     // what the remaining length covers
  size_t packet_bytes = 0;   // the whole packet; 0 when it has not arrived completely
  size_t missing_bytes = 0;  // at least so many more are needed
};

// Looks at the first packet of `bytes`. `packet_bytes_max` bounds the whole packet.
tl::expected<Frame, DecodeError> read_frame(std::string_view bytes, size_t packet_bytes_max) noexcept;

// Views in the packet point into `body`.
tl::expected<Packet, DecodeError> decode_packet(uint8_t head, std::string_view body,
                                                Version version = Version::Three) noexcept;

// What a packet handler wants next.
enum class Reading : uint8_t { Continue, Stop };

// Turns a byte stream into packets. Keeps the beginning of an unfinished packet, and nothing else.
class PacketReader {
 public:
  struct Outcome {
    std::string_view unread;  // behind the packet at which the handler said Stop; a part of the fed bytes
    std::optional<DecodeError> error;
  };

  // Calls `on_packet(const Packet&) -> Reading` for each whole packet. After an error nothing more must be
  // fed.
  template <class OnPacket>
  Outcome feed(std::string_view bytes, OnPacket&& on_packet,
               size_t packet_bytes_max = limits::kMqttPacketBytesMax) {
    while (!bytes.empty()) {
      std::string finished;  // owns the bytes of a packet that came in pieces
      std::string_view whole = bytes;
      if (!partial_.empty()) {
        const auto known = read_frame(partial_, packet_bytes_max);
        if (!known) return {{}, known.error()};
        if (known->packet_bytes == 0) {
          const size_t take = known->missing_bytes < bytes.size() ? known->missing_bytes : bytes.size();
          partial_.append(bytes.substr(0, take));
          bytes.remove_prefix(take);
          const auto grown = read_frame(partial_, packet_bytes_max);
          if (!grown) return {{}, grown.error()};
          if (grown->packet_bytes == 0) continue;
        }
        finished.swap(partial_);
        whole = finished;
      }
      const auto frame = read_frame(whole, packet_bytes_max);
      if (!frame) return {{}, frame.error()};
      if (frame->packet_bytes == 0) {
        partial_ = std::string(bytes);
        return {};
      }
      if (finished.empty()) bytes.remove_prefix(frame->packet_bytes);
      const auto packet = decode_packet(frame->head, frame->body, version_);
      if (!packet) return {{}, packet.error()};
      // The rest of the stream is of the version that its CONNECT says.
      if (const auto* connect = std::get_if<ConnectView>(&*packet))
        version_ = connect->protocol_level == 5 ? Version::Five : Version::Three;
      if (on_packet(*packet) == Reading::Stop) return {bytes, std::nullopt};
    }
    return {};
  }

  // For who reads the server's side, where no CONNECT comes by.
  void set_version(Version version) noexcept { version_ = version; }
  Version version() const noexcept { return version_; }

  // Bytes kept aside for an unfinished packet, or by keep().
  size_t kept_bytes() const noexcept { return partial_.size(); }
  // Keeps bytes that must not be read yet; the next step is take(), not feed().
  void keep(std::string_view bytes) { partial_.append(bytes); }
  std::string take() noexcept {
    std::string kept;
    kept.swap(partial_);
    return kept;
  }
  void clear() noexcept { std::string().swap(partial_); }

 private:
  std::string partial_;
  Version version_ = Version::Three;
};

}  // namespace rollcall::mqtt
