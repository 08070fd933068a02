// What is due some time: time-outs, and the ends of what is kept.
#include "store/postgresql/queries.hpp"

namespace rollcall::store::postgresql {
namespace {

constexpr SqlText kDue{"due_time_outs",
                       "SELECT deadline_ms, job, sequence, attempt FROM time_out "
                       "WHERE deadline_ms <= $1::bigint ORDER BY deadline_ms, job, sequence, attempt "
                       "LIMIT $2::bigint"};
constexpr SqlText kEarliest{"earliest_time_out", "SELECT min(deadline_ms) FROM time_out"};
constexpr SqlText kEarliestDeletion{"earliest_deletion",
                                    "SELECT min(deleted_ms) FROM job WHERE deleted_ms <> 0 AND purged < 2"};
constexpr SqlText kEnded{"ended_jobs",
                         "SELECT id FROM job WHERE status IN (4, 6, 8) AND deleted_ms = 0 "
                         "AND modified_ms <= $1::bigint ORDER BY modified_ms LIMIT $2::bigint"};
constexpr SqlText kEarliestEnd{
    "earliest_end", "SELECT min(modified_ms) FROM job WHERE status IN (4, 6, 8) AND deleted_ms = 0"};

Parameters until_and_limit(WallMs until, size_t limit) {
  Parameters parameters;
  parameters << until << static_cast<int64_t>(limit);
  return parameters;
}

}  // namespace

Result<std::vector<DueTimeOut>> JobQueries::due_time_outs(WallMs until, size_t limit) {
  std::vector<DueTimeOut> rows;
  return run_one(link_, rows, kDue, until_and_limit(until, limit), [&](const ReplyRow& row) {
    DueTimeOut& due = rows.emplace_back();
    Columns(row) >> due.deadline >> due.key.job >> due.key.sequence >> due.attempt;
  });
}

Result<std::optional<WallMs>> JobQueries::earliest_time_out() {
  std::optional<WallMs> earliest;
  return run_one(link_, earliest, kEarliest, {}, [&](const ReplyRow& row) { Columns(row) >> earliest; });
}

Result<std::optional<WallMs>> JobQueries::earliest_deletion() {
  std::optional<WallMs> earliest;
  return run_one(link_, earliest, kEarliestDeletion, {},
                 [&](const ReplyRow& row) { Columns(row) >> earliest; });
}

Result<std::vector<JobId>> JobQueries::ended_jobs(WallMs until, size_t limit) {
  std::vector<JobId> rows;
  return run_one(link_, rows, kEnded, until_and_limit(until, limit),
                 [&](const ReplyRow& row) { rows.push_back(JobId{row.integer(0)}); });
}

Result<std::optional<WallMs>> JobQueries::earliest_end() {
  std::optional<WallMs> earliest;
  return run_one(link_, earliest, kEarliestEnd, {}, [&](const ReplyRow& row) { Columns(row) >> earliest; });
}

}  // namespace rollcall::store::postgresql
