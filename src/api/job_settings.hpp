// The settings of a job that UpdateJob may change, read by the rules that CreateJob has for them (cloud-api
// A.1, A.2; DESIGN 5.2, 5.16). Used by job_parameters and actions/job. Thread: any; pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "api/job_parameters.hpp"

namespace rollcall::api {

// Absent and null are nullopt. Error: InvalidFormattedParameter, naming the path, the rule and the value.
Result<std::optional<int64_t>> read_rate(const std::string& path, const boost::json::value* given,
                                         const ApiLimits& limits);
Result<std::optional<MessageQos>> read_qos(const std::string& path, const boost::json::value* given);

// The parameters of UpdateJob but its JobId; what is absent or empty is kept. Errors as above; unknown keys
// go to `warnings`.
Result<engine::UpdateJob> read_update_job(const ParameterSource& source, const ApiLimits& limits,
                                          Warnings& warnings);

}  // namespace rollcall::api
