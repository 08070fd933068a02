#include <limits>
#include <map>

#include "base/limits.hpp"
#include "store/postgresql/queries.hpp"

namespace rollcall::store::postgresql {
namespace {

// The phase, the settings, the counters and the specification but for its document.
#define JOB_COLUMNS                                                                                      \
  "j.id, j.instance, j.status, j.sweep, j.sweep_cursor, j.tasks_made, j.epoch, j.paused, j.created_ms, " \
  "j.modified_ms, j.started_ms, j.maximum_per_minute, j.maximum_per_minute_given, j.qos, "               \
  "j.in_progress_timeout_minutes, j.description, "                                                       \
  "c.queued, c.sent, c.in_progress, c.succeeded, c.failed, c.rejected, c.timed_out, c.cancelled, "       \
  "s.type, s.target_type, s.target_product, s.target_group, s.target_snapshot, s.offline_policy, "       \
  "s.sync_service, s.scheduled_ms, s.lifetime_ms, s.name, s.target_product_key, s.target_group_code"
#define JOB_DOCUMENT ", s.document, s.wire_params"
#define JOB_PARTS " JOIN job_counter c ON c.job = j.id JOIN job_spec s ON s.job = j.id "
#define UNFIT "SELECT u.job, u.product, u.reason FROM "
#define UNFIT_OF " JOIN job_unfit_product u ON u.job = j.id "
#define UNFIT_ORDER " ORDER BY u.job, u.position"
#define UNFINISHED "WHERE j.status NOT IN (4, 6, 8) AND j.deleted_ms = 0 "

constexpr SqlText kJobs{"jobs",
                        "SELECT " JOB_COLUMNS JOB_DOCUMENT
                        " FROM unnest($1::bigint[]) WITH ORDINALITY AS i(id, n) JOIN job j ON j.id = i.id "
                        "AND j.deleted_ms = 0" JOB_PARTS "ORDER BY i.n"};
constexpr SqlText kUnfitOfJobs{"jobs_unfit",
                               UNFIT "job_unfit_product u WHERE u.job = ANY($1::bigint[])" UNFIT_ORDER};
constexpr SqlText kUnfinished{
    "unfinished_jobs", "SELECT " JOB_COLUMNS JOB_DOCUMENT " FROM job j" JOB_PARTS UNFINISHED "ORDER BY j.id"};
constexpr SqlText kUnfitOfUnfinished{"unfinished_unfit", UNFIT "job j" UNFIT_OF UNFINISHED UNFIT_ORDER};

constexpr SqlText kMarks{
    "job_marks",
    "SELECT j.id, j.epoch, j.sweep_cursor, j.tasks_made, c.queued, c.sent, c.in_progress, c.succeeded, "
    "c.failed, c.rejected, c.timed_out, c.cancelled FROM job j JOIN job_counter c ON c.job = j.id " UNFINISHED
    "AND j.id > $1::bigint ORDER BY j.id LIMIT $2::bigint"};

#define PAGE(condition)                                                         \
  "(SELECT * FROM job WHERE instance = $1::bigint AND deleted_ms = 0" condition \
  " ORDER BY id DESC "                                                          \
  "LIMIT $2::bigint OFFSET $3::bigint) j"
#define OF_STATUS " AND status = $4::smallint"
constexpr SqlText kPage{"jobs_newest",
                        "SELECT " JOB_COLUMNS " FROM " PAGE("") JOB_PARTS "ORDER BY j.id DESC"};
constexpr SqlText kPageOfStatus{
    "jobs_newest_of_status", "SELECT " JOB_COLUMNS " FROM " PAGE(OF_STATUS) JOB_PARTS "ORDER BY j.id DESC"};
constexpr SqlText kUnfitOfPage{"jobs_newest_unfit", UNFIT PAGE("") UNFIT_OF UNFIT_ORDER};
constexpr SqlText kUnfitOfPageOfStatus{"jobs_newest_of_status_unfit",
                                       UNFIT PAGE(OF_STATUS) UNFIT_OF UNFIT_ORDER};
constexpr SqlText kCount{"job_count",
                         "SELECT count(*) FROM job WHERE instance = $1::bigint AND deleted_ms = 0"};
constexpr SqlText kCountOfStatus{"job_count_of_status",
                                 "SELECT count(*) FROM job WHERE instance = $1::bigint "
                                 "AND status = $2::smallint AND deleted_ms = 0"};

#define TASK_COLUMNS                                                                               \
  "t.job, t.sequence, t.device, t.status, t.attempt, t.progress, t.flags, t.pushes, t.queued_ms, " \
  "t.modified_ms, t.noted, t.noted_ms"
// What people know a device by, of a deleted one as well.
#define LABELS ", d.name, p.key, d.foreign_iot_id"
#define LABELLED " LEFT JOIN device d ON d.id = t.device LEFT JOIN product p ON p.id = d.product "

constexpr SqlText kTargets{
    "job_targets", "SELECT device FROM task WHERE job = $1::bigint ORDER BY sequence LIMIT $2::bigint"};
constexpr SqlText kTasks{"tasks",
                         "SELECT " TASK_COLUMNS
                         " FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS i(job, sequence, n) "
                         "JOIN task t ON t.job = i.job AND t.sequence = i.sequence ORDER BY i.n"};
constexpr SqlText kDetails{
    "task_details",
    "SELECT d.message, d.status_details FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY "
    "AS i(job, sequence, n) LEFT JOIN task_detail d ON d.job = i.job AND d.sequence = i.sequence "
    "ORDER BY i.n"};
constexpr SqlText kTasksOfJob{"tasks_of_job",
                              "SELECT " TASK_COLUMNS LABELS
                              " FROM (SELECT * FROM task WHERE job = $1::bigint AND sequence > $2::bigint "
                              "ORDER BY sequence LIMIT $3::bigint) t" LABELLED "ORDER BY t.sequence"};
// The index has each status in queue order; a page of each holds the page of all.
constexpr SqlText kTasksOfJobAndStatus{
    "tasks_of_job_and_status",
    "SELECT " TASK_COLUMNS LABELS
    " FROM (SELECT t.* FROM (SELECT DISTINCT unnest($4::smallint[]) AS status) i, "
    "LATERAL (SELECT * FROM task WHERE job = $1::bigint AND status = i.status AND sequence > $2::bigint "
    "ORDER BY sequence LIMIT $3::bigint) t ORDER BY t.sequence LIMIT $3) t" LABELLED "ORDER BY t.sequence"};
constexpr SqlText kTasksOfDevice{
    "tasks_of_device",
    "SELECT " TASK_COLUMNS LABELS
    " FROM (SELECT * FROM task WHERE device = $1::bigint AND job < $2::bigint "
    "AND (cardinality($4::smallint[]) = 0 OR status = ANY($4)) "
    "AND NOT EXISTS (SELECT FROM job WHERE id = task.job AND purged <> 0) ORDER BY job DESC, sequence DESC "
    "LIMIT $3::bigint) t" LABELLED "ORDER BY t.job DESC, t.sequence DESC"};
constexpr SqlText kQueued{"queued_tasks", "SELECT " TASK_COLUMNS
                                          " FROM task t WHERE t.job = $1::bigint AND t.status = 1 "
                                          "AND t.sequence > $2::bigint ORDER BY t.sequence LIMIT $3::bigint"};
constexpr SqlText kOpen{"open_tasks",
                        "SELECT " TASK_COLUMNS
                        " FROM unnest($1::bigint[]) WITH ORDINALITY AS i(device, n), "
                        "LATERAL (SELECT * FROM task WHERE device = i.device AND status < 4 "
                        "ORDER BY job, sequence LIMIT $2::bigint) t ORDER BY i.n, t.job, t.sequence"};
constexpr SqlText kTells{"tells",
                         "SELECT t.device, t.job, t.sequence, t.attempt, t.removed "
                         "FROM unnest($1::bigint[]) WITH ORDINALITY AS i(device, n), "
                         "LATERAL (SELECT * FROM tell WHERE device = i.device ORDER BY job, sequence "
                         "LIMIT $2::bigint) t ORDER BY i.n, t.job, t.sequence"};
#define HISTORY_COLUMNS                                                                            \
  "h.position, h.job, h.task, h.device, h.attempt, h.from_status, h.to_status, h.cause, h.at_ms, " \
  "h.progress, h.message, h.status_details"
constexpr SqlText kHistory{"history", "SELECT " HISTORY_COLUMNS
                                      " FROM history h WHERE h.position > $1::bigint ORDER BY h.position "
                                      "LIMIT $2::bigint"};
constexpr SqlText kTaskHistory{
    "task_history",
    "SELECT " HISTORY_COLUMNS
    " FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS i(job, task, n), "
    "LATERAL (SELECT * FROM history WHERE job = i.job AND task = i.task "
    "AND position > CASE i.n WHEN 1 THEN $3::bigint ELSE 0 END ORDER BY position LIMIT $4::bigint) h "
    "ORDER BY i.n, h.position LIMIT $4"};
constexpr SqlText kInstanceOfJob{"job_instance",
                                 "SELECT instance FROM job WHERE id = $1::bigint AND purged = 0"};

template <class... Values>
Parameters parameters(Values&&... values) {
  Parameters all;
  (all << ... << std::forward<Values>(values));
  return all;
}

int64_t number(size_t limit) { return static_cast<int64_t>(limit); }

Job read_job(Columns& columns) {
  Job job;
  columns >> job.id >> job.instance >> job.status >> job.sweep >> job.sweep_cursor >> job.tasks_made >>
      job.epoch >> job.paused >> job.created_at >> job.modified_at >> job.started_at;
  JobSettings& settings = job.settings;
  columns >> settings.maximum_per_minute >> settings.maximum_per_minute_given >> settings.qos >>
      settings.in_progress_timeout_minutes >> settings.description;
  for (size_t status = 1; status <= kTaskStatusCount; ++status) columns >> job.counters.by_status[status];
  JobSpec& spec = job.spec;
  columns >> spec.type >> spec.target_type >> spec.target_product >> spec.target_group >>
      spec.target_snapshot >> spec.offline_policy >> spec.sync_service >> spec.scheduled_at >>
      spec.lifetime_ms >> spec.name >> spec.target_product_key >> spec.target_group_code;
  return job;
}

Task read_task(Columns& columns) {
  Task task;
  std::optional<int32_t> progress;
  columns >> task.key.job >> task.key.sequence >> task.device >> task.status >> task.attempt >> progress >>
      task.flags >> task.pushes >> task.queued_at >> task.modified_at >> task.noted >> task.noted_at;
  task.progress = progress.value_or(-1);
  return task;
}

// Answers of a statement about jobs and, behind it, of the one about their unfit products.
struct JobRows {
  std::vector<Job> jobs;
  std::multimap<JobId, std::pair<ProductId, std::string>> unfit;

  std::function<void(const ReplyRow&)> take_job(bool with_document) {
    return [this, with_document](const ReplyRow& row) {
      Columns columns(row);
      Job& job = jobs.emplace_back(read_job(columns));
      if (with_document) columns >> job.spec.document >> job.spec.wire_params;
    };
  }
  std::function<void(const ReplyRow&)> take_unfit() {
    return [this](const ReplyRow& row) {
      JobId job;
      std::pair<ProductId, std::string> one;
      Columns(row) >> job >> one.first >> one.second;
      unfit.emplace(job, std::move(one));
    };
  }
  std::vector<Job> all() {
    for (Job& job : jobs) {
      const auto [from, to] = unfit.equal_range(job.id);
      for (auto at = from; at != to; ++at) job.spec.unfit_products.push_back(at->second);
    }
    return std::move(jobs);
  }
};

std::function<void(const ReplyRow&)> into(std::vector<Task>& tasks) {
  return [&tasks](const ReplyRow& row) {
    Columns columns(row);
    tasks.push_back(read_task(columns));
  };
}

std::function<void(const ReplyRow&)> into(std::vector<TaskView>& views) {
  return [&views](const ReplyRow& row) {
    Columns columns(row);
    TaskView& view = views.emplace_back();
    view.task = read_task(columns);
    columns >> view.device_name >> view.product_key >> view.foreign_iot_id;
  };
}

std::function<void(const ReplyRow&)> into(std::vector<HistoryRow>& rows) {
  return [&rows](const ReplyRow& row) {
    HistoryRow& one = rows.emplace_back();
    std::optional<int32_t> progress;
    Columns(row) >> one.position >> one.key.job >> one.key.sequence >> one.device >> one.attempt >>
        one.from >> one.to >> one.cause >> one.at >> progress >> one.detail.message >>
        one.detail.status_details;
    one.progress = progress.value_or(-1);
  };
}

std::pair<Column<JobId>, Column<int64_t>> columns_of(std::span<const TaskKey> keys) {
  std::pair<Column<JobId>, Column<int64_t>> columns;
  columns.first.reserve(keys.size());
  columns.second.reserve(keys.size());
  for (const TaskKey& key : keys) {
    columns.first.add(key.job);
    columns.second.add(key.sequence);
  }
  return columns;
}

}  // namespace

Result<std::vector<Job>> JobQueries::jobs(std::span<const JobId> ids) {
  if (ids.empty()) return std::vector<Job>{};
  JobRows rows;
  Steps steps;
  steps.push_back({&kJobs, parameters(column(ids)), rows.take_job(true)});
  steps.push_back({&kUnfitOfJobs, parameters(column(ids)), rows.take_unfit()});
  ROLLCALL_TRY_STATUS(link_.run(steps));
  return rows.all();
}

Result<std::vector<JobMark>> JobQueries::job_marks(JobId after, size_t limit) {
  std::vector<JobMark> rows;
  return run_one(link_, rows, kMarks, parameters(after, number(limit)), [&](const ReplyRow& row) {
    JobMark& mark = rows.emplace_back();
    Columns columns(row);
    columns >> mark.id >> mark.epoch >> mark.sweep_cursor >> mark.tasks_made;
    for (size_t status = 1; status <= kTaskStatusCount; ++status) columns >> mark.counters.by_status[status];
  });
}

Result<std::vector<Job>> JobQueries::unfinished_jobs() {
  JobRows rows;
  Steps steps;
  steps.push_back({&kUnfinished, {}, rows.take_job(true)});
  steps.push_back({&kUnfitOfUnfinished, {}, rows.take_unfit()});
  ROLLCALL_TRY_STATUS(link_.run_in_snapshot(std::move(steps)));
  return rows.all();
}

Result<Reader::JobPage> JobQueries::list_jobs(InstanceId instance, std::optional<JobStatus> status,
                                              int64_t offset, size_t limit) {
  JobRows rows;
  Reader::JobPage page;
  Parameters of_page = parameters(instance, number(limit), offset);
  Parameters of_count = parameters(instance);
  if (status) {
    of_page << *status;
    of_count << *status;
  }
  Steps steps;
  steps.push_back({status ? &kPageOfStatus : &kPage, of_page, rows.take_job(false)});
  steps.push_back({status ? &kUnfitOfPageOfStatus : &kUnfitOfPage, of_page, rows.take_unfit()});
  steps.push_back({status ? &kCountOfStatus : &kCount, of_count,
                   [&](const ReplyRow& row) { page.total = row.integer(0); }});
  ROLLCALL_TRY_STATUS(link_.run_in_snapshot(std::move(steps)));
  page.jobs = rows.all();
  return page;
}

Result<std::vector<DeviceId>> JobQueries::job_targets(JobId job) {
  // A DEVICE_LIST job has its tasks from its creation on, in the order of its targets: they are the list.
  std::vector<DeviceId> rows;
  return run_one(link_, rows, kTargets, parameters(job, number(limits::kTargetDevicesMax)),
                 [&](const ReplyRow& row) { Columns(row) >> rows.emplace_back(); });
}

Result<std::vector<Task>> JobQueries::tasks(std::span<const TaskKey> keys) {
  std::vector<Task> rows;
  if (keys.empty()) return rows;
  auto [jobs, sequences] = columns_of(keys);
  return run_one(link_, rows, kTasks, parameters(std::move(jobs), std::move(sequences)), into(rows));
}

Result<std::vector<TaskDetail>> JobQueries::task_details(std::span<const TaskKey> keys) {
  std::vector<TaskDetail> rows;
  if (keys.empty()) return rows;
  auto [jobs, sequences] = columns_of(keys);
  return run_one(link_, rows, kDetails, parameters(std::move(jobs), std::move(sequences)),
                 [&](const ReplyRow& row) {
                   TaskDetail& detail = rows.emplace_back();
                   Columns(row) >> detail.message >> detail.status_details;
                 });
}

Result<std::vector<TaskView>> JobQueries::list_tasks_of_job(JobId job, std::span<const TaskStatus> statuses,
                                                            int64_t after_sequence, size_t limit) {
  std::vector<TaskView> rows;
  Parameters values = parameters(job, after_sequence, number(limit));
  if (statuses.empty()) return run_one(link_, rows, kTasksOfJob, std::move(values), into(rows));
  values << column(statuses);
  return run_one(link_, rows, kTasksOfJobAndStatus, std::move(values), into(rows));
}

Result<std::vector<TaskView>> JobQueries::list_tasks_of_device(DeviceId device,
                                                               std::span<const TaskStatus> statuses,
                                                               JobId before_job, size_t limit) {
  constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();
  std::vector<TaskView> rows;
  return run_one(link_, rows, kTasksOfDevice,
                 parameters(device, before_job ? before_job.value : kEnd, number(limit), column(statuses)),
                 into(rows));
}

Result<std::vector<HistoryRow>> JobQueries::history(int64_t after_position, size_t limit) {
  std::vector<HistoryRow> rows;
  return run_one(link_, rows, kHistory, parameters(after_position, number(limit)), into(rows));
}

Result<std::vector<HistoryRow>> JobQueries::task_history(std::span<const TaskKey> keys,
                                                         int64_t after_position, size_t limit) {
  std::vector<HistoryRow> rows;
  if (keys.empty()) return rows;
  auto [jobs, sequences] = columns_of(keys);
  return run_one(link_, rows, kTaskHistory,
                 parameters(std::move(jobs), std::move(sequences), after_position, number(limit)),
                 into(rows));
}

Result<std::optional<InstanceId>> JobQueries::instance_of_job(JobId job) {
  std::optional<InstanceId> instance;
  return run_one(link_, instance, kInstanceOfJob, parameters(job),
                 [&](const ReplyRow& row) { Columns(row) >> instance; });
}

Result<std::vector<Task>> JobQueries::open_tasks(std::span<const DeviceId> devices, size_t limit_each) {
  std::vector<Task> rows;
  if (devices.empty()) return rows;
  return run_one(link_, rows, kOpen, parameters(column(devices), number(limit_each)), into(rows));
}

Result<std::vector<Task>> JobQueries::queued_tasks(JobId job, int64_t after_sequence, size_t limit) {
  std::vector<Task> rows;
  return run_one(link_, rows, kQueued, parameters(job, after_sequence, number(limit)), into(rows));
}

Result<std::vector<Tell>> JobQueries::tells(std::span<const DeviceId> devices, size_t limit_each) {
  std::vector<Tell> rows;
  if (devices.empty()) return rows;
  return run_one(
      link_, rows, kTells, parameters(column(devices), number(limit_each)), [&](const ReplyRow& row) {
        Tell& tell = rows.emplace_back();
        Columns(row) >> tell.device >> tell.key.job >> tell.key.sequence >> tell.attempt >> tell.removed;
      });
}

}  // namespace rollcall::store::postgresql
