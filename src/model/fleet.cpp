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

std::string_view offline_reason_text(OfflineReason reason) noexcept {
  switch (reason) {
    case OfflineReason::Unknown:
      return "";
    case OfflineReason::Goodbye:
      return "GOODBYE";
    case OfflineReason::ConnectionLost:
      return "CONNECTION_LOST";
    case OfflineReason::KeepAlive:
      return "KEEP_ALIVE";
    case OfflineReason::TakenOver:
      return "TAKEN_OVER";
    case OfflineReason::Disabled:
      return "DISABLED";
    case OfflineReason::Deleted:
      return "DELETED";
    case OfflineReason::ProtocolError:
      return "PROTOCOL_ERROR";
    case OfflineReason::TooSlow:
      return "TOO_SLOW";
    case OfflineReason::TooFast:
      return "TOO_FAST";
    case OfflineReason::Overloaded:
      return "OVERLOADED";
    case OfflineReason::ServerStopped:
      return "SERVER_STOPPED";
    case OfflineReason::ServerDied:
      return "SERVER_DIED";
  }
  return "";
}

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

Status check_device_secret(std::string_view secret) {
  if (!secret.empty() && secret.size() <= 32 && is_letters_digits(secret, "-_@.:")) return {};
  return fail(ErrorCode::InvalidFormattedParameter,
              "DeviceSecret has 1 to 32 letters, digits and - _ @ . : only");
}

Status check_serial(std::string_view serial) {
  if (!serial.empty() && serial.size() <= 64 && is_letters_digits(serial, "_")) return {};
  return fail(
      bad_name(ErrorCode::InvalidFormattedParameter, "Sn", serial, "has 1 to 64 letters, digits and _ only"));
}

Status check_tag(const DeviceTag& tag) {
  // What devices may name their tags by (thing/deviceinfo/update) is taken from callers too.
  if (tag.name.empty() || tag.name.size() > limits::kTagNameCharactersMax ||
      !is_letters_digits(tag.name, "._-#@%&*"))
    return fail(bad_name(ErrorCode::InvalidFormattedParameter, "a tag's key", tag.name,
                         "has 1 to 32 letters, digits and . _ - # @ % & * only"));
  const auto length = cjk_weighted_length(tag.value);
  if (!length || *length == 0 || *length > limits::kTagValueCharactersMax ||
      holds_control_characters(tag.value))
    return fail(bad_name(ErrorCode::InvalidFormattedParameter, "a tag's value", tag.value,
                         "has 1 to 128 characters (a Chinese character counts two), none to control with"));
  return {};
}

Status check_topic_name(std::string_view name, TopicOperation operation) {
  const auto bad = [&](std::string_view rule) {
    return fail(bad_name(ErrorCode::InvalidFormattedTopicName, "TopicShortName", name, rule));
  };
  if (name.empty() || name.size() > limits::kMqttTopicBytesMax)
    return bad("has 1 to " + std::to_string(limits::kMqttTopicBytesMax) + " characters");
  for (std::string_view rest = name;;) {
    const size_t slash = rest.find('/');
    const std::string_view level = rest.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if (level.empty()) return bad("has no empty level");
    if (level == "+" || (level == "#" && last)) {
      if (operation != TopicOperation::Subscribe) return bad("has wildcards only when Operation is SUB");
    } else if (!is_letters_digits(level, "_")) {
      return bad(
          "has levels of letters, digits and _ (and + or, as the last level, # when Operation is SUB)");
    }
    if (last) return {};
    rest.remove_prefix(slash + 1);
  }
}

Status check_description(std::string_view text) {
  const auto length = utf8_length(text);
  if (!length || *length > limits::kDescriptionCharactersMax)
    return fail(bad_name(ErrorCode::InvalidFormattedParameter, "Description", text,
                         "has at most " + std::to_string(limits::kDescriptionCharactersMax) + " characters"));
  return {};
}

}  // namespace rollcall
