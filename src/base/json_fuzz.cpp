// Arbitrary text through the JSON reader and the raw-text walkers: no over-read, and, where the text is JSON,
// the walkers see what the parser sees.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.hpp"
#include "base/text.hpp"

namespace {

using namespace rollcall;

void demand(bool condition) {
  if (!condition) std::abort();
}

// Boost.JSON rounds a double by its last bits as the text behind it falls; it never shows NaN.
bool same(const boost::json::value& a, const boost::json::value& b) {
  if (a.kind() != b.kind()) return false;
  if (const double* number = a.if_double()) {
    const double other = b.get_double();
    return *number == other || std::abs(*number - other) <= std::abs(other) * 1e-14;
  }
  if (const auto* array = a.if_array())
    return std::equal(array->begin(), array->end(), b.get_array().begin(), b.get_array().end(), same);
  if (const auto* object = a.if_object()) {
    if (object->size() != b.get_object().size()) return false;
    for (const auto& member : *object) {
      const auto* other = b.get_object().if_contains(member.key());
      if (other == nullptr || !same(member.value(), *other)) return false;
    }
    return true;
  }
  return a == b;
}

// The raw members and elements mean what the tree of the same text holds.
void compare(std::string_view text, const boost::json::value& value) {
  const auto members = json_members(text);
  const auto elements = json_elements(text);
  demand(members.size() == (value.is_object() ? value.as_object().size() : 0));
  demand(elements.size() == (value.is_array() ? value.as_array().size() : 0));
  for (const auto& [key, raw] : members) {
    const auto* member = value.as_object().if_contains(key);
    demand(member != nullptr);
    const auto again = parse_json(raw);
    demand(again && same(*again, *member));
    demand(json_member(text, key) == raw);
    compare(raw, *member);
  }
  for (size_t i = 0; i < elements.size(); ++i) {
    const auto again = parse_json(elements[i]);
    demand(again && same(*again, value.as_array()[i]));
    compare(elements[i], value.as_array()[i]);
  }
  if (value.is_string()) demand(json_unquote(trim(text)) == std::string_view(value.as_string()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of its own, so that the sanitizer sees a read past the end.
  const std::string text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(json_members(text));
  static_cast<void>(json_elements(text));
  static_cast<void>(json_unquote(text));

  std::string literal;
  append_json_string(literal, text);
  demand(json_unquote(literal) == text);
  demand(parse_json(literal).has_value() == utf8_length(text).has_value());

  const auto value = parse_json(text, {.depth_max = 8});  // shallow: compare() parses each level anew
  demand(check_json(text, {.depth_max = 8}).has_value() == value.has_value());
  for (const bool escape_braces : {false, true}) {
    const std::string compact = compact_json(text, escape_braces);
    if (!value) continue;
    const auto again = parse_json(compact);
    demand(again && same(*again, *value));
    demand(compact_json(compact, escape_braces) == compact);
  }
  if (value) compare(text, *value);
  return 0;
}
