#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<int64_t> ids_of(const auto& rows) {
  std::vector<int64_t> ids;
  for (const auto& row : rows) ids.push_back(row.id.value);
  return ids;
}

std::vector<int64_t> devices_of(const std::vector<TaskView>& rows) {
  std::vector<int64_t> ids;
  for (const TaskView& row : rows) ids.push_back(row.task.device.value);
  return ids;
}

JobChange change_of(const Job& job, JobStatus to) {
  JobChange change;
  change.id = job.id;
  change.from_epoch = job.epoch;
  change.status = to;
  change.sweep = job.sweep;
  change.sweep_cursor = job.sweep_cursor;
  change.tasks_made = job.tasks_made;
  change.epoch = job.epoch + 1;
  change.paused = job.paused;
  change.modified_at = job.modified_at + 1;
  change.started_at = job.started_at;
  return change;
}

TEST_P(StoreContract, ReturnsAJobWithEveryField) {
  NewJob created;
  created.job = job_value();
  JobSpec& spec = created.job.spec;
  spec.name = "升级";
  spec.type = JobType::InvokeService;
  spec.document = std::string(60'000, 'x') + "结束";
  spec.target_type = TargetType::Group;
  spec.target_product_key = "a1B";
  spec.target_group_code = "g1";
  spec.target_product = ProductId{3};
  spec.target_group = GroupId{4};
  spec.target_snapshot = 55;
  spec.offline_policy = OfflinePolicy::Fail;
  spec.sync_service = true;
  spec.scheduled_at = now + 600'000;
  spec.lifetime_ms = 604'800'000;
  spec.unfit_products = {{ProductId{9}, "no such property"}, {ProductId{8}, "no thing model"}};
  created.job.settings = {"about it", 77, true, MessageQos::Qos1, 1440};
  created.job.status = JobStatus::Waiting;
  created.job.sweep = Sweep::Make;
  created.job.sweep_cursor = 6;
  created.job.epoch = 2;
  created.job.paused = true;
  created.job.counters[TaskStatus::Queued] = 12;
  created.job.modified_at = now + 1;
  created.job.started_at = now + 2;
  ChangeSet changes;
  changes.new_jobs.push_back(created);
  commit(changes);

  const Job stored = job(created.job.id);
  EXPECT_EQ(stored.instance, InstanceId{1});
  EXPECT_EQ(stored.spec.name, "升级");
  EXPECT_EQ(stored.spec.type, JobType::InvokeService);
  EXPECT_EQ(stored.spec.document, spec.document);
  EXPECT_EQ(stored.spec.target_type, TargetType::Group);
  EXPECT_EQ(stored.spec.target_product_key, "a1B");
  EXPECT_EQ(stored.spec.target_group_code, "g1");
  EXPECT_EQ(stored.spec.target_product, ProductId{3});
  EXPECT_EQ(stored.spec.target_group, GroupId{4});
  EXPECT_EQ(stored.spec.target_snapshot, 55);
  EXPECT_EQ(stored.spec.offline_policy, OfflinePolicy::Fail);
  EXPECT_TRUE(stored.spec.sync_service);
  EXPECT_EQ(stored.spec.scheduled_at, now + 600'000);
  EXPECT_EQ(stored.spec.lifetime_ms, 604'800'000);
  EXPECT_EQ(stored.spec.unfit_products, spec.unfit_products);
  EXPECT_EQ(stored.settings.description, "about it");
  EXPECT_EQ(stored.settings.maximum_per_minute, 77);
  EXPECT_TRUE(stored.settings.maximum_per_minute_given);
  EXPECT_EQ(stored.settings.qos, MessageQos::Qos1);
  EXPECT_EQ(stored.settings.in_progress_timeout_minutes, 1440);
  EXPECT_EQ(stored.status, JobStatus::Waiting);
  EXPECT_EQ(stored.sweep, Sweep::Make);
  EXPECT_EQ(stored.sweep_cursor, 6);
  EXPECT_EQ(stored.tasks_made, 0);
  EXPECT_EQ(stored.epoch, 2);
  EXPECT_TRUE(stored.paused);
  EXPECT_EQ(stored.counters[TaskStatus::Queued], 12);
  EXPECT_EQ(stored.created_at, now);
  EXPECT_EQ(stored.modified_at, now + 1);
  EXPECT_EQ(stored.started_at, now + 2);
}

TEST_P(StoreContract, MakesTheTasksOfListedDevicesWithTheJob) {
  const auto devices = add_devices(add_product("key"), 3);
  const JobId id = add_job({devices[2], devices[0], devices[1]});
  EXPECT_THAT(*store().job_targets(id), ElementsAre(devices[2], devices[0], devices[1]));
  EXPECT_EQ(job(id).tasks_made, 3);
  EXPECT_EQ(job(id).counters[TaskStatus::Queued], 3);
  const Task first = task(id, 0);
  EXPECT_EQ(first.device, devices[2]);
  EXPECT_EQ(first.status, TaskStatus::Queued);
  EXPECT_EQ(first.attempt, 1);
  EXPECT_EQ(first.progress, -1);
  EXPECT_EQ(first.flags, 0);
  EXPECT_EQ(first.pushes, 0);
  EXPECT_EQ(first.queued_at, now);
  EXPECT_EQ(first.modified_at, now);
  EXPECT_THAT(whole_history(), IsEmpty());
}

TEST_P(StoreContract, ChangesTasksInTheTransactionThatMakesThem) {
  const auto devices = add_devices(add_product("key"), 2);
  NewJob created;
  created.job = job_value();
  created.targets = devices;
  TaskChange failed;
  failed.task.key = {created.job.id, 0};
  failed.task.device = devices[0];
  failed.task.status = TaskStatus::Failed;
  failed.task.queued_at = failed.task.modified_at = now;
  failed.from_status = TaskStatus::Queued;
  failed.cause = Cause::Unfit;
  failed.detail = TaskDetail{"params.brightness: unknown", ""};
  ChangeSet changes;
  changes.new_jobs = {created};
  changes.tasks = {failed};
  const CommitResult result = commit(changes);
  EXPECT_THAT(result.missed_tasks, IsEmpty());
  const Job stored = job(created.job.id);
  EXPECT_EQ(stored.counters[TaskStatus::Failed], 1);
  EXPECT_EQ(stored.counters[TaskStatus::Queued], 1);
  ASSERT_EQ(result.counters.size(), 1u);
  EXPECT_EQ(result.counters[0], std::pair(created.job.id, stored.counters));
  EXPECT_EQ(task(created.job.id, 0).status, TaskStatus::Failed);
  EXPECT_EQ(task(created.job.id, 0).flags, kTaskHasDetail);
  const std::vector<TaskKey> keys{{created.job.id, 0}, {created.job.id, 1}};
  EXPECT_EQ(store().task_details(keys)->at(0).message, "params.brightness: unknown");
  EXPECT_EQ(store().task_details(keys)->at(1), TaskDetail{});
  ASSERT_EQ(whole_history().size(), 1u);
  EXPECT_EQ(whole_history()[0].cause, Cause::Unfit);
  EXPECT_EQ(whole_history()[0].detail, "params.brightness: unknown");
}

TEST_P(StoreContract, RollsBackAJobWhoseNumberIsTaken) {
  const auto devices = add_devices(add_product("key"), 2);
  const JobId id = add_job({devices[0]});
  ChangeSet changes;
  NewJob fresh;
  fresh.job = job_value();
  fresh.targets = {devices[1]};
  NewJob taken = fresh;
  taken.job.id = id;
  changes.new_jobs = {fresh, taken};
  EXPECT_THAT(commit_refused(changes).detail, StartsWith("constraint:"));
  const std::vector<JobId> ids{fresh.job.id, id};
  EXPECT_THAT(ids_of(*store().jobs(ids)), ElementsAre(id.value));
  EXPECT_THAT(*store().job_targets(fresh.job.id), IsEmpty());
  // Later under the same number with another creation time: nothing of the lost one may be remembered.
  changes.new_jobs = {fresh};
  changes.new_jobs[0].job.created_at = now + 5000;
  commit(changes);
  EXPECT_EQ(task(fresh.job.id, 0).queued_at, now + 5000);
}

TEST_P(StoreContract, ListsJobsNewestFirstWithoutDocuments) {
  const auto devices = add_devices(add_product("key"), 1);
  std::vector<int64_t> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(add_job(devices).value);
  ChangeSet changes;
  changes.jobs.push_back(change_of(job(JobId{ids[1]}), JobStatus::Completed));
  commit(changes);
  const auto page = store().list_jobs(InstanceId{1}, std::nullopt, 1, 3);
  EXPECT_THAT(ids_of(page->jobs), ElementsAre(ids[3], ids[2], ids[1]));
  EXPECT_EQ(page->total, 5);
  EXPECT_EQ(page->jobs[0].spec.document, "");
  EXPECT_EQ(page->jobs[0].counters[TaskStatus::Queued], 1);
  const auto completed = store().list_jobs(InstanceId{1}, JobStatus::Completed, 0, 10);
  EXPECT_THAT(ids_of(completed->jobs), ElementsAre(ids[1]));
  EXPECT_EQ(completed->total, 1);
  EXPECT_EQ(store().list_jobs(InstanceId{2}, std::nullopt, 0, 10)->total, 0);
  EXPECT_THAT(ids_of(*store().unfinished_jobs()), ElementsAre(ids[0], ids[2], ids[3], ids[4]));
  EXPECT_EQ(store().unfinished_jobs()->front().spec.document, R"({"a":1})");
}

TEST_P(StoreContract, ChangesAJobOnlyFromTheEpochThatWasRead) {
  const JobId id = add_job(add_devices(add_product("key"), 1));
  ChangeSet changes;
  JobChange change = change_of(job(id), JobStatus::Cancelling);
  change.sweep = Sweep::Cancel;
  change.paused = true;
  change.started_at = now + 3;
  changes.jobs = {change, change};
  changes.jobs[1].status = JobStatus::Completed;
  EXPECT_THAT(commit(changes).missed_jobs, ElementsAre(1));
  const Job stored = job(id);
  EXPECT_EQ(stored.status, JobStatus::Cancelling);
  EXPECT_EQ(stored.sweep, Sweep::Cancel);
  EXPECT_EQ(stored.epoch, 1);
  EXPECT_TRUE(stored.paused);
  EXPECT_EQ(stored.started_at, now + 3);
  EXPECT_EQ(stored.modified_at, now + 1);
  EXPECT_EQ(stored.settings.maximum_per_minute, 1000);

  changes.jobs = {change_of(stored, JobStatus::Cancelled)};
  changes.jobs[0].sweep = Sweep::None;
  changes.jobs[0].settings = JobSettings{"new text", 50, true, MessageQos::Qos1, 5};
  EXPECT_THAT(commit(changes).missed_jobs, IsEmpty());
  EXPECT_EQ(job(id).settings.description, "new text");
  EXPECT_EQ(job(id).settings.maximum_per_minute, 50);
  EXPECT_EQ(job(id).settings.in_progress_timeout_minutes, 5);
  changes.jobs[0].settings->description = "lost";
  EXPECT_THAT(commit(changes).missed_jobs, ElementsAre(0));
  EXPECT_EQ(job(id).settings.description, "new text");
  changes.jobs[0].id = JobId{4242};
  EXPECT_THAT(commit(changes).missed_jobs, ElementsAre(0));
}

TEST_P(StoreContract, MakesTasksOfAGroupInJoinOrderUpToTheSnapshot) {
  const ProductId product = add_product("key");
  auto devices = add_devices(product, 7);
  std::swap(devices[0], devices[6]);
  const GroupId group = add_group("group", {devices.begin(), devices.begin() + 5}, product);
  const int64_t snapshot = next_join - 1;
  const JobId id = add_job_to_make(TargetType::Group, {}, group, 5, snapshot);
  join(group, {devices[5], devices[6]}, product);  // later than the job

  ChangeSet changes;
  changes.make_tasks = {make_value(id, 2)};
  changes.make_tasks[0].now = now + 40;
  CommitResult result = commit(changes);
  ASSERT_EQ(result.made.size(), 1u);
  EXPECT_TRUE(result.made[0].hit);
  EXPECT_EQ(result.made[0].job, id);
  EXPECT_EQ(result.made[0].rows_made, 2);
  EXPECT_EQ(result.made[0].rows_failed, 0);
  EXPECT_EQ(result.made[0].last_member, snapshot - 3);
  EXPECT_FALSE(result.made[0].exhausted);
  EXPECT_THAT(result.counters, IsEmpty());
  EXPECT_EQ(job(id).tasks_made, 2);
  EXPECT_EQ(job(id).sweep_cursor, snapshot - 3);
  EXPECT_EQ(task(id, 1).queued_at, now + 40);
  check_invariants();

  changes.make_tasks = {make_value(id, 2)};
  EXPECT_FALSE(commit(changes).made[0].exhausted);
  changes.make_tasks = {make_value(id, 2)};
  result = commit(changes);
  EXPECT_EQ(result.made[0].rows_made, 1);
  EXPECT_EQ(result.made[0].last_member, snapshot);
  EXPECT_TRUE(result.made[0].exhausted);
  EXPECT_THAT(devices_of(all_tasks(id)), ElementsAre(devices[0].value, devices[1].value, devices[2].value,
                                                     devices[3].value, devices[4].value));
}

TEST_P(StoreContract, SaysExhaustedWithTheLastFullChunk) {
  const ProductId product = add_product("key");
  const auto devices = add_devices(product, 4);
  const JobId id = add_job_to_make(TargetType::Product, product, {}, 4, devices.back().value);
  ChangeSet changes;
  changes.make_tasks = {make_value(id, 4)};
  const CommitResult result = commit(changes);
  EXPECT_EQ(result.made[0].rows_made, 4);
  EXPECT_EQ(result.made[0].last_member, devices.back().value);
  EXPECT_TRUE(result.made[0].exhausted);
}

TEST_P(StoreContract, MakesTasksOfAProductInIdOrderUpToTheSnapshot) {
  const ProductId product = add_product("key");
  const ProductId other = add_product("other");
  const auto devices = add_devices(product, 3);
  add_devices(other, 3);
  const auto more = add_devices(product, 2);
  const JobId id = add_job_to_make(TargetType::Product, product, {}, 4, more[0].value);
  ChangeSet changes;
  changes.make_tasks = {make_value(id, 100)};
  EXPECT_TRUE(commit(changes).made[0].exhausted);
  EXPECT_THAT(devices_of(all_tasks(id)),
              ElementsAre(devices[0].value, devices[1].value, devices[2].value, more[0].value));
}

TEST_P(StoreContract, FailsUnfitProductsWhileMaking) {
  const ProductId fit = add_product("fit");
  const ProductId unfit = add_product("unfit");
  const auto a = add_devices(fit, 2);
  const auto b = add_devices(unfit, 2);
  const GroupId group = add_group("group", {a[0]}, fit);
  join(group, {b[0], b[1]}, unfit);
  join(group, {a[1]}, fit);
  const JobId id = add_job_to_make(TargetType::Group, {}, group, 4, next_join);
  const std::vector<std::pair<ProductId, std::string>> reasons{{unfit, "does not fit"}};
  ChangeSet changes;
  changes.make_tasks = {make_value(id, 3)};
  changes.make_tasks[0].unfit = &reasons;
  CommitResult result = commit(changes);
  EXPECT_EQ(result.made[0].rows_made, 3);
  EXPECT_EQ(result.made[0].rows_failed, 2);
  ASSERT_EQ(result.counters.size(), 1u);
  EXPECT_EQ(result.counters[0].second[TaskStatus::Failed], 2);
  EXPECT_EQ(result.counters[0].second[TaskStatus::Queued], 2);
  EXPECT_EQ(task(id, 1).status, TaskStatus::Failed);
  const std::vector<TaskKey> keys{{id, 1}};
  EXPECT_EQ(store().task_details(keys)->front().message, "does not fit");
  changes.make_tasks = {make_value(id, 3)};
  result = commit(changes);
  EXPECT_EQ(result.made[0].rows_made, 1);
  EXPECT_TRUE(result.made[0].exhausted);
  EXPECT_EQ(task(id, 3).status, TaskStatus::Queued);
}

TEST_P(StoreContract, MakesNothingWhenTheEpochOrTheRowsHaveMovedOn) {
  const ProductId product = add_product("key");
  const auto devices = add_devices(product, 4);
  const JobId id = add_job_to_make(TargetType::Product, product, {}, 4, devices.back().value);
  ChangeSet changes;
  changes.make_tasks = {make_value(id, 2)};
  changes.make_tasks[0].from_epoch = 8;
  MakeResult made = commit(changes).made[0];
  EXPECT_FALSE(made.hit);
  EXPECT_EQ(made.rows_made, 0);
  changes.make_tasks[0].from_epoch = 0;
  EXPECT_TRUE(commit(changes).made[0].hit);
  EXPECT_FALSE(commit(changes).made[0].hit) << "the same chunk twice";
  EXPECT_EQ(job(id).tasks_made, 2);
  changes.make_tasks[0].job = JobId{777};
  EXPECT_FALSE(commit(changes).made[0].hit);
}

TEST_P(StoreContract, DropsFromTheCountersWhatCannotBeMade) {
  const ProductId product = add_product("key");
  const auto devices = add_devices(product, 3);
  const JobId id = add_job_to_make(TargetType::Product, product, {}, 5, devices.back().value);
  ChangeSet changes;
  changes.make_tasks = {make_value(id, 10)};
  const CommitResult result = commit(changes);
  EXPECT_TRUE(result.made[0].exhausted);
  EXPECT_EQ(job(id).counters[TaskStatus::Queued], 3);
  ASSERT_EQ(result.counters.size(), 1u);
  EXPECT_EQ(result.counters[0].second.total(), 3);
  // Asked again after a crash: nothing is dropped twice.
  changes.make_tasks = {make_value(id, 10)};
  changes.make_tasks[0].expected_total = 5;
  EXPECT_TRUE(commit(changes).made[0].exhausted);
  EXPECT_EQ(job(id).counters[TaskStatus::Queued], 3);
}

TEST_P(StoreContract, MakesTheFirstChunkTogetherWithTheJob) {
  const ProductId product = add_product("key");
  const auto devices = add_devices(product, 2);
  NewJob created;
  created.job = job_value();
  created.job.sweep = Sweep::Make;
  created.job.counters[TaskStatus::Queued] = 2;
  ChangeSet changes;
  changes.new_jobs = {created};
  JobChange begin = change_of(created.job, JobStatus::InProgress);
  changes.jobs = {begin};
  MakeTasks make;
  make.job = created.job.id;
  make.from_epoch = begin.epoch;
  make.target_type = TargetType::Product;
  make.product = product;
  make.snapshot = devices.back().value;
  make.rows_max = 10;
  make.now = now + 7;
  changes.make_tasks = {make};
  EXPECT_TRUE(commit(changes).made[0].exhausted);
  EXPECT_EQ(task(created.job.id, 0).queued_at, now + 7);
  EXPECT_EQ(job(created.job.id).epoch, 1);
}

TEST_P(StoreContract, SweepsOpenTasksChunkByChunk) {
  const auto devices = add_devices(add_product("key"), 10);
  const JobId id = add_job(devices);
  ChangeSet changes;
  changes.tasks = {change(id, 1, TaskStatus::Sent, Cause::Pushed),
                   change(id, 2, TaskStatus::Succeeded, Cause::Answered),
                   change(id, 3, TaskStatus::InProgress, Cause::Reported)};
  changes.tasks[2].task.progress = 40;
  commit(changes);

  ChangeSet sweeping;
  sweeping.sweep_tasks = {sweep_value(id, 0, 4)};
  sweeping.sweep_tasks[0].now = now + 9000;
  CommitResult result = commit(sweeping);
  ASSERT_EQ(result.swept.size(), 1u);
  const SweepResult& first = result.swept[0];
  EXPECT_TRUE(first.hit);
  EXPECT_EQ(first.next_sequence, 4);
  EXPECT_FALSE(first.exhausted);
  ASSERT_EQ(first.swept.size(), 3u);
  EXPECT_EQ(first.swept[1].key, (TaskKey{id, 1}));
  EXPECT_EQ(first.swept[1].device, devices[1]);
  EXPECT_EQ(first.swept[1].from, TaskStatus::Sent);
  EXPECT_EQ(first.swept[2].from, TaskStatus::InProgress);
  EXPECT_EQ(job(id).sweep_cursor, 4);
  EXPECT_EQ(job(id).counters[TaskStatus::Cancelled], 3);
  EXPECT_EQ(result.counters[0].second, job(id).counters);
  EXPECT_EQ(task(id, 2).status, TaskStatus::Succeeded);
  EXPECT_EQ(task(id, 3).modified_at, now + 9000);
  EXPECT_EQ(task(id, 3).progress, 40);
  EXPECT_EQ(whole_history().back().progress, 40);
  EXPECT_EQ(whole_history().back().cause, Cause::Cancelled);
  check_invariants();

  sweeping.sweep_tasks = {sweep_value(id, 4, 6)};
  result = commit(sweeping);
  EXPECT_EQ(result.swept[0].swept.size(), 6u);
  EXPECT_EQ(result.swept[0].next_sequence, 10);
  EXPECT_TRUE(result.swept[0].exhausted);
  result = commit(sweeping);
  EXPECT_THAT(result.swept[0].swept, IsEmpty());
  EXPECT_TRUE(result.swept[0].exhausted);
  EXPECT_THAT(result.counters, IsEmpty());
}

TEST_P(StoreContract, SweepsOnlyTheStatusesAskedFor) {
  const auto devices = add_devices(add_product("key"), 3);
  const JobId id = add_job(devices);
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::InProgress, Cause::Reported),
                   change(id, 1, TaskStatus::Sent, Cause::Pushed)};
  commit(changes);
  ChangeSet sweeping;
  sweeping.sweep_tasks = {sweep_value(id, 0, 100)};
  sweeping.sweep_tasks[0].statuses_open = (1u << 1) | (1u << 2);
  sweeping.sweep_tasks[0].to = TaskStatus::TimedOut;
  sweeping.sweep_tasks[0].cause = Cause::Expired;
  EXPECT_EQ(commit(sweeping).swept[0].swept.size(), 2u);
  EXPECT_EQ(task(id, 0).status, TaskStatus::InProgress);
  EXPECT_EQ(task(id, 1).status, TaskStatus::TimedOut);
  EXPECT_EQ(task(id, 2).status, TaskStatus::TimedOut);
}

TEST_P(StoreContract, SweepsNothingWhenTheEpochHasMovedOn) {
  const JobId id = add_job(add_devices(add_product("key"), 2));
  ChangeSet sweeping;
  sweeping.sweep_tasks = {sweep_value(id, 0, 100)};
  sweeping.sweep_tasks[0].from_epoch = 5;
  const CommitResult result = commit(sweeping);
  EXPECT_FALSE(result.swept[0].hit);
  EXPECT_THAT(result.swept[0].swept, IsEmpty());
  EXPECT_EQ(job(id).counters[TaskStatus::Queued], 2);
}

TEST_P(StoreContract, MakesAndSweepsManyJobsInChunks) {
  const ProductId product = add_product("key");
  const auto devices = add_devices(product, 257);
  std::vector<JobId> jobs;
  for (int i = 0; i < 5; ++i) {
    jobs.push_back(add_job_to_make(TargetType::Product, product, {}, 257, devices.back().value));
  }
  for (bool more = true; more;) {
    ChangeSet changes;
    for (const JobId id : jobs) changes.make_tasks.push_back(make_value(id, 64));
    more = false;
    for (const MakeResult& made : commit(changes).made) more |= !made.exhausted;
  }
  for (const JobId id : jobs) EXPECT_EQ(job(id).tasks_made, 257);
  const std::vector<DeviceId> one{devices[100]};
  EXPECT_EQ(store().open_tasks(one, 10)->size(), 5u);

  int64_t swept = 0;
  for (int64_t next = 0; next < 257;) {
    ChangeSet changes;
    changes.sweep_tasks = {sweep_value(jobs[2], next, 100)};
    const CommitResult result = commit(changes);
    next = result.swept[0].next_sequence;
    swept += static_cast<int64_t>(result.swept[0].swept.size());
    EXPECT_EQ(result.swept[0].exhausted, next == 257);
  }
  EXPECT_EQ(swept, 257);
  EXPECT_EQ(store().open_tasks(one, 10)->size(), 4u);
}

}  // namespace
}  // namespace rollcall::store
