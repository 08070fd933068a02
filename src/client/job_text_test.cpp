#include "client/job_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::client {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

JobOrder order() {
  JobOrder out;
  out.name = "upgrade";
  out.product_key = "a1pk";
  return out;
}

TEST(JobParameters, NameTheTargetAsTheApiDoes) {
  EXPECT_THAT(*job_parameters(order()),
              Contains(Pair("TargetConfig", R"({"targetType":"PRODUCT_KEY","targetProduct":"a1pk"})")));
  JobOrder devices = order();
  devices.product_key.clear();
  devices.devices = {"other/dev1", "dev2"};
  devices.device_product = "a1pk";
  EXPECT_THAT(*job_parameters(devices),
              Contains(Pair("TargetConfig", R"({"targetType":"DEVICE_LIST","targetDevices":[)"
                                            R"({"productKey":"other","deviceName":"dev1"},)"
                                            R"({"productKey":"a1pk","deviceName":"dev2"}]})")));
}

TEST(JobParameters, HoldRateAndQosOnlyWhenGiven) {
  JobOrder given = order();
  EXPECT_EQ(job_parameters(given)->size(), 4u);
  given.qos = 0;
  given.timeout_minutes = 5;
  EXPECT_THAT(*job_parameters(given),
              Contains(Pair("RolloutConfig", R"({"maximumPerMinute":1000,"messageQoS":"QoS0"})")));
  EXPECT_THAT(*job_parameters(given), Contains(Pair("TimeoutConfig", R"({"inProgressTimeoutInMinutes":5})")));
}

TEST(JobParameters, NeedExactlyOneTarget) {
  JobOrder none = order();
  none.product_key.clear();
  EXPECT_FALSE(job_parameters(none));
  JobOrder two = order();
  two.group_id = "g";
  EXPECT_FALSE(job_parameters(two));
  JobOrder nameless = none;
  nameless.devices = {"dev1"};
  ASSERT_FALSE(job_parameters(nameless));
  EXPECT_THAT(job_parameters(nameless).error().message, HasSubstr("dev1 needs its product"));
}

TEST(ProgressLine, CountsEndedTasksAndLeavesOutZeros) {
  const JobCounts counts =
      read_counts(R"({"Queued":3,"Sent":0,"InProgress":1,)"
                  R"("Succeeded":4,"Failed":1,"Rejected":0,"TimeOut":1,"Cancelled":0,"Total":10})");
  EXPECT_EQ(counts.ended(), 6);
  EXPECT_EQ(progress_line(counts, 10),
            "[######----]  60%  6/10  succeeded 4  failed 1  timed out 1  running 1  waiting 3");
  EXPECT_EQ(progress_line(JobCounts{}, 4), "[----]   0%  0/0");
}

TEST(FinalJobStatus, IsWhatNoTaskLeaves) {
  EXPECT_TRUE(is_final_job_status("COMPLETED"));
  EXPECT_TRUE(is_final_job_status("CANCELLED"));
  EXPECT_TRUE(is_final_job_status("TIMED_OUT"));
  EXPECT_FALSE(is_final_job_status("CANCELLING"));
  EXPECT_FALSE(is_final_job_status("IN_PROGRESS"));
}

}  // namespace
}  // namespace rollcall::client
