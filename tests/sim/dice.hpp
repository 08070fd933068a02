// The one source of chance of a simulated world: everything that a run leaves open is drawn from its seed, so
// that the same seed is the same run. Thread: the world's.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.hpp"

namespace rollcall::sim {

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  // True with that probability.
  bool chance(double probability) {
    return static_cast<double>(random_.next_u64() >> 11) * 0x1.0p-53 < probability;
  }
  // Uniform in [low, high].
  int64_t between(int64_t low, int64_t high) {
    return high <= low ? low
                       : low + static_cast<int64_t>(random_.below(static_cast<uint64_t>(high - low) + 1));
  }
  size_t index(size_t size) { return static_cast<size_t>(random_.below(size)); }
  template <class T>
  T& pick(std::vector<T>& from) {
    return from[index(from.size())];
  }
  // Mostly short, sometimes long: low .. high with the square of a uniform draw.
  int64_t skewed(int64_t low, int64_t high) {
    const double u = static_cast<double>(random_.next_u64() >> 11) * 0x1.0p-53;
    return low + static_cast<int64_t>(u * u * static_cast<double>(high - low));
  }
  Random& random() { return random_; }

 private:
  SeededRandom random_;
};

}  // namespace rollcall::sim
