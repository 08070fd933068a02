#include <algorithm>

#include "store/sqlite/writer.hpp"

namespace rollcall::store {
namespace {

using UnfitProducts = std::vector<std::pair<ProductId, std::string>>;

const std::string* unfit_reason(const UnfitProducts* unfit, ProductId product) {
  if (unfit == nullptr) return nullptr;
  for (const auto& [id, reason] : *unfit) {
    if (id == product) return &reason;
  }
  return nullptr;
}

}  // namespace

JobWriter::JobWriter(Connection& c, JobTimes& times, Ledger& ledger, TaskWriter& tasks)
    : connection_(c),
      times_(times),
      ledger_(ledger),
      tasks_(tasks),
      insert_job_(
          c, "job_insert",
          "INSERT INTO job(id, instance, status, sweep, sweep_cursor, tasks_made, epoch, paused, created_ms, "
          "modified_ms, started_ms, maximum_per_minute, maximum_per_minute_given, qos, "
          "in_progress_timeout_minutes, description) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"),
      insert_counter_(c, "counters_insert",
                      "INSERT INTO job_counter VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
      insert_spec_(
          c, "job_spec_insert",
          "INSERT INTO job_spec(job, type, target_type, target_product, target_group, target_snapshot, "
          "offline_policy, sync_service, scheduled_ms, lifetime_ms, name, target_product_key, "
          "target_group_code, document, wire_params) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"),
      insert_unfit_(c, "job_unfit_insert", "INSERT INTO job_unfit_product VALUES(?1, ?2, ?3, ?4)"),
      change_(c, "job_change",
              "UPDATE job SET status = ?3, sweep = ?4, sweep_cursor = ?5, tasks_made = ?6, epoch = ?7, "
              "paused = ?8, "
              "modified_ms = ?9, started_ms = ?10, deleted_ms = ?11 WHERE id = ?1 AND epoch = ?2 AND "
              "deleted_ms = 0 AND sweep_cursor = ?12 AND tasks_made = ?13"),
      change_settings_(c, "job_change_settings",
                       "UPDATE job SET maximum_per_minute = ?2, maximum_per_minute_given = ?3, qos = ?4, "
                       "in_progress_timeout_minutes = ?5, description = ?6 WHERE id = ?1"),
      phase_(c, "job_phase",
             "SELECT epoch, tasks_made, sweep_cursor FROM job WHERE id = ?1 AND deleted_ms = 0"),
      counted_(c, "job_counted",
               "SELECT queued + sent + in_progress + succeeded + failed + rejected + timed_out + cancelled "
               "FROM job_counter WHERE job = ?1"),
      made_(c, "job_made", "UPDATE job SET tasks_made = ?2, sweep_cursor = ?3 WHERE id = ?1"),
      swept_(c, "job_swept", "UPDATE job SET sweep_cursor = ?2 WHERE id = ?1"),
      group_members_(c, "group_members",
                     "SELECT join_number, device, product FROM group_member WHERE device_group = ?1 "
                     "AND join_number > ?2 AND join_number <= ?3 AND (left_number = 0 OR left_number > ?3) "
                     "ORDER BY join_number LIMIT ?4"),
      product_members_(c, "product_members",
                       "SELECT id, id, product FROM device INDEXED BY device_product WHERE product = ?1 "
                       "AND id > ?2 AND id <= ?3 AND deleted_ms = 0 ORDER BY id LIMIT ?4") {}

void JobWriter::create(const NewJob& created) {
  if (!connection_.ok()) return;
  const Job& job = created.job;
  const bool listed = !created.targets.empty();
  const int64_t tasks_made = listed ? static_cast<int64_t>(created.targets.size()) : job.tasks_made;
  insert_job_.execute(job.id, job.instance, job.status, job.sweep, job.sweep_cursor, tasks_made, job.epoch,
                      job.paused, job.created_at, job.modified_at, job.started_at,
                      job.settings.maximum_per_minute, job.settings.maximum_per_minute_given,
                      job.settings.qos, job.settings.in_progress_timeout_minutes, job.settings.description);
  auto n = job.counters.by_status;
  if (listed) {
    n = {};
    n[static_cast<size_t>(TaskStatus::Queued)] = tasks_made;
  }
  insert_counter_.execute(job.id, n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]);
  const JobSpec& spec = job.spec;
  insert_spec_.execute(job.id, spec.type, spec.target_type, spec.target_product, spec.target_group,
                       spec.target_snapshot, spec.offline_policy, spec.sync_service, spec.scheduled_at,
                       spec.lifetime_ms, spec.name, spec.target_product_key, spec.target_group_code,
                       spec.document, spec.wire_params);
  int32_t position = 0;
  for (const auto& [product, reason] : spec.unfit_products) {
    insert_unfit_.execute(job.id, position++, product, reason);
  }
  if (listed) make_targets(created);
}

void JobWriter::make_targets(const NewJob& created) {
  const Job& job = created.job;
  Task task;
  task.key.job = job.id;
  task.queued_at = task.modified_at = job.created_at;
  for (const DeviceId device : created.targets) {
    task.device = device;
    tasks_.insert(task, job.created_at.value);
    ++task.key.sequence;
  }
}

bool JobWriter::change(const JobChange& change) {
  const int hits = change_.execute(
      change.id, change.from_epoch, change.status, change.sweep, change.sweep_cursor, change.tasks_made,
      change.epoch, change.paused, change.modified_at, change.started_at,
      change.deleted ? change.modified_at : WallMs{}, change.from_sweep_cursor, change.from_tasks_made);
  if (hits == 0) return false;
  if (change.settings) {
    const JobSettings& settings = *change.settings;
    change_settings_.execute(change.id, settings.maximum_per_minute, settings.maximum_per_minute_given,
                             settings.qos, settings.in_progress_timeout_minutes, settings.description);
  }
  return true;
}

bool JobWriter::phase(JobId job, int32_t& epoch, int64_t& tasks_made, int64_t& cursor) {
  Query query = phase_.run(job);
  if (!query.step()) return false;
  query >> epoch >> tasks_made >> cursor;
  return true;
}

// The counters hold rows and, as QUEUED, what is still to be made; of that nothing will come any more. Taken
// from the stored sum, so that a chunk which is asked for again after a crash takes nothing away twice.
void JobWriter::drop_missing(const MakeTasks& make, int64_t tasks_made) {
  int64_t counted = 0;
  Query query = counted_.run(make.job);
  if (query.step()) query >> counted;
  counted += ledger_.moved(make.job).total();  // by this transaction, not stored yet
  const int64_t missing = std::min(counted, make.expected_total) - tasks_made;
  if (missing > 0) ledger_.moved(make.job)[TaskStatus::Queued] -= missing;
}

MakeResult JobWriter::make(const MakeTasks& make) {
  MakeResult result;
  result.job = make.job;
  result.last_member = make.after;
  int32_t epoch = 0;
  int64_t tasks_made = 0;
  int64_t cursor = 0;
  // The number of rows is compared too: a chunk that was already made is not made twice.
  if (!phase(make.job, epoch, tasks_made, cursor) || epoch != make.from_epoch ||
      tasks_made != make.first_sequence) {
    return result;
  }
  result.hit = true;
  const int64_t created_ms = times_.created_ms(make.job);
  Task task;
  task.key.job = make.job;
  task.key.sequence = make.first_sequence;
  task.queued_at = task.modified_at = make.now;
  const auto rows_max = static_cast<int64_t>(make.rows_max);
  const bool of_group = make.target_type == TargetType::Group;
  // One row more than wanted tells whether a member is left.
  Query members = of_group ? group_members_.run(make.group, make.after, make.snapshot, rows_max + 1)
                           : product_members_.run(make.product, make.after, make.snapshot, rows_max + 1);
  result.exhausted = true;
  while (members.step()) {
    if (result.rows_made == rows_max) {
      result.exhausted = false;
      break;
    }
    ProductId product;
    members >> result.last_member >> task.device >> product;
    if (const std::string* reason = unfit_reason(make.unfit, product); reason != nullptr) {
      tasks_.insert_unfit(task, created_ms, *reason);
      ++result.rows_failed;
    } else {
      tasks_.insert(task, created_ms);
    }
    ++result.rows_made;
    ++task.key.sequence;
  }
  tasks_made += result.rows_made;
  if (result.rows_made > 0) made_.execute(make.job, tasks_made, result.last_member);
  if (result.exhausted && tasks_made < make.expected_total) drop_missing(make, tasks_made);
  return result;
}

SweepResult JobWriter::sweep(const SweepTasks& sweep) {
  SweepResult result;
  result.job = sweep.job;
  result.next_sequence = sweep.first_sequence;
  int32_t epoch = 0;
  int64_t tasks_made = 0;
  int64_t cursor = 0;
  // The place is compared too: rows that somebody swept already may have moved on and match again.
  if (!phase(sweep.job, epoch, tasks_made, cursor) || epoch != sweep.from_epoch ||
      cursor != sweep.first_sequence)
    return result;
  result.hit = true;
  const int64_t wanted = sweep.first_sequence + static_cast<int64_t>(sweep.rows_max);
  const int64_t end = std::max(sweep.first_sequence, std::min(wanted, tasks_made));
  tasks_.sweep(sweep, end, times_.created_ms(sweep.job), result);
  result.next_sequence = end;
  result.exhausted = end >= tasks_made;
  swept_.execute(sweep.job, end);
  return result;
}

}  // namespace rollcall::store
