#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

TEST_P(StoreContract, ChangesATaskWithEveryField) {
  const auto devices = add_devices(add_product("key"), 2);
  const JobId id = add_job(devices);
  ChangeSet changes;
  changes.tasks = {change(id, 1, TaskStatus::InProgress, Cause::Reported)};
  Task& to = changes.tasks[0].task;
  to.attempt = 3;
  to.progress = 55;
  to.flags = kTaskConfirmed | kTaskLateSuccess;
  to.pushes = 4;
  to.queued_at = now + 100;
  to.modified_at = now + 70;  // the wall clock was set back
  const CommitResult result = commit(changes);
  EXPECT_THAT(result.missed_tasks, IsEmpty());
  const Task stored = task(id, 1);
  EXPECT_EQ(stored.device, devices[1]);
  EXPECT_EQ(stored.status, TaskStatus::InProgress);
  EXPECT_EQ(stored.attempt, 3);
  EXPECT_EQ(stored.progress, 55);
  EXPECT_EQ(stored.flags, kTaskConfirmed | kTaskLateSuccess);
  EXPECT_EQ(stored.pushes, 4);
  EXPECT_EQ(stored.queued_at, now + 100);
  EXPECT_EQ(stored.modified_at, now + 70);
  ASSERT_EQ(result.counters.size(), 1u);
  EXPECT_EQ(result.counters[0].first, id);
  EXPECT_EQ(result.counters[0].second[TaskStatus::InProgress], 1);
  EXPECT_EQ(result.counters[0].second[TaskStatus::Queued], 1);
}

TEST_P(StoreContract, WritesHistoryForWhatItHit) {
  const JobId id = add_job(add_devices(add_product("key"), 2));
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::Sent, Cause::Pushed),
                   change(id, 1, TaskStatus::Sent, Cause::Pushed)};
  changes.tasks[1].from_status = TaskStatus::InProgress;
  EXPECT_THAT(commit(changes).missed_tasks, ElementsAre(1));
  const auto rows = whole_history();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].key, (TaskKey{id, 0}));
  EXPECT_EQ(rows[0].device, task(id, 0).device);
  EXPECT_EQ(rows[0].attempt, 1);
  EXPECT_EQ(rows[0].from, TaskStatus::Queued);
  EXPECT_EQ(rows[0].to, TaskStatus::Sent);
  EXPECT_EQ(rows[0].cause, Cause::Pushed);
  EXPECT_EQ(rows[0].at, now + 1000);
  EXPECT_EQ(rows[0].progress, -1);
  EXPECT_EQ(rows[0].detail, TaskDetail{});
  EXPECT_EQ(task(id, 1).status, TaskStatus::Queued);
  EXPECT_EQ(job(id).counters[TaskStatus::Queued], 1);
}

TEST_P(StoreContract, WritesHistoryWithoutAMoveOnlyWhenAsked) {
  const JobId id = add_job(add_devices(add_product("key"), 1));
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::InProgress, Cause::Reported)};
  commit(changes);
  changes.tasks = {change(id, 0, TaskStatus::InProgress, Cause::Confirmed)};
  changes.tasks[0].task.flags = kTaskConfirmed;
  const CommitResult quiet = commit(changes);
  EXPECT_THAT(quiet.counters, IsEmpty());
  EXPECT_EQ(whole_history().size(), 1u);
  EXPECT_EQ(task(id, 0).flags, kTaskConfirmed);

  changes.tasks = {change(id, 0, TaskStatus::InProgress, Cause::Reported)};
  changes.tasks[0].task.progress = 60;
  changes.tasks[0].record_history = true;
  changes.tasks[0].detail = TaskDetail{"", R"({"step":2})"};
  commit(changes);
  ASSERT_EQ(whole_history().size(), 2u);
  EXPECT_EQ(whole_history()[1].from, TaskStatus::InProgress);
  EXPECT_EQ(whole_history()[1].progress, 60);
  EXPECT_EQ(whole_history()[1].detail.status_details, R"({"step":2})");

  // A new attempt in the same status is remembered without being asked.
  changes.tasks = {change(id, 0, TaskStatus::InProgress, Cause::Rerun)};
  changes.tasks[0].task.attempt = 2;
  commit(changes);
  ASSERT_EQ(whole_history().size(), 3u);
  EXPECT_EQ(whole_history()[2].attempt, 2);
}

TEST_P(StoreContract, MissesATaskThatIsNotAsItWasRead) {
  const JobId id = add_job(add_devices(add_product("key"), 1));
  const TaskChange good = change(id, 0, TaskStatus::Sent, Cause::Pushed);
  ChangeSet changes;
  changes.tasks = {good, good, good, good};
  changes.tasks[0].from_status = TaskStatus::Sent;
  changes.tasks[1].from_attempt = 2;
  changes.tasks[2].task.key.sequence = 1;
  changes.tasks[3].task.key.job = JobId{31337};
  for (TaskChange& one : changes.tasks) {
    one.detail = TaskDetail{"must not be stored", ""};
    one.time_out_at = now;
  }
  const CommitResult result = commit(changes);
  EXPECT_THAT(result.missed_tasks, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(result.counters, IsEmpty());
  EXPECT_THAT(whole_history(), IsEmpty());
  const std::vector<TaskKey> keys{{id, 0}, {id, 1}};
  EXPECT_EQ((*store().task_details(keys))[0], TaskDetail{});
  EXPECT_EQ((*store().task_details(keys))[1], TaskDetail{});
  EXPECT_EQ(*store().earliest_time_out(), std::nullopt);
  EXPECT_EQ(task(id, 0).status, TaskStatus::Queued);
}

TEST_P(StoreContract, ReportsMissesByTheirPlaceWhateverTheOrder) {
  const auto devices = add_devices(add_product("key"), 6);
  const JobId a = add_job(devices);
  const JobId b = add_job(devices);
  ChangeSet changes;
  for (int64_t sequence = 5; sequence >= 0; --sequence) {
    changes.tasks.push_back(change(sequence % 2 == 0 ? b : a, sequence, TaskStatus::Sent, Cause::Pushed));
  }
  changes.tasks[1].from_attempt = 9;
  changes.tasks[4].from_attempt = 9;
  const CommitResult result = commit(changes);
  EXPECT_THAT(result.missed_tasks, ElementsAre(1, 4));
  EXPECT_EQ(result.counters.size(), 2u);
  EXPECT_EQ(job(a).counters[TaskStatus::Sent], 2);
  EXPECT_EQ(job(b).counters[TaskStatus::Sent], 2);
}

TEST_P(StoreContract, AppliesTwoChangesOfOneTaskInTheirOrder) {
  const JobId id = add_job(add_devices(add_product("key"), 2));
  ChangeSet changes;
  changes.tasks = {change(id, 1, TaskStatus::Sent, Cause::Pushed),
                   change(id, 0, TaskStatus::Sent, Cause::Pushed),
                   change(id, 1, TaskStatus::Sent, Cause::Reported)};
  changes.tasks[2].from_status = TaskStatus::Sent;
  changes.tasks[2].task.status = TaskStatus::Succeeded;
  const CommitResult result = commit(changes);
  EXPECT_THAT(result.missed_tasks, IsEmpty());
  EXPECT_EQ(task(id, 1).status, TaskStatus::Succeeded);
  EXPECT_EQ(whole_history().size(), 3u);
  EXPECT_EQ(result.counters[0].second[TaskStatus::Succeeded], 1);
  EXPECT_EQ(result.counters[0].second[TaskStatus::Sent], 1);
}

TEST_P(StoreContract, ReopensATaskByRerun) {
  const auto devices = add_devices(add_product("key"), 1);
  const JobId id = add_job(devices);
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::Failed, Cause::Reported)};
  commit(changes);
  EXPECT_THAT(*store().open_tasks(devices, 10), IsEmpty());
  EXPECT_THAT(*store().queued_tasks(id, -1, 10), IsEmpty());
  changes.tasks = {change(id, 0, TaskStatus::Queued, Cause::Rerun)};
  changes.tasks[0].task.attempt = 2;
  commit(changes);
  EXPECT_EQ(store().open_tasks(devices, 10)->size(), 1u);
  EXPECT_EQ(store().queued_tasks(id, -1, 10)->size(), 1u);
  EXPECT_EQ(job(id).counters[TaskStatus::Failed], 0);
}

TEST_P(StoreContract, ReplacesAndRemovesDetails) {
  const JobId id = add_job(add_devices(add_product("key"), 1));
  const std::vector<TaskKey> keys{{id, 0}};
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::InProgress, Cause::Reported)};
  changes.tasks[0].detail = TaskDetail{"half way", R"({"a":1})"};
  commit(changes);
  EXPECT_EQ(store().task_details(keys)->front(), (TaskDetail{"half way", R"({"a":1})"}));
  EXPECT_EQ(task(id, 0).flags, kTaskHasDetail);
  EXPECT_EQ(whole_history().back().detail.message, "half way");

  changes.tasks = {change(id, 0, TaskStatus::InProgress, Cause::Confirmed)};
  commit(changes);
  EXPECT_EQ(store().task_details(keys)->front().message, "half way") << "absent leaves it";

  changes.tasks = {change(id, 0, TaskStatus::Failed, Cause::Reported)};
  changes.tasks[0].detail = TaskDetail{std::string("zero \0 inside", 13), ""};
  commit(changes);
  EXPECT_EQ(store().task_details(keys)->front(), (TaskDetail{std::string("zero \0 inside", 13), ""}));

  changes.tasks = {change(id, 0, TaskStatus::Queued, Cause::Rerun)};
  changes.tasks[0].detail = TaskDetail{};
  commit(changes);
  EXPECT_EQ(store().task_details(keys)->front(), TaskDetail{});
  EXPECT_EQ(task(id, 0).flags, 0);
}

TEST_P(StoreContract, UndoesEverythingWhenOnePartFails) {
  const ProductId product = add_product("key");
  const auto devices = add_devices(product, 3);
  const JobId id = add_job(devices);
  const JobId making = add_job_to_make(TargetType::Product, product, {}, 3, devices.back().value);
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::Sent, Cause::Pushed),
                   change(id, 1, TaskStatus::Sent, Cause::Pushed)};
  changes.tasks[0].detail = TaskDetail{"x", "y"};
  changes.tasks[0].time_out_at = now;
  changes.make_tasks = {make_value(making, 10)};
  sweep_from(id, 2);
  changes.sweep_tasks = {sweep_value(id, 2, 10)};
  changes.presence.push_back({devices[0], true, 1, now, now, now, ""});
  changes.new_devices.push_back({device_value(product, "extra"), ""});
  ChangeSet poisoned = changes;
  // The last thing of the transaction in time: a job whose rows are there already.
  NewJob taken;
  taken.job = job_value();
  taken.job.id = id;
  poisoned.new_jobs = {taken};
  EXPECT_THAT(commit_refused(poisoned).detail, StartsWith("constraint:"));
  EXPECT_EQ(task(id, 0).status, TaskStatus::Queued);
  EXPECT_THAT(whole_history(), IsEmpty());
  EXPECT_EQ(job(making).tasks_made, 0);
  EXPECT_THAT(*store().presence(devices), IsEmpty());
  EXPECT_EQ(*store().earliest_time_out(), std::nullopt);
  EXPECT_EQ(store().list_devices(product, "", 10)->size(), 3u);
  check_invariants();

  const CommitResult result = commit(changes);
  EXPECT_THAT(result.missed_tasks, IsEmpty());
  EXPECT_EQ(whole_history().size(), 3u);
  EXPECT_EQ(job(making).tasks_made, 3);
}

TEST_P(StoreContract, CommitsAnEmptyChangeSet) {
  ChangeSet changes;
  EXPECT_TRUE(changes.empty());
  EXPECT_THAT(commit(changes).counters, IsEmpty());
  EXPECT_FALSE(store().poll().has_value());
}

TEST_P(StoreContract, KeepsTimeOutsUntilTheyAreDone) {
  const JobId id = add_job(add_devices(add_product("key"), 4));
  ChangeSet changes;
  for (int64_t sequence = 0; sequence < 4; ++sequence) {
    changes.tasks.push_back(change(id, sequence, TaskStatus::InProgress, Cause::Reported));
    changes.tasks.back().time_out_at = now + (4 - sequence) * 100;
  }
  commit(changes);
  EXPECT_EQ(*store().earliest_time_out(), now + 100);
  EXPECT_THAT(*store().due_time_outs(now + 99, 10), IsEmpty());
  const auto due = store().due_time_outs(now + 300, 2);
  ASSERT_EQ(due->size(), 2u);
  EXPECT_EQ((*due)[0].key, (TaskKey{id, 3}));
  EXPECT_EQ((*due)[0].deadline, now + 100);
  EXPECT_EQ((*due)[0].attempt, 1);
  EXPECT_EQ((*due)[1].key, (TaskKey{id, 2}));

  ChangeSet done;
  done.time_outs_done_until = now + 300;
  done.time_outs_done = {{id, 2}, {id, 3}, {id, 0}};  // the last one is not due: it stays
  EXPECT_FALSE(done.empty());
  commit(done);
  EXPECT_EQ(*store().earliest_time_out(), now + 300);
  EXPECT_EQ(store().due_time_outs(now + 10'000, 10)->size(), 2u);
  if (!GetParam().durable) return;
  reopen();
  EXPECT_EQ(store().due_time_outs(now + 10'000, 10)->size(), 2u);
}

TEST_P(StoreContract, ChangesManyTasksInOneCommit) {
  const ProductId product = add_product("key");
  const auto devices = add_devices(product, 1000);
  const JobId id = add_job_to_make(TargetType::Product, product, {}, 1000, devices.back().value);
  ChangeSet making;
  making.make_tasks = {make_value(id, 1000)};
  commit(making);
  const TaskStatus steps[] = {TaskStatus::Sent, TaskStatus::InProgress, TaskStatus::Succeeded};
  for (const TaskStatus to : steps) {
    ChangeSet changes;
    for (int64_t i = 0; i < 1000; ++i) changes.tasks.push_back(change(id, i * 7 % 1000, to, Cause::Reported));
    const CommitResult result = commit(changes);
    EXPECT_THAT(result.missed_tasks, IsEmpty());
    EXPECT_EQ(result.counters[0].second[to], 1000);
  }
  EXPECT_EQ(whole_history().size(), 3000u);
}

}  // namespace
}  // namespace rollcall::store
