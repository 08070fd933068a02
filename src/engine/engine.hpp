// The batch executor: the one owner of mutable domain state and of the writing store connection (DESIGN 3).
// It drains commands into a batch, loads every row the batch needs, decides in memory, commits once, and only
// then hands out effects. Time-outs, rollout, scheduled starts and long sweeps are part of the same batches.
// Synchronous and sans-I/O apart from the store: server/ runs it on the engine thread, the tests and the
// simulator inline. Thread: engine.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/counters.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "engine/commands.hpp"
#include "engine/effects.hpp"
#include "store/store.hpp"

namespace rollcall::engine {

// Defaults are the vendor's; server/config may lift them (DESIGN 6).
struct EngineConfig {
  int64_t job_targets_max = limits::kTargetsMax;
  bool unknown_targets_skip = false;           // jobs.unknown_targets = skip (DESIGN 5.5)
  int64_t next_wait_ms = limits::kNextWaitMs;  // wait for a $next after CONNACK before pushing
  // How often to look what other processes did on the same store; 0: there are none.
  int64_t others_check_ms = 0;
  int64_t keep_deleted_ms = limits::kKeepDeletedMs;  // what is left of a deleted job (DESIGN 5.16)
  int64_t keep_ended_ms = 0;                         // a job that ended this long ago is deleted; 0: never
  size_t push_slice = limits::kPushSlice;
  size_t sweep_rows = limits::kSweepRows;  // rows of one chunk of a long sweep; tests make it small
};

// Room for pushes in the cores' mailboxes, reserved before a task is decided SENT (DESIGN 3). Called on the
// engine thread.
class PushRoom {
 public:
  virtual ~PushRoom() = default;
  virtual bool reserve(uint16_t core, size_t pushes) = 0;
  virtual void release(uint16_t core, size_t pushes) = 0;  // reserved but not used
};

// Read by server/ for /metrics and /readyz.
struct EngineProbe {
  Gauge devices_connected;
  std::array<Counter, kTaskStatusCount + 1> tasks_total;  // transitions into each status
  std::array<Gauge, 9> jobs;  // by JobStatus, of jobs not final plus those that ended since start
  LatencyHistogram commit;
  Counter commands_total;
  Counter commit_failures_total;
  Gauge messages_waiting;          // of the offline queue, of all devices
  Counter messages_kept_total;     // that entered it
  Counter messages_dropped_total;  // that found it full or expired in it
  Gauge log_bytes;
  Gauge store_healthy;  // 0 after a failed commit until one succeeds
};

class Engine {
 public:
  // Loads what is unfinished and goes on with it. `room`, `store`, `clock`, `random`, `probe` outlive the
  // engine.
  static Result<std::unique_ptr<Engine>> open(store::Store& store, const Clock& clock, Random& random,
                                              PushRoom& room, EngineProbe& probe, const EngineConfig& config);
  ~Engine();

  // Appends commands to the inbox; the vector is left empty.
  void submit(std::vector<Command>& commands);
  // One batch: effects of what is durable now are appended. True when there is more to do at once.
  bool run(std::vector<Effect>& effects);
  // A commit is on its way: until run() has its result nothing else is decided, and commands only wait.
  bool committing() const;
  // When run() has something to do although no command comes; nullopt = never.
  std::optional<SteadyUs> next_wake_up() const;
  // Effects that ask every core to close its devices; call before the last run() of a clean stop.
  void shut_down(std::vector<Effect>& effects);

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::engine
