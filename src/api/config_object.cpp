#include "api/config_object.hpp"

#include <boost/json/serialize.hpp>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rollcall::api {

tl::unexpected<Error> refuse(std::string_view path, std::string_view rule, std::string_view value) {
  std::string message(path);
  message += " must be ";
  message += rule;
  message += ", but is ";
  message += excerpt(value);
  message += '.';
  return fail(ErrorCode::InvalidFormattedParameter, std::move(message));
}

tl::unexpected<Error> refuse(std::string_view path, std::string_view rule, const boost::json::value& value) {
  return refuse(path, rule, std::string_view(boost::json::serialize(value)));
}

Status named(std::string_view path, Status status) {
  if (status) return {};
  Error error = std::move(status.error());
  error.message = std::string(path) + ": " + public_message(error);
  return fail(std::move(error));
}

bool is_blank(const boost::json::value& value) noexcept {
  if (value.is_null()) return true;
  if (const auto* text = value.if_string()) return text->empty();
  if (const auto* array = value.if_array()) return array->empty();
  if (const auto* object = value.if_object()) return object->empty();
  return false;
}

Result<ConfigObject> ConfigObject::parse(std::string path, std::string_view text) {
  auto value = parse_json(text);
  if (!value) {
    return fail(ErrorCode::InvalidFormattedParameter,
                path + " is not valid JSON: " + public_message(value.error()));
  }
  return from(std::move(path), *value);
}

Result<ConfigObject> ConfigObject::from(std::string path, const boost::json::value& value) {
  if (value.is_null()) return ConfigObject(std::move(path), {});
  const auto* object = value.if_object();
  if (object == nullptr) return refuse(path, "a JSON object", value);
  ConfigObject config(std::move(path), *object);
  ROLLCALL_TRY_STATUS(config.check_keys());
  return config;
}

Status ConfigObject::check_keys() const {
  std::set<std::string> seen;
  for (const auto& member : object_) {
    if (seen.insert(ascii_lower(member.key())).second) continue;
    return fail(ErrorCode::InvalidFormattedParameter,
                path_ + " holds the key " + excerpt(member.key()) + " twice (case does not count).");
  }
  return {};
}

const boost::json::value* ConfigObject::find(std::string_view key) const noexcept {
  for (const auto& member : object_)
    if (ascii_iequal(member.key(), key)) return &member.value();
  return nullptr;
}

bool ConfigObject::all_blank() const noexcept {
  for (const auto& member : object_)
    if (!is_blank(member.value())) return false;
  return true;
}

Result<std::optional<std::string>> ConfigObject::text(std::string_view key) const {
  const boost::json::value* value = find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto* text = value->if_string();
  if (text == nullptr) return refuse(path_of(key), "a string", *value);
  if (text->empty()) return std::nullopt;
  if (holds_control_characters(*text)) return refuse(path_of(key), "without control characters", *value);
  return std::string(*text);
}

void ConfigObject::report_unknown(std::span<const std::string_view> known, Warnings& warnings) const {
  for (const auto& member : object_) {
    bool found = false;
    for (std::string_view key : known) found = found || ascii_iequal(member.key(), key);
    if (!found) warnings.unknown(path_of(member.key()));
  }
}

}  // namespace rollcall::api
