// A copy of a data folder's database, open for reading while this lives and removed afterwards. The original
// is never opened: recovery is the server's. Used by store_audit. Thread: one.
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

class StoreCopy {
 public:
  StoreCopy(const std::string& data, std::string folder);
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
};

}  // namespace rollcall::testing
