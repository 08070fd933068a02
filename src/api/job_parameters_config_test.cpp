// The rules of TargetConfig, RolloutConfig, TimeoutConfig and JobFile, each just outside.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "api/job_parameters_support.hpp"

namespace rollcall::api {
namespace {

TEST(CreateJobParameters, RefusesTargetsThatBreakARule) {
  const auto target = [](std::string text) { return good("CUSTOM_JOB", "TargetConfig", std::move(text)); };
  const auto devices = [&](const std::string& list) {
    return target(R"({"targetType":"DEVICE_LIST","targetDevices":)" + list + "}");
  };
  expect_refused({
      {"no JSON", target("PRODUCT_KEY"), kBadFormat, "TargetConfig"},
      {"an array", target("[]"), kBadFormat, "TargetConfig"},
      {"a text", target("\"x\""), kBadFormat, "TargetConfig"},
      {"null", target("null"), kBadFormat, "targetType"},
      {"something behind it", target(R"({"targetType":"PRODUCT_KEY","targetProduct":"a"} x)"), kBadFormat,
       ""},
      {"no type", target(R"({"targetProduct":"a"})"), kBadFormat, "targetType"},
      {"type null", target(R"({"targetType":null})"), kBadFormat, "targetType"},
      {"type a number", target(R"({"targetType":1})"), kBadFormat, "targetType"},
      {"type unknown", target(R"({"targetType":"ALL"})"), kBadFormat, "ALL"},
      {"key twice", target(R"({"targetType":"PRODUCT_KEY","targetType":"GROUP_ID"})"), kBadFormat, ""},
      {"key twice in two cases",
       target(R"({"targetType":"PRODUCT_KEY","TargetType":"PRODUCT_KEY","targetProduct":"a"})"), kBadFormat,
       "twice"},
      {"product absent", target(R"({"targetType":"PRODUCT_KEY"})"), kBadFormat, "targetProduct"},
      {"product empty", target(R"({"targetType":"PRODUCT_KEY","targetProduct":""})"), kBadFormat,
       "targetProduct"},
      {"product a number", target(R"({"targetType":"PRODUCT_KEY","targetProduct":5})"), kBadFormat, "5"},
      {"group null", target(R"({"targetType":"GROUP_ID","targetGroup":null})"), kBadFormat, "targetGroup"},
      {"group that does not apply",
       target(R"({"targetType":"PRODUCT_KEY","targetProduct":"a","targetGroup":"g"})"), kBadFormat,
       "GROUP_ID"},
      {"devices that do not apply",
       target(R"({"targetType":"PRODUCT_KEY","targetProduct":"a","targetDevices":[{"iotId":"x"}]})"),
       kBadFormat, "DEVICE_LIST"},
      {"no devices", target(R"({"targetType":"DEVICE_LIST"})"), ErrorCode::NoTarget, "targetDevices"},
      {"devices null", devices("null"), ErrorCode::NoTarget, "targetDevices"},
      {"devices empty", devices("[]"), ErrorCode::NoTarget, "targetDevices"},
      {"devices a text", devices("\"a\""), kBadFormat, "targetDevices"},
      {"201 devices", target(device_list(201)), ErrorCode::TooManyTargets, "200"},
      {"device a text", devices(R"(["dev"])"), kBadFormat, "targetDevices[0]"},
      {"device null", devices("[null]"), kBadFormat, "targetDevices[0]"},
      {"device empty", devices("[{}]"), kBadFormat, "targetDevices[0]"},
      {"name without key", devices(R"([{"iotId":"a"},{"deviceName":"b"}])"), kBadFormat, "targetDevices[1]"},
      {"key without name", devices(R"([{"productKey":"b","deviceName":""}])"), kBadFormat, "together"},
      {"name a number", devices(R"([{"productKey":"b","deviceName":7}])"), kBadFormat, "deviceName"},
      {"device key twice", devices(R"([{"iotId":"a","IotId":"b"}])"), kBadFormat, "twice"},
  });
}

TEST(CreateJobParameters, RefusesRolloutAndTimeoutJustOutsideTheirRules) {
  const auto rollout = [](std::string text) { return good("CUSTOM_JOB", "RolloutConfig", std::move(text)); };
  const auto timeout = [](std::string type, std::string minutes) {
    return good(std::move(type), "TimeoutConfig", R"({"inProgressTimeoutInMinutes":)" + minutes + "}");
  };
  const char* rate = "RolloutConfig.maximumPerMinute";
  const char* minutes = "TimeoutConfig.inProgressTimeoutInMinutes";
  std::vector<Bad> rows = {
      {"rate 49", rollout(R"({"maximumPerMinute":49})"), kBadFormat, rate},
      {"rate 1001", rollout(R"({"maximumPerMinute":1001})"), kBadFormat, "1001"},
      {"rate a text", rollout(R"({"maximumPerMinute":"100"})"), kBadFormat, rate},
      {"rate a fraction", rollout(R"({"maximumPerMinute":100.5})"), kBadFormat, rate},
      {"rate true", rollout(R"({"maximumPerMinute":true})"), kBadFormat, rate},
      {"rate beyond 64 bits", rollout(R"({"maximumPerMinute":18446744073709551615})"), kBadFormat, rate},
      {"rate twice", rollout(R"({"maximumPerMinute":100,"MaximumPerMinute":100})"), kBadFormat, "twice"},
      {"QoS 2", rollout(R"({"messageQoS":"QoS2"})"), kBadFormat, "messageQoS"},
      {"QoS a number", rollout(R"({"messageQoS":1})"), kBadFormat, "messageQoS"},
      {"QoS empty where it matters", rollout(R"({"messageQoS":""})"), kBadFormat, "messageQoS"},
      {"rollout no object", rollout("1000"), kBadFormat, "RolloutConfig"},
      {"rollout no JSON", rollout("{maximumPerMinute:100}"), kBadFormat, "RolloutConfig"},
      {"rollout of 8193 characters", rollout("{" + repeat(" ", 8191) + "}"), kBadFormat, "8192"},
      {"time-out of 8193 characters", good("CUSTOM_JOB", "TimeoutConfig", repeat(" ", 8191) + "{}"),
       kBadFormat, "8192"},
  };
  for (const char* type : {"INVOKE_SERVICE", "SET_PROPERTY", "CUSTOM_JOB", "PUB"})
    for (const char* bad : {"0", "-1", "1.5", "3601", "\"5\"", "true", "[5]", "1e400"})
      rows.push_back({bad, timeout(type, bad), kBadFormat, "TimeoutConfig"});
  rows.push_back({"names the key", timeout("CUSTOM_JOB", "0"), kBadFormat, minutes});
  expect_refused(rows);
}

TEST(CreateJobParameters, RefusesJobFiles) {
  const auto file = [](std::string type, std::string text) {
    return good(std::move(type), "JobFile", std::move(text));
  };
  expect_refused({
      {"nothing was uploaded",
       file("CUSTOM_JOB", R"({"fileKey":"a/b.bin","signMethod":"Sha256","sign":"x"})"),
       ErrorCode::FileNotUploaded, "a/b.bin"},
      {"another type", file("PUB", R"({"fileKey":"a/b.bin"})"), kBadFormat, "CUSTOM_JOB"},
      {"another type, sign only", file("SET_PROPERTY", R"({"sign":"x"})"), kBadFormat, "CUSTOM_JOB"},
      {"no key", file("CUSTOM_JOB", R"({"signMethod":"MD5"})"), kBadFormat, "fileKey"},
      {"sign without key", file("CUSTOM_JOB", R"({"sign":"00"})"), kBadFormat, "fileKey"},
      {"method unknown", file("CUSTOM_JOB", R"({"signMethod":"CRC32"})"), kBadFormat, "MD5 or SHA256"},
      {"key a number", file("CUSTOM_JOB", R"({"fileKey":5})"), kBadFormat, "fileKey"},
      {"no JSON", file("CUSTOM_JOB", "a/b.bin"), kBadFormat, "JobFile"},
  });
}

}  // namespace
}  // namespace rollcall::api
