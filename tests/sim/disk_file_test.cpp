// What a crash may leave of one file, and what it may not.
#include "sim/disk_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace rollcall::sim {
namespace {

constexpr int64_t kSector = DiskFile::kSectorBytes;

class SimulatedFile : public ::testing::Test {
 protected:
  static std::vector<uint8_t> run_of(char value, int64_t length) {
    return std::vector<uint8_t>(static_cast<size_t>(length), static_cast<uint8_t>(value));
  }
  void write(int64_t at, char value, int64_t length) { file.write(at, run_of(value, length)); }
  std::string text() const { return {file.bytes().begin(), file.bytes().end()}; }
  // One letter for each sector: its byte when all are equal, else '?'; '.' for zero.
  std::string sectors() const {
    const std::string all = text();
    std::string letters;
    for (size_t at = 0; at < all.size(); at += static_cast<size_t>(kSector)) {
      const std::string sector = all.substr(at, static_cast<size_t>(kSector));
      const bool same = sector.find_first_not_of(sector[0]) == std::string::npos;
      letters += !same ? '?' : sector[0] == '\0' ? '.' : sector[0];
    }
    return letters;
  }
  // All that a crash after `prepare` was seen to leave.
  template <class Prepare>
  std::set<std::string> left_by_crashes(Prepare prepare, int runs = 2'000) {
    std::set<std::string> seen;
    for (int i = 0; i < runs; ++i) {
      file = DiskFile();
      prepare();
      file.crash(random);
      EXPECT_EQ(file.unsynced_bytes(), 0);
      seen.insert(sectors());
    }
    return seen;
  }

  DiskFile file;
  SeededRandom random{11};
};

TEST_F(SimulatedFile, ReadsWhatWasWritten) {
  write(10, 'a', 5);
  std::vector<uint8_t> out(20, 'x');
  EXPECT_EQ(file.read(8, out), 7u);
  EXPECT_EQ(std::string(out.begin(), out.begin() + 7), std::string("\0\0aaaaa", 7));
  EXPECT_EQ(file.read(15, out), 0u);
  EXPECT_EQ(file.read(100, out), 0u);
}

TEST_F(SimulatedFile, KeepsWhatWasSynced) {
  const auto seen = left_by_crashes([&] {
    write(0, 'a', 3 * kSector);
    write(kSector, 'b', kSector);
    file.sync();
  });
  EXPECT_EQ(seen, std::set<std::string>{"aba"});
}

TEST_F(SimulatedFile, MayLoseAnySectorThatWasNot) {
  const auto seen = left_by_crashes([&] {
    write(0, 'a', 3 * kSector);
    file.sync();
    write(0, 'b', 3 * kSector);
  });
  const std::set<std::string> all{"aaa", "aab", "aba", "abb", "baa", "bab", "bba", "bbb"};
  EXPECT_EQ(seen, all);
}

TEST_F(SimulatedFile, MayKeepTheLaterWriteWithoutTheEarlier) {
  const auto seen = left_by_crashes([&] {
    write(0, 'a', 2 * kSector);
    file.sync();
    write(0, 'b', kSector);
    write(kSector, 'c', kSector);
  });
  EXPECT_TRUE(seen.contains("ac"));
  EXPECT_TRUE(seen.contains("ba"));
}

TEST_F(SimulatedFile, NeverMixesTheVersionsOfASector) {
  const auto seen = left_by_crashes([&] {
    write(0, 'a', kSector);
    file.sync();
    write(0, 'b', kSector);
    write(0, 'c', kSector);
  });
  EXPECT_EQ(seen, (std::set<std::string>{"a", "b", "c"}));
}

// The sector holds both when the later one survives: the system's cache wrote it whole.
TEST_F(SimulatedFile, KeepsTheEarlierPartOfASectorWithTheLater) {
  for (int i = 0; i < 500; ++i) {
    file = DiskFile();
    write(0, 'a', kSector);
    file.sync();
    write(0, 'b', kSector / 2);
    write(kSector / 2, 'c', kSector / 2);
    file.crash(random);
    const std::string left = text();
    ASSERT_EQ(left.size(), static_cast<size_t>(kSector));
    EXPECT_FALSE(left.front() == 'a' && left.back() == 'c');
  }
}

TEST_F(SimulatedFile, MayGrowOrNotAndHasZerosWhereNothingSurvived) {
  const auto seen = left_by_crashes([&] {
    write(0, 'a', kSector);
    file.sync();
    write(kSector, 'b', kSector);
  });
  EXPECT_EQ(seen, (std::set<std::string>{"a", "ab", "a."}));
}

TEST_F(SimulatedFile, MayShrinkOrNot) {
  const auto seen = left_by_crashes([&] {
    write(0, 'a', 2 * kSector);
    file.sync();
    file.truncate(kSector);
  });
  EXPECT_EQ(seen, (std::set<std::string>{"a", "aa"}));
}

TEST_F(SimulatedFile, HasZerosWhereItWasCutAndGrewAgain) {
  write(0, 'a', 3 * kSector);
  file.truncate(kSector);
  write(2 * kSector, 'b', kSector);
  EXPECT_EQ(sectors(), "a.b");
  file.sync();
  file.crash(random);
  EXPECT_EQ(sectors(), "a.b");
}

TEST_F(SimulatedFile, IsReadAsWrittenAfterAFailedSyncAndLosesItAllTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) {
    file = DiskFile();
    write(0, 'a', kSector);
    file.sync();
    write(0, 'b', kSector);
    file.fail_sync(random);
    EXPECT_EQ(sectors(), "b");
    file.sync();  // says OK, and does not bring it back
    file.crash(random);
    seen.insert(sectors());
  }
  EXPECT_EQ(seen, (std::set<std::string>{"a", "b"}));
}

TEST_F(SimulatedFile, IsWholeAgainWhenWrittenAgainAfterAFailedSync) {
  for (int i = 0; i < 200; ++i) {
    file = DiskFile();
    write(0, 'a', 2 * kSector);
    file.fail_sync(random);
    write(0, 'a', 2 * kSector);
    file.sync();
    file.crash(random);
    ASSERT_EQ(sectors(), "aa");
  }
}

TEST_F(SimulatedFile, CountsTheSectorsThatACrashTook) {
  uint64_t lost = 0;
  uint64_t survived = 0;
  for (int i = 0; i < 100; ++i) {
    write(0, 'a', 10 * kSector);
    const DiskFile::Outcome outcome = file.crash(random);
    EXPECT_EQ(outcome.sectors_lost + outcome.sectors_survived, 10u);
    lost += outcome.sectors_lost;
    survived += outcome.sectors_survived;
  }
  EXPECT_GT(lost, 0u);
  EXPECT_GT(survived, 0u);
}

TEST_F(SimulatedFile, IsWrittenBackByTheSystemWhenItWaitsTooLong) {
  const auto block = static_cast<int64_t>(DiskFile::kUnsyncedBytesMax / 8);
  for (int64_t i = 0; i < 12; ++i) write(0, static_cast<char>('a' + i), block);
  EXPECT_LE(file.unsynced_bytes(), static_cast<int64_t>(DiskFile::kUnsyncedBytesMax));
  file.crash(random);
  EXPECT_EQ(file.size(), block);
  EXPECT_GE(text().front(), 'h');
}

}  // namespace
}  // namespace rollcall::sim
