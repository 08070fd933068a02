#include "store/postgresql/reply_sql.hpp"
#include "store/postgresql/writer.hpp"

namespace rollcall::store::postgresql {
namespace {

constexpr SqlText kCreate{
    "job_insert",
    "WITH made AS (INSERT INTO job(id, instance, status, sweep, sweep_cursor, tasks_made, epoch, paused, "
    "created_ms, modified_ms, started_ms, maximum_per_minute, maximum_per_minute_given, qos, "
    "in_progress_timeout_minutes, description) "
    "VALUES($1::bigint, $2::bigint, $3::smallint, $4::smallint, $5::bigint, $6::bigint, $7::integer, "
    "$8::boolean, $9::bigint, $10::bigint, $11::bigint, $12::bigint, $13::boolean, $14::smallint, "
    "$15::bigint, $16::bytea)), "
    "counted AS (INSERT INTO job_counter(job, queued, sent, in_progress, succeeded, failed, rejected, "
    "timed_out, cancelled) VALUES($1, $17::bigint, $18::bigint, $19::bigint, $20::bigint, $21::bigint, "
    "$22::bigint, $23::bigint, $24::bigint)), "
    "specified AS (INSERT INTO job_spec(job, type, target_type, target_product, target_group, "
    "target_snapshot, offline_policy, sync_service, scheduled_ms, lifetime_ms, name, target_product_key, "
    "target_group_code, document, wire_params) "
    "VALUES($1, $25::smallint, $26::smallint, $27::bigint, $28::bigint, $29::bigint, $30::smallint, "
    "$31::boolean, $32::bigint, $33::bigint, $34::text, $35::text, $36::text, $37::bytea, $38::bytea)), "
    "unfit AS (INSERT INTO job_unfit_product(job, position, product, reason) "
    "SELECT $1, n - 1, product, reason FROM unnest($39::bigint[], $40::bytea[]) WITH ORDINALITY "
    "AS i(product, reason, n)) "
    "INSERT INTO task(job, device, queued_ms, modified_ms, sequence, attempt, status, flags, pushes) "
    "SELECT $1, device, $9, $9, n - 1, 1, 1, 0, 0 FROM unnest($41::bigint[]) WITH ORDINALITY "
    "AS i(device, n)"};

constexpr SqlText kChange{
    "job_change",
    "WITH i AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::integer[], $3::smallint[], "
    "$4::smallint[], $5::bigint[], $6::bigint[], $7::integer[], $8::boolean[], $9::bigint[], "
    "$10::bigint[], $11::bigint[], $12::bigint[], $13::boolean[], $14::smallint[], $15::bigint[], "
    "$16::bytea[], $17::bigint[], $18::bigint[]) WITH ORDINALITY AS i(id, from_epoch, status, sweep, "
    "sweep_cursor, tasks_made, epoch, "
    "paused, modified_ms, started_ms, deleted_ms, maximum_per_minute, maximum_per_minute_given, qos, "
    "in_progress_timeout_minutes, description, from_cursor, from_made, n)), "
    "hit AS (UPDATE job j SET status = i.status, sweep = i.sweep, sweep_cursor = i.sweep_cursor, "
    "tasks_made = i.tasks_made, epoch = i.epoch, paused = i.paused, modified_ms = i.modified_ms, "
    "started_ms = i.started_ms, deleted_ms = i.deleted_ms, "
    "maximum_per_minute = coalesce(i.maximum_per_minute, j.maximum_per_minute), "
    "maximum_per_minute_given = coalesce(i.maximum_per_minute_given, j.maximum_per_minute_given), "
    "qos = coalesce(i.qos, j.qos), in_progress_timeout_minutes = coalesce(i.in_progress_timeout_minutes, "
    "j.in_progress_timeout_minutes), description = coalesce(i.description, j.description) "
    "FROM i WHERE j.id = i.id AND j.epoch = i.from_epoch AND j.deleted_ms = 0 "
    "AND j.sweep_cursor = i.from_cursor AND j.tasks_made = i.from_made RETURNING i.n) "
    "SELECT n FROM i EXCEPT SELECT n FROM hit"};

// What both ways of making share. $3: the rows there are, so that a chunk that was already made is not made
// twice. One member more than wanted tells whether one is left. The counters hold rows and, as QUEUED, what
// is still to be made; of what then turns out to be missing nothing will come any more: that leaves them,
// taken from the stored sum, so that a chunk which is asked for again after a crash takes nothing away twice.
#define MAKE(members)                                                                                    \
  "WITH phase AS MATERIALIZED (SELECT id FROM job WHERE id = $1::bigint AND epoch = $2::integer "        \
  "AND deleted_ms = 0 AND tasks_made = $3::bigint), "                                                    \
  "member AS MATERIALIZED (SELECT m.at, m.device, m.product, row_number() OVER (ORDER BY m.at) AS n "    \
  "FROM phase, LATERAL (" members                                                                        \
  " LIMIT $6::bigint + 1) m), "                                                                          \
  "taken AS MATERIALIZED (SELECT at, device, $3 + n - 1 AS sequence, "                                   \
  "($10::bytea[])[array_position($9::bigint[], product)] AS reason FROM member WHERE n <= $6), "         \
  "made AS (INSERT INTO task(job, device, queued_ms, modified_ms, sequence, attempt, status, flags, "    \
  "pushes) SELECT $1, device, $8::bigint, $8, sequence, 1, CASE WHEN reason IS NULL THEN 1 ELSE 5 END, " \
  "CASE WHEN reason IS NULL THEN 0 ELSE $12::smallint END, 0 FROM taken ORDER BY sequence), "            \
  "detailed AS (INSERT INTO task_detail(job, sequence, message, status_details) "                        \
  "SELECT $1, sequence, reason, '' FROM taken WHERE reason IS NOT NULL), "                               \
  "written AS (INSERT INTO history(job, task, device, attempt, from_status, to_status, cause, at_ms, "   \
  "message) SELECT $1, sequence, device, 1, 1, 5, $13::smallint, $8, nullif(reason, '') FROM taken "     \
  "WHERE reason IS NOT NULL ORDER BY sequence), "                                                        \
  "done AS MATERIALIZED (SELECT (SELECT count(*) FROM taken) AS rows, "                                  \
  "(SELECT count(reason) FROM taken) AS failed, (SELECT max(at) FROM taken) AS last, "                   \
  "NOT EXISTS (SELECT FROM member WHERE n > $6) AS exhausted FROM phase), "                              \
  "moved AS (UPDATE job SET tasks_made = $3 + d.rows, sweep_cursor = d.last FROM done d "                \
  "WHERE id = $1 AND d.rows > 0), "                                                                      \
  "left_out AS (SELECT d.failed, CASE WHEN d.exhausted THEN greatest(0, least(c.queued + c.sent + "      \
  "c.in_progress + c.succeeded + c.failed + c.rejected + c.timed_out + c.cancelled, $7::bigint) "        \
  "- $3 - d.rows) ELSE 0 END AS missing FROM done d JOIN job_counter c ON c.job = $1), "                 \
  "counted AS (UPDATE job_counter c SET queued = c.queued - l.failed - l.missing, "                      \
  "failed = c.failed + l.failed FROM left_out l WHERE c.job = $1 AND l.failed + l.missing > 0 "          \
  "RETURNING c.job, c.queued, c.sent, c.in_progress, c.succeeded, c.failed, c.rejected, c.timed_out, "   \
  "c.cancelled) "                                                                                        \
  "SELECT 5::smallint, rows, coalesce(last, $4::bigint), failed, "                                       \
  "exhausted::integer::bigint, " ROLLCALL_NOTHING_5 " FROM done UNION ALL " ROLLCALL_COUNTERS

constexpr SqlText kMakeOfGroup{
    "task_make_group",
    MAKE("SELECT join_number AS at, device, product FROM group_member WHERE device_group = $11::bigint "
         "AND join_number > $4::bigint AND join_number <= $5::bigint "
         "AND (left_number = 0 OR left_number > $5) ORDER BY join_number")};
constexpr SqlText kMakeOfProduct{
    "task_make_product",
    MAKE("SELECT id AS at, id AS device, product FROM device WHERE product = $11::bigint "
         "AND id > $4::bigint AND id <= $5::bigint AND deleted_ms = 0 ORDER BY id")};

void create(const NewJob& created, Steps& steps) {
  const Job& job = created.job;
  const bool listed = !created.targets.empty();
  const int64_t tasks_made = listed ? static_cast<int64_t>(created.targets.size()) : job.tasks_made;
  auto counters = job.counters;
  if (listed) {
    counters = {};
    counters[TaskStatus::Queued] = tasks_made;
  }
  const JobSettings& settings = job.settings;
  Parameters parameters;
  parameters << job.id << job.instance << job.status << job.sweep << job.sweep_cursor << tasks_made
             << job.epoch << job.paused << job.created_at << job.modified_at << job.started_at
             << settings.maximum_per_minute << settings.maximum_per_minute_given << settings.qos
             << settings.in_progress_timeout_minutes << settings.description;
  for (size_t status = 1; status <= kTaskStatusCount; ++status) parameters << counters.by_status[status];
  const JobSpec& spec = job.spec;
  parameters << spec.type << spec.target_type << spec.target_product << spec.target_group
             << spec.target_snapshot << spec.offline_policy << spec.sync_service << spec.scheduled_at
             << spec.lifetime_ms << spec.name << spec.target_product_key << spec.target_group_code
             << spec.document << spec.wire_params;
  Column<ProductId> unfit;
  BytesColumn reasons;
  for (const auto& [product, reason] : spec.unfit_products) {
    unfit.add(product);
    reasons.add(reason);
  }
  Column<DeviceId> targets;
  for (const DeviceId device : created.targets) targets.add(device);
  parameters << std::move(unfit) << std::move(reasons) << std::move(targets);
  steps.push_back({&kCreate, std::move(parameters), nullptr});
}

void change_jobs(const std::vector<JobChange>& changes, std::vector<uint32_t> run, Steps& steps,
                 CommitResult& result) {
  Column<JobId> id;
  Column<int32_t> from_epoch, epoch;
  Column<JobStatus> status;
  Column<Sweep> sweep;
  Column<int64_t> sweep_cursor, tasks_made, per_minute, timeout, from_cursor, from_made;
  Column<bool> paused, per_minute_given;
  Column<WallMs> modified_at, started_at, deleted_at;
  Column<MessageQos> qos;
  BytesColumn description;
  for (size_t row = 0; row < run.size(); ++row) {
    const JobChange& change = changes[run[row]];
    id.add(change.id);
    from_epoch.add(change.from_epoch);
    from_cursor.add(change.from_sweep_cursor);
    from_made.add(change.from_tasks_made);
    status.add(change.status);
    sweep.add(change.sweep);
    sweep_cursor.add(change.sweep_cursor);
    tasks_made.add(change.tasks_made);
    epoch.add(change.epoch);
    paused.add(change.paused);
    modified_at.add(change.modified_at);
    started_at.add(change.started_at);
    deleted_at.add(change.deleted ? change.modified_at : WallMs{});
    if (!change.settings) continue;
    per_minute.fill(row);
    per_minute.add(change.settings->maximum_per_minute);
    per_minute_given.fill(row);
    per_minute_given.add(change.settings->maximum_per_minute_given);
    qos.fill(row);
    qos.add(change.settings->qos);
    timeout.fill(row);
    timeout.add(change.settings->in_progress_timeout_minutes);
    description.fill(row);
    description.add(change.settings->description);
  }
  Parameters parameters;
  parameters << std::move(id) << std::move(from_epoch) << std::move(status) << std::move(sweep)
             << std::move(sweep_cursor) << std::move(tasks_made) << std::move(epoch) << std::move(paused)
             << std::move(modified_at) << std::move(started_at) << std::move(deleted_at)
             << std::move(per_minute) << std::move(per_minute_given) << std::move(qos) << std::move(timeout)
             << std::move(description) << std::move(from_cursor) << std::move(from_made);
  steps.push_back({&kChange, std::move(parameters), missed_into(result.missed_jobs, std::move(run))});
}

void make_tasks(const MakeTasks& make, size_t index, Steps& steps, CommitResult& result) {
  const bool of_group = make.target_type == TargetType::Group;
  Column<ProductId> unfit;
  BytesColumn reasons;
  if (make.unfit != nullptr) {
    for (const auto& [product, reason] : *make.unfit) {
      unfit.add(product);
      reasons.add(reason);
    }
  }
  Parameters parameters;
  parameters << make.job << make.from_epoch << make.first_sequence << make.after << make.snapshot
             << static_cast<int64_t>(make.rows_max) << make.expected_total << make.now << std::move(unfit)
             << std::move(reasons) << (of_group ? make.group.value : make.product.value)
             << static_cast<uint8_t>(kTaskHasDetail | kTaskUnfit) << Cause::Unfit;
  steps.push_back({of_group ? &kMakeOfGroup : &kMakeOfProduct, std::move(parameters),
                   [&result, index](const ReplyRow& row) {
                     if (row.as<ReplyKind>(0) == ReplyKind::Counters) return take_counters(row, result);
                     MakeResult& made = result.made[index];
                     made.hit = true;
                     made.rows_made = row.integer(1);
                     made.last_member = row.integer(2);
                     made.rows_failed = row.integer(3);
                     made.exhausted = row.integer(4) != 0;
                   }});
}

}  // namespace

void write_jobs(const ChangeSet& changes, Steps& steps, CommitResult& result) {
  for (const NewJob& job : changes.new_jobs) create(job, steps);
  const auto& jobs = changes.jobs;
  for (auto& run : runs_by_key(jobs.size(), [&](uint32_t i) { return jobs[i].id; }))
    change_jobs(jobs, std::move(run), steps, result);
  result.made.resize(changes.make_tasks.size());
  for (size_t i = 0; i < changes.make_tasks.size(); ++i) {
    result.made[i].job = changes.make_tasks[i].job;
    result.made[i].last_member = changes.make_tasks[i].after;
    make_tasks(changes.make_tasks[i], i, steps, result);
  }
}

}  // namespace rollcall::store::postgresql
