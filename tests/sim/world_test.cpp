// Worlds from seeds, on every run of the tests; ./dev sim runs as many as one has time for.
#include "sim/world.hpp"

#include <gtest/gtest.h>

namespace rollcall::sim {
namespace {

constexpr uint64_t kSeedsEach = 25;

class WorldTest : public testing::TestWithParam<uint64_t> {};

TEST_P(WorldTest, NothingIsLostRepeatedOrStalled) {
  for (uint64_t seed = GetParam(); seed < GetParam() + kSeedsEach; ++seed) {
    const Outcome outcome = World(seed, false).run();
    ASSERT_TRUE(outcome.clean) << "./dev sim --seeds 1 --seed " << seed << ": " << outcome.violation;
    EXPECT_GT(outcome.virtual_ms, 60'000) << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(FromSeed, WorldTest, testing::Values(1, 1'001, 2'001, 3'001));

TEST(World, IsTheSameEachTimeWithTheSameSeed) {
  for (const uint64_t seed : {7U, 11U, 42U}) {
    World first(seed, false);
    World second(seed, true);  // with text, as a failing seed is run again
    const Outcome a = first.run();
    const Outcome b = second.run();
    EXPECT_EQ(a.trace_hash, b.trace_hash) << seed;
    EXPECT_EQ(a.rows, b.rows) << seed;
    EXPECT_EQ(a.virtual_ms, b.virtual_ms) << seed;
    EXPECT_NE(a.trace_hash, World(seed + 1, false).run().trace_hash);
  }
}

TEST(World, SeesWorkTroubleAndRefusalsInMostSeeds) {
  Outcome sum;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome outcome = World(seed, false).run();
    sum.rows += outcome.rows;
    sum.reports += outcome.reports;
    sum.calls += outcome.calls;
    sum.calls_succeeded += outcome.calls_succeeded;
    sum.crashes += outcome.crashes;
    sum.disk_faults += outcome.disk_faults;
  }
  EXPECT_GT(sum.rows, 1'000);
  EXPECT_GT(sum.reports, 300);
  EXPECT_GT(sum.calls_succeeded, sum.calls / 2);
  EXPECT_LT(sum.calls_succeeded, sum.calls);
  EXPECT_GT(sum.crashes, 5U);
  EXPECT_GT(sum.disk_faults, 50U);
}

}  // namespace
}  // namespace rollcall::sim
