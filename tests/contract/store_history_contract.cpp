// The history of single tasks: what ListTaskEvents pages through.
#include <gmock/gmock.h>

#include <vector>

#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<TaskStatus> reached(const std::vector<HistoryRow>& rows) {
  std::vector<TaskStatus> statuses;
  for (const HistoryRow& row : rows) statuses.push_back(row.to);
  return statuses;
}

TEST_P(StoreContract, GivesATasksOwnRowsOldestFirst) {
  const JobId id = add_job(add_devices(add_product("key"), 3));
  for (const TaskStatus to : {TaskStatus::Sent, TaskStatus::InProgress, TaskStatus::Succeeded})
    for (const int64_t sequence : {2, 0}) move(id, sequence, to, Cause::Reported);
  const auto rows = history_of({{id, 0}});
  EXPECT_THAT(reached(rows), ElementsAre(TaskStatus::Sent, TaskStatus::InProgress, TaskStatus::Succeeded));
  for (const HistoryRow& row : rows) EXPECT_EQ(row.key, (TaskKey{id, 0}));
  EXPECT_LT(rows[0].position, rows[1].position);
  EXPECT_THAT(history_of({{id, 1}}), IsEmpty());
  EXPECT_THAT(history_of({{id, 3}}), IsEmpty()) << "no such task";
  EXPECT_THAT(history_of({{JobId{31337}, 0}}), IsEmpty()) << "no such job";
  EXPECT_THAT(history_of({}), IsEmpty());
}

TEST_P(StoreContract, GoesOnBehindAPositionOfTheFirstTaskOnly) {
  const JobId id = add_job(add_devices(add_product("key"), 3));
  for (const TaskStatus to : {TaskStatus::Sent, TaskStatus::InProgress, TaskStatus::Failed})
    for (const int64_t sequence : {0, 1, 2}) move(id, sequence, to, Cause::Reported);
  const std::vector<TaskKey> keys{{id, 2}, {id, 0}, {id, 1}};
  const auto all = history_of(keys);
  ASSERT_EQ(all.size(), 9u);
  EXPECT_EQ(all[3].key, (TaskKey{id, 0})) << "task by task, in the order asked for";
  EXPECT_EQ(all[8].key, (TaskKey{id, 1}));
  const auto rest = history_of(keys, all[1].position, 3);
  ASSERT_EQ(rest.size(), 3u);
  EXPECT_EQ(rest[0].position, all[2].position);
  EXPECT_EQ(rest[1].position, all[3].position) << "older than where the first one went on";
  EXPECT_THAT(reached(history_of({{id, 2}}, all[2].position)), IsEmpty());
  EXPECT_THAT(history_of(keys, 0, 0), IsEmpty());
}

// Page by page is the same as all at once, for every size of a page.
TEST_P(StoreContract, PagesWithoutAGapOrARepetition) {
  const JobId id = add_job(add_devices(add_product("key"), 1));
  ChangeSet changes;
  for (int i = 0; i < 40; ++i) {
    changes.tasks = {change(id, 0, TaskStatus::InProgress, Cause::Reported)};
    changes.tasks[0].task.progress = i;
    changes.tasks[0].record_history = true;
    commit(changes);
  }
  const auto all = history_of({{id, 0}});
  ASSERT_EQ(all.size(), 40u);
  for (const size_t limit : {1, 7, 39, 40, 41}) {
    std::vector<int32_t> progress;
    for (int64_t after = 0;;) {
      const auto page = history_of({{id, 0}}, after, limit);
      if (page.empty()) break;
      EXPECT_LE(page.size(), limit);
      for (const HistoryRow& row : page) progress.push_back(row.progress);
      after = page.back().position;
    }
    ASSERT_EQ(progress.size(), 40u) << limit;
    for (int i = 0; i < 40; ++i) EXPECT_EQ(progress[static_cast<size_t>(i)], i) << limit;
  }
}

TEST_P(StoreContract, KeepsMessageAndStatusDetailsApart) {
  const JobId id = add_job(add_devices(add_product("key"), 1));
  const std::vector<TaskDetail> details = {{"", R"({"step":1})"},
                                           {"code 7: no room", ""},
                                           {"code 8: no room", R"({"free":"0"})"},
                                           {"a message with \x1e in it", ""},
                                           {"\x1e", R"({"a":"\u001e"})"},
                                           {"", ""}};
  for (size_t i = 0; i < details.size(); ++i) {
    ChangeSet changes;
    changes.tasks = {change(id, 0, TaskStatus::InProgress, Cause::Answered)};
    changes.tasks[0].record_history = true;
    changes.tasks[0].detail = details[i];
    commit(changes);
    EXPECT_EQ(whole_history().back().detail, details[i]) << i;
  }
  const auto rows = history_of({{id, 0}});
  ASSERT_EQ(rows.size(), details.size());
  for (size_t i = 0; i < details.size(); ++i) EXPECT_EQ(rows[i].detail, details[i]) << i;
}

TEST_P(StoreContract, FollowsATaskThroughSweepsAndOverTheRowsTheyLeaveOut) {
  const JobId id = add_job(add_devices(add_product("key"), 6));
  for (const int64_t sequence : {0, 2, 4}) move(id, sequence, TaskStatus::Failed, Cause::Reported);
  ChangeSet sweeping;
  sweeping.sweep_tasks = {sweep_value(id, 0, 4), sweep_value(id, 4, 4)};
  for (SweepTasks& sweep : sweeping.sweep_tasks) {
    sweep.statuses = 1u << static_cast<unsigned>(TaskStatus::Failed);
    sweep.to = TaskStatus::Queued;
    sweep.cause = Cause::Rerun;
  }
  commit(sweeping);
  move(id, 1, TaskStatus::Sent, Cause::Pushed);
  sweep_from(id, 0);
  sweeping.sweep_tasks = {sweep_value(id, 0, 3), sweep_value(id, 3, 10)};
  commit(sweeping);
  for (int64_t sequence = 0; sequence < 6; ++sequence) {
    const auto rows = history_of({{id, sequence}});
    const bool failed = sequence % 2 == 0;
    ASSERT_EQ(rows.size(), failed ? 3u : sequence == 1 ? 2u : 1u) << sequence;
    EXPECT_EQ(rows.back().to, TaskStatus::Cancelled) << sequence;
    if (!failed) continue;
    EXPECT_EQ(rows[1].cause, Cause::Rerun) << sequence;
    EXPECT_EQ(rows[1].attempt, 2) << sequence;
  }
}

TEST_P(StoreContract, HoldsNothingOfAChangeThatMissedOrOfACommitThatFailed) {
  const auto devices = add_devices(add_product("key"), 2);
  const JobId id = add_job(devices);
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::Sent, Cause::Pushed),
                   change(id, 0, TaskStatus::InProgress, Cause::Reported),
                   change(id, 0, TaskStatus::Succeeded, Cause::Reported)};
  changes.tasks[1].from_status = TaskStatus::Rejected;
  changes.tasks[2].from_status = TaskStatus::Sent;
  EXPECT_THAT(commit(changes).missed_tasks, ElementsAre(1));
  EXPECT_THAT(reached(history_of({{id, 0}})), ElementsAre(TaskStatus::Sent, TaskStatus::Succeeded));

  changes.tasks = {change(id, 1, TaskStatus::Sent, Cause::Pushed)};
  changes.new_products = {{product_value("key")}};  // taken
  commit_refused(changes);
  EXPECT_THAT(history_of({{id, 1}}), IsEmpty());
  move(id, 1, TaskStatus::Failed, Cause::Offline);
  EXPECT_THAT(reached(history_of({{id, 1}})), ElementsAre(TaskStatus::Failed));
}

TEST_P(StoreContract, StaysAfterARestartAndTheDeletionOfItsJob) {
  const JobId id = add_job(add_devices(add_product("key"), 1));
  move(id, 0, TaskStatus::Sent, Cause::Pushed);
  if (GetParam().durable) reopen();
  move(id, 0, TaskStatus::Succeeded, Cause::Reported);
  const Job from = job(id);
  ChangeSet changes;
  JobChange& gone = changes.jobs.emplace_back();
  gone.id = id;
  gone.from_epoch = from.epoch;
  gone.from_tasks_made = from.tasks_made;
  gone.epoch = from.epoch + 1;
  gone.status = JobStatus::Removing;
  gone.tasks_made = from.tasks_made;
  gone.modified_at = now;
  gone.deleted = true;
  commit(changes);
  EXPECT_TRUE(store().jobs(std::vector<JobId>{id})->empty());
  EXPECT_THAT(reached(history_of({{id, 0}})), ElementsAre(TaskStatus::Sent, TaskStatus::Succeeded));
  EXPECT_EQ(*store().instance_of_job(id), InstanceId{1});
  EXPECT_EQ(*store().instance_of_job(JobId{31337}), std::nullopt);
}

TEST_P(StoreContract, KeepsWhatThinsTheHistoryWithTheRow) {
  const JobId id = add_job(add_devices(add_product("key"), 4));
  const auto put = [&](int64_t sequence, int32_t progress, uint8_t noted, WallMs noted_at) {
    ChangeSet changes;
    changes.tasks = {change(id, sequence, TaskStatus::Failed, Cause::Reported)};
    changes.tasks[0].task.progress = progress;
    changes.tasks[0].task.noted = noted;
    changes.tasks[0].task.noted_at = noted_at;
    commit(changes);
    const Task stored = task(id, sequence);
    EXPECT_EQ(stored.progress, progress);
    EXPECT_EQ(stored.noted, noted);
    EXPECT_EQ(stored.noted_at, noted_at);
  };
  put(0, 0, 1, now + 86'400'000LL * 400);
  put(1, 100, 64, now);
  put(2, -1, 3, WallMs{});
  put(3, -1, 0, now + 1);
  EXPECT_EQ(whole_history().back().progress, -1);
  ChangeSet again;
  again.sweep_tasks = {sweep_value(id, 0, 4)};
  again.sweep_tasks[0].statuses = 1u << static_cast<unsigned>(TaskStatus::Failed);
  again.sweep_tasks[0].to = TaskStatus::Queued;
  commit(again);
  for (int64_t sequence = 0; sequence < 4; ++sequence) {
    EXPECT_EQ(task(id, sequence).progress, -1);
    EXPECT_EQ(task(id, sequence).noted, 0);
    EXPECT_EQ(task(id, sequence).noted_at, WallMs{});
  }
}

TEST_P(StoreContract, KeepsANoteInTheHistoryAlone) {
  const JobId id = add_job(add_devices(add_product("key"), 1));
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::TimedOut, Cause::TimedOut)};
  changes.tasks[0].detail = TaskDetail{"too long", ""};
  changes.tasks[0].note = {"not this one", ""};
  commit(changes);
  EXPECT_EQ(whole_history().back().detail, (TaskDetail{"too long", ""}));
  changes.tasks = {change(id, 0, TaskStatus::TimedOut, Cause::LateReport)};
  changes.tasks[0].record_history = true;
  changes.tasks[0].note = {"came late", R"({"a":1})"};
  commit(changes);
  EXPECT_EQ(whole_history().back().detail, (TaskDetail{"came late", R"({"a":1})"}));
  const TaskKey keys[] = {{id, 0}};
  EXPECT_EQ(store().task_details(keys)->front(), (TaskDetail{"too long", ""}));
}

}  // namespace
}  // namespace rollcall::store
