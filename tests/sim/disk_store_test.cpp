// The product's store on the simulated disk: its commits are all or nothing, those that it confirmed outlive
// any crash, and those that it refused with the disk still in order do not come back.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "sim/disk.hpp"
#include "store/sqlite/open.hpp"

namespace rollcall::sim {
namespace {

using store::ChangeSet;

// Devices of one product, registered in lots; a lot is a commit.
class StoreOnDisk : public ::testing::Test {
 protected:
  store::SqliteOptions options() {
    store::SqliteOptions wanted;
    wanted.path = "rollcall.db";
    wanted.cache_kib = 256;
    wanted.vfs = disk->vfs();
    return wanted;
  }
  Status open() {
    auto opened = store::open_sqlite(options(), random);
    if (!opened) return fail(opened.error());
    store = std::move(*opened);  // the dead one goes only now
    return {};
  }

  ChangeSet lot(int64_t count) {
    ChangeSet changes;
    if (next_device == 1) {
      Product product;
      product.id = ProductId{1};
      product.instance = InstanceId{1};
      product.key = "key";
      product.name = "name";
      changes.new_products.push_back({product});
    }
    for (int64_t i = 0; i < count; ++i) {
      Device device;
      device.id = DeviceId{next_device + i};
      device.product = ProductId{1};
      device.name = "device_" + std::to_string(device.id.value);
      changes.new_devices.push_back({device, ""});
    }
    return changes;
  }

  // Commits devices next_device ...; moves on when the store said yes.
  Status commit(int64_t count) {
    const ChangeSet changes = lot(count);
    store->submit(changes);
    auto result = *store->poll();
    if (!result) return fail(result.error());
    next_device += count;
    perhaps.clear();
    return {};
  }
  // The same, when it may be refused: what would be there if it happened all the same.
  bool try_commit(int64_t count) {
    if (commit(count)) return true;
    perhaps.push_back(next_device - 1 + count);
    return false;
  }

  int64_t stored(store::Reader& reader) {
    const auto rows = reader.list_devices(ProductId{1}, "", 1'000'000);
    const std::vector<ProductId> ids{ProductId{1}};
    const auto products = reader.products(ids);
    if (!rows || !products) return -1;
    const auto count = static_cast<int64_t>(rows->size());
    EXPECT_EQ(products->empty() ? 0 : products->front().device_count, count);
    return count;
  }

  // After a crash and reopen.
  ::testing::AssertionResult as_promised() {
    const int64_t found = stored(*store);
    const bool known =
        found == next_device - 1 || std::find(perhaps.begin(), perhaps.end(), found) != perhaps.end();
    if (!known) {
      auto failed = ::testing::AssertionFailure();
      failed << found << " devices, promised " << next_device - 1 << "\n";
      for (const std::string& line : disk->recent_operations(60)) failed << line << "\n";
      return failed;
    }
    next_device = found + 1;
    perhaps.clear();
    return ::testing::AssertionSuccess();
  }

  void start_new_disk(uint64_t seed, Disk::Options disk_options = {}) {
    store.reset();
    disk.emplace(seed, clock, disk_options);
    next_device = 1;
    perhaps.clear();
  }

  ManualClock clock;
  SeededRandom random{5};
  std::optional<Disk> disk{std::in_place, 1, clock};
  std::unique_ptr<store::Store> store;
  int64_t next_device = 1;
  std::vector<int64_t> perhaps;
};

// Making the file and its tables, commits and a clean end, cut off at each operation in its turn.
TEST_F(StoreOnDisk, LosesItsPowerAtEveryPoint) {
  int64_t nth = 1;
  for (bool reached = true; reached && nth < 2'000; ++nth) {
    SCOPED_TRACE("operation " + std::to_string(nth));
    start_new_disk(static_cast<uint64_t>(nth));
    disk->cut_power_at(nth);
    if (open()) {
      for (int64_t count : {1, 40, 2}) try_commit(count);
    }
    store.reset();
    reached = disk->power_is_cut();
    disk->crash(random);
    const Status opened = open();
    ASSERT_TRUE(opened) << opened.error().detail;
    ASSERT_TRUE(as_promised());
    ASSERT_TRUE(commit(3));
  }
  EXPECT_GT(nth, 60);
  EXPECT_LT(nth, 2'000);
}

TEST_F(StoreOnDisk, DoesNotBringBackWhatItRefusedOnce) {
  for (const DiskFault fault : {DiskFault::WriteError, DiskFault::ShortWrite, DiskFault::TornWrite,
                                DiskFault::NoSpace, DiskFault::SyncError}) {
    int64_t nth = 1;
    for (bool reached = true; reached && nth < 1'000; ++nth) {
      SCOPED_TRACE(std::string(name_of(fault)) + " " + std::to_string(nth));
      start_new_disk(static_cast<uint64_t>(nth));
      ASSERT_TRUE(open());
      ASSERT_TRUE(commit(10));
      disk->fail_nth(fault, nth);
      const Status committed = commit(100);
      reached = disk->counters().of(fault) > 0;
      EXPECT_EQ(committed.has_value(), !reached);
      disk->heal();
      disk->crash(random);
      ASSERT_TRUE(open());
      ASSERT_TRUE(as_promised());
    }
    EXPECT_GT(nth, 2);
    EXPECT_LT(nth, 1'000);
  }
}

// The commit that failed is in the system's cache only, and a start finds it there.
TEST_F(StoreOnDisk, KeepsWhatFollowsACommitWhoseSyncFailed) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    start_new_disk(seed);
    ASSERT_TRUE(open());
    ASSERT_TRUE(commit(10));
    disk->fail_nth(DiskFault::SyncError, 1, true);
    ASSERT_FALSE(try_commit(100));
    disk->heal();
    disk->kill();
    ASSERT_TRUE(open());
    ASSERT_TRUE(as_promised());
    ASSERT_TRUE(commit(1));
    ASSERT_TRUE(commit(1));
    disk->crash(random);
    ASSERT_TRUE(open());
    ASSERT_TRUE(as_promised());
  }
}

TEST_F(StoreOnDisk, DoesNotStartOnALogThatItCannotMakeDurable) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(commit(10));
  disk->kill();
  disk->fail_nth(DiskFault::SyncError, 1);
  const Status opened = open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().detail.starts_with("io: rewrite_log")) << opened.error().detail;
  ASSERT_TRUE(open());
  EXPECT_TRUE(as_promised());
}

TEST_F(StoreOnDisk, WithoutRoomRefusesReadsAndRecovers) {
  disk->set_free_bytes(10'000);
  EXPECT_FALSE(open());
  disk->heal();
  const Status opened = open();
  ASSERT_TRUE(opened) << opened.error().detail;
  ASSERT_TRUE(commit(1));
  disk->set_free_bytes(60'000);
  Status refused;
  for (int i = 0; i < 100 && refused; ++i) refused = commit(10);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().detail.starts_with("full:")) << refused.error().detail;
  EXPECT_TRUE(as_promised());
  disk->set_free_bytes(1'000'000);
  EXPECT_TRUE(commit(10));
  disk->crash(random);
  ASSERT_TRUE(open());
  EXPECT_TRUE(as_promised());
}

TEST_F(StoreOnDisk, HasASecondReader) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(commit(5));
  auto reader = store::open_sqlite_reader(options());
  ASSERT_TRUE(reader) << reader.error().detail;
  EXPECT_EQ(stored(**reader), 5);
  ASSERT_TRUE(commit(5));
  EXPECT_EQ(stored(**reader), 10);
  disk->crash(random);
  EXPECT_EQ(stored(**reader), -1) << "it died too";
  ASSERT_TRUE(open());
  EXPECT_TRUE(as_promised());
}

// --- random lives

class StoreLife : public StoreOnDisk {
 protected:
  // "" or what is wrong.
  std::string live(uint64_t seed, Disk::Options disk_options) {
    start_new_disk(seed, disk_options);
    random = SeededRandom(seed + 1'000'000);
    if (!open()) return "cannot open";
    for (int i = 0; i < 120; ++i) {
      const std::string wrong = disk->power_is_cut() ? die() : step();
      if (!wrong.empty()) return wrong + ", in step " + std::to_string(i);
    }
    return die();
  }
  uint64_t crashes = 0;
  uint64_t refused = 0;

 private:
  std::string step() {
    switch (random.below(20)) {
      case 0:
        return die();
      case 1:
        disk->cut_power_at(1 + static_cast<int64_t>(random.below(60)));
        return "";
      case 2: {
        FaultPlan plan;
        for (uint32_t& chance : plan.per_million) chance = 20'000;
        disk->set_faults(plan);
        return "";
      }
      case 3:
        disk->heal();
        return "";
      case 4:
        disk->set_free_bytes(static_cast<int64_t>(random.below(100'000)));
        return "";
      case 5:
        for (int64_t many = 0; many < 3 && store->log_bytes() < 5'000'000; ++many) try_commit(2'000);
        return "";
      case 6:
        store->idle();
        return "";
      case 7:
        if (store->reserve_ids("device", 10) && random.below(2) == 0)
          (void)store->mark_all_offline(WallMs{1});
        return "";
      default:
        if (!try_commit(1 + static_cast<int64_t>(random.below(20)))) ++refused;
        return "";
    }
  }

  std::string die() {
    if (!disk->power_is_cut() && random.below(3) == 0) {
      disk->kill();
    } else {
      disk->crash(random);
    }
    ++crashes;
    // The first start may fail as well; the next one, on a disk in order, may not.
    const bool opened = open().has_value();
    const bool cut = disk->power_is_cut();
    disk->heal();
    if (cut) disk->crash(random);
    if (!opened || cut) {
      const Status again = open();
      if (!again) return again.error().detail;
    }
    const auto verdict = as_promised();
    return verdict ? "" : verdict.message();
  }
};

TEST_F(StoreLife, KeepsWhatWasCommitted) {
  for (uint64_t seed = 1; seed <= 60; ++seed) ASSERT_EQ(live(seed, {}), "") << "seed " << seed;
  EXPECT_GT(crashes, 300u);
  EXPECT_GT(refused, 100u);
}

TEST_F(StoreLife, FindsOutADiskThatLiesAboutItsSyncs) {
  Disk::Options lying;
  lying.lying_sync = true;
  int found = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) found += live(seed, lying).empty() ? 0 : 1;
  EXPECT_GE(found, 5);
}

}  // namespace
}  // namespace rollcall::sim
