// A copy of a store's rows, open for reading while this lives and removed afterwards. The database of a data
// folder is copied as files and never opened: recovery is the server's. Of a PostgreSQL the tables are read
// in one snapshot. Used by store_audit. Thread: one.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace rollcall::testing {

class StoreRow {
 public:
  explicit StoreRow(sqlite3_stmt* raw) : raw_(raw) {}
  int64_t number(int column) const { return sqlite3_column_int64(raw_, column); }
  std::string text(int column) const;

 private:
  sqlite3_stmt* raw_;
};

// Fills an empty database with the tables at `url`; what failed, or empty.
std::string copy_postgresql(const std::string& url, sqlite3* to);

class StoreCopy {
 public:
  // `store`: a data folder, or the address of a PostgreSQL.
  StoreCopy(const std::string& store, std::string folder);
  ~StoreCopy();
  StoreCopy(const StoreCopy&) = delete;
  StoreCopy& operator=(const StoreCopy&) = delete;

  // Calls on_row(StoreRow) for each row; the text of a failure, or empty.
  template <class OnRow>
  std::string each(const char* sql, OnRow&& on_row) {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
      code = sqlite3_step(statement);
      if (code == SQLITE_ROW) on_row(StoreRow(statement));
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? "" : std::string(sql) + ": " + sqlite3_errmsg(handle_);
  }

  // What PRAGMA integrity_check finds; empty when all is well.
  std::string integrity();

 private:
  std::string folder_;
  sqlite3* handle_ = nullptr;
  std::string failure_;
};

}  // namespace rollcall::testing
