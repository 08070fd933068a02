// PostgreSQL beside SQLite, and beside itself: equal results for equal change sets, and two writers at once.
#include <algorithm>
#include <set>
#include <thread>

#include "base/clock.hpp"
#include "contract/store_agreement.hpp"
#include "contract/store_contract.hpp"
#include "store/postgresql/open.hpp"
#include "store/sqlite/open.hpp"
#include "support/postgresql_server.hpp"

namespace rollcall::store {
namespace {

using rollcall::testing::PostgresqlServer;
using ::testing::SizeIs;

class PostgresqlAgreement : public ::testing::Test {
 protected:
  void SetUp() override {
    PostgresqlServer& server = PostgresqlServer::shared();
    ASSERT_EQ(server.why_not(), "");
    url = server.fresh_url();
  }
  std::unique_ptr<Store> open() {
    auto opened = open_postgresql({url, false}, clock, random);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
    return opened ? std::move(*opened) : nullptr;
  }
  std::string url;
  SystemClock clock;
  SystemRandom random;
};

class PostgresqlAgreementOfSeed : public PostgresqlAgreement,
                                  public ::testing::WithParamInterface<uint64_t> {};

TEST_P(PostgresqlAgreementOfSeed, DoesWhatSqliteDoes) {
  auto sqlite = *open_sqlite({":memory:", true, 1024}, random);
  const auto postgresql = open();
  ASSERT_TRUE(postgresql);
  RandomChanges changes(GetParam(), *sqlite);
  const ChangeSet world = changes.world();
  ASSERT_TRUE(commit_to(*sqlite, world));
  ASSERT_TRUE(commit_to(*postgresql, world));
  int refused = 0;
  for (int step = 0; step < 200; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    const ChangeSet& next = changes.next();
    const auto expected = commit_to(*sqlite, next);
    const auto result = commit_to(*postgresql, next);
    ASSERT_EQ(text_of(expected), text_of(result)) << (result ? "" : result.error().detail);
    if (!expected) ++refused;
    if (result) {
      ASSERT_EQ(wrong_counters(*postgresql, *result), "");
    }
    if (step % 50 == 49) {
      ASSERT_EQ(text_of(*sqlite, changes), text_of(*postgresql, changes));
    }
  }
  EXPECT_LT(refused, 60) << "most of it must pass, or little is compared";
}

INSTANTIATE_TEST_SUITE_P(Seeds, PostgresqlAgreementOfSeed, ::testing::Range<uint64_t>(1, 6));

// Two servers on one database: every change is decided on what was read, and only one can be right.
class PostgresqlWriters : public PostgresqlAgreement {
 protected:
  static constexpr int64_t kTasks = 200;
  static constexpr JobId kJob{1};

  void make_job(Store& store, JobId job = kJob) {
    NewJob created;
    created.job.id = job;
    created.job.status = JobStatus::InProgress;
    for (int64_t i = 0; i < kTasks; ++i) created.targets.push_back(DeviceId{i + 1});
    ChangeSet changes;
    changes.new_jobs.push_back(created);
    ASSERT_TRUE(commit_to(store, changes));
  }
  static TaskChange change(JobId job, int64_t sequence, TaskStatus from, TaskStatus to) {
    TaskChange change;
    change.task.key = {job, sequence};
    change.task.device = DeviceId{sequence + 1};
    change.task.status = to;
    change.from_status = from;
    change.cause = Cause::Reported;
    return change;
  }
  // Takes every task from QUEUED to SENT to IN_PROGRESS, some at a time, as if nobody else did; counts hits.
  int64_t push_through(Store& store, JobId job, int64_t step, bool backwards) {
    int64_t hits = 0;
    for (const auto& [from, to] : {std::pair(TaskStatus::Queued, TaskStatus::Sent),
                                   std::pair(TaskStatus::Sent, TaskStatus::InProgress)}) {
      for (int64_t begin = 0; begin < kTasks; begin += step) {
        ChangeSet changes;
        for (int64_t i = begin; i < begin + step; ++i)
          changes.tasks.push_back(change(job, backwards ? kTasks - 1 - i : i, from, to));
        const auto result = commit_to(store, changes);
        if (!result) return -1;
        hits += step - static_cast<int64_t>(result->missed_tasks.size());
      }
    }
    return hits;
  }
};

TEST_F(PostgresqlWriters, EachChangeHitsForOneOfThem) {
  const auto first = open(), second = open();
  make_job(*first);
  int64_t hits[2] = {};
  std::thread other([&] { hits[1] = push_through(*second, kJob, 10, true); });
  hits[0] = push_through(*first, kJob, 10, false);
  other.join();
  ASSERT_GE(hits[0], 0);
  ASSERT_GE(hits[1], 0);

  // A task that one of them found already SENT was not hit by both.
  const auto history = *first->history(0, 10'000);
  EXPECT_THAT(history, SizeIs(hits[0] + hits[1]));
  std::set<std::pair<int64_t, TaskStatus>> seen;
  for (const HistoryRow& row : history) EXPECT_TRUE(seen.emplace(row.key.sequence, row.to).second);
  const JobId ids[] = {kJob};
  TaskCounters counted;
  const auto tasks = *first->list_tasks_of_job(kJob, {}, -1, 1'000);
  for (const TaskView& row : tasks) ++counted[row.task.status];
  EXPECT_EQ(first->jobs(ids)->front().counters, counted);
  EXPECT_EQ(counted[TaskStatus::Queued], 0);
}

// Two jobs, so that no row is in both writers' way, and commits that take longer beside short ones.
TEST_F(PostgresqlWriters, AReaderOfTheHistoryMissesNothing) {
  constexpr JobId kOther{2};
  const auto first = open(), second = open(), reader = open();
  make_job(*first);
  make_job(*first, kOther);
  std::thread large([&] { push_through(*first, kJob, 100, false); });
  std::thread small([&] { push_through(*second, kOther, 1, false); });
  std::vector<int64_t> followed;
  int64_t position = 0;
  const auto follow = [&] {
    const auto page = *reader->history(position, 7);
    for (const HistoryRow& row : page) followed.push_back(position = row.position);
    return !page.empty();
  };
  while (followed.size() < 2 * kTasks) follow();
  large.join();
  small.join();
  while (follow()) {
  }
  std::vector<int64_t> all;
  const auto rows = *reader->history(0, 10'000);
  for (const HistoryRow& row : rows) all.push_back(row.position);
  EXPECT_THAT(all, SizeIs(4 * kTasks));
  EXPECT_EQ(followed, all);
}

TEST_F(PostgresqlWriters, MakeAndSweepOneChunkOnce) {
  const auto first = open(), second = open();
  make_job(*first);
  SweepTasks sweep;
  sweep.job = kJob;
  sweep.rows_max = 1'000;
  sweep.statuses = 1u << static_cast<unsigned>(TaskStatus::Queued);
  sweep.to = TaskStatus::Cancelled;
  ChangeSet changes;
  changes.sweep_tasks = {sweep};
  size_t swept[2] = {};
  std::thread other([&] { swept[1] = commit_to(*second, changes)->swept[0].swept.size(); });
  swept[0] = commit_to(*first, changes)->swept[0].swept.size();
  other.join();
  EXPECT_EQ(swept[0] + swept[1], static_cast<size_t>(kTasks));
  EXPECT_THAT(swept, ::testing::Contains(0u));
  EXPECT_THAT(*first->history(0, 10'000), SizeIs(kTasks));
}

}  // namespace
}  // namespace rollcall::store
