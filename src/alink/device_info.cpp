#include "alink/device_info.hpp"

#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall::alink {
namespace {

Error bad(std::string_view what) {
  return Error(ErrorCode::InvalidFormattedParameter, "params " + std::string(what));
}

// The member as a text; a number or a truth value is taken as it is written.
std::optional<std::string> text_of(std::string_view object, std::string_view key) {
  const auto raw = json_member(object, key);
  if (!raw) return std::nullopt;
  if (auto text = json_unquote(*raw)) return text;
  if (raw->starts_with('{') || raw->starts_with('[') || *raw == "null") return std::nullopt;
  return std::string(*raw);
}

bool of_the_system(std::string_view object) {
  const auto domain = text_of(object, "domain");
  return domain && ascii_iequal(*domain, "SYSTEM");
}

template <class Take>
Status each_entry(const Request& request, Take take) {
  if (!request.params.starts_with('[')) return fail(bad("is an array of {\"attrKey\":..}"));
  const auto entries = json_elements(request.params);
  if (entries.size() > limits::kTagsPerDeviceMax)
    return fail(bad("has at most " + std::to_string(limits::kTagsPerDeviceMax) + " elements"));
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string place = "[" + std::to_string(i) + "]";
    if (!entries[i].starts_with('{')) return fail(bad(place + " is an object"));
    if (of_the_system(entries[i])) continue;
    auto name = text_of(entries[i], "attrKey");
    if (!name) return fail(bad(place + ".attrKey is absent or no text"));
    ROLLCALL_TRY_STATUS(take(place, entries[i], std::move(*name)));
  }
  return {};
}

}  // namespace

Result<std::vector<DeviceTag>> read_tags_update(const Request& request) {
  std::vector<DeviceTag> tags;
  ROLLCALL_TRY_STATUS(
      each_entry(request, [&](const std::string& place, std::string_view entry, std::string name) -> Status {
        auto value = text_of(entry, "attrValue");
        if (!value) return fail(bad(place + ".attrValue is absent or no text"));
        tags.push_back({std::move(name), std::move(*value)});
        return {};
      }));
  return tags;
}

Result<std::vector<std::string>> read_tags_delete(const Request& request) {
  std::vector<std::string> names;
  ROLLCALL_TRY_STATUS(
      each_entry(request, [&](const std::string&, std::string_view, std::string name) -> Status {
        names.push_back(std::move(name));
        return {};
      }));
  return names;
}

std::optional<std::string> read_firmware_inform(std::string_view payload) {
  const auto request = read_request(payload);
  if (!request || !request->params.starts_with('{')) return std::nullopt;
  const auto module = text_of(request->params, "module");
  if (module && !module->empty() && *module != "default") return std::nullopt;
  auto version = text_of(request->params, "version");
  if (!version || version->empty() || holds_control_characters(*version)) return std::nullopt;
  if (utf8_length(*version).value_or(SIZE_MAX) > limits::kFirmwareVersionCharactersMax) return std::nullopt;
  return version;
}

}  // namespace rollcall::alink
