// Devices that were away when their task was cancelled or removed are told when they come back (DESIGN 5.16).
#include "engine/big_job.hpp"

namespace rollcall::testing {
namespace {

// One lamp that was sent a custom job's task and then went away.
struct Away {
  World world;
  std::string product;
  DeviceId lamp;
  JobId job;

  explicit Away(bool running = false) : product(world.make_product("lamps")) {
    lamp = world.make_device(product, "lamp-1");
    FakeDevice& device = world.connect(lamp);
    world.pass_ms(kSettleMs);
    job = world.make_job(World::custom_job(product));
    world.pass_ms(100);
    EXPECT_EQ(device.pushes.size(), 1u);
    if (running) world.report(device, {job, 0}, TaskEvent::ReportInProgress);
    world.disconnect(device);
  }
  FakeDevice& come_back(bool reachable = true) {
    FakeDevice& device = world.connect(lamp, reachable);
    world.pass_ms(kSettleMs);
    return device;
  }
};

TEST(Tell, ReachesADeviceOnItsNextConnectionOnce) {
  for (const bool running : {false, true}) {
    for (const bool removed : {false, true}) {
      Away away(running);
      if (removed)
        ASSERT_TRUE(away.world.call(engine::DeleteJob{away.job}));
      else
        ASSERT_TRUE(away.world.call(engine::CancelJob{away.job}));
      away.world.pass_ms(1'000);
      FakeDevice& device = away.come_back();
      ASSERT_EQ(device.told.size(), 1u);
      EXPECT_EQ(device.told[0].key, (TaskKey{away.job, 0}));
      EXPECT_EQ(device.told[0].removed, removed);
      EXPECT_EQ(device.told[0].epoch, device.epoch);
      EXPECT_TRUE(device.pushes.empty());
      away.world.disconnect(device);
      EXPECT_TRUE(away.come_back().told.empty()) << "told already";
    }
  }
}

TEST(Tell, SurvivesARestart) {
  Away away;
  ASSERT_TRUE(away.world.call(engine::CancelJob{away.job}));
  away.world.restart();
  EXPECT_EQ(away.come_back().told.size(), 1u);
}

TEST(Tell, WaitsUntilTheDeviceSubscribes) {
  Away away;
  ASSERT_TRUE(away.world.call(engine::CancelJob{away.job}));
  FakeDevice& device = away.come_back(false);
  EXPECT_TRUE(device.told.empty());
  away.world.send(engine::SetReachability{device.session(), std::make_shared<FixedReach>(true)});
  away.world.pass_ms(100);
  EXPECT_EQ(device.told.size(), 1u);
}

TEST(Tell, WaitsForADeviceThatIsConnectedButNotSubscribed) {
  Away away;
  FakeDevice& device = away.come_back(false);
  ASSERT_TRUE(away.world.call(engine::CancelJob{away.job}));
  away.world.pass_ms(1'000);
  EXPECT_TRUE(device.told.empty());
  away.world.send(engine::SetReachability{device.session(), std::make_shared<FixedReach>(true)});
  away.world.pass_ms(100);
  EXPECT_EQ(device.told.size(), 1u);
}

TEST(Tell, WaitsForADeviceThatUnsubscribed) {
  Away away;
  FakeDevice& device = away.come_back();
  const auto reach = [&](bool all) {
    away.world.send(engine::SetReachability{device.session(), std::make_shared<FixedReach>(all)});
    away.world.pass_ms(100);
  };
  reach(false);
  ASSERT_TRUE(away.world.call(engine::CancelJob{away.job}));
  EXPECT_TRUE(device.told.empty());
  reach(true);
  EXPECT_EQ(device.told.size(), 1u);
}

TEST(Tell, IsNotRepeatedToADeviceThatWasThere) {
  Away away;
  FakeDevice& device = away.come_back();
  ASSERT_TRUE(away.world.call(engine::CancelJob{away.job}));
  away.world.pass_ms(1'000);
  EXPECT_EQ(device.told.size(), 1u);
  away.world.disconnect(device);
  EXPECT_TRUE(away.come_back().told.empty());
  away.world.restart();
  EXPECT_TRUE(away.come_back().told.empty());
}

TEST(Tell, SaysNothingOfTasksThatTheDeviceNeverGot) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  const JobId queued = world.make_job(World::custom_job(product));
  ASSERT_TRUE(world.call(engine::CancelJob{queued}));
  FakeDevice& device = world.connect(lamp);
  world.pass_ms(kSettleMs);
  engine::CreateJob create = World::custom_job(product);
  create.spec.type = JobType::SetProperty;
  create.spec.document = R"({"params":{"power":1}})";
  const JobId command = world.make_job(create);
  world.pass_ms(100);
  EXPECT_EQ(world.task({command, 0}).status, TaskStatus::InProgress);
  world.disconnect(device);
  ASSERT_TRUE(world.call(engine::DeleteJob{command}));
  FakeDevice& back = world.connect(lamp);
  world.pass_ms(kSettleMs);
  EXPECT_TRUE(device.told.empty());
  EXPECT_TRUE(back.told.empty());
}

TEST(Tell, GoesOnUntilEverythingIsTold) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  FakeDevice& device = world.connect(lamp);
  world.pass_ms(kSettleMs);
  std::vector<JobId> jobs;
  for (size_t i = 0; i < limits::kTellsPerLook + 6; ++i) {
    jobs.push_back(world.make_job(World::custom_job(product)));
    world.pass_ms(100);
    world.report(device, {jobs.back(), 0}, TaskEvent::ReportInProgress);
  }
  world.disconnect(device);
  for (const JobId job : jobs) ASSERT_TRUE(world.call(engine::CancelJob{job}));
  FakeDevice& back = world.connect(lamp);
  world.pass_ms(kSettleMs);
  EXPECT_EQ(back.told.size(), jobs.size());
}

}  // namespace
}  // namespace rollcall::testing
