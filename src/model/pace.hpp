// The pace of a job: at most `per_minute` pushes in any sliding 60 seconds, evenly spaced (DESIGN 3 and 5.8).
// Slots lie on a grid slightly wider than ideal; a late caller may catch up what it missed in the last
// kCatchUpUs, more is given up by moving the grid. With spacing (60 s + kCatchUpUs + margin) / rate no window
// of 60 s can hold more than `rate`. Thread: value, owned by the engine; time passed in.
#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace rollcall {

class Pace {
 public:
  static constexpr int64_t kCatchUpUs = 300'000;
  static constexpr int64_t kMarginUs = 10'000;

  explicit Pace(int64_t per_minute, SteadyUs now);
  // Changes the rate from the next slot on; slots already taken still count.
  void set_rate(int64_t per_minute, SteadyUs now);
  // Slots free at `now`.
  int64_t available(SteadyUs now) const;
  // Takes `n` slots; n <= available(now).
  void take(int64_t n, SteadyUs now);
  // When the next slot is free (<= now if one is).
  SteadyUs next_slot(SteadyUs now) const;

  // When the slot behind the next `n` ones is free, if each is taken as soon as it can be.
  SteadyUs slot_after(int64_t n, SteadyUs now) const;

 private:
  // The grid in nanoseconds, so that rates far above the vendor's (a lifted limit) do not round to zero.
  int64_t spacing_ns_ = 0;
  int64_t next_ns_ = 0;
  int64_t rebased_ns(SteadyUs now) const;
};

}  // namespace rollcall
