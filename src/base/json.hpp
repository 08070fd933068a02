// Strict JSON. Reading gives a Boost.JSON tree (for decisions); relaying never prints that tree again but
// works on the caller's own text, so that 10.0 stays 10.0 (DESIGN 5.4). Thread: any; pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace rollcall {

struct JsonLimits {
  size_t depth_max = 64;
};

// Parses one JSON document (RFC 8259, UTF-8 checked, no duplicate keys in any object, nothing behind it).
// Error: InvalidFormattedParameter, the message says what is wrong and at which byte.
Result<boost::json::value> parse_json(std::string_view text, JsonLimits limits = {});

// Judges a document as parse_json does, without making the tree.
Status check_json(std::string_view text, JsonLimits limits = {});

// The caller's text without white space outside strings. `text` must have passed parse_json. With
// `escape_braces`,
// '{' and '}' inside strings become \u007b and \u007d and "\/" becomes "/" (device-protocol 6.2).
std::string compact_json(std::string_view text, bool escape_braces);

// The members of a JSON object as (decoded key, raw text of the value), in order. `text` must have passed
// parse_json and be an object; otherwise an empty list. Raw views point into `text`.
std::vector<std::pair<std::string, std::string_view>> json_members(std::string_view text);
// The raw text of the elements of a JSON array, in order; same precondition.
std::vector<std::string_view> json_elements(std::string_view text);
// The raw text of a member (exact key), or nullopt.
std::optional<std::string_view> json_member(std::string_view text, std::string_view key);
// The raw texts of several members in one pass: values[i] is that of keys[i], empty when there is none.
// `values` is as long as `keys`.
void json_pick(std::string_view text, std::span<const std::string_view> keys,
               std::span<std::string_view> values);
// The decoded content of a raw JSON string literal ("\"a\\n\"" gives a LF); nullopt when `raw` is no string.
std::optional<std::string> json_unquote(std::string_view raw);
// Appends `text` as a JSON string literal with its quotes: only '"', '\\' and control characters escaped,
// UTF-8 raw, '/' plain.
void append_json_string(std::string& out, std::string_view text);

}  // namespace rollcall
