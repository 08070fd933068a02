// Every write and sync of a commit fails in its turn: a failed commit changed nothing, neither for the open
// store nor for the one opened after a crash, and the store goes on.
#include <sqlite3.h>

#include <filesystem>

#include "contract/failing_vfs.hpp"
#include "contract/store_contract.hpp"
#include "store/sqlite/open.hpp"

namespace rollcall::store {
namespace {

class SqliteFailure : public testing::TestWithParam<int> {
 protected:
  SqliteFailure() : folder_(make_folder()) {}
  ~SqliteFailure() override {
    disk.heal();
    store.reset();
    remove_folder(folder_);
  }

  void open(int64_t run) {
    store.reset();
    auto opened = open_sqlite({folder_ + "/" + std::to_string(run) + ".db", true, 64}, random_);
    ASSERT_TRUE(opened) << opened.error().detail;
    store = std::move(*opened);
  }

  // What a start finds after the process died now: a copy of the files, opened in place of the store.
  void crash(int64_t run) {
    const std::string path = folder_ + "/" + std::to_string(run) + ".db";
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(path + suffix, folder_ + "/crashed" + std::to_string(run) + ".db" + suffix);
    }
    disk.heal();
    store.reset();
    auto opened = open_sqlite({folder_ + "/crashed" + std::to_string(run) + ".db", true, 64}, random_);
    ASSERT_TRUE(opened) << opened.error().detail;
    store = std::move(*opened);
  }

  // Devices of a product that is there from the first call on; enough of them to fill several pages.
  ChangeSet devices(int64_t first, int64_t count) {
    ChangeSet changes;
    if (first == 1) {
      Product product;
      product.id = ProductId{1};
      product.instance = InstanceId{1};
      product.key = "key";
      product.name = "name";
      changes.new_products.push_back({product});
    }
    for (int64_t i = first; i < first + count; ++i) {
      Device device;
      device.id = DeviceId{i};
      device.product = ProductId{1};
      device.name = "device_" + std::to_string(i) + std::string(40, 'x');
      changes.new_devices.push_back({device, ""});
    }
    return changes;
  }

  Result<CommitResult> commit(const ChangeSet& changes) {
    store->submit(changes);
    return *store->poll();
  }

  int64_t count() {
    const auto rows = store->list_devices(ProductId{1}, "", 100'000);
    EXPECT_TRUE(rows) << rows.error().detail;
    const std::vector<ProductId> ids{ProductId{1}};
    const auto products = store->products(ids);
    EXPECT_TRUE(products);
    if (!rows || !products) return -1;
    EXPECT_EQ(products->front().device_count, static_cast<int64_t>(rows->size()));
    return static_cast<int64_t>(rows->size());
  }

  FailingVfs disk;
  std::unique_ptr<Store> store;

 private:
  CountingRandom random_;
  std::string folder_;
};

INSTANTIATE_TEST_SUITE_P(Codes, SqliteFailure,
                         testing::Values(SQLITE_IOERR_WRITE, SQLITE_FULL, SQLITE_IOERR_FSYNC),
                         [](const auto& code) { return "Code" + std::to_string(code.param); });

TEST_P(SqliteFailure, OnceChangesNothingAndTheNextCommitWorks) {
  int64_t nth = 1;
  for (;; ++nth) {
    ASSERT_LT(nth, 1'000);
    SCOPED_TRACE("operation " + std::to_string(nth));
    open(nth);
    ASSERT_TRUE(commit(devices(1, 10)));
    disk.fail(nth, GetParam(), false);
    const auto result = commit(devices(11, 200));
    const bool reached = disk.failed();
    disk.heal();
    EXPECT_EQ(result.has_value(), !reached);
    if (!reached) break;
    const std::string kind = GetParam() == SQLITE_FULL ? "full:" : "io:";
    EXPECT_TRUE(result.error().detail.starts_with(kind)) << result.error().detail;
    EXPECT_EQ(count(), 10);
    const auto next = commit(devices(211, 5));
    ASSERT_TRUE(next) << next.error().detail;
    EXPECT_EQ(count(), 15);
    open(nth);
    EXPECT_EQ(count(), 15);
    if (HasFailure()) return;
  }
  EXPECT_GT(nth, 10) << "the commit was to write several pages";
}

TEST_P(SqliteFailure, OnceThenACrashDoesNotBringTheFailedCommitBack) {
  for (int64_t nth = 1;; ++nth) {
    ASSERT_LT(nth, 1'000);
    SCOPED_TRACE("operation " + std::to_string(nth));
    open(nth);
    ASSERT_TRUE(commit(devices(1, 10)));
    disk.fail(nth, GetParam(), false);
    const auto result = commit(devices(11, 200));
    const bool reached = disk.failed();
    disk.heal();
    crash(nth);
    EXPECT_EQ(count(), reached ? 10 : 210);
    if (!reached || HasFailure()) break;
  }
}

// Here the store cannot say "it did not happen", only "all or nothing".
TEST_P(SqliteFailure, ForEverThenACrashLeavesTheFailedCommitWholeOrNotAtAll) {
  int64_t nth = 1;
  int64_t lost = 0;
  for (;; ++nth) {
    ASSERT_LT(nth, 1'000);
    SCOPED_TRACE("operation " + std::to_string(nth));
    open(nth);
    ASSERT_TRUE(commit(devices(1, 10)));
    disk.fail(nth, GetParam(), true);
    const auto result = commit(devices(11, 200));
    const bool reached = disk.failed();
    EXPECT_EQ(result.has_value(), !reached);
    if (reached) {
      EXPECT_FALSE(commit(devices(211, 5)));
    }
    crash(nth);
    const int64_t found = count();
    EXPECT_TRUE(found == 10 || found == 210) << found;
    if (reached && found == 10) ++lost;
    if (!reached || HasFailure()) break;
  }
  EXPECT_GE(lost, nth - 2) << "only the last sync leaves room for doubt";
}

// Tasks hold times relative to their job's creation, which the store remembers.
TEST_P(SqliteFailure, ForgetsTheTimesOfAJobThatWasNotMade) {
  open(1);
  ASSERT_TRUE(commit(devices(1, 1)));
  const auto made_at = [](WallMs created_at) {
    ChangeSet changes;
    NewJob created;
    created.job.id = JobId{1};
    created.job.instance = InstanceId{1};
    created.job.status = JobStatus::InProgress;
    created.job.created_at = created_at;
    created.targets = {DeviceId{1}};
    changes.new_jobs = {created};
    TaskChange sent;
    sent.task.key.job = JobId{1};
    sent.task.device = DeviceId{1};
    sent.task.status = TaskStatus::Sent;
    sent.task.queued_at = sent.task.modified_at = created_at + 5;
    sent.from_status = TaskStatus::Queued;
    changes.tasks = {sent};
    return changes;
  };
  disk.fail(1, GetParam(), false);
  EXPECT_FALSE(commit(made_at(WallMs{1'000'000})));
  disk.heal();
  ASSERT_TRUE(commit(made_at(WallMs{2'000'000})));
  open(1);
  const std::vector<TaskKey> keys{{JobId{1}, 0}};
  EXPECT_EQ(store->tasks(keys)->at(0).queued_at, WallMs{2'000'005});
}

TEST_P(SqliteFailure, OfACheckpointLosesNothing) {
  for (int64_t nth = 1;; ++nth) {
    ASSERT_LT(nth, 10'000);
    SCOPED_TRACE("operation " + std::to_string(nth));
    open(nth);
    int64_t made = 0;
    for (; store->log_bytes() <= 1'000 * 4120; made += 2'000) ASSERT_TRUE(commit(devices(made + 1, 2'000)));
    disk.fail(nth, GetParam(), false);
    store->idle();
    const bool reached = disk.failed();
    disk.heal();
    EXPECT_EQ(count(), made);
    ASSERT_TRUE(commit(devices(made + 1, 1)));
    open(nth);
    EXPECT_EQ(count(), made + 1);
    if (!reached || HasFailure()) break;
    nth = nth * 3 / 2;  // some hundred pages: not all of them
  }
}

}  // namespace
}  // namespace rollcall::store
