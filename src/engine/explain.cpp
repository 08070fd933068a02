#include "engine/explain.hpp"

#include "base/limits.hpp"

namespace rollcall::engine {
namespace {

void explain_job(const TaskFacts& facts, std::vector<Reason>& out) {
  if (facts.job_may_push) return;
  switch (facts.job_status) {
    case JobStatus::Initializing:
      out.push_back({WaitReason::JobInitializing, "the tasks of the job are still being made", {}, {}});
      return;
    case JobStatus::Waiting:
      out.push_back(
          {WaitReason::JobScheduled, "the job waits for its ScheduledTime", {}, facts.scheduled_at});
      return;
    case JobStatus::InProgress:
    case JobStatus::Completed:
    case JobStatus::Cancelling:
    case JobStatus::Cancelled:
    case JobStatus::Removing:
    case JobStatus::TimedOut:
      break;
  }
  if (facts.job_paused && facts.job_status == JobStatus::InProgress)
    out.push_back({WaitReason::JobPaused, "the job is paused", {}, {}});
  else
    out.push_back({WaitReason::JobEnding, "the job pushes no more tasks", {}, {}});
}

Reason offline(const TaskFacts& facts) {
  const bool waits = facts.job_waits_for_offline || facts.status != TaskStatus::Queued;
  std::string text = !facts.device_enabled  ? "the device is disabled and cannot connect"
                     : !facts.offline_since ? "the device was never connected"
                                            : "the device is offline";
  if (!waits) text += "; the task fails when its turn comes";
  return {facts.device_enabled ? WaitReason::DeviceOffline : WaitReason::DeviceDisabled,
          std::move(text),
          facts.offline_since,
          {}};
}

// What keeps the device from being sent the task now. True when there is something.
bool explain_device(const TaskFacts& facts, std::vector<Reason>& out) {
  switch (facts.obstacle) {
    case PushOutcome::NotConnected:
      out.push_back(offline(facts));
      return true;
    case PushOutcome::NotReady:
      out.push_back({WaitReason::AwaitingNext,
                     "the device has just connected and may ask for its next task by itself",
                     {},
                     facts.settled_at});
      return true;
    case PushOutcome::Unreachable:
      out.push_back({WaitReason::NotSubscribed,
                     "the device is connected but has not subscribed to the topic of this message",
                     {},
                     {}});
      return true;
    case PushOutcome::DeviceBusy:
      out.push_back(
          {WaitReason::DeviceBusy,
           "the device has not confirmed " + std::to_string(facts.unconfirmed) + " messages of other tasks",
           {},
           {}});
      return true;
    case PushOutcome::NoRoom:
      out.push_back({WaitReason::ServerBusy, "the server is busy sending to other devices", {}, {}});
      return true;
    case PushOutcome::Pushed:
      return false;
  }
  return false;
}

void explain_queued(const TaskFacts& facts, std::vector<Reason>& out) {
  explain_job(facts, out);
  const bool held = explain_device(facts, out);
  if (!facts.job_may_push) return;
  const int64_t ahead = facts.ahead.value_or(0);
  if (facts.turn_at && (ahead > 0 || !held)) {
    std::string text = ahead > 0 ? "at most " + std::to_string(ahead) + " tasks of the job go before it"
                                 : "it is next in the pace of the job";
    out.push_back({WaitReason::Pace, std::move(text), {}, facts.turn_at});
  } else if (!held) {
    out.push_back({WaitReason::DueNow, "nothing is in the way: it is sent at once", {}, {}});
  }
}

void explain_sent(const TaskFacts& facts, std::vector<Reason>& out) {
  const std::string pushed = "sent " + std::to_string(facts.task.pushes) + " time(s)";
  if (facts.confirmed) {
    out.push_back({WaitReason::AwaitingReport,
                   "the device has the task and has not reported on it",
                   facts.task.modified_at,
                   {}});
    if (facts.obstacle == PushOutcome::NotConnected) out.push_back(offline(facts));
    return;
  }
  if (facts.pushed_here) {
    out.push_back({WaitReason::PushUnconfirmed,
                   pushed + ", not confirmed by the device yet",
                   facts.task.modified_at,
                   {}});
    return;
  }
  if (!facts.wants_push_again) {
    out.push_back({WaitReason::PushesUsedUp,
                   pushed + " without a confirmation, and not again: the device must ask or report",
                   facts.task.modified_at,
                   {}});
    explain_device(facts, out);
    return;
  }
  if (!explain_device(facts, out)) out.push_back({WaitReason::DueNow, "it is sent again at once", {}, {}});
  out.push_back({WaitReason::AwaitingReturn,
                 pushed + " without a confirmation; sent again when the device can take it",
                 facts.task.modified_at,
                 {}});
}

void explain_running(const TaskFacts& facts, std::vector<Reason>& out) {
  out.push_back({WaitReason::Running,
                 facts.deadline ? "the device works on it; without a final report it times out"
                                : "the device works on it; it has no time-out",
                 facts.task.modified_at, facts.deadline});
  if (facts.obstacle == PushOutcome::NotConnected) out.push_back(offline(facts));
}

}  // namespace

std::string_view wait_reason_text(WaitReason reason) noexcept {
  switch (reason) {
    case WaitReason::JobInitializing:
      return "JOB_INITIALIZING";
    case WaitReason::JobScheduled:
      return "JOB_SCHEDULED";
    case WaitReason::JobPaused:
      return "JOB_PAUSED";
    case WaitReason::JobEnding:
      return "JOB_ENDING";
    case WaitReason::DeviceDisabled:
      return "DEVICE_DISABLED";
    case WaitReason::DeviceOffline:
      return "DEVICE_OFFLINE";
    case WaitReason::AwaitingNext:
      return "AWAITING_NEXT";
    case WaitReason::NotSubscribed:
      return "NOT_SUBSCRIBED";
    case WaitReason::DeviceBusy:
      return "DEVICE_BUSY";
    case WaitReason::ServerBusy:
      return "SERVER_BUSY";
    case WaitReason::Pace:
      return "PACE";
    case WaitReason::DueNow:
      return "DUE_NOW";
    case WaitReason::PushUnconfirmed:
      return "PUSH_UNCONFIRMED";
    case WaitReason::AwaitingReturn:
      return "AWAITING_RETURN";
    case WaitReason::PushesUsedUp:
      return "PUSHES_USED_UP";
    case WaitReason::AwaitingReport:
      return "AWAITING_REPORT";
    case WaitReason::Running:
      return "RUNNING";
    case WaitReason::Ended:
      return "ENDED";
  }
  return "";
}

std::vector<Reason> explain(const TaskFacts& facts) {
  std::vector<Reason> out;
  if (is_final(facts.status)) {
    std::string text = "the task is " + std::string(task_status_text(facts.status));
    if (!facts.message.empty()) text += ": " + facts.message;
    out.push_back({WaitReason::Ended, std::move(text), facts.task.modified_at, {}});
  } else if (facts.status == TaskStatus::Queued) {
    explain_queued(facts, out);
  } else if (facts.status == TaskStatus::Sent) {
    explain_sent(facts, out);
  } else {
    explain_running(facts, out);
  }
  return out;
}

}  // namespace rollcall::engine
