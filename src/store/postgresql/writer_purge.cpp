#include "store/postgresql/writer.hpp"

namespace rollcall::store::postgresql {
namespace {

// The lock of a commit is held: nobody else purges at the same time.
constexpr SqlText kPurge{
    "job_purge",
    "WITH chosen AS MATERIALIZED (SELECT id FROM job WHERE deleted_ms <> 0 AND purged < 2 "
    "AND deleted_ms <= $1::bigint ORDER BY deleted_ms, id LIMIT 1), "
    "chunk AS MATERIALIZED (SELECT t.job, t.sequence, t.device FROM chosen c, LATERAL (SELECT * FROM task "
    "WHERE job = c.id ORDER BY sequence LIMIT $2::bigint) t), "
    "bound AS MATERIALIZED (SELECT coalesce(max(sequence), -1) AS last, count(*) AS n FROM chunk), "
    "history_gone AS (DELETE FROM history h USING chosen c, bound b WHERE h.job = c.id AND h.task <= "
    "b.last), "
    "alias_gone AS (DELETE FROM task_alias a USING chosen c, bound b WHERE a.job = c.id "
    "AND a.sequence <= b.last), "
    "detail_gone AS (DELETE FROM task_detail d USING chosen c, bound b WHERE d.job = c.id "
    "AND d.sequence <= b.last), "
    "tell_gone AS (DELETE FROM tell t USING chunk k WHERE t.device = k.device AND t.job = k.job "
    "AND t.sequence = k.sequence), "
    "task_gone AS (DELETE FROM task t USING chosen c, bound b WHERE t.job = c.id AND t.sequence <= b.last), "
    "over AS MATERIALIZED (SELECT c.id FROM chosen c, bound b WHERE b.n < $2), "
    "spec_gone AS (DELETE FROM job_spec s USING over o WHERE s.job = o.id), "
    "counter_gone AS (DELETE FROM job_counter n USING over o WHERE n.job = o.id), "
    "unfit_gone AS (DELETE FROM job_unfit_product u USING over o WHERE u.job = o.id), "
    "marked AS (UPDATE job j SET purged = CASE WHEN EXISTS (SELECT FROM over) THEN 2 ELSE 1 END, "
    "description = '' FROM chosen c WHERE j.id = c.id) "
    "SELECT c.id, b.n FROM chosen c, bound b"};

}  // namespace

void purge_jobs(const PurgeJobs& purge, Steps& steps, CommitResult& result) {
  Parameters parameters;
  parameters << purge.deleted_until << static_cast<int64_t>(purge.tasks_max);
  steps.push_back({&kPurge, std::move(parameters), [&result](const ReplyRow& row) {
                     result.purged = {JobId{row.integer(0)}, row.integer(1)};
                   }});
}

}  // namespace rollcall::store::postgresql
