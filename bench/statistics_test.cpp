#include "bench/statistics.hpp"

#include <gtest/gtest.h>

namespace rollcall::bench {
namespace {

TEST(BenchStatistics, TakesTheMiddleOfAnOddNumberAndTheMeanOfTwoOtherwise) {
  EXPECT_EQ(median({5, 1, 3}), 3);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({}), 0);
}

TEST(BenchStatistics, TakesAPercentileByNearestRank) {
  std::vector<double> hundred;
  for (int i = 100; i >= 1; --i) hundred.push_back(i);
  EXPECT_EQ(percentile(hundred, 0.5), 50);
  EXPECT_EQ(percentile(hundred, 0.99), 99);
  EXPECT_EQ(percentile(hundred, 1), 100);
  EXPECT_EQ(percentile(hundred, 0), 1);
  EXPECT_EQ(percentile({7}, 0.99), 7);
  EXPECT_EQ(percentile({}, 0.99), 0);
}

TEST(BenchStatistics, FindsADifferenceThatIsBeyondTheNoise) {
  const std::vector<double> slow = {100, 104, 98, 101, 103};
  const std::vector<double> fast = {150, 155, 149, 152, 151};
  const RatioInterval interval = bootstrap_ratio(slow, fast, 1);
  EXPECT_NEAR(interval.ratio, 151.0 / 101.0, 1e-9);
  EXPECT_LE(interval.low, interval.ratio);
  EXPECT_GE(interval.high, interval.ratio);
  EXPECT_GT(interval.low, 1.4);
  EXPECT_LT(interval.high, 1.6);
  EXPECT_EQ(judge(slow, fast, interval), Verdict::Higher);
  EXPECT_EQ(judge(fast, slow, bootstrap_ratio(fast, slow, 1)), Verdict::Lower);
}

TEST(BenchStatistics, CallsOverlappingRangesNoDifference) {
  const std::vector<double> a = {100, 120, 90, 110, 105};
  const std::vector<double> b = {112, 125, 100, 118, 109};
  EXPECT_EQ(judge(a, b, bootstrap_ratio(a, b, 1)), Verdict::NoDifference);
}

// One outlier makes the ranges touch though nearly all draws agree: the careful answer is the right one.
TEST(BenchStatistics, WantsBothTestsToAgree) {
  const std::vector<double> a = {100, 101, 102, 103, 160};
  const std::vector<double> b = {150, 151, 152, 153, 154};
  const RatioInterval interval = bootstrap_ratio(a, b, 7);
  EXPECT_GT(interval.ratio, 1.4);
  EXPECT_EQ(judge(a, b, interval), Verdict::NoDifference);
  EXPECT_EQ(judge({1, 2, 3}, {4, 5, 6}, {2, 0.9, 3}), Verdict::NoDifference);
}

TEST(BenchStatistics, SaysNothingAboutTwoRounds) {
  EXPECT_EQ(judge({1, 2}, {100, 200}, bootstrap_ratio({1, 2}, {100, 200}, 1)), Verdict::TooFewRounds);
}

TEST(BenchStatistics, RepeatsItsDrawsAndSurvivesNothingAndZero) {
  const std::vector<double> a = {3, 1, 4, 1, 5}, b = {9, 2, 6, 5, 3};
  EXPECT_EQ(bootstrap_ratio(a, b, 5).low, bootstrap_ratio(a, b, 5).low);
  EXPECT_EQ(bootstrap_ratio({}, b, 5).ratio, 0);
  EXPECT_EQ(bootstrap_ratio({0, 0, 0}, b, 5).ratio, 0);
}

std::vector<SteadyUs> every(int64_t gap_us, int count) {
  std::vector<SteadyUs> times;
  for (int i = 0; i < count; ++i) times.push_back(SteadyUs{5'000'000 + gap_us * i});
  return times;
}

TEST(BenchStatistics, FindsNoErrorInAnEvenPace) {
  const PaceError even = pace_error(every(60'000, 2'000), 1'000);
  EXPECT_NEAR(even.percent, 0, 1e-9);
  EXPECT_EQ(even.jitter_p99_ms, 0);
  EXPECT_EQ(even.most_in_a_minute, 1'000);
}

TEST(BenchStatistics, FindsAPaceTooFastTooSlowOrUneven) {
  const PaceError fast = pace_error(every(50'000, 2'000), 1'000);
  EXPECT_NEAR(fast.percent, 20, 1e-9);
  EXPECT_EQ(fast.most_in_a_minute, 1'200);
  EXPECT_NEAR(pace_error(every(75'000, 500), 1'000).percent, 20, 1e-9);
  std::vector<SteadyUs> uneven = every(60'000, 1'000);
  for (size_t i = 0; i < uneven.size(); i += 20) uneven[i] = uneven[i] + 30'000;
  EXPECT_NEAR(pace_error(uneven, 1'000).jitter_p99_ms, 30, 1e-9);
  EXPECT_EQ(pace_error({}, 1'000).most_in_a_minute, 0);
}

}  // namespace
}  // namespace rollcall::bench
