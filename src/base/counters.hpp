// The seam to metrics: counters and gauges that any folder may bump and that server/ renders at /metrics.
// Relaxed atomics: a reader sees each value whole, not all of them at one instant. Thread: any. No labels
// from outside (no device names).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace rollcall {

class Counter {
 public:
  void add(uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void set(int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(int64_t n) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Seconds in fixed buckets: 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000 ms, +Inf.
class LatencyHistogram {
 public:
  static constexpr std::array<int64_t, 12> kBucketUs = {100,   250,   500,   1000,   2500,   5000,
                                                        10000, 25000, 50000, 100000, 250000, 1000000};
  void observe_us(int64_t us) noexcept {
    size_t i = 0;
    while (i < kBucketUs.size() && us > kBucketUs[i]) ++i;
    buckets_[i].add();
    sum_us_.add(us > 0 ? static_cast<uint64_t>(us) : 0);
  }
  uint64_t bucket(size_t i) const noexcept {
    return buckets_[i].value();
  }  // i = kBucketUs.size() is +Inf; not cumulative
  uint64_t sum_us() const noexcept { return sum_us_.value(); }

 private:
  std::array<Counter, kBucketUs.size() + 1> buckets_;
  Counter sum_us_;
};

}  // namespace rollcall
