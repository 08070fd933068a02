#include "model/pace.hpp"

#include <algorithm>

#include "base/canary.hpp"

namespace rollcall {

// One slot per spacing; the grid point `next_ns_` is the first slot not taken.
Pace::Pace(int64_t per_minute, SteadyUs now) : next_ns_(now.value * 1000) { set_rate(per_minute, now); }

void Pace::set_rate(int64_t per_minute, SteadyUs) {
  const int64_t old_spacing = spacing_ns_;
  spacing_ns_ = std::max<int64_t>(
      1, (60'000'000 + kCatchUpUs + kMarginUs) * 1000 / std::max<int64_t>(1, per_minute) + 1);
  // A slower pace begins with its own spacing behind the slot taken last: no window that begins after the
  // change holds more than it allows.
  if (old_spacing != 0 && spacing_ns_ > old_spacing) next_ns_ += spacing_ns_ - old_spacing;
}

int64_t Pace::rebased_ns(SteadyUs now) const {
  if (canary(Canary::PaceCatchesUp)) return next_ns_;
  return std::max(next_ns_, now.value * 1000 - kCatchUpUs * 1000);
}

int64_t Pace::available(SteadyUs now) const {
  const int64_t from = rebased_ns(now);
  const int64_t now_ns = now.value * 1000;
  return from > now_ns ? 0 : (now_ns - from) / spacing_ns_ + 1;
}

void Pace::take(int64_t n, SteadyUs now) { next_ns_ = rebased_ns(now) + n * spacing_ns_; }

SteadyUs Pace::slot_after(int64_t n, SteadyUs now) const {
  return SteadyUs{(rebased_ns(now) + n * spacing_ns_ + 999) / 1000};
}

SteadyUs Pace::next_slot(SteadyUs now) const { return SteadyUs{(rebased_ns(now) + 999) / 1000}; }

}  // namespace rollcall
