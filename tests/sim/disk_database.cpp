#include "sim/disk_database.hpp"

#include <algorithm>

#include "store/sqlite/rewrite_log.hpp"

namespace rollcall::sim {
namespace {

constexpr const char* kPath = "test.db";
constexpr int64_t kKeys = 300;

}  // namespace

bool DiskDatabase::run(sqlite3* handle, const char* sql) {
  return sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

bool DiskDatabase::open() {
  close();
  const int code =
      sqlite3_open_v2(kPath, &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, disk_.vfs().c_str());
  const bool opened =
      code == SQLITE_OK && run(handle_, "PRAGMA page_size = 4096") &&
      run(handle_, "PRAGMA cache_size = 20") && run(handle_, "PRAGMA journal_mode = WAL") &&
      run(handle_, "PRAGMA synchronous = FULL") && run(handle_, "PRAGMA wal_autocheckpoint = 50") &&
      (!rewrites_log_ || store::rewrite_log(handle_) == SQLITE_OK) &&
      run(handle_, "CREATE TABLE IF NOT EXISTS kv(k INTEGER PRIMARY KEY, v INTEGER, pad BLOB)");
  if (!opened) close();
  return opened;
}

void DiskDatabase::close() {
  sqlite3_close(handle_);
  handle_ = nullptr;
}

// Small and large rows, some of them on pages of their own. The first change is never one without effect.
void DiskDatabase::change_random(Rows& rows) {
  const uint64_t count = 1 + random_.below(random_.below(4) == 0 ? 60 : 4);
  for (uint64_t i = 0; i < count; ++i) {
    const auto key = static_cast<int64_t>(random_.below(kKeys));
    std::string sql;
    if (i > 0 && random_.below(4) == 0) {
      sql = "DELETE FROM kv WHERE k = " + std::to_string(key);
      rows.erase(key);
    } else {
      const uint64_t pad = random_.below(8) == 0 ? random_.below(9'000) : random_.below(200);
      sql = "INSERT OR REPLACE INTO kv VALUES(" + std::to_string(key) + "," + std::to_string(next_value_) +
            ",zeroblob(" + std::to_string(pad) + "))";
      rows[key] = next_value_++;
    }
    if (!run(handle_, sql.c_str())) return;
  }
}

bool DiskDatabase::commit_random() {
  if (!run(handle_, "BEGIN IMMEDIATE")) return false;
  Rows rows = promised_;
  change_random(rows);
  // A failure inside has rolled back by itself; then the commit fails too.
  if (run(handle_, "COMMIT")) {
    promised_ = std::move(rows);
    perhaps_.clear();
    ++commits_;
    return true;
  }
  perhaps_.push_back(std::move(rows));
  if (sqlite3_get_autocommit(handle_) == 0) run(handle_, "ROLLBACK");
  return false;
}

void DiskDatabase::roll_back_random() {
  if (!run(handle_, "BEGIN IMMEDIATE")) return;
  Rows rows = promised_;
  change_random(rows);
  run(handle_, "ROLLBACK");
}

bool DiskDatabase::checkpoint(int mode) {
  return sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr) == SQLITE_OK;
}

bool DiskDatabase::read(sqlite3* handle, Rows& rows) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle, "SELECT k, v FROM kv", -1, &statement, nullptr) != SQLITE_OK) return false;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    rows[sqlite3_column_int64(statement, 0)] = sqlite3_column_int64(statement, 1);
  }
  sqlite3_finalize(statement);
  return code == SQLITE_DONE;
}

bool DiskDatabase::read_elsewhere(Rows& rows) {
  sqlite3* other = nullptr;
  const int code = sqlite3_open_v2(kPath, &other, SQLITE_OPEN_READONLY, disk_.vfs().c_str());
  const bool done = code == SQLITE_OK && read(other, rows);
  sqlite3_close(other);
  return done;
}

std::string DiskDatabase::check(bool faults) {
  Rows rows;
  if (!read(handle_, rows)) return faults ? "" : std::string("unreadable: ") + sqlite3_errmsg(handle_);
  return rows == promised_ ? "" : "the rows are not those of the last commit";
}

std::string DiskDatabase::check_reopened() {
  Rows rows;
  if (!read(handle_, rows)) return std::string("unreadable: ") + sqlite3_errmsg(handle_);
  sqlite3_stmt* statement = nullptr;
  std::string verdict = "no verdict";
  if (sqlite3_prepare_v2(handle_, "PRAGMA integrity_check", -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW) {
    verdict = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  }
  sqlite3_finalize(statement);
  if (verdict != "ok") return "integrity_check: " + verdict;
  if (rows != promised_ && std::find(perhaps_.begin(), perhaps_.end(), rows) == perhaps_.end()) {
    return "a commit that returned OK is gone, or one that failed is there in part";
  }
  promised_ = std::move(rows);
  perhaps_.clear();
  return "";
}

}  // namespace rollcall::sim
