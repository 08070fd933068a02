#include "store/postgresql/writer.hpp"

#include "store/postgresql/access.hpp"
#include "store/postgresql/offline_messages.hpp"

namespace rollcall::store::postgresql {

void write(const ChangeSet& changes, Steps& steps, CommitResult& result) {
  if (changes.agreements) agree(changes, steps);
  leave_groups(changes.leaving, false, steps);
  write_fleet(changes, steps, result);
  write_listing(changes, steps);
  write_access(changes, steps);
  write_jobs(changes, steps, result);
  write_tasks(changes, steps, result);
  write_presence(changes.presence, steps);
  write_last_values(changes, steps);
  write_task_aliases(changes.task_aliases, steps);
  write_offline_messages(changes, steps, result);
  if (changes.purge_members) purge_members(*changes.purge_members, steps, result);
  if (changes.time_outs_done_until)
    forget_time_outs(*changes.time_outs_done_until, changes.time_outs_done, steps);
  if (changes.purge) purge_jobs(*changes.purge, steps, result);
}

void settle(CommitResult& result) {
  std::sort(result.missed_tasks.begin(), result.missed_tasks.end());
  std::sort(result.missed_jobs.begin(), result.missed_jobs.end());
  std::sort(result.missed_devices.begin(), result.missed_devices.end());
}

void take_counters(const ReplyRow& row, CommitResult& result) {
  const JobId job{row.integer(1)};
  auto& all = result.counters;
  auto at = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == job; });
  if (at == all.end()) at = all.insert(all.end(), {job, TaskCounters{}});
  for (size_t status = 1; status <= kTaskStatusCount; ++status)
    at->second.by_status[status] = row.integer(static_cast<int>(status) + 1);
}

}  // namespace rollcall::store::postgresql
