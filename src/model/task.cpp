#include "model/task.hpp"

#include <array>

#include "base/canary.hpp"
#include "base/limits.hpp"

namespace rollcall {
namespace {

constexpr std::array<std::string_view, kTaskStatusCount + 1> kTexts = {
    "", "QUEUED", "SENT", "IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "CANCELLED"};

constexpr std::array<std::string_view, kCauseCount + 1> kCauses = {"",
                                                                   "PUSHED",
                                                                   "PUSHED_AGAIN",
                                                                   "FETCHED",
                                                                   "CONFIRMED",
                                                                   "REPORTED",
                                                                   "ANSWERED",
                                                                   "PROPERTY_SEEN",
                                                                   "DEVICE_OFFLINE",
                                                                   "UNFIT",
                                                                   "IN_PROGRESS_TIMEOUT",
                                                                   "JOB_EXPIRED",
                                                                   "JOB_CANCELLED",
                                                                   "JOB_RERUN",
                                                                   "LATE_REPORT",
                                                                   "UNDELIVERABLE",
                                                                   "JOB_DELETED",
                                                                   "DEVICE_DELETED"};

constexpr Transition apply(TaskStatus to) { return {Verdict::Apply, to}; }
constexpr Transition refuse(TaskStatus from) { return {Verdict::Refuse, from}; }

bool is_report(TaskEvent event) {
  return event == TaskEvent::ReportInProgress || event == TaskEvent::ReportSucceeded ||
         event == TaskEvent::ReportFailed || event == TaskEvent::ReportRejected;
}

// The status a report asks for.
TaskStatus reported(TaskEvent event) {
  switch (event) {
    case TaskEvent::ReportSucceeded:
      return TaskStatus::Succeeded;
    case TaskEvent::ReportFailed:
      return TaskStatus::Failed;
    case TaskEvent::ReportRejected:
      return TaskStatus::Rejected;
    case TaskEvent::ReportInProgress:
    case TaskEvent::Push:
    case TaskEvent::PushCommand:
    case TaskEvent::TimeOut:
    case TaskEvent::Expire:
    case TaskEvent::Cancel:
    case TaskEvent::FailBeforePush:
    case TaskEvent::Rerun:
      return TaskStatus::InProgress;
  }
  return TaskStatus::InProgress;
}

Transition report(TaskStatus from, TaskEvent event, int32_t attempt, uint8_t pushes) {
  const TaskStatus to = reported(event);
  if (is_open(from)) {
    // After a rerun the device may still talk about the attempt before: only a success counts (DESIGN 5.14).
    const bool stale = !canary(Canary::RerunTakesOldReport) && attempt > 1 && pushes == 0 &&
                       from == TaskStatus::Queued && event != TaskEvent::ReportSucceeded;
    return stale ? refuse(from) : apply(to);
  }
  if (from == to) return {Verdict::Repeat, from};
  const bool server_ended = from == TaskStatus::TimedOut || from == TaskStatus::Cancelled;
  if (server_ended && is_final(to)) return {Verdict::Late, from};
  return refuse(from);
}

}  // namespace

std::string_view task_status_text(TaskStatus status) noexcept { return kTexts[static_cast<size_t>(status)]; }

std::string_view cause_text(Cause cause) noexcept {
  const auto number = static_cast<size_t>(cause);
  return number < kCauses.size() ? kCauses[number] : std::string_view();
}

std::optional<TaskStatus> parse_task_status(std::string_view text) noexcept {
  for (size_t i = 1; i < kTexts.size(); ++i)
    if (kTexts[i] == text) return static_cast<TaskStatus>(i);
  return std::nullopt;
}

void start_again(Task& task) noexcept {
  task.status = TaskStatus::Queued;
  ++task.attempt;
  task.progress = -1;
  task.flags = 0;
  task.pushes = 0;
  task.noted = 0;
  task.noted_at = {};
}

bool note_progress(Task& task, const Task& before, WallMs now) noexcept {
  if (task.noted >= limits::kNotesPerAttemptMax) return false;
  // Before the first such report the row was last modified by the transition, which the history has.
  const WallMs last = task.noted_at.value == 0 ? before.modified_at : task.noted_at;
  const int64_t passed_ms = now - last;
  // A clock that was set back must not silence the device.
  const bool due = passed_ms >= limits::kProgressNoteMs || passed_ms < 0;
  task.noted_at = due ? now : last;
  if (due) ++task.noted;
  return due;
}

bool note_late_report(Task& task) noexcept {
  if (task.noted >= limits::kNotesPerAttemptMax) return false;
  ++task.noted;
  return true;
}

Transition transition(TaskStatus from, TaskEvent event, int32_t attempt, uint8_t pushes) noexcept {
  if (is_report(event)) return report(from, event, attempt, pushes);
  switch (event) {
    case TaskEvent::Push:
      return from == TaskStatus::Queued || from == TaskStatus::Sent ? apply(TaskStatus::Sent) : refuse(from);
    case TaskEvent::PushCommand:
      return from == TaskStatus::Queued ? apply(TaskStatus::InProgress) : refuse(from);
    case TaskEvent::TimeOut:
      return from == TaskStatus::InProgress ? apply(TaskStatus::TimedOut) : refuse(from);
    case TaskEvent::Expire:
      return from == TaskStatus::Queued || from == TaskStatus::Sent ? apply(TaskStatus::TimedOut)
                                                                    : refuse(from);
    case TaskEvent::Cancel:
      return is_open(from) ? apply(TaskStatus::Cancelled) : refuse(from);
    case TaskEvent::FailBeforePush:
      return from == TaskStatus::Queued ? apply(TaskStatus::Failed) : refuse(from);
    case TaskEvent::Rerun:
      return from == TaskStatus::Failed || from == TaskStatus::TimedOut ? apply(TaskStatus::Queued)
                                                                        : refuse(from);
    case TaskEvent::ReportInProgress:
    case TaskEvent::ReportSucceeded:
    case TaskEvent::ReportFailed:
    case TaskEvent::ReportRejected:
      break;
  }
  return refuse(from);
}

}  // namespace rollcall
