// Medians, bounds and percentiles of a handful of rounds, and an honest answer to "did it change?". Used by
// the report and the comparison of two runs. Thread: any; pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace rollcall::bench {

// Each is 0 for no values.
double median(std::vector<double> values);
double minimum(const std::vector<double>& values);
double maximum(const std::vector<double>& values);
// The smallest value that `share` (0 to 1) of all values do not exceed (nearest rank).
double percentile(std::vector<double> values, double share);

// The ratio b/a of two medians with the interval that holds 95 of 100 resampled ones (bootstrap: both sets
// are drawn again with replacement). `random_state` picks the draws: the same state, the same interval.
struct RatioInterval {
  double ratio = 0;
  double low = 0;
  double high = 0;
};
RatioInterval bootstrap_ratio(const std::vector<double>& a, const std::vector<double>& b,
                              uint64_t random_state);

enum class Verdict : uint8_t {
  TooFewRounds,  // under three on a side nothing can be said
  NoDifference,  // the ranges overlap, or the interval holds 1
  Higher,
  Lower,
};
// Says that b differs from a only when both tests agree: the min-max ranges lie apart and the bootstrap
// interval excludes 1. With few rounds the first alone is fooled by drift, the second by luck.
Verdict judge(const std::vector<double>& a, const std::vector<double>& b, const RatioInterval& interval);

// How a row of events kept to a rate: by how many percent the whole was too fast or too slow, how many fell
// into the fullest sliding minute, and by how much the gaps between them missed the even one, p99. `times` in
// order.
struct PaceError {
  double percent = 0;
  double most_in_a_minute = 0;
  double jitter_p99_ms = 0;
};
PaceError pace_error(const std::vector<SteadyUs>& times, int64_t per_minute);

}  // namespace rollcall::bench
