#include "store/sqlite/statement.hpp"

namespace rollcall::store {
namespace {

// The first byte of a stored secret says how the rest is to be read (DESIGN 3: 0 plain, 1 AES-GCM with key
// id).
constexpr char kEnvelopePlain = '0';

// What the engine may tell apart: the change itself is refused, the disk is full, everything else.
const char* kind_of(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
      return "constraint";
    case SQLITE_FULL:
      return "full";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "io: damaged";
    default:
      return "io";
  }
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, int flags,
                                                     const std::string& vfs) {
  // Nobody asks how much memory SQLite uses, and counting it takes a lock around each allocation. Once,
  // before SQLite is used; later it is refused, which does no harm.
  static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)uncounted;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX,
                                   vfs.empty() ? nullptr : vfs.c_str());
  std::unique_ptr<Connection> connection(new Connection(handle));
  if (code == SQLITE_OK) {
    sqlite3_extended_result_codes(handle, 1);
    return connection;
  }
  connection->record(code, "open");
  return fail(connection->take_error());
}

Connection::~Connection() {
  sqlite3_finalize(begin_);
  sqlite3_finalize(commit_);
  sqlite3_close_v2(handle_);
}

void Connection::record(int code, const char* name) {
  if (!ok()) return;
  code_ = code;
  failure_ = kind_of(code);
  failure_.append(": ").append(name).append(": ");
  failure_ += handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  failure_ += " (" + std::to_string(code) + ")";
}

void Connection::record_damage(std::string text) {
  if (!ok()) return;
  code_ = SQLITE_CORRUPT;
  failure_ = "io: damaged: " + std::move(text);
}

void Connection::record_refusal(std::string text) {
  if (!ok()) return;
  code_ = SQLITE_CONSTRAINT;
  failure_ = "constraint: " + std::move(text);
}

void Connection::record_stale(std::string text) {
  if (!ok()) return;
  code_ = SQLITE_CONSTRAINT;
  failure_ = "stale: " + std::move(text);
}

Error Connection::take_error() {
  code_ = SQLITE_OK;
  return Error(ErrorCode::SystemException).with_detail(std::exchange(failure_, {}));
}

bool Connection::execute(const char* sql, const char* name) {
  if (!ok()) return false;
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) record(code, name);
  return code == SQLITE_OK;
}

bool Connection::begin_read() {
  if (!ok()) return false;
  int code = SQLITE_OK;
  if (begin_ == nullptr) {
    code = sqlite3_prepare_v3(handle_, "BEGIN", -1, SQLITE_PREPARE_PERSISTENT, &begin_, nullptr);
    if (code == SQLITE_OK) {
      code = sqlite3_prepare_v3(handle_, "COMMIT", -1, SQLITE_PREPARE_PERSISTENT, &commit_, nullptr);
    }
  }
  if (code == SQLITE_OK) {
    sqlite3_step(begin_);
    code = sqlite3_reset(begin_);
  }
  if (code != SQLITE_OK) record(code, "begin_read");
  return code == SQLITE_OK;
}

void Connection::end_read() noexcept {
  if (!in_transaction()) return;
  sqlite3_step(commit_);
  sqlite3_reset(commit_);
}

Query::Query(Statement& statement, Prepared) : statement_(statement), raw_(statement.prepared()) {}

bool Query::step() {
  Connection& connection = statement_.connection_;
  if (!connection.ok()) return false;
  column_ = 0;
  if (bind_failure_ != SQLITE_OK) {
    connection.record(bind_failure_, statement_.name_);
    return false;
  }
  const int code = sqlite3_step(raw_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection.record(code, statement_.name_);
  return false;
}

Query& Query::operator>>(std::string& out) {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(raw_, column_));
  const auto bytes = static_cast<size_t>(sqlite3_column_bytes(raw_, column_));
  ++column_;
  if (data == nullptr) return out.clear(), *this;
  return out.assign(data, bytes), *this;
}

Query& Query::operator>>(Secret& out) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(raw_, column_));
  const auto bytes = static_cast<size_t>(sqlite3_column_bytes(raw_, column_));
  ++column_;
  if (data == nullptr || bytes == 0 || data[0] != kEnvelopePlain) {
    statement_.connection_.record_damage(std::string(statement_.name_) + ": secret in an unknown envelope");
    return *this;
  }
  return out = Secret(std::string(data + 1, bytes - 1)), *this;
}

void Query::bind(const Secret& value) {
  const std::string envelope = kEnvelopePlain + value.reveal();
  sqlite3_bind_blob64(raw_, ++bound_, envelope.data(), envelope.size(), SQLITE_TRANSIENT);
}

sqlite3_stmt* Statement::prepared() {
  if (raw_ != nullptr || !connection_.ok()) return raw_;
  const int code =
      sqlite3_prepare_v3(connection_.handle(), sql_, -1, SQLITE_PREPARE_PERSISTENT, &raw_, nullptr);
  if (code != SQLITE_OK) connection_.record(code, name_);
  return raw_;
}

}  // namespace rollcall::store
