#include <algorithm>

#include "store/postgresql/reply_sql.hpp"
#include "store/postgresql/writer.hpp"

namespace rollcall::store::postgresql {
namespace {

// The + 0 keeps the planner on the primary key.
constexpr SqlText kChange{
    "task_change",
    "WITH i AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::integer[], $3::smallint[], "
    "$4::integer[], $5::smallint[], $6::integer[], $7::smallint[], $8::smallint[], $9::smallint[], "
    "$10::bigint[], $11::bigint[], $12::smallint[], $13::boolean[], $14::bigint[], $15::bytea[], "
    "$16::bytea[], $17::bytea[], $18::bytea[], $19::smallint[], $20::bigint[], "
    "$21::integer[]) WITH ORDINALITY AS i(job, "
    "sequence, from_status, from_attempt, status, attempt, "
    "progress, flags, pushes, queued_ms, modified_ms, cause, record, time_out_ms, message, "
    "status_details, note_message, note_details, noted, noted_ms, job_epoch, "
    "n)), "
    "hit AS (UPDATE task t SET status = i.status, attempt = i.attempt, progress = i.progress, "
    "flags = i.flags, pushes = i.pushes, queued_ms = i.queued_ms, modified_ms = i.modified_ms, "
    "noted = i.noted, noted_ms = i.noted_ms "
    "FROM i WHERE t.job = i.job AND t.sequence = i.sequence AND t.status + 0 = i.from_status "
    "AND t.attempt = i.from_attempt AND (i.job_epoch < 0 "
    "OR i.job_epoch = (SELECT j.epoch FROM job j WHERE j.id = i.job)) "
    "RETURNING i.n, i.job, i.sequence, t.device, i.from_status, i.from_attempt, i.status, i.attempt, "
    "i.progress, i.modified_ms, i.cause, i.record, i.time_out_ms, i.message, i.status_details, "
    "i.note_message, i.note_details), "
    "written AS (INSERT INTO history(job, task, device, attempt, from_status, to_status, cause, at_ms, "
    "progress, message, status_details) "
    "SELECT job, sequence, device, attempt, from_status, status, cause, modified_ms, progress, "
    "nullif(coalesce(message, note_message), ''), nullif(coalesce(status_details, note_details), '') "
    "FROM hit "
    "WHERE status <> from_status OR attempt <> from_attempt OR record ORDER BY n), "
    "armed AS (INSERT INTO time_out(deadline_ms, job, sequence, attempt) "
    "SELECT time_out_ms, job, sequence, attempt FROM hit WHERE time_out_ms IS NOT NULL "
    "ON CONFLICT DO NOTHING), "
    "put AS (INSERT INTO task_detail(job, sequence, message, status_details) "
    "SELECT job, sequence, message, status_details FROM hit WHERE message <> '' OR status_details <> '' "
    "ON CONFLICT (job, sequence) DO UPDATE SET message = excluded.message, "
    "status_details = excluded.status_details), "
    "emptied AS (DELETE FROM task_detail d USING hit WHERE d.job = hit.job AND d.sequence = hit.sequence "
    "AND hit.message = '' AND hit.status_details = ''), " ROLLCALL_COUNTED(
        "hit") "SELECT 1::smallint, n, " ROLLCALL_NOTHING_8
               " FROM (SELECT n FROM i EXCEPT SELECT n FROM hit) missed "
               "UNION ALL " ROLLCALL_COUNTERS};

// $10: the attempt begins again. Of `old` the rows as they were.
constexpr SqlText kSweep{
    "task_sweep",
    "WITH phase AS (UPDATE job SET sweep_cursor = greatest($3::bigint, least($3 + $4::bigint, tasks_made)) "
    "WHERE id = $1::bigint AND epoch = $2::integer AND deleted_ms = 0 AND sweep_cursor = $3 "
    "RETURNING tasks_made, sweep_cursor), "
    "old AS MATERIALIZED (SELECT t.job, t.sequence, t.device, t.status AS from_status, "
    "t.attempt + CASE WHEN $10::boolean THEN 1 ELSE 0 END AS attempt, "
    "CASE WHEN $10 THEN NULL ELSE t.progress END AS progress, t.flags, $7::smallint AS status "
    "FROM phase p JOIN task t ON t.job = $1 AND t.sequence >= $3 AND t.sequence < p.sweep_cursor "
    "WHERE ($5::integer >> t.status) & 1 = 1 AND t.flags & $6::smallint = 0 ORDER BY t.sequence), "
    "hit AS (UPDATE task t SET status = o.status, attempt = o.attempt, progress = o.progress, "
    "flags = CASE WHEN $10 THEN 0 ELSE t.flags END, pushes = CASE WHEN $10 THEN 0 ELSE t.pushes END, "
    "noted = CASE WHEN $10 THEN NULL ELSE t.noted END, "
    "noted_ms = CASE WHEN $10 THEN NULL ELSE t.noted_ms END, "
    "modified_ms = $9::bigint FROM old o WHERE t.job = $1 AND t.sequence = o.sequence), "
    "written AS (INSERT INTO history(job, task, device, attempt, from_status, to_status, cause, at_ms, "
    "progress) SELECT job, sequence, device, attempt, from_status, status, $8::smallint, $9, progress "
    "FROM old ORDER BY sequence), "
    "emptied AS (DELETE FROM task_detail d USING old o WHERE $10 AND o.flags & 2 <> 0 AND d.job = $1 "
    "AND d.sequence = o.sequence), "
    "told AS (INSERT INTO tell(device, job, sequence, attempt, removed) "
    "SELECT device, job, sequence, attempt, $12::boolean FROM old WHERE $11::boolean AND from_status <> 1 "
    "ON CONFLICT (device, job, sequence) DO UPDATE SET attempt = excluded.attempt, "
    "removed = excluded.removed), " ROLLCALL_COUNTED(
        "old") "SELECT 4::smallint, sweep_cursor, tasks_made, " ROLLCALL_NOTHING_7
               " FROM phase "
               "UNION ALL SELECT 3, sequence, device, from_status, attempt, " ROLLCALL_NOTHING_5
               " FROM old "
               "UNION ALL " ROLLCALL_COUNTERS};

// $3 and $4: what a job's phase makes of an open task, and why (kEnds below).
constexpr SqlText kEnd{
    "task_end",
    "WITH old AS MATERIALIZED (SELECT t.job, t.sequence, t.device, t.attempt, t.progress, g.n, "
    "g.deleted_ms AS at_ms, t.status AS from_status, "
    "($3::smallint[])[j.status * 32 + j.sweep * 4 + t.status] AS status, "
    "($4::smallint[])[j.status * 32 + j.sweep * 4 + t.status] AS cause "
    "FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS g(device, deleted_ms, n) "
    "JOIN device d ON d.id = g.device AND d.deleted_ms = g.deleted_ms "
    "JOIN task t ON t.device = d.id AND t.status < 4 JOIN job j ON j.id = t.job), "
    "hit AS (UPDATE task t SET status = o.status, modified_ms = o.at_ms FROM old o "
    "WHERE t.job = o.job AND t.sequence = o.sequence), "
    "written AS (INSERT INTO history(job, task, device, attempt, from_status, to_status, cause, at_ms, "
    "progress) SELECT job, sequence, device, attempt, from_status, status, cause, at_ms, progress "
    "FROM old ORDER BY n, job, sequence), " ROLLCALL_COUNTED(
        "old") "(SELECT 6::smallint, job, sequence, status::bigint, " ROLLCALL_NOTHING_6
               " FROM old ORDER BY n, job, sequence) "
               "UNION ALL " ROLLCALL_COUNTERS};

constexpr SqlText kForgetTells{
    "tell_delete",
    "DELETE FROM tell t USING unnest($1::bigint[], $2::bigint[], $3::integer[]) AS i(device, job, sequence) "
    "WHERE t.device = i.device AND t.job = i.job AND t.sequence = i.sequence"};

// The keys are those that due_time_outs gave, so they stand at the head of the list, and the search ends with
// the last one: another clock of one of these tasks that comes later in the list was not given and stays. The
// IS TRUE keeps the planner from a join, so that the list is read once and the keys are looked up.
constexpr SqlText kForgetTimeOuts{
    "time_out_delete",
    "WITH wanted AS MATERIALIZED (SELECT DISTINCT * FROM unnest($2::bigint[], $3::integer[]) "
    "AS i(job, sequence)), "
    "found AS MATERIALIZED (SELECT t.deadline_ms, t.job, t.sequence, t.attempt, "
    "row_number() OVER (PARTITION BY t.job, t.sequence ORDER BY t.deadline_ms, t.attempt) AS n "
    "FROM time_out t WHERE t.deadline_ms <= $1::bigint "
    "AND ((t.job, t.sequence) IN (SELECT job, sequence FROM wanted)) IS TRUE), "
    "last AS (SELECT deadline_ms, job, sequence, attempt FROM found WHERE n = 1 "
    "AND (SELECT count(*) FROM found WHERE n = 1) = (SELECT count(*) FROM wanted) "
    "ORDER BY deadline_ms DESC, job DESC, sequence DESC, attempt DESC LIMIT 1) "
    "DELETE FROM time_out t USING found f WHERE t.deadline_ms = f.deadline_ms AND t.job = f.job "
    "AND t.sequence = f.sequence AND t.attempt = f.attempt AND NOT EXISTS (SELECT FROM last "
    "WHERE (f.deadline_ms, f.job, f.sequence, f.attempt) > "
    "(last.deadline_ms, last.job, last.sequence, last.attempt))"};

uint8_t flags_after(const TaskChange& change) {
  const uint8_t flags = change.task.flags;
  if (!change.detail) return flags;
  const bool empty = *change.detail == TaskDetail{};
  return static_cast<uint8_t>(empty ? flags & ~kTaskHasDetail : flags | kTaskHasDetail);
}

int16_t narrow(int32_t value) { return static_cast<int16_t>(value); }
int32_t narrow(int64_t value) { return static_cast<int32_t>(value); }

// What becomes of the open tasks of a deleted device: a sweep that had not come so far yet decides first, so
// that what a task is seen as does not change by this. Indexed by job status * 32 + sweep * 4 + status,
// from 1.
struct Ends {
  Column<TaskStatus> to;
  Column<Cause> cause;
};

Ends make_ends() {
  Ends ends;
  Job job;
  for (int index = 1; index < 9 * 32; ++index) {
    job.status = static_cast<JobStatus>(index / 32);
    job.sweep = static_cast<Sweep>(index / 4 % 8);
    const TaskStatus seen = effective_status(job, static_cast<TaskStatus>(index % 4));
    const bool removing = job.status == JobStatus::Removing;
    ends.to.add(is_final(seen) ? seen : TaskStatus::Cancelled);
    ends.cause.add(seen == TaskStatus::TimedOut    ? Cause::Expired
                   : seen == TaskStatus::Cancelled ? (removing ? Cause::Removed : Cause::Cancelled)
                                                   : Cause::DeviceDeleted);
  }
  return ends;
}

// The rows of a run, column by column. A column that no row of it uses stays empty.
struct ChangeColumns {
  Column<JobId> job;
  Column<int32_t> sequence, from_attempt, attempt, job_epoch;
  Column<TaskStatus> from_status, status;
  Column<int16_t> progress;
  Column<uint8_t> flags, pushes, noted;
  Column<WallMs> queued_at, modified_at, noted_at, time_out_at;
  Column<Cause> cause;
  Column<bool> record;
  BytesColumn message, status_details, note_message, note_details;

  void add(const TaskChange& change, size_t row);
  void add_texts(const TaskDetail& detail, size_t row, BytesColumn& first, BytesColumn& second) {
    first.fill(row);
    first.add(detail.message);
    second.fill(row);
    second.add(detail.status_details);
  }
};

void ChangeColumns::add(const TaskChange& change, size_t row) {
  const Task& task = change.task;
  job.add(task.key.job);
  sequence.add(narrow(task.key.sequence));
  from_status.add(change.from_status);
  from_attempt.add(change.from_attempt);
  job_epoch.add(change.job_epoch);
  status.add(task.status);
  attempt.add(task.attempt);
  task.progress < 0 ? progress.add_null() : progress.add(narrow(task.progress));
  flags.add(flags_after(change));
  pushes.add(task.pushes);
  queued_at.add(task.queued_at);
  modified_at.add(task.modified_at);
  cause.add(change.cause);
  record.add(change.record_history);
  if (change.time_out_at) {
    time_out_at.fill(row);
    time_out_at.add(*change.time_out_at);
  }
  if (task.noted != 0) {
    noted.fill(row);
    noted.add(task.noted);
  }
  if (task.noted_at.value != 0) {
    noted_at.fill(row);
    noted_at.add(task.noted_at);
  }
  if (change.detail)
    add_texts(*change.detail, row, message, status_details);
  else if (change.note != TaskDetail{})
    add_texts(change.note, row, note_message, note_details);
}

void change_tasks(const std::vector<TaskChange>& changes, std::vector<uint32_t> run, Steps& steps,
                  CommitResult& result) {
  ChangeColumns c;
  for (size_t row = 0; row < run.size(); ++row) c.add(changes[run[row]], row);
  Parameters parameters;
  parameters << std::move(c.job) << std::move(c.sequence) << std::move(c.from_status)
             << std::move(c.from_attempt) << std::move(c.status) << std::move(c.attempt)
             << std::move(c.progress) << std::move(c.flags) << std::move(c.pushes) << std::move(c.queued_at)
             << std::move(c.modified_at) << std::move(c.cause) << std::move(c.record)
             << std::move(c.time_out_at) << std::move(c.message) << std::move(c.status_details)
             << std::move(c.note_message) << std::move(c.note_details) << std::move(c.noted)
             << std::move(c.noted_at) << std::move(c.job_epoch);
  steps.push_back({&kChange, std::move(parameters), [&result, run = std::move(run)](const ReplyRow& row) {
                     if (row.as<ReplyKind>(0) == ReplyKind::Counters) return take_counters(row, result);
                     result.missed_tasks.push_back(run[static_cast<size_t>(row.integer(1)) - 1]);
                   }});
}

void sweep_tasks(const SweepTasks& sweep, size_t index, Steps& steps, CommitResult& result) {
  Parameters parameters;
  parameters << sweep.job << sweep.from_epoch << sweep.first_sequence << static_cast<int64_t>(sweep.rows_max)
             << static_cast<int32_t>(sweep.statuses) << sweep.without << sweep.to << sweep.cause << sweep.now
             << (sweep.to == TaskStatus::Queued) << sweep.tell << (sweep.cause == Cause::Removed);
  steps.push_back({&kSweep, std::move(parameters), [&sweep, &result, index](const ReplyRow& row) {
                     SweepResult& swept = result.swept[index];
                     switch (row.as<ReplyKind>(0)) {
                       case ReplyKind::Counters:
                         return take_counters(row, result);
                       case ReplyKind::Phase:
                         swept.hit = true;
                         swept.next_sequence = row.integer(1);
                         swept.exhausted = swept.next_sequence >= row.integer(2);
                         return;
                       default:
                         swept.swept.push_back({{sweep.job, row.integer(1)},
                                                DeviceId{row.integer(2)},
                                                row.as<TaskStatus>(3),
                                                static_cast<int32_t>(row.integer(4))});
                     }
                   }});
}

void end_all(const std::vector<DeviceChange>& changes, Steps& steps, CommitResult& result) {
  Column<DeviceId> devices;
  Column<WallMs> deleted_at;
  std::vector<std::pair<DeviceId, WallMs>> gone;
  for (const DeviceChange& change : changes) {
    const std::pair one(change.id, deletion_time(change));
    if (!change.deleted || std::find(gone.begin(), gone.end(), one) != gone.end()) continue;
    gone.push_back(one);
    devices.add(one.first);
    deleted_at.add(one.second);
  }
  if (gone.empty()) return;
  Ends ends = make_ends();
  Parameters parameters;
  parameters << std::move(devices) << std::move(deleted_at) << std::move(ends.to) << std::move(ends.cause);
  steps.push_back(
      {&kEnd, std::move(parameters), [&result](const ReplyRow& row) {
         if (row.as<ReplyKind>(0) == ReplyKind::Counters) return take_counters(row, result);
         result.ended.emplace_back(TaskKey{JobId{row.integer(1)}, row.integer(2)}, row.as<TaskStatus>(3));
       }});
}

}  // namespace

void write_tasks(const ChangeSet& changes, Steps& steps, CommitResult& result) {
  result.swept.resize(changes.sweep_tasks.size());
  for (size_t i = 0; i < changes.sweep_tasks.size(); ++i) {
    result.swept[i].job = changes.sweep_tasks[i].job;
    result.swept[i].next_sequence = changes.sweep_tasks[i].first_sequence;
    sweep_tasks(changes.sweep_tasks[i], i, steps, result);
  }
  const auto& tasks = changes.tasks;
  for (auto& run : runs_by_key(tasks.size(), [&](uint32_t i) { return tasks[i].task.key; }))
    change_tasks(tasks, std::move(run), steps, result);

  Column<DeviceId> device;
  Column<JobId> job;
  Column<int32_t> sequence;
  for (const Tell& tell : changes.tells_done) {
    device.add(tell.device);
    job.add(tell.key.job);
    sequence.add(narrow(tell.key.sequence));
  }
  if (!changes.tells_done.empty()) {
    Parameters parameters;
    parameters << std::move(device) << std::move(job) << std::move(sequence);
    steps.push_back({&kForgetTells, std::move(parameters), nullptr});
  }
  end_all(changes.devices, steps, result);
}

void forget_time_outs(WallMs until, const std::vector<TaskKey>& keys, Steps& steps) {
  if (keys.empty()) return;
  Column<JobId> job;
  Column<int32_t> sequence;
  for (const TaskKey& key : keys) {
    job.add(key.job);
    sequence.add(narrow(key.sequence));
  }
  Parameters parameters;
  parameters << until << std::move(job) << std::move(sequence);
  steps.push_back({&kForgetTimeOuts, std::move(parameters), nullptr});
}

}  // namespace rollcall::store::postgresql
