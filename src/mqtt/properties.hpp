// The properties of MQTT 5.0: which packet may carry which, read and written (v5 2.2.2). Used by the decoder
// and the encoder. Thread: any; pure.
#pragma once

#include <string>

#include "mqtt/field_reader.hpp"
#include "mqtt/packet.hpp"

namespace rollcall::mqtt {

enum class PropertyPlace : uint8_t {
  Connect,
  Will,
  ConnAck,
  Publish,
  Acknowledgement,  // PUBACK and the like, SUBACK, UNSUBACK
  Subscribe,
  Unsubscribe,
  Disconnect,
  Auth,
};

// The length and what it covers. Fails with BadProperty, PropertyTwice, BadPropertyValue, or as a field does.
Properties read_properties(FieldReader& in, PropertyPlace place) noexcept;

// The length and those that are set, in the order of their numbers.
void append_properties(std::string& out, const Properties& properties);

// 7 bits a byte, low ones first (v5 1.5.5).
void append_variable(std::string& out, uint32_t value);

}  // namespace rollcall::mqtt
