#include "store/postgresql/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <string_view>

#include "base/limits.hpp"

namespace rollcall::store::postgresql {
namespace {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

// What the engine may tell apart (SQLSTATE classes): the change itself is refused (a value that no column
// takes, a broken condition, too large), the disk is full, everything else.
const char* kind_of(std::string_view state) {
  if (state == "22012") return "stale";  // division by zero: what writer_agreements.cpp asks for
  if (state.starts_with("22") || state.starts_with("23") || state.starts_with("54")) return "constraint";
  return state == "53100" ? "full" : "io";
}

// The server ends the session itself: shutdown, crash of another session, an idle limit.
bool ends_session(std::string_view state) {
  return state.starts_with("57P") || state.starts_with("08") || state.starts_with("25P03");
}

std::string one_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

tl::unexpected<Error> refusal(std::string message, std::string detail) {
  return fail(Error(ErrorCode::SystemException, std::move(message)).with_detail("io: " + std::move(detail)));
}

void ignore_notice(void*, const PGresult*) {}

// A plan is made once for all values and never reads a whole table: what is small today grows. A server that
// is told not to wait for its disk is told better.
constexpr const char* kSession =
    "SET default_transaction_isolation = 'read committed'; SET statement_timeout = '30s'; "
    "SET idle_in_transaction_session_timeout = '30s'; SET plan_cache_mode = force_generic_plan; "
    "SET jit = off; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; "
    "SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0; "
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = "
    "'off'";

// What is tested (HACKING); older ones lack nothing much, but nobody has looked.
constexpr int kServerVersionMin = 150000;

}  // namespace

Status Connection::check_url(const std::string& url) {
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://"))
    return refusal("the store's address must start with postgresql://", "bad URL");
  char* error = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &error);
  PQfreemem(error);  // it may quote the password
  if (options == nullptr)
    return refusal(
        "the store's address cannot be read: it is postgresql://user@host:port/database, with %XX for "
        "characters that are part of the syntax",
        "bad URL");
  PQconninfoFree(options);
  return {};
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& url, const Clock& clock) {
  ROLLCALL_TRY_STATUS(check_url(url));
  // A later value of a keyword wins, so the URL has the last word.
  const char* const keywords[] = {"application_name",    "connect_timeout",  "keepalives_idle",
                                  "keepalives_interval", "keepalives_count", "tcp_user_timeout",
                                  "client_encoding",     "dbname",           nullptr};
  const char* const values[] = {"rollcall", "5", "10", "5", "3", "15000", "UTF8", url.c_str(), nullptr};
  std::unique_ptr<Connection> connection(new Connection(PQconnectdbParams(keywords, values, 1), clock));
  if (connection->handle_ == nullptr || PQstatus(connection->handle_) != CONNECTION_OK) {
    std::string said = connection->handle_ ? one_line(PQerrorMessage(connection->handle_)) : "out of memory";
    return refusal("PostgreSQL cannot be reached: " + said, "connect: " + said);
  }
  ROLLCALL_TRY_STATUS(connection->configure());
  return connection;
}

Status Connection::configure() {
  PQsetNoticeReceiver(handle_, ignore_notice, nullptr);
  const int version = PQserverVersion(handle_);
  if (version < kServerVersionMin)
    return refusal("the PostgreSQL server is version " + std::to_string(version / 10000) +
                       "; this needs version " + std::to_string(kServerVersionMin / 10000) + " or newer",
                   "server too old");
  const char* encoding = PQparameterStatus(handle_, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8")
    return refusal("the database has the encoding " + std::string(encoding ? encoding : "?") +
                       "; create it with ENCODING 'UTF8'",
                   "server encoding");
  execute(kSession, "session");
  if (!ok()) return fail(take_error());
  if (PQsetnonblocking(handle_, 1) != 0 || PQenterPipelineMode(handle_) != 1)
    return refusal("PostgreSQL cannot be reached: " + one_line(PQerrorMessage(handle_)), "pipeline mode");
  return {};
}

Connection::~Connection() { PQfinish(handle_); }

bool Connection::alive() {
  if (broken_) return false;
  pollfd socket{PQsocket(handle_), POLLIN, 0};
  if (::poll(&socket, 1, 0) <= 0) return true;
  return PQconsumeInput(handle_) == 1 && PQstatus(handle_) == CONNECTION_OK;
}

void Connection::roll_back() {
  if (broken_) return;
  const auto status = PQtransactionStatus(handle_);
  if (status != PQTRANS_INTRANS && status != PQTRANS_INERROR) return;
  static constexpr SqlText kRollBack{"roll_back", "ROLLBACK"};
  Steps steps;
  steps.push_back({&kRollBack, {}, nullptr});
  if (run(steps)) return;
  take_error();
  broken_ = true;
}

void Connection::give_up(const char* why) {
  if (ok()) failure_ = std::string("io: ") + why;
  broken_ = true;
  expected_.clear();
}

void Connection::record_damage(const std::string& text) {
  if (ok()) failure_ = "io: " + text;
}

void Connection::record_refusal(const std::string& text) {
  if (ok()) failure_ = "constraint: " + text;
}

Error Connection::take_error() {
  return Error(ErrorCode::SystemException).with_detail(std::exchange(failure_, {}));
}

void Connection::lose(const char* name) {
  const std::string said = one_line(PQerrorMessage(handle_));
  give_up((std::string(name) + ": " + (said.empty() ? "the connection is gone" : said)).c_str());
}

void Connection::fail_with(const PGresult* result, const char* name) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr || PQstatus(handle_) == CONNECTION_BAD) return lose(name);
  if (ok()) {
    failure_ = std::string(kind_of(state)) + ": " + name + ": " + one_line(primary ? primary : "failed") +
               " (" + state + ")";
  }
  if (ends_session(state)) broken_ = true;
}

bool Connection::send(const Step& step) {
  auto known = prepared_.find(step.sql);
  if (known == prepared_.end()) {
    known = prepared_.emplace(step.sql, "s" + std::to_string(next_name_++)).first;
    if (PQsendPrepare(handle_, known->second.c_str(), step.sql->text, 0, nullptr) != 1) return false;
    expected_.push_back({Expected::Prepare, &step});
  }
  std::vector<const char*> values;
  std::vector<int> lengths;
  step.parameters.list(values, lengths);
  const std::vector<int> binary(values.size(), 1);
  const auto count = static_cast<int>(values.size());
  if (PQsendQueryPrepared(handle_, known->second.c_str(), count, values.data(), lengths.data(), binary.data(),
                          1) != 1)
    return false;
  expected_.push_back({Expected::Execute, &step});
  return true;
}

void Connection::start(const Steps& steps) {
  if (!ok()) return;
  answered_ = false;
  if (broken_) return record_damage("the connection is gone");
  if (!expected_.empty()) return record_damage("another request is under way");
  for (const Step& step : steps) {
    if (!send(step)) return lose(step.sql->name);
  }
  if (PQpipelineSync(handle_) != 1) return lose("sync");
  expected_.push_back({Expected::Sync, nullptr});
}

// `result`: nullptr ends the answer of one statement.
void Connection::next_expected(const PGresult* result) {
  if (result == nullptr) {
    if (expected_.front().kind != Expected::Sync) expected_.pop_front();
    return;
  }
  if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) return expected_.pop_front();
  take(result);
}

void Connection::take(const PGresult* result) {
  const Expected& expected = expected_.front();
  const char* name = expected.step ? expected.step->sql->name : "sync";
  const auto status = PQresultStatus(result);
  const bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
  if (expected.kind == Expected::Prepare && !good) prepared_.erase(expected.step->sql);
  if (status == PGRES_PIPELINE_ABORTED) return;
  if (!good) return fail_with(result, name);
  if (expected.kind != Expected::Execute || !expected.step->on_row) return;
  bool damaged = false;
  answered_ = answered_ || PQntuples(result) > 0;
  for (int row = 0; row < PQntuples(result); ++row) {
    expected.step->on_row(ReplyRow(result, row, damaged));
  }
  if (damaged) record_damage(std::string(name) + ": a secret in an unknown envelope");
}

// False: nothing came in time.
bool Connection::wait_for_server(int wait_ms) {
  const int unsent = PQflush(handle_);
  if (unsent < 0) return lose("send"), true;
  pollfd socket{PQsocket(handle_), static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), 0};
  if (::poll(&socket, 1, wait_ms) <= 0) return false;
  if (PQconsumeInput(handle_) != 1) lose("receive");
  return true;
}

bool Connection::advance(int wait_ms) {
  const SteadyUs until = clock_.steady() + int64_t{wait_ms} * 1000;
  int ends = 0;
  while (!expected_.empty() && !broken_) {
    if (PQisBusy(handle_) == 0) {
      const ResultPtr result(PQgetResult(handle_));
      // Between answers there is one end, never many.
      ends = result ? 0 : ends + 1;
      if (ends > 2) give_up("the protocol is out of step");
      if (broken_) break;
      if (PQstatus(handle_) == CONNECTION_BAD && !result)
        lose(expected_.front().step ? expected_.front().step->sql->name : "sync");
      else
        next_expected(result.get());
      continue;
    }
    const int64_t left_ms = (until - clock_.steady() + 999) / 1000;
    if (!wait_for_server(static_cast<int>(std::max<int64_t>(left_ms, 0))) && left_ms <= 0) return false;
  }
  return true;
}

bool Connection::run(const Steps& steps) {
  start(steps);
  if (!advance(limits::kDatabaseAnswerMsMax)) give_up("no answer in time");
  return ok();
}

bool Connection::execute(const std::string& sql, const char* name) {
  if (!ok()) return false;
  if (broken_) return record_damage("the connection is gone"), false;
  const bool pipeline = PQpipelineStatus(handle_) != PQ_PIPELINE_OFF;
  if (pipeline && (PQexitPipelineMode(handle_) != 1 || PQsetnonblocking(handle_, 0) != 0))
    return lose(name), false;
  const ResultPtr result(PQexec(handle_, sql.c_str()));
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail_with(result.get(), name);
  if (pipeline && !broken_ && (PQsetnonblocking(handle_, 1) != 0 || PQenterPipelineMode(handle_) != 1))
    lose(name);
  return ok();
}

}  // namespace rollcall::store::postgresql
