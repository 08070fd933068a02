// Failures of the actions on jobs and tasks, and of what devices report of them.
#include <utility>

#include "actions/errors.hpp"
#include "actions/owner.hpp"
#include "alink/envelope.hpp"

namespace rollcall::testing {
namespace {

std::string code(Owner& o, const char* action, Parameters parameters) {
  const ActionAnswer answer = o.call(kOwnerSelf, action, std::move(parameters));
  return answer.error ? api_code(*answer.error) : std::string();
}

Parameters new_job(const Owner& o, const char* field, std::string value) {
  Parameters all = o.job_parameters("owner-lamp");
  for (auto& [name, old] : all)
    if (name == field) {
      old = std::move(value);
      return all;
    }
  all.emplace_back(field, std::move(value));
  return all;
}

std::string create(const char* field, std::string value) {
  Owner o;
  return code(o, "CreateJob", new_job(o, field, std::move(value)));
}

std::string other_parameters() {
  Owner o;
  Parameters all = new_job(o, "ClientToken", "once");
  o.must("CreateJob", all);
  all.emplace_back("Description", "else");
  return code(o, "CreateJob", all);
}

// One of its two tasks succeeded, so the job may be run again, but not this task.
std::string rerun_of_a_success() {
  Owner o;
  Parameters all = new_job(o, "TargetConfig",
                           R"({"targetType":"DEVICE_LIST","targetDevices":[{"productKey":")" + o.product +
                               R"(","deviceName":"owner-lamp"},{"productKey":")" + o.product +
                               R"(","deviceName":"owner-spare"}]})");
  all.emplace_back("OfflinePolicy", "FAIL");
  const std::string job = Owner::text(o.must("CreateJob", all), "JobId");
  FakeDevice& lamp = o.world.devices.begin()->second;
  TaskKey key;
  for (int task = 0; task < 2; ++task) {  // it has one before, of another job
    o.world.pass_ms(3'000);
    key = lamp.pushes.back().key;
    o.world.report(lamp, key, TaskEvent::ReportSucceeded, 100);
  }
  return code(o, "RerunJob", {{"JobId", job}, {"TaskId.1", o.codec.task_code(key)}});
}

std::string details_that_are_no_object() {
  const auto request =
      alink::read_request(R"({"id":"1","params":{"taskId":"t","status":"FAILED","statusDetails":1}})");
  const auto content = alink::read_job_update(*request);
  return content ? "" : api_code(content.error());
}

}  // namespace

const std::map<ErrorCode, ProduceError>& job_errors() {
  using enum ErrorCode;
  static const std::map<ErrorCode, ProduceError> kErrors{
      {InvalidFormattedParameter, [] { return create("Type", "NO_JOB"); }},
      {InvalidFormattedJobName, [] { return create("JobName", "x"); }},
      {IdempotentParameterMismatch, other_parameters},
      {NotExistedJob,
       [] {
         Owner o;
         return code(o, "QueryJob", {{"JobId", "nothing"}});
       }},
      {NotExistedTask,
       [] {
         Owner o;
         return code(o, "QueryTask", {{"TaskId", "nothing"}});
       }},
      {InvalidJobStatus,
       [] {
         Owner o;
         return code(o, "CancelJob", {{"JobId", o.ended_job}});
       }},
      {InvalidTaskStatus, rerun_of_a_success},
      {NoTarget, [] { return create("TargetConfig", R"({"targetType":"DEVICE_LIST","targetDevices":[]})"); }},
      {TooManyTargets,
       [] {
         std::string devices;
         for (int i = 0; i < 201; ++i)
           devices += std::string(i > 0 ? "," : "") + R"({"iotId":"i)" + std::to_string(i) + "\"}";
         return create("TargetConfig", R"({"targetType":"DEVICE_LIST","targetDevices":[)" + devices + "]}");
       }},
      {FileNotUploaded, [] { return create("JobFile", R"({"fileKey":"file"})"); }},
      {InvalidNextToken,
       [] {
         Owner o;
         return code(o, "ListTask", {{"JobId", o.job}, {"Limit", "10"}, {"NextToken", "forged"}});
       }},
      {StatusDetailsNotObject, details_that_are_no_object},
  };
  return kErrors;
}

}  // namespace rollcall::testing
