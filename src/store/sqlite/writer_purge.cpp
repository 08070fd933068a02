#include <vector>

#include "store/sqlite/writer.hpp"

namespace rollcall::store {

PurgeWriter::PurgeWriter(Connection& c, Ledger& ledger)
    : connection_(c),
      ledger_(ledger),
      oldest_(c, "purge_oldest",
              "SELECT id FROM job WHERE deleted_ms <> 0 AND purged < 2 AND deleted_ms <= ?1 "
              "ORDER BY deleted_ms, id LIMIT 1"),
      begin_(c, "purge_begin", "UPDATE job SET purged = 1 WHERE id = ?1 AND purged = 0"),
      keep_positions_(c, "purge_keep_positions",
                      "INSERT INTO id_counter SELECT 'history', coalesce(max(position), 0) FROM history "
                      "WHERE true ON CONFLICT DO UPDATE SET next = max(next, excluded.next)"),
      tasks_(c, "purge_tasks",
             "SELECT sequence, device, last_event FROM task WHERE job = ?1 ORDER BY sequence LIMIT ?2"),
      drop_event_(c, "purge_event", "DELETE FROM history WHERE position = ?1 RETURNING previous"),
      drop_tell_(c, "purge_tell", "DELETE FROM tell WHERE device = ?1 AND job = ?2 AND sequence = ?3"),
      drop_tasks_(c, "purge_drop_tasks", "DELETE FROM task WHERE job = ?1 AND sequence <= ?2"),
      drop_aliases_(c, "purge_aliases", "DELETE FROM task_alias WHERE job = ?1 AND sequence <= ?2"),
      drop_details_(c, "purge_details", "DELETE FROM task_detail WHERE job = ?1 AND sequence <= ?2"),
      drop_spec_(c, "purge_spec", "DELETE FROM job_spec WHERE job = ?1"),
      drop_counter_(c, "purge_counter", "DELETE FROM job_counter WHERE job = ?1"),
      drop_unfit_(c, "purge_unfit", "DELETE FROM job_unfit_product WHERE job = ?1"),
      end_(c, "purge_end", "UPDATE job SET purged = 2, description = '' WHERE id = ?1") {}

PurgeResult PurgeWriter::purge(const PurgeJobs& purge) {
  PurgeResult result;
  if (!connection_.ok()) return result;
  {
    Query query = oldest_.run(purge.deleted_until);
    if (!query.step()) return result;
    query >> result.job;
  }
  begin_.execute(result.job);
  keep_positions_.execute();
  result.tasks = purge_tasks(result.job, purge.tasks_max);
  if (result.tasks == static_cast<int64_t>(purge.tasks_max)) return result;
  drop_spec_.execute(result.job);
  drop_counter_.execute(result.job);
  drop_unfit_.execute(result.job);
  ledger_.forget_blocks(result.job);
  end_.execute(result.job);
  return result;
}

// The number of tasks that are gone now; fewer than asked for: no task is left.
int64_t PurgeWriter::purge_tasks(JobId job, size_t tasks_max) {
  struct Row {
    int64_t sequence = 0;
    DeviceId device;
    int64_t last_event = 0;
  };
  std::vector<Row> rows;
  {
    Query query = tasks_.run(job, tasks_max);
    while (query.step()) {
      Row& row = rows.emplace_back();
      query >> row.sequence >> row.device >> row.last_event;
    }
  }
  for (const Row& row : rows) {
    forget_history(row.last_event);
    drop_tell_.execute(row.device, job, row.sequence);
  }
  if (rows.empty()) return 0;
  drop_details_.execute(job, rows.back().sequence);
  drop_aliases_.execute(job, rows.back().sequence);
  drop_tasks_.execute(job, rows.back().sequence);
  return static_cast<int64_t>(rows.size());
}

// Along the chain, from a task's last row back to its first (ADR 0009).
void PurgeWriter::forget_history(int64_t last_event) {
  for (int64_t position = last_event; position > 0;) {
    std::optional<int64_t> step;
    Query query = drop_event_.run(position);
    if (!query.step()) return;
    query >> step;
    query.step();
    if (!step) return;
    position -= *step;
  }
}

}  // namespace rollcall::store
