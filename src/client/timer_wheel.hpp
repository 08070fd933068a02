// TimerWheel: very many coarse timers that are rarely cancelled: arming and firing are O(1), an entry is 16
// bytes. Used by fleet.hpp. Thread: the loop's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace rollcall::client {

class TimerWheel {
 public:
  static constexpr int64_t kTickMs = 10;

  explicit TimerWheel(SteadyUs now) : started_(now) {}

  // Fires at the first tick that is at least `delay_ms` away.
  void arm(SteadyUs now, uint32_t owner, uint32_t what, int64_t delay_ms) {
    const int64_t due_ms = (now - started_) / 1000 + (delay_ms < 0 ? 0 : delay_ms);
    int64_t tick = due_ms / kTickMs + 1;
    if (tick <= tick_) tick = tick_ + 1;
    slots_[static_cast<size_t>(tick) % kSlots].push_back({tick, owner, what});
    ++entries_;
  }

  // Calls fire(owner, what) for all that are due. Timers armed meanwhile wait for the next call.
  template <class Fire>
  void advance(SteadyUs now, Fire&& fire) {
    const int64_t last = (now - started_) / 1000 / kTickMs;
    due_.clear();
    // After a pause longer than a turn each slot is looked at once.
    const int64_t from =
        last - tick_ > static_cast<int64_t>(kSlots) ? last - static_cast<int64_t>(kSlots) : tick_;
    for (int64_t tick = from + 1; tick <= last; ++tick)
      take_due(slots_[static_cast<size_t>(tick) % kSlots], last);
    if (last > tick_) tick_ = last;
    entries_ -= due_.size();
    for (const auto& [owner, what] : due_) fire(owner, what);
  }

  size_t entries() const noexcept { return entries_; }

 private:
  static constexpr size_t kSlots = 1024;
  struct Entry {
    int64_t tick;
    uint32_t owner;
    uint32_t what;
  };

  void take_due(std::vector<Entry>& slot, int64_t last) {
    size_t kept = 0;
    for (const Entry& entry : slot) {
      if (entry.tick <= last)
        due_.emplace_back(entry.owner, entry.what);
      else
        slot[kept++] = entry;
    }
    slot.resize(kept);
  }

  SteadyUs started_;
  int64_t tick_ = 0;
  size_t entries_ = 0;
  std::array<std::vector<Entry>, kSlots> slots_;
  std::vector<std::pair<uint32_t, uint32_t>> due_;
};

}  // namespace rollcall::client
