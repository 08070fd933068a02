#include <algorithm>
#include <limits>

#include "base/limits.hpp"
#include "store/sqlite/progress.hpp"
#include "store/sqlite/queries.hpp"

namespace rollcall::store {
namespace {

// The phase, the settings, the counters and the specification but for its document.
#define JOB_COLUMNS                                                                                      \
  "j.id, j.instance, j.status, j.sweep, j.sweep_cursor, j.tasks_made, j.epoch, j.paused, j.created_ms, " \
  "j.modified_ms, j.started_ms, j.maximum_per_minute, j.maximum_per_minute_given, j.qos, "               \
  "j.in_progress_timeout_minutes, j.description, "                                                       \
  "c.queued, c.sent, c.in_progress, c.succeeded, c.failed, c.rejected, c.timed_out, c.cancelled, "       \
  "s.type, s.target_type, s.target_product, s.target_group, s.target_snapshot, s.offline_policy, "       \
  "s.sync_service, s.scheduled_ms, s.lifetime_ms, s.name, s.target_product_key, s.target_group_code"
#define JOB_TABLES " FROM job j JOIN job_counter c ON c.job = j.id JOIN job_spec s ON s.job = j.id "
#define HISTORY_COLUMNS \
  "position, job, task, device, attempt, from_status, to_status, cause, at_ms, progress, detail"
#define TASK_COLUMNS "job, sequence, device, status, attempt, progress, flags, pushes, queued_ms, modified_ms"

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

bool contains(std::span<const TaskStatus> statuses, TaskStatus status) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

}  // namespace

JobTimes::JobTimes(Connection& connection)
    : find_(connection, "job_created", "SELECT created_ms FROM job WHERE id = ?1") {}

int64_t JobTimes::created_ms(JobId job) {
  constexpr size_t kJobsMax = 4096;
  const auto found = times_.find(job);
  if (found != times_.end()) return found->second;
  Query query = find_.run(job);
  if (!query.step()) return 0;
  int64_t created = 0;
  query >> created;
  if (times_.size() >= kJobsMax) times_.clear();
  return times_[job] = created;
}

JobQueries::JobQueries(Connection& c)
    : connection_(c),
      times_(c),
      job_(c, "job", "SELECT " JOB_COLUMNS JOB_TABLES "WHERE j.id = ?1 AND j.deleted_ms = 0"),
      document_(c, "job_document", "SELECT document, wire_params FROM job_spec WHERE job = ?1"),
      unfit_(c, "job_unfit_products",
             "SELECT product, reason FROM job_unfit_product WHERE job = ?1 ORDER BY position"),
      jobs_newest_(c, "jobs_newest",
                   "SELECT " JOB_COLUMNS JOB_TABLES
                   "WHERE j.instance = ?1 AND j.deleted_ms = 0 ORDER BY j.id DESC LIMIT ?2 OFFSET ?3"),
      jobs_newest_of_status_(c, "jobs_newest_of_status",
                             "SELECT " JOB_COLUMNS JOB_TABLES
                             "WHERE j.instance = ?1 AND j.status = ?4 AND j.deleted_ms = 0 "
                             "ORDER BY j.id DESC LIMIT ?2 OFFSET ?3"),
      job_count_(c, "job_count", "SELECT count(*) FROM job WHERE instance = ?1 AND deleted_ms = 0"),
      job_count_of_status_(c, "job_count_of_status",
                           "SELECT count(*) FROM job WHERE instance = ?1 AND status = ?2 AND deleted_ms = 0"),
      unfinished_jobs_(c, "unfinished_jobs",
                       "SELECT " JOB_COLUMNS JOB_TABLES
                       "WHERE j.status NOT IN (4, 6, 8) AND j.deleted_ms = 0 ORDER BY j.id"),
      job_marks_(c, "job_marks",
                 "SELECT j.id, j.epoch, j.sweep_cursor, j.tasks_made, c.queued, c.sent, c.in_progress, "
                 "c.succeeded, c.failed, c.rejected, c.timed_out, c.cancelled "
                 "FROM job j JOIN job_counter c ON c.job = j.id WHERE j.id > ?1 "
                 "AND j.status NOT IN (4, 6, 8) AND j.deleted_ms = 0 ORDER BY j.id LIMIT ?2"),
      targets_(c, "job_targets", "SELECT device FROM task WHERE job = ?1 ORDER BY sequence LIMIT ?2"),
      task_(c, "task", "SELECT " TASK_COLUMNS " FROM task WHERE job = ?1 AND sequence = ?2"),
      task_detail_(c, "task_detail",
                   "SELECT message, status_details FROM task_detail WHERE job = ?1 AND sequence = ?2"),
      tasks_of_job_(c, "tasks_of_job",
                    "SELECT " TASK_COLUMNS
                    " FROM task WHERE job = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3"),
      // Blocks of blocks, of these the blocks, of these the tasks (migration 8).
      tasks_of_job_and_statuses_(
          c, "tasks_of_job_and_statuses",
          "SELECT t.job, t.sequence, t.device, t.status, t.attempt, t.progress, t.flags, t.pushes, "
          "t.queued_ms, t.modified_ms FROM task_block u CROSS JOIN task_block b CROSS JOIN task t "
          "WHERE u.job = ?1 AND u.level = 1 AND u.block >= ?2 >> 14 "
          "AND (u.early & ?5 <> 0 OR u.late & ?6 <> 0) "
          "AND b.job = ?1 AND b.level = 0 AND b.block BETWEEN max(u.block << 7, ?2 >> 7) AND u.block << 7 | "
          "127 "
          "AND (b.early & ?5 <> 0 OR b.late & ?6 <> 0) "
          "AND t.job = ?1 AND t.sequence BETWEEN max(b.block << 7, ?2) AND b.block << 7 | 127 "
          "AND (?4 >> t.status) & 1 ORDER BY u.block, b.block, t.sequence LIMIT ?3"),
      tasks_of_device_(c, "tasks_of_device",
                       "SELECT " TASK_COLUMNS
                       " FROM task INDEXED BY task_device WHERE device = ?1 AND job < ?2 "
                       "AND NOT EXISTS (SELECT 1 FROM job WHERE id = task.job AND purged <> 0) "
                       "ORDER BY job DESC"),
      device_label_(c, "device_label",
                    "SELECT d.name, p.key, d.foreign_iot_id FROM device d JOIN product p ON p.id = d.product "
                    "WHERE d.id = ?1"),
      open_tasks_(c, "open_tasks",
                  "SELECT " TASK_COLUMNS
                  " FROM task INDEXED BY task_open WHERE device = ?1 AND open = 1 "
                  "ORDER BY job, sequence LIMIT ?2"),
      history_(c, "history",
               "SELECT " HISTORY_COLUMNS " FROM history WHERE position > ?1 ORDER BY position LIMIT ?2"),
      history_row_(c, "history_row", "SELECT " HISTORY_COLUMNS " FROM history WHERE position = ?1"),
      last_event_(c, "last_event", "SELECT last_event FROM task WHERE job = ?1 AND sequence = ?2"),
      previous_event_(c, "previous_event",
                      "SELECT position - previous FROM history WHERE position = ?1 AND previous IS NOT NULL"),
      job_instance_(c, "job_instance", "SELECT instance FROM job WHERE id = ?1 AND purged = 0"),
      due_time_outs_(c, "due_time_outs",
                     "SELECT deadline_ms, job, sequence, attempt FROM time_out WHERE deadline_ms <= ?1 "
                     "ORDER BY deadline_ms, job, sequence, attempt LIMIT ?2"),
      earliest_time_out_(c, "earliest_time_out", "SELECT min(deadline_ms) FROM time_out"),
      earliest_deletion_(c, "earliest_deletion",
                         "SELECT min(deleted_ms) FROM job WHERE deleted_ms <> 0 AND purged < 2"),
      ended_jobs_(c, "ended_jobs",
                  "SELECT id FROM job WHERE status IN (4, 6, 8) AND deleted_ms = 0 AND modified_ms <= ?1 "
                  "ORDER BY modified_ms LIMIT ?2"),
      earliest_end_(c, "earliest_end",
                    "SELECT min(modified_ms) FROM job WHERE status IN (4, 6, 8) AND deleted_ms = 0"),
      tells_(c, "tells",
             "SELECT device, job, sequence, attempt, removed FROM tell WHERE device = ?1 "
             "ORDER BY job, sequence LIMIT ?2") {}

Job JobQueries::read_job(Query& query) {
  Job job;
  query >> job.id >> job.instance >> job.status >> job.sweep >> job.sweep_cursor >> job.tasks_made >>
      job.epoch >> job.paused >> job.created_at >> job.modified_at >> job.started_at;
  JobSettings& settings = job.settings;
  query >> settings.maximum_per_minute >> settings.maximum_per_minute_given >> settings.qos >>
      settings.in_progress_timeout_minutes >> settings.description;
  for (size_t status = 1; status <= kTaskStatusCount; ++status) query >> job.counters.by_status[status];
  JobSpec& spec = job.spec;
  query >> spec.type >> spec.target_type >> spec.target_product >> spec.target_group >>
      spec.target_snapshot >> spec.offline_policy >> spec.sync_service >> spec.scheduled_at >>
      spec.lifetime_ms >> spec.name >> spec.target_product_key >> spec.target_group_code;
  return job;
}

void JobQueries::read_unfit_products(Job& job) {
  Query query = unfit_.run(job.id);
  while (query.step()) {
    auto& unfit = job.spec.unfit_products.emplace_back();
    query >> unfit.first >> unfit.second;
  }
}

Result<std::vector<Job>> JobQueries::jobs(std::span<const JobId> ids) {
  Snapshot snapshot(connection_);
  std::vector<Job> rows;
  rows.reserve(ids.size());
  for (const JobId id : ids) {
    Query query = job_.run(id);
    if (!query.step()) continue;
    Job& job = rows.emplace_back(read_job(query));
    Query document = document_.run(id);
    if (document.step()) document >> job.spec.document >> job.spec.wire_params;
    read_unfit_products(job);
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<JobMark>> JobQueries::job_marks(JobId after, size_t limit) {
  std::vector<JobMark> rows;
  Query query = job_marks_.run(after, limit);
  while (query.step()) {
    JobMark& mark = rows.emplace_back();
    query >> mark.id >> mark.epoch >> mark.sweep_cursor >> mark.tasks_made;
    for (size_t status = 1; status <= kTaskStatusCount; ++status) query >> mark.counters.by_status[status];
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<Job>> JobQueries::unfinished_jobs() {
  Snapshot snapshot(connection_);
  std::vector<Job> rows;
  Query query = unfinished_jobs_.run();
  while (query.step()) {
    Job& job = rows.emplace_back(read_job(query));
    Query document = document_.run(job.id);
    if (document.step()) document >> job.spec.document >> job.spec.wire_params;
    read_unfit_products(job);
  }
  return connection_.finish(std::move(rows));
}

Result<Reader::JobPage> JobQueries::list_jobs(InstanceId instance, std::optional<JobStatus> status,
                                              int64_t offset, size_t limit) {
  Snapshot snapshot(connection_);
  Reader::JobPage page;
  {
    Query query = status ? jobs_newest_of_status_.run(instance, limit, offset, *status)
                         : jobs_newest_.run(instance, limit, offset);
    while (query.step()) read_unfit_products(page.jobs.emplace_back(read_job(query)));
  }
  Query count = status ? job_count_of_status_.run(instance, *status) : job_count_.run(instance);
  if (count.step()) count >> page.total;
  return connection_.finish(std::move(page));
}

Result<std::vector<DeviceId>> JobQueries::job_targets(JobId job) {
  // A DEVICE_LIST job has its tasks from its creation on, in the order of its targets: they are the list.
  std::vector<DeviceId> rows;
  Query query = targets_.run(job, limits::kTargetDevicesMax);
  while (query.step()) query >> rows.emplace_back();
  return connection_.finish(std::move(rows));
}

Task JobQueries::read_task(Query& query) {
  Task task;
  std::optional<int64_t> progress;
  query >> task.key.job >> task.key.sequence >> task.device >> task.status >> task.attempt >> progress >>
      task.flags >> task.pushes >> task.queued_at >> task.modified_at;
  task.queued_at.value += times_.created_ms(task.key.job);
  task.modified_at.value += task.queued_at.value;
  unpack_progress(progress, task);
  return task;
}

Result<std::vector<Task>> JobQueries::tasks(std::span<const TaskKey> keys) {
  Snapshot snapshot(connection_);
  std::vector<Task> rows;
  rows.reserve(keys.size());
  for (const TaskKey& key : keys) {
    Query query = task_.run(key.job, key.sequence);
    if (query.step()) rows.push_back(read_task(query));
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<TaskDetail>> JobQueries::task_details(std::span<const TaskKey> keys) {
  Snapshot snapshot(connection_);
  std::vector<TaskDetail> rows;
  rows.reserve(keys.size());
  for (const TaskKey& key : keys) {
    TaskDetail& row = rows.emplace_back();
    Query query = task_detail_.run(key.job, key.sequence);
    if (query.step()) query >> row.message >> row.status_details;
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<TaskView>> JobQueries::views(std::vector<Task> tasks) {
  std::vector<TaskView> rows;
  rows.reserve(tasks.size());
  for (const Task& task : tasks) {
    TaskView& row = rows.emplace_back();
    row.task = task;
    Query query = device_label_.run(task.device);
    if (query.step()) query >> row.device_name >> row.product_key >> row.foreign_iot_id;
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<TaskView>> JobQueries::list_tasks_of_job(JobId job, std::span<const TaskStatus> statuses,
                                                            int64_t after_sequence, size_t limit) {
  Snapshot snapshot(connection_);
  if (!statuses.empty()) return views(tasks_of_statuses(job, statuses, after_sequence, limit));
  std::vector<Task> tasks;
  Query query = tasks_of_job_.run(job, after_sequence, limit);
  while (query.step()) tasks.push_back(read_task(query));
  return views(std::move(tasks));
}

std::vector<Task> JobQueries::tasks_of_statuses(JobId job, std::span<const TaskStatus> statuses,
                                                int64_t after_sequence, size_t limit) {
  const BlockCounts mask = BlockCounts::mask_of(statuses);
  int64_t wanted = 0;
  for (const TaskStatus status : statuses) wanted |= int64_t{1} << static_cast<int>(status);
  std::vector<Task> tasks;
  const int64_t first = std::max(after_sequence, int64_t{-1}) + 1;
  Query query = tasks_of_job_and_statuses_.run(job, first, limit, wanted, mask.early, mask.late);
  while (query.step()) tasks.push_back(read_task(query));
  return tasks;
}

Result<std::vector<TaskView>> JobQueries::list_tasks_of_device(DeviceId device,
                                                               std::span<const TaskStatus> statuses,
                                                               JobId before_job, size_t limit) {
  Snapshot snapshot(connection_);
  std::vector<Task> tasks;
  Query query = tasks_of_device_.run(device, before_job ? before_job.value : kEnd);
  while (tasks.size() < limit && query.step()) {
    const Task task = read_task(query);
    if (statuses.empty() || contains(statuses, task.status)) tasks.push_back(task);
  }
  return views(std::move(tasks));
}

Result<std::optional<InstanceId>> JobQueries::instance_of_job(JobId job) {
  std::optional<InstanceId> instance;
  Query query = job_instance_.run(job);
  if (query.step()) query >> instance.emplace();
  return connection_.finish(instance);
}

Result<std::vector<Task>> JobQueries::open_tasks(std::span<const DeviceId> devices, size_t limit_each) {
  Snapshot snapshot(connection_);
  std::vector<Task> rows;
  rows.reserve(devices.size());
  for (const DeviceId device : devices) {
    Query query = open_tasks_.run(device, limit_each);
    while (query.step()) rows.push_back(read_task(query));
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<Task>> JobQueries::queued_tasks(JobId job, int64_t after_sequence, size_t limit) {
  Snapshot snapshot(connection_);
  constexpr TaskStatus kQueued[] = {TaskStatus::Queued};
  return connection_.finish(tasks_of_statuses(job, kQueued, after_sequence, limit));
}

Result<std::vector<Tell>> JobQueries::tells(std::span<const DeviceId> devices, size_t limit_each) {
  Snapshot snapshot(connection_);
  std::vector<Tell> rows;
  for (const DeviceId device : devices) {
    Query query = tells_.run(device, limit_each);
    while (query.step()) {
      Tell& row = rows.emplace_back();
      query >> row.device >> row.key.job >> row.key.sequence >> row.attempt >> row.removed;
    }
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<DueTimeOut>> JobQueries::due_time_outs(WallMs until, size_t limit) {
  std::vector<DueTimeOut> rows;
  Query query = due_time_outs_.run(until, limit);
  while (query.step()) {
    DueTimeOut& row = rows.emplace_back();
    query >> row.deadline >> row.key.job >> row.key.sequence >> row.attempt;
  }
  return connection_.finish(std::move(rows));
}

Result<std::optional<WallMs>> JobQueries::earliest_time_out() {
  std::optional<WallMs> earliest;
  Query query = earliest_time_out_.run();
  if (query.step()) query >> earliest;
  return connection_.finish(earliest);
}

Result<std::optional<WallMs>> JobQueries::earliest_deletion() {
  std::optional<WallMs> earliest;
  Query query = earliest_deletion_.run();
  if (query.step()) query >> earliest;
  return connection_.finish(earliest);
}

Result<std::vector<JobId>> JobQueries::ended_jobs(WallMs until, size_t limit) {
  std::vector<JobId> rows;
  Query query = ended_jobs_.run(until, limit);
  while (query.step()) query >> rows.emplace_back();
  return connection_.finish(std::move(rows));
}

Result<std::optional<WallMs>> JobQueries::earliest_end() {
  std::optional<WallMs> earliest;
  Query query = earliest_end_.run();
  if (query.step()) query >> earliest;
  return connection_.finish(earliest);
}

#undef JOB_COLUMNS
#undef JOB_TABLES
#undef HISTORY_COLUMNS
#undef TASK_COLUMNS

}  // namespace rollcall::store
