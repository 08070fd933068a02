// A job: what CreateJob makes. Its configuration, phase, counters and the job state machine (cloud-api A.1,
// B.1; DESIGN 5). Thread: values.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/ids.hpp"
#include "model/task.hpp"

namespace rollcall {

// Stored: the numbers of all enums of this file are fixed.
enum class JobType : uint8_t { InvokeService = 1, SetProperty = 2, Pub = 3, CustomJob = 4 };
enum class JobStatus : uint8_t {
  Initializing = 1,
  Waiting = 2,
  InProgress = 3,
  Completed = 4,
  Cancelling = 5,
  Cancelled = 6,
  Removing = 7,
  TimedOut = 8,
};
enum class TargetType : uint8_t { DeviceList = 1, Group = 2, Product = 3 };
enum class OfflinePolicy : uint8_t { Wait = 1, Fail = 2 };  // extension parameter OfflinePolicy (DESIGN 5.9)
enum class MessageQos : uint8_t { Qos0 = 0, Qos1 = 1 };
// A long sweep over the job's tasks, worked off in chunks (DESIGN 3). None when the rows say everything.
// The three Reruns take FAILED and TIMED_OUT tasks, or those of one status.
enum class Sweep : uint8_t {
  None = 0,
  Make = 1,
  Cancel = 2,
  Expire = 3,
  Remove = 4,
  Rerun = 5,
  RerunFailed = 6,
  RerunTimedOut = 7,
};
constexpr bool is_rerun(Sweep sweep) noexcept { return sweep >= Sweep::Rerun; }

std::string_view job_type_text(JobType type) noexcept;                        // "INVOKE_SERVICE"
std::string_view job_status_text(JobStatus status) noexcept;                  // "IN_PROGRESS"
std::string_view target_type_text(TargetType type) noexcept;                  // "DEVICE_LIST"
std::optional<JobType> parse_job_type(std::string_view text) noexcept;        // exact spelling
std::optional<JobStatus> parse_job_status(std::string_view text) noexcept;    // exact spelling
std::optional<TargetType> parse_target_type(std::string_view text) noexcept;  // without regard to case
constexpr bool is_final(JobStatus status) noexcept {
  return status == JobStatus::Completed || status == JobStatus::Cancelled || status == JobStatus::TimedOut;
}

// Number of tasks in each status; kept with every transition, in the same transaction.
struct TaskCounters {
  std::array<int64_t, kTaskStatusCount + 1> by_status{};  // indexed by TaskStatus, [0] unused
  int64_t& operator[](TaskStatus status) { return by_status[static_cast<size_t>(status)]; }
  int64_t operator[](TaskStatus status) const { return by_status[static_cast<size_t>(status)]; }
  int64_t total() const {
    int64_t sum = 0;
    for (int64_t n : by_status) sum += n;
    return sum;
  }
  int64_t open() const {
    return (*this)[TaskStatus::Queued] + (*this)[TaskStatus::Sent] + (*this)[TaskStatus::InProgress];
  }
  bool operator==(const TaskCounters&) const = default;
};

// Fixed at creation.
struct JobSpec {
  std::string name;
  JobType type = JobType::CustomJob;
  std::string document;  // JobDocument exactly as given
  TargetType target_type = TargetType::DeviceList;
  std::string target_product_key;  // as given, for QueryJob
  std::string target_group_code;   // as given, for QueryJob
  ProductId target_product;
  GroupId target_group;
  int64_t target_snapshot =
      0;  // join number (group) or device id (product) up to which members belong to the job
  std::string
      wire_params;  // SET_PROPERTY, INVOKE_SERVICE: params as sent, in the thing model's terms (DESIGN 5.4)
  OfflinePolicy offline_policy = OfflinePolicy::Wait;
  bool sync_service = false;  // INVOKE_SERVICE of a service with callType sync: sent as RRPC (DESIGN 5.12)
  std::optional<WallMs> scheduled_at;
  int64_t lifetime_ms = 0;  // 0 = for ever (DESIGN 5.15)
  // Products in the target whose thing model does not take the document: their tasks are FAILED at once
  // (DESIGN 5.7).
  std::vector<std::pair<ProductId, std::string>> unfit_products;
};

// May be changed by UpdateJob.
struct JobSettings {
  std::string description;
  int64_t maximum_per_minute = 1000;
  bool maximum_per_minute_given = false;  // QueryJob shows what was given or took effect
  MessageQos qos = MessageQos::Qos0;
  int64_t in_progress_timeout_minutes = 60;  // effective value; 0 = none (PUB)
};

struct Job {
  JobId id;
  InstanceId instance;
  JobSpec spec;
  JobSettings settings;
  JobStatus status = JobStatus::Initializing;
  Sweep sweep = Sweep::None;
  int64_t sweep_cursor = 0;  // Make: last join number or device id taken; else: next sequence
  int64_t tasks_made = 0;    // rows that exist; less than total while Sweep::Make runs
  int32_t epoch = 0;         // raised by every change of status or sweep: the condition of conditional writes
  bool paused = false;
  TaskCounters counters;  // of the rows and of the tasks still to be made (they count as QUEUED)
  WallMs created_at;
  WallMs modified_at;
  WallMs started_at;  // 0 until IN_PROGRESS
};

// The status that readers and decisions see: rows lag behind while a sweep works through them (DESIGN 3).
// While the job is CANCELLING or REMOVING its open tasks are CANCELLED; under Sweep::Expire its QUEUED and
// SENT tasks are TIMED_OUT.
// Under a Rerun rows say what they are: a task is QUEUED again when the sweep reaches it.
TaskStatus effective_status(const Job& job, TaskStatus row_status) noexcept;
TaskCounters effective_counters(const Job& job) noexcept;

// What a sweep over existing rows does to each.
struct SweepPlan {
  uint32_t statuses = 0;  // rows it takes: bits 1 << status
  uint8_t without = 0;    // and with none of these flags
  TaskStatus to{};
  Cause cause{};
};
SweepPlan sweep_plan(Sweep sweep) noexcept;
bool takes(const SweepPlan& plan, const Task& task) noexcept;

// May this job push tasks now (apart from pace)?
bool may_push(const Job& job) noexcept;
// CancelJob is allowed before COMPLETED and fails on CANCELLING (cloud-api A.3, DESIGN 5.16).
bool may_cancel(JobStatus status) noexcept;
// PauseJob, ResumeJob and UpdateJob: as long as the job may still push (DESIGN 5.16, 5.17).
bool may_change(JobStatus status) noexcept;

// RerunJob (cloud-api A.5).
bool may_rerun(JobStatus status) noexcept;

// When the job's life ends: counted from its start, which a rerun moves; nullopt = never (DESIGN 5.14, 5.15).
std::optional<WallMs> life_end(const Job& job) noexcept;

// Can `tasks` be pushed at this pace within the job's life (DESIGN 5.5)?
bool fits_lifetime(int64_t tasks, int64_t per_minute, int64_t lifetime_ms) noexcept;

// Effective time-out of a type in minutes from the value given, and the rule (DESIGN 5.3):
// nullopt when the value must be refused. `given` absent means the default of the type.
std::optional<int64_t> effective_timeout_minutes(JobType type, std::optional<int64_t> given) noexcept;

}  // namespace rollcall
