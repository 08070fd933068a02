// Jobs that are over do not stay for ever (DESIGN 5.16): on the real engine and a real store, in virtual
// time.
#include "engine/big_job.hpp"

namespace rollcall::testing {
namespace {

constexpr int64_t kMinuteMs = 60'000;

engine::EngineConfig keeping(int64_t deleted_ms, int64_t ended_ms) {
  engine::EngineConfig config;
  config.keep_deleted_ms = deleted_ms;
  config.keep_ended_ms = ended_ms;
  return config;
}

size_t history_rows(World& world) { return world.store->history(0, 100'000)->size(); }

bool knows_events(World& world, JobId job) {
  engine::Queries queries(*world.store);
  return queries.events(InstanceId{1}, job, {}, 10).has_value();
}

// A job of one device that has succeeded.
JobId finish_one(World& world, const std::string& product, FakeDevice& device) {
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  world.report(device, device.pushes.back().key, TaskEvent::ReportSucceeded);
  world.pass_ms(100);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  return job;
}

struct OneDevice {
  explicit OneDevice(engine::EngineConfig config) : world(config) {
    product = world.make_product("lamps");
    device = &world.connect(world.make_device(product, "lamp-1"));
    world.pass_ms(kSettleMs);
  }
  World world;
  std::string product;
  FakeDevice* device = nullptr;
};

TEST(Retention, WhatIsLeftOfADeletedJobGoesAfterItsTimeAndNotBefore) {
  OneDevice one(keeping(10 * kMinuteMs, 0));
  const JobId job = finish_one(one.world, one.product, *one.device);
  ASSERT_TRUE(one.world.call(engine::DeleteJob{job}));
  one.world.pass_ms(9 * kMinuteMs, 1'000);
  EXPECT_TRUE(knows_events(one.world, job));
  EXPECT_GT(history_rows(one.world), 0u);
  one.world.pass_ms(2 * kMinuteMs, 1'000);
  EXPECT_FALSE(knows_events(one.world, job));
  EXPECT_EQ(history_rows(one.world), 0u);
  EXPECT_EQ(*one.world.store->earliest_deletion(), std::nullopt);
}

TEST(Retention, IsKeptOverARestart) {
  OneDevice one(keeping(10 * kMinuteMs, 0));
  const JobId job = finish_one(one.world, one.product, *one.device);
  ASSERT_TRUE(one.world.call(engine::DeleteJob{job}));
  one.world.pass_ms(5 * kMinuteMs, 1'000);
  one.world.restart();
  one.world.pass_ms(4 * kMinuteMs, 1'000);
  EXPECT_TRUE(knows_events(one.world, job));
  one.world.pass_ms(2 * kMinuteMs, 1'000);
  EXPECT_FALSE(knows_events(one.world, job));
}

TEST(Retention, IsNotHurriedByAStepOfTheWallClock) {
  OneDevice one(keeping(10 * kMinuteMs, 0));
  const JobId job = finish_one(one.world, one.product, *one.device);
  ASSERT_TRUE(one.world.call(engine::DeleteJob{job}));
  one.world.pass_ms(1'000);
  one.world.clock.step_wall_ms(60 * kMinuteMs);
  one.world.pass_ms(8 * kMinuteMs, 1'000);
  EXPECT_TRUE(knows_events(one.world, job));
  one.world.pass_ms(3 * kMinuteMs, 1'000);
  EXPECT_FALSE(knows_events(one.world, job));
}

TEST(Retention, OfABigJobGoesOnAfterACrashInTheMiddle) {
  World world(keeping(kMinuteMs, 0));
  const std::string product = world.make_product("lamps");
  add_devices(world, product, kManyTasks);
  engine::CreateJob waiting = World::custom_job(product);
  const JobId job = world.make_job(waiting);
  world.pass_ms(1'000);
  ASSERT_TRUE(world.call(engine::DeleteJob{job}));
  world.pass_ms(1'000);
  const auto tasks_left = [&] {
    size_t left = 0;
    int64_t after = -1;
    for (;;) {
      const auto page = world.store->list_tasks_of_job(job, {}, after, 1'000);
      if (page->empty()) return left;
      left += page->size();
      after = page->back().task.key.sequence;
    }
  };
  for (int i = 0; i < 2'000 && tasks_left() == static_cast<size_t>(kManyTasks); ++i) world.pass_ms(100);
  const size_t left = tasks_left();
  EXPECT_LT(left, static_cast<size_t>(kManyTasks));
  EXPECT_GT(left, 0u);
  EXPECT_FALSE(knows_events(world, job)) << "nothing is shown in part";
  world.restart();
  world.pass_ms(10'000);
  EXPECT_EQ(tasks_left(), 0u);
  EXPECT_EQ(history_rows(world), 0u);
}

TEST(Retention, DeletesAnEndedJobAfterItsTime) {
  OneDevice one(keeping(10 * kMinuteMs, 30 * kMinuteMs));
  const JobId job = finish_one(one.world, one.product, *one.device);
  const JobId running = one.world.make_job(World::custom_job(one.product));
  one.world.pass_ms(29 * kMinuteMs, 1'000);
  EXPECT_EQ(one.world.job(job).status, JobStatus::Completed);
  one.world.pass_ms(2 * kMinuteMs, 1'000);
  const JobId ids[] = {job};
  EXPECT_TRUE(one.world.store->jobs(ids)->empty());
  EXPECT_TRUE(knows_events(one.world, job)) << "as after DeleteJob";
  EXPECT_EQ(one.world.job(running).status, JobStatus::InProgress);
  one.world.pass_ms(11 * kMinuteMs, 1'000);
  EXPECT_FALSE(knows_events(one.world, job));
}

TEST(Retention, KeepsEndedJobsForEverUnlessToldOtherwise) {
  OneDevice one(engine::EngineConfig{});
  const JobId job = finish_one(one.world, one.product, *one.device);
  one.world.pass_ms(400 * 24 * 60 * kMinuteMs, 24 * 60 * kMinuteMs);
  EXPECT_EQ(one.world.job(job).status, JobStatus::Completed);
}

}  // namespace
}  // namespace rollcall::testing
