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

JobChange change_of(const Job& job, JobStatus to) {
  JobChange change;
  change.from_sweep_cursor = job.sweep_cursor;
  change.from_tasks_made = job.tasks_made;
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
  EXPECT_EQ(whole_history()[0].detail.message, "params.brightness: unknown");
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

TEST_P(StoreContract, HidesADeletedJobAndKeepsItsHistory) {
  const auto devices = add_devices(add_product("key"), 2);
  const JobId id = add_job(devices);
  const JobId other = add_job(devices);
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::Cancelled, Cause::Removed),
                   change(id, 1, TaskStatus::Cancelled, Cause::Removed)};
  commit(changes);
  const JobChange removing = change_of(job(id), JobStatus::Removing);
  changes = {};
  changes.jobs = {removing};
  commit(changes);
  EXPECT_EQ(store().unfinished_jobs()->size(), 2u) << "REMOVING goes on after a restart";
  changes.jobs = {change_of(job(id), JobStatus::Removing)};
  changes.jobs[0].deleted = true;
  EXPECT_THAT(commit(changes).missed_jobs, IsEmpty());
  EXPECT_THAT(commit(changes).missed_jobs, ElementsAre(0)) << "a deleted job does not change";

  const JobId ids[] = {id, other};
  ASSERT_EQ(store().jobs(ids)->size(), 1u);
  EXPECT_EQ(store().jobs(ids)->front().id, other);
  EXPECT_EQ(store().unfinished_jobs()->size(), 1u);
  EXPECT_EQ(store().list_jobs(InstanceId{1}, {}, 0, 10)->total, 1);
  EXPECT_THAT(store().list_jobs(InstanceId{1}, JobStatus::Removing, 0, 10)->jobs, IsEmpty());
  EXPECT_EQ(store().open_tasks(devices, 10)->size(), 2u);
  EXPECT_EQ(whole_history().size(), 2u);
  ChangeSet again;
  again.new_jobs.push_back({job_value(), {}});
  again.new_jobs[0].job.id = id;
  commit_refused(again);
  ChangeSet sweeping;
  sweeping.sweep_tasks = {sweep_value(other, 0, 10)};
  sweeping.sweep_tasks[0].job = id;
  EXPECT_FALSE(commit(sweeping).swept[0].hit);
}

}  // namespace
}  // namespace rollcall::store
