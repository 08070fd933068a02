#include "api/parameters.hpp"

#include <charconv>

namespace rollcall::api {
namespace {

// Reads the number behind the prefix "Name."; moves `rest` behind it. 0 = there is none.
uint32_t take_number(std::string_view& rest) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc() || rest.empty() || rest.front() == '0') return 0;
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  return number;
}

}  // namespace

Parameters::Parameters(NameValues pairs) {
  for (auto& [name, value] : pairs) values_.insert_or_assign(std::move(name), std::move(value));
}

std::optional<std::string_view> Parameters::get(std::string_view name) const {
  auto it = values_.find(name);
  if (it == values_.end()) return std::nullopt;
  return it->second;
}

std::vector<std::string_view> Parameters::list(std::string_view name) const {
  const std::string prefix = std::string(name) + ".";
  std::map<uint32_t, std::string_view> found;
  for (auto it = values_.lower_bound(prefix); it != values_.end() && it->first.starts_with(prefix); ++it) {
    std::string_view rest = std::string_view(it->first).substr(prefix.size());
    const uint32_t number = take_number(rest);
    if (number != 0 && rest.empty()) found.emplace(number, it->second);
  }
  std::vector<std::string_view> values;
  values.reserve(found.size());
  for (const auto& [number, value] : found) values.push_back(value);
  return values;
}

std::vector<Parameters::Object> Parameters::objects(std::string_view name) const {
  const std::string prefix = std::string(name) + ".";
  std::map<uint32_t, Object> found;
  for (auto it = values_.lower_bound(prefix); it != values_.end() && it->first.starts_with(prefix); ++it) {
    std::string_view rest = std::string_view(it->first).substr(prefix.size());
    const uint32_t number = take_number(rest);
    if (number == 0 || rest.size() < 2 || rest.front() != '.') continue;
    found[number].emplace_back(rest.substr(1), it->second);
  }
  std::vector<Object> objects;
  objects.reserve(found.size());
  for (auto& [number, object] : found) objects.push_back(std::move(object));
  return objects;
}

std::string_view field_of(const Parameters::Object& object, std::string_view name) noexcept {
  for (const auto& [field, value] : object)
    if (field == name) return value;
  return {};
}

}  // namespace rollcall::api
