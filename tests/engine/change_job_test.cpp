// PauseJob, ResumeJob and UpdateJob on the real engine and a real store (cloud-api A.2, DESIGN 5.16, 5.17).
#include "engine/big_job.hpp"

namespace rollcall::testing {
namespace {

// A world with connected devices of one product, ready to be pushed to.
struct Lamps {
  World world;
  std::string product;
  std::vector<DeviceId> ids;
  std::vector<FakeDevice*> devices;

  explicit Lamps(int count) : product(world.make_product("lamps")) {
    for (int i = 0; i < count; ++i) ids.push_back(world.make_device(product, "lamp-" + std::to_string(i)));
    connect();
  }
  void connect() {
    devices.clear();
    for (DeviceId id : ids) devices.push_back(&world.connect(id));
    world.pass_ms(kSettleMs);
  }
  size_t pushes() const {
    size_t n = 0;
    for (const FakeDevice* device : devices) n += device->pushes.size();
    return n;
  }
};

TEST(PauseJob, StopsNewPushesAndLetsRunningTasksGoOn) {
  Lamps lamps(10);
  World& world = lamps.world;
  const JobId job = world.make_job(World::custom_job(lamps.product, 60));  // one a second
  world.pass_ms(3'500);
  const size_t before = lamps.pushes();
  ASSERT_GT(before, 0u);
  ASSERT_LT(before, 10u);
  ASSERT_TRUE(world.call(engine::PauseJob{job}));
  EXPECT_TRUE(world.job(job).paused);
  EXPECT_EQ(world.job(job).status, JobStatus::InProgress);
  world.pass_ms(20'000, 500);
  EXPECT_EQ(lamps.pushes(), before);
  for (FakeDevice* device : lamps.devices)
    if (!device->pushes.empty()) world.report(*device, device->pushes[0].key, TaskEvent::ReportSucceeded);
  EXPECT_EQ(world.job(job).counters[TaskStatus::Succeeded], static_cast<int64_t>(before));

  ASSERT_TRUE(world.call(engine::ResumeJob{job}));
  EXPECT_FALSE(world.job(job).paused);
  world.pass_ms(12'000);
  EXPECT_EQ(lamps.pushes(), 10u);
  world.expect_counters_match(job);
}

TEST(PauseJob, LetsNoPushIntoTheBatchThatPauses) {
  Lamps lamps(3);
  World& world = lamps.world;
  world.room = 0;
  const JobId job = world.make_job(World::custom_job(lamps.product));
  world.pass_ms(1'000);
  ASSERT_EQ(lamps.pushes(), 0u);
  world.room = 1'000;
  world.clock.advance_ms(100);
  world.send(engine::ApiCommand{{0, 1'000'000}, {InstanceId{1}, "", "", ""}, engine::PauseJob{job}});
  world.get_next(*lamps.devices[0]);  // in the same batch
  EXPECT_TRUE(lamps.devices[0]->gets.back().items.empty());
  world.pass_ms(1'000);
  EXPECT_EQ(lamps.pushes(), 0u);
  EXPECT_EQ(world.job(job).counters[TaskStatus::Queued], 3);
}

TEST(PauseJob, HoldsBackWhatDevicesAskForAndSurvivesARestart) {
  Lamps lamps(2);
  World& world = lamps.world;
  world.disconnect(*lamps.devices[0]);
  world.disconnect(*lamps.devices[1]);
  const JobId job = world.make_job(World::custom_job(lamps.product));
  ASSERT_TRUE(world.call(engine::PauseJob{job}));
  world.restart();
  lamps.connect();
  world.get_next(*lamps.devices[0]);
  EXPECT_TRUE(lamps.devices[0]->gets.back().items.empty());
  world.pass_ms(5'000);
  EXPECT_EQ(lamps.pushes(), 0u);
  ASSERT_TRUE(world.call(engine::ResumeJob{job}));
  world.pass_ms(1'000);
  EXPECT_EQ(lamps.pushes(), 2u);
}

TEST(PauseJob, KeepsTheClocksOfRunningTasksAndOfTheJobRunning) {
  Lamps lamps(1);
  World& world = lamps.world;
  engine::CreateJob create = World::custom_job(lamps.product);
  create.settings.in_progress_timeout_minutes = 1;
  const JobId job = world.make_job(create);
  world.pass_ms(100);
  world.report(*lamps.devices[0], {job, 0}, TaskEvent::ReportInProgress);
  ASSERT_TRUE(world.call(engine::PauseJob{job}));
  world.pass_ms(61'000, 1'000);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::TimedOut);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  EXPECT_FALSE(world.job(job).paused) << "nothing is held back any more";

  world.disconnect(*lamps.devices[0]);
  create.spec.lifetime_ms = 3'600'000;
  const JobId held = world.make_job(create);
  ASSERT_TRUE(world.call(engine::PauseJob{held}));
  world.pass_ms(3'610'000, 10'000);
  EXPECT_EQ(world.job(held).status, JobStatus::TimedOut);
}

TEST(PauseJob, IsTakenTwiceAndBeforeTheStartButNotAfterTheEnd) {
  Lamps lamps(1);
  World& world = lamps.world;
  engine::CreateJob create = World::custom_job(lamps.product);
  create.spec.scheduled_at = world.clock.wall() + 600'000;
  const JobId job = world.make_job(create);
  EXPECT_TRUE(world.call(engine::ResumeJob{job})) << "not paused: nothing to do";
  EXPECT_TRUE(world.call(engine::PauseJob{job}));
  const int32_t epoch = world.job(job).epoch;
  EXPECT_TRUE(world.call(engine::PauseJob{job}));
  EXPECT_EQ(world.job(job).epoch, epoch);
  EXPECT_EQ(world.job(job).status, JobStatus::Waiting);
  world.pass_ms(601'000, 1'000);
  EXPECT_EQ(world.job(job).status, JobStatus::InProgress);
  EXPECT_EQ(lamps.pushes(), 0u);
  EXPECT_EQ(world.call(engine::PauseJob{job}, InstanceId{2}).error().code, ErrorCode::NotExistedJob);
  EXPECT_EQ(world.call(engine::ResumeJob{JobId{999}}).error().code, ErrorCode::NotExistedJob);
  ASSERT_TRUE(world.call(engine::CancelJob{job}));
  world.pass_ms(100);
  EXPECT_EQ(world.call(engine::PauseJob{job}).error().code, ErrorCode::InvalidJobStatus);
  EXPECT_EQ(world.call(engine::ResumeJob{job}).error().code, ErrorCode::InvalidJobStatus);
  EXPECT_FALSE(world.job(job).paused);
}

engine::UpdateJob update_of(JobId job) {
  engine::UpdateJob update;
  update.job = job;
  return update;
}

TEST(UpdateJob, ChangesThePaceAtOnce) {
  Lamps lamps(30);
  World& world = lamps.world;
  const JobId job = world.make_job(World::custom_job(lamps.product, 60));  // one a second
  world.pass_ms(4'000);
  const size_t slow = lamps.pushes();
  EXPECT_LE(slow, 5u);
  engine::UpdateJob update = update_of(job);
  update.maximum_per_minute = 600;
  ASSERT_TRUE(world.call(update));
  EXPECT_EQ(world.job(job).settings.maximum_per_minute, 600);
  EXPECT_TRUE(world.job(job).settings.maximum_per_minute_given);
  EXPECT_EQ(world.job(job).status, JobStatus::InProgress);
  world.pass_ms(2'200);
  EXPECT_GE(lamps.pushes(), slow + 10);
  update.maximum_per_minute = 50;
  ASSERT_TRUE(world.call(update));
  const size_t fast = lamps.pushes();
  world.pass_ms(4'000);
  EXPECT_LE(lamps.pushes(), fast + 5);
  EXPECT_GE(lamps.pushes(), fast + 2);
}

TEST(UpdateJob, KeepsWhatIsNotGiven) {
  Lamps lamps(1);
  World& world = lamps.world;
  engine::CreateJob create = World::custom_job(lamps.product, 500);
  create.settings.description = "first";
  create.settings.qos = MessageQos::Qos0;
  create.settings.in_progress_timeout_minutes = 7;
  const JobId job = world.make_job(create);
  engine::UpdateJob update = update_of(job);
  ASSERT_TRUE(world.call(update));
  update.description = "second";
  ASSERT_TRUE(world.call(update));
  const JobSettings settings = world.job(job).settings;
  EXPECT_EQ(settings.description, "second");
  EXPECT_EQ(settings.maximum_per_minute, 500);
  EXPECT_FALSE(settings.maximum_per_minute_given);
  EXPECT_EQ(settings.qos, MessageQos::Qos0);
  EXPECT_EQ(settings.in_progress_timeout_minutes, 7);
}

TEST(UpdateJob, TimesOutByTheNewMinutesFromTheNextInProgressOn) {
  Lamps lamps(2);
  World& world = lamps.world;
  engine::CreateJob create = World::custom_job(lamps.product);
  create.settings.in_progress_timeout_minutes = 10;
  const JobId job = world.make_job(create);
  world.pass_ms(200);
  world.report(*lamps.devices[0], lamps.devices[0]->pushes.at(0).key, TaskEvent::ReportInProgress);
  engine::UpdateJob update = update_of(job);
  update.timeout_minutes = 1;
  ASSERT_TRUE(world.call(update));
  world.report(*lamps.devices[1], lamps.devices[1]->pushes.at(0).key, TaskEvent::ReportInProgress);
  world.pass_ms(61'000, 1'000);
  EXPECT_EQ(world.task(lamps.devices[0]->pushes.at(0).key).status, TaskStatus::InProgress);
  EXPECT_EQ(world.task(lamps.devices[1]->pushes.at(0).key).status, TaskStatus::TimedOut);
  world.pass_ms(540'000, 1'000);
  EXPECT_EQ(world.task(lamps.devices[0]->pushes.at(0).key).status, TaskStatus::TimedOut);
}

TEST(UpdateJob, TakesOfTheMinutesWhatTheTypeAllows) {
  Lamps lamps(1);
  World& world = lamps.world;
  engine::CreateJob create = World::custom_job(lamps.product);
  create.spec.type = JobType::SetProperty;
  create.spec.document = R"({"params":{"power":1}})";
  create.spec.scheduled_at = world.clock.wall() + 600'000;
  const JobId job = world.make_job(create);
  engine::UpdateJob update = update_of(job);
  update.timeout_minutes = 60;
  update.qos = MessageQos::Qos0;
  ASSERT_TRUE(world.call(update));
  EXPECT_EQ(world.job(job).settings.in_progress_timeout_minutes, 5);
  EXPECT_EQ(world.job(job).settings.qos, MessageQos::Qos1) << "has no effect on this type";
  update.timeout_minutes = 0;
  EXPECT_EQ(world.call(update).error().code, ErrorCode::InvalidFormattedParameter);
}

TEST(UpdateJob, SendsLaterPushesWithTheNewQosAndSurvivesARestart) {
  Lamps lamps(2);
  World& world = lamps.world;
  world.disconnect(*lamps.devices[1]);
  const JobId job = world.make_job(World::custom_job(lamps.product));
  world.pass_ms(200);
  EXPECT_EQ(lamps.devices[0]->pushes.at(0).content->qos, MessageQos::Qos1);
  engine::UpdateJob update = update_of(job);
  update.qos = MessageQos::Qos0;
  ASSERT_TRUE(world.call(update));
  FakeDevice& late = world.connect(lamps.ids[1]);
  world.pass_ms(kSettleMs);
  ASSERT_EQ(late.pushes.size(), 1u);
  EXPECT_EQ(late.pushes[0].content->qos, MessageQos::Qos0);
  world.restart();
  lamps.connect();
  EXPECT_EQ(lamps.devices[0]->pushes.at(0).content->qos, MessageQos::Qos0);
}

TEST(UpdateJob, IsRefusedWhereTheJobCannotUseIt) {
  Lamps lamps(2);
  World& world = lamps.world;
  world.disconnect(*lamps.devices[0]);
  world.disconnect(*lamps.devices[1]);
  engine::CreateJob create = World::custom_job(lamps.product);
  create.spec.lifetime_ms = 60'000;
  const JobId job = world.make_job(create);
  engine::UpdateJob update = update_of(job);
  update.maximum_per_minute = 1;  // two tasks in a life of one minute
  EXPECT_EQ(world.call(update).error().code, ErrorCode::InvalidFormattedParameter);
  EXPECT_EQ(world.job(job).settings.maximum_per_minute, 60'000'000);
  update.maximum_per_minute = 100;
  EXPECT_EQ(world.call(update, InstanceId{2}).error().code, ErrorCode::NotExistedJob);
  ASSERT_TRUE(world.call(engine::CancelJob{job}));
  world.pass_ms(100);
  EXPECT_EQ(world.call(update).error().code, ErrorCode::InvalidJobStatus);
}

}  // namespace
}  // namespace rollcall::testing
