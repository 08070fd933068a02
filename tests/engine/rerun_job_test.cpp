// RerunJob on the real engine and a real store (cloud-api A.5, DESIGN 5.13 to 5.15).
#include "engine/big_job.hpp"

namespace rollcall::testing {
namespace {

engine::RerunJob rerun_of(JobId job) { return {job, {}, {}}; }

// A job of five tasks that ended SUCCEEDED, FAILED, REJECTED, TIMED_OUT and TIMED_OUT with a late success, on
// connected devices of those names.
struct Ended {
  World world;
  std::string product;
  std::vector<DeviceId> ids;
  std::vector<FakeDevice*> devices;
  JobId job;

  explicit Ended(int64_t per_minute = 60'000'000) : product(world.make_product("lamps")) {
    for (const char* name : {"succeeded", "failed", "rejected", "timed_out", "late"}) {
      ids.push_back(world.make_device(product, name));
      devices.push_back(&world.connect(ids.back()));
    }
    world.pass_ms(kSettleMs);
    engine::CreateJob create = World::custom_job(product, per_minute);
    create.settings.in_progress_timeout_minutes = 1;
    job = world.make_job(create);
    world.pass_ms(10'000);
    engine::JobUpdate failure{devices[1]->session(),  key(1),          TaskEvent::ReportFailed, 80,
                              R"({"step":"verify"})", {"\"1\"", "", 0}};
    world.send(failure);
    for (size_t i : {3, 4}) world.report(*devices[i], key(i), TaskEvent::ReportInProgress, 30);
    world.report(*devices[0], key(0), TaskEvent::ReportSucceeded);
    world.report(*devices[2], key(2), TaskEvent::ReportRejected);
    world.pass_ms(61'000, 1'000);
    world.report(*devices[4], key(4), TaskEvent::ReportSucceeded);
    for (FakeDevice* device : devices) device->pushes.clear();
  }
  TaskKey key(size_t i) const { return {job, static_cast<int64_t>(i)}; }
  std::vector<TaskStatus> statuses() {
    std::vector<TaskStatus> out;
    for (size_t i = 0; i < ids.size(); ++i) out.push_back(world.task(key(i)).status);
    return out;
  }
  std::vector<int32_t> attempts() {
    std::vector<int32_t> out;
    for (size_t i = 0; i < ids.size(); ++i) out.push_back(world.task(key(i)).attempt);
    return out;
  }
};

constexpr auto kQueued = TaskStatus::Queued;
constexpr auto kSucceeded = TaskStatus::Succeeded;
constexpr auto kFailed = TaskStatus::Failed;
constexpr auto kRejected = TaskStatus::Rejected;
constexpr auto kTimedOut = TaskStatus::TimedOut;
using Statuses = std::vector<TaskStatus>;
using Attempts = std::vector<int32_t>;

TEST(RerunJob, RunsFailedAndTimedOutTasksAgainUnderTheirOldIds) {
  Ended ended;
  World& world = ended.world;
  ASSERT_EQ(ended.statuses(), (Statuses{kSucceeded, kFailed, kRejected, kTimedOut, kTimedOut}));
  ASSERT_EQ(world.job(ended.job).status, JobStatus::Completed);
  EXPECT_EQ(world.detail(ended.key(1)).status_details, R"({"step":"verify"})");
  world.room = 0;  // nothing is pushed yet
  ASSERT_TRUE(world.call(rerun_of(ended.job)));
  EXPECT_EQ(world.job(ended.job).status, JobStatus::InProgress);
  EXPECT_EQ(ended.statuses(), (Statuses{kSucceeded, kQueued, kRejected, kQueued, kTimedOut}));
  EXPECT_EQ(ended.attempts(), (Attempts{1, 2, 1, 2, 1})) << "a late success is left out";
  for (const size_t i : {1, 3}) {
    const Task task = world.task(ended.key(i));
    EXPECT_EQ(task.progress, -1);
    EXPECT_EQ(task.flags, 0);
    EXPECT_EQ(task.pushes, 0);
    EXPECT_EQ(world.detail(ended.key(i)), TaskDetail{});
  }
  world.expect_counters_match(ended.job);

  world.room = 1'000;
  world.pass_ms(1'000);
  for (const size_t i : {0, 2, 4}) EXPECT_TRUE(ended.devices[i]->pushes.empty()) << i;
  for (const size_t i : {1, 3}) {
    ASSERT_EQ(ended.devices[i]->pushes.size(), 1u) << i;
    EXPECT_EQ(ended.devices[i]->pushes[0].key, ended.key(i));
    EXPECT_EQ(ended.devices[i]->pushes[0].attempt, 2);
    world.report(*ended.devices[i], ended.key(i), TaskEvent::ReportSucceeded);
  }
  world.pass_ms(100);
  EXPECT_EQ(world.job(ended.job).status, JobStatus::Completed);
  world.expect_counters_match(ended.job);
}

TEST(RerunJob, IsCountedOnceInItsPresentStatus) {
  Ended ended;
  World& world = ended.world;
  const auto counted = [&](JobStatus status) {
    return world.probe.jobs[static_cast<size_t>(status)].value();
  };
  EXPECT_EQ(counted(JobStatus::Completed), 1);
  ASSERT_TRUE(world.call(rerun_of(ended.job)));
  EXPECT_EQ(counted(JobStatus::Completed), 0);
  EXPECT_EQ(counted(JobStatus::InProgress), 1);
  ASSERT_TRUE(world.call(engine::DeleteJob{ended.job}));
  EXPECT_EQ(counted(JobStatus::InProgress), 0);
  EXPECT_EQ(counted(JobStatus::Removing), 0);
}

TEST(RerunJob, TakesOnlyASuccessUntilATaskWasPushedAgain) {
  Ended ended;
  World& world = ended.world;
  world.room = 0;
  ASSERT_TRUE(world.call(rerun_of(ended.job)));
  for (const TaskEvent event :
       {TaskEvent::ReportInProgress, TaskEvent::ReportFailed, TaskEvent::ReportRejected}) {
    world.report(*ended.devices[1], ended.key(1), event);
    EXPECT_FALSE(ended.devices[1]->updates.back().status);
    EXPECT_EQ(world.task(ended.key(1)).status, kQueued);
  }
  world.report(*ended.devices[1], ended.key(1), TaskEvent::ReportSucceeded);
  EXPECT_EQ(world.task(ended.key(1)).status, kSucceeded);
  world.room = 1'000;
  world.pass_ms(1'000);
  EXPECT_TRUE(ended.devices[1]->pushes.empty());
  world.report(*ended.devices[3], ended.key(3), TaskEvent::ReportInProgress);
  EXPECT_EQ(world.task(ended.key(3)).status, TaskStatus::InProgress) << "pushed again";
}

TEST(RerunJob, KeepsThePaceAndTheOrder) {
  World world;
  const std::string product = world.make_product("lamps");
  add_devices(world, product, 20);
  engine::CreateJob create = World::custom_job(product);
  create.spec.offline_policy = OfflinePolicy::Fail;
  const JobId job = world.make_job(create);
  world.pass_ms(500);
  ASSERT_EQ(world.job(job).counters[kFailed], 20);
  ASSERT_EQ(world.job(job).status, JobStatus::Completed);
  std::vector<FakeDevice*> devices;
  for (int64_t i = 0; i < 20; ++i) devices.push_back(&world.connect(world.task({job, i}).device));
  world.pass_ms(kSettleMs);
  engine::UpdateJob update;
  update.job = job;
  update.maximum_per_minute = 60;
  EXPECT_EQ(world.call(update).error().code, ErrorCode::InvalidJobStatus);
  ASSERT_TRUE(world.call(rerun_of(job)));
  ASSERT_TRUE(world.call(update));
  size_t pushed = 0;
  for (int second = 0; second < 10; ++second) {
    world.pass_ms(1'000);
    size_t now = 0;
    for (size_t i = 0; i < devices.size(); ++i) {
      now += devices[i]->pushes.size();
      if (i > 0) {
        EXPECT_LE(devices[i]->pushes.size(), devices[i - 1]->pushes.size()) << "out of order";
      }
    }
    EXPECT_LE(now, pushed + 2);
    pushed = now;
  }
}

TEST(RerunJob, IsRefusedUnlessTheJobCompletedOrTimedOutWithSomethingToRerun) {
  Ended ended;
  World& world = ended.world;
  const auto code_of = [&](JobId job, InstanceId instance = InstanceId{1}) {
    return world.call(rerun_of(job), instance).error().code;
  };
  EXPECT_EQ(code_of(JobId{99}), ErrorCode::NotExistedJob);
  EXPECT_EQ(code_of(ended.job, InstanceId{2}), ErrorCode::NotExistedJob);

  engine::CreateJob create = World::custom_job(ended.product);
  create.spec.scheduled_at = world.clock.wall() + 600'000;
  const JobId waiting = world.make_job(create);
  EXPECT_EQ(code_of(waiting), ErrorCode::InvalidJobStatus);
  ASSERT_TRUE(world.call(engine::CancelJob{waiting}));
  EXPECT_EQ(code_of(waiting), ErrorCode::InvalidJobStatus) << "cancelled";

  const JobId running = world.make_job(World::custom_job(ended.product));
  world.pass_ms(100);
  EXPECT_EQ(code_of(running), ErrorCode::InvalidJobStatus);
  for (size_t i = 0; i < 5; ++i)
    world.report(*ended.devices[i], {running, static_cast<int64_t>(i)},
                 i == 0 ? TaskEvent::ReportRejected : TaskEvent::ReportSucceeded);
  ASSERT_EQ(world.job(running).status, JobStatus::Completed);
  EXPECT_EQ(code_of(running), ErrorCode::InvalidJobStatus) << "nothing FAILED or TIMED_OUT";

  ASSERT_TRUE(world.call(rerun_of(ended.job)));
  EXPECT_EQ(code_of(ended.job), ErrorCode::InvalidJobStatus) << "runs already";
}

TEST(RerunJob, LeavesAJobOfLateSuccessesAlone) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);
  engine::CreateJob create = World::custom_job(product);
  create.settings.in_progress_timeout_minutes = 1;
  const JobId job = world.make_job(create);
  world.pass_ms(100);
  world.report(device, {job, 0}, TaskEvent::ReportInProgress);
  world.pass_ms(61'000, 1'000);
  world.report(device, {job, 0}, TaskEvent::ReportSucceeded);
  EXPECT_EQ(world.call(rerun_of(job)).error().code, ErrorCode::InvalidJobStatus);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  engine::RerunJob chosen = rerun_of(job);
  chosen.tasks = {{job, 0}};
  EXPECT_TRUE(world.call(chosen)) << "asked for by its id it runs again";
  EXPECT_EQ(world.task({job, 0}).attempt, 2);
}

TEST(RerunJob, RerunsOneStatusOnly) {
  Ended ended;
  ended.world.room = 0;
  engine::RerunJob failed = rerun_of(ended.job);
  failed.statuses = {kFailed};
  ASSERT_TRUE(ended.world.call(failed));
  EXPECT_EQ(ended.statuses(), (Statuses{kSucceeded, kQueued, kRejected, kTimedOut, kTimedOut}));
  Ended other;
  other.world.room = 0;
  engine::RerunJob timed_out = rerun_of(other.job);
  timed_out.statuses = {kTimedOut};
  ASSERT_TRUE(other.world.call(timed_out));
  EXPECT_EQ(other.statuses(), (Statuses{kSucceeded, kFailed, kRejected, kQueued, kTimedOut}));
  other.world.expect_counters_match(other.job);
}

TEST(RerunJob, RerunsChosenTasksOrNoneOfThem) {
  Ended ended;
  World& world = ended.world;
  world.room = 0;
  engine::RerunJob chosen = rerun_of(ended.job);
  for (const size_t bad : {0, 2}) {
    chosen.tasks = {ended.key(3), ended.key(bad)};
    EXPECT_EQ(world.call(chosen).error().code, ErrorCode::InvalidTaskStatus) << bad;
  }
  chosen.tasks = {ended.key(3), {ended.job, 77}};
  EXPECT_EQ(world.call(chosen).error().code, ErrorCode::NotExistedTask);
  chosen.tasks = {ended.key(3), {JobId{ended.job.value + 1}, 1}};
  EXPECT_EQ(world.call(chosen).error().code, ErrorCode::NotExistedTask);
  EXPECT_EQ(ended.attempts(), (Attempts{1, 1, 1, 1, 1}));
  EXPECT_EQ(world.job(ended.job).status, JobStatus::Completed);

  chosen.tasks = {ended.key(3), ended.key(4), ended.key(3)};
  ASSERT_TRUE(world.call(chosen));
  EXPECT_EQ(ended.statuses(), (Statuses{kSucceeded, kFailed, kRejected, kQueued, kQueued}));
  EXPECT_EQ(ended.attempts(), (Attempts{1, 1, 1, 2, 2}));
  EXPECT_EQ(world.task(ended.key(4)).flags, 0);
  EXPECT_EQ(world.detail(ended.key(3)), TaskDetail{});
  EXPECT_EQ(world.job(ended.job).status, JobStatus::InProgress);
  world.expect_counters_match(ended.job);
  world.room = 1'000;
  world.pass_ms(1'000);
  EXPECT_EQ(ended.devices[3]->pushes.size(), 1u);
  EXPECT_EQ(ended.devices[4]->pushes.size(), 1u);
}

TEST(RerunJob, LeavesOutDevicesWhoseProductCannotTakeTheJob) {
  World world;
  const std::string fit = world.make_product("fit");
  const std::string unfit = world.make_product("unfit", R"({"properties":[]})");
  world.make_device(fit, "lamp-1");
  world.make_device(unfit, "lamp-2");
  for (const bool listed : {true, false}) {
    engine::CreateJob create = World::custom_job(fit);
    create.spec.type = JobType::SetProperty;
    create.spec.document = R"({"params":{"power":1}})";
    create.spec.offline_policy = OfflinePolicy::Fail;
    const std::vector<engine::DeviceRef> members = {{"", fit, "lamp-1"}, {"", unfit, "lamp-2"}};
    if (listed) {
      create.spec.target_type = TargetType::DeviceList;
      create.targets = members;
    } else {
      Group group;
      group.name = "night";
      auto made = world.call(engine::CreateGroup{group, ""});
      ASSERT_TRUE(made);
      create.spec.target_type = TargetType::Group;
      create.spec.target_group_code = std::get<engine::GroupMade>(*made).group.code;
      ASSERT_TRUE(world.call(engine::AddGroupDevices{create.spec.target_group_code, members}));
    }
    const JobId job = world.make_job(create);
    world.pass_ms(1'000);
    ASSERT_EQ(world.job(job).status, JobStatus::Completed);
    ASSERT_EQ(world.job(job).counters[kFailed], 2);
    ASSERT_TRUE(world.call(rerun_of(job)));
    world.pass_ms(1'000);
    EXPECT_EQ(world.task({job, 0}).attempt, 2);
    EXPECT_EQ(world.task({job, 1}).attempt, 1) << "does not fit";
    engine::RerunJob chosen = rerun_of(job);
    chosen.tasks = {{job, 1}};
    EXPECT_EQ(world.call(chosen).error().code, ErrorCode::InvalidTaskStatus);
  }
}

TEST(RerunJob, DoesNotTimeOutTheNewAttemptByTheOldClock) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(kSettleMs);
  engine::CreateJob create = World::custom_job(product);
  create.settings.in_progress_timeout_minutes = 10;
  const JobId job = world.make_job(create);
  world.pass_ms(100);
  world.report(device, {job, 0}, TaskEvent::ReportInProgress);
  world.report(device, {job, 0}, TaskEvent::ReportFailed);
  world.pass_ms(300'000, 1'000);
  ASSERT_TRUE(world.call(rerun_of(job)));
  world.pass_ms(1'000);
  world.report(device, {job, 0}, TaskEvent::ReportInProgress);
  world.pass_ms(400'000, 1'000);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::InProgress) << "ended by the clock of the first attempt";
  world.pass_ms(210'000, 1'000);
  EXPECT_EQ(world.task({job, 0}).status, kTimedOut);
}

TEST(RerunJob, IgnoresTheLateConfirmationOfAnEarlierAttempt) {
  Ended ended;
  World& world = ended.world;
  FakeDevice& device = *ended.devices[1];
  ASSERT_TRUE(world.call(rerun_of(ended.job)));
  world.pass_ms(1'000);
  ASSERT_EQ(device.pushes.size(), 1u);
  world.send(engine::PushConfirmed{device.session(), ended.key(1), 1});
  world.pass_ms(1'000);
  EXPECT_EQ(device.pushes.size(), 1u) << "taken for unsent on the same connection";
  world.disconnect(device);
  FakeDevice& again = world.connect(ended.ids[1]);
  world.pass_ms(kSettleMs);
  EXPECT_EQ(again.pushes.size(), 1u) << "the new attempt is not confirmed";
}

TEST(RerunJob, StartsTheJobsLifeAnew) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  engine::CreateJob create = World::custom_job(product);
  create.spec.lifetime_ms = 3'600'000;
  const JobId job = world.make_job(create);
  world.pass_ms(1'800'000, 10'000);
  ASSERT_TRUE(world.call(engine::PauseJob{job}));
  world.pass_ms(1'810'000, 10'000);
  ASSERT_EQ(world.job(job).status, JobStatus::TimedOut);
  world.pass_ms(3'600'000, 60'000);
  ASSERT_TRUE(world.call(rerun_of(job)));
  EXPECT_FALSE(world.job(job).paused);
  world.pass_ms(1'800'000, 10'000);
  world.restart();
  world.pass_ms(1'750'000, 10'000);
  EXPECT_EQ(world.job(job).status, JobStatus::InProgress);
  world.pass_ms(100'000, 1'000);
  EXPECT_EQ(world.job(job).status, JobStatus::TimedOut);
  EXPECT_EQ(world.task({job, 0}).attempt, 2);
}

// A completed job of many tasks that all FAILED because their devices are offline.
JobId many_failed(World& world, const std::string& product) {
  add_devices(world, product, kManyTasks);
  engine::CreateJob create = World::custom_job(product);
  create.spec.offline_policy = OfflinePolicy::Fail;
  const JobId job = world.make_job(create);
  world.pass_ms(10'000, 10);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  EXPECT_EQ(world.job(job).counters[kFailed], kManyTasks);
  return job;
}

TEST(RerunJob, GoesOnAfterARestartInTheMiddle) {
  World world;
  const JobId job = many_failed(world, world.make_product("lamps"));
  run_batches(world, rerun_of(job), 2);
  const Job half = world.job(job);
  EXPECT_EQ(half.status, JobStatus::InProgress);
  EXPECT_GT(half.counters[kQueued], 0);
  EXPECT_GT(half.counters[kFailed], 0) << "the sweep was to be in its middle";
  world.expect_counters_match(job);
  world.restart();
  world.pass_ms(10'000, 10);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  EXPECT_EQ(world.job(job).counters[kFailed], kManyTasks);
  for (const int64_t i : {int64_t{0}, kManyTasks / 2, kManyTasks - 1})
    EXPECT_EQ(world.task({job, i}).attempt, 2) << i;
  world.expect_counters_match(job);
}

TEST(RerunJob, TakesASuccessForATaskThatItHasNotReached) {
  World world;
  const JobId job = many_failed(world, world.make_product("lamps"));
  const TaskKey last{job, kManyTasks - 1};
  FakeDevice& device = world.connect(world.task(last).device);
  run_batches(world, rerun_of(job), 1);
  ASSERT_EQ(world.task(last).status, kFailed);
  world.report(device, last, TaskEvent::ReportSucceeded);
  EXPECT_TRUE(device.updates.back().status);
  EXPECT_EQ(world.task(last).status, kSucceeded);
  EXPECT_EQ(world.task(last).attempt, 2);
  world.pass_ms(10'000, 10);
  EXPECT_EQ(world.job(job).counters[kSucceeded], 1);
  EXPECT_EQ(world.job(job).counters[kFailed], kManyTasks - 1);
  world.expect_counters_match(job);
}

TEST(RerunJob, GivesWayToACancelAndToADelete) {
  World world;
  const JobId job = many_failed(world, world.make_product("lamps"));
  run_batches(world, rerun_of(job), 1);
  const int64_t queued = world.job(job).counters[kQueued];
  ASSERT_GT(queued, 0);
  ASSERT_TRUE(world.call(engine::CancelJob{job}));
  EXPECT_EQ(world.job(job).status, JobStatus::Cancelled);
  EXPECT_GE(world.job(job).counters[TaskStatus::Cancelled], queued);
  EXPECT_EQ(world.job(job).counters.open(), 0);
  world.expect_counters_match(job);

  const std::string other = world.make_product("other");
  const JobId second = many_failed(world, other);
  run_batches(world, rerun_of(second), 1);
  ASSERT_TRUE(world.call(engine::DeleteJob{second}));
  const JobId ids[] = {second};
  EXPECT_TRUE(world.store->jobs(ids)->empty());
}

// The life of the job is over, and the sweep that says so has not come to the task whose device succeeds.
TEST(RerunJob, LeavesOutASuccessThatCameWhileTheJobExpired) {
  engine::EngineConfig config;
  config.sweep_rows = 1;
  World world(config);
  const std::string product = world.make_product("lamps");
  add_devices(world, product, 7);
  engine::CreateJob create = World::custom_job(product);
  create.spec.lifetime_ms = 600'000;
  const JobId job = world.make_job(create);
  world.pass_ms(100);
  const TaskKey last{job, 6};
  FakeDevice& device = world.connect(world.task(last).device);
  world.pass_ms(kSettleMs);
  ASSERT_EQ(world.task(last).status, TaskStatus::Sent);
  world.clock.advance_ms(600'000);
  std::vector<engine::Effect> lost;
  while (world.job(job).sweep != Sweep::Expire) world.engine->run(lost);
  ASSERT_EQ(world.task(last).status, TaskStatus::Sent) << "not reached yet";
  world.report(device, last, TaskEvent::ReportSucceeded);
  EXPECT_TRUE(device.updates.back().status);
  world.pass_ms(1'000);
  ASSERT_EQ(world.job(job).status, JobStatus::TimedOut);
  EXPECT_EQ(world.task(last).status, TaskStatus::TimedOut);
  ASSERT_TRUE(world.call(rerun_of(job)));
  world.pass_ms(1'000);
  EXPECT_EQ(world.task(last).attempt, 1) << "it is done";
  EXPECT_EQ(world.task({job, 0}).attempt, 2);
}

}  // namespace
}  // namespace rollcall::testing
