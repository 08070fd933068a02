#include "api/job_parameters.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::api {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

constexpr WallMs kNow{1'700'000'000'000};
constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kDayMs = 24 * 60 * kMinuteMs;

// Parameters of a job of this type that is right in everything.
Values good(std::string type) {
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

Values good(std::string type, std::string name, std::string value) {
  Values values = good(std::move(type));
  values[std::move(name)] = std::move(value);
  return values;
}

Result<engine::CreateJob> read(const Values& values, Warnings& warnings, const ApiLimits& limits = {}) {
  const auto source = [&values](std::string_view name) -> std::optional<std::string_view> {
    const auto it = values.find(name);
    if (it == values.end()) return std::nullopt;
    return it->second;
  };
  return read_create_job(source, limits, kNow, warnings);
}

Result<engine::CreateJob> read(const Values& values, const ApiLimits& limits = {}) {
  Warnings warnings;
  return read(values, warnings, limits);
}

std::string repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

// A TargetConfig of n devices of one product.
std::string device_list(size_t n) {
  std::string text = R"({"targetType":"DEVICE_LIST","targetDevices":[)";
  for (size_t i = 0; i < n; ++i) {
    if (i > 0) text += ',';
    text += R"({"productKey":"p1","deviceName":"dev-)" + std::to_string(i) + "\"}";
  }
  return text + "]}";
}

std::string at(int64_t ms_from_now) { return std::to_string(kNow.value + ms_from_now); }

// The sample request of the vendor's CreateJob page, with a real key in place of the masked one (DESIGN 5.3).
TEST(CreateJobParameters, TakesTheSampleRequestOfTheVendorsPage) {
  const Values values{
      {"JobDocument",
       R"({ "serviceIdentifier": "test_service", "params": { "key1": "value1", "key2": "value2" } })"},
      {"JobName", "oneJob"},
      {"TargetConfig", R"({"targetType":"PRODUCT_KEY","targetProduct":"a1jXYZ3L3d"})"},
      {"Type", "INVOKE_SERVICE"},
      {"RolloutConfig", R"({"maximumPerMinute": 1000})"},
      {"TimeoutConfig", R"({"inProgressTimeoutInMinutes": 60})"}};
  Warnings warnings;
  const auto job = read(values, warnings);
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(job->spec.name, "oneJob");
  EXPECT_EQ(job->spec.type, JobType::InvokeService);
  EXPECT_EQ(job->spec.document, values.at("JobDocument"));
  EXPECT_EQ(job->spec.target_type, TargetType::Product);
  EXPECT_EQ(job->spec.target_product_key, "a1jXYZ3L3d");
  EXPECT_EQ(job->spec.offline_policy, OfflinePolicy::Fail);
  EXPECT_FALSE(job->spec.scheduled_at);
  EXPECT_EQ(job->settings.maximum_per_minute, 1000);
  EXPECT_TRUE(job->settings.maximum_per_minute_given);
  EXPECT_EQ(job->settings.in_progress_timeout_minutes, 5);
}

TEST(CreateJobParameters, TakesTheThreeTargetSamplesOfTheVendorsPage) {
  const auto list = read(good(
      "CUSTOM_JOB", "TargetConfig",
      R"({ "TargetDevices": [ { "IotId":"OPx00101", "ProductKey":"a1An", "DeviceName":"devicenew" } ], "TargetType":"DEVICE_LIST" })"));
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->spec.target_type, TargetType::DeviceList);
  ASSERT_EQ(list->targets.size(), 1u);
  EXPECT_EQ(list->targets[0].iot_id, "OPx00101");
  EXPECT_EQ(list->targets[0].product_key, "a1An");
  EXPECT_EQ(list->targets[0].device_name, "devicenew");

  const auto group =
      read(good("CUSTOM_JOB", "TargetConfig", R"({ "targetGroup":"rY201", "targetType":"GROUP_ID" })"));
  ASSERT_TRUE(group) << group.error().message;
  EXPECT_EQ(group->spec.target_type, TargetType::Group);
  EXPECT_EQ(group->spec.target_group_code, "rY201");

  const auto product =
      read(good("CUSTOM_JOB", "TargetConfig", R"({ "targetType":"PRODUCT_KEY", "targetProduct":"a1j3d" })"));
  ASSERT_TRUE(product) << product.error().message;
  EXPECT_EQ(product->spec.target_type, TargetType::Product);
  EXPECT_EQ(product->spec.target_product_key, "a1j3d");
}

TEST(CreateJobParameters, NamesEachRequiredParameterThatIsAbsentOrEmpty) {
  for (const char* name : {"JobName", "Type", "JobDocument", "TargetConfig"}) {
    Values values = good("CUSTOM_JOB");
    values.erase(name);
    const auto absent = read(values);
    ASSERT_FALSE(absent) << name;
    EXPECT_EQ(api_code(absent.error()), std::string("Missing") + name);
    values[name] = "";
    const auto empty = read(values);
    ASSERT_FALSE(empty) << name;
    EXPECT_EQ(api_code(empty.error()), std::string("Missing") + name);
  }
}

struct Row {
  const char* why;
  Values values;
};

TEST(CreateJobParameters, TakesWhatIsJustInsideEachRule) {
  const std::vector<Row> rows = {
      {"name of 4 characters", good("CUSTOM_JOB", "JobName", "ab_1")},
      {"name of 30 characters", good("CUSTOM_JOB", "JobName", repeat("x", 30))},
      {"a Chinese character counts one", good("CUSTOM_JOB", "JobName", repeat("任", 30))},
      {"description of 100 code points", good("CUSTOM_JOB", "Description", repeat("述", 100))},
      {"an empty description", good("CUSTOM_JOB", "Description", "")},
      {"document of 65536 characters",
       good("CUSTOM_JOB", "JobDocument", R"({"k":")" + repeat("字", 65'536 - 8) + "\"}")},
      {"schedule in 10 minutes", good("CUSTOM_JOB", "ScheduledTime", at(10 * kMinuteMs))},
      {"schedule in 7 days", good("CUSTOM_JOB", "ScheduledTime", at(7 * kDayMs))},
      {"an empty schedule", good("CUSTOM_JOB", "ScheduledTime", "")},
      {"200 devices", good("CUSTOM_JOB", "TargetConfig", device_list(200))},
      {"a device by IotId alone",
       good(
           "CUSTOM_JOB", "TargetConfig",
           R"({"targetType":"DEVICE_LIST","targetDevices":[{"iotId":"x","productKey":null,"deviceName":""}]})")},
      {"keys and values in any case",
       good("CUSTOM_JOB", "TargetConfig", R"({"TARGETTYPE":"product_key","targetproduct":"a1"})")},
      {"keys that do not apply, empty",
       good("CUSTOM_JOB", "TargetConfig",
            R"({"targetType":"PRODUCT_KEY","targetProduct":"a1","targetGroup":"","targetDevices":[]})")},
      {"keys that do not apply, null",
       good("CUSTOM_JOB", "TargetConfig",
            R"({"targetType":"GROUP_ID","targetGroup":"g","targetProduct":null,"targetDevices":null})")},
      {"rate 50", good("CUSTOM_JOB", "RolloutConfig", R"({"maximumPerMinute":50})")},
      {"rate 1000", good("CUSTOM_JOB", "RolloutConfig", R"({"MaximumPerMinute":1000})")},
      {"rate null", good("CUSTOM_JOB", "RolloutConfig", R"({"maximumPerMinute":null})")},
      {"rollout empty object", good("CUSTOM_JOB", "RolloutConfig", "{}")},
      {"rollout null", good("CUSTOM_JOB", "RolloutConfig", "null")},
      {"rollout of 8192 characters", good("CUSTOM_JOB", "RolloutConfig", "{" + repeat(" ", 8190) + "}")},
      {"QoS without effect", good("SET_PROPERTY", "RolloutConfig", R"({"messageQoS":"QoS1"})")},
      {"empty QoS without effect", good("INVOKE_SERVICE", "RolloutConfig", R"({"messageQoS":""})")},
      {"time-out 1", good("SET_PROPERTY", "TimeoutConfig", R"({"inProgressTimeoutInMinutes":1})")},
      {"time-out 3600", good("CUSTOM_JOB", "TimeoutConfig", R"({"inProgressTimeoutInMinutes":3600})")},
      {"time-out of PUB", good("PUB", "TimeoutConfig", R"({"inProgressTimeoutInMinutes":60})")},
      {"time-out null", good("CUSTOM_JOB", "TimeoutConfig", R"({"inProgressTimeoutInMinutes":null})")},
      {"time-out empty", good("CUSTOM_JOB", "TimeoutConfig", "{}")},
      {"time-out of 8192 characters", good("CUSTOM_JOB", "TimeoutConfig", repeat(" ", 8190) + "{}")},
      {"file of empty texts", good("CUSTOM_JOB", "JobFile", R"({"fileKey":"","signMethod":"","sign":""})")},
      {"empty file on another type", good("PUB", "JobFile", R"({"fileKey":null,"sign":""})")},
      {"file null", good("SET_PROPERTY", "JobFile", "null")},
      {"file {}", good("INVOKE_SERVICE", "JobFile", "{}")},
      {"lifetime 1 hour", good("CUSTOM_JOB", "LifetimeInHours", "1")},
      {"lifetime for ever", good("CUSTOM_JOB", "LifetimeInHours", "0")},
      {"lifetime of a year", good("CUSTOM_JOB", "LifetimeInHours", "8784")},
      {"offline policy", good("SET_PROPERTY", "OfflinePolicy", "wait")},
  };
  for (const Row& row : rows) {
    const auto job = read(row.values);
    EXPECT_TRUE(job) << row.why << ": " << (job ? "" : public_message(job.error()));
  }
}

struct Bad {
  const char* why;
  Values values;
  ErrorCode code;
  const char* names;  // what the message must hold
};

void expect_refused(const std::vector<Bad>& rows) {
  for (const Bad& row : rows) {
    const auto job = read(row.values);
    ASSERT_FALSE(job) << row.why;
    EXPECT_EQ(job.error().code, row.code) << row.why << ": " << job.error().message;
    EXPECT_NE(public_message(job.error()).find(row.names), std::string::npos)
        << row.why << ": " << public_message(job.error());
  }
}

constexpr ErrorCode kFormat = ErrorCode::InvalidFormattedParameter;
constexpr ErrorCode kName = ErrorCode::InvalidFormattedJobName;

TEST(CreateJobParameters, RefusesPlainParametersJustOutsideTheirRules) {
  expect_refused({
      {"name of 3", good("CUSTOM_JOB", "JobName", "abc"), kName, ""},
      {"name of 31", good("CUSTOM_JOB", "JobName", repeat("x", 31)), kName, ""},
      {"name of 31 Chinese", good("CUSTOM_JOB", "JobName", repeat("任", 31)), kName, ""},
      {"name with a dash", good("CUSTOM_JOB", "JobName", "one-job"), kName, ""},
      {"name with a blank", good("CUSTOM_JOB", "JobName", "one job"), kName, ""},
      {"name that is no UTF-8", good("CUSTOM_JOB", "JobName", "abc\xff"), kName, ""},
      {"type in lower case", good("CUSTOM_JOB", "Type", "custom_job"), kFormat, "Type"},
      {"type unknown", good("CUSTOM_JOB", "Type", "OTA"), kFormat, "OTA"},
      {"description of 101", good("CUSTOM_JOB", "Description", repeat("d", 101)), kFormat, "Description"},
      {"schedule a second early", good("CUSTOM_JOB", "ScheduledTime", at(10 * kMinuteMs - 1)), kFormat,
       "ScheduledTime"},
      {"schedule a moment late", good("CUSTOM_JOB", "ScheduledTime", at(7 * kDayMs + 1)), kFormat, "7 days"},
      {"schedule in the past", good("CUSTOM_JOB", "ScheduledTime", at(-kDayMs)), kFormat, "ScheduledTime"},
      {"schedule 0", good("CUSTOM_JOB", "ScheduledTime", "0"), kFormat, "ScheduledTime"},
      {"schedule as a date", good("CUSTOM_JOB", "ScheduledTime", "2026-01-01"), kFormat, "2026-01-01"},
      {"schedule beyond 64 bits", good("CUSTOM_JOB", "ScheduledTime", "99999999999999999999"), kFormat, ""},
      {"schedule with a fraction", good("CUSTOM_JOB", "ScheduledTime", at(kDayMs) + ".5"), kFormat, ""},
      {"offline policy", good("CUSTOM_JOB", "OfflinePolicy", "MAYBE"), kFormat, "OfflinePolicy"},
      {"lifetime -1", good("CUSTOM_JOB", "LifetimeInHours", "-1"), kFormat, "LifetimeInHours"},
      {"lifetime 1.5", good("CUSTOM_JOB", "LifetimeInHours", "1.5"), kFormat, "1.5"},
      {"lifetime above a year", good("CUSTOM_JOB", "LifetimeInHours", "8785"), kFormat, "8785"},
  });
}

TEST(CreateJobParameters, RefusesDocumentsThatTheirTypeDoesNotTake) {
  expect_refused({
      {"document no JSON", good("CUSTOM_JOB", "JobDocument", "hello"), kFormat, "JobDocument"},
      {"document cut off", good("CUSTOM_JOB", "JobDocument", R"({"a":1)"), kFormat, "JobDocument"},
      {"document an array", good("CUSTOM_JOB", "JobDocument", "[1]"), kFormat, "JobDocument"},
      {"document with a key twice", good("CUSTOM_JOB", "JobDocument", R"({"a":1,"a":2})"), kFormat, ""},
      {"document too deep",
       good("CUSTOM_JOB", "JobDocument", repeat("{\"a\":", 500) + "1" + repeat("}", 500)), kFormat, ""},
      {"document of 65537 characters",
       good("CUSTOM_JOB", "JobDocument", R"({"k":")" + repeat("字", 65'536 - 7) + "\"}"), kFormat, "65536"},
      {"service without identifier", good("INVOKE_SERVICE", "JobDocument", R"({"params":{}})"), kFormat,
       "serviceIdentifier"},
      {"property without params", good("SET_PROPERTY", "JobDocument", R"({"a":1})"), kFormat, "params"},
      {"message that is no Base64",
       good("PUB", "JobDocument", R"({"topicShortName":"get","messageContent":"!"})"), kFormat,
       "messageContent"},
  });
}

TEST(CreateJobParameters, RefusesTargetsThatBreakARule) {
  const auto target = [](std::string text) { return good("CUSTOM_JOB", "TargetConfig", std::move(text)); };
  const auto devices = [&](const std::string& list) {
    return target(R"({"targetType":"DEVICE_LIST","targetDevices":)" + list + "}");
  };
  expect_refused({
      {"no JSON", target("PRODUCT_KEY"), kFormat, "TargetConfig"},
      {"an array", target("[]"), kFormat, "TargetConfig"},
      {"a text", target("\"x\""), kFormat, "TargetConfig"},
      {"null", target("null"), kFormat, "targetType"},
      {"something behind it", target(R"({"targetType":"PRODUCT_KEY","targetProduct":"a"} x)"), kFormat, ""},
      {"no type", target(R"({"targetProduct":"a"})"), kFormat, "targetType"},
      {"type null", target(R"({"targetType":null})"), kFormat, "targetType"},
      {"type a number", target(R"({"targetType":1})"), kFormat, "targetType"},
      {"type unknown", target(R"({"targetType":"ALL"})"), kFormat, "ALL"},
      {"key twice", target(R"({"targetType":"PRODUCT_KEY","targetType":"GROUP_ID"})"), kFormat, ""},
      {"key twice in two cases",
       target(R"({"targetType":"PRODUCT_KEY","TargetType":"PRODUCT_KEY","targetProduct":"a"})"), kFormat,
       "twice"},
      {"product absent", target(R"({"targetType":"PRODUCT_KEY"})"), kFormat, "targetProduct"},
      {"product empty", target(R"({"targetType":"PRODUCT_KEY","targetProduct":""})"), kFormat,
       "targetProduct"},
      {"product a number", target(R"({"targetType":"PRODUCT_KEY","targetProduct":5})"), kFormat, "5"},
      {"group null", target(R"({"targetType":"GROUP_ID","targetGroup":null})"), kFormat, "targetGroup"},
      {"group that does not apply",
       target(R"({"targetType":"PRODUCT_KEY","targetProduct":"a","targetGroup":"g"})"), kFormat, "GROUP_ID"},
      {"devices that do not apply",
       target(R"({"targetType":"PRODUCT_KEY","targetProduct":"a","targetDevices":[{"iotId":"x"}]})"), kFormat,
       "DEVICE_LIST"},
      {"no devices", target(R"({"targetType":"DEVICE_LIST"})"), ErrorCode::NoTarget, "targetDevices"},
      {"devices null", devices("null"), ErrorCode::NoTarget, "targetDevices"},
      {"devices empty", devices("[]"), ErrorCode::NoTarget, "targetDevices"},
      {"devices a text", devices("\"a\""), kFormat, "targetDevices"},
      {"201 devices", target(device_list(201)), ErrorCode::TooManyTargets, "200"},
      {"device a text", devices(R"(["dev"])"), kFormat, "targetDevices[0]"},
      {"device null", devices("[null]"), kFormat, "targetDevices[0]"},
      {"device empty", devices("[{}]"), kFormat, "targetDevices[0]"},
      {"name without key", devices(R"([{"iotId":"a"},{"deviceName":"b"}])"), kFormat, "targetDevices[1]"},
      {"key without name", devices(R"([{"productKey":"b","deviceName":""}])"), kFormat, "together"},
      {"name a number", devices(R"([{"productKey":"b","deviceName":7}])"), kFormat, "deviceName"},
      {"device key twice", devices(R"([{"iotId":"a","IotId":"b"}])"), kFormat, "twice"},
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
      {"rate 49", rollout(R"({"maximumPerMinute":49})"), kFormat, rate},
      {"rate 1001", rollout(R"({"maximumPerMinute":1001})"), kFormat, "1001"},
      {"rate a text", rollout(R"({"maximumPerMinute":"100"})"), kFormat, rate},
      {"rate a fraction", rollout(R"({"maximumPerMinute":100.5})"), kFormat, rate},
      {"rate true", rollout(R"({"maximumPerMinute":true})"), kFormat, rate},
      {"rate beyond 64 bits", rollout(R"({"maximumPerMinute":18446744073709551615})"), kFormat, rate},
      {"rate twice", rollout(R"({"maximumPerMinute":100,"MaximumPerMinute":100})"), kFormat, "twice"},
      {"QoS 2", rollout(R"({"messageQoS":"QoS2"})"), kFormat, "messageQoS"},
      {"QoS a number", rollout(R"({"messageQoS":1})"), kFormat, "messageQoS"},
      {"QoS empty where it matters", rollout(R"({"messageQoS":""})"), kFormat, "messageQoS"},
      {"rollout no object", rollout("1000"), kFormat, "RolloutConfig"},
      {"rollout no JSON", rollout("{maximumPerMinute:100}"), kFormat, "RolloutConfig"},
      {"rollout of 8193 characters", rollout("{" + repeat(" ", 8191) + "}"), kFormat, "8192"},
      {"time-out of 8193 characters", good("CUSTOM_JOB", "TimeoutConfig", repeat(" ", 8191) + "{}"), kFormat,
       "8192"},
  };
  for (const char* type : {"INVOKE_SERVICE", "SET_PROPERTY", "CUSTOM_JOB", "PUB"})
    for (const char* bad : {"0", "-1", "1.5", "3601", "\"5\"", "true", "[5]", "1e400"})
      rows.push_back({bad, timeout(type, bad), kFormat, "TimeoutConfig"});
  rows.push_back({"names the key", timeout("CUSTOM_JOB", "0"), kFormat, minutes});
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
      {"another type", file("PUB", R"({"fileKey":"a/b.bin"})"), kFormat, "CUSTOM_JOB"},
      {"another type, sign only", file("SET_PROPERTY", R"({"sign":"x"})"), kFormat, "CUSTOM_JOB"},
      {"no key", file("CUSTOM_JOB", R"({"signMethod":"MD5"})"), kFormat, "fileKey"},
      {"sign without key", file("CUSTOM_JOB", R"({"sign":"00"})"), kFormat, "fileKey"},
      {"method unknown", file("CUSTOM_JOB", R"({"signMethod":"CRC32"})"), kFormat, "MD5 or SHA256"},
      {"key a number", file("CUSTOM_JOB", R"({"fileKey":5})"), kFormat, "fileKey"},
      {"no JSON", file("CUSTOM_JOB", "a/b.bin"), kFormat, "JobFile"},
  });
}

TEST(CreateJobParameters, GiveEachTypeItsDefaults) {
  struct Default {
    const char* type;
    int64_t minutes;
    MessageQos qos;
    OfflinePolicy offline;
  };
  const Default rows[] = {{"INVOKE_SERVICE", 1, MessageQos::Qos0, OfflinePolicy::Fail},
                          {"SET_PROPERTY", 1, MessageQos::Qos0, OfflinePolicy::Fail},
                          {"CUSTOM_JOB", 60, MessageQos::Qos1, OfflinePolicy::Wait},
                          {"PUB", 0, MessageQos::Qos0, OfflinePolicy::Fail}};
  for (const Default& row : rows) {
    const auto job = read(good(row.type));
    ASSERT_TRUE(job) << row.type << ": " << job.error().message;
    EXPECT_EQ(job->settings.in_progress_timeout_minutes, row.minutes) << row.type;
    EXPECT_EQ(job->settings.qos, row.qos) << row.type;
    EXPECT_EQ(job->spec.offline_policy, row.offline) << row.type;
    EXPECT_EQ(job->settings.maximum_per_minute, 1000) << row.type;
    EXPECT_FALSE(job->settings.maximum_per_minute_given) << row.type;
    EXPECT_EQ(job->spec.lifetime_ms, 7 * kDayMs) << row.type;
  }
}

TEST(CreateJobParameters, LetQosDecideWhetherAMessageWaits) {
  const auto waits = read(good("PUB", "RolloutConfig", R"({"messageQos":"Qos1"})"));
  ASSERT_TRUE(waits) << waits.error().message;
  EXPECT_EQ(waits->settings.qos, MessageQos::Qos1);
  EXPECT_EQ(waits->spec.offline_policy, OfflinePolicy::Wait);
  Values values = good("PUB", "RolloutConfig", R"({"messageQoS":"QOS1"})");
  values["OfflinePolicy"] = "FAIL";
  const auto fails = read(values);
  ASSERT_TRUE(fails);
  EXPECT_EQ(fails->spec.offline_policy, OfflinePolicy::Fail);
}

TEST(CreateJobParameters, TakeSixToAnHourAsFiveMinutesForCommands) {
  for (const char* type : {"INVOKE_SERVICE", "SET_PROPERTY"}) {
    for (const auto& [given, effective] :
         std::map<std::string, int64_t>{{"5", 5}, {"6", 5}, {"3600", 5}, {"2", 2}}) {
      const auto job = read(good(type, "TimeoutConfig", R"({"inProgressTimeoutInMinutes":)" + given + "}"));
      ASSERT_TRUE(job) << given;
      EXPECT_EQ(job->settings.in_progress_timeout_minutes, effective) << type << ' ' << given;
    }
  }
}

TEST(CreateJobParameters, KeepTheDocumentAsGiven) {
  const std::string document = "{ \"a\" : 10.0,\n \"b\":\"{x}\" }";
  const auto job = read(good("CUSTOM_JOB", "JobDocument", document));
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->spec.document, document);
}

TEST(CreateJobParameters, FollowTheLimitsThatAnOperatorLifted) {
  ApiLimits lifted;
  lifted.rollout_per_minute_max = 100'000;
  lifted.schedule_min_delay_seconds = 1;
  lifted.job_lifetime_ms = 0;
  const auto rate = read(good("CUSTOM_JOB", "RolloutConfig", R"({"maximumPerMinute":100000})"), lifted);
  ASSERT_TRUE(rate) << rate.error().message;
  EXPECT_EQ(rate->settings.maximum_per_minute, 100'000);
  EXPECT_EQ(rate->spec.lifetime_ms, 0);
  EXPECT_FALSE(read(good("CUSTOM_JOB", "RolloutConfig", R"({"maximumPerMinute":100001})"), lifted));
  EXPECT_TRUE(read(good("CUSTOM_JOB", "ScheduledTime", at(1000)), lifted));
  EXPECT_FALSE(read(good("CUSTOM_JOB", "ScheduledTime", at(999)), lifted));
}

TEST(CreateJobParameters, ReadLifetimeAndSchedule) {
  Values values = good("CUSTOM_JOB", "LifetimeInHours", "24");
  values["ScheduledTime"] = at(kDayMs);
  const auto job = read(values);
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->spec.lifetime_ms, kDayMs);
  EXPECT_EQ(job->spec.scheduled_at->value, kNow.value + kDayMs);
}

TEST(CreateJobParameters, WarnOfUnknownKeysWithTheirPath) {
  Values values =
      good("CUSTOM_JOB", "TargetConfig",
           R"({"targetType":"DEVICE_LIST","targetDevices":[{"iotId":"a","name":"b"}],"targetTag":"x"})");
  values["RolloutConfig"] = R"({"maxPerMinute":5})";
  values["TimeoutConfig"] = R"({"timeout\r\nSet-Cookie: x":5})";
  values["JobFile"] = R"({"key":"x"})";
  Warnings warnings;
  ASSERT_TRUE(read(values, warnings));
  EXPECT_EQ(warnings.count(), 5u);
  const std::string header = warnings.header_text();
  for (const char* name : {"TargetConfig.targetTag", "RolloutConfig.maxPerMinute", "JobFile.key"})
    EXPECT_NE(header.find(name), std::string::npos) << header;
  EXPECT_EQ(header.find('\n'), std::string::npos);
  EXPECT_EQ(header.find('\r'), std::string::npos);
}

TEST(CreateJobParameters, NameAtMostTenUnknownKeys) {
  std::string rollout = "{";
  for (int i = 0; i < 25; ++i) rollout += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
  Warnings warnings;
  ASSERT_TRUE(read(good("CUSTOM_JOB", "RolloutConfig", rollout + "}"), warnings));
  EXPECT_EQ(warnings.names().size(), Warnings::kNamesMax);
  EXPECT_EQ(warnings.count(), 25u);
  EXPECT_NE(warnings.header_text().find("and 15 more"), std::string::npos);
}

TEST(CreateJobParameters, HaveARuleForEachParameterAndKeyOfThePage) {
  std::vector<std::string> names;
  for (const auto& rule : job_parameter_rules()) names.emplace_back(rule.name);
  for (const char* name : {"JobName", "Type", "JobDocument", "TargetConfig", "Description", "JobFile",
                           "TimeoutConfig", "RolloutConfig", "ScheduledTime"})
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  EXPECT_EQ(job_key_rules().size(), 10u);
}

}  // namespace
}  // namespace rollcall::api
