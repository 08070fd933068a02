#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "base/canary.hpp"
#include "store/sqlite/progress.hpp"
#include "store/sqlite/writer.hpp"

namespace rollcall::store {
namespace {

// All that a change sets whatever it is about; then the status and `open`, which indexes hold and which are
// therefore written only when they change; then the condition. The + keeps the planner on the primary key.
#define CHANGE_REST \
  "UPDATE task SET attempt = ?5, progress = ?6, flags = ?7, pushes = ?8, queued_ms = ?9, modified_ms = ?10"
#define CHANGE_WHERE " WHERE job = ?1 AND sequence = ?2 AND +status = ?3 AND attempt = ?4"

#define SWEEP_WHERE \
  "WHERE job = ?1 AND sequence >= ?2 AND sequence < ?3 AND (?4 >> status) & 1 AND flags & ?5 = 0"

uint8_t flags_after(const TaskChange& change) {
  const uint8_t flags = change.task.flags;
  if (!change.detail) return flags;
  const bool empty = *change.detail == TaskDetail{};
  return static_cast<uint8_t>(empty ? flags & ~kTaskHasDetail : flags | kTaskHasDetail);
}

bool leaves_history(const TaskChange& change) {
  return change.task.status != change.from_status || change.task.attempt != change.from_attempt ||
         change.record_history;
}

HistoryEntry entry_of(const TaskChange& change) {
  const Task& task = change.task;
  HistoryEntry entry;
  entry.key = task.key;
  entry.device = task.device;
  entry.attempt = task.attempt;
  entry.from = change.from_status;
  entry.to = task.status;
  entry.cause = change.cause;
  entry.at = task.modified_at;
  entry.progress = task.progress;
  const TaskDetail& detail = change.detail ? *change.detail : change.note;
  entry.message = detail.message;
  entry.status_details = detail.status_details;
  return entry;
}

}  // namespace

TaskWriter::TaskWriter(Connection& c, JobTimes& times, Ledger& ledger)
    : connection_(c),
      times_(times),
      ledger_(ledger),
      insert_(c, "task_insert", "INSERT INTO task VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"),
      change_open_(c, "task_change_open",
                   CHANGE_REST ", last_event = ?11, status = ?12, open = ?13" CHANGE_WHERE),
      change_status_(c, "task_change_status", CHANGE_REST ", last_event = ?11, status = ?12" CHANGE_WHERE),
      change_noted_(c, "task_change_noted", CHANGE_REST ", last_event = ?11" CHANGE_WHERE),
      change_rest_(c, "task_change_rest", CHANGE_REST CHANGE_WHERE),
      epoch_(c, "job_epoch", "SELECT epoch FROM job WHERE id = ?1"),
      put_detail_(c, "task_detail_put", "INSERT OR REPLACE INTO task_detail VALUES(?1, ?2, ?3, ?4)"),
      delete_detail_(c, "task_detail_delete", "DELETE FROM task_detail WHERE job = ?1 AND sequence = ?2"),
      add_time_out_(c, "time_out_add", "INSERT OR IGNORE INTO time_out VALUES(?1, ?2, ?3, ?4)"),
      due_(c, "time_out_due",
           "SELECT deadline_ms, job, sequence, attempt FROM time_out WHERE deadline_ms <= ?1 "
           "ORDER BY deadline_ms, job, sequence, attempt"),
      delete_time_out_(
          c, "time_out_delete",
          "DELETE FROM time_out WHERE deadline_ms = ?1 AND job = ?2 AND sequence = ?3 AND attempt = ?4"),
      sweep_rows_(
          c, "sweep_rows",
          "SELECT sequence, device, status, attempt, progress, flags, last_event FROM task " SWEEP_WHERE),
      sweep_(c, "sweep",
             "UPDATE task SET status = ?6, open = ?7, modified_ms = ?8 - queued_ms, "
             "last_event = ?9 + sequence " SWEEP_WHERE),
      sweep_again_(
          c, "sweep_again",
          "UPDATE task SET status = ?6, open = ?7, modified_ms = ?8 - queued_ms, attempt = attempt + 1, "
          "progress = NULL, flags = 0, pushes = 0, last_event = ?9 + sequence " SWEEP_WHERE),
      add_tell_(c, "tell_add", "INSERT OR REPLACE INTO tell VALUES(?1, ?2, ?3, ?4, ?5)"),
      delete_tell_(c, "tell_delete", "DELETE FROM tell WHERE device = ?1 AND job = ?2 AND sequence = ?3"),
      open_of_device_(
          c, "open_of_device",
          "SELECT t.job, t.sequence, t.status, t.attempt, t.progress, t.last_event, j.status, j.sweep "
          "FROM task t INDEXED BY task_open JOIN job j ON j.id = t.job "
          "WHERE t.device = ?1 AND t.open = 1 ORDER BY t.job"),
      end_(c, "task_end",
           "UPDATE task SET status = ?3, open = 0, modified_ms = ?4 - queued_ms, last_event = ?5 "
           "WHERE job = ?1 AND sequence = ?2") {}

#undef SWEEP_WHERE
#undef CHANGE_REST
#undef CHANGE_WHERE

void TaskWriter::insert(const Task& task, int64_t job_created_ms, int64_t last_event) {
  insert_.execute(task.key.job, task.key.sequence, task.device, task.status, is_open(task.status),
                  task.attempt, pack_progress(task), task.flags, task.pushes,
                  task.queued_at.value - job_created_ms, task.modified_at - task.queued_at, last_event);
  ledger_.made(task.key, task.status);
}

void TaskWriter::insert_unfit(Task task, int64_t job_created_ms, std::string_view reason) {
  task.status = TaskStatus::Failed;
  task.flags |= kTaskHasDetail | kTaskUnfit;
  insert(task, job_created_ms, ledger_.next_position());
  put_detail_.execute(task.key.job, task.key.sequence, reason, std::string_view());
  TaskCounters& moved = ledger_.moved(task.key.job);
  --moved[TaskStatus::Queued];
  ++moved[TaskStatus::Failed];
  HistoryEntry entry;
  entry.key = task.key;
  entry.device = task.device;
  entry.from = TaskStatus::Queued;
  entry.to = TaskStatus::Failed;
  entry.cause = Cause::Unfit;
  entry.at = task.modified_at;
  entry.message = reason;
  ledger_.add_history(entry);
}

void TaskWriter::change_all(const std::vector<TaskChange>& changes, CommitResult& result) {
  // In key order, because neighbours share pages; two changes of one task keep their order.
  order_.resize(changes.size());
  std::iota(order_.begin(), order_.end(), 0u);
  const auto before = [&](uint32_t a, uint32_t b) { return changes[a].task.key < changes[b].task.key; };
  if (!std::is_sorted(order_.begin(), order_.end(), before)) {
    std::stable_sort(order_.begin(), order_.end(), before);
  }
  JobId job;
  int64_t created_ms = 0;
  int32_t epoch = 0;
  for (const uint32_t index : order_) {
    const TaskChange& one = changes[index];
    if (job != one.task.key.job) {
      job = one.task.key.job;
      created_ms = times_.created_ms(job);
      epoch = epoch_of(job);
    }
    const bool decided_on_it = one.job_epoch < 0 || one.job_epoch == epoch;
    if (!decided_on_it || !change(one, created_ms)) result.missed_tasks.push_back(index);
    if (!connection_.ok()) return;
  }
  std::sort(result.missed_tasks.begin(), result.missed_tasks.end());
}

int32_t TaskWriter::epoch_of(JobId job) {
  int32_t epoch = 0;
  Query query = epoch_.run(job);
  if (query.step()) query >> epoch;
  return epoch;
}

bool TaskWriter::change(const TaskChange& change, int64_t job_created_ms) {
  const Task& task = change.task;
  const bool moves = task.status != change.from_status;
  // The history row comes first, because it takes the position of its predecessor from the task's row.
  const bool remembered = leaves_history(change);
  const int64_t position = ledger_.next_position();
  if (remembered) ledger_.add_history_of_row(entry_of(change));
  const auto run = [&](Statement& statement, auto... rest) {
    return statement.execute(task.key.job, task.key.sequence, change.from_status, change.from_attempt,
                             task.attempt, pack_progress(task), flags_after(change), task.pushes,
                             task.queued_at.value - job_created_ms, task.modified_at - task.queued_at,
                             rest...);
  };
  int hits = 0;
  if (!moves) {
    hits = remembered ? run(change_noted_, position) : run(change_rest_);
  } else if (is_open(task.status) == is_open(change.from_status)) {
    hits = run(change_status_, position, task.status);
  } else {
    hits = run(change_open_, position, task.status, is_open(task.status));
  }
  if (hits == 0 && !canary(Canary::CountRequested)) {
    if (remembered) ledger_.drop_last_history();
    return false;
  }

  if (moves) ledger_.move(task.key, change.from_status, task.status);
  if (change.detail) put_detail(task.key, *change.detail);
  if (change.time_out_at) {
    add_time_out_.execute(*change.time_out_at, task.key.job, task.key.sequence, task.attempt);
  }
  return true;
}

void TaskWriter::put_detail(const TaskKey& key, const TaskDetail& detail) {
  if (detail == TaskDetail{}) {
    delete_detail_.execute(key.job, key.sequence);
  } else {
    put_detail_.execute(key.job, key.sequence, detail.message, detail.status_details);
  }
}

void TaskWriter::sweep(const SweepTasks& sweep, int64_t end_sequence, int64_t job_created_ms,
                       SweepResult& result) {
  const auto statuses = static_cast<int64_t>(sweep.statuses);
  const bool again = sweep.to == TaskStatus::Queued;
  // A row of the history lies as far behind this as its task's sequence says, so that one statement can tell
  // all rows where theirs is; rows that are not taken leave gaps.
  const int64_t base = ledger_.next_position() - sweep.first_sequence;
  std::vector<TaskKey> details;  // to be forgotten
  {
    Query query = sweep_rows_.run(sweep.job, sweep.first_sequence, end_sequence, statuses, sweep.without);
    while (query.step()) {
      SweptTask& swept = result.swept.emplace_back();
      swept.key.job = sweep.job;
      std::optional<int64_t> progress;
      uint8_t flags = 0;
      HistoryEntry entry;
      query >> swept.key.sequence >> swept.device >> swept.from >> swept.attempt >> progress >> flags >>
          entry.previous;
      if (again) {
        ++swept.attempt;
        progress.reset();
        if (flags & kTaskHasDetail) details.push_back(swept.key);
      }
      if (sweep.tell && swept.from != TaskStatus::Queued) {
        add_tell_.execute(swept.device, swept.key.job, swept.key.sequence, swept.attempt,
                          sweep.cause == Cause::Removed);
      }
      ledger_.move(swept.key, swept.from, sweep.to);
      entry.key = swept.key;
      entry.device = swept.device;
      entry.attempt = swept.attempt;
      entry.from = swept.from;
      entry.to = sweep.to;
      entry.cause = sweep.cause;
      entry.at = sweep.now;
      entry.progress = unpack_progress(progress);
      ledger_.go_on_at(base + swept.key.sequence);
      ledger_.add_history(entry);
    }
  }
  if (result.swept.empty()) return;
  for (const TaskKey& key : details) delete_detail_.execute(key.job, key.sequence);
  Statement& update = again ? sweep_again_ : sweep_;
  update.execute(sweep.job, sweep.first_sequence, end_sequence, statuses, sweep.without, sweep.to,
                 is_open(sweep.to), sweep.now.value - job_created_ms, base);
}

void TaskWriter::forget_tells(const std::vector<Tell>& tells) {
  for (const Tell& tell : tells) delete_tell_.execute(tell.device, tell.key.job, tell.key.sequence);
}

void TaskWriter::end_all_of(const DeviceChange& deleted, CommitResult& result) {
  std::vector<HistoryEntry> ends;
  {
    Query query = open_of_device_.run(deleted.id);
    while (query.step()) {
      HistoryEntry& end = ends.emplace_back();
      std::optional<int64_t> progress;
      Job job;
      query >> end.key.job >> end.key.sequence >> end.from >> end.attempt >> progress >> end.previous >>
          job.status >> job.sweep;
      end.device = deleted.id;
      end.progress = unpack_progress(progress);
      end.at = deleted.now;
      // A sweep that had not come so far yet decides first: what a task is seen as does not change by this.
      const TaskStatus seen = effective_status(job, end.from);
      end.to = is_final(seen) ? seen : TaskStatus::Cancelled;
      const bool removing = job.status == JobStatus::Removing;
      end.cause = seen == TaskStatus::TimedOut    ? Cause::Expired
                  : seen == TaskStatus::Cancelled ? (removing ? Cause::Removed : Cause::Cancelled)
                                                  : Cause::DeviceDeleted;
    }
  }
  for (const HistoryEntry& end : ends) {
    end_.execute(end.key.job, end.key.sequence, end.to, deleted.now.value - times_.created_ms(end.key.job),
                 ledger_.next_position());
    ledger_.move(end.key, end.from, end.to);
    ledger_.add_history(end);
    result.ended.emplace_back(end.key, end.to);
  }
}

void TaskWriter::forget_time_outs(WallMs until, const std::vector<TaskKey>& keys) {
  if (keys.empty()) return;
  // The keys are those that due_time_outs gave, so they stand at the head of the list; the search ends with
  // the last one.
  std::unordered_set<TaskKey> left(keys.begin(), keys.end());
  const std::unordered_set<TaskKey> all = left;
  std::vector<DueTimeOut> found;
  {
    Query query = due_.run(until);
    while (!left.empty() && query.step()) {
      DueTimeOut due;
      query >> due.deadline >> due.key.job >> due.key.sequence >> due.attempt;
      if (!all.contains(due.key)) continue;
      left.erase(due.key);
      found.push_back(due);
    }
  }
  for (const DueTimeOut& due : found) {
    delete_time_out_.execute(due.deadline, due.key.job, due.key.sequence, due.attempt);
  }
}

}  // namespace rollcall::store
