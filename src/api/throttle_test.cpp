#include "api/throttle.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace rollcall::api {
namespace {

constexpr AccountId kOne{1};
constexpr AccountId kTwo{2};
constexpr SteadyUs kStart{5'000'000};

const ActionRow& query_job() { return *find_action("QueryJob"); }

int64_t calls_that_pass(Throttle& throttle, SteadyUs now, int tries) {
  int64_t passed = 0;
  for (int i = 0; i < tries; ++i) passed += throttle.wait_ms(kOne, query_job(), now) == 0 ? 1 : 0;
  return passed;
}

TEST(Throttle, LetsTheVendorsNumberOfCallsPassAtOnceAndThenSaysWhenToComeBack) {
  Throttle throttle(true, {});
  EXPECT_EQ(calls_that_pass(throttle, kStart, 20), 5);
  EXPECT_EQ(throttle.wait_ms(kOne, query_job(), kStart), 200);
  EXPECT_EQ(throttle.wait_ms(kOne, query_job(), kStart + 150'000), 50);
  EXPECT_EQ(throttle.wait_ms(kOne, query_job(), kStart + 199'999), 1) << "never 0 for a refused call";
  EXPECT_EQ(throttle.wait_ms(kOne, query_job(), kStart + 200'000), 0);
  EXPECT_EQ(throttle.wait_ms(kOne, query_job(), kStart + 200'000), 200);
}

TEST(Throttle, ARefusedCallTakesNothing) {
  Throttle throttle(true, {});
  calls_that_pass(throttle, kStart, 1'000);
  EXPECT_EQ(calls_that_pass(throttle, kStart + 1'000'000, 1'000), 5);
  EXPECT_EQ(calls_that_pass(throttle, kStart + 3'600'000'000, 1'000), 5) << "a rest saves up one second only";
}

TEST(Throttle, CountsEachAccountAndEachActionByItself) {
  Throttle throttle(true, {});
  calls_that_pass(throttle, kStart, 10);
  EXPECT_EQ(throttle.wait_ms(kTwo, query_job(), kStart), 0);
  EXPECT_EQ(throttle.wait_ms(kOne, *find_action("ListJob"), kStart), 0);
  EXPECT_NE(throttle.wait_ms(kOne, query_job(), kStart), 0);
}

TEST(Throttle, CanBeSwitchedOffOrSetForOneAction) {
  Throttle off(false, {});
  EXPECT_EQ(calls_that_pass(off, kStart, 1'000), 1'000);
  EXPECT_EQ(off.size(), 0u);
  Throttle more(true, {{"QueryJob", 50}});
  EXPECT_EQ(calls_that_pass(more, kStart, 1'000), 50);
  Throttle unlimited(true, {{"QueryJob", 0}});
  EXPECT_EQ(calls_that_pass(unlimited, kStart, 1'000), 1'000);
  EXPECT_NE(unlimited.wait_ms(kOne, *find_action("ListJob"), kStart), 200);
}

TEST(Throttle, ForgetsBucketsThatAreFull) {
  Throttle throttle(true, {});
  SteadyUs now = kStart;
  for (int64_t account = 1; account <= 100'000; ++account, now = now + 1'000)
    throttle.wait_ms(AccountId{account}, query_job(), now);
  EXPECT_LE(throttle.size(), limits::kThrottleBucketsMax);
}

TEST(Throttle, EveryActionHasALimit) {
  for (const ActionRow& row : action_table()) EXPECT_GT(row.qps, 0) << row.name;
}

}  // namespace
}  // namespace rollcall::api
