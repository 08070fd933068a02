// What is left of deleted jobs goes, in chunks and never in part for a reader; ended jobs are found.
#include <algorithm>

#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

JobChange over(const Job& from, JobStatus status, WallMs at) {
  JobChange change;
  change.id = from.id;
  change.from_epoch = from.epoch;
  change.from_sweep_cursor = from.sweep_cursor;
  change.from_tasks_made = from.tasks_made;
  change.tasks_made = from.tasks_made;
  change.epoch = from.epoch + 1;
  change.status = status;
  change.modified_at = at;
  change.deleted = status == JobStatus::Removing;
  return change;
}

ChangeSet purge(WallMs until, size_t tasks_max) {
  ChangeSet changes;
  changes.purge = PurgeJobs{until, tasks_max};
  return changes;
}

size_t rows_of(const std::vector<HistoryRow>& history, JobId id) {
  return static_cast<size_t>(std::count_if(history.begin(), history.end(),
                                           [&](const HistoryRow& row) { return row.key.job == id; }));
}

}  // namespace

// A job whose tasks were pushed, and succeeded with a message.
JobId StoreContract::finished_job(const std::vector<DeviceId>& devices) {
  const JobId id = add_job(devices);
  for (size_t i = 0; i < devices.size(); ++i) {
    move(id, static_cast<int64_t>(i), TaskStatus::Sent, Cause::Pushed);
    ChangeSet done;
    done.tasks = {change(id, static_cast<int64_t>(i), TaskStatus::Succeeded, Cause::Reported)};
    done.tasks[0].detail = TaskDetail{"done", "{}"};
    commit(done);
  }
  return id;
}

void StoreContract::end_job(JobId id, JobStatus status, WallMs at) {
  ChangeSet changes;
  changes.jobs = {over(job(id), status, at)};
  ASSERT_THAT(commit(changes).missed_jobs, IsEmpty());
}

namespace {

TEST_P(StoreContract, TakesAChunkATimeAndShowsNothingFromTheFirstOneOn) {
  const auto devices = add_devices(add_product("key"), 5);
  const JobId kept = finished_job(devices);
  const JobId gone = finished_job(devices);
  ChangeSet called;
  called.task_aliases = {{"k", {kept, 4}}, {"first", {gone, 0}}, {"last", {gone, 4}}};
  commit(called);
  end_job(gone, JobStatus::Removing, now);
  EXPECT_EQ(*store().instance_of_job(gone), InstanceId{1});
  EXPECT_THAT(*store().list_tasks_of_device(devices[4], {}, JobId{}, 9), SizeIs(2));

  CommitResult result = commit(purge(now, 2));
  EXPECT_EQ(result.purged.job, gone);
  EXPECT_EQ(result.purged.tasks, 2);
  const std::vector<std::string> names{"k", "first", "last"};
  EXPECT_THAT(*store().task_aliases(names), SizeIs(2));
  EXPECT_EQ(*store().instance_of_job(gone), std::nullopt);
  EXPECT_THAT(*store().list_tasks_of_device(devices[4], {}, JobId{}, 9), SizeIs(1));
  EXPECT_EQ(rows_of(whole_history(), gone), 6u);
  if (GetParam().durable) reopen();
  EXPECT_EQ(*store().earliest_deletion(), now) << "it is not done";
  EXPECT_EQ(commit(purge(now, 2)).purged.tasks, 2);
  EXPECT_EQ(commit(purge(now, 2)).purged.tasks, 1);
  EXPECT_FALSE(commit(purge(now, 2)).purged.job) << "there is nothing left";
  EXPECT_EQ(*store().task_aliases(names), (std::vector<TaskAlias>{{"k", {kept, 4}}}));

  EXPECT_EQ(*store().earliest_deletion(), std::nullopt);
  EXPECT_EQ(rows_of(whole_history(), gone), 0u);
  EXPECT_THAT(all_tasks(gone), IsEmpty());
  EXPECT_EQ(rows_of(whole_history(), kept), 10u);
  EXPECT_THAT(history_of({{kept, 0}, {kept, 4}}), SizeIs(4)) << "the other job's chains are whole";
  EXPECT_EQ(store().task_details(std::array{TaskKey{kept, 2}})->front().message, "done");
}

TEST_P(StoreContract, LeavesAloneWhatWasDeletedLaterOrNotAtAll) {
  const auto devices = add_devices(add_product("key"), 1);
  const JobId running = add_job(devices);
  const JobId later = finished_job(devices);
  const JobId first = finished_job(devices);
  end_job(first, JobStatus::Removing, now + 1'000);
  end_job(later, JobStatus::Removing, now + 2'000);
  EXPECT_EQ(*store().earliest_deletion(), now + 1'000);
  EXPECT_FALSE(commit(purge(now + 999, 10)).purged.job);
  EXPECT_EQ(commit(purge(now + 1'999, 10)).purged.job, first);
  EXPECT_FALSE(commit(purge(now + 1'999, 10)).purged.job);
  EXPECT_EQ(*store().earliest_deletion(), now + 2'000);
  EXPECT_EQ(rows_of(whole_history(), later), 2u);
  EXPECT_EQ(job(running).id, running);
}

TEST_P(StoreContract, EndsWithAnEmptyChunkWhenTheLastOneWasFull) {
  const JobId gone = finished_job(add_devices(add_product("key"), 2));
  end_job(gone, JobStatus::Removing, now);
  EXPECT_EQ(commit(purge(now, 2)).purged.tasks, 2);
  const CommitResult last = commit(purge(now, 2));
  EXPECT_EQ(last.purged.job, gone);
  EXPECT_EQ(last.purged.tasks, 0);
  EXPECT_FALSE(commit(purge(now, 2)).purged.job);
}

TEST_P(StoreContract, GivesNoPositionOfTheHistoryTwice) {
  const auto devices = add_devices(add_product("key"), 2);
  const JobId gone = finished_job(devices);
  const int64_t last = whole_history().back().position;
  end_job(gone, JobStatus::Removing, now);
  commit(purge(now, 10));
  EXPECT_THAT(whole_history(), IsEmpty());
  if (GetParam().durable) reopen();
  finished_job(devices);
  ASSERT_THAT(whole_history(), SizeIs(4));
  EXPECT_GT(whole_history().front().position, last);
}

TEST_P(StoreContract, ForgetsWhatADeviceOfTheJobWasStillToBeTold) {
  const auto devices = add_devices(add_product("key"), 1);
  const JobId id = add_job(devices);
  move(id, 0, TaskStatus::Sent, Cause::Pushed);
  sweep_from(id, 0);
  SweepTasks sweep = sweep_value(id, 0, 10);
  sweep.tell = true;
  ChangeSet changes;
  changes.sweep_tasks = {sweep};
  commit(changes);
  ASSERT_THAT(store().tells(devices, 10)->size(), 1u);
  end_job(id, JobStatus::Removing, now);
  commit(purge(now, 10));
  EXPECT_THAT(*store().tells(devices, 10), IsEmpty());
}

TEST_P(StoreContract, FindsJobsThatEndedTheEarliestFirst) {
  const auto devices = add_devices(add_product("key"), 1);
  const JobId a = finished_job(devices);
  const JobId b = finished_job(devices);
  const JobId c = finished_job(devices);
  add_job(devices);
  EXPECT_EQ(*store().earliest_end(), std::nullopt);
  end_job(b, JobStatus::Completed, now + 1'000);
  end_job(a, JobStatus::Completed, now + 3'000);
  end_job(c, JobStatus::Removing, now + 500);
  EXPECT_EQ(*store().earliest_end(), now + 1'000);
  EXPECT_THAT(*store().ended_jobs(now + 2'999, 9), ElementsAre(b));
  EXPECT_THAT(*store().ended_jobs(now + 3'000, 9), ElementsAre(b, a));
  EXPECT_THAT(*store().ended_jobs(now + 3'000, 1), ElementsAre(b));
}

}  // namespace
}  // namespace rollcall::store
