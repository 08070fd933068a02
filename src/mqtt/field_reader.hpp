// Takes fields off the front of a packet body; the first failure sticks, and everything after it is empty.
// Used by the decoder and by properties.hpp. Thread: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

#include "base/text.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/packet.hpp"

namespace rollcall::mqtt {

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

  // Four bytes, big endian.
  uint32_t long_number() noexcept {
    const uint32_t high = number();
    return high << 16 | number();
  }

  // 7 bits a byte, low ones first, at most four bytes (v5 1.5.5).
  uint32_t variable_number() noexcept {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const uint8_t digit = byte();
      value |= static_cast<uint32_t>(digit & 0x7F) << (7 * i);
      if (digit < 0x80) return value;
    }
    return fail_with(DecodeError::RemainingLengthTooLong), 0u;
  }

  std::string_view bytes(size_t count) noexcept {
    if (rest_.size() < count) return fail_with(DecodeError::Truncated), std::string_view();
    const std::string_view value = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return value;
  }

  std::optional<DecodeError> error() const noexcept { return error_; }

  // The packet, if every field was there and nothing follows.
  tl::expected<Packet, DecodeError> finish(const Packet& packet) const noexcept {
    if (error_) return tl::unexpected(*error_);
    if (!rest_.empty()) return tl::unexpected(DecodeError::TrailingBytes);
    return packet;
  }

 private:
  std::string_view rest_;
  std::optional<DecodeError> error_;
};

}  // namespace rollcall::mqtt
