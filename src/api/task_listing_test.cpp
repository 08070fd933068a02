#include "api/task_listing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace rollcall::api {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr WallMs kNow{1'700'000'000'000};

class TaskListings : public ::testing::Test {
 protected:
  Result<TaskListing> read(Pairs parameters, WallMs now = kNow, InstanceId instance = InstanceId{7}) {
    Call call{{instance, "key", "127.0.0.1", "request"}, Parameters(std::move(parameters)), now, {}};
    auto listing = read_task_listing(call, codec);
    warnings = call.warnings;
    return listing;
  }

  // Reads the first page, and then the second with the token of the first.
  Result<TaskListing> read_on(const Pairs& first, Pairs second, int64_t ms_later = 0,
                              InstanceId instance = InstanceId{7}) {
    const auto listing = read(first);
    EXPECT_TRUE(listing);
    second.emplace_back("NextToken", next_token_of(*listing, 99, codec));
    return read(std::move(second), kNow + ms_later, instance);
  }

  IdCodec codec{IdCodec::Key{1, 2, 3}};
  std::string job = codec.job_code(JobId{42});
  Warnings warnings;
};

TEST_F(TaskListings, ReadAJobWithItsStatusAndLimit) {
  const auto listing = read({{"Limit", "50"}, {"JobId", job}, {"Status", "IN_PROGRESS"}});
  ASSERT_TRUE(listing) << listing.error().message;
  EXPECT_EQ(listing->job, JobId{42});
  EXPECT_EQ(listing->limit, 50);
  EXPECT_EQ(listing->status, TaskStatus::InProgress);
  EXPECT_EQ(listing->instance, InstanceId{7});
  EXPECT_FALSE(listing->position);
}

TEST_F(TaskListings, ReadADeviceWithKeysInAnyCase) {
  for (const char* device :
       {R"({"ProductKey":"p","DeviceName":"d"})", R"({"productKey":"p","devicename":"d","iotId":null})"}) {
    const auto listing = read({{"Limit", "1"}, {"Device", device}});
    ASSERT_TRUE(listing) << device << listing.error().message;
    EXPECT_FALSE(listing->job);
    EXPECT_EQ(listing->device.product_key, "p");
    EXPECT_EQ(listing->device.device_name, "d");
  }
  const auto listing = read({{"Limit", "1"}, {"Device", R"({"IotId":"x","Name":"y"})"}});
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->device.iot_id, "x");
  EXPECT_EQ(warnings.header_text(), "unknown parameters: Device.Name");
}

TEST_F(TaskListings, IgnoreADeviceThatSaysNothingBesideAJob) {
  for (const char* device : {"{}", "null", R"({"IotId":"","ProductKey":null})", ""})
    EXPECT_TRUE(read({{"Limit", "1"}, {"JobId", job}, {"Device", device}})) << device;
}

TEST_F(TaskListings, GoOnWhereTheTokenPoints) {
  const Pairs query{{"Limit", "10"}, {"JobId", job}};
  const auto listing = read_on(query, query, 59'000);
  ASSERT_TRUE(listing) << listing.error().message;
  EXPECT_EQ(listing->position, 99);
  // Another limit is the same listing.
  EXPECT_TRUE(read_on(query, {{"Limit", "20"}, {"JobId", job}}));
}

TEST_F(TaskListings, RefuseATokenAfterAMinute) {
  const Pairs query{{"Limit", "10"}, {"JobId", job}};
  const auto listing = read_on(query, query, 61'001);
  ASSERT_FALSE(listing);
  EXPECT_EQ(listing.error().code, ErrorCode::InvalidNextToken);
  EXPECT_NE(listing.error().message.find("expired"), std::string::npos);
}

TEST_F(TaskListings, RefuseATokenOfAnotherQuery) {
  const Pairs query{{"Limit", "10"}, {"JobId", job}};
  const Pairs others[] = {
      {{"Limit", "10"}, {"JobId", job}, {"Status", "SENT"}},
      {{"Limit", "10"}, {"JobId", codec.job_code(JobId{43})}},
      {{"Limit", "10"}, {"Device", R"({"IotId":"x"})"}},
  };
  for (const Pairs& other : others) {
    const auto listing = read_on(query, other);
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, ErrorCode::InvalidNextToken);
  }
  const auto foreign = read_on(query, query, 0, InstanceId{8});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, ErrorCode::InvalidNextToken);
}

class EventListings : public TaskListings {
 protected:
  Result<TaskListing> read_events(Pairs parameters, WallMs now = kNow, InstanceId instance = InstanceId{7}) {
    Call call{{instance, "key", "127.0.0.1", "request"}, Parameters(std::move(parameters)), now, {}};
    return read_event_listing(call, codec);
  }
  std::string task = codec.task_code({JobId{42}, 3});
};

TEST_F(EventListings, ReadATaskAJobOrADevice) {
  const auto of_task = read_events({{"TaskId", task}});
  ASSERT_TRUE(of_task) << of_task.error().message;
  EXPECT_EQ(of_task->task, (TaskKey{JobId{42}, 3}));
  EXPECT_EQ(of_task->limit, 50);
  EXPECT_FALSE(of_task->position);
  const auto of_job = read_events({{"JobId", job}, {"Limit", "7"}});
  ASSERT_TRUE(of_job) << of_job.error().message;
  EXPECT_EQ(of_job->job, JobId{42});
  EXPECT_FALSE(of_job->task);
  EXPECT_EQ(of_job->limit, 7);
  const auto of_device = read_events({{"Device", R"({"ProductKey":"p","DeviceName":"d"})"}});
  ASSERT_TRUE(of_device) << of_device.error().message;
  EXPECT_EQ(of_device->device.device_name, "d");
}

TEST_F(EventListings, TakeTheirOwnTokenForAMinuteAndNoOther) {
  const auto listing = read_events({{"TaskId", task}});
  ASSERT_TRUE(listing);
  const std::string token = next_token_of(*listing, 99, codec);
  const auto next = read_events({{"TaskId", task}, {"NextToken", token}}, kNow + 60'000);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(next->position, 99);
  const Pairs others[] = {{{"TaskId", codec.task_code({JobId{42}, 4})}},
                          {{"TaskId", codec.task_code({JobId{43}, 3})}},
                          {{"JobId", job}},
                          {{"Device", R"({"iotId":"x"})"}}};
  for (Pairs other : others) {
    other.emplace_back("NextToken", token);
    const auto refused = read_events(other);
    ASSERT_FALSE(refused) << other.front().second;
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidNextToken);
  }
  EXPECT_FALSE(read_events({{"TaskId", task}, {"NextToken", token}}, kNow + 61'000)) << "too old";
  EXPECT_FALSE(read_events({{"TaskId", task}, {"NextToken", token}}, kNow, InstanceId{8}));
  // The tokens of ListTask over the same job are others, both ways.
  const auto tasks = read({{"Limit", "5"}, {"JobId", job}});
  EXPECT_FALSE(read_events({{"JobId", job}, {"NextToken", next_token_of(*tasks, 1, codec)}}));
  const auto events = read_events({{"JobId", job}});
  EXPECT_FALSE(read({{"Limit", "5"}, {"JobId", job}, {"NextToken", next_token_of(*events, 1, codec)}}));
}

}  // namespace
}  // namespace rollcall::api
