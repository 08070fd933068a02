#include "api/job_settings.hpp"

#include <fmt/format.h>

#include "api/config_object.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

using boost::json::value;

// The value of a JSON parameter; absent and empty are an empty object.
Result<ConfigObject> read_config(const ParameterSource& source, std::string_view name) {
  const std::string_view text = source(name).value_or("");
  if (text.empty()) return ConfigObject::parse(std::string(name), "{}");
  const auto characters = utf8_length(text);
  if (!characters)
    return fail(ErrorCode::InvalidFormattedParameter, fmt::format("{} is not valid UTF-8.", name));
  if (*characters > limits::kJobConfigCharactersMax)
    return fail(ErrorCode::InvalidFormattedParameter,
                fmt::format("{} may be at most {} characters long, but has {}.", name,
                            limits::kJobConfigCharactersMax, *characters));
  return ConfigObject::parse(std::string(name), text);
}

// The type of the job, which the engine knows, says what takes effect of it (DESIGN 5.3).
Result<std::optional<int64_t>> read_minutes(const std::string& path, const value* given) {
  if (given == nullptr || given->is_null()) return std::optional<int64_t>();
  const auto* minutes = given->if_int64();
  if (minutes == nullptr || !effective_timeout_minutes(JobType::CustomJob, *minutes))
    return refuse(path, "a whole number from 1 to 3600", *given);
  return std::optional<int64_t>(*minutes);
}

}  // namespace

Result<std::optional<int64_t>> read_rate(const std::string& path, const value* given,
                                         const ApiLimits& limits) {
  if (given == nullptr || given->is_null()) return std::optional<int64_t>();
  const auto* rate = given->if_int64();
  if (rate == nullptr || *rate < limits::kRolloutPerMinuteMin || *rate > limits.rollout_per_minute_max) {
    return refuse(path,
                  fmt::format("a whole number from {} to {}", limits::kRolloutPerMinuteMin,
                              limits.rollout_per_minute_max),
                  *given);
  }
  return std::optional<int64_t>(*rate);
}

Result<std::optional<MessageQos>> read_qos(const std::string& path, const value* given) {
  if (given == nullptr || given->is_null()) return std::optional<MessageQos>();
  const auto* text = given->if_string();
  if (text != nullptr && ascii_iequal(*text, "QoS0")) return std::optional(MessageQos::Qos0);
  if (text != nullptr && ascii_iequal(*text, "QoS1")) return std::optional(MessageQos::Qos1);
  return refuse(path, "QoS0 or QoS1", *given);
}

Result<engine::UpdateJob> read_update_job(const ParameterSource& source, const ApiLimits& limits,
                                          Warnings& warnings) {
  static constexpr std::string_view kRolloutKeys[] = {"maximumPerMinute", "messageQoS"};
  static constexpr std::string_view kTimeoutKeys[] = {"inProgressTimeoutInMinutes"};
  engine::UpdateJob update;
  const std::string_view description = source("Description").value_or("");
  if (!description.empty()) {
    ROLLCALL_TRY_STATUS(named("Description", check_description(description)));
    update.description = std::string(description);
  }
  ROLLCALL_TRY(const ConfigObject rollout, read_config(source, "RolloutConfig"));
  rollout.report_unknown(kRolloutKeys, warnings);
  ROLLCALL_TRY(update.maximum_per_minute,
               read_rate(rollout.path_of(kRolloutKeys[0]), rollout.find(kRolloutKeys[0]), limits));
  const value* qos = rollout.find(kRolloutKeys[1]);
  // Empty says nothing, as in CreateJob for the types that have no use for it.
  if (qos != nullptr && !is_blank(*qos)) {
    ROLLCALL_TRY(update.qos, read_qos(rollout.path_of(kRolloutKeys[1]), qos));
  }
  ROLLCALL_TRY(const ConfigObject timeout, read_config(source, "TimeoutConfig"));
  timeout.report_unknown(kTimeoutKeys, warnings);
  ROLLCALL_TRY(update.timeout_minutes,
               read_minutes(timeout.path_of(kTimeoutKeys[0]), timeout.find(kTimeoutKeys[0])));
  return update;
}

}  // namespace rollcall::api
