#include "mqtt/properties.hpp"

#include <array>

namespace rollcall::mqtt {
namespace {

enum class Form : uint8_t { None, Byte, Flag, Two, Four, Variable, Text, Binary, Pair };

using enum PropertyPlace;

constexpr uint16_t in_places(std::initializer_list<PropertyPlace> places) {
  uint16_t bits = 0;
  for (const PropertyPlace place : places) bits |= static_cast<uint16_t>(1u << static_cast<int>(place));
  return bits;
}

struct Rule {
  Form form = Form::None;
  uint16_t places = 0;
};

constexpr size_t kIds = 0x2B;

// By identifier (v5 2.2.2.2, table 2-4).
constexpr std::array<Rule, kIds> make_rules() {
  std::array<Rule, kIds> rules{};
  rules[0x01] = {Form::Flag, in_places({Publish, Will})};                 // payload format indicator
  rules[0x02] = {Form::Four, in_places({Publish, Will})};                 // message expiry
  rules[0x03] = {Form::Text, in_places({Publish, Will})};                 // content type
  rules[0x08] = {Form::Text, in_places({Publish, Will})};                 // response topic
  rules[0x09] = {Form::Binary, in_places({Publish, Will})};               // correlation data
  rules[0x0B] = {Form::Variable, in_places({Publish, Subscribe})};        // subscription identifier
  rules[0x11] = {Form::Four, in_places({Connect, ConnAck, Disconnect})};  // session expiry
  rules[0x12] = {Form::Text, in_places({ConnAck})};                       // assigned client identifier
  rules[0x13] = {Form::Two, in_places({ConnAck})};                        // server keep alive
  rules[0x15] = {Form::Text, in_places({Connect, ConnAck, Auth})};        // authentication method
  rules[0x16] = {Form::Binary, in_places({Connect, ConnAck, Auth})};
  rules[0x17] = {Form::Flag, in_places({Connect})};              // request problem information
  rules[0x18] = {Form::Four, in_places({Will})};                 // will delay
  rules[0x19] = {Form::Flag, in_places({Connect})};              // request response information
  rules[0x1A] = {Form::Text, in_places({ConnAck})};              // response information
  rules[0x1C] = {Form::Text, in_places({ConnAck, Disconnect})};  // server reference
  rules[0x1F] = {Form::Text, in_places({ConnAck, Acknowledgement, Disconnect, Auth})};  // reason string
  rules[0x21] = {Form::Two, in_places({Connect, ConnAck})};                             // receive maximum
  rules[0x22] = {Form::Two, in_places({Connect, ConnAck})};                             // topic alias maximum
  rules[0x23] = {Form::Two, in_places({Publish})};                                      // topic alias
  rules[0x24] = {Form::Flag, in_places({ConnAck})};                                     // maximum QoS
  rules[0x25] = {Form::Flag, in_places({ConnAck})};                                     // retain available
  rules[0x26] = {Form::Pair, 0xFFFF};                                                   // user property
  rules[0x27] = {Form::Four, in_places({Connect, ConnAck})};                            // maximum packet size
  rules[0x28] = {Form::Flag, in_places({ConnAck})};  // wildcard subscriptions
  rules[0x29] = {Form::Flag, in_places({ConnAck})};  // subscription identifiers
  rules[0x2A] = {Form::Flag, in_places({ConnAck})};  // shared subscriptions
  return rules;
}
constexpr std::array<Rule, kIds> kRules = make_rules();

struct Value {
  uint32_t number = 0;
  std::string_view text;
};

Value read_value(FieldReader& in, Form form) noexcept {
  Value value;
  switch (form) {
    case Form::None:
      break;
    case Form::Byte:
    case Form::Flag:
      value.number = in.byte();
      if (value.number > 1) in.fail_with(DecodeError::BadPropertyValue);
      break;
    case Form::Two:
      value.number = in.number();
      break;
    case Form::Four:
      value.number = in.long_number();
      break;
    case Form::Variable:
      value.number = in.variable_number();
      break;
    case Form::Text:
      value.text = in.text();
      break;
    case Form::Binary:
      value.text = in.binary();
      break;
    case Form::Pair:
      in.text();
      in.text();
      break;
  }
  return value;
}

// Where 0 means nothing, it is a protocol error.
bool demands_more_than_zero(uint32_t id) noexcept { return id == 0x0B || id == 0x21 || id == 0x27; }

void take(Properties& out, uint32_t id, const Value& value) noexcept {
  const auto two = static_cast<uint16_t>(value.number);
  switch (id) {
    case 0x02:
      out.message_expiry_seconds = value.number;
      break;
    case 0x0B:
      out.subscription_id = value.number;
      break;
    case 0x11:
      out.session_expiry_seconds = value.number;
      break;
    case 0x12:
      out.assigned_client_id = value.text;
      break;
    case 0x15:
      out.authentication_method = value.text;
      break;
    case 0x21:
      out.receive_max = two;
      break;
    case 0x22:
      out.topic_alias_max = two;
      break;
    case 0x23:
      out.topic_alias = two;
      break;
    case 0x24:
      out.qos_max = static_cast<uint8_t>(two);
      break;
    case 0x25:
      out.retain_available = two != 0;
      break;
    case 0x27:
      out.packet_bytes_max = value.number;
      break;
    case 0x29:
      out.subscription_ids_available = two != 0;
      break;
    case 0x2A:
      out.shared_available = two != 0;
      break;
    default:
      break;
  }
}

void append_byte(std::string& out, uint32_t value) { out.push_back(static_cast<char>(value & 0xFF)); }
void append_two(std::string& out, uint32_t value) {
  append_byte(out, value >> 8);
  append_byte(out, value);
}
void append_four(std::string& out, uint32_t value) {
  append_two(out, value >> 16);
  append_two(out, value);
}

}  // namespace

Properties read_properties(FieldReader& in, PropertyPlace place) noexcept {
  Properties out;
  const uint32_t length = in.variable_number();
  FieldReader list(in.bytes(length));
  uint64_t seen = 0;
  while (!in.failed() && !list.failed() && !list.at_end()) {
    const uint32_t id = list.variable_number();
    const Rule rule = id < kIds ? kRules[id] : Rule{};
    const bool here = (rule.places >> static_cast<int>(place) & 1) != 0;
    if (rule.form == Form::None || !here) {
      list.fail_with(DecodeError::BadProperty);
      break;
    }
    const uint64_t bit = uint64_t{1} << id;
    // A server may repeat the identifiers of the subscriptions that a message matches.
    const bool may_repeat = rule.form == Form::Pair || (id == 0x0B && place == Publish);
    if ((seen & bit) != 0 && !may_repeat) list.fail_with(DecodeError::PropertyTwice);
    seen |= bit;
    const Value value = read_value(list, rule.form);
    if (!list.failed() && value.number == 0 && demands_more_than_zero(id))
      list.fail_with(DecodeError::BadPropertyValue);
    if (!list.failed()) take(out, id, value);
  }
  if (list.failed()) in.fail_with(*list.error());
  return out;
}

void append_properties(std::string& out, const Properties& p) {
  std::string list;
  const auto flag = [&list](uint32_t id, const auto& value) {
    if (!value) return;
    append_byte(list, id);
    append_byte(list, static_cast<uint32_t>(*value));
  };
  const auto two = [&list](uint32_t id, const std::optional<uint16_t>& value) {
    if (!value) return;
    append_byte(list, id);
    append_two(list, *value);
  };
  const auto four = [&list](uint32_t id, const std::optional<uint32_t>& value) {
    if (!value) return;
    append_byte(list, id);
    append_four(list, *value);
  };
  const auto text = [&list](uint32_t id, const std::optional<std::string_view>& value) {
    if (!value) return;
    append_byte(list, id);
    append_two(list, static_cast<uint32_t>(value->size()));
    list.append(*value);
  };
  four(0x02, p.message_expiry_seconds);
  if (p.subscription_id) {
    append_byte(list, 0x0B);
    append_variable(list, *p.subscription_id);
  }
  four(0x11, p.session_expiry_seconds);
  text(0x12, p.assigned_client_id);
  text(0x15, p.authentication_method);
  two(0x21, p.receive_max);
  two(0x22, p.topic_alias_max);
  two(0x23, p.topic_alias);
  flag(0x24, p.qos_max);
  flag(0x25, p.retain_available);
  four(0x27, p.packet_bytes_max);
  flag(0x29, p.subscription_ids_available);
  flag(0x2A, p.shared_available);
  append_variable(out, static_cast<uint32_t>(list.size()));
  out.append(list);
}

void append_variable(std::string& out, uint32_t value) {
  do {
    const uint32_t digit = value % 128;
    value /= 128;
    append_byte(out, value > 0 ? digit | 0x80 : digit);
  } while (value > 0);
}

}  // namespace rollcall::mqtt
