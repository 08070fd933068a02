#include "base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace rollcall {
namespace {

TEST(SeededRandom, RepeatsItselfFromTheSameSeedOnly) {
  SeededRandom a(7), b(7), c(8);
  const std::string first = a.hex(64);
  EXPECT_EQ(first, b.hex(64));
  EXPECT_NE(first, c.hex(64));
  EXPECT_NE(first, a.hex(64));
}

TEST(SeededRandom, TheZeroSeedIsNoZeroStream) {
  SeededRandom random(0);
  EXPECT_NE(random.next_u64() | random.next_u64(), 0u);
}

TEST(SystemRandom, NeverRepeatsItself) {
  SystemRandom random, other;
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) {
    EXPECT_TRUE(seen.insert(random.hex(16)).second);
    EXPECT_TRUE(seen.insert(other.hex(16)).second);
  }
}

TEST(SystemRandom, FillsRangesOfEveryLengthToTheirEnd) {
  SystemRandom random;
  for (const size_t length : {size_t{0}, size_t{1}, size_t{1000}, size_t{1024}, size_t{1025}, size_t{5000}}) {
    // A byte that is 0 in all of 20 fills was not written (2^-160 otherwise).
    std::vector<uint8_t> sum(length, 0), once(length, 0);
    for (int round = 0; round < 20; ++round) {
      random.fill(once);
      for (size_t i = 0; i < length; ++i) sum[i] |= once[i];
    }
    EXPECT_EQ(std::count(sum.begin(), sum.end(), 0), 0) << length;
  }
}

TEST(Random, BelowStaysBelowAndReachesEverything) {
  SeededRandom random(1);
  int count[7] = {};
  for (int i = 0; i < 7'000; ++i) {
    const uint64_t value = random.below(7);
    ASSERT_LT(value, 7u);
    ++count[value];
  }
  for (const int n : count) {
    EXPECT_GT(n, 800);
    EXPECT_LT(n, 1'200);
  }
  EXPECT_EQ(random.below(1), 0u);
  EXPECT_LT(random.below(UINT64_MAX), UINT64_MAX);
}

TEST(RandomDeathTest, BelowZeroIsABug) {
  SeededRandom random(1);
  EXPECT_DEATH(random.below(0), "check failed");
}

TEST(Random, AlphanumericUsesLettersAndDigitsOnly) {
  SeededRandom random(2);
  const std::string text = random.alphanumeric(10'000);
  EXPECT_EQ(text.size(), 10'000u);
  EXPECT_TRUE(is_letters_digits(text, ""));
  EXPECT_EQ(std::set<char>(text.begin(), text.end()).size(), 62u);
  EXPECT_EQ(random.alphanumeric(0), "");
}

TEST(Random, HexHasTwoLowerCaseDigitsAByte) {
  SeededRandom random(3);
  const std::string text = random.hex(1'000);
  EXPECT_EQ(text.size(), 2'000u);
  EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
}

// wire-protocol 1.7
TEST(Random, UuidIsVersionFourInUpperCase) {
  SeededRandom random(4);
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string uuid = random.uuid_upper();
    ASSERT_EQ(uuid.size(), 36u);
    for (const size_t dash : {8u, 13u, 18u, 23u}) EXPECT_EQ(uuid[dash], '-');
    EXPECT_EQ(std::count(uuid.begin(), uuid.end(), '-'), 4);
    EXPECT_EQ(uuid.find_first_not_of("0123456789ABCDEF-"), std::string::npos);
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string("89AB").find(uuid[19]), std::string::npos);
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

}  // namespace
}  // namespace rollcall
