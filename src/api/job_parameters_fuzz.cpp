// Arbitrary CreateJob requests: whatever gets in obeys the documented ranges (cloud-api A.1, DESIGN 5.2 to
// 5.15), and is what was asked for; whatever does not is refused with a message that can be shown.
//
// Input: lines "Name=value"; a name of one letter stands for the parameter of that letter in kNames, and what
// is not given is right.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "api/job_parameters.hpp"
#include "base/fuzz_input.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::api;
using fuzz::demand;

constexpr WallMs kNow{1'700'000'000'000};
using Values = std::map<std::string, std::string, std::less<>>;

Values right_values(uint8_t choice) {
  static constexpr std::pair<const char*, const char*> kTypes[] = {
      {"INVOKE_SERVICE", R"({"serviceIdentifier":"reboot","params":{"delay":5}})"},
      {"SET_PROPERTY", R"({"params":{"brightness":80}})"},
      {"PUB", R"({"topicShortName":"get","messageContent":"eyJ9"})"},
      {"CUSTOM_JOB", R"({"key":"value"})"}};
  const auto& [type, document] = kTypes[choice % 4];
  return {{"JobName", "oneJob"},
          {"Type", type},
          {"JobDocument", document},
          {"TargetConfig", R"({"targetType":"PRODUCT_KEY","targetProduct":"a1jXYZL3d"})"}};
}

std::string name_of(std::string_view given) {
  static constexpr std::pair<char, const char*> kNames[] = {
      {'t', "Type"},          {'n', "JobName"},       {'j', "JobDocument"},   {'c', "TargetConfig"},
      {'d', "Description"},   {'s', "ScheduledTime"}, {'o', "OfflinePolicy"}, {'l', "LifetimeInHours"},
      {'r', "RolloutConfig"}, {'i', "TimeoutConfig"}, {'f', "JobFile"}};
  if (given.size() == 1)
    for (const auto& [letter, name] : kNames)
      if (given[0] == letter) return name;
  return std::string(given);
}

void check_targets(const engine::CreateJob& job) {
  const JobSpec& spec = job.spec;
  demand((spec.target_type == TargetType::DeviceList) == !job.targets.empty());
  demand(job.targets.size() <= limits::kTargetDevicesMax);
  demand((spec.target_type == TargetType::Group) == !spec.target_group_code.empty());
  demand((spec.target_type == TargetType::Product) == !spec.target_product_key.empty());
  for (const engine::DeviceRef& device : job.targets) {
    demand(device.product_key.empty() == device.device_name.empty());
    demand(!device.iot_id.empty() || !device.product_key.empty());
  }
}

void check_job(const engine::CreateJob& job, const Values& values, const ApiLimits& api_limits) {
  const JobSpec& spec = job.spec;
  const JobSettings& settings = job.settings;
  const JobType type = spec.type;
  demand(job_type_text(type) == values.at("Type") && spec.name == values.at("JobName"));
  demand(spec.document == values.at("JobDocument"));
  const auto name_length = utf8_length(spec.name);  // a Chinese character counts one here (cloud-api A.1)
  demand(name_length && *name_length >= 4 && *name_length <= 30);
  demand(is_cjk_letters_digits(spec.name, "_"));
  demand(utf8_length(spec.document).value_or(SIZE_MAX) <= limits::kJobDocumentCharactersMax);
  demand(utf8_length(settings.description).value_or(SIZE_MAX) <= limits::kDescriptionCharactersMax);
  check_targets(job);
  demand(settings.maximum_per_minute >= limits::kRolloutPerMinuteMin);
  demand(settings.maximum_per_minute <= api_limits.rollout_per_minute_max);
  if (!settings.maximum_per_minute_given)
    demand(settings.maximum_per_minute == limits::kRolloutPerMinuteDefault);
  const int64_t minutes = settings.in_progress_timeout_minutes;
  switch (type) {
    case JobType::InvokeService:
    case JobType::SetProperty:
      demand(minutes >= 1 && minutes <= 5);
      break;
    case JobType::CustomJob:
      demand(minutes >= 1 && minutes <= 3600);
      break;
    case JobType::Pub:
      demand(minutes == 0);
      break;
  }
  if (spec.scheduled_at) {
    const int64_t ahead_ms = *spec.scheduled_at - kNow;
    demand(ahead_ms >= api_limits.schedule_min_delay_seconds * 1000 &&
           ahead_ms <= limits::kScheduleMaxDelayMs);
  }
  demand(spec.scheduled_at.has_value() ==
         (values.count("ScheduledTime") != 0 && !values.at("ScheduledTime").empty()));
  demand(spec.lifetime_ms >= 0 && spec.lifetime_ms % 3'600'000 == 0 &&
         spec.lifetime_ms <= 366LL * 24 * 3'600'000);
  if (type == JobType::InvokeService || type == JobType::SetProperty)
    demand(settings.qos == MessageQos::Qos0);
  // Nothing can have been uploaded: whatever names a file is not taken.
  if (const auto file = values.find("JobFile"); file != values.end() && !file->second.empty()) {
    const auto read = parse_json(file->second);
    demand(read && (read->is_object() || read->is_null()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  Values values = right_values(choice);
  input.line();
  while (!input.empty()) {
    const std::string_view line = input.line();
    const size_t end = std::min(line.find('='), line.size());
    values[name_of(line.substr(0, end))] = std::string(line.substr(std::min(end + 1, line.size())));
  }
  ApiLimits api_limits;
  if ((choice & 4) != 0) api_limits.rollout_per_minute_max = 60'000;
  if ((choice & 8) != 0) api_limits.schedule_min_delay_seconds = 0;
  if ((choice & 16) != 0) api_limits.job_lifetime_ms = 0;
  Warnings warnings;
  const auto source = [&values](std::string_view name) -> std::optional<std::string_view> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
  const auto job = read_create_job(source, api_limits, kNow, warnings);
  for (const char c : warnings.header_text()) demand(c >= ' ' && c <= '~');
  if (!job) {
    demand(utf8_length(public_message(job.error())).has_value());
    return 0;
  }
  check_job(*job, values, api_limits);
  return 0;
}
