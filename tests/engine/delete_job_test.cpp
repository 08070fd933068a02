// DeleteJob on the real engine and a real store (cloud-api A.4, DESIGN 5.16).
#include "engine/big_job.hpp"

namespace rollcall::testing {
namespace {

bool exists(World& world, JobId job) {
  const JobId ids[] = {job};
  return !world.store->jobs(ids)->empty();
}

std::vector<store::HistoryRow> history_of(World& world, const TaskKey& key) {
  std::vector<store::HistoryRow> rows;
  const auto all = world.store->history(0, 100'000);
  for (const store::HistoryRow& row : *all)
    if (row.key == key) rows.push_back(row);
  return rows;
}

TEST(DeleteJob, RemovesARunningJobAndTellsItsDevices) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& sent = world.connect(world.make_device(product, "lamp-1"));
  FakeDevice& running = world.connect(world.make_device(product, "lamp-2"));
  FakeDevice& done = world.connect(world.make_device(product, "lamp-3"));
  const DeviceId away = world.make_device(product, "lamp-4");
  world.pass_ms(kSettleMs);
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  world.report(running, running.pushes.at(0).key, TaskEvent::ReportInProgress);
  world.report(done, done.pushes.at(0).key, TaskEvent::ReportSucceeded);
  ASSERT_TRUE(world.call(engine::DeleteJob{job}));
  world.pass_ms(100);

  EXPECT_FALSE(exists(world, job));
  engine::Queries queries(*world.store);
  EXPECT_EQ(queries.job(InstanceId{1}, job).error().code, ErrorCode::NotExistedJob);
  EXPECT_EQ(queries.task(InstanceId{1}, {job, 0}).error().code, ErrorCode::NotExistedTask);
  EXPECT_EQ(queries.tasks_of_job(InstanceId{1}, job, {}, -1, 10).error().code, ErrorCode::NotExistedJob);
  EXPECT_TRUE(queries.tasks_of_device(InstanceId{1}, away, {}, 0, 10)->tasks.empty());
  EXPECT_EQ(queries.list_jobs(InstanceId{1}, {}, 1, 10)->total, 0);

  ASSERT_EQ(sent.told.size(), 1u);
  EXPECT_TRUE(sent.told[0].removed);
  EXPECT_EQ(running.told.size(), 1u);
  EXPECT_TRUE(done.told.empty());
  const auto history = history_of(world, running.pushes.at(0).key);
  ASSERT_FALSE(history.empty());
  EXPECT_EQ(history.back().cause, Cause::Removed);
  EXPECT_FALSE(history_of(world, done.pushes.at(0).key).empty()) << "the history stays";
}

TEST(DeleteJob, LeavesNothingToAskForOrToReportOn) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  const TaskKey key = device.pushes.at(0).key;
  ASSERT_TRUE(world.call(engine::DeleteJob{job}));
  world.pass_ms(100);
  for (const TaskEvent event : {TaskEvent::ReportInProgress, TaskEvent::ReportSucceeded}) {
    world.report(device, key, event);
    ASSERT_FALSE(device.updates.back().status);
    EXPECT_EQ(device.updates.back().status.error().code, ErrorCode::NotExistedTask);
  }
  world.get_next(device);
  EXPECT_TRUE(device.gets.back().items.empty());
  world.send(engine::JobGet{device.session(), engine::GetKind::One, key, {"\"1\"", "code", 0}});
  world.settle();
  EXPECT_TRUE(device.gets.back().items.empty());
  EXPECT_EQ(world.call(engine::DeleteJob{job}).error().code, ErrorCode::NotExistedJob);
  EXPECT_EQ(world.call(engine::CancelJob{job}).error().code, ErrorCode::NotExistedJob);
  world.pass_ms(3'700'000, 60'000);  // past every time-out
  EXPECT_FALSE(exists(world, job));
}

TEST(DeleteJob, IsTakenInEveryState) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);

  engine::CreateJob create = World::custom_job(product);
  create.spec.scheduled_at = world.clock.wall() + 600'000;
  const JobId waiting = world.make_job(create);
  EXPECT_EQ(world.job(waiting).status, JobStatus::Waiting);
  EXPECT_TRUE(world.call(engine::DeleteJob{waiting}));

  const JobId paused = world.make_job(World::custom_job(product));
  EXPECT_TRUE(world.call(engine::PauseJob{paused}));
  EXPECT_TRUE(world.call(engine::DeleteJob{paused}));

  const JobId completed = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  world.report(device, {completed, 0}, TaskEvent::ReportSucceeded);
  EXPECT_EQ(world.job(completed).status, JobStatus::Completed);
  EXPECT_TRUE(world.call(engine::DeleteJob{completed}));

  const JobId cancelled = world.make_job(World::custom_job(product));
  EXPECT_TRUE(world.call(engine::CancelJob{cancelled}));
  EXPECT_EQ(world.job(cancelled).status, JobStatus::Cancelled);
  EXPECT_TRUE(world.call(engine::DeleteJob{cancelled}));

  create.spec.scheduled_at.reset();
  create.spec.lifetime_ms = 60'000;
  world.disconnect(device);
  const JobId timed_out = world.make_job(create);
  world.pass_ms(61'000, 1'000);
  EXPECT_EQ(world.job(timed_out).status, JobStatus::TimedOut);
  EXPECT_TRUE(world.call(engine::DeleteJob{timed_out}));

  world.pass_ms(601'000, 1'000);
  for (const JobId job : {waiting, paused, completed, cancelled, timed_out}) EXPECT_FALSE(exists(world, job));
}

TEST(DeleteJob, RefusesJobsOfOthersAndUnknownOnes) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  const JobId job = world.make_job(World::custom_job(product));
  EXPECT_EQ(world.call(engine::DeleteJob{job}, InstanceId{2}).error().code, ErrorCode::NotExistedJob);
  EXPECT_EQ(world.call(engine::DeleteJob{JobId{99}}).error().code, ErrorCode::NotExistedJob);
  EXPECT_TRUE(exists(world, job));
}

TEST(DeleteJob, LeavesNoOtherCallToAJobThatIsBeingRemoved) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  const auto deleted_and = [&](auto other) {
    const JobId job = world.make_job(World::custom_job(product));
    world.send(engine::ApiCommand{{0, 1'000'000}, {InstanceId{1}, "", "", ""}, engine::DeleteJob{job}});
    other.job = job;
    return world.call(other);  // decided in the same batch, when the job is REMOVING
  };
  EXPECT_EQ(deleted_and(engine::CancelJob{}).error().code, ErrorCode::InvalidJobStatus);
  EXPECT_EQ(deleted_and(engine::PauseJob{}).error().code, ErrorCode::InvalidJobStatus);
  EXPECT_EQ(deleted_and(engine::ResumeJob{}).error().code, ErrorCode::InvalidJobStatus);
  EXPECT_EQ(deleted_and(engine::UpdateJob{}).error().code, ErrorCode::InvalidJobStatus);
  EXPECT_TRUE(deleted_and(engine::DeleteJob{})) << "a second time there is nothing to do";
}

TEST(DeleteJob, GoesOnAfterARestartInTheMiddle) {
  World world;
  const std::string product = world.make_product("lamps");
  add_devices(world, product, kManyTasks);
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  ASSERT_EQ(world.job(job).tasks_made, kManyTasks);
  run_batches(world, engine::DeleteJob{job}, 2);
  EXPECT_EQ(world.job(job).status, JobStatus::Removing);
  const int64_t swept = world.job(job).counters[TaskStatus::Cancelled];
  EXPECT_GT(swept, 0);
  EXPECT_LT(swept, kManyTasks);
  engine::Queries queries(*world.store);
  const auto seen = queries.job(InstanceId{1}, job);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->job.counters[TaskStatus::Cancelled], kManyTasks)
      << "one status for all while it is removed";
  world.restart();
  EXPECT_TRUE(exists(world, job));
  world.settle();
  EXPECT_FALSE(exists(world, job));
}

TEST(DeleteJob, DropsWhatAJobStillHasToMake) {
  World world;
  const std::string product = world.make_product("lamps");
  add_devices(world, product, kManyTasks);
  for (const bool restart : {false, true}) {
    const JobId before = world.make_job(World::custom_job(product));
    world.settle();
    run_batches(world, World::custom_job(product), 2);
    const JobId job{before.value + 1};
    const int64_t made = world.job(job).tasks_made;
    EXPECT_EQ(world.job(job).status, JobStatus::Initializing);
    EXPECT_LT(made, kManyTasks);
    run_batches(world, engine::DeleteJob{job}, 1);
    if (restart) world.restart();
    world.settle();
    EXPECT_FALSE(exists(world, job));
    EXPECT_TRUE(exists(world, before));
    int64_t rows = 0;
    for (int64_t i = 0; i < kManyTasks; ++i) {
      const TaskKey keys[] = {{job, i}};
      rows += static_cast<int64_t>(world.store->tasks(keys)->size());
    }
    EXPECT_LE(rows, made + static_cast<int64_t>(limits::kSweepRows)) << "made on although it is deleted";
  }
}

TEST(DeleteJob, TakesOverFromACancelThatIsUnderWay) {
  World world;
  const std::string product = world.make_product("lamps");
  add_devices(world, product, kManyTasks);
  const JobId job = world.make_job(World::custom_job(product));
  world.settle();
  run_batches(world, engine::CancelJob{job}, 2);
  EXPECT_EQ(world.job(job).status, JobStatus::Cancelling);
  ASSERT_TRUE(world.call(engine::DeleteJob{job}));
  EXPECT_FALSE(exists(world, job));
}

}  // namespace
}  // namespace rollcall::testing
