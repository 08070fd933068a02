// What CreateJob takes: every rule of its parameters in one table (cloud-api A.1, the vendor's CreateJob
// page, DESIGN 5.1 to 5.9 and 5.15). What needs the fleet (unknown devices, groups, thing models) is decided
// by the engine. Used by actions/job.cpp. Thread: any; pure.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/api_config.hpp"
#include "api/config_object.hpp"
#include "api/warnings.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/commands.hpp"

namespace rollcall::api {

// The request while it is read; what depends on several parameters is settled at the end.
struct JobDraft {
  engine::CreateJob job;
  std::optional<MessageQos> qos;
  std::optional<OfflinePolicy> offline_policy;
  std::optional<int64_t> timeout_minutes;
  const ApiLimits& limits;
  WallMs now;
  Warnings& warnings;
};

// One parameter. Rows are read in order; `read` sees a text that is neither absent nor empty.
struct JobParameterRule {
  std::string_view name;
  bool required;
  size_t characters_max;  // code points; 0 = bounded by its own rule or by the request
  Status (*read)(JobDraft& draft, std::string_view text);
};
std::span<const JobParameterRule> job_parameter_rules() noexcept;

// One key of a JSON parameter. Read in order, after the plain parameters; `value` is nullptr when the key is
// absent.
struct JobKeyRule {
  std::string_view parameter;
  std::string_view key;
  Status (*read)(JobDraft& draft, const std::string& path, const boost::json::value* value);
};
std::span<const JobKeyRule> job_key_rules() noexcept;

// The value of a parameter of the request, or nullopt.
using ParameterSource = std::function<std::optional<std::string_view>(std::string_view name)>;

// The whole request as the engine's command. Errors: Missing, InvalidFormattedParameter,
// InvalidFormattedJobName, NoTarget, TooManyTargets, FileNotUploaded; the message names the parameter, the
// rule and the value. Unknown keys go to `warnings`.
Result<engine::CreateJob> read_create_job(const ParameterSource& source, const ApiLimits& limits, WallMs now,
                                          Warnings& warnings);

}  // namespace rollcall::api
