#include "store/sqlite/writer.hpp"

#include <algorithm>

namespace rollcall::store {
Ledger::Ledger(Connection& c)
    : connection_(c),
      last_position_(c, "history_last",
                     "SELECT max(coalesce((SELECT max(position) FROM history), 0), "
                     "coalesce((SELECT next FROM id_counter WHERE kind = 'history'), 0))"),
      insert_history_(c, "history_insert",
                      "INSERT INTO history VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?1 - nullif(?12, 0))"),
      insert_history_of_row_(
          c, "history_insert_of_row",
          "INSERT INTO history VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,"
          "?1 - nullif((SELECT last_event FROM task WHERE job = ?2 AND sequence = ?3), 0))"),
      drop_history_(c, "history_drop", "DELETE FROM history WHERE position = ?1"),
      add_counters_(
          c, "counters_add",
          "UPDATE job_counter SET queued = queued + ?2, sent = sent + ?3, in_progress = in_progress + ?4, "
          "succeeded = succeeded + ?5, failed = failed + ?6, rejected = rejected + ?7, "
          "timed_out = timed_out + ?8, cancelled = cancelled + ?9 WHERE job = ?1 "
          "RETURNING queued, sent, in_progress, succeeded, failed, rejected, timed_out, cancelled"),
      blocks_(c) {}

void Ledger::begin() {
  moved_.clear();
  blocks_.begin();
  last_ = nullptr;
  {  // Asked each time: another process may have written since.
    Query query = last_position_.run();
    if (query.step()) query >> next_position_;
    ++next_position_;
  }
  first_position_ = next_position_;
}

template <class... Rest>
void Ledger::insert(Statement& statement, const HistoryEntry& entry, const Rest&... rest) {
  std::optional<int32_t> progress;
  if (entry.progress >= 0) progress = entry.progress;
  std::optional<std::string_view> detail;
  // statusDetails are JSON, which holds no U+001E: the last one in the text is ours.
  const bool marked = !entry.status_details.empty() || entry.message.find(kDetailMark) != std::string::npos;
  if (marked) {
    detail_.assign(entry.message).append(1, kDetailMark).append(entry.status_details);
    detail = detail_;
  } else if (!entry.message.empty()) {
    detail = entry.message;
  }
  statement.execute(next_position_++, entry.key.job, entry.key.sequence, entry.device, entry.attempt,
                    entry.from, entry.to, entry.cause, entry.at, progress, detail, rest...);
}

void Ledger::add_history(const HistoryEntry& entry) { insert(insert_history_, entry, entry.previous); }

void Ledger::add_history_of_row(const HistoryEntry& entry) { insert(insert_history_of_row_, entry); }

void Ledger::drop_last_history() { drop_history_.execute(--next_position_); }

TaskCounters& Ledger::moved(JobId job) {
  if (last_ == nullptr || last_job_ != job) {
    last_ = &moved_[job];
    last_job_ = job;
  }
  return *last_;
}

void Ledger::move(const TaskKey& key, TaskStatus from, TaskStatus to) {
  TaskCounters& counters = moved(key.job);
  --counters[from];
  ++counters[to];
  blocks_.moved(key, from, to);
}

void Ledger::flush_counters(CommitResult& result) {
  blocks_.flush();
  for (const auto& [job, by] : moved_) {
    if (by == TaskCounters{}) continue;
    const auto& n = by.by_status;
    Query query = add_counters_.run(job, n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]);
    if (!query.step()) {
      connection_.record_refusal("counters_add: no counters of job " + std::to_string(job.value));
      return;
    }
    auto& now = result.counters.emplace_back(job, TaskCounters{});
    for (size_t status = 1; status <= kTaskStatusCount; ++status) query >> now.second.by_status[status];
    query.step();
  }
}

Writer::Writer(Connection& c, JobTimes& times)
    : connection_(c),
      times_(times),
      begin_(c, "begin", "BEGIN IMMEDIATE"),
      commit_(c, "commit", "COMMIT"),
      roll_back_(c, "roll_back", "ROLLBACK"),
      bury_(c, "bury",
            "INSERT INTO id_counter VALUES('lost_commit', 1) ON CONFLICT DO UPDATE SET next = next + 1"),
      ledger_(c),
      tasks_(c, times, ledger_),
      jobs_(c, times, ledger_, tasks_),
      purge_(c, ledger_),
      fleet_(c),
      listing_(c),
      access_(c),
      offline_(c) {}

Result<CommitResult> Writer::commit(const ChangeSet& changes) {
  CommitResult result;
  begin_.execute();
  if (connection_.ok()) write(changes, result);
  const bool committing = connection_.ok();
  if (committing) commit_.execute();
  if (connection_.ok()) return result;

  Error error = connection_.take_error();
  ledger_.roll_back();
  times_.forget();
  // SQLite has already rolled back by itself after some failures (a full disk).
  if (connection_.in_transaction()) {
    roll_back_.execute();
    if (!connection_.ok()) error.detail += "; " + connection_.take_error().detail;
  }
  if (committing) bury();
  return fail(std::move(error));
}

// A commit whose last step fails, the sync, may stand complete in the log behind the last good one, and a
// start after a crash would take it for done. A small commit written over its head ends that. When this fails
// too the disk is gone, and whether the lost commit happened is known only at the next start.
void Writer::bury() {
  begin_.execute();
  bury_.execute();
  if (connection_.ok()) commit_.execute();
  if (connection_.ok()) return;
  connection_.take_error();
  if (connection_.in_transaction()) roll_back_.execute();
  if (!connection_.ok()) connection_.take_error();
}

void Writer::write(const ChangeSet& changes, CommitResult& result) {
  ledger_.begin();
  if (changes.agreements) fleet_.agree(changes);
  listing_.leave(changes.leaving, false);
  fleet_.write(changes, result);
  listing_.write(changes);
  access_.write(changes);
  for (const NewJob& job : changes.new_jobs) jobs_.create(job);
  for (size_t i = 0; i < changes.jobs.size(); ++i) {
    if (!jobs_.change(changes.jobs[i])) result.missed_jobs.push_back(static_cast<uint32_t>(i));
  }
  result.made.reserve(changes.make_tasks.size());
  for (const MakeTasks& make : changes.make_tasks) result.made.push_back(jobs_.make(make));
  result.swept.reserve(changes.sweep_tasks.size());
  for (const SweepTasks& sweep : changes.sweep_tasks) result.swept.push_back(jobs_.sweep(sweep));
  tasks_.change_all(changes.tasks, result);
  tasks_.forget_tells(changes.tells_done);
  for (size_t i = 0; i < changes.devices.size(); ++i) {
    const auto& missed = result.missed_devices;
    if (changes.devices[i].deleted && std::find(missed.begin(), missed.end(), i) == missed.end())
      tasks_.end_all_of(changes.devices[i], result);
  }
  fleet_.write_presence(changes.presence);
  fleet_.write_last_values(changes);
  offline_.write(changes, result);
  if (changes.purge_members) listing_.purge(*changes.purge_members, result);
  if (changes.time_outs_done_until) {
    tasks_.forget_time_outs(*changes.time_outs_done_until, changes.time_outs_done);
  }
  ledger_.flush_counters(result);
  if (changes.purge) result.purged = purge_.purge(*changes.purge);
}

}  // namespace rollcall::store
