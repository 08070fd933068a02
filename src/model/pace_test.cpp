#include "model/pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "base/random.hpp"

namespace rollcall {
namespace {

constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kMinuteUs = 60 * kSecondUs;

struct Push {
  int64_t at_us;
  int64_t count;
};

// Wakes up after `wake_us()` each time and takes all that is free, until `until`.
template <class Wake>
void run(Pace& pace, int64_t from_us, int64_t until_us, std::vector<Push>& out, Wake wake_us) {
  for (int64_t now = from_us; now < until_us; now += wake_us()) {
    const int64_t free = pace.available(SteadyUs{now});
    if (free == 0) continue;
    pace.take(free, SteadyUs{now});
    out.push_back({now, free});
  }
}

// The most pushes in any window [t, t + 60 s] with t >= from_us. A window is fullest when it begins with a
// push.
int64_t fullest_window(const std::vector<Push>& pushes, int64_t from_us = 0) {
  int64_t most = 0, sum = 0;
  size_t begin = 0;
  for (size_t end = 0; end < pushes.size(); ++end) {
    if (pushes[end].at_us < from_us) {
      begin = end + 1;
      continue;
    }
    sum += pushes[end].count;
    while (pushes[begin].at_us < pushes[end].at_us - kMinuteUs) sum -= pushes[begin++].count;
    most = std::max(most, sum);
  }
  return most;
}

int64_t total(const std::vector<Push>& pushes) {
  int64_t sum = 0;
  for (const Push& push : pushes) sum += push.count;
  return sum;
}

class PaceAtRate : public testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(Rates, PaceAtRate, testing::Values(50, 999, 1000, 60'000'000));

TEST_P(PaceAtRate, KeepsItsRateWithinOnePercentWhenWokenOften) {
  const int64_t rate = GetParam();
  SeededRandom random(static_cast<uint64_t>(rate));
  Pace pace(rate, SteadyUs{kSecondUs});
  std::vector<Push> pushes;
  run(pace, kSecondUs, kSecondUs + 10 * kMinuteUs, pushes,
      [&] { return 1000 + static_cast<int64_t>(random.below(9000)); });
  EXPECT_LE(fullest_window(pushes), rate);
  EXPECT_GE(total(pushes), rate * 10 * 99 / 100);
}

TEST_P(PaceAtRate, IsNeverExceededHoweverTheCallerIsDelayed) {
  const int64_t rate = GetParam();
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom random(seed);
    Pace pace(rate, SteadyUs{0});
    std::vector<Push> pushes;
    // Mostly prompt, at times 0.3 s late, at times stalled for many seconds.
    run(pace, 0, 10 * kMinuteUs, pushes, [&]() -> int64_t {
      const uint64_t dice = random.below(100);
      if (dice == 0) return static_cast<int64_t>(random.below(40 * kSecondUs)) + 1;
      if (dice < 20) return 290'000 + static_cast<int64_t>(random.below(20'000));
      return static_cast<int64_t>(random.below(20'000)) + 1;
    });
    EXPECT_LE(fullest_window(pushes), rate) << "seed " << seed;
    EXPECT_GT(total(pushes), 0);
  }
}

// The worst case that the spacing is made for: all that may be caught up at the beginning, prompt to the end.
TEST_P(PaceAtRate, IsNotExceededByALateStartAndAPromptEnd) {
  const int64_t rate = GetParam();
  for (int64_t late_us = 0; late_us <= 400'000; late_us += 20'000) {
    Pace pace(rate, SteadyUs{0});
    std::vector<Push> pushes;
    run(pace, late_us, late_us + 61 * kSecondUs, pushes, [] { return int64_t{500}; });
    EXPECT_LE(fullest_window(pushes), rate) << late_us;
  }
}

TEST(Pace, IsKeptByACallerThatSleepsUntilTheNextSlot) {
  for (const int64_t rate : {50, 999, 1000, 100'000}) {
    Pace pace(rate, SteadyUs{0});
    int64_t now = 0, taken = 0;
    while (now < 10 * kMinuteUs) {
      ASSERT_GT(pace.available(SteadyUs{now}), 0) << "next_slot promised one at " << now;
      pace.take(1, SteadyUs{now});
      ++taken;
      const int64_t next = pace.next_slot(SteadyUs{now}).value;
      ASSERT_GT(next, now);
      ASSERT_EQ(pace.available(SteadyUs{next - 1}), 0);
      now = next;
    }
    EXPECT_GE(taken, rate * 10 * 99 / 100);
    EXPECT_LE(taken, rate * 10);
  }
}

TEST(Pace, GivesItsFirstSlotAtOnceAndOnlyOne) {
  Pace pace(1000, SteadyUs{5});
  EXPECT_EQ(pace.available(SteadyUs{4}), 0);
  EXPECT_EQ(pace.available(SteadyUs{5}), 1);
  EXPECT_LE(pace.next_slot(SteadyUs{5}).value, 5);
  pace.take(1, SteadyUs{5});
  EXPECT_EQ(pace.available(SteadyUs{5}), 0);
}

TEST(Pace, GivesUpWhatWasMissedLongAgo) {
  Pace pace(1000, SteadyUs{0});
  const int64_t spacing_us = (kMinuteUs + Pace::kCatchUpUs + Pace::kMarginUs) / 1000;
  EXPECT_EQ(pace.available(SteadyUs{3600 * kSecondUs}), Pace::kCatchUpUs / spacing_us + 1);
  Pace slow(50, SteadyUs{0});
  EXPECT_EQ(slow.available(SteadyUs{3600 * kSecondUs}), 1);
}

TEST(Pace, ExceedsNeitherRateWhenChangedWhileRunning) {
  const std::pair<int64_t, int64_t> changes[] = {{50, 1000},  {1000, 50},        {999, 1000},
                                                 {1000, 999}, {100, 60'000'000}, {60'000'000, 50}};
  for (const auto& [before, after] : changes)
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      SeededRandom random(seed);
      const auto wake = [&] {
        return static_cast<int64_t>(random.below(random.below(30) == 0 ? 350'000 : 5'000)) + 1;
      };
      Pace pace(before, SteadyUs{0});
      std::vector<Push> pushes;
      const int64_t change_us = 3 * kMinuteUs + static_cast<int64_t>(random.below(kSecondUs));
      run(pace, 0, change_us, pushes, wake);
      EXPECT_LE(fullest_window(pushes), before);
      pace.set_rate(after, SteadyUs{change_us});
      run(pace, change_us, change_us + 4 * kMinuteUs, pushes, wake);
      EXPECT_LE(fullest_window(pushes), std::max(before, after)) << before << " to " << after;
      EXPECT_LE(fullest_window(pushes, change_us), after) << before << " to " << after;
    }
}

TEST(Pace, StaysBelowTheHigherRateHoweverOftenItIsChanged) {
  SeededRandom random(1);
  Pace pace(50, SteadyUs{0});
  std::vector<Push> pushes;
  for (int64_t now = 0; now < 10 * kMinuteUs;) {
    const int64_t until = now + static_cast<int64_t>(random.below(2 * kSecondUs)) + 1;
    run(pace, now, until, pushes, [&] { return static_cast<int64_t>(random.below(20'000)) + 1; });
    now = until;
    pace.set_rate(50 + static_cast<int64_t>(random.below(951)), SteadyUs{now});
  }
  EXPECT_LE(fullest_window(pushes), 1000);
  EXPECT_GT(total(pushes), 10 * 50) << "changing the rate must not starve the job";
}

TEST(Pace, TakesARateOfNothingAsOneAMinute) {
  Pace pace(0, SteadyUs{0});
  pace.take(1, SteadyUs{0});
  EXPECT_EQ(pace.available(SteadyUs{59 * kSecondUs}), 0);
  EXPECT_EQ(pace.available(SteadyUs{61 * kSecondUs}), 1);
}

}  // namespace
}  // namespace rollcall
