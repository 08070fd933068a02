#include "api/entry.hpp"

#include <fmt/format.h>

#include "api/config_object.hpp"
#include "base/text.hpp"

namespace rollcall::api {

Result<Entry> Entry::read(std::string path, const boost::json::value& given,
                          std::initializer_list<std::string_view> known) {
  const auto* object = given.if_object();
  if (object == nullptr) return refuse(path, "a JSON object", given);
  for (const auto& member : *object) {
    bool found = false;
    for (std::string_view name : known) found = found || member.key() == name;
    if (!found) {
      return fail(ErrorCode::InvalidFormattedParameter,
                  fmt::format("{}.{} is not known here.", path, excerpt(std::string_view(member.key()))));
    }
  }
  return Entry(std::move(path), *object);
}

const boost::json::value* Entry::find(std::string_view name) const {
  const auto* found = object_.if_contains(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

Result<std::string> Entry::text(std::string_view name, size_t bytes_max) const {
  const auto* found = find(name);
  if (found == nullptr) return std::string();
  const auto* string = found->if_string();
  if (string == nullptr || string->size() > bytes_max) {
    // Without the value: it may be a secret.
    return fail(ErrorCode::InvalidFormattedParameter,
                fmt::format("{} must be a string of at most {} bytes.", path_of(name), bytes_max));
  }
  if (holds_control_characters(*string))
    return fail(ErrorCode::InvalidFormattedParameter, path_of(name) + " holds a control character.");
  return std::string(*string);
}

Result<std::string> Entry::required_text(std::string_view name) const {
  ROLLCALL_TRY(std::string given, text(name));
  if (given.empty()) return fail(ErrorCode::InvalidFormattedParameter, path_of(name) + " is mandatory.");
  return given;
}

Result<std::optional<std::string>> Entry::optional_text(std::string_view name) const {
  if (find(name) == nullptr) return std::nullopt;
  return text(name).map([](std::string&& given) { return std::optional(std::move(given)); });
}

Result<std::optional<int32_t>> Entry::integer(std::string_view name, int32_t first, int32_t last) const {
  const auto* found = find(name);
  if (found == nullptr) return std::nullopt;
  const auto* number = found->if_int64();
  if (number == nullptr || *number < first || *number > last)
    return refuse(path_of(name), fmt::format("a whole number from {} to {}", first, last), *found);
  return static_cast<int32_t>(*number);
}

Result<std::optional<bool>> Entry::boolean(std::string_view name) const {
  const auto* found = find(name);
  if (found == nullptr) return std::nullopt;
  const auto* given = found->if_bool();
  if (given == nullptr) return refuse(path_of(name), "true or false", *found);
  return *given;
}

Status Entry::check(std::string_view name, Status status) const {
  return named(path_of(name), std::move(status));
}

Result<const boost::json::array*> read_list(const std::string& path, const boost::json::value* given,
                                            size_t entries_max) {
  static const boost::json::array kEmpty;
  if (given == nullptr || given->is_null()) return &kEmpty;
  const auto* list = given->if_array();
  if (list == nullptr) return refuse(path, "a list", *given);
  if (list->size() > entries_max) {
    return fail(ErrorCode::DeviceCountExceeded, fmt::format("{} may hold at most {} entries, but holds {}.",
                                                            path, entries_max, list->size()));
  }
  return list;
}

}  // namespace rollcall::api
