// Right and wrong CreateJob requests, for the tests of job_parameters. Thread: any; pure.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/job_parameters.hpp"

namespace rollcall::api {

using Values = std::map<std::string, std::string, std::less<>>;

inline constexpr WallMs kNow{1'700'000'000'000};
inline constexpr int64_t kMinuteMs = 60'000;
inline constexpr int64_t kDayMs = 24 * 60 * kMinuteMs;

// Parameters of a job of this type that is right in everything.
inline Values good(std::string type) {
  Values values{{"JobName", "oneJob"},
                {"Type", type},
                {"TargetConfig", R"({"targetType":"PRODUCT_KEY","targetProduct":"a1jXYZL3d"})"}};
  if (type == "INVOKE_SERVICE") {
    values["JobDocument"] = R"({"serviceIdentifier":"reboot","params":{"delay":5}})";
  } else if (type == "SET_PROPERTY") {
    values["JobDocument"] = R"({"params":{"brightness":80}})";
  } else if (type == "PUB") {
    values["JobDocument"] = R"({"topicShortName":"get","messageContent":"eyJ9"})";
  } else {
    values["JobDocument"] = R"({"key":"value"})";
  }
  return values;
}

inline Values good(std::string type, std::string name, std::string value) {
  Values values = good(std::move(type));
  values[std::move(name)] = std::move(value);
  return values;
}

inline Result<engine::CreateJob> read(const Values& values, Warnings& warnings,
                                      const ApiLimits& limits = {}) {
  const auto source = [&values](std::string_view name) -> std::optional<std::string_view> {
    const auto it = values.find(name);
    if (it == values.end()) return std::nullopt;
    return it->second;
  };
  return read_create_job(source, limits, kNow, warnings);
}

inline Result<engine::CreateJob> read(const Values& values, const ApiLimits& limits = {}) {
  Warnings warnings;
  return read(values, warnings, limits);
}

inline std::string repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

// A TargetConfig of n devices of one product.
inline std::string device_list(size_t n) {
  std::string text = R"({"targetType":"DEVICE_LIST","targetDevices":[)";
  for (size_t i = 0; i < n; ++i) {
    if (i > 0) text += ',';
    text += R"({"productKey":"p1","deviceName":"dev-)" + std::to_string(i) + "\"}";
  }
  return text + "]}";
}

inline std::string at(int64_t ms_from_now) { return std::to_string(kNow.value + ms_from_now); }

struct Bad {
  const char* why;
  Values values;
  ErrorCode code;
  const char* names;  // what the message must hold
};

inline void expect_refused(const std::vector<Bad>& rows) {
  for (const Bad& row : rows) {
    const auto job = read(row.values);
    ASSERT_FALSE(job) << row.why;
    EXPECT_EQ(job.error().code, row.code) << row.why << ": " << job.error().message;
    EXPECT_NE(public_message(job.error()).find(row.names), std::string::npos)
        << row.why << ": " << public_message(job.error());
  }
}

inline constexpr ErrorCode kBadFormat = ErrorCode::InvalidFormattedParameter;
inline constexpr ErrorCode kBadName = ErrorCode::InvalidFormattedJobName;

}  // namespace rollcall::api
