// What a device last said of its properties: read from a report, merged, and kept as one JSON text of bounded
// length: {"power":{"v":1,"t":1700000000000}}. Values stay in the device's own spelling. Used by the gateway
// (reports), the engine (merging) and queries. Thread: values.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace rollcall {

struct LastValue {
  std::string json;  // raw
  WallMs at;
  bool operator==(const LastValue&) const = default;
};
// By identifier, or "module:identifier".
using LastValueMap = std::map<std::string, LastValue, std::less<>>;

// The values of `params` of thing/event/property/post, an object: plain, or as {"value":...,"time":...}.
// `now` is the time of those without one, or with one that is none. What no property can be called, or is
// longer than limits::kPropertyValueBytesMax, is left out.
LastValueMap read_property_report(std::string_view params, WallMs now);

// Puts the newer over the older.
void merge_last_values(LastValueMap& into, LastValueMap newer);

// The text to keep, of at most limits::kLastValuesBytesMax: the oldest values make room. And back: a text
// that does not read holds nothing.
std::string last_values_text(const LastValueMap& values);
LastValueMap read_last_values(std::string_view text);

}  // namespace rollcall
