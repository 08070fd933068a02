// The two clocks. Wall time (WallMs) is what users see and what is stored; steady time (SteadyUs) is what
// armed timers and the pace run on, and a step of the wall clock does not move it. Both are passed in, never
// asked for. Thread: SystemClock any; ManualClock (tests, simulator) one thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall {

// Milliseconds since 1970-01-01 UTC.
struct WallMs {
  int64_t value = 0;
  auto operator<=>(const WallMs&) const = default;
  WallMs operator+(int64_t ms) const { return WallMs{value + ms}; }
  int64_t operator-(WallMs other) const { return value - other.value; }
};

// Microseconds of a clock that never jumps; only differences mean anything.
struct SteadyUs {
  int64_t value = 0;
  auto operator<=>(const SteadyUs&) const = default;
  SteadyUs operator+(int64_t us) const { return SteadyUs{value + us}; }
  SteadyUs operator-(int64_t us) const { return SteadyUs{value - us}; }
  int64_t operator-(SteadyUs other) const { return value - other.value; }
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallMs wall() const = 0;
  virtual SteadyUs steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallMs wall() const override;
  SteadyUs steady() const override;
};

// A clock that moves only when told to.
class ManualClock final : public Clock {
 public:
  WallMs wall() const override { return wall_; }
  SteadyUs steady() const override { return steady_; }
  void advance_ms(int64_t ms) {
    wall_.value += ms;
    steady_.value += ms * 1000;
  }
  void advance_us(int64_t us) {
    steady_.value += us;
    wall_us_rest_ += us;
    wall_.value += wall_us_rest_ / 1000;
    wall_us_rest_ %= 1000;
  }
  void step_wall_ms(int64_t ms) { wall_.value += ms; }  // an operator or NTP set the wall clock

 private:
  WallMs wall_{1'700'000'000'000};
  SteadyUs steady_{1'000'000'000};
  int64_t wall_us_rest_ = 0;
};

// The one place where a stored deadline becomes an armed one.
inline SteadyUs arm(WallMs deadline, WallMs wall_now, SteadyUs steady_now) {
  return SteadyUs{steady_now.value + (deadline - wall_now) * 1000};
}

// "2019-05-21T13:03:56.000Z" (cloud-api 0.3).
std::string utc_text(WallMs time);
// "2018-08-06 13:43:12" in the zone `offset_minutes` east of UTC; the vendor's Gmt* fields use +480
// (DESIGN 5.21).
std::string local_text(WallMs time, int offset_minutes);
// Parses "YYYY-MM-DDThh:mm:ssZ" exactly; false when ill formed.
bool parse_utc(std::string_view text, WallMs& out) noexcept;

}  // namespace rollcall
