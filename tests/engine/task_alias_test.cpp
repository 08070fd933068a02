// TaskIds of another platform that devices still report (DESIGN 5.22).
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

Result<engine::FleetImported> call_it(World& world, const std::string& code, const TaskKey& key,
                                      InstanceId instance = InstanceId{1}) {
  engine::ImportFleet import;
  import.tasks.push_back({code, key, "tasks[0]"});
  auto done = world.call(import, instance);
  if (!done) return fail(std::move(done.error()));
  return std::get<engine::FleetImported>(std::move(*done));
}

class TaskAlias : public ::testing::Test {
 protected:
  void SetUp() override {
    product = world.make_product("lamps");
    first = &world.connect(world.make_device(product, "lamp-1"));
    second = &world.connect(world.make_device(product, "lamp-2"));
    world.pass_ms(2'000);
    job = world.make_job(World::custom_job(product));
    world.pass_ms(100);
    key = first->pushes.at(0).key;
  }

  Status report(FakeDevice& device, const std::string& code, TaskEvent event) {
    engine::JobUpdate update;
    update.session = device.session();
    update.event = event;
    update.echo = {"\"1\"", code, 0};
    world.send(update);
    world.settle();
    EXPECT_EQ(device.updates.back().echo.task_code, code);
    return device.updates.back().status;
  }

  World world;
  std::string product;
  FakeDevice* first = nullptr;
  FakeDevice* second = nullptr;
  JobId job;
  TaskKey key;
};

TEST_F(TaskAlias, IsTakenFromItsDeviceAndNoOther) {
  EXPECT_EQ(report(*first, "foreign", TaskEvent::ReportInProgress).error().code, ErrorCode::NotExistedTask);
  EXPECT_EQ(call_it(world, "foreign", key)->tasks.added, 1);
  EXPECT_EQ(call_it(world, "foreign", key)->tasks.same, 1);
  EXPECT_EQ(report(*second, "foreign", TaskEvent::ReportSucceeded).error().code, ErrorCode::NotExistedTask);
  EXPECT_TRUE(report(*first, "foreign", TaskEvent::ReportInProgress));
  world.send(engine::JobGet{first->session(), engine::GetKind::One, {}, {"\"2\"", "foreign", 0}});
  world.settle();
  ASSERT_EQ(first->gets.back().items.size(), 1u);
  EXPECT_EQ(first->gets.back().items[0].key, key);
  EXPECT_TRUE(report(*first, "foreign", TaskEvent::ReportSucceeded));
  EXPECT_EQ(world.job(job).counters[TaskStatus::Succeeded], 1);
}

TEST_F(TaskAlias, StandsForAnotherTaskOnceItIsToldSo) {
  const TaskKey other = second->pushes.at(0).key;
  EXPECT_EQ(call_it(world, "foreign", key)->tasks.added, 1);
  EXPECT_EQ(call_it(world, "foreign", other)->tasks.changed, 1);
  EXPECT_FALSE(report(*first, "foreign", TaskEvent::ReportSucceeded));
  EXPECT_TRUE(report(*second, "foreign", TaskEvent::ReportSucceeded));
}

TEST_F(TaskAlias, IsRefusedForWhatIsNotThere) {
  EXPECT_FALSE(call_it(world, "foreign", {job, 77}));
  EXPECT_FALSE(call_it(world, "foreign", {JobId{99}, 0}));
  EXPECT_FALSE(call_it(world, "foreign", key, InstanceId{2})) << "another instance's";
  ASSERT_TRUE(world.call(engine::DeleteJob{job}));
  world.pass_ms(100);
  const auto gone = call_it(world, "foreign", key);
  ASSERT_FALSE(gone);
  EXPECT_EQ(public_message(gone.error()), "tasks[0]: there is no such task");
  EXPECT_FALSE(report(*first, "foreign", TaskEvent::ReportSucceeded));
}

}  // namespace
}  // namespace rollcall::testing
