// One device's share of a job: its states, what may follow what, and who may say so (cloud-api B.2,
// DESIGN 5.11 to 5.14). Every decision about a task's status, in any folder, goes through transition().
// Thread: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "model/ids.hpp"

namespace rollcall {

// Stored: the numbers are fixed.
enum class TaskStatus : uint8_t {
  Queued = 1,
  Sent = 2,
  InProgress = 3,
  Succeeded = 4,
  Failed = 5,
  Rejected = 6,
  TimedOut = 7,
  Cancelled = 8,
};
inline constexpr size_t kTaskStatusCount = 8;

std::string_view task_status_text(TaskStatus status) noexcept;                // "IN_PROGRESS"
std::optional<TaskStatus> parse_task_status(std::string_view text) noexcept;  // exact spelling
constexpr bool is_final(TaskStatus status) noexcept { return status >= TaskStatus::Succeeded; }
constexpr bool is_open(TaskStatus status) noexcept { return status < TaskStatus::Succeeded; }

// Why a task changed. Stored in the history: the numbers are fixed.
enum class Cause : uint8_t {
  Pushed = 1,          // the server sent it
  PushedAgain = 2,     // unconfirmed on an earlier connection
  Fetched = 3,         // the device asked with thing/job/get
  Confirmed = 4,       // PUBACK, get or report: the device has it (not in the history)
  Reported = 5,        // thing/job/update
  Answered = 6,        // set_reply, service reply, PUBACK of a PUB task
  PropertySeen = 7,    // a property report shows the values just set (DESIGN 5.12)
  Offline = 8,         // its turn came while the device was offline and the job does not wait (DESIGN 5.9)
  Unfit = 9,           // the product's thing model does not take it (DESIGN 5.7)
  TimedOut = 10,       // too long IN_PROGRESS
  Expired = 11,        // the job's life ended
  Cancelled = 12,      // CancelJob
  Rerun = 13,          // RerunJob
  LateReport = 14,     // a final report on a task the server had ended; changes nothing (DESIGN 5.13)
  Undeliverable = 15,  // pushed kPushesPerTaskMax times without a confirmation
  Removed = 16,        // DeleteJob
  DeviceDeleted = 17,  // DeleteDevice
};
inline constexpr size_t kCauseCount = 17;

std::string_view cause_text(Cause cause) noexcept;  // "PUSHED_AGAIN"; "" for a number without a name

// Bits of Task::flags; stored.
inline constexpr uint8_t kTaskConfirmed = 1;    // the device is known to have it (PUBACK, get, report)
inline constexpr uint8_t kTaskHasDetail = 2;    // message or statusDetails exist in the side table
inline constexpr uint8_t kTaskLateSuccess = 4;  // the device reported SUCCEEDED after the server had ended it
inline constexpr uint8_t kTaskUnfit = 8;  // its product's thing model does not take the job (DESIGN 5.7)
// What a rerun of the whole job leaves out (DESIGN 5.13).
inline constexpr uint8_t kTaskNoRerun = kTaskLateSuccess | kTaskUnfit;

struct Task {
  TaskKey key;
  DeviceId device;
  TaskStatus status = TaskStatus::Queued;
  int32_t attempt = 1;    // raised by RerunJob
  int32_t progress = -1;  // 0..100, -1 = never reported
  uint8_t flags = 0;
  uint8_t pushes = 0;  // how often it was sent in this attempt
  uint8_t noted = 0;   // history rows of this attempt about reports that moved nothing
  WallMs noted_at;     // the last of them, or what the next one's time counts from; 0 = no such report yet
  WallMs queued_at;
  WallMs modified_at;
};

// The wide part of a task, in a side table; at most limits::kTaskDetailBytesMax together.
struct TaskDetail {
  std::string message;         // reason of a failure or the device's message
  std::string status_details;  // JSON text as the device wrote it, or a service's output
  bool operator==(const TaskDetail&) const = default;
};

// The task begins again: the same id, the next attempt, nothing known of it (DESIGN 5.14). The caller has
// asked transition().
void start_again(Task& task) noexcept;

// A report changed nothing but the progress or the details: is it worth a row of the history (DESIGN 3)? At
// most one in kProgressNoteMs, counted from the last row, and kNotesPerAttemptMax in an attempt. Takes it
// down in the task; `before` is the row as it was read.
bool note_progress(Task& task, const Task& before, WallMs now) noexcept;
// The same for a report that came too late; these do not wait for one another.
bool note_late_report(Task& task) noexcept;

// What may happen to a task.
enum class TaskEvent : uint8_t {
  Push,         // first or repeated sending of a task that waits for the device's own report
  PushCommand,  // sending of a property set or service call: its clock starts with the push (DESIGN 5.12)
  ReportInProgress,  // from the device
  ReportSucceeded,
  ReportFailed,
  ReportRejected,
  TimeOut,  // IN_PROGRESS for too long
  Expire,   // the job's life ended: QUEUED and SENT only
  Cancel,
  FailBeforePush,  // offline at its turn, or unfit product
  Rerun,           // the last one
};
inline constexpr size_t kTaskEventCount = static_cast<size_t>(TaskEvent::Rerun) + 1;

enum class Verdict : uint8_t {
  Apply,   // go to `to`
  Repeat,  // the same final report again, or nothing to change: answer 200, change nothing
  Late,    // final report on a task that the server ended: answer 200, record as late, change nothing
  Refuse,  // not allowed: answer 460 (device) or InvalidTaskStatus (API), change nothing
};

struct Transition {
  Verdict verdict = Verdict::Refuse;
  TaskStatus to{};
};

// The task state machine as one pure table. `attempt` and `pushes` matter for one rule only: after RerunJob,
// until the task was pushed again, only ReportSucceeded is taken from its device (DESIGN 5.14).
Transition transition(TaskStatus from, TaskEvent event, int32_t attempt, uint8_t pushes) noexcept;

}  // namespace rollcall
