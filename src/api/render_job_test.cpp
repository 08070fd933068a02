#include "api/render_job.hpp"

#include <gtest/gtest.h>

#include "api/render_support.hpp"

namespace rollcall::api {
namespace {

constexpr WallMs kCreated{1'772'413'800'000};   // 2026-03-02T01:10:00.000Z
constexpr WallMs kModified{1'772'413'927'123};  // 2026-03-02T01:12:07.123Z

const IdCodec& codec() {
  static const IdCodec made(IdCodec::Key{1, 2, 3});
  return made;
}

engine::JobInfo custom_job() {
  engine::JobInfo info;
  Job& job = info.job;
  job.id = JobId{42};
  job.spec.name = "fw_notice_1";
  job.spec.type = JobType::CustomJob;
  job.spec.document = R"({"operatingMode": 23.0, "tag":"<a&b>"})";
  job.spec.target_type = TargetType::DeviceList;
  job.spec.scheduled_at = WallMs{1'791'234'567'000};
  job.settings.description = "night batch";
  job.settings.maximum_per_minute = 200;
  job.settings.qos = MessageQos::Qos1;
  job.settings.in_progress_timeout_minutes = 60;
  job.status = JobStatus::InProgress;
  job.created_at = kCreated;
  job.modified_at = kModified;
  info.targets = {{"p1Abc", "lamp-1"}};
  return info;
}

TEST(RenderJob, ShowsACustomJobOfADeviceListAsTheVendorDoes) {
  const std::string id = codec().job_code(JobId{42});
  const Node fields = render_job(custom_job(), codec());
  EXPECT_EQ(json_text(fields),
            R"({"Data":{"JobId":")" + id +
                R"(","JobName":"fw_notice_1","Description":"night batch","Type":"CUSTOM_JOB",)"
                R"("Status":"IN_PROGRESS",)"
                R"("ScheduledTime":1791234567000,"UtcCreate":"2026-03-02T01:10:00.000Z",)"
                R"("UtcModified":"2026-03-02T01:12:07.123Z",)"
                R"("JobDocument":"{\"operatingMode\": 23.0, \"tag\":\"<a&b>\"}",)"
                R"("RolloutConfig":{"MaximumPerMinute":200,"MessageQoS":"QoS1"},)"
                R"("TimeoutConfig":{"InProgressTimeoutInMinutes":60},)"
                R"("TargetConfig":{"TargetType":"DEVICE_LIST",)"
                R"("TargetDevices":{"targetDevices":[{"ProductKey":"p1Abc","DeviceName":"lamp-1"}]}}}})");
  EXPECT_EQ(
      xml_text(fields),
      "<Data><JobId>" + id +
          "</JobId><JobName>fw_notice_1</JobName><Description>night "
          "batch</Description><Type>CUSTOM_JOB</Type>"
          "<Status>IN_PROGRESS</Status><ScheduledTime>1791234567000</ScheduledTime>"
          "<UtcCreate>2026-03-02T01:10:00.000Z</UtcCreate><UtcModified>2026-03-02T01:12:07.123Z</UtcModified>"
          "<JobDocument>{\"operatingMode\": 23.0, \"tag\":\"&lt;a&amp;b&gt;\"}</JobDocument>"
          "<RolloutConfig><MaximumPerMinute>200</MaximumPerMinute><MessageQoS>QoS1</MessageQoS></"
          "RolloutConfig>"
          "<TimeoutConfig><InProgressTimeoutInMinutes>60</InProgressTimeoutInMinutes></TimeoutConfig>"
          "<TargetConfig><TargetType>DEVICE_LIST</"
          "TargetType><TargetDevices><targetDevices><ProductKey>p1Abc</ProductKey>"
          "<DeviceName>lamp-1</DeviceName></targetDevices></TargetDevices></TargetConfig></Data>");
}

TEST(RenderJob, LeavesOutWhatDoesNotApply) {
  engine::JobInfo info = custom_job();
  info.job.spec.type = JobType::SetProperty;
  info.job.spec.target_type = TargetType::Product;
  info.job.spec.target_product_key = "p1Abc";
  info.job.spec.scheduled_at.reset();
  const std::string set = json_text(render_job(info, codec()));
  EXPECT_EQ(set.find("MessageQoS"), std::string::npos) << set;
  EXPECT_EQ(set.find("ScheduledTime"), std::string::npos) << set;
  EXPECT_EQ(set.find("JobFile"), std::string::npos) << set;
  EXPECT_EQ(set.find("Paused"), std::string::npos) << set;
  EXPECT_NE(set.find(R"("TargetConfig":{"TargetType":"PRODUCT_KEY","TargetProduct":"p1Abc"})"),
            std::string::npos)
      << set;

  info.job.spec.type = JobType::Pub;
  info.job.settings.in_progress_timeout_minutes = 0;
  info.job.settings.qos = MessageQos::Qos0;
  info.job.spec.target_type = TargetType::Group;
  info.job.spec.target_group_code = "rY201";
  info.job.paused = true;
  const std::string pub = json_text(render_job(info, codec()));
  EXPECT_EQ(pub.find("TimeoutConfig"), std::string::npos) << pub;
  EXPECT_NE(pub.find(R"("MessageQoS":"QoS0")"), std::string::npos) << pub;
  EXPECT_NE(pub.find(R"("TargetConfig":{"TargetType":"GROUP_ID","TargetGroup":"rY201"})"), std::string::npos)
      << pub;
  EXPECT_NE(pub.find(R"("Paused":true)"), std::string::npos) << pub;
}

TEST(RenderJob, ListsJobsUnderLowerCaseData) {
  engine::JobList list{{custom_job().job}, 21};
  const Node fields = render_job_list(list, 2, 20, codec());
  EXPECT_EQ(json_text(fields),
            R"({"Page":2,"PageSize":20,"Total":21,"Data":{"data":[{"JobId":")" + codec().job_code(JobId{42}) +
                R"(","JobName":"fw_notice_1","Description":"night batch","Type":"CUSTOM_JOB",)"
                R"("Status":"IN_PROGRESS",)"
                R"("ScheduledTime":1791234567000,"UtcCreate":"2026-03-02T01:10:00.000Z",)"
                R"("UtcModified":"2026-03-02T01:12:07.123Z"}]}})");
  const std::string empty = json_text(render_job_list({}, 1, 10, codec()));
  EXPECT_EQ(empty, R"({"Page":1,"PageSize":10,"Total":0,"Data":{"data":[]}})");
  EXPECT_EQ(xml_text(render_job_list({}, 1, 10, codec())),
            "<Page>1</Page><PageSize>10</PageSize><Total>0</Total><Data></Data>");
}

TEST(RenderJob, CountsTasksByStatusWithTheNameTimeOut) {
  Job job;
  job.counters[TaskStatus::Queued] = 2;
  job.counters[TaskStatus::Sent] = 3;
  job.counters[TaskStatus::InProgress] = 13;
  job.counters[TaskStatus::Succeeded] = 22;
  job.counters[TaskStatus::Failed] = 1;
  job.counters[TaskStatus::Rejected] = 1;
  job.counters[TaskStatus::TimedOut] = 5;
  job.counters[TaskStatus::Cancelled] = 3;
  EXPECT_EQ(json_text(render_job_statistics(job)),
            R"({"Data":{"Queued":2,"Sent":3,"InProgress":13,"Succeeded":22,"Failed":1,"Rejected":1,)"
            R"("TimeOut":5,"Cancelled":3,"Total":50}})");
}

engine::TaskInfo failed_task() {
  engine::TaskInfo info;
  info.task.key = {JobId{42}, 5};
  info.task.device = DeviceId{9};
  info.task.status = TaskStatus::Failed;
  info.task.progress = 80;
  info.task.queued_at = kCreated;
  info.task.modified_at = kModified;
  info.job_name = "fw_notice_1";
  info.product_key = "p1Abc";
  info.device_name = "lamp-1";
  info.detail = {"digest mismatch", R"({"step":"verify"})"};
  return info;
}

TEST(RenderTask, ShowsProgressAsTextAndStatusDetailInTheSingular) {
  const std::string head =
      R"("TaskId":")" + codec().task_code({JobId{42}, 5}) + R"(","JobId":")" + codec().job_code(JobId{42}) +
      R"(","JobName":"fw_notice_1","IotId":")" + codec().iot_id(DeviceId{9}) +
      R"(","ProductKey":"p1Abc","DeviceName":"lamp-1","Status":"FAILED","Progress":"80",)";
  const std::string times =
      R"("UtcQueueTime":"2026-03-02T01:10:00.000Z","UtcModified":"2026-03-02T01:12:07.123Z"})";
  EXPECT_EQ(json_text(render_task(failed_task(), codec())),
            R"({"Data":{)" + head + R"("StatusDetail":"{\"step\":\"verify\"}","Message":"digest mismatch",)" +
                times + "}");
  engine::TaskPage page{{failed_task()}, 5};
  EXPECT_EQ(json_text(render_task_page(page, "token", codec())),
            R"({"NextToken":"token","Data":{"data":[{)" + head + times + "]}}");
}

TEST(RenderTask, ShowsTheImportedIotIdAndNoProgressAsZero) {
  engine::TaskInfo info = failed_task();
  info.foreign_iot_id = "OPx00101";
  info.task.progress = -1;
  info.detail = {};
  const std::string text = json_text(render_task(info, codec()));
  EXPECT_NE(text.find(R"("IotId":"OPx00101")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("Progress":"0","StatusDetail":"","Message":"")"), std::string::npos) << text;
}

TEST(RenderTask, EndsTheListWithoutAToken) {
  EXPECT_EQ(json_text(render_task_page({}, std::nullopt, codec())), R"({"Data":{"data":[]}})");
}

TEST(RenderEvents, LeavesOutWhatAnEventDoesNotHave) {
  engine::EventInfo made;
  made.key = {JobId{42}, 5};
  made.device = DeviceId{9};
  made.product_key = "p1Abc";
  made.device_name = "lamp-1";
  made.at = WallMs{1'700'000'000'000};
  made.to = TaskStatus::Queued;
  engine::EventInfo failed = made;
  failed.from = TaskStatus::InProgress;
  failed.to = TaskStatus::Failed;
  failed.cause = Cause::Answered;
  failed.attempt = 2;
  failed.progress = 0;
  failed.detail = {"code 7", R"({"a":1})"};
  failed.foreign_iot_id = "OPx00101";
  const std::string ids = R"("TaskId":")" + codec().task_code(made.key) + R"(","JobId":")" +
                          codec().job_code(JobId{42}) + R"(","IotId":")";
  const std::string tail = R"(","ProductKey":"p1Abc","DeviceName":"lamp-1"})";
  const engine::EventPage page{{made, failed}, 5};
  EXPECT_EQ(
      json_text(render_event_page(page, "token", codec())),
      R"({"NextToken":"token","Data":{"Event":[{"UtcTime":"2023-11-14T22:13:20.000Z","Cause":"CREATED",)"
      R"("To":"QUEUED","Attempt":1,)" +
          ids + codec().iot_id(DeviceId{9}) + tail +
          R"(,{"UtcTime":"2023-11-14T22:13:20.000Z","Cause":"ANSWERED","From":"IN_PROGRESS",)"
          R"("To":"FAILED","Attempt":2,"Progress":"0","Message":"code 7","StatusDetail":"{\"a\":1}",)" +
          ids + "OPx00101" + tail + "]}}");
  EXPECT_EQ(json_text(render_event_page({}, std::nullopt, codec())), R"({"Data":{"Event":[]}})");
}

}  // namespace
}  // namespace rollcall::api
