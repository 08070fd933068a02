#include "store_audit.hpp"

#include <array>
#include <cstring>
#include <optional>

#include "base/limits.hpp"
#include "model/id_codec.hpp"
#include "model/job.hpp"
#include "model/task.hpp"
#include "store_copy.hpp"

namespace rollcall::testing {
namespace {

struct JobRow {
  std::string name;
  JobStatus status{};
  JobType type{};
  TargetType target_type{};
  std::string document;
  int64_t tasks_made = 0;
  bool making = false;
  bool paused = false;
  bool rerun = false;  // some task of it was, by the history
  int64_t rate = 0;
  MessageQos qos{};
  TaskCounters counters;  // stored
  TaskCounters rows;      // counted
};

struct TaskRow {
  DeviceId device;
  int64_t pushes = 0;
  int32_t attempt = 1;
  TaskStatus status{};
  TaskStatus last_to = TaskStatus::Queued;  // of the history
  TaskStatus last_from{};
  Cause last_cause{};
  int64_t last_event = 0;  // as the row says
  int64_t last_position = 0;
  uint16_t reached = 0;  // statuses it ever had by the history, as bits
  bool late = false;
  bool rerun = false;
  bool seen = false;
};

uint16_t bit(TaskStatus status) { return static_cast<uint16_t>(1u << static_cast<unsigned>(status)); }

class Audit {
 public:
  Audit(StoreCopy& copy, const Facts& facts, const AuditOptions& options)
      : copy_(copy), facts_(facts), options_(options) {}

  AuditResult run() {
    if (const std::string damage = copy_.integrity(); !damage.empty()) problem("integrity_check: " + damage);
    load_key();
    if (!codec_) return std::move(result_);
    for (const auto& [code, fact] : facts_.jobs)
      if (const auto id = codec_->job_id(code); id && fact.delete_asked) deleted_.insert(id->value);
    load_jobs();
    load_tasks();
    load_history();
    compare_jobs();
    compare_counters();
    compare_reports();
    compare_successes();
    compare_ends();
    audit_fleet(copy_, *codec_, facts_, options_, result_);
    for (const std::string& contradiction : facts_.contradictions) problem(contradiction);
    return std::move(result_);
  }

 private:
  void problem(const std::string& what) { result_.check(false, what); }
  void check(bool holds, const std::string& what) { result_.check(holds, what); }
  template <class Row>
  void each(const char* sql, Row&& row) {
    if (std::string failure = copy_.each(sql, row); !failure.empty()) problem(failure);
  }

  void load_key() {
    each("SELECT value FROM meta WHERE name = 'id_key'", [&](const StoreRow& row) {
      const std::string bytes = row.text(0);
      IdCodec::Key key{};
      std::memcpy(key.data(), bytes.data(), std::min(bytes.size(), key.size()));
      codec_.emplace(key);
    });
    check(codec_.has_value(), "the key of the ids is not there");
  }

  void load_jobs() {
    std::map<std::string, int> names;
    each(
        "SELECT job.id, name, status, type, target_type, document, tasks_made, sweep, queued, sent, "
        "in_progress, succeeded, failed, rejected, timed_out, cancelled, qos, paused, maximum_per_minute "
        "FROM job JOIN job_spec ON "
        "job_spec.job = job.id LEFT JOIN job_counter ON job_counter.job = job.id",
        [&](const StoreRow& row) {
          JobRow& job = jobs_[row.number(0)];
          job.name = row.text(1);
          job.status = static_cast<JobStatus>(row.number(2));
          job.type = static_cast<JobType>(row.number(3));
          job.target_type = static_cast<TargetType>(row.number(4));
          job.document = row.text(5);
          job.tasks_made = row.number(6);
          job.making = static_cast<Sweep>(row.number(7)) == Sweep::Make;
          for (size_t status = 1; status <= kTaskStatusCount; ++status)
            job.counters.by_status[status] = row.number(static_cast<int>(status) + 7);
          job.qos = static_cast<MessageQos>(row.number(16));
          job.paused = row.number(17) != 0;
          job.rate = row.number(18);
          if (++names[job.name] > 1) problem("the job " + job.name + " exists twice");
          check(!facts_.job_names_refused.contains(job.name),
                "the job " + job.name + " exists although it was refused");
        });
    result_.jobs = jobs_.size();
  }

  void load_tasks() {
    each("SELECT job, sequence, device, status, pushes, attempt, last_event FROM task",
         [&](const StoreRow& row) {
           TaskRow& task = tasks_[TaskKey{JobId{row.number(0)}, row.number(1)}];
           task.device = DeviceId{row.number(2)};
           task.status = static_cast<TaskStatus>(row.number(3));
           task.pushes = row.number(4);
           task.attempt = static_cast<int32_t>(row.number(5));
           task.last_event = row.number(6);
           const auto job = jobs_.find(row.number(0));
           if (job == jobs_.end()) return problem("a task of no job: " + std::to_string(row.number(0)));
           ++job->second.rows[task.status];
         });
    result_.tasks = tasks_.size();
  }

  // The history of each task must be one unbroken path to what its row says.
  void load_history() {
    each(
        "SELECT job, task, from_status, to_status, cause, position, coalesce(previous, 0) FROM history "
        "ORDER BY position",
        [&](const StoreRow& row) {
          ++result_.history;
          const auto found = tasks_.find(TaskKey{JobId{row.number(0)}, row.number(1)});
          if (found == tasks_.end()) return check(deleted_.contains(row.number(0)), "history of no task");
          TaskRow& task = found->second;
          const auto from = static_cast<TaskStatus>(row.number(2));
          const auto to = static_cast<TaskStatus>(row.number(3));
          const auto cause = static_cast<Cause>(row.number(4));
          if (task.seen || from != to)
            check(from == task.last_to, place(found->first) + " went on from " +
                                            std::string(task_status_text(from)) + " but was " +
                                            std::string(task_status_text(task.last_to)));
          const int64_t before = row.number(6) == 0 ? 0 : row.number(5) - row.number(6);
          check(before == task.last_position, place(found->first) + " has a broken chain of history");
          task.last_position = row.number(5);
          task.seen = true;
          task.late = task.late || cause == Cause::LateReport;
          task.rerun = task.rerun || cause == Cause::Rerun;
          if (cause == Cause::Rerun) jobs_[row.number(0)].rerun = true;
          task.last_to = to;
          if (from != to) task.last_cause = cause;
          if (from != to) task.last_from = from;
          task.reached |= bit(to);
        });
    for (const auto& [key, task] : tasks_)
      check(task.last_event == task.last_position, place(key) + " does not know its last event");
    for (const auto& [key, task] : tasks_)
      check(task.last_to == task.status, place(key) + " is " + std::string(task_status_text(task.status)) +
                                             " but its history ends with " +
                                             std::string(task_status_text(task.last_to)));
  }

  std::string place(const TaskKey& key) const {
    const auto job = jobs_.find(key.job.value);
    return "task " + std::to_string(key.sequence) + " of " +
           (job == jobs_.end() ? "job " + std::to_string(key.job.value) : job->second.name);
  }

  void compare_jobs() {
    for (const auto& [code, fact] : facts_.jobs) {
      const auto id = codec_->job_id(code);
      const auto found = id ? jobs_.find(id->value) : jobs_.end();
      if (found == jobs_.end()) {
        check(fact.delete_asked, "lost: the acknowledged job " + fact.name);
        if (fact.deleted) ++result_.compared;
        continue;
      }
      ++result_.compared;
      const JobRow& job = found->second;
      check(job.name == fact.name && job_type_text(job.type) == fact.type &&
                target_type_text(job.target_type) == fact.target_type && job.document == fact.document,
            "the job " + fact.name + " is another one");
      const bool cancelled = job.status == JobStatus::Cancelling || job.status == JobStatus::Cancelled;
      check(
          cancelled || !fact.cancelled || fact.delete_asked,
          "lost: the job " + fact.name + " was cancelled and is " + std::string(job_status_text(job.status)));
      check(!cancelled || fact.cancel_asked, "nobody cancelled the job " + fact.name);
      if (fact.cancelled) ++result_.compared;
      compare_changes(found->second, fact);
      // A job that is removed before its tasks were made gets none.
      if (fact.tasks >= 0 && !fact.delete_asked)
        check(job.counters.total() == fact.tasks, "the job " + fact.name + " has " +
                                                      std::to_string(job.counters.total()) +
                                                      " tasks instead of " + std::to_string(fact.tasks));
    }
  }

  void compare_changes(const JobRow& job, const JobFact& fact) {
    check(job.status == JobStatus::Removing || !fact.deleted, "lost: the deletion of the job " + fact.name);
    if (job.status == JobStatus::Removing) return check(fact.delete_asked, "nobody deleted " + fact.name);
    check(job.rerun || !fact.rerun, "lost: the rerun of the job " + fact.name);
    check(!job.rerun || fact.rerun_asked, "nobody reran the job " + fact.name);
    if (!fact.rate.may_be(0))
      check(fact.rate.may_be(job.rate),
            "lost: the last update of the job " + fact.name + ", its rate is " + std::to_string(job.rate));
    // What has ended is not paused any more, and neither is what runs again.
    const bool runs = job.status == JobStatus::Initializing || job.status == JobStatus::Waiting ||
                      job.status == JobStatus::InProgress;
    if (runs && !fact.rerun_asked)
      check(fact.paused.may_be(job.paused),
            "the job " + fact.name + (job.paused ? " is" : " is not") + " paused");
    if (fact.rerun) ++result_.compared;
  }

  // Tasks that are still to be made count as QUEUED.
  void compare_counters() {
    for (const auto& [id, job] : jobs_) {
      TaskCounters counted = job.rows;
      if (job.making) counted[TaskStatus::Queued] += job.counters.total() - job.tasks_made;
      check(counted == job.counters,
            "the counters of " + job.name + " say " + show(job.counters) + ", its rows " + show(counted));
      if (!options_.all_ended) continue;
      const bool ended = is_final(job.status) || job.status == JobStatus::Removing;
      check(ended && job.rows.open() == 0, "the job " + job.name +
                                               " has not ended: " + std::string(job_status_text(job.status)) +
                                               " " + show(job.rows));
    }
  }

  static std::string show(const TaskCounters& counters) {
    std::string out;
    for (size_t status = 1; status <= kTaskStatusCount; ++status)
      out += (status > 1 ? "/" : "") + std::to_string(counters.by_status[status]);
    return out;
  }

  void compare_reports() {
    for (const auto& [code, fact] : facts_.tasks) {
      const auto key = codec_->task_key(code);
      const auto found = key ? tasks_.find(*key) : tasks_.end();
      if (found == tasks_.end() && key && deleted_.contains(key->job.value)) continue;
      if (found == tasks_.end()) {
        problem("lost: the task " + code + " that a device was given");
        continue;
      }
      compare_task(*key, found->second, fact);
    }
  }

  void compare_task(const TaskKey& key, const TaskRow& task, const TaskFact& fact) {
    const auto job = jobs_.find(key.job.value);
    const bool cancelling = job != jobs_.end() && (job->second.status == JobStatus::Cancelling ||
                                                   job->second.status == JobStatus::Cancelled ||
                                                   job->second.status == JobStatus::Removing);
    for (size_t i = 1; i <= kTaskStatusCount; ++i) {
      const auto status = static_cast<TaskStatus>(i);
      const std::string what = place(key) + " (" + std::string(task_status_text(status)) + " reported, now " +
                               std::string(task_status_text(task.status)) + ")";
      if (fact.acknowledged & bit(status)) {
        ++result_.compared;
        // A final report while the job is being cancelled is answered 200 and changes nothing (DESIGN 5.13).
        const bool late = task.late || (cancelling && is_final(status));
        check((task.reached & bit(status)) || late, "lost: the acknowledged report of " + what);
        if (is_final(status))
          check(task.status == status || late || task.rerun, "undone: the acknowledged report of " + what);
      }
      // A PUBACK alone says that the report was taken, not how it was judged.
      if ((fact.puback & bit(status)) && is_final(status)) {
        ++result_.compared;
        check(is_final(task.status) || cancelling || task.rerun, "lost: the report with a PUBACK of " + what);
      }
      if (status != TaskStatus::InProgress && is_final(status) && (task.reached & bit(status)) &&
          (task.last_cause == Cause::Reported) && task.last_to == status)
        check(fact.said & bit(status), "nobody reported " + what);
    }
  }

  // No task may be SUCCEEDED without its device having said so.
  void compare_successes() {
    std::unordered_map<int64_t, std::string> names;
    each("SELECT id, name FROM device", [&](const StoreRow& row) { names[row.number(0)] = row.text(1); });
    std::unordered_map<std::string, uint16_t> said;
    for (const auto& [key, task] : tasks_) {
      if (task.status != TaskStatus::Succeeded) continue;
      const auto job = jobs_.find(key.job.value);
      if (job == jobs_.end()) continue;
      const std::string& device = names[task.device.value];
      bool heard = true;
      switch (job->second.type) {
        case JobType::CustomJob: {
          const auto fact = facts_.tasks.find(codec_->task_code(key));
          heard = fact != facts_.tasks.end() && (fact->second.said & bit(TaskStatus::Succeeded));
          break;
        }
        case JobType::SetProperty:
        case JobType::InvokeService:
          heard = facts_.answered_ok.contains({device, alink_id(key.job, task.attempt)});
          break;
        case JobType::Pub:
          break;  // with QoS 0 written is all there is to know (DESIGN 5.12)
      }
      check(heard, place(key) + " is SUCCEEDED, but " + device + " never said so");
    }
  }

  // What had to be cancelled at the end had a reason not to move: a message of QoS 0 that a crash met
  // (DESIGN 5.12), as many pushes as a task may have (DESIGN 5.11), or a time-out that was not waited for.
  void compare_ends() {
    std::set<int64_t> cancelled;
    for (const std::string& code : facts_.cancelled_at_the_end)
      if (const auto id = codec_->job_id(code)) cancelled.insert(id->value);
    for (const auto& [key, task] : tasks_) {
      if (task.last_cause != Cause::Cancelled || !cancelled.contains(key.job.value)) continue;
      const JobRow& job = jobs_.at(key.job.value);
      const bool command = job.type == JobType::SetProperty || job.type == JobType::InvokeService;
      const bool met_crash = job.type == JobType::Pub && job.qos == MessageQos::Qos0;
      const bool reason =
          task.last_from == TaskStatus::InProgress
              ? command
              : task.last_from == TaskStatus::Sent && (met_crash || task.pushes >= limits::kPushesPerTaskMax);
      check(reason, place(key) + " stayed " + std::string(task_status_text(task.last_from)) + " after " +
                        std::to_string(task.pushes) + " pushes");
    }
  }

  StoreCopy& copy_;
  const Facts& facts_;
  const AuditOptions options_;
  AuditResult result_;
  std::optional<IdCodec> codec_;
  std::set<int64_t> deleted_;  // somebody asked for it
  std::unordered_map<int64_t, JobRow> jobs_;
  std::unordered_map<TaskKey, TaskRow> tasks_;
};

}  // namespace

AuditResult audit_store(const std::string& store, const std::string& copy, const Facts& facts,
                        const AuditOptions& options) {
  StoreCopy opened(store, copy);
  return Audit(opened, facts, options).run();
}

}  // namespace rollcall::testing
