// What keeps several processes on one store from undoing each other's work, and what they learn from it.
#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

TEST_P(StoreContract, RefusesWhatWasDecidedBeforeTheSweepOrTheJobWentOn) {
  const JobId id = add_job(add_devices(add_product("key"), 3));
  const JobChange pause = change_of(job(id), JobStatus::InProgress);
  ChangeSet changes;
  changes.sweep_tasks = {sweep_value(id, 0, 1)};
  commit(changes);
  changes = {};
  changes.jobs = {pause};  // its epoch stands, its cursor would go back
  EXPECT_THAT(commit(changes).missed_jobs, ElementsAre(0u));
  EXPECT_EQ(job(id).sweep_cursor, 1);
  changes = {};
  changes.tasks = {change(id, 1, TaskStatus::Sent, Cause::Pushed),
                   change(id, 2, TaskStatus::Sent, Cause::Pushed)};
  changes.tasks[0].job_epoch = job(id).epoch + 1;
  changes.tasks[1].job_epoch = job(id).epoch;
  EXPECT_THAT(commit(changes).missed_tasks, ElementsAre(0u));
  EXPECT_EQ(task(id, 1).status, TaskStatus::Queued);
  EXPECT_EQ(task(id, 2).status, TaskStatus::Sent);
  // A change of the job in the same set comes first, and the tasks' are decided on what it makes.
  changes = {};
  changes.jobs = {change_of(job(id), JobStatus::InProgress)};
  changes.tasks = {change(id, 1, TaskStatus::Sent, Cause::Pushed)};
  changes.tasks[0].job_epoch = changes.jobs[0].epoch;
  EXPECT_THAT(commit(changes).missed_tasks, IsEmpty());
  check_invariants();
}

TEST_P(StoreContract, MarksUnfinishedJobs) {
  const auto devices = add_devices(add_product("key"), 3);
  const JobId first = add_job(devices);
  const JobId second = add_job(devices);
  const auto all = *store().job_marks(JobId{}, 10);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, first);
  EXPECT_EQ(all[0].epoch, job(first).epoch);
  EXPECT_EQ(all[0].tasks_made, 3);
  EXPECT_EQ(all[0].counters, job(first).counters);
  EXPECT_EQ(store().job_marks(JobId{}, 1)->size(), 1u);
  ASSERT_EQ(store().job_marks(first, 10)->size(), 1u);
  EXPECT_EQ(store().job_marks(first, 10)->front().id, second);
  (void)store().others_wrote();
  add_job(devices);
  EXPECT_FALSE(*store().others_wrote()) << "it was this one";
}

TEST_P(StoreContract, TakesNoNewDeviceBelowASnapshotThatAnotherTook) {
  const ProductId product = add_product("key");
  add_devices(product, 2);
  ChangeSet job;
  job.agreements = Agreements{{{product, 2}}, {}, 1'000, 0};
  job.new_access_keys = {{"a", Secret("s"), InstanceId{1}, true, now}};
  commit(job);
  Device late = device_value(product, "late");
  late.id = DeviceId{1'000};
  ChangeSet stale;
  stale.new_devices = {{late, "key"}};
  stale.agreements = Agreements{};
  EXPECT_TRUE(commit_refused(stale).detail.starts_with("stale:"));
  stale.new_devices[0].device.id = DeviceId{1'001};
  commit(stale);
  ChangeSet lower;  // a lower seal takes nothing back
  lower.agreements = Agreements{{}, {}, 500, 0};
  lower.new_access_keys = {{"b", Secret("s"), InstanceId{1}, true, now}};
  commit(lower);
  ChangeSet again;
  again.new_devices = {{device_value(product, "again"), "key"}};
  again.new_devices[0].device.id = DeviceId{999};
  again.agreements = Agreements{};
  EXPECT_TRUE(commit_refused(again).detail.starts_with("stale:"));
}

TEST_P(StoreContract, TakesNoNewMemberBelowASnapshotThatAnotherTook) {
  const ProductId product = add_product("key");
  const auto devices = add_devices(product, 2);
  const GroupId group = add_group("g", {devices[0]}, product);
  ChangeSet job;
  job.agreements = Agreements{{}, {{group, 1}}, 0, 700};
  job.new_access_keys = {{"a", Secret("s"), InstanceId{1}, true, now}};
  commit(job);
  ChangeSet stale;
  stale.new_members = {{group, devices[1], 700, product}};
  stale.agreements = Agreements{};
  EXPECT_TRUE(commit_refused(stale).detail.starts_with("stale:"));
  stale.new_members[0].join_number = 701;
  commit(stale);
}

TEST_P(StoreContract, MakesNoJobOnACountThatAnotherChanged) {
  const ProductId product = add_product("key");
  const auto devices = add_devices(product, 2);
  const GroupId group = add_group("g", devices, product);
  ChangeSet job;
  job.new_access_keys = {{"a", Secret("s"), InstanceId{1}, true, now}};
  for (const Agreements& wrong :
       {Agreements{{{product, 1}}, {}, 0, 0}, Agreements{{{product, 3}}, {}, 0, 0},
        Agreements{{}, {{group, 1}}, 0, 0}, Agreements{{{ProductId{77}, 0}}, {}, 0, 0}}) {
    job.agreements = wrong;
    EXPECT_TRUE(commit_refused(job).detail.starts_with("stale:"));
  }
  job.agreements = Agreements{{{product, 2}}, {{group, 2}}, 0, 0};
  commit(job);
}

}  // namespace
}  // namespace rollcall::store
