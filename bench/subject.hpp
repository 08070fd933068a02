// What a case measures: a server with its load, or a loop of our own as a wall. Each lives in a process of
// its own (child_subject.hpp) and does rounds on command, in turn with the others of its case. Thread: main.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::bench {

// Ends the subject, and with it its case: a figure of a round that went wrong would be worth nothing. Thrown,
// so that servers and folders go, too.
[[noreturn]] inline void give_up(const std::string& why) { throw std::runtime_error(why); }

// The sizes of a run. A developer picks a preset (smoke, quick, default) and changes single ones.
struct Options {
  std::string binary;           // the rollcall program
  size_t devices = 10'000;      // connected ones
  size_t targets = 100'000;     // of mass operations; they never connect
  size_t tasks = 50'000;        // of the bare store
  size_t pace_devices = 1'200;  // at 1,000 a minute: 72 s
  int64_t reports_per_second = 5'000;
  int64_t settle_ms = 3'000;  // after connecting: past the wait for a $next, and the lazy writes
  double api_seconds = 1;     // of each closed loop of calls
  int rounds = 5;
};

// Named values of one round; a name ends in its unit, see results.hpp.
using Values = std::vector<std::pair<std::string, double>>;

class Subject {
 public:
  virtual ~Subject() = default;
  // Asked for once, before the rounds.
  virtual Values once() { return {}; }
  virtual Values round() = 0;
};

using StartSubject = std::unique_ptr<Subject> (*)(const Options&);

}  // namespace rollcall::bench
