#include "client/timer_wheel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace rollcall::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr SteadyUs kStart{5'000'000};
SteadyUs at_ms(int64_t ms) { return kStart + ms * 1000; }

std::vector<uint32_t> advance(TimerWheel& wheel, int64_t ms) {
  std::vector<uint32_t> fired;
  wheel.advance(at_ms(ms), [&](uint32_t owner, uint32_t) { fired.push_back(owner); });
  return fired;
}

TEST(TimerWheel, FiresNotBeforeTheDelayAndOnce) {
  TimerWheel wheel(kStart);
  wheel.arm(at_ms(0), 1, 0, 100);
  EXPECT_THAT(advance(wheel, 99), IsEmpty());
  EXPECT_THAT(advance(wheel, 120), ElementsAre(1));
  EXPECT_THAT(advance(wheel, 40'000), IsEmpty());
  EXPECT_EQ(wheel.entries(), 0u);
}

TEST(TimerWheel, KeepsWhatIsMoreThanOneTurnAway) {
  TimerWheel wheel(kStart);
  wheel.arm(at_ms(0), 1, 0, 25'000);
  for (int64_t ms = 10; ms < 25'000; ms += 10) ASSERT_THAT(advance(wheel, ms), IsEmpty()) << ms;
  EXPECT_THAT(advance(wheel, 25'020), ElementsAre(1));
}

TEST(TimerWheel, FiresEverythingAfterALongPause) {
  TimerWheel wheel(kStart);
  for (uint32_t i = 0; i < 50; ++i) wheel.arm(at_ms(0), i, 0, i * 700);
  EXPECT_EQ(advance(wheel, 100'000).size(), 50u);
}

TEST(TimerWheel, LetsAZeroDelayWaitForTheNextTick) {
  TimerWheel wheel(kStart);
  int rounds = 0;
  wheel.arm(at_ms(0), 1, 0, 0);
  wheel.advance(at_ms(20), [&](uint32_t, uint32_t) {
    ++rounds;
    wheel.arm(at_ms(20), 1, 0, 0);
  });
  EXPECT_EQ(rounds, 1);
  EXPECT_EQ(wheel.entries(), 1u);
}

}  // namespace
}  // namespace rollcall::client
