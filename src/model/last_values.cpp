#include "model/last_values.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall {
namespace {

constexpr size_t kNameBytesMax = limits::kModuleIdCharactersMax + 1 + limits::kIdentifierCharactersMax;

bool can_be_a_property(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && is_letters_digits(name, "_:");
}

// {"value":...} with or without a time is the long form of a report, whatever the property's type.
LastValue read_value(std::string_view raw, WallMs now) {
  if (!raw.starts_with('{')) return {std::string(raw), now};
  const auto members = json_members(raw);
  const bool wrapped =
      !members.empty() && std::all_of(members.begin(), members.end(), [](const auto& member) {
        return member.first == "value" || member.first == "time";
      });
  const auto value = wrapped ? json_member(raw, "value") : std::nullopt;
  if (!value) return {std::string(raw), now};
  const auto time = json_member(raw, "time");
  const int64_t ms = time ? parse_int(*time).value_or(0) : 0;
  return {std::string(*value), ms > 0 ? WallMs{ms} : now};
}

std::string entry_text(const std::string& name, const LastValue& value) {
  std::string text;
  append_json_string(text, name);
  return text + R"(:{"v":)" + value.json + R"(,"t":)" + std::to_string(value.at.value) + "}";
}

}  // namespace

LastValueMap read_property_report(std::string_view params, WallMs now) {
  LastValueMap values;
  if (!check_json(params)) return values;
  for (const auto& [name, raw] : json_members(params)) {
    if (!can_be_a_property(name) || raw.size() > limits::kPropertyValueBytesMax) continue;
    values.insert_or_assign(name, read_value(compact_json(raw, false), now));
  }
  return values;
}

void merge_last_values(LastValueMap& into, LastValueMap newer) {
  for (auto& [name, value] : newer) into.insert_or_assign(name, std::move(value));
}

std::string last_values_text(const LastValueMap& values) {
  std::vector<std::pair<WallMs, std::string>> entries;
  for (const auto& [name, value] : values) entries.emplace_back(value.at, entry_text(name, value));
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return b.first < a.first; });
  std::string text = "{";
  for (const auto& [at, entry] : entries) {
    if (text.size() + entry.size() + 2 > limits::kLastValuesBytesMax) break;
    if (text.size() > 1) text += ',';
    text += entry;
  }
  return text + "}";
}

LastValueMap read_last_values(std::string_view text) {
  LastValueMap values;
  if (!check_json(text)) return values;
  for (const auto& [name, raw] : json_members(text)) {
    const auto value = json_member(raw, "v");
    const auto time = json_member(raw, "t");
    const auto ms = time ? parse_int(*time) : std::nullopt;
    if (value && ms) values.insert_or_assign(name, LastValue{std::string(*value), WallMs{*ms}});
  }
  return values;
}

}  // namespace rollcall
