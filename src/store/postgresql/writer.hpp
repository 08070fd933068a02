// Turns a ChangeSet into the statements of one transaction, all sent before the first answer is read. What
// follows from rows that were hit (history, counters, details) follows inside the same statement, so that no
// round trip is spent on asking which they were. Its parts: fleets (writer_fleet.cpp), jobs (writer_job.cpp),
// tasks (writer_task.cpp), the end of all (writer_purge.cpp). Used by this folder. Thread: the connection's.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "store/postgresql/steps.hpp"
#include "store/rows.hpp"

namespace rollcall::store::postgresql {

// First number of the rows that statements about tasks answer with (reply_sql.hpp).
enum class ReplyKind : uint8_t {
  Missed = 1,    // place in the set, from 1
  Counters = 2,  // job, queued ... cancelled
  Swept = 3,     // sequence, device, from, attempt
  Phase = 4,     // next sequence, tasks made
  Made = 5,      // rows made, last member, rows failed, exhausted
  Ended = 6,     // job, sequence, status
};

// Adds the steps of `changes`, which stays alive until the last answer was read into `result`. BEGIN, the
// lock, the mark and COMMIT are not among them; the lock is held already when they run.
void write(const ChangeSet& changes, Steps& steps, CommitResult& result);
// After the last answer.
void settle(CommitResult& result);

// The parts, in the order of write().
void agree(const ChangeSet& changes, Steps& steps);
void write_fleet(const ChangeSet& changes, Steps& steps, CommitResult& result);
void write_jobs(const ChangeSet& changes, Steps& steps, CommitResult& result);
void write_tasks(const ChangeSet& changes, Steps& steps, CommitResult& result);
void write_listing(const ChangeSet& changes, Steps& steps);
// Ends memberships: those that are stored, or those made by the same change set before they end.
void leave_groups(const std::vector<MemberLeaves>& leaving, bool made_now, Steps& steps);
void purge_members(const PurgeMembers& purge, Steps& steps, CommitResult& result);
void write_presence(const std::vector<Presence>& presence, Steps& steps);
void write_task_aliases(const std::vector<TaskAlias>& aliases, Steps& steps);
void write_last_values(const ChangeSet& changes, Steps& steps);
void forget_time_outs(WallMs until, const std::vector<TaskKey>& keys, Steps& steps);
void purge_jobs(const PurgeJobs& purge, Steps& steps, CommitResult& result);

// What a deleted device's row says; 0 would be alive.
inline WallMs deletion_time(const DeviceChange& change) { return std::max(change.now, WallMs{1}); }

// The counters a row of kind Counters tells; a later row about the same job replaces an earlier one.
void take_counters(const ReplyRow& row, CommitResult& result);

// A statement sees each row as it was before it, so several changes of one row go in as many statements:
// indexes in key order, cut into runs without two of one key, each key's own changes in their order.
template <class Key>
std::vector<std::vector<uint32_t>> runs_by_key(size_t count, Key key) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  const auto before = [&](uint32_t a, uint32_t b) { return key(a) < key(b); };
  if (!std::is_sorted(order.begin(), order.end(), before))
    std::stable_sort(order.begin(), order.end(), before);
  std::vector<std::vector<uint32_t>> runs;
  size_t nth = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    nth = i > 0 && !before(order[i - 1], order[i]) ? nth + 1 : 0;
    if (nth == runs.size()) runs.emplace_back();
    runs[nth].push_back(order[i]);
  }
  return runs;
}

// For the answers of a run: place in the run, from 1, to index in the change set.
inline std::function<void(const ReplyRow&)> missed_into(std::vector<uint32_t>& missed,
                                                        std::vector<uint32_t> run) {
  return [&missed, run = std::move(run)](const ReplyRow& row) {
    missed.push_back(run[static_cast<size_t>(row.integer(0)) - 1]);
  };
}

}  // namespace rollcall::store::postgresql
