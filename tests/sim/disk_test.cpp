// The simulated disk holds SQLite to its word, and itself to what disks do: what was synced outlives a crash,
// what was not may do anything, and every run is the same as the last one with its seed.
#include "sim/disk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/disk_database.hpp"

namespace rollcall::sim {
namespace {

using Rows = DiskDatabase::Rows;

FaultPlan some_faults() {
  FaultPlan plan;
  for (size_t i = 0; i < kDiskFaultCount; ++i) plan.per_million[i] = 10'000;
  plan[DiskFault::SyncError] = 50'000;
  plan[DiskFault::ReadError] = 1'000;
  plan[DiskFault::OpenError] = plan[DiskFault::DeleteError] = 200'000;
  return plan;
}

// A life of transactions, checkpoints, faults, crashes and kills.
class Life {
 public:
  explicit Life(uint64_t seed, Disk::Options options = {}, bool rewrites_log = true)
      : disk(seed, clock, options), random_(seed * 7919 + 1), database_(disk, random_, rewrites_log) {}

  // "" or what is wrong.
  std::string run(int steps) {
    if (!database_.open()) return "cannot open";
    for (int i = 0; i < steps; ++i) {
      const std::string wrong = step();
      if (!wrong.empty()) return wrong + ", in step " + std::to_string(i);
    }
    return die();
  }

  int64_t commits() const { return database_.commits(); }
  ManualClock clock;
  Disk disk;

 private:
  std::string step() {
    if (disk.power_is_cut()) return die();
    switch (random_.below(24)) {
      case 0:
        disk.cut_power_at(1 + static_cast<int64_t>(random_.below(40)));
        return "";
      case 1:
        return die();
      case 2:
        disk.set_faults(some_faults());
        faults_ = true;
        return "";
      case 3:
        disk.heal();
        faults_ = false;
        return "";
      case 4:
        disk.set_free_bytes(static_cast<int64_t>(random_.below(60'000)));
        return "";
      case 5:
        database_.checkpoint(random_.below(2) == 0 ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE);
        return "";
      case 6:
        database_.roll_back_random();
        return "";
      case 7:
        return stop_and_start();
      case 8:
        return database_.check(faults_ || disk.power_is_cut());
      default:
        database_.commit_random();
        return "";
    }
  }

  std::string stop_and_start() {
    database_.close();
    bool opened = database_.open();
    disk.heal();
    faults_ = false;
    if (!opened) opened = database_.open();
    if (disk.power_is_cut()) return die();
    return opened ? database_.check_reopened() : "cannot start again";
  }

  // The dead database is closed after its disk went on without it.
  std::string die() {
    if (random_.below(4) == 0 && !disk.power_is_cut()) {
      disk.kill();
    } else {
      disk.crash(random_);
    }
    disk.heal();
    faults_ = false;
    if (!database_.open()) return "cannot open again";
    return database_.check_reopened();
  }

  SeededRandom random_;
  DiskDatabase database_;
  bool faults_ = false;
};

TEST(Disk, KeepsWhatWasCommittedThroughCrashesAndFaults) {
  int64_t commits = 0;
  DiskCounters sum;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life life(seed);
    ASSERT_EQ(life.run(150), "") << ::testing::PrintToString(life.disk.recent_operations(30));
    commits += life.commits();
    for (size_t i = 0; i < kDiskFaultCount; ++i) sum.faults[i] += life.disk.counters().faults[i];
    sum.sectors_lost += life.disk.counters().sectors_lost;
    sum.sectors_survived += life.disk.counters().sectors_survived;
  }
  // It proves something only when things went wrong.
  EXPECT_GT(commits, 5'000);
  EXPECT_GT(sum.sectors_lost, 1'000u);
  EXPECT_GT(sum.sectors_survived, 1'000u);
  for (size_t i = 0; i < kDiskFaultCount; ++i) {
    EXPECT_GT(sum.faults[i], 0u) << name_of(static_cast<DiskFault>(i));
  }
}

TEST(Disk, ThatLiesAboutItsSyncsIsFoundOut) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Disk::Options options;
    options.lying_sync = true;
    Life life(seed, options);
    if (!life.run(150).empty()) ++found;
  }
  EXPECT_GE(found, 10);
}

// A failed sync, a restart, commits that are synced, a power cut: what Linux does to every database.
TEST(Disk, LosesCommitsAfterAFailedSyncWhenALogIsTakenOverAsItIs) {
  bool found = false;
  for (uint64_t seed = 1; seed <= 300 && !found; ++seed) {
    Life life(seed, {}, false);
    found = !life.run(150).empty();
  }
  EXPECT_TRUE(found);
}

TEST(Disk, DoesTheSameThingsForTheSameSeed) {
  const auto life_of = [](uint64_t seed) {
    Life life(seed);
    EXPECT_EQ(life.run(150), "");
    return std::pair(life.disk.trace_hash(), life.clock.steady());
  };
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_EQ(life_of(seed), life_of(seed)) << "seed " << seed;
    EXPECT_NE(life_of(seed).first, life_of(seed + 1).first);
  }
}

// SQLite's own randomness belongs to the process; nothing that is traced may depend on it.
TEST(Disk, DoesTheSameBesideOthersInTheirThreads) {
  std::array<uint64_t, 2> beside{};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < beside.size(); ++i) {
    threads.emplace_back([&beside, i] {
      Life life(i + 1);
      life.run(300);
      beside[i] = life.disk.trace_hash();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < beside.size(); ++i) {
    Life alone(i + 1);
    EXPECT_EQ(alone.run(300), "");
    EXPECT_EQ(alone.disk.trace_hash(), beside[i]);
  }
}

class OneDisk : public ::testing::Test {
 protected:
  void fill(int commits) {
    ASSERT_TRUE(database.open());
    for (int i = 0; i < commits; ++i) ASSERT_TRUE(database.commit_random());
  }
  ManualClock clock;
  Disk disk{1, clock};
  SeededRandom random{2};
  DiskDatabase database{disk, random};
};

// Every write, sync, truncation and deletion of some transactions and checkpoints in its turn.
TEST_F(OneDisk, LosesItsPowerAtEveryPoint) {
  int64_t nth = 1;
  for (bool reached = true; reached && nth < 1'000; ++nth) {
    SCOPED_TRACE("operation " + std::to_string(nth));
    fill(3);
    disk.cut_power_at(nth);
    for (int i = 0; i < 5; ++i) database.commit_random();
    database.checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
    database.commit_random();
    database.close();
    reached = disk.power_is_cut();
    disk.crash(random);
    ASSERT_TRUE(database.open());
    ASSERT_EQ(database.check_reopened(), "");
  }
  EXPECT_GT(nth, 50);
  EXPECT_LT(nth, 1'000);
}

TEST_F(OneDisk, FailsTheNthOperationOnce) {
  for (const DiskFault fault : {DiskFault::WriteError, DiskFault::ShortWrite, DiskFault::TornWrite,
                                DiskFault::NoSpace, DiskFault::SyncError}) {
    int64_t nth = 1;
    for (bool reached = true; reached && nth < 1'000; ++nth) {
      SCOPED_TRACE(std::string(name_of(fault)) + " " + std::to_string(nth));
      fill(2);
      const uint64_t before = disk.counters().of(fault);
      disk.fail_nth(fault, nth);
      const bool committed = database.commit_random();
      reached = disk.counters().of(fault) > before;
      EXPECT_EQ(committed, !reached);
      disk.heal();
      ASSERT_EQ(database.check(), "");
      disk.crash(random);
      ASSERT_TRUE(database.open());
      ASSERT_EQ(database.check_reopened(), "");
    }
    EXPECT_GT(nth, 2);
    EXPECT_LT(nth, 1'000);
  }
}

TEST_F(OneDisk, FailsForEverUntilHealed) {
  fill(3);
  disk.fail_nth(DiskFault::SyncError, 1, true);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(database.commit_random());
  EXPECT_EQ(disk.counters().of(DiskFault::SyncError), 5u);
  disk.heal();
  EXPECT_TRUE(database.commit_random());
  EXPECT_EQ(database.check(), "");
}

TEST_F(OneDisk, WithoutRoomRefusesReadsAndRecovers) {
  fill(3);
  disk.set_free_bytes(100'000);
  int refused = 0;
  for (int i = 0; i < 200 && refused < 3; ++i) {
    if (database.commit_random()) continue;
    ++refused;
    EXPECT_EQ(sqlite3_errcode(database.handle()) & 0xff, SQLITE_FULL);
    ASSERT_EQ(database.check(), "");
  }
  EXPECT_EQ(refused, 3);
  EXPECT_LT(disk.free_bytes(), 100'000);
  EXPECT_GT(disk.counters().of(DiskFault::NoSpace), 0u);
  disk.set_free_bytes(10'000'000);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(database.commit_random());
  EXPECT_EQ(database.check(), "");
}

TEST_F(OneDisk, LetsAReaderSeeOnlyWhatIsCommitted) {
  fill(10);
  ASSERT_TRUE(DiskDatabase::run(database.handle(), "BEGIN IMMEDIATE; DELETE FROM kv"));
  Rows seen;
  ASSERT_TRUE(database.read_elsewhere(seen));
  EXPECT_FALSE(seen.empty());
  ASSERT_TRUE(DiskDatabase::run(database.handle(), "COMMIT"));
  seen.clear();
  ASSERT_TRUE(database.read_elsewhere(seen));
  EXPECT_TRUE(seen.empty());
}

TEST_F(OneDisk, LetsOnlyOneWrite) {
  fill(1);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open_v2("test.db", &other, SQLITE_OPEN_READWRITE, disk.vfs().c_str()), SQLITE_OK);
  sqlite3_busy_timeout(other, 5'000);
  ASSERT_TRUE(DiskDatabase::run(database.handle(), "BEGIN IMMEDIATE"));
  const SteadyUs before = clock.steady();
  EXPECT_FALSE(DiskDatabase::run(other, "BEGIN IMMEDIATE"));
  EXPECT_EQ(sqlite3_errcode(other), SQLITE_BUSY);
  EXPECT_GE(clock.steady() - before, 4'000'000) << "it waits in virtual time";
  ASSERT_TRUE(DiskDatabase::run(database.handle(), "COMMIT"));
  EXPECT_TRUE(DiskDatabase::run(other, "BEGIN IMMEDIATE; DELETE FROM kv; COMMIT"));
  sqlite3_close(other);
}

TEST_F(OneDisk, OfADeadProcessIsOutOfItsReach) {
  fill(5);
  sqlite3* dead = nullptr;
  ASSERT_EQ(sqlite3_open_v2("test.db", &dead, SQLITE_OPEN_READWRITE, disk.vfs().c_str()), SQLITE_OK);
  ASSERT_TRUE(DiskDatabase::run(dead, "BEGIN IMMEDIATE; DELETE FROM kv"));
  const std::string old_name = disk.vfs();
  disk.kill();
  EXPECT_NE(disk.vfs(), old_name);
  EXPECT_FALSE(DiskDatabase::run(dead, "COMMIT"));
  ASSERT_TRUE(database.open());
  ASSERT_EQ(database.check_reopened(), "");
  const std::vector<uint8_t> before = disk.content("test.db-wal");
  sqlite3_close(dead);
  EXPECT_EQ(disk.content("test.db-wal"), before);
  ASSERT_TRUE(database.commit_random());
  EXPECT_GT(disk.counters().after_death, 0u);
  sqlite3* late = nullptr;
  EXPECT_NE(sqlite3_open_v2("test.db", &late, SQLITE_OPEN_READWRITE, old_name.c_str()), SQLITE_OK);
  sqlite3_close(late);
}

TEST_F(OneDisk, KeepsEverythingWrittenWhenOnlyTheProcessDies) {
  ASSERT_TRUE(database.open());
  ASSERT_TRUE(DiskDatabase::run(database.handle(), "PRAGMA synchronous = OFF"));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(database.commit_random());
  EXPECT_GT(disk.unsynced_bytes(), 0);
  disk.kill();
  ASSERT_TRUE(database.open());
  EXPECT_EQ(database.check(), "");
}

TEST_F(OneDisk, TakesItsTimeWhenSlow) {
  fill(1);
  FaultPlan plan;
  plan[DiskFault::Slow] = 1'000'000;
  plan.slow_us_max = 50'000;
  disk.set_faults(plan);
  const SteadyUs before = clock.steady();
  ASSERT_TRUE(database.commit_random());
  EXPECT_GT(clock.steady() - before, 0);
  EXPECT_LE(clock.steady() - before,
            static_cast<int64_t>(disk.counters().of(DiskFault::Slow)) * plan.slow_us_max);
}

TEST(Disk, KnowsNothingOfAnother) {
  ManualClock clock;
  SeededRandom random(3);
  Disk one(1, clock);
  Disk two(1, clock);
  EXPECT_NE(one.vfs(), two.vfs());
  DiskDatabase in_one(one, random);
  DiskDatabase in_two(two, random);
  ASSERT_TRUE(in_one.open());
  EXPECT_THAT(two.file_names(), ::testing::IsEmpty());
  ASSERT_TRUE(in_two.open());
  ASSERT_TRUE(in_one.commit_random());
  one.fail_nth(DiskFault::WriteError, 1, true);
  EXPECT_FALSE(in_one.commit_random());
  EXPECT_TRUE(in_two.commit_random());
  one.crash(random);
  EXPECT_TRUE(in_two.commit_random());
  EXPECT_EQ(in_two.check(), "");
}

}  // namespace
}  // namespace rollcall::sim
