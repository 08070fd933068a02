// ExplainTask against what the engine then does (issue: why has this task not moved?).
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

using engine::Reason;
using engine::WaitReason;

constexpr int64_t kSettleMs = 2'100;

std::vector<Reason> reasons(World& world, const TaskKey& key) {
  auto answer = world.call(engine::ExplainTask{key});
  if (!answer) throw std::runtime_error(public_message(answer.error()));
  return std::get<engine::TaskExplained>(*answer).reasons;
}

std::vector<WaitReason> codes(World& world, const TaskKey& key) {
  std::vector<WaitReason> out;
  for (const Reason& reason : reasons(world, key)) out.push_back(reason.reason);
  return out;
}

using Codes = std::vector<WaitReason>;

TEST(ExplainTask, KnowsNoTaskOfAnotherInstanceOrNone) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  const JobId job = world.make_job(World::custom_job(product));
  EXPECT_EQ(world.call(engine::ExplainTask{{job, 0}}, InstanceId{2}).error().code, ErrorCode::NotExistedTask);
  EXPECT_EQ(world.call(engine::ExplainTask{{job, 7}}).error().code, ErrorCode::NotExistedTask);
  EXPECT_EQ(world.call(engine::ExplainTask{{JobId{99}, 0}}).error().code, ErrorCode::NotExistedTask);
}

TEST(ExplainTask, FollowsATaskThroughItsLife) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  const JobId job = world.make_job(World::custom_job(product));
  const TaskKey key{job, 0};
  world.pass_ms(100);
  EXPECT_EQ(codes(world, key), Codes{WaitReason::DeviceOffline});
  EXPECT_FALSE(reasons(world, key)[0].since) << "it was never there";

  FakeDevice& device = world.connect(lamp, false);
  const WallMs settled = world.clock.wall() + world.config.next_wait_ms;
  EXPECT_EQ(codes(world, key), Codes{WaitReason::AwaitingNext});
  EXPECT_EQ(reasons(world, key)[0].until, settled);
  world.pass_ms(kSettleMs);
  EXPECT_EQ(codes(world, key), Codes{WaitReason::NotSubscribed});
  world.send(engine::SetReachability{device.session(), std::make_shared<FixedReach>(true)});
  world.pass_ms(100);
  ASSERT_EQ(device.pushes.size(), 1u);
  EXPECT_EQ(codes(world, key), Codes{WaitReason::PushUnconfirmed});

  world.disconnect(device);
  const WallMs left = world.clock.wall();
  world.pass_ms(3'000);
  EXPECT_EQ(codes(world, key), (Codes{WaitReason::DeviceOffline, WaitReason::AwaitingReturn}));
  EXPECT_EQ(reasons(world, key)[0].since, left);
  FakeDevice& again = world.connect(lamp);
  EXPECT_EQ(codes(world, key), (Codes{WaitReason::AwaitingNext, WaitReason::AwaitingReturn}));
  world.pass_ms(kSettleMs);
  ASSERT_EQ(again.pushes.size(), 1u);
  world.send(engine::PushConfirmed{again.session(), key, 1});
  world.settle();
  EXPECT_EQ(codes(world, key), Codes{WaitReason::AwaitingReport});
  world.pass_ms(1'000);  // the confirmation is written
  EXPECT_EQ(codes(world, key), Codes{WaitReason::AwaitingReport});

  world.report(again, key, TaskEvent::ReportInProgress, 10);
  const WallMs running = world.clock.wall();
  const auto run = reasons(world, key);
  ASSERT_EQ(run.size(), 1u);
  EXPECT_EQ(run[0].reason, WaitReason::Running);
  EXPECT_EQ(run[0].since, running);
  EXPECT_EQ(run[0].until, running + 60 * 60'000);
  world.report(again, key, TaskEvent::ReportFailed);
  const auto end = reasons(world, key);
  ASSERT_EQ(end.size(), 1u);
  EXPECT_EQ(end[0].reason, WaitReason::Ended);
  EXPECT_EQ(end[0].text.rfind("the task is FAILED", 0), 0u) << end[0].text;
}

TEST(ExplainTask, SaysWhyAFinalTaskEnded) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  engine::CreateJob create = World::custom_job(product);
  create.spec.offline_policy = OfflinePolicy::Fail;
  const JobId job = world.make_job(create);
  world.pass_ms(200);
  EXPECT_EQ(reasons(world, {job, 0}).at(0).text, "the task is FAILED: device offline");
}

TEST(ExplainTask, NamesTheJobFirstWhenItIsScheduledOrCancelled) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  engine::CreateJob create = World::custom_job(product);
  create.spec.scheduled_at = world.clock.wall() + 600'000;
  const JobId job = world.make_job(create);
  world.pass_ms(100);
  EXPECT_EQ(codes(world, {job, 0}), (Codes{WaitReason::JobScheduled, WaitReason::DeviceOffline}));
  EXPECT_EQ(reasons(world, {job, 0})[0].until, create.spec.scheduled_at);
  ASSERT_TRUE(world.call(engine::CancelJob{job}));
  EXPECT_EQ(codes(world, {job, 0}), Codes{WaitReason::Ended});
}

TEST(ExplainTask, TellsADisabledDeviceFromOneThatIsAway) {
  World world;
  const std::string product = world.make_product("lamps");
  world.connect(world.make_device(product, "lamp-1"), false);
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(kSettleMs);
  ASSERT_TRUE(world.call(engine::SetThingEnabled{{{}, product, "lamp-1"}, false}));
  EXPECT_EQ(codes(world, {job, 0}), Codes{WaitReason::DeviceDisabled});
  EXPECT_EQ(reasons(world, {job, 0})[0].since, world.clock.wall());
}

TEST(ExplainTask, EstimatesThePlaceInThePaceAndKeepsToIt) {
  World world;
  const std::string product = world.make_product("lamps");
  std::vector<FakeDevice*> devices;
  for (int i = 0; i < 60; ++i)
    devices.push_back(&world.connect(world.make_device(product, "lamp-" + std::to_string(i))));
  world.pass_ms(kSettleMs);
  const JobId job = world.make_job(World::custom_job(product, 60));
  world.pass_ms(5'000);
  const TaskKey key{job, 40};
  const auto before = reasons(world, key);
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(before[0].reason, WaitReason::Pace);
  ASSERT_TRUE(before[0].until);
  const int64_t wait_ms = *before[0].until - world.clock.wall();
  EXPECT_GT(wait_ms, 30'000);
  world.pass_ms(wait_ms - 500);
  EXPECT_EQ(world.task(key).status, TaskStatus::Queued);
  EXPECT_EQ(codes(world, key), Codes{WaitReason::Pace});
  world.pass_ms(1'000);
  EXPECT_EQ(world.task(key).status, TaskStatus::Sent);
}

TEST(ExplainTask, SaysThatTheDeviceOrTheServerIsBusy) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);
  JobId last;
  for (int i = 0; i <= limits::kUnconfirmedPushesMax; ++i) {
    last = world.make_job(World::custom_job(product));
    world.pass_ms(100);
  }
  ASSERT_EQ(device.pushes.size(), static_cast<size_t>(limits::kUnconfirmedPushesMax));
  EXPECT_EQ(codes(world, {last, 0}), Codes{WaitReason::DeviceBusy});
  world.room = 0;
  world.send(engine::PushConfirmed{device.session(), device.pushes[0].key, 1});
  world.settle();
  EXPECT_EQ(codes(world, {last, 0}).at(0), WaitReason::ServerBusy);
  world.room = 100;
  world.pass_ms(100);
  EXPECT_EQ(codes(world, {last, 0}), Codes{WaitReason::PushUnconfirmed});
}

TEST(ExplainTask, SaysWhenATaskIsNotSentAgain) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  const JobId job = world.make_job(World::custom_job(product));
  for (int i = 0; i < limits::kPushesPerTaskMax; ++i) {
    FakeDevice& device = world.connect(lamp);
    world.pass_ms(kSettleMs);
    ASSERT_EQ(device.pushes.size(), 1u);
    world.disconnect(device);
  }
  FakeDevice& device = world.connect(lamp);
  world.pass_ms(kSettleMs);
  EXPECT_TRUE(device.pushes.empty());
  EXPECT_EQ(codes(world, {job, 0}), Codes{WaitReason::PushesUsedUp});
}

TEST(Explain, HasATextForEveryReasonAndNeverAnEmptyList) {
  for (int i = 0; i <= static_cast<int>(WaitReason::Ended); ++i)
    EXPECT_FALSE(engine::wait_reason_text(static_cast<WaitReason>(i)).empty()) << i;
  for (const TaskStatus status : {TaskStatus::Queued, TaskStatus::Sent, TaskStatus::InProgress,
                                  TaskStatus::Succeeded, TaskStatus::Cancelled})
    for (const JobStatus job : {JobStatus::Initializing, JobStatus::InProgress, JobStatus::Cancelling})
      for (const bool may_push : {false, true}) {
        engine::TaskFacts facts;
        facts.status = status;
        facts.job_status = job;
        facts.job_may_push = may_push;
        EXPECT_FALSE(engine::explain(facts).empty());
      }
}

}  // namespace
}  // namespace rollcall::testing
