// DisableThing, EnableThing, DeleteDevice decided by the real engine on a real store (DESIGN 5.18).
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

constexpr int64_t kSettleMs = 2'100;

engine::DeviceRef ref(const std::string& product, const std::string& name) { return {{}, product, name}; }

bool enabled(World& world, DeviceId id) { return world.store->devices(std::array{id})->front().enabled; }

// Sends without running, so that several commands fall into one batch.
void post(World& world, decltype(engine::ApiCommand::what) what) {
  world.send(
      engine::ApiCommand{{0, 999'999}, {InstanceId{1}, "key", "127.0.0.1", "request"}, std::move(what)});
}

TEST(DisableThing, DisconnectsAtOnceLeavesTasksWaitingAndRefusesLogins) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  FakeDevice& device = world.connect(lamp);
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(kSettleMs);
  ASSERT_EQ(device.pushes.size(), 1u);
  ASSERT_TRUE(world.call(engine::SetThingEnabled{ref(product, "lamp-1"), false}));
  ASSERT_EQ(world.disconnects.size(), 1u);
  EXPECT_EQ(world.disconnects[0].reason, OfflineReason::Disabled);
  EXPECT_EQ(world.disconnects[0].epoch, device.epoch);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::Sent);
  EXPECT_EQ(world.job(job).status, JobStatus::InProgress);
  FakeDevice& again = world.connect(lamp);
  EXPECT_FALSE(again.connected);

  ASSERT_TRUE(world.call(engine::SetThingEnabled{ref(product, "lamp-1"), true}));
  FakeDevice& back = world.connect(lamp);
  EXPECT_TRUE(back.connected);
  world.pass_ms(kSettleMs);
  ASSERT_EQ(back.pushes.size(), 1u) << "what it did not confirm is pushed again";
  world.report(back, {job, 0}, TaskEvent::ReportSucceeded);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
}

TEST(DisableThing, SaysThatTheDeviceIsOfflineFromThenOn) {
  World world;
  const std::string product = world.make_product("lamps");
  world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);
  world.clock.advance_ms(5'000);
  ASSERT_TRUE(world.call(engine::SetThingEnabled{ref(product, "lamp-1"), false}));
  auto found = world.call(engine::QueryDevices{{ref(product, "lamp-1")}});
  const auto& row = std::get<engine::DevicesFound>(*found).devices.at(0);
  ASSERT_TRUE(row);
  EXPECT_FALSE(row->presence.online);
  EXPECT_EQ(row->presence.changed_at, world.clock.wall());
  EXPECT_EQ(row->presence.connection_epoch, 1);
  EXPECT_FALSE(row->device.enabled);
  world.pass_ms(1'000);
  EXPECT_FALSE(world.store->presence(std::array{row->device.id})->front().online);
}

TEST(DisableThing, IsASuccessWhenItIsSoAlready) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  EXPECT_TRUE(world.call(engine::SetThingEnabled{ref(product, "lamp-1"), true}));
  EXPECT_TRUE(world.call(engine::SetThingEnabled{ref(product, "lamp-1"), false}));
  EXPECT_TRUE(world.call(engine::SetThingEnabled{ref(product, "lamp-1"), false}));
  EXPECT_FALSE(enabled(world, lamp));
  EXPECT_TRUE(world.disconnects.empty());
}

TEST(DisableThing, AndDeleteDeviceTakeTheIotIdAndKnowOnlyTheirOwnInstance) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  const std::string iot_id = IdCodec(*world.store->id_key()).iot_id(lamp);
  const engine::DeviceRef by_id{iot_id, {}, {}};
  EXPECT_TRUE(world.call(engine::SetThingEnabled{by_id, false}));
  EXPECT_FALSE(enabled(world, lamp));
  const InstanceId other{2};
  EXPECT_EQ(world.call(engine::SetThingEnabled{by_id, true}, other).error().code,
            ErrorCode::NotExistedDevice);
  EXPECT_EQ(world.call(engine::DeleteDevice{by_id}, other).error().code, ErrorCode::NotExistedDevice);
  EXPECT_EQ(world.call(engine::DeleteDevice{ref(product, "ghost")}).error().code,
            ErrorCode::NotExistedDevice);
  EXPECT_TRUE(world.call(engine::DeleteDevice{by_id}));
  EXPECT_EQ(world.call(engine::DeleteDevice{by_id}).error().code, ErrorCode::NotExistedDevice);
  EXPECT_EQ(world.call(engine::SetThingEnabled{by_id, true}).error().code, ErrorCode::NotExistedDevice);
}

TEST(DisableThing, PushesNothingInTheBatchThatDisables) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);
  const JobId job = world.make_job([&] {
    engine::CreateJob create = World::custom_job(product);
    create.spec.scheduled_at = world.clock.wall() + 10'000;
    return create;
  }());
  world.pass_ms(9'900);
  world.clock.advance_ms(200);
  post(world, engine::SetThingEnabled{ref(product, "lamp-1"), false});
  world.settle();
  world.pass_ms(1'000);
  EXPECT_TRUE(device.pushes.empty());
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::Queued);
}

TEST(DisableThing, RefusesALoginThatWasUnderWay) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  FakeDevice& device = world.devices[50];
  device.id = lamp;
  device.at = {0, {50, 1}};
  const engine::Command open =
      engine::OpenSession{device.at, lamp, std::make_shared<FixedReach>(true), "127.0.0.1:1"};
  // The password was checked already; the disabling comes between that and the session, in the same batch.
  world.send(engine::FindDevice{device.at, product, "lamp-1"});
  post(world, engine::SetThingEnabled{ref(product, "lamp-1"), false});
  world.send(open);
  world.settle();
  EXPECT_FALSE(device.connected);
  EXPECT_EQ(world.probe.devices_connected.value(), 0);
  post(world, engine::SetThingEnabled{ref(product, "lamp-1"), true});
  post(world, engine::DeleteDevice{ref(product, "lamp-1")});
  world.send(open);
  world.settle();
  EXPECT_FALSE(device.connected);
  EXPECT_EQ(world.probe.devices_connected.value(), 0);
}

TEST(DisableThing, EndsASessionThatTheSameBatchOpened) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  FakeDevice& device = world.devices[50];
  device.id = lamp;
  device.at = {0, {50, 1}};
  world.send(engine::OpenSession{device.at, lamp, std::make_shared<FixedReach>(true), "127.0.0.1:1"});
  post(world, engine::SetThingEnabled{ref(product, "lamp-1"), false});
  world.settle();
  EXPECT_FALSE(device.connected) << "told to go after it was told to come in, not before";
  ASSERT_EQ(world.disconnects.size(), 1u);
  EXPECT_EQ(world.probe.devices_connected.value(), 0);
  world.send(engine::CloseSession{device.session()});  // what the core says of it later
  world.settle();
  EXPECT_EQ(world.probe.devices_connected.value(), 0);
}

TEST(DisableThing, LeavesALoginThatCameAfterTheDeviceWasEnabledAgain) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  world.connect(lamp);
  FakeDevice& device = world.devices[50];
  device.id = lamp;
  device.at = {0, {50, 1}};
  post(world, engine::SetThingEnabled{ref(product, "lamp-1"), false});
  post(world, engine::SetThingEnabled{ref(product, "lamp-1"), true});
  world.send(engine::OpenSession{device.at, lamp, std::make_shared<FixedReach>(true), "127.0.0.1:1"});
  world.settle();
  EXPECT_TRUE(device.connected);
  EXPECT_EQ(world.probe.devices_connected.value(), 1);
  world.make_job(World::custom_job(product));
  world.pass_ms(kSettleMs);
  EXPECT_EQ(device.pushes.size(), 1u);
}

TEST(DeleteDevice, CancelsItsOpenTasksWhichStayReadableAndMayCompleteTheJob) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId first = world.make_device(product, "lamp-1");
  FakeDevice& second = world.connect(world.make_device(product, "lamp-2"));
  FakeDevice& gone = world.connect(first);
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(kSettleMs);
  world.report(second, {job, 1}, TaskEvent::ReportSucceeded);
  world.report(gone, {job, 0}, TaskEvent::ReportInProgress, 40);
  ASSERT_TRUE(world.call(engine::DeleteDevice{ref(product, "lamp-1")}));
  ASSERT_EQ(world.disconnects.size(), 1u);
  EXPECT_EQ(world.disconnects[0].reason, OfflineReason::Deleted);
  world.pass_ms(100);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  EXPECT_EQ(world.job(job).counters[TaskStatus::Cancelled], 1);
  world.expect_counters_match(job);
  EXPECT_EQ(world.store->products_by_key(std::array{product})->front().device_count, 1);
  auto task = engine::Queries(*world.store).task(InstanceId{1}, {job, 0});
  ASSERT_TRUE(task);
  EXPECT_EQ(task->task.status, TaskStatus::Cancelled);
  EXPECT_EQ(task->device_name, "lamp-1");
  // Its late word changes nothing: the session is over.
  world.report(gone, {job, 0}, TaskEvent::ReportSucceeded);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::Cancelled);
}

TEST(DeleteDevice, LetsTheNameBeRegisteredAgainAsAnotherDevice) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId old = world.make_device(product, "lamp-1");
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  post(world, engine::DeleteDevice{ref(product, "lamp-1")});
  const DeviceId next = world.make_device(product, "lamp-1");  // in the same batch
  EXPECT_NE(old, next);
  FakeDevice& device = world.connect(next);
  world.pass_ms(kSettleMs);
  EXPECT_TRUE(device.pushes.empty()) << "the tasks were the old device's";
  EXPECT_EQ(world.task({job, 0}).device, old);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::Cancelled);
  const JobId second = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  EXPECT_EQ(world.job(second).counters.total(), 1);
  EXPECT_EQ(world.task({second, 0}).device, next);
}

TEST(DeleteDevice, OfAJobStillBeingMadeLeavesCountersThatMatch) {
  World world;
  const std::string product = world.make_product("lamps");
  for (int i = 0; i < 4'200; ++i) world.make_device(product, "lamp-" + std::to_string(10'000 + i));
  post(world, World::custom_job(product));
  std::vector<engine::Effect> effects;
  world.engine->run(effects);  // the job exists; its tasks do not, or not all of them
  for (int i = 0; i < 4'200; i += 100)
    post(world, engine::DeleteDevice{ref(product, "lamp-" + std::to_string(10'000 + i))});
  world.settle();
  world.pass_ms(1'000);
  const auto jobs = world.store->list_jobs(InstanceId{1}, {}, 0, 10);
  ASSERT_EQ(jobs->jobs.size(), 1u);
  const Job& job = jobs->jobs.front();
  EXPECT_EQ(job.status, JobStatus::InProgress);
  EXPECT_EQ(job.counters[TaskStatus::Queued], 4'200 - 42);
  world.expect_counters_match(job.id);
}

TEST(DeleteDevice, TakesADeviceOutOfALaterJobsTargets) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  engine::CreateJob list = World::custom_job(product);
  list.spec.target_type = TargetType::DeviceList;
  list.targets = {ref(product, "lamp-1")};
  post(world, engine::DeleteDevice{ref(product, "lamp-1")});
  auto made = world.call(list);  // in the same batch
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::NotExistedDevice);
  EXPECT_EQ(world.call(World::custom_job(product)).error().code, ErrorCode::NoTarget);
}

}  // namespace
}  // namespace rollcall::testing
