// Small helpers for code that takes JSON texts apart and joins them anew without printing their values again
// (DESIGN 5.4). Used by model/ only. Thread: pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace rollcall {

using JsonMembers = std::vector<std::pair<std::string, std::string_view>>;

inline std::string_view find_member(const JsonMembers& members, std::string_view key) {
  for (const auto& [name, raw] : members)
    if (name == key) return raw;
  return {};
}

inline std::string json_quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// Joins texts with commas, one after the other.
class JsonList {
 public:
  void add(std::string_view raw) {
    if (!text_.empty()) text_ += ',';
    text_ += raw;
  }
  void add(std::string_view key, std::string_view raw) { add(json_quoted(key) + ":" + std::string(raw)); }
  bool empty() const { return text_.empty(); }
  std::string object() const { return "{" + text_ + "}"; }
  std::string array() const { return "[" + text_ + "]"; }

 private:
  std::string text_;
};

// Members in the order of their keys.
class JsonSorted {
 public:
  void add(std::string_view key, std::string raw) { members_[std::string(key)] = std::move(raw); }
  std::string object() const {
    JsonList list;
    for (const auto& [key, raw] : members_) list.add(key, raw);
    return list.object();
  }

 private:
  std::map<std::string, std::string> members_;
};

}  // namespace rollcall
