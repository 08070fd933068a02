// Bad input of the actions of jobs and tasks (cloud-api A).
#include "actions/bad_input.hpp"

namespace rollcall::testing {
namespace {

using enum ErrorCode;

const std::string kWide = "\xe8\xae\xbe";

std::string wide(size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += kWide;
  return out;
}
// JSON of this many characters.
std::string padded(const std::string& json, size_t size) {
  return json.size() < size ? json + std::string(size - json.size(), ' ') : json;
}

const Values kBadTargets{
    {"{}", kBadFormat},
    {R"({"targetType":"ALL"})", kBadFormat},
    {R"({"targetType":1})", kBadFormat},
    {R"({"targetType":"DEVICE_LIST"})", NoTarget},
    {R"({"targetType":"DEVICE_LIST","targetDevices":[]})", NoTarget},
    {R"({"targetType":"DEVICE_LIST","targetDevices":{}})", kBadFormat},
    {R"({"targetType":"DEVICE_LIST","targetDevices":[1]})", kBadFormat},
    {R"({"targetType":"DEVICE_LIST","targetDevices":[{}]})", kBadFormat},
    {R"({"targetType":"DEVICE_LIST","targetDevices":[{"productKey":"@product"}]})", kBadFormat},
    {R"({"targetType":"DEVICE_LIST","targetDevices":[{"iotId":7}]})", kBadFormat},
    {R"({"targetType":"DEVICE_LIST","targetDevices":[{"iotId":"nothing"}]})", NotExistedDevice},
    {R"({"targetType":"DEVICE_LIST","targetDevices":[{"iotId":"a\u0000b"}]})", kBadFormat},
    {R"({"targetType":"DEVICE_LIST","targetDevices":[{"productKey":"@product",)"
     R"("deviceName":"owner-lamp\u0000"}]})",
     kBadFormat},
    {R"({"targetType":"DEVICE_LIST","TARGETTYPE":"GROUP_ID","targetDevices":[]})", kBadFormat},
    {R"({"targetType":"GROUP_ID"})", kBadFormat},
    {R"({"targetType":"GROUP_ID","targetGroup":"nothing"})", NotExistedGroup},
    {R"({"targetType":"GROUP_ID","targetGroup":"@group\u0000x"})", kBadFormat},
    {R"({"targetType":"GROUP_ID","targetGroup":"@group","targetProduct":"@product"})", kBadFormat},
    {R"({"targetType":"PRODUCT_KEY","targetProduct":"nothing"})", NotExistedProduct},
    {R"({"targetType":"PRODUCT_KEY","targetProduct":"@product\u0000x"})", kBadFormat},
    {R"({"targetType":"PRODUCT_KEY","targetProduct":1e999})", kBadFormat}};
const std::vector<std::string> kGoodTargets{
    R"({"targetType":"GROUP_ID","targetGroup":"@group"})",
    R"({"TargetType":"PRODUCT_KEY","TargetProduct":"@product"})",
    R"({"TargetType":"device_list","TARGETDEVICES":[{"IotId":"@iot_id"}]})"};
const Values kBadTimeouts{{R"({"inProgressTimeoutInMinutes":0})", kBadFormat},
                          {R"({"inProgressTimeoutInMinutes":-1})", kBadFormat},
                          {R"({"inProgressTimeoutInMinutes":3601})", kBadFormat},
                          {R"({"inProgressTimeoutInMinutes":1.5})", kBadFormat},
                          {R"({"inProgressTimeoutInMinutes":"1"})", kBadFormat},
                          {R"({"inProgressTimeoutInMinutes":1e999})", kBadFormat},
                          {R"({"inProgressTimeoutInMinutes":999999999999999999999999999999})", kBadFormat},
                          {padded(R"({"inProgressTimeoutInMinutes":1})", 8'193), kBadFormat}};
const std::vector<std::string> kGoodTimeouts{
    R"({"inProgressTimeoutInMinutes":1})", R"({"inProgressTimeoutInMinutes":3600})",
    R"({"InProgressTimeoutInMinutes":5})", padded(R"({"inProgressTimeoutInMinutes":1})", 8'192)};
const Values kBadRollouts{{R"({"maximumPerMinute":49})", kBadFormat},
                          {R"({"maximumPerMinute":1001})", kBadFormat},
                          {R"({"maximumPerMinute":-1})", kBadFormat},
                          {R"({"maximumPerMinute":"x"})", kBadFormat},
                          {R"({"maximumPerMinute":60.5})", kBadFormat},
                          {R"({"maximumPerMinute":1e999})", kBadFormat},
                          {R"({"messageQoS":"QoS2"})", kBadFormat},
                          {R"({"messageQoS":1})", kBadFormat},
                          {R"({"maximumPerMinute":60,"MaximumPerMinute":60})", kBadFormat},
                          {padded(R"({"maximumPerMinute":50})", 8'193), kBadFormat}};
const std::vector<std::string> kGoodRollouts{R"({"maximumPerMinute":50})", R"({"maximumPerMinute":1000})",
                                             R"({"messageQoS":"QoS0"})", R"({"messageQos":"qos1"})",
                                             padded(R"({"maximumPerMinute":50})", 8'192)};
const Values kBadDescriptions{{std::string(101, 'a'), kBadFormat}, {wide(101), kBadFormat}};
const std::vector<std::string> kGoodDescriptions{std::string(100, 'a'), wide(100), "two\nlines"};
const Values kBadDevices{{"{}", IllegalRequest},
                         {R"({"productKey":"@product"})", kBadFormat},
                         {R"({"iotId":1})", kBadFormat},
                         {R"({"iotId":"nothing"})", NotExistedDevice},
                         {R"({"iotId":"a\u0000b"})", kBadFormat},
                         {R"({"productKey":"@product","deviceName":"owner-lamp\u0000"})", kBadFormat},
                         {R"({"productKey":"@product","deviceName":"owner-none"})", NotExistedDevice}};
const std::vector<std::string> kDevices{R"({"iotId":"@iot_id"})",
                                        R"({"ProductKey":"@product","DeviceName":"owner-lamp"})"};

}  // namespace

std::span<const ParameterRow> job_rows() {
  static const std::vector<ParameterRow> kRows{
      {"*",
       "JobId",
       NotExistedJob,
       {{"x", NotExistedJob}, {"@task", NotExistedJob}, {"@job@job", NotExistedJob}}},
      {"*", "TaskId", NotExistedTask, {{"x", NotExistedTask}, {"@job", NotExistedTask}}},
      {"CreateJob",
       "JobName",
       InvalidFormattedJobName,
       {{"abc", InvalidFormattedJobName},
        {std::string(31, 'a'), InvalidFormattedJobName},
        {wide(3), InvalidFormattedJobName},
        {wide(31), InvalidFormattedJobName},
        {"a-bcd", InvalidFormattedJobName}},
       {"abcd", std::string(30, 'a'), wide(4), wide(30)}},
      {"CreateJob",
       "Type",
       kBadFormat,
       {{"OTHER_JOB", kBadFormat},
        {"0", kBadFormat},
        {"INVOKE_SERVICE", kBadFormat},
        {"SET_PROPERTY", kBadFormat},
        {"PUB", kBadFormat}},
       {"CUSTOM_JOB"}},
      {"CreateJob",
       "JobDocument",
       kBadFormat,
       {{"{", kBadFormat},
        {"[]", kBadFormat},
        {"1", kBadFormat},
        {R"({"a":1,"a":2})", kBadFormat},
        {padded("{}", 65'537), kBadFormat}},
       {padded("{}", 65'536), R"({"a":"\u0000"})", R"({"a":1e999})",
        R"({"a":999999999999999999999999999999})"}},
      {"CreateJob", "TargetConfig", kBadFormat, kBadTargets, kGoodTargets},
      {"CreateJob", "Description", kBadFormat, kBadDescriptions, kGoodDescriptions},
      {"CreateJob",
       "JobFile",
       kBadFormat,
       {{R"({"fileKey":"nothing"})", FileNotUploaded},
        {R"({"fileKey":1})", kBadFormat},
        {R"({"signMethod":"SHA1"})", kBadFormat},
        {R"({"signMethod":"MD5"})", kBadFormat}},
       {"{}", R"({"fileKey":"","signMethod":"","sign":""})"}},
      {"CreateJob", "TimeoutConfig", kBadFormat, kBadTimeouts, kGoodTimeouts},
      {"CreateJob", "RolloutConfig", kBadFormat, kBadRollouts, kGoodRollouts},
      {"CreateJob",
       "ScheduledTime",
       kBadFormat,
       {{"0", kBadFormat},
        {"-1", kBadFormat},
        {"1", kBadFormat},
        {"@now+599999", kBadFormat},
        {"@now+604800001", kBadFormat},
        {"9223372036854775807", kBadFormat},
        {"-9223372036854775808", kBadFormat}},
       {"@now+600000", "@now+604800000"}},
      {"CreateJob", "OfflinePolicy", kBadFormat, {{"KEEP", kBadFormat}}, {"WAIT", "FAIL", "wait"}},
      {"CreateJob",
       "LifetimeInHours",
       kBadFormat,
       {{"-1", kBadFormat}, {"8785", kBadFormat}, {"9223372036854775807", kBadFormat}},
       {"0", "1", "8784"}},
      {"CreateJob",
       "ClientToken",
       kBadFormat,
       {{"a b", kBadFormat}, {std::string(65, 'a'), kBadFormat}},
       {"a", std::string(64, 'a')}},
      {"RerunJob", "Status.1", kBadFormat, {{"SUCCEEDED", kBadFormat}, {"QUEUED", kBadFormat}}, {"FAILED"}},
      {"RerunJob",
       "TaskId.1",
       NotExistedTask,
       {{"x", NotExistedTask}, {"@task", NotExistedTask}},
       {"@ended_task"}},
      {"UpdateJob", "Description", kBadFormat, kBadDescriptions, kGoodDescriptions},
      {"UpdateJob", "TimeoutConfig", kBadFormat, kBadTimeouts, kGoodTimeouts},
      {"UpdateJob", "RolloutConfig", kBadFormat, kBadRollouts, kGoodRollouts},
      {"ListJob",
       "Status",
       kBadFormat,
       {{"COMPLETE", kBadFormat}, {"0", kBadFormat}},
       {"INITIALIZING", "WAITING", "IN_PROGRESS", "COMPLETED", "CANCELLING", "CANCELLED", "REMOVING",
        "TIMED_OUT"}},
      {"ListTask",
       "Status",
       kBadFormat,
       {{"REMOVED", kBadFormat}, {"DONE", kBadFormat}, {"1", kBadFormat}},
       {"QUEUED", "SENT", "IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "CANCELLED"}},
      {"*",
       "Limit",
       InvalidPageParams,
       {{"0", InvalidPageParams}, {"-1", InvalidPageParams}, {"51", InvalidPageParams}},
       {"1", "50"}},
      {"ListTask", "Device", kBadFormat, kBadDevices, kDevices, {{"JobId", ""}}},
      {"ListTaskEvents", "Device", kBadFormat, kBadDevices, kDevices, {{"TaskId", ""}}},
      {"ListTaskEvents", "JobId", NotExistedJob, {{"x", NotExistedJob}}, {"@job"}, {{"TaskId", ""}}},
  };
  return kRows;
}

}  // namespace rollcall::testing
