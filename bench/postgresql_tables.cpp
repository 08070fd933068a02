#include "bench/postgresql_tables.hpp"

#include <algorithm>
#include <cstdlib>

#include "bench/subject.hpp"
#include "store/postgresql/open.hpp"

namespace rollcall::bench {
namespace {

void put(std::string& out, uint64_t value, int size) {
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

constexpr uint64_t kBigint = 20;  // the type's number in PostgreSQL

}  // namespace

PostgresqlPlace::PostgresqlPlace() : url(server.fresh_url()) {
  if (!server.why_not().empty()) give_up(server.why_not());
}

std::unique_ptr<store::Store> PostgresqlPlace::open() {
  auto opened = store::open_postgresql({url}, clock, random);
  if (!opened) give_up("the store did not open: " + opened.error().detail);
  return std::move(*opened);
}

double PostgresqlTable::bytes_per_row(const std::string& table) const {
  const std::string bytes = server.query(
      url, "SELECT pg_total_relation_size('" + table + "')::float8 / (SELECT count(*) FROM " + table + ")");
  return std::atof(bytes.c_str());
}

BarePostgresqlTable::Value::Value(int64_t number) { put(bytes, static_cast<uint64_t>(number), 8); }

BarePostgresqlTable::Value::Value(const std::vector<int64_t>& numbers) {
  bytes.reserve(20 + numbers.size() * 12);
  for (const uint64_t head : {uint64_t{1}, uint64_t{0}, kBigint, uint64_t{numbers.size()}, uint64_t{1}})
    put(bytes, head, 4);
  for (const int64_t number : numbers) {
    put(bytes, 8, 4);
    put(bytes, static_cast<uint64_t>(number), 8);
  }
}

BarePostgresqlTable::BarePostgresqlTable(TaskTableSizes sizes) : sizes_(sizes) {
  place_.open().reset();  // the product's own schema
  connection_ = PQconnectdb(place_.url.c_str());
  if (PQstatus(connection_) != CONNECTION_OK)
    give_up(std::string("bare libpq: ") + PQerrorMessage(connection_));
  // The plans of the product: made once, by index.
  PQclear(PQexec(connection_,
                 "SET plan_cache_mode = force_generic_plan; SET jit = off; SET enable_seqscan = off; "
                 "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off"));
  PQenterPipelineMode(connection_);
}

BarePostgresqlTable::~BarePostgresqlTable() { PQfinish(connection_); }

void BarePostgresqlTable::add(const char* sql, std::initializer_list<Value> values) {
  const std::string name = "s" + std::to_string(reinterpret_cast<uintptr_t>(sql));
  if (prepared_.insert(sql).second) PQsendPrepare(connection_, name.c_str(), sql, 0, nullptr);
  std::vector<const char*> bytes;
  std::vector<int> lengths;
  for (const Value& value : values) {
    bytes.push_back(value.bytes.data());
    lengths.push_back(static_cast<int>(value.bytes.size()));
  }
  const std::vector<int> binary(bytes.size(), 1);
  if (PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(bytes.size()), bytes.data(),
                          lengths.data(), binary.data(), 1) != 1)
    give_up(std::string("bare libpq: ") + PQerrorMessage(connection_));
}

void BarePostgresqlTable::commit() {
  PQpipelineSync(connection_);
  for (bool synchronized = false; !synchronized;) {
    PGresult* result = PQgetResult(connection_);
    if (result == nullptr) continue;
    const ExecStatusType status = PQresultStatus(result);
    synchronized = status == PGRES_PIPELINE_SYNC;
    if (status == PGRES_FATAL_ERROR) give_up(std::string("bare libpq: ") + PQresultErrorMessage(result));
    PQclear(result);
  }
}

void BarePostgresqlTable::make_job(int64_t job) {
  add("INSERT INTO job_counter VALUES($1::bigint, $2::bigint, 0, 0, 0, 0, 0, 0, 0)", {job, sizes_.tasks});
  commit();
  for (int64_t done = 0; done < sizes_.tasks; done += sizes_.rows_a_commit) {
    const int64_t end = std::min(sizes_.tasks, done + sizes_.rows_a_commit);
    add("BEGIN");
    add("INSERT INTO task(job, device, queued_ms, modified_ms, sequence, attempt, status, flags, pushes) "
        "SELECT $1::bigint, n + 1, 1700000000000, 1700000000000, n, 1, 1, 0, 0 "
        "FROM generate_series($2::bigint, $3::bigint - 1) n",
        {job, done, end});
    add("COMMIT");
    commit();
  }
}

// In key order within a commit, as the best of loops would.
void BarePostgresqlTable::move(int64_t job, const std::vector<int64_t>& sequences, TaskStatus from,
                               TaskStatus to) {
  sorted_ = sequences;
  std::sort(sorted_.begin(), sorted_.end());
  const auto old_status = static_cast<int64_t>(from), new_status = static_cast<int64_t>(to);
  add("BEGIN");
  add("UPDATE task t SET status = $3::bigint, pushes = 1, modified_ms = 1700000060000 "
      "FROM unnest($2::bigint[]) n WHERE t.job = $1::bigint AND t.sequence = n AND t.status + 0 = $4::bigint",
      {job, sorted_, new_status, old_status});
  add("INSERT INTO history(job, task, device, attempt, from_status, to_status, cause, at_ms) "
      "SELECT $1::bigint, n, n + 1, 1, $4::bigint, $3::bigint, 5, 1700000060000 FROM unnest($2::bigint[]) n",
      {job, sorted_, new_status, old_status});
  if (to == TaskStatus::InProgress) {
    add("INSERT INTO time_out SELECT 1700003600000 + n, $1::bigint, n, 1 FROM unnest($2::bigint[]) n",
        {job, sorted_});
  }
  count(job, static_cast<int64_t>(sorted_.size()), from, to);
  add("COMMIT");
  commit();
}

void BarePostgresqlTable::cancel_job(int64_t job) {
  for (int64_t done = 0; done < sizes_.tasks; done += sizes_.rows_a_commit) {
    const int64_t end = std::min(sizes_.tasks, done + sizes_.rows_a_commit);
    add("BEGIN");
    add("INSERT INTO history(job, task, device, attempt, from_status, to_status, cause, at_ms) "
        "SELECT job, sequence, device, attempt, status, 8, 12, 1700000100000 FROM task "
        "WHERE job = $1::bigint AND sequence >= $2::bigint AND sequence < $3::bigint ORDER BY sequence",
        {job, done, end});
    add("UPDATE task SET status = 8, modified_ms = 1700000100000 "
        "WHERE job = $1::bigint AND sequence >= $2::bigint AND sequence < $3::bigint",
        {job, done, end});
    count(job, end - done, TaskStatus::Queued, TaskStatus::Cancelled);
    add("COMMIT");
    commit();
  }
}

void BarePostgresqlTable::count(int64_t job, int64_t tasks, TaskStatus from, TaskStatus to) {
  add("UPDATE job_counter SET queued = queued - CASE $3::bigint WHEN 1 THEN $2::bigint ELSE 0 END, "
      "sent = sent - CASE $3 WHEN 2 THEN $2 ELSE 0 END + CASE $4::bigint WHEN 2 THEN $2 ELSE 0 END, "
      "in_progress = in_progress - CASE $3 WHEN 3 THEN $2 ELSE 0 END + CASE $4 WHEN 3 THEN $2 ELSE 0 END, "
      "succeeded = succeeded + CASE $4 WHEN 4 THEN $2 ELSE 0 END, "
      "cancelled = cancelled + CASE $4 WHEN 8 THEN $2 ELSE 0 END WHERE job = $1::bigint",
      {job, tasks, static_cast<int64_t>(from), static_cast<int64_t>(to)});
}

}  // namespace rollcall::bench
