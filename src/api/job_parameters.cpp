#include "api/job_parameters.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "api/job_settings.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/fleet.hpp"
#include "model/job_document.hpp"

namespace rollcall::api {
namespace {

using boost::json::value;

constexpr int64_t kLifetimeHoursMax = 24 * 366;  // ours; 0 is for ever

Error missing(std::string_view name) {
  Error error(ErrorCode::Missing);
  error.parameter = std::string(name);
  return error;
}

// --- plain parameters

Status read_type(JobDraft& draft, std::string_view text) {
  const auto type = parse_job_type(text);
  if (!type) return refuse("Type", "INVOKE_SERVICE, SET_PROPERTY, PUB or CUSTOM_JOB", text);
  draft.job.spec.type = *type;
  return {};
}

Status read_name(JobDraft& draft, std::string_view text) {
  ROLLCALL_TRY_STATUS(check_job_name(text));
  draft.job.spec.name = std::string(text);
  return {};
}

// Kept exactly as given (DESIGN 5.4).
Status read_document(JobDraft& draft, std::string_view text) {
  auto content = read_job_document(draft.job.spec.type, text);
  if (!content) return fail(std::move(content.error()));
  draft.job.spec.document = std::string(text);
  return {};
}

Status read_description(JobDraft& draft, std::string_view text) {
  ROLLCALL_TRY_STATUS(named("Description", check_description(text)));
  draft.job.settings.description = std::string(text);
  return {};
}

Status read_scheduled_time(JobDraft& draft, std::string_view text) {
  const int64_t delay_ms = draft.limits.schedule_min_delay_seconds * 1000;
  const WallMs first = draft.now + delay_ms;
  const WallMs last = draft.now + limits::kScheduleMaxDelayMs;
  const auto ms = parse_int(text);
  if (!ms || *ms < first.value || *ms > last.value) {
    return refuse("ScheduledTime",
                  fmt::format("a time in milliseconds from {} s to 7 days ahead ({} to {})",
                              draft.limits.schedule_min_delay_seconds, first.value, last.value),
                  text);
  }
  draft.job.spec.scheduled_at = WallMs{*ms};
  return {};
}

// Extension (DESIGN 5.9).
Status read_offline_policy(JobDraft& draft, std::string_view text) {
  if (ascii_iequal(text, "WAIT")) {
    draft.offline_policy = OfflinePolicy::Wait;
  } else if (ascii_iequal(text, "FAIL")) {
    draft.offline_policy = OfflinePolicy::Fail;
  } else {
    return refuse("OfflinePolicy", "WAIT or FAIL", text);
  }
  return {};
}

// Extension (DESIGN 5.15).
Status read_lifetime(JobDraft& draft, std::string_view text) {
  const auto hours = parse_int(text);
  if (!hours || *hours < 0 || *hours > kLifetimeHoursMax) {
    return refuse("LifetimeInHours",
                  fmt::format("a whole number from 1 to {}, or 0 for ever", kLifetimeHoursMax), text);
  }
  draft.job.spec.lifetime_ms = *hours * 3600 * 1000;
  return {};
}

// --- TargetConfig

Status read_target_type(JobDraft& draft, const std::string& path, const value* given) {
  constexpr std::string_view kRule = "DEVICE_LIST, GROUP_ID or PRODUCT_KEY";
  if (given == nullptr) return refuse(path, kRule, std::string_view("absent"));
  const auto* text = given->if_string();
  const auto type = text != nullptr ? parse_target_type(*text) : std::nullopt;
  if (!type) return refuse(path, kRule, *given);
  draft.job.spec.target_type = *type;
  return {};
}

// A key of TargetConfig that belongs to another targetType may be there as long as it says nothing
// (DESIGN 5.2).
Status check_applies(const JobDraft& draft, TargetType type, const std::string& path, const value* given) {
  if (draft.job.spec.target_type == type || given == nullptr || is_blank(*given)) return {};
  return refuse(path, fmt::format("empty unless targetType is {}", target_type_text(type)), *given);
}

Result<engine::DeviceRef> read_target_device(JobDraft& draft, const std::string& path, const value& given) {
  static constexpr std::string_view kKeys[] = {"iotId", "productKey", "deviceName"};
  if (!given.is_object()) return refuse(path, "an object with iotId, or productKey and deviceName", given);
  ROLLCALL_TRY(const ConfigObject entry, ConfigObject::from(path, given));
  entry.report_unknown(kKeys, draft.warnings);
  ROLLCALL_TRY(const auto iot_id, entry.text("iotId"));
  ROLLCALL_TRY(const auto product_key, entry.text("productKey"));
  ROLLCALL_TRY(const auto device_name, entry.text("deviceName"));
  if (product_key.has_value() != device_name.has_value())
    return refuse(path, "given with productKey and deviceName together", given);
  if (!iot_id && !product_key)
    return refuse(path, "an object with iotId, or productKey and deviceName", given);
  return engine::DeviceRef{iot_id.value_or(""), product_key.value_or(""), device_name.value_or("")};
}

Status read_target_devices(JobDraft& draft, const std::string& path, const value* given) {
  ROLLCALL_TRY_STATUS(check_applies(draft, TargetType::DeviceList, path, given));
  if (draft.job.spec.target_type != TargetType::DeviceList) return {};
  if (given == nullptr || given->is_null())
    return fail(ErrorCode::NoTarget, path + " is mandatory when targetType is DEVICE_LIST.");
  const auto* list = given->if_array();
  if (list == nullptr) return refuse(path, "a list of devices", *given);
  if (list->empty()) return fail(ErrorCode::NoTarget, path + " must hold at least one device, but is empty.");
  if (list->size() > limits::kTargetDevicesMax) {
    return fail(ErrorCode::TooManyTargets, fmt::format("{} may hold at most {} devices, but holds {}.", path,
                                                       limits::kTargetDevicesMax, list->size()));
  }
  draft.job.targets.reserve(list->size());
  for (size_t i = 0; i < list->size(); ++i) {
    ROLLCALL_TRY(auto device, read_target_device(draft, fmt::format("{}[{}]", path, i), (*list)[i]));
    draft.job.targets.push_back(std::move(device));
  }
  return {};
}

Status read_target_text(JobDraft& draft, TargetType type, const std::string& path, const value* given,
                        std::string& out) {
  ROLLCALL_TRY_STATUS(check_applies(draft, type, path, given));
  if (draft.job.spec.target_type != type) return {};
  if (given == nullptr || given->is_null()) {
    return fail(ErrorCode::InvalidFormattedParameter,
                fmt::format("{} is mandatory when targetType is {}.", path, target_type_text(type)));
  }
  const auto* text = given->if_string();
  if (text == nullptr || text->empty()) return refuse(path, "a string that is not empty", *given);
  if (holds_control_characters(*text)) return refuse(path, "without control characters", *given);
  out = std::string(*text);
  return {};
}

Status read_target_group(JobDraft& draft, const std::string& path, const value* given) {
  return read_target_text(draft, TargetType::Group, path, given, draft.job.spec.target_group_code);
}

Status read_target_product(JobDraft& draft, const std::string& path, const value* given) {
  return read_target_text(draft, TargetType::Product, path, given, draft.job.spec.target_product_key);
}

// --- RolloutConfig, TimeoutConfig, JobFile

Status read_maximum_per_minute(JobDraft& draft, const std::string& path, const value* given) {
  ROLLCALL_TRY(const auto rate, read_rate(path, given, draft.limits));
  if (!rate) return {};
  draft.job.settings.maximum_per_minute = *rate;
  draft.job.settings.maximum_per_minute_given = true;
  return {};
}

bool qos_matters(JobType type) noexcept { return type == JobType::CustomJob || type == JobType::Pub; }

// Accepted for every type, since applications share helpers; it acts on CUSTOM_JOB and PUB only (DESIGN 5.2).
Status read_message_qos(JobDraft& draft, const std::string& path, const value* given) {
  const auto* text = given != nullptr ? given->if_string() : nullptr;
  if (text != nullptr && text->empty() && !qos_matters(draft.job.spec.type)) return {};
  ROLLCALL_TRY(const auto qos, read_qos(path, given));
  if (qos) draft.qos = *qos;
  return {};
}

// The range of a type and what takes effect are the model's: effective_timeout_minutes (DESIGN 5.3).
Status read_timeout(JobDraft& draft, const std::string& path, const value* given) {
  if (given == nullptr || given->is_null()) return {};
  const JobType type = draft.job.spec.type;
  const auto* minutes = given->if_int64();
  if (minutes == nullptr || !effective_timeout_minutes(type, *minutes)) {
    const bool capped = type == JobType::InvokeService || type == JobType::SetProperty;
    return refuse(
        path,
        capped ? "a whole number from 1 to 5 (6 to 3600 is taken as 5)" : "a whole number from 1 to 3600",
        *given);
  }
  draft.timeout_minutes = *minutes;
  return {};
}

Status check_file_applies(const JobDraft& draft, const std::string& path, const value* given) {
  if (draft.job.spec.type == JobType::CustomJob || given == nullptr || is_blank(*given)) return {};
  return refuse(path, "empty unless Type is CUSTOM_JOB", *given);
}

// No file can have been uploaded as long as this server has no uploads: every key is unknown.
Status read_file_key(JobDraft& draft, const std::string& path, const value* given) {
  ROLLCALL_TRY_STATUS(check_file_applies(draft, path, given));
  if (given == nullptr || is_blank(*given)) return {};
  const auto* key = given->if_string();
  if (key == nullptr) return refuse(path, "a string", *given);
  return fail(ErrorCode::FileNotUploaded, fmt::format("{} names a file that was not uploaded: {}.", path,
                                                      excerpt(std::string_view(*key))));
}

Status read_file_sign_method(JobDraft& draft, const std::string& path, const value* given) {
  ROLLCALL_TRY_STATUS(check_file_applies(draft, path, given));
  if (given == nullptr || is_blank(*given)) return {};
  const auto* method = given->if_string();
  if (method == nullptr || !(ascii_iequal(*method, "MD5") || ascii_iequal(*method, "SHA256")))
    return refuse(path, "MD5 or SHA256", *given);
  return refuse(path, "given together with fileKey", *given);
}

Status read_file_sign(JobDraft& draft, const std::string& path, const value* given) {
  ROLLCALL_TRY_STATUS(check_file_applies(draft, path, given));
  if (given == nullptr || is_blank(*given)) return {};
  if (!given->is_string()) return refuse(path, "a string", *given);
  return refuse(path, "given together with fileKey", *given);
}

// A JSON parameter is read by the rows of its keys below.
Status read_by_keys(JobDraft&, std::string_view) { return {}; }

constexpr JobParameterRule kParameters[] = {
    {"Type", true, 0, read_type},
    {"JobName", true, 0, read_name},
    {"JobDocument", true, limits::kJobDocumentCharactersMax, read_document},
    {"TargetConfig", true, 0, read_by_keys},
    {"Description", false, 0, read_description},
    {"ScheduledTime", false, 0, read_scheduled_time},
    {"OfflinePolicy", false, 0, read_offline_policy},
    {"LifetimeInHours", false, 0, read_lifetime},
    {"RolloutConfig", false, limits::kJobConfigCharactersMax, read_by_keys},
    {"TimeoutConfig", false, limits::kJobConfigCharactersMax, read_by_keys},
    {"JobFile", false, limits::kJobConfigCharactersMax, read_by_keys},
};

constexpr JobKeyRule kKeys[] = {
    {"TargetConfig", "targetType", read_target_type},
    {"TargetConfig", "targetDevices", read_target_devices},
    {"TargetConfig", "targetGroup", read_target_group},
    {"TargetConfig", "targetProduct", read_target_product},
    {"RolloutConfig", "maximumPerMinute", read_maximum_per_minute},
    {"RolloutConfig", "messageQoS", read_message_qos},
    {"TimeoutConfig", "inProgressTimeoutInMinutes", read_timeout},
    {"JobFile", "fileKey", read_file_key},
    {"JobFile", "signMethod", read_file_sign_method},
    {"JobFile", "sign", read_file_sign},
};

Status read_keys(JobDraft& draft, std::string_view name, std::string_view text) {
  std::vector<std::string_view> known;
  ROLLCALL_TRY(const ConfigObject config, ConfigObject::parse(std::string(name), text));
  for (const JobKeyRule& rule : kKeys) {
    if (rule.parameter != name) continue;
    known.push_back(rule.key);
    ROLLCALL_TRY_STATUS(rule.read(draft, config.path_of(rule.key), config.find(rule.key)));
  }
  config.report_unknown(known, draft.warnings);
  return {};
}

Status check_length(const JobParameterRule& rule, std::string_view text) {
  if (rule.characters_max == 0) return {};
  const auto characters = utf8_length(text);
  if (!characters)
    return fail(ErrorCode::InvalidFormattedParameter, fmt::format("{} is not valid UTF-8.", rule.name));
  if (*characters <= rule.characters_max) return {};
  return fail(ErrorCode::InvalidFormattedParameter,
              fmt::format("{} may be at most {} characters long, but has {}.", rule.name, rule.characters_max,
                          *characters));
}

// Defaults that depend on several parameters (DESIGN 5.3, 5.9, 5.11).
void settle(JobDraft& draft) {
  JobSpec& spec = draft.job.spec;
  JobSettings& settings = draft.job.settings;
  if (qos_matters(spec.type)) {
    const MessageQos usual = spec.type == JobType::CustomJob ? MessageQos::Qos1 : MessageQos::Qos0;
    settings.qos = draft.qos.value_or(usual);
  }
  const bool waits =
      spec.type == JobType::CustomJob || (spec.type == JobType::Pub && settings.qos == MessageQos::Qos1);
  spec.offline_policy = draft.offline_policy.value_or(waits ? OfflinePolicy::Wait : OfflinePolicy::Fail);
  settings.in_progress_timeout_minutes =
      effective_timeout_minutes(spec.type, draft.timeout_minutes).value_or(0);
}

}  // namespace

std::span<const JobParameterRule> job_parameter_rules() noexcept { return kParameters; }
std::span<const JobKeyRule> job_key_rules() noexcept { return kKeys; }

Result<engine::CreateJob> read_create_job(const ParameterSource& source, const ApiLimits& limits, WallMs now,
                                          Warnings& warnings) {
  JobDraft draft{{}, {}, {}, {}, limits, now, warnings};
  draft.job.spec.lifetime_ms = limits.job_lifetime_ms;
  for (const JobParameterRule& rule : kParameters)
    if (rule.required && source(rule.name).value_or("").empty()) return fail(missing(rule.name));
  for (const JobParameterRule& rule : kParameters) {
    const std::string_view text = source(rule.name).value_or("");
    if (text.empty()) continue;
    ROLLCALL_TRY_STATUS(check_length(rule, text));
    ROLLCALL_TRY_STATUS(rule.read(draft, text));
    if (rule.read == read_by_keys) ROLLCALL_TRY_STATUS(read_keys(draft, rule.name, text));
  }
  settle(draft);
  return std::move(draft.job);
}

}  // namespace rollcall::api
