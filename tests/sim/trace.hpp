// What happened, for two readers: a hash of every event, so that two runs of a seed can be compared, and,
// when asked for, the events as text, of which a failing run prints the last and those about the task that
// failed. Thread: the world's.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace rollcall::sim {

class Trace {
 public:
  Trace(const Clock& clock, bool keep_text)
      : clock_(clock), started_(clock.steady()), keep_text_(keep_text) {}

  // `what` names the kind of event; the numbers say which. Text is made only when it is kept.
  void note(std::string_view what, int64_t a = 0, int64_t b = 0, int64_t c = 0) {
    for (const char ch : what) mix(static_cast<uint8_t>(ch));
    mix(static_cast<uint64_t>(clock_.steady().value));
    mix(static_cast<uint64_t>(a));
    mix(static_cast<uint64_t>(b));
    mix(static_cast<uint64_t>(c));
    ++events_;
    if (keep_text_)
      keep(std::string(what) + " " + std::to_string(a) + " " + std::to_string(b) + " " + std::to_string(c));
  }
  // Only for readers: not part of the hash.
  void say(std::string text) {
    if (keep_text_) keep(std::move(text));
  }
  bool keeps_text() const { return keep_text_; }
  uint64_t hash() const { return hash_; }
  uint64_t events() const { return events_; }
  const std::deque<std::string>& lines() const { return lines_; }

 private:
  static constexpr size_t kLinesMax = 200'000;

  void mix(uint64_t value) {
    hash_ ^= value;
    hash_ *= 0x100000001b3ULL;
    hash_ ^= hash_ >> 29;
  }
  void keep(std::string text) {
    const int64_t us = clock_.steady() - started_;
    std::string stamp =
        std::to_string(us / 1'000'000) + "." + std::to_string(1'000'000 + us % 1'000'000).substr(1);
    lines_.push_back(stamp + "  " + std::move(text));
    if (lines_.size() > kLinesMax) lines_.pop_front();
  }

  const Clock& clock_;
  SteadyUs started_;
  bool keep_text_;
  uint64_t hash_ = 0xcbf29ce484222325ULL;
  uint64_t events_ = 0;
  std::deque<std::string> lines_;
};

}  // namespace rollcall::sim
