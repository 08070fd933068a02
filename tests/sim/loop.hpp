// The world's one queue of things that will happen, on virtual time: steady microseconds, ties in the order
// of asking. A slow disk may move the clock inside an event; what is due by then happens late, as on a real
// machine. Thread: the world's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace rollcall::sim {

class Loop {
 public:
  explicit Loop(ManualClock& clock) : clock_(clock) {}

  void at(SteadyUs when, std::function<void()> what) {
    events_.push_back({when, next_++, std::move(what)});
    std::push_heap(events_.begin(), events_.end(), Later{});
  }
  void after(int64_t us, std::function<void()> what) { at(clock_.steady() + us, std::move(what)); }

  // The next event, if it is due by `until`; else the clock goes there and the answer is false.
  bool step(SteadyUs until) {
    if (events_.empty() || until < events_.front().when) {
      if (clock_.steady() < until) clock_.advance_us(until - clock_.steady());
      return false;
    }
    std::pop_heap(events_.begin(), events_.end(), Later{});
    Event event = std::move(events_.back());
    events_.pop_back();
    if (clock_.steady() < event.when) clock_.advance_us(event.when - clock_.steady());
    event.what();
    return true;
  }
  SteadyUs now() const { return clock_.steady(); }
  size_t size() const { return events_.size(); }

 private:
  struct Event {
    SteadyUs when;
    uint64_t order = 0;
    std::function<void()> what;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.when != b.when ? b.when < a.when : b.order < a.order;
    }
  };
  ManualClock& clock_;
  std::vector<Event> events_;
  uint64_t next_ = 0;
};

}  // namespace rollcall::sim
