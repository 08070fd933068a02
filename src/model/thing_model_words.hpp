// Words and small conversions of the ThingModelJson dialect, for its two directions. Used by
// thing_model_json.cpp and thing_model_json_tsl.cpp only. Thread: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "model/json_text.hpp"

namespace rollcall::model_words {

inline std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}
inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// The text of a member; "" when it is absent or no text.
inline std::string text_of(const JsonMembers& members, std::string_view key) {
  return json_unquote(find_member(members, key)).value_or("");
}

// Digits stand bare on one side and as a text on the other.
inline std::string as_text(std::string_view raw) {
  return raw.starts_with('"') ? std::string(raw) : json_quoted(raw);
}
inline std::string as_number(std::string_view raw) {
  const auto text = json_unquote(raw);
  return text && parse_int(*text) && *text != "-0" ? std::to_string(*parse_int(*text)) : std::string(raw);
}
// A value that is there and not null.
inline bool given(std::string_view raw) { return !raw.empty() && raw != "null"; }

inline bool is_numeric(std::string_view type) { return type == "int" || type == "float" || type == "double"; }

inline constexpr const char* kNumericSpecs[] = {"min", "max", "step", "unit", "unitName", "defaultValue"};
inline constexpr std::pair<std::string_view, std::string_view> kAccess[] = {
    {"r", "READ_ONLY"}, {"rw", "READ_WRITE"}, {"w", "WRITE_ONLY"}};
inline constexpr std::pair<std::string_view, std::string_view> kEventTypes[] = {
    {"info", "INFO_EVENT_TYPE"}, {"alert", "ALERT_EVENT_TYPE"}, {"error", "ERROR_EVENT_TYPE"}};

template <class Pairs>
std::string_view right_of(const Pairs& pairs, std::string_view left) {
  for (const auto& [a, b] : pairs)
    if (a == left) return b;
  return {};
}
template <class Pairs>
std::string_view left_of(const Pairs& pairs, std::string_view right) {
  for (const auto& [a, b] : pairs)
    if (b == right) return a;
  return {};
}

}  // namespace rollcall::model_words
