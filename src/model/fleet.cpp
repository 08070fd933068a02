#include "model/fleet.hpp"

#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall {
namespace {

Error bad_name(ErrorCode code, std::string_view what, std::string_view value, std::string_view rule) {
  return Error(code, std::string(what) + " " + std::string(rule) + ", not \"" + excerpt(value) + "\"");
}

// A name of Chinese characters, letters, digits and '_', whose length counts a Chinese character as
// `weighted` says.
Status check_text_name(std::string_view name, size_t min, size_t max, bool weighted, ErrorCode code,
                       std::string_view what) {
  const auto length = weighted ? cjk_weighted_length(name) : utf8_length(name);
  if (!length || *length < min || *length > max)
    return fail(bad_name(code, what, name,
                         "has " + std::to_string(min) + " to " + std::to_string(max) + " characters" +
                             (weighted ? " (a Chinese character counts two)" : "")));
  if (!is_cjk_letters_digits(name, "_"))
    return fail(bad_name(code, what, name, "holds Chinese characters, letters, digits and _ only"));
  return {};
}

}  // namespace

Status check_product_name(std::string_view name) {
  return check_text_name(name, 4, 30, true, ErrorCode::InvalidFormattedProductName, "ProductName");
}

Status check_device_name(std::string_view name) {
  if (name.size() < 4 || name.size() > 32)
    return fail(
        bad_name(ErrorCode::InvalidFormattedDeviceName, "DeviceName", name, "has 4 to 32 characters"));
  if (!is_letters_digits(name, "-_@.:"))
    return fail(bad_name(ErrorCode::InvalidFormattedDeviceName, "DeviceName", name,
                         "holds letters, digits and - _ @ . : only"));
  return {};
}

Status check_nickname(std::string_view name) {
  return check_text_name(name, 4, 64, true, ErrorCode::InvalidFormattedParameter, "Nickname");
}

Status check_group_name(std::string_view name) {
  return check_text_name(name, 4, 30, true, ErrorCode::InvalidFormattedParameter, "GroupName");
}

Status check_job_name(std::string_view name) {
  return check_text_name(name, 4, 30, false, ErrorCode::InvalidFormattedJobName, "JobName");
}

Status check_description(std::string_view text) {
  const auto length = utf8_length(text);
  if (!length || *length > limits::kDescriptionCharactersMax)
    return fail(bad_name(ErrorCode::InvalidFormattedParameter, "Description", text,
                         "has at most " + std::to_string(limits::kDescriptionCharactersMax) + " characters"));
  return {};
}

}  // namespace rollcall
