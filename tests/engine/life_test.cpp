// The life of jobs and tasks, decided by the real engine on a real store (cloud-api B, DESIGN 5.8 to 5.16).
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

constexpr int64_t kSettleMs = 2'100;  // past the wait for a $next after CONNACK

TEST(JobLife, RunsACustomJobFromQueuedToCompleted) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  FakeDevice& device = world.connect(lamp);
  world.pass_ms(kSettleMs);
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  ASSERT_EQ(device.pushes.size(), 1u);
  const TaskKey key = device.pushes[0].key;
  EXPECT_EQ(world.task(key).status, TaskStatus::Sent);
  world.report(device, key, TaskEvent::ReportInProgress, 40);
  EXPECT_EQ(world.task(key).status, TaskStatus::InProgress);
  EXPECT_EQ(world.task(key).progress, 40);
  world.report(device, key, TaskEvent::ReportSucceeded, 100);
  world.pass_ms(100);
  EXPECT_EQ(world.task(key).status, TaskStatus::Succeeded);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  ASSERT_EQ(device.updates.size(), 2u);
  EXPECT_TRUE(device.updates[0].status);
  EXPECT_TRUE(device.updates[1].status);
  world.expect_counters_match(job);
}

TEST(JobLife, KeepsATaskQueuedUntilItsDeviceReturns) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(1'000);
  EXPECT_EQ(world.job(job).counters[TaskStatus::Queued], 1);
  FakeDevice& device = world.connect(lamp);
  EXPECT_TRUE(device.pushes.empty()) << "pushed before the wait for $next was over";
  world.pass_ms(kSettleMs);
  EXPECT_EQ(device.pushes.size(), 1u);
}

TEST(JobLife, PushesNothingToADeviceThatSubscribedToNothing) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  FakeDevice& device = world.connect(lamp, false);
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(kSettleMs);
  EXPECT_TRUE(device.pushes.empty());
  EXPECT_EQ(world.job(job).counters[TaskStatus::Queued], 1);
  world.send(engine::SetReachability{device.session(), std::make_shared<FixedReach>(true)});
  world.pass_ms(100);
  EXPECT_EQ(device.pushes.size(), 1u);
}

TEST(JobLife, GivesADeviceThatAsksAtOnceItsTaskOnlyOnce) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  world.make_job(World::custom_job(product));
  world.pass_ms(100);
  FakeDevice& device = world.connect(lamp);
  world.get_next(device);
  ASSERT_EQ(device.gets.size(), 1u);
  ASSERT_EQ(device.gets[0].items.size(), 1u);
  EXPECT_EQ(device.gets[0].items[0].status, TaskStatus::Sent);
  world.pass_ms(kSettleMs);
  EXPECT_TRUE(device.pushes.empty());
}

TEST(JobLife, AnswersNextWithNothingWhenNothingIsOpen) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.get_next(device);
  ASSERT_EQ(device.gets.size(), 1u);
  EXPECT_TRUE(device.gets[0].items.empty());
}

TEST(JobLife, FailsACommandWhoseDeviceIsOffline) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  engine::CreateJob create = World::custom_job(product);
  create.spec.type = JobType::SetProperty;
  create.spec.document = R"({"params":{"power":1}})";
  create.spec.offline_policy = OfflinePolicy::Fail;
  const JobId job = world.make_job(create);
  world.pass_ms(200);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::Failed);
  EXPECT_EQ(world.detail({job, 0}).message, "device offline");
}

TEST(JobLife, SettlesAPropertySetByItsReply) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& good = world.connect(world.make_device(product, "lamp-1"));
  FakeDevice& bad = world.connect(world.make_device(product, "lamp-2"));
  world.pass_ms(kSettleMs);
  engine::CreateJob create = World::custom_job(product);
  create.spec.type = JobType::SetProperty;
  create.spec.document = R"({"params":{"power":1}})";
  const JobId job = world.make_job(create);
  world.pass_ms(100);
  ASSERT_EQ(good.pushes.size(), 1u);
  EXPECT_EQ(world.task(good.pushes[0].key).status, TaskStatus::InProgress);
  world.send(engine::CommandReply{good.session(), alink_id(job, 1), 200, "{}", "success", {}});
  world.send(engine::CommandReply{bad.session(), alink_id(job, 1), 460, "{}", "no such lamp", {}});
  world.pass_ms(100);
  EXPECT_EQ(world.task(good.pushes[0].key).status, TaskStatus::Succeeded);
  EXPECT_EQ(world.task(bad.pushes[0].key).status, TaskStatus::Failed);
  EXPECT_EQ(world.detail(bad.pushes[0].key).message, "code 460: no such lamp");
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
}

TEST(JobLife, TakesAPubMessageAsDoneOnPubAckAndOnWrite) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);
  for (const MessageQos qos : {MessageQos::Qos1, MessageQos::Qos0}) {
    engine::CreateJob create = World::custom_job(product);
    create.spec.type = JobType::Pub;
    create.spec.document = R"({"topicShortName":"get","messageContent":"aGVsbG8="})";
    create.settings.qos = qos;
    create.settings.in_progress_timeout_minutes = 0;
    const JobId job = world.make_job(create);
    world.pass_ms(100);
    const TaskKey key = device.pushes.back().key;
    EXPECT_EQ(world.task(key).status, TaskStatus::Sent);
    if (qos == MessageQos::Qos1) {
      world.send(engine::PushWritten{device.session(), key, 1});
      world.pass_ms(100);
      EXPECT_EQ(world.task(key).status, TaskStatus::Sent) << "QoS 1 needs the PUBACK";
      world.send(engine::PushConfirmed{device.session(), key, 1});
    } else {
      world.send(engine::PushWritten{device.session(), key, 1});
    }
    world.pass_ms(100);
    EXPECT_EQ(world.task(key).status, TaskStatus::Succeeded);
    EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  }
}

TEST(JobLife, TimesOutATaskThatStaysInProgress) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);
  engine::CreateJob create = World::custom_job(product);
  create.settings.in_progress_timeout_minutes = 1;
  const JobId job = world.make_job(create);
  world.pass_ms(100);
  world.report(device, device.pushes.at(0).key, TaskEvent::ReportInProgress, 1);
  world.clock.step_wall_ms(3'600'000);  // a step of the wall clock moves nothing that is armed
  world.pass_ms(59'000, 1'000);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::InProgress);
  world.pass_ms(1'500, 100);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::TimedOut);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  world.report(device, {job, 0}, TaskEvent::ReportSucceeded);
  EXPECT_TRUE(device.updates.back().status) << "a late report is answered, and changes nothing";
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::TimedOut);
  EXPECT_TRUE(world.task({job, 0}).flags & kTaskLateSuccess);
  world.expect_counters_match(job);
}

TEST(JobLife, StartsAScheduledJobWhenItsTimeComes) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  engine::CreateJob create = World::custom_job(product);
  create.spec.scheduled_at = world.clock.wall() + 600'000;
  const JobId job = world.make_job(create);
  world.pass_ms(599'000, 1'000);
  EXPECT_EQ(world.job(job).status, JobStatus::Waiting);
  EXPECT_TRUE(device.pushes.empty());
  world.pass_ms(2'000, 100);
  EXPECT_EQ(world.job(job).status, JobStatus::InProgress);
  EXPECT_EQ(device.pushes.size(), 1u);
}

TEST(JobLife, CancelsQueuedSentAndRunningTasksAndTellsTheirDevices) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& sent = world.connect(world.make_device(product, "lamp-1"));
  FakeDevice& running = world.connect(world.make_device(product, "lamp-2"));
  FakeDevice& done = world.connect(world.make_device(product, "lamp-3"));
  world.make_device(product, "lamp-4");
  world.pass_ms(kSettleMs);
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  world.report(running, running.pushes.at(0).key, TaskEvent::ReportInProgress);
  world.report(done, done.pushes.at(0).key, TaskEvent::ReportSucceeded);
  ASSERT_TRUE(world.call(engine::CancelJob{job}));
  world.pass_ms(100);
  EXPECT_EQ(world.job(job).status, JobStatus::Cancelled);
  EXPECT_EQ(world.job(job).counters[TaskStatus::Cancelled], 3);
  EXPECT_EQ(world.job(job).counters[TaskStatus::Succeeded], 1);
  EXPECT_EQ(sent.told.size(), 1u);
  EXPECT_EQ(running.told.size(), 1u);
  EXPECT_TRUE(done.told.empty());
  world.report(running, running.pushes.at(0).key, TaskEvent::ReportInProgress);
  EXPECT_FALSE(running.updates.back().status) << "a cancelled task resists";
  world.expect_counters_match(job);
  auto again = world.call(engine::CancelJob{job});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::InvalidJobStatus);
}

TEST(JobLife, EndsAtTheEndOfItsLife) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  engine::CreateJob create = World::custom_job(product);
  create.spec.lifetime_ms = 3'600'000;
  const JobId job = world.make_job(create);
  world.pass_ms(3'590'000, 10'000);
  EXPECT_EQ(world.job(job).status, JobStatus::InProgress);
  world.pass_ms(20'000, 1'000);
  EXPECT_EQ(world.job(job).status, JobStatus::TimedOut);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::TimedOut);
}

TEST(JobLife, LivesItsLifeFromItsStartWhenThatComesLate) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  engine::CreateJob create = World::custom_job(product);
  create.spec.scheduled_at = world.clock.wall() + 600'000;
  create.spec.lifetime_ms = 60'000;
  const JobId job = world.make_job(create);
  world.clock.advance_ms(600'700);  // nothing ran when its time came
  world.settle();
  ASSERT_EQ(world.job(job).status, JobStatus::InProgress);
  world.pass_ms(59'500, 100);
  EXPECT_EQ(world.job(job).status, JobStatus::InProgress);
  world.pass_ms(1'000, 100);
  EXPECT_EQ(world.job(job).status, JobStatus::TimedOut);
}

TEST(JobLife, RefusesReportsOfOtherDevicesAndOldConnections) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  FakeDevice& device = world.connect(lamp);
  FakeDevice& other = world.connect(world.make_device(product, "lamp-2"));
  world.pass_ms(kSettleMs);
  world.make_job(World::custom_job(product));
  world.pass_ms(100);
  const TaskKey key = device.pushes.at(0).key;
  world.report(other, key, TaskEvent::ReportSucceeded);
  EXPECT_FALSE(other.updates.back().status);
  const engine::SessionRef stale = device.session();
  world.connect(lamp);
  ASSERT_EQ(world.disconnects.size(), 1u);
  EXPECT_EQ(world.disconnects[0].reason, OfflineReason::TakenOver);
  world.send(engine::JobUpdate{stale, key, TaskEvent::ReportSucceeded, {}, "", {"1", "", 0}});
  world.send(engine::CloseSession{stale});
  world.settle();
  EXPECT_EQ(world.task(key).status, TaskStatus::Sent);
  EXPECT_EQ(world.probe.devices_connected.value(), 2) << "the late close of the old connection ends nothing";
}

TEST(JobLife, PushesAnUnconfirmedTaskOncePerConnectionAndAtMostFiveTimes) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  world.make_job(World::custom_job(product));
  for (int round = 1; round <= 7; ++round) {
    FakeDevice& device = world.connect(lamp);
    world.pass_ms(5'000);
    EXPECT_EQ(device.pushes.size(), round <= 5 ? 1u : 0u) << "connection " << round;
    world.disconnect(device);
  }
}

TEST(JobLife, DoesNotRepeatAConfirmedTask) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  world.make_job(World::custom_job(product));
  FakeDevice& device = world.connect(lamp);
  world.pass_ms(kSettleMs);
  ASSERT_EQ(device.pushes.size(), 1u);
  world.send(engine::PushConfirmed{device.session(), device.pushes[0].key, 1});
  world.pass_ms(500);
  world.disconnect(device);
  FakeDevice& again = world.connect(lamp);
  world.pass_ms(5'000);
  EXPECT_TRUE(again.pushes.empty());
}

TEST(JobLife, GoesOnAfterARestartWithoutLosingOrRepeatingAReport) {
  World world;
  const std::string product = world.make_product("lamps");
  std::vector<DeviceId> lamps;
  for (int i = 0; i < 20; ++i) lamps.push_back(world.make_device(product, "lamp-" + std::to_string(i)));
  const JobId job = world.make_job(World::custom_job(product));
  std::vector<FakeDevice*> devices;
  for (DeviceId lamp : lamps) devices.push_back(&world.connect(lamp));
  world.pass_ms(kSettleMs);
  for (int i = 0; i < 10; ++i)
    world.report(*devices[static_cast<size_t>(i)], devices[static_cast<size_t>(i)]->pushes.at(0).key,
                 TaskEvent::ReportSucceeded);
  world.restart();
  EXPECT_EQ(world.job(job).counters[TaskStatus::Succeeded], 10);
  devices.clear();
  for (DeviceId lamp : lamps) devices.push_back(&world.connect(lamp));
  world.pass_ms(kSettleMs);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(devices[static_cast<size_t>(i)]->pushes.size(), i < 10 ? 0u : 1u);
    if (i >= 10)
      world.report(*devices[static_cast<size_t>(i)], devices[static_cast<size_t>(i)]->pushes.at(0).key,
                   TaskEvent::ReportSucceeded);
  }
  world.pass_ms(100);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  world.expect_counters_match(job);
}

TEST(JobLife, LetsASilentDeviceHoldAtMostTenUnconfirmedPushes) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);
  for (int i = 0; i < 15; ++i) world.make_job(World::custom_job(product));
  world.pass_ms(1'000);
  ASSERT_EQ(device.pushes.size(), 10u);
  world.send(engine::PushConfirmed{device.session(), device.pushes[0].key, 1});
  world.pass_ms(1'000);
  EXPECT_EQ(device.pushes.size(), 11u);
}

TEST(JobLife, PushesNothingWithoutRoomAndGoesOnWhenThereIsSome) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);
  world.room = 0;
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(200);
  EXPECT_TRUE(device.pushes.empty());
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::Queued);
  world.room = 100;
  world.pass_ms(200);
  EXPECT_EQ(device.pushes.size(), 1u);
}

}  // namespace
}  // namespace rollcall::testing
