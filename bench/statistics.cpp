#include "bench/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace rollcall::bench {
namespace {

constexpr size_t kDraws = 2'000;
constexpr size_t kRoundsMin = 3;

uint64_t next_random(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state >> 11;
}

double median_of_draw(const std::vector<double>& values, uint64_t& state) {
  std::vector<double> draw(values.size());
  for (double& one : draw) one = values[next_random(state) % values.size()];
  return median(std::move(draw));
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double minimum(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::min_element(values.begin(), values.end());
}

double maximum(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  const size_t at = std::min(rank == 0 ? 0 : rank - 1, values.size() - 1);
  std::nth_element(values.begin(), values.begin() + static_cast<long>(at), values.end());
  return values[at];
}

RatioInterval bootstrap_ratio(const std::vector<double>& a, const std::vector<double>& b,
                              uint64_t random_state) {
  const double base = median(a);
  if (a.empty() || b.empty() || base == 0) return {};
  uint64_t state = random_state | 1;
  std::vector<double> ratios;
  ratios.reserve(kDraws);
  for (size_t i = 0; i < kDraws; ++i) {
    const double below = median_of_draw(a, state);
    const double above = median_of_draw(b, state);
    if (below != 0) ratios.push_back(above / below);
  }
  return {median(b) / base, percentile(ratios, 0.025), percentile(ratios, 0.975)};
}

Verdict judge(const std::vector<double>& a, const std::vector<double>& b, const RatioInterval& interval) {
  if (a.size() < kRoundsMin || b.size() < kRoundsMin) return Verdict::TooFewRounds;
  if (minimum(b) > maximum(a) && interval.low > 1) return Verdict::Higher;
  if (maximum(b) < minimum(a) && interval.high < 1) return Verdict::Lower;
  return Verdict::NoDifference;
}

PaceError pace_error(const std::vector<SteadyUs>& times, int64_t per_minute) {
  constexpr double kMinuteUs = 60e6;
  PaceError error;
  if (times.size() < 2) return error;
  const double even_us = kMinuteUs / static_cast<double>(per_minute);
  const double gaps = static_cast<double>(times.size() - 1);
  const auto whole_us = static_cast<double>(times.back() - times.front());
  error.percent = std::abs(gaps * even_us / std::max(whole_us, 1.0) - 1) * 100;
  std::vector<double> misses_ms;
  for (size_t i = 1; i < times.size(); ++i)
    misses_ms.push_back(std::abs(static_cast<double>(times[i] - times[i - 1]) - even_us) / 1e3);
  error.jitter_p99_ms = percentile(std::move(misses_ms), 0.99);
  for (size_t first = 0, last = 0; last < times.size(); ++last) {
    while (static_cast<double>(times[last] - times[first]) >= kMinuteUs) ++first;
    error.most_in_a_minute = std::max(error.most_in_a_minute, static_cast<double>(last - first + 1));
  }
  return error;
}

}  // namespace rollcall::bench
