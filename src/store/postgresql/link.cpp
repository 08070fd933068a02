#include "store/postgresql/link.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "store/postgresql/schema.hpp"

namespace rollcall::store::postgresql {
namespace {

constexpr SqlText kBeginSnapshot{"begin_read", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr SqlText kBegin{"begin", "BEGIN"};
constexpr SqlText kCommit{"commit", "COMMIT"};

// The number is taken by the session: it ends with it, also when the process dies. A predecessor that was
// killed may still be there for a moment.
constexpr const char* kTakeLock =
    "SET lock_timeout = '3s'; "
    "SELECT pg_advisory_lock(1380928590, " ROLLCALL_HOME "); SET lock_timeout = 0";
constexpr SqlText kLockHolder{
    "lock_holder",
    "SELECT a.pid, coalesce(host(a.client_addr), 'this machine') FROM pg_locks l "
    "JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted "
    "AND l.classid = 1380928590::oid AND l.objid::bigint = " ROLLCALL_HOME
    "::bigint & 4294967295 "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"};
// Our last connection, when the server has not noticed yet that it is gone.
constexpr SqlText kEndPredecessor{
    "end_predecessor",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::integer "
    "AND application_name = 'rollcall' AND usename = current_user AND datname = current_database()"};

constexpr SqlText kNewEpoch{"epoch_new",
                            "INSERT INTO commit_mark(epoch, batch) VALUES(nextval('connection_epoch'), 0) "
                            "RETURNING epoch"};
// Whatever another connection still has under way of its own will not pass: it is not the one in charge.
constexpr SqlText kFenceOthers{"epoch_fence", "DELETE FROM commit_mark WHERE epoch <> $1::bigint"};
constexpr SqlText kResolve{"commit_resolve",
                           "DELETE FROM commit_mark WHERE epoch = $1::bigint RETURNING batch"};

}  // namespace

bool storable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && utf8_length(text).has_value();
}

Status Link::run(const Steps& steps) {
  for (bool again = false;; again = true) {
    ROLLCALL_TRY(Connection * connection, this->connection());
    if (connection->run(steps)) return {};
    Error error = connection->take_error();
    connection->roll_back();
    // A link that was gone before: the server was started again, or somebody ended an idle session.
    if (again || !connection->broken() || connection->answered()) return fail(std::move(error));
  }
}

Status Link::run_in_snapshot(Steps steps) {
  steps.insert(steps.begin(), {&kBeginSnapshot, {}, nullptr});
  steps.push_back({&kCommit, {}, nullptr});
  return run(steps);
}

Result<Connection*> ReconnectingLink::connection() {
  if (connection_ && connection_->alive()) return connection_.get();
  connection_.reset();
  if (clock_.steady() < next_try_)
    return fail(Error(ErrorCode::SystemException).with_detail("io: PostgreSQL is not connected"));
  const auto opened = [this]() -> Status {
    ROLLCALL_TRY(connection_, Connection::open(url_, clock_));
    return prepare(*connection_);
  }();
  if (opened) {
    if (wait_ms_ > 0) log_info("postgresql.connected_again");
    wait_ms_ = 0;
    was_connected_ = true;
    return connection_.get();
  }
  if (wait_ms_ == 0 && was_connected_)
    log_warn("postgresql.not_connected", {{"error", opened.error().detail}});
  connection_.reset();
  wait_ms_ = std::clamp(wait_ms_ * 2, limits::kReconnectMsMin, limits::kReconnectMsMax);
  next_try_ = clock_.steady() + wait_ms_ * 1000;
  return fail(opened.error());
}

Status ReconnectingLink::prepare(Connection& connection) {
  connection.execute("SET default_transaction_read_only = on", "read_only");
  ROLLCALL_TRY_STATUS(connection.finish());
  return check_schema(connection);
}

Status Session::prepare(Connection& connection) {
  if (server_process_ != 0) {
    Parameters parameters;
    parameters << server_process_;
    Steps steps;
    steps.push_back({&kEndPredecessor, std::move(parameters), nullptr});
    connection.run(steps);
    ROLLCALL_TRY_STATUS(connection.finish());
  }
  server_process_ = connection.server_process();
  if (exclusive_) ROLLCALL_TRY_STATUS(take_lock(connection));
  ROLLCALL_TRY_STATUS(migrate(connection, random_));
  if (doubt_) ROLLCALL_TRY_STATUS(resolve(connection));
  return take_epoch(connection);
}

Status Session::take_lock(Connection& connection) {
  if (connection.execute(kTakeLock, "in_use")) return {};
  Error error = connection.take_error();
  if (connection.broken() || error.detail.find("55P03") == std::string::npos) return fail(std::move(error));
  int64_t process = 0;
  std::string address = "?";
  Steps steps;
  steps.push_back({&kLockHolder, {}, [&](const ReplyRow& row) { Columns(row) >> process >> address; }});
  connection.run(steps);
  error.message = "The database is in use by another Rollcall server (session " + std::to_string(process) +
                  " of " + address + "); stop that one, or give this one a database of its own.";
  return fail(std::move(error));
}

Status Session::take_epoch(Connection& connection) {
  Steps steps;
  steps.push_back({&kNewEpoch, {}, [this](const ReplyRow& row) { epoch_ = row.integer(0); }});
  connection.run(steps);
  ROLLCALL_TRY_STATUS(connection.finish());
  if (!exclusive_) return {};
  Parameters mine;
  mine << epoch_;
  steps.clear();
  steps.push_back({&kBegin, {}, nullptr});
  steps.push_back({&kCommitLock, {}, nullptr});
  steps.push_back({&kFenceOthers, std::move(mine), nullptr});
  steps.push_back({&kCommit, {}, nullptr});
  connection.run(steps);
  return connection.finish();
}

// Under the lock of commits: the one in doubt is over, or will find that its mark is gone.
Status Session::resolve(Connection& connection) {
  int64_t batch = -1;
  Parameters parameters;
  parameters << doubt_->epoch;
  Steps steps;
  steps.push_back({&kBegin, {}, nullptr});
  steps.push_back({&kCommitLock, {}, nullptr});
  steps.push_back({&kResolve, std::move(parameters), [&](const ReplyRow& row) { batch = row.integer(0); }});
  steps.push_back({&kCommit, {}, nullptr});
  connection.run(steps);
  ROLLCALL_TRY_STATUS(connection.finish());
  // No row: another server took the database over in between and may have forgotten our marks.
  if (batch < 0)
    verdict_ = fail(Error(ErrorCode::SystemException)
                        .with_detail("io: commit: its outcome is unknown, another server took over"));
  else
    verdict_ = std::optional<bool>(batch == doubt_->batch);
  doubt_.reset();
  return {};
}

Result<std::optional<bool>> Session::verdict() {
  if (doubt_) (void)connection();
  if (!verdict_) return std::optional<bool>();
  return *std::exchange(verdict_, std::nullopt);
}

}  // namespace rollcall::store::postgresql
