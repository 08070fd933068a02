// One simulated world from its seed: a server, a disk, a network, devices and operators, some minutes of
// trouble and then a quiet end in which everything that can finish must. Deterministic: the seed alone
// decides. Called by the runner (main.cpp) and the tests. Thread: one per world; worlds know nothing of each
// other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/operators.hpp"
#include "sim/server_process.hpp"
#include "sim/truth.hpp"

namespace rollcall::sim {

struct Outcome {
  bool clean = false;
  std::string violation;
  std::optional<TaskKey> about;
  uint64_t trace_hash = 0;
  int64_t virtual_ms = 0;
  int64_t rows = 0;  // of history
  int64_t reports = 0;
  int64_t calls = 0, calls_succeeded = 0;
  uint64_t crashes = 0;  // and kills
  uint64_t disk_faults = 0;
};

class World {
 public:
  World(uint64_t seed, bool keep_text);
  World(const Plan& plan, uint64_t seed, bool keep_text);
  ~World();

  Outcome run();
  const Trace& trace() const { return trace_; }

 private:
  void start_server();
  void end_process(bool power_cut);
  void add_client(const Identity& identity, bool twin);
  void arm_troubles();
  void sometime(double per_minute, std::function<void()> what);
  void bad_spell();
  void run_for(int64_t us);
  bool set_up();
  void quiet();
  void check_now_and_then();
  void check_presence();

  const Plan plan_;
  Dice dice_;
  ManualClock clock_;
  Loop loop_;
  Trace trace_;
  Disk disk_;
  Network network_;
  Truth truth_;
  Parts parts_;
  ServerProcess server_;
  Operators operators_;
  std::vector<std::unique_ptr<SimDevice>> devices_;
  std::vector<std::string> known_codes_;
  bool troubled_ = false;
  int start_attempts_ = 0;
};

}  // namespace rollcall::sim
