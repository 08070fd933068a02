#include "api/job_parameters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/job_parameters_support.hpp"

namespace rollcall::api {
namespace {

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
  const auto list = read(
      good("CUSTOM_JOB", "TargetConfig",
           R"({ "TargetDevices": [ { "IotId":"OPx00101", "ProductKey":"a1An", "DeviceName":"devicenew" } ],)"
           R"( "TargetType":"DEVICE_LIST" })"));
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
       good("CUSTOM_JOB", "TargetConfig",
            R"({"targetType":"DEVICE_LIST","targetDevices":[{"iotId":"x","productKey":null,)"
            R"("deviceName":""}]})")},
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

TEST(CreateJobParameters, RefusesPlainParametersJustOutsideTheirRules) {
  expect_refused({
      {"name of 3", good("CUSTOM_JOB", "JobName", "abc"), kBadName, ""},
      {"name of 31", good("CUSTOM_JOB", "JobName", repeat("x", 31)), kBadName, ""},
      {"name of 31 Chinese", good("CUSTOM_JOB", "JobName", repeat("任", 31)), kBadName, ""},
      {"name with a dash", good("CUSTOM_JOB", "JobName", "one-job"), kBadName, ""},
      {"name with a blank", good("CUSTOM_JOB", "JobName", "one job"), kBadName, ""},
      {"name that is no UTF-8", good("CUSTOM_JOB", "JobName", "abc\xff"), kBadName, ""},
      {"type in lower case", good("CUSTOM_JOB", "Type", "custom_job"), kBadFormat, "Type"},
      {"type unknown", good("CUSTOM_JOB", "Type", "OTA"), kBadFormat, "OTA"},
      {"description of 101", good("CUSTOM_JOB", "Description", repeat("d", 101)), kBadFormat, "Description"},
      {"schedule a second early", good("CUSTOM_JOB", "ScheduledTime", at(10 * kMinuteMs - 1)), kBadFormat,
       "ScheduledTime"},
      {"schedule a moment late", good("CUSTOM_JOB", "ScheduledTime", at(7 * kDayMs + 1)), kBadFormat,
       "7 days"},
      {"schedule in the past", good("CUSTOM_JOB", "ScheduledTime", at(-kDayMs)), kBadFormat, "ScheduledTime"},
      {"schedule 0", good("CUSTOM_JOB", "ScheduledTime", "0"), kBadFormat, "ScheduledTime"},
      {"schedule as a date", good("CUSTOM_JOB", "ScheduledTime", "2026-01-01"), kBadFormat, "2026-01-01"},
      {"schedule beyond 64 bits", good("CUSTOM_JOB", "ScheduledTime", "99999999999999999999"), kBadFormat,
       ""},
      {"schedule with a fraction", good("CUSTOM_JOB", "ScheduledTime", at(kDayMs) + ".5"), kBadFormat, ""},
      {"offline policy", good("CUSTOM_JOB", "OfflinePolicy", "MAYBE"), kBadFormat, "OfflinePolicy"},
      {"lifetime -1", good("CUSTOM_JOB", "LifetimeInHours", "-1"), kBadFormat, "LifetimeInHours"},
      {"lifetime 1.5", good("CUSTOM_JOB", "LifetimeInHours", "1.5"), kBadFormat, "1.5"},
      {"lifetime above a year", good("CUSTOM_JOB", "LifetimeInHours", "8785"), kBadFormat, "8785"},
  });
}

TEST(CreateJobParameters, RefusesDocumentsThatTheirTypeDoesNotTake) {
  expect_refused({
      {"document no JSON", good("CUSTOM_JOB", "JobDocument", "hello"), kBadFormat, "JobDocument"},
      {"document cut off", good("CUSTOM_JOB", "JobDocument", R"({"a":1)"), kBadFormat, "JobDocument"},
      {"document an array", good("CUSTOM_JOB", "JobDocument", "[1]"), kBadFormat, "JobDocument"},
      {"document with a key twice", good("CUSTOM_JOB", "JobDocument", R"({"a":1,"a":2})"), kBadFormat, ""},
      {"document too deep",
       good("CUSTOM_JOB", "JobDocument", repeat("{\"a\":", 500) + "1" + repeat("}", 500)), kBadFormat, ""},
      {"document of 65537 characters",
       good("CUSTOM_JOB", "JobDocument", R"({"k":")" + repeat("字", 65'536 - 7) + "\"}"), kBadFormat,
       "65536"},
      {"service without identifier", good("INVOKE_SERVICE", "JobDocument", R"({"params":{}})"), kBadFormat,
       "serviceIdentifier"},
      {"property without params", good("SET_PROPERTY", "JobDocument", R"({"a":1})"), kBadFormat, "params"},
      {"message that is no Base64",
       good("PUB", "JobDocument", R"({"topicShortName":"get","messageContent":"!"})"), kBadFormat,
       "messageContent"},
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
