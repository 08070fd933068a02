// The contract on SQLite, and what only a store in a file has: its lock, its schema, its second reader, its
// crash.
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "contract/random_changes.hpp"
#include "contract/store_contract.hpp"
#include "store/sqlite/open.hpp"

namespace rollcall::store {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

StoreKind on_file() {
  return {"SqliteFile", true,
          [](const std::string& folder, Random& random) {
            return open_sqlite({folder + "/data.db", true, 1024}, random);
          },
          [](const std::string& folder) {
            return open_sqlite_reader({folder + "/data.db", true, 1024});
          }};
}

StoreKind in_memory() {
  return {"SqliteMemory", false,
          [](const std::string&, Random& random) {
            return open_sqlite({":memory:", true, 1024}, random);
          },
          nullptr};
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(on_file(), in_memory()),
                         [](const auto& kind) { return kind.param.name; });

class SqliteStore : public testing::Test {
 protected:
  SqliteStore() : folder(make_folder()), path(folder + "/data.db") {}
  ~SqliteStore() override { remove_folder(folder); }

  std::unique_ptr<Store> open_or_fail(const std::string& at) {
    auto opened = open_sqlite({at, true, 1024}, random);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message + " / " + opened.error().detail);
    return opened ? std::move(*opened) : nullptr;
  }
  void execute(const std::string& sql) {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &raw), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(raw);
    sqlite3_close(raw);
  }
  // The number of rows of task_block that do not say what the tasks of their block are.
  int64_t wrong_blocks() {
    sqlite3* raw = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &raw), SQLITE_OK);
    sqlite3_stmt* count = nullptr;
    const std::string early = "sum(CASE WHEN status <= 4 THEN 1 << (status - 1) * 15 ELSE 0 END)";
    const std::string late = "sum(CASE WHEN status >= 5 THEN 1 << (status - 5) * 15 ELSE 0 END)";
    const auto blocks_of = [&](const std::string& level, const std::string& tasks) {
      return "SELECT job, " + level + ", sequence / " + tasks + ", " + early + ", " + late +
             " FROM task WHERE job IN (SELECT id FROM job WHERE purged = 0) GROUP BY job, sequence / " +
             tasks;
    };
    const std::string truth = blocks_of("0", "128") + " UNION ALL " + blocks_of("1", "16384");
    const std::string sql = "SELECT (SELECT count(*) FROM (" + truth +
                            " EXCEPT SELECT * FROM task_block)) + (SELECT count(*) FROM (SELECT * FROM "
                            "task_block WHERE job NOT IN (SELECT id FROM job WHERE purged = 1) EXCEPT "
                            "SELECT * FROM (" +
                            truth + ")))";
    EXPECT_EQ(sqlite3_prepare_v2(raw, sql.c_str(), -1, &count, nullptr), SQLITE_OK) << sqlite3_errmsg(raw);
    EXPECT_EQ(sqlite3_step(count), SQLITE_ROW);
    const int64_t wrong = sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(raw);
    return wrong;
  }
  static ChangeSet keys(int from, int to) {
    ChangeSet changes;
    for (int i = from; i < to; ++i) {
      changes.new_access_keys.push_back(
          {"key" + std::to_string(i), Secret("s"), InstanceId{1}, true, WallMs{1}});
    }
    return changes;
  }
  // As before the migration that lists of a fleet need.
  void forget_listing() {
    for (const char* trigger : {"presence_made", "presence_changed", "device_made", "device_switched",
                                "device_gone", "member_made", "member_left", "member_gone"})
      execute(std::string("DROP TRIGGER ") + trigger);
    for (const char* index :
         {"group_member_device", "group_member_left", "device_group_instance", "device_group_emptied"})
      execute(std::string("DROP INDEX ") + index);
    execute("DROP TABLE device_tag");
    execute("DROP TABLE product_topic");
    execute("DELETE FROM id_counter WHERE kind = 'topic'");
    for (const char* column :
         {"group_member DROP left_number", "group_member DROP left_ms", "device DROP serial",
          "device DROP modified_ms", "apply_item DROP secret", "apply_item DROP serial",
          "product DROP active_count", "product DROP online_count", "product DROP disabled_count",
          "product DROP disabled_active_count", "device_group DROP active_count",
          "device_group DROP online_count"})
      execute(std::string("ALTER TABLE ") + column);
    execute("CREATE UNIQUE INDEX group_member_device ON group_member(device, device_group)");
  }
  // As before the migration that accounts need.
  void forget_accounts() {
    for (const char* table : {"client_token", "sub_user", "instance_alias", "account"})
      execute(std::string("DROP TABLE ") + table);
    for (const char* column : {"instance DROP account", "access_key DROP account", "access_key DROP sub_user",
                               "access_key DROP administrator"})
      execute(std::string("ALTER TABLE ") + column);
  }
  // As before migration 4, and what came later.
  void forget_chains(int version) {
    for (const char* column : {"presence DROP offline_reason", "presence DROP firmware_version",
                               "product DROP dynamic_registration"})
      execute(std::string("ALTER TABLE ") + column);
    execute("DROP TABLE offline_message");
    execute("DROP TABLE task_alias");
    execute("DROP TABLE last_values");
    forget_accounts();
    execute("DROP TABLE task_block; CREATE INDEX task_status ON task(job, status, sequence)");
    forget_listing();
    execute("DROP INDEX job_deleted; DROP INDEX job_ended; ALTER TABLE job DROP COLUMN purged");
    execute("ALTER TABLE task DROP COLUMN last_event");
    execute("ALTER TABLE history DROP COLUMN previous");
    execute("UPDATE schema_version SET version = " + std::to_string(version));
  }
  static bool commits(Store& store, const ChangeSet& changes) {
    store.submit(changes);
    return store.poll()->has_value();
  }

  CountingRandom random;
  std::string folder;
  std::string path;
};

TEST_F(SqliteStore, RefusesASecondOpenerAndNamesTheFirst) {
  auto first = open_or_fail(path);
  const auto second = open_sqlite({path, true, 1024}, random);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::SystemException);
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(getpid())));
  first.reset();
  EXPECT_TRUE(open_sqlite({path, true, 1024}, random));
}

TEST_F(SqliteStore, IsReadableByItsOwnerOnly) {
  const auto store = open_or_fail(path);
  ASSERT_TRUE(commits(*store, keys(0, 1)));
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat info {};
    ASSERT_EQ(stat((path + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteStore, RefusesANewerSchemaAndLeavesItAlone) {
  open_or_fail(path).reset();
  execute("UPDATE schema_version SET version = 999");
  const auto opened = open_sqlite({path, true, 1024}, random);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("newer version"));
  EXPECT_THAT(opened.error().message, HasSubstr("999"));
  EXPECT_FALSE(open_sqlite_reader({path, true, 1024}));
}

TEST_F(SqliteStore, BringsAFileOfTheFirstSchemaToThisOne) {
  auto store = open_or_fail(path);
  ASSERT_TRUE(commits(*store, keys(0, 1)));
  store.reset();
  execute("DROP TABLE tell");
  forget_chains(1);
  EXPECT_FALSE(open_sqlite_reader({path, true, 1024})) << "older schema";
  store = open_or_fail(path);
  EXPECT_EQ(store->access_keys(10)->size(), 1u);
  const DeviceId devices[] = {DeviceId{1}};
  EXPECT_TRUE(store->tells(devices, 1));
  EXPECT_TRUE(open_sqlite_reader({path, true, 1024}));
}

TEST_F(SqliteStore, ChainsTheHistoryOfAnOlderFile) {
  open_or_fail(path).reset();
  forget_chains(3);
  execute(
      "INSERT INTO task VALUES(7, 0, 1, 4, 0, 1, NULL, 0, 1, 0, 0), (7, 1, 2, 1, 1, 1, NULL, 0, 0, 0, 0)");
  execute(
      "INSERT INTO history VALUES(1, 7, 0, 1, 1, 1, 2, 1, 5, NULL, NULL), "
      "(2, 8, 0, 1, 1, 1, 5, 8, 5, NULL, 'device offline'), (3, 7, 0, 1, 1, 2, 3, 5, 6, 10, '{\"a\":1}'), "
      "(9, 7, 0, 1, 1, 3, 4, 6, 7, 10, '{\"out\":2}')");
  const auto store = open_or_fail(path);
  const TaskKey keys[] = {{JobId{7}, 0}, {JobId{7}, 1}};
  const auto rows = store->task_history(keys, 0, 10);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].to, TaskStatus::Sent);
  EXPECT_EQ((*rows)[1].detail, (TaskDetail{"", R"({"a":1})"}));
  EXPECT_EQ((*rows)[2].detail, (TaskDetail{"", R"({"out":2})"}));
  EXPECT_EQ((*store->history(1, 1)).front().detail, (TaskDetail{"device offline", ""}));
}

TEST_F(SqliteStore, CountsTheBlocksOfAnOlderFile) {
  open_or_fail(path).reset();
  forget_chains(3);
  execute(
      "INSERT INTO job(id, instance, status, sweep, sweep_cursor, tasks_made, epoch, paused, created_ms, "
      "modified_ms, started_ms, maximum_per_minute, maximum_per_minute_given, qos, "
      "in_progress_timeout_minutes, description) VALUES(7, 1, 3, 0, 0, 40000, 1, 0, 1, 1, 1, 1, 1, 1, 1, "
      "'')");
  execute(
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39999) "
      "INSERT INTO task SELECT 7, i, i + 1, CASE WHEN i % 16500 = 3 THEN 7 WHEN i = 127 THEN 8 ELSE 1 END, "
      "1, 1, NULL, 0, 1, 0, 0 FROM n");
  const auto store = open_or_fail(path);
  EXPECT_EQ(wrong_blocks(), 0);
  const TaskStatus rare[] = {TaskStatus::Cancelled, TaskStatus::TimedOut};
  const auto page = store->list_tasks_of_job(JobId{7}, rare, 3, 10);
  std::vector<int64_t> found;
  for (const TaskView& row : *page) found.push_back(row.task.key.sequence);
  EXPECT_EQ(found, (std::vector<int64_t>{127, 16'503, 33'003}));
  EXPECT_EQ(store->queued_tasks(JobId{7}, 39'990, 100)->size(), 9u);
}

TEST_F(SqliteStore, CountsWhatIsInEveryBlockWhateverHappens) {
  const auto store = open_or_fail(path);
  RandomChanges changes(11, *store);
  ASSERT_TRUE(commits(*store, changes.world()));
  for (int i = 0; i < 600; ++i) {
    const ChangeSet next = changes.next();
    commits(*store, next);
    if (i % 20 != 0) continue;
    ChangeSet purge;
    purge.purge = PurgeJobs{changes.now(), 3};
    ASSERT_TRUE(commits(*store, purge));
    ASSERT_EQ(wrong_blocks(), 0) << i;
  }
  EXPECT_EQ(wrong_blocks(), 0);
}

TEST_F(SqliteStore, RefusesWhatIsNotItsFile) {
  std::ofstream(path) << std::string(8192, 'x');
  auto opened = open_sqlite({path, true, 1024}, random);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("not a Rollcall database"));
  std::filesystem::remove(path);
  execute("CREATE TABLE something(else_)");
  opened = open_sqlite({path, true, 1024}, random);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("not a Rollcall database"));
}

TEST_F(SqliteStore, SaysWhyAFolderCannotBeUsed) {
  const auto opened = open_sqlite({folder + "/missing/data.db", true, 1024}, random);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("No such file or directory"));
}

TEST_F(SqliteStore, RefusesASecretInAnUnknownEnvelope) {
  {
    const auto store = open_or_fail(path);
    ASSERT_TRUE(commits(*store, keys(0, 1)));
  }
  execute("UPDATE access_key SET secret = CAST('7s' AS BLOB)");
  const auto store = open_or_fail(path);
  const auto read = store->access_keys(10);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().detail, HasSubstr("envelope"));
  EXPECT_TRUE(store->product_count(InstanceId{1})) << "the failure sticks to its call only";
}

TEST_F(SqliteStore, ReaderSeesWhatIsCommittedAndCannotBlock) {
  const auto store = open_or_fail(path);
  auto reader = open_sqlite_reader({path, true, 1024});
  ASSERT_TRUE(reader) << reader.error().detail;
  EXPECT_THAT(*(*reader)->access_keys(100), IsEmpty());
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(commits(*store, keys(i, i + 1)));
    EXPECT_EQ((*reader)->access_keys(100)->size(), static_cast<size_t>(i + 1));
  }
}

TEST_F(SqliteStore, MemoryHasNoSecondReader) { EXPECT_FALSE(open_sqlite_reader({":memory:", true, 1024})); }

TEST_F(SqliteStore, ReaderDoesNotMakeAFile) {
  EXPECT_FALSE(open_sqlite_reader({path, true, 1024}));
  EXPECT_FALSE(std::filesystem::exists(path));
}

// The files as a crash leaves them: copied while the store is open, opened elsewhere.
TEST_F(SqliteStore, HasEveryCommitAfterACrash) {
  const auto store = open_or_fail(path);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(commits(*store, keys(i * 10, i * 10 + 10)));
    if (i == 20) store->idle();
    if (i % 13 != 0) continue;
    const std::string crashed = make_folder();
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(path + suffix, crashed + "/data.db" + suffix);
    }
    const auto copy = open_or_fail(crashed + "/data.db");
    EXPECT_EQ(copy->access_keys(10'000)->size(), static_cast<size_t>(i + 1) * 10);
    remove_folder(crashed);
  }
}

// A log cut anywhere inside its last commit has every commit before it, whole.
TEST_F(SqliteStore, LosesOnlyTheTornCommit) {
  const auto store = open_or_fail(path);
  ASSERT_TRUE(commits(*store, keys(0, 10)));
  const auto before = std::filesystem::file_size(path + "-wal");
  ASSERT_TRUE(commits(*store, keys(10, 2000)));
  const auto after = std::filesystem::file_size(path + "-wal");
  ASSERT_GT(after, before);
  const std::string crashed = make_folder();
  for (const auto size : {before, before + 1, before + 4120, (before + after) / 2, after - 1, after}) {
    std::filesystem::copy_file(path, crashed + "/data.db", std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(path + "-wal", crashed + "/data.db-wal",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(crashed + "/data.db-wal", size);
    const auto copy = open_or_fail(crashed + "/data.db");
    EXPECT_EQ(copy->access_keys(10'000)->size(), size == after ? 2000u : 10u) << size;
  }
  remove_folder(crashed);
}

TEST_F(SqliteStore, WritesItsLogBackWhenIdle) {
  const auto store = open_or_fail(path);
  for (int i = 0; store->log_bytes() < 1'200 * 4120; ++i) {
    ASSERT_LT(i, 5'000);
    ASSERT_TRUE(commits(*store, keys(i * 100, i * 100 + 100)));
  }
  store->idle();
  EXPECT_EQ(store->log_bytes(), 0);
  const auto size = std::filesystem::file_size(path + "-wal");
  ASSERT_TRUE(commits(*store, keys(10'000'000, 10'000'001)));
  EXPECT_LT(store->log_bytes(), 100 * 4120);
  EXPECT_EQ(std::filesystem::file_size(path + "-wal"), size) << "the log is reused";
}

TEST_F(SqliteStore, WritesItsLogBackBySubmitWhenNeverIdle) {
  const auto store = open_or_fail(path);
  int64_t longest = 0;
  int64_t times = 0;
  for (int i = 0; times < 2; ++i) {
    ASSERT_LT(i, 5'000);
    const int64_t before = store->log_bytes();
    ASSERT_TRUE(commits(*store, keys(i * 500, i * 500 + 500)));
    longest = std::max(longest, store->log_bytes());
    if (store->log_bytes() < before) ++times;
  }
  EXPECT_LT(longest, 5'000 * 4120);
}

TEST_F(SqliteStore, ReportsAFullDiskAndGoesOn) {
  // The file may not grow beyond what it has: the nearest thing to a full disk.
  { open_or_fail(path); }
  auto store = open_or_fail(path);
  ASSERT_TRUE(commits(*store, keys(0, 10)));
  struct rlimit old {};
  getrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, SIG_IGN);
  struct rlimit tight = old;
  tight.rlim_cur = std::filesystem::file_size(path + "-wal") + 8192;
  setrlimit(RLIMIT_FSIZE, &tight);
  const ChangeSet large = keys(10, 20'000);
  store->submit(large);
  const auto refused = store->poll();
  setrlimit(RLIMIT_FSIZE, &old);
  ASSERT_FALSE(refused->has_value());
  const std::string& detail = refused->error().detail;
  EXPECT_TRUE(detail.starts_with("io:") || detail.starts_with("full:")) << detail;
  EXPECT_EQ(store->access_keys(100'000)->size(), 10u);
  EXPECT_TRUE(commits(*store, large));
  EXPECT_EQ(store->access_keys(100'000)->size(), 20'000u);
}

}  // namespace
}  // namespace rollcall::store
