#include "model/job.hpp"

#include <algorithm>
#include <array>

#include "base/canary.hpp"
#include "base/text.hpp"

namespace rollcall {
namespace {

constexpr std::array<std::string_view, 5> kTypes = {"", "INVOKE_SERVICE", "SET_PROPERTY", "PUB",
                                                    "CUSTOM_JOB"};
constexpr std::array<std::string_view, 9> kStatuses = {
    "",           "INITIALIZING", "WAITING",  "IN_PROGRESS", "COMPLETED",
    "CANCELLING", "CANCELLED",    "REMOVING", "TIMED_OUT"};
constexpr std::array<std::string_view, 4> kTargets = {"", "DEVICE_LIST", "GROUP_ID", "PRODUCT_KEY"};

template <class Enum, size_t N>
std::optional<Enum> find_text(const std::array<std::string_view, N>& texts, std::string_view text) {
  for (size_t i = 1; i < N; ++i)
    if (texts[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

std::string_view job_type_text(JobType type) noexcept { return kTypes[static_cast<size_t>(type)]; }
std::string_view job_status_text(JobStatus status) noexcept { return kStatuses[static_cast<size_t>(status)]; }
std::string_view target_type_text(TargetType type) noexcept { return kTargets[static_cast<size_t>(type)]; }

std::optional<JobType> parse_job_type(std::string_view text) noexcept {
  return find_text<JobType>(kTypes, text);
}
std::optional<JobStatus> parse_job_status(std::string_view text) noexcept {
  return find_text<JobStatus>(kStatuses, text);
}
std::optional<TargetType> parse_target_type(std::string_view text) noexcept {
  for (size_t i = 1; i < kTargets.size(); ++i)
    if (ascii_iequal(kTargets[i], text)) return static_cast<TargetType>(i);
  return std::nullopt;
}

TaskStatus effective_status(const Job& job, TaskStatus row_status) noexcept {
  if (is_final(row_status)) return row_status;
  const bool ended = job.status == JobStatus::Cancelling || job.status == JobStatus::Cancelled ||
                     job.status == JobStatus::Removing;
  if (ended || job.sweep == Sweep::Cancel || job.sweep == Sweep::Remove) return TaskStatus::Cancelled;
  if (job.sweep == Sweep::Expire && row_status != TaskStatus::InProgress) return TaskStatus::TimedOut;
  return row_status;
}

TaskCounters effective_counters(const Job& job) noexcept {
  TaskCounters seen;
  for (size_t i = 1; i <= kTaskStatusCount; ++i) {
    const auto status = static_cast<TaskStatus>(i);
    seen[effective_status(job, status)] += job.counters[status];
  }
  return seen;
}

SweepPlan sweep_plan(Sweep sweep) noexcept {
  constexpr auto bit = [](TaskStatus status) { return 1u << static_cast<unsigned>(status); };
  constexpr uint32_t waiting = bit(TaskStatus::Queued) | bit(TaskStatus::Sent);
  constexpr uint32_t open = waiting | bit(TaskStatus::InProgress);
  constexpr uint32_t failed = bit(TaskStatus::Failed);
  constexpr uint32_t timed_out = bit(TaskStatus::TimedOut);
  switch (sweep) {
    case Sweep::Cancel:
      return {open, 0, TaskStatus::Cancelled, Cause::Cancelled};
    case Sweep::Remove:
      return {open, 0, TaskStatus::Cancelled, Cause::Removed};
    case Sweep::Expire:
      return {waiting, 0, TaskStatus::TimedOut, Cause::Expired};
    case Sweep::Rerun:
      return {failed | timed_out, kTaskNoRerun, TaskStatus::Queued, Cause::Rerun};
    case Sweep::RerunFailed:
      return {failed, kTaskNoRerun, TaskStatus::Queued, Cause::Rerun};
    case Sweep::RerunTimedOut:
      return {timed_out, kTaskNoRerun, TaskStatus::Queued, Cause::Rerun};
    case Sweep::None:
    case Sweep::Make:
      break;
  }
  return {};
}

bool takes(const SweepPlan& plan, const Task& task) noexcept {
  return ((plan.statuses >> static_cast<unsigned>(task.status)) & 1) != 0 && (task.flags & plan.without) == 0;
}

bool may_push(const Job& job) noexcept {
  return job.status == JobStatus::InProgress && job.sweep == Sweep::None &&
         (!job.paused || canary(Canary::PushWhilePaused));
}

bool may_cancel(JobStatus status) noexcept {
  return status == JobStatus::Initializing || status == JobStatus::Waiting || status == JobStatus::InProgress;
}

bool may_change(JobStatus status) noexcept { return may_cancel(status); }

bool may_rerun(JobStatus status) noexcept {
  return status == JobStatus::Completed || status == JobStatus::TimedOut;
}

std::optional<WallMs> life_end(const Job& job) noexcept {
  if (job.spec.lifetime_ms <= 0) return std::nullopt;
  const WallMs born = job.spec.scheduled_at.value_or(job.created_at);
  return std::max(born, job.started_at) + job.spec.lifetime_ms;
}

bool fits_lifetime(int64_t tasks, int64_t per_minute, int64_t lifetime_ms) noexcept {
  if (lifetime_ms <= 0) return true;
  return (tasks + per_minute - 1) / per_minute <= lifetime_ms / 60'000;
}

std::optional<int64_t> effective_timeout_minutes(JobType type, std::optional<int64_t> given) noexcept {
  if (given && (*given < 1 || *given > 3600)) return std::nullopt;
  switch (type) {
    case JobType::InvokeService:
    case JobType::SetProperty:
      return given ? std::min<int64_t>(*given, 5) : 1;
    case JobType::CustomJob:
      return given.value_or(60);
    case JobType::Pub:
      return 0;
  }
  return std::nullopt;
}

}  // namespace rollcall
