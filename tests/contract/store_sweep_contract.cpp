#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int64_t> devices_of(const std::vector<TaskView>& rows) {
  std::vector<int64_t> ids;
  for (const TaskView& row : rows) ids.push_back(row.task.device.value);
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
  // Somebody else was faster: of rows that it swept some may match again by now.
  sweeping.sweep_tasks = {sweep_value(id, 4, 6)};
  result = commit(sweeping);
  EXPECT_FALSE(result.swept[0].hit);
  EXPECT_THAT(result.swept[0].swept, IsEmpty());
  EXPECT_THAT(result.counters, IsEmpty());
  sweeping.sweep_tasks = {sweep_value(id, 10, 6)};
  result = commit(sweeping);
  EXPECT_TRUE(result.swept[0].hit);
  EXPECT_TRUE(result.swept[0].exhausted);
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
  sweeping.sweep_tasks[0].statuses = (1u << 1) | (1u << 2);
  sweeping.sweep_tasks[0].to = TaskStatus::TimedOut;
  sweeping.sweep_tasks[0].cause = Cause::Expired;
  EXPECT_EQ(commit(sweeping).swept[0].swept.size(), 2u);
  EXPECT_EQ(task(id, 0).status, TaskStatus::InProgress);
  EXPECT_EQ(task(id, 1).status, TaskStatus::TimedOut);
  EXPECT_EQ(task(id, 2).status, TaskStatus::TimedOut);
}

TEST_P(StoreContract, StartsTasksAgainWithoutWhatTheirLastAttemptLeft) {
  const auto devices = add_devices(add_product("key"), 5);
  const JobId id = add_job(devices);
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::Failed, Cause::Reported),
                   change(id, 1, TaskStatus::TimedOut, Cause::TimedOut),
                   change(id, 2, TaskStatus::Succeeded, Cause::Answered),
                   change(id, 3, TaskStatus::TimedOut, Cause::TimedOut),
                   change(id, 4, TaskStatus::Failed, Cause::Reported)};
  changes.tasks[0].task.progress = 80;
  changes.tasks[0].task.flags = kTaskConfirmed;
  changes.tasks[0].task.pushes = 3;
  changes.tasks[0].detail = TaskDetail{"no room", "{}"};
  changes.tasks[2].detail = TaskDetail{"", R"({"a":1})"};
  changes.tasks[3].task.flags = kTaskLateSuccess;
  changes.tasks[4].time_out_at = now + 60'000;
  commit(changes);

  ChangeSet again;
  again.sweep_tasks = {sweep_value(id, 0, 4)};
  again.sweep_tasks[0].statuses = (1u << 5) | (1u << 7);
  again.sweep_tasks[0].without = kTaskLateSuccess | kTaskUnfit;
  again.sweep_tasks[0].to = TaskStatus::Queued;
  again.sweep_tasks[0].cause = Cause::Rerun;
  again.sweep_tasks[0].now = now + 9000;
  const CommitResult result = commit(again);
  ASSERT_EQ(result.swept[0].swept.size(), 2u);
  EXPECT_EQ(result.swept[0].swept[0].attempt, 2);
  EXPECT_EQ(result.swept[0].swept[0].from, TaskStatus::Failed);
  EXPECT_EQ(result.swept[0].next_sequence, 4);
  EXPECT_FALSE(result.swept[0].exhausted);
  const Task first = task(id, 0);
  EXPECT_EQ(first.status, TaskStatus::Queued);
  EXPECT_EQ(first.attempt, 2);
  EXPECT_EQ(first.progress, -1);
  EXPECT_EQ(first.flags, 0);
  EXPECT_EQ(first.pushes, 0);
  EXPECT_EQ(first.queued_at, now);
  EXPECT_EQ(first.modified_at, now + 9000);
  EXPECT_EQ(task(id, 1).attempt, 2);
  EXPECT_EQ(task(id, 2).status, TaskStatus::Succeeded);
  EXPECT_EQ(task(id, 3).status, TaskStatus::TimedOut) << "left out by its flag";
  EXPECT_EQ(task(id, 3).attempt, 1);
  EXPECT_EQ(task(id, 4).status, TaskStatus::Failed) << "in the next chunk";
  const TaskKey keys[] = {{id, 0}, {id, 2}};
  const auto details = store().task_details(keys);
  EXPECT_EQ((*details)[0], TaskDetail{});
  EXPECT_EQ((*details)[1].status_details, R"({"a":1})");
  EXPECT_EQ(job(id).counters[TaskStatus::Queued], 2);
  EXPECT_EQ(job(id).counters[TaskStatus::Failed], 1);
  const HistoryRow row = whole_history().back();
  EXPECT_EQ(row.cause, Cause::Rerun);
  EXPECT_EQ(row.attempt, 2);
  EXPECT_EQ(row.to, TaskStatus::Queued);
  EXPECT_EQ(row.progress, -1);
  ASSERT_EQ(store().queued_tasks(id, -1, 10)->size(), 2u);
  check_invariants();

  again.sweep_tasks[0].first_sequence = 4;
  EXPECT_TRUE(commit(again).swept[0].exhausted);
  EXPECT_EQ(task(id, 4).attempt, 2);
  EXPECT_EQ(store().due_time_outs(now + 60'000, 10)->front().attempt, 1) << "the old clock keeps its attempt";
}

TEST_P(StoreContract, RemembersWhatDevicesAreStillToBeTold) {
  const auto devices = add_devices(add_product("key"), 4);
  const JobId cancelled = add_job(devices);
  const JobId removed = add_job(devices);
  const JobId silent = add_job(devices);
  ChangeSet changes;
  for (const JobId id : {cancelled, removed, silent}) {
    changes.tasks.push_back(change(id, 1, TaskStatus::Sent, Cause::Pushed));
    changes.tasks.push_back(change(id, 2, TaskStatus::InProgress, Cause::Reported));
    changes.tasks.push_back(change(id, 3, TaskStatus::Succeeded, Cause::Reported));
  }
  changes.tasks[1].task.attempt = 3;
  commit(changes);
  ChangeSet sweeping;
  sweeping.sweep_tasks = {sweep_value(cancelled, 0, 10), sweep_value(removed, 0, 10),
                          sweep_value(silent, 0, 10)};
  sweeping.sweep_tasks[0].tell = true;
  sweeping.sweep_tasks[1].tell = true;
  sweeping.sweep_tasks[1].cause = Cause::Removed;
  commit(sweeping);

  EXPECT_THAT(
      *store().tells(devices, 10),
      ElementsAre(Tell{devices[1], {cancelled, 1}, 1, false}, Tell{devices[1], {removed, 1}, 1, true},
                  Tell{devices[2], {cancelled, 2}, 3, false}, Tell{devices[2], {removed, 2}, 1, true}));
  EXPECT_THAT(*store().tells(devices, 1), ElementsAre(Tell{devices[1], {cancelled, 1}, 1, false},
                                                      Tell{devices[2], {cancelled, 2}, 3, false}));
  if (GetParam().durable) reopen();
  ChangeSet told;
  told.tells_done = {Tell{devices[1], {cancelled, 1}, 1, false}, Tell{devices[2], {removed, 2}, 1, true},
                     Tell{devices[3], {cancelled, 3}, 1, false}};
  EXPECT_FALSE(told.empty());
  commit(told);
  EXPECT_THAT(*store().tells(devices, 10), ElementsAre(Tell{devices[1], {removed, 1}, 1, true},
                                                       Tell{devices[2], {cancelled, 2}, 3, false}));
  EXPECT_THAT(*store().tells({}, 10), IsEmpty());
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

  sweep_from(jobs[2], 0);
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
