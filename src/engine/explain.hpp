// Why a task has not moved (extension ExplainTask): the facts as the rollout itself sees them, and the pure
// step from facts to ordered reasons. The engine fills TaskFacts with the predicates that decide a push
// (push_obstacle, wants_push_again in tasks.cpp), so that what is explained is what is decided. Thread:
// engine; values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/job.hpp"
#include "model/task.hpp"

namespace rollcall::engine {

// What came of a push, or would come of one now.
enum class PushOutcome : uint8_t { Pushed, NotConnected, NotReady, Unreachable, DeviceBusy, NoRoom };

enum class WaitReason : uint8_t {
  JobInitializing,  // its tasks are still being made
  JobScheduled,     // until ScheduledTime
  JobPaused,
  JobEnding,        // no more pushes: the job is being cancelled or its life is over
  DeviceDisabled,   // DisableThing
  DeviceOffline,    // since its last connection ended; absent: never connected
  AwaitingNext,     // just connected: it may ask `$next` by itself first
  NotSubscribed,    // the topic of the message cannot be delivered
  DeviceBusy,       // too many unconfirmed pushes of other tasks
  ServerBusy,       // no room in the mailbox of the connection's core
  Pace,             // its turn comes by the rate of the job
  DueNow,           // nothing is in the way
  PushUnconfirmed,  // sent on this connection, not confirmed
  AwaitingReturn,   // sent on an earlier connection, not confirmed: sent again on the next one
  PushesUsedUp,     // sent as often as a task is; only the device can move it
  AwaitingReport,   // the device has it and has not reported
  Running,
  Ended,
};

std::string_view wait_reason_text(WaitReason reason) noexcept;  // "DEVICE_OFFLINE"

struct Reason {
  WaitReason reason{};
  std::string text;
  std::optional<WallMs> since;
  std::optional<WallMs> until;  // expected or latest end of this reason
};

struct TaskFacts {
  Task task;
  TaskStatus status{};  // as everyone sees it
  JobStatus job_status{};
  bool job_paused = false;
  bool job_may_push = false;
  bool job_waits_for_offline = true;
  std::optional<WallMs> scheduled_at;
  PushOutcome obstacle{};
  bool device_enabled = true;
  std::optional<WallMs> offline_since;
  std::optional<WallMs> settled_at;
  int64_t unconfirmed = 0;         // pushes on this connection
  std::optional<int64_t> ahead;    // at most so many tasks have their turn before it
  std::optional<WallMs> turn_at;   // by the pace
  bool confirmed = false;          // the device is known to have it
  bool pushed_here = false;        // sent on the present connection
  bool wants_push_again = false;   // will be sent again when the device can take it
  std::optional<WallMs> deadline;  // IN_PROGRESS: by the job's present time-out
  std::string message;             // of a final task
};

// What holds the task, the first thing first; never empty.
std::vector<Reason> explain(const TaskFacts& facts);

}  // namespace rollcall::engine
