// A thin skin over the SQLite C API: a connection, statements that are prepared once and carry a name, and
// the query that runs one. The first failure sticks to the connection: every later step refuses, loops end,
// and finish() hands the error to the caller, so that the code between reads straight. Used by this folder
// only. Thread: a connection and all that hangs on it belong to one thread (opened without SQLite's own
// mutex).
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "model/ids.hpp"

namespace rollcall::store {

class Connection {
 public:
  // Opens with SQLITE_OPEN_* `flags` through the VFS of that name (empty: the default one); the error names
  // what SQLite said in its detail.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, int flags,
                                                  const std::string& vfs = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const noexcept { return handle_; }
  bool ok() const noexcept { return code_ == SQLITE_OK; }
  bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }
  // Remembers the first failure of a call; `name` is the statement's.
  void record(int code, const char* name);
  // The same for what SQLite cannot know: a row that makes no sense.
  void record_damage(std::string text);
  // And for a condition of ours that a change breaks: "constraint:".
  void record_refusal(std::string text);
  void record_stale(std::string text);  // Agreements
  // SystemException whose detail starts with "constraint:", "full:" or "io:" (everything else). Clears the
  // failure.
  Error take_error();
  // The value, or the failure of anything since the last finish().
  template <class T>
  Result<std::decay_t<T>> finish(T&& value) {
    if (ok()) return std::forward<T>(value);
    return fail(take_error());
  }
  Status finish() {
    if (ok()) return {};
    return fail(take_error());
  }
  // Runs one or more statements without results; false when one failed.
  bool execute(const char* sql, const char* name);
  // A read transaction; end_read() cannot fail in a way that matters.
  bool begin_read();
  void end_read() noexcept;

 private:
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  int code_ = SQLITE_OK;
  std::string failure_;
};

class Statement;

// One run of a statement; ends (resets it) when it goes out of scope. Texts bound to it must outlive it.
class Query {
 public:
  template <class... Values>
  explicit Query(Statement& statement, const Values&... values) : Query(statement, Prepared{}) {
    (bind(values), ...);
  }
  ~Query() { sqlite3_reset(raw_); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // True: a row is there. False: the end, or a failure (Connection::ok).
  bool step();

  // Reading: columns of the current row in order, one >> for each.
  Query& operator>>(int64_t& out) { return out = sqlite3_column_int64(raw_, column_++), *this; }
  Query& operator>>(int32_t& out) { return out = sqlite3_column_int(raw_, column_++), *this; }
  Query& operator>>(uint8_t& out) {
    return out = static_cast<uint8_t>(sqlite3_column_int(raw_, column_++)), *this;
  }
  Query& operator>>(bool& out) { return out = sqlite3_column_int(raw_, column_++) != 0, *this; }
  Query& operator>>(WallMs& out) { return *this >> out.value; }
  Query& operator>>(std::string& out);
  Query& operator>>(Secret& out);  // opens the envelope
  template <class Tag>
  Query& operator>>(StrongId<Tag>& out) {
    return *this >> out.value;
  }
  template <class T>
  Query& operator>>(std::optional<T>& out) {
    out.reset();
    if (sqlite3_column_type(raw_, column_) == SQLITE_NULL) return ++column_, *this;
    return *this >> out.emplace();
  }
  template <class Enum>
  requires std::is_enum_v<Enum> Query& operator>>(Enum& out) {
    return out = static_cast<Enum>(sqlite3_column_int(raw_, column_++)), *this;
  }

  // Binding, used by Statement::run.
  void bind(int64_t value) { check(sqlite3_bind_int64(raw_, ++bound_, value)); }
  void bind(int32_t value) { check(sqlite3_bind_int64(raw_, ++bound_, value)); }
  void bind(uint8_t value) { check(sqlite3_bind_int64(raw_, ++bound_, value)); }
  void bind(size_t value) { check(sqlite3_bind_int64(raw_, ++bound_, static_cast<int64_t>(value))); }
  void bind(bool value) { check(sqlite3_bind_int64(raw_, ++bound_, value ? 1 : 0)); }
  void bind(WallMs value) { bind(value.value); }
  void bind(std::nullptr_t) { check(sqlite3_bind_null(raw_, ++bound_)); }
  void bind(std::string_view value) {
    // An empty view may hold no pointer, which SQLite would take for NULL.
    const char* data = value.data() == nullptr ? "" : value.data();
    check(sqlite3_bind_text64(raw_, ++bound_, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  void bind(const std::string& value) { bind(std::string_view(value)); }
  void bind(const Secret& value);  // in an envelope
  template <class Tag>
  void bind(StrongId<Tag> value) {
    bind(value.value);
  }
  template <class T>
  void bind(const std::optional<T>& value) {
    if (value) return bind(*value);
    bind(nullptr);
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void bind(Enum value) { bind(static_cast<int32_t>(value)); }

 private:
  struct Prepared {};
  Query(Statement& statement, Prepared);
  void check(int code) {
    if (code != SQLITE_OK) [[unlikely]]
      bind_failure_ = code;
  }
  Statement& statement_;
  sqlite3_stmt* raw_;
  int bound_ = 0;
  int column_ = 0;
  int bind_failure_ = SQLITE_OK;
};

// A statement of fixed text, prepared at its first use.
class Statement {
 public:
  Statement(Connection& connection, const char* name, const char* sql)
      : connection_(connection), name_(name), sql_(sql) {}
  ~Statement() { sqlite3_finalize(raw_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Binds the parameters ?1, ?2 ... in order. Not twice at once.
  template <class... Values>
  Query run(const Values&... values) {
    return Query(*this, values...);
  }
  // Runs to the end; returns the number of rows changed.
  template <class... Values>
  int execute(const Values&... values) {
    Query query(*this, values...);
    while (query.step()) {
    }
    return connection_.ok() ? sqlite3_changes(connection_.handle()) : 0;
  }

 private:
  friend class Query;
  sqlite3_stmt* prepared();
  Connection& connection_;
  const char* name_;
  const char* sql_;
  sqlite3_stmt* raw_ = nullptr;
};

// One snapshot for the several statements of a call. Does nothing inside a transaction.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection)
      : connection_(connection), began_(!connection.in_transaction() && connection.begin_read()) {}
  ~Snapshot() {
    if (began_) connection_.end_read();
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Connection& connection_;
  bool began_;
};

}  // namespace rollcall::store
