#include "store/sqlite/rewrite_log.hpp"

#include <algorithm>
#include <array>

namespace rollcall::store {
namespace {

int rewrite(sqlite3_file& file) {
  if (file.pMethods == nullptr) return SQLITE_OK;
  std::array<char, 64 * 1024> bytes;
  sqlite3_int64 size = 0;
  int code = file.pMethods->xFileSize(&file, &size);
  for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += static_cast<sqlite3_int64>(bytes.size())) {
    const int count = static_cast<int>(std::min<sqlite3_int64>(bytes.size(), size - at));
    code = file.pMethods->xRead(&file, bytes.data(), count, at);
    if (code == SQLITE_OK) code = file.pMethods->xWrite(&file, bytes.data(), count, at);
  }
  if (code == SQLITE_OK && size > 0) code = file.pMethods->xSync(&file, SQLITE_SYNC_NORMAL);
  return code;
}

}  // namespace

int rewrite_log(sqlite3* handle) noexcept {
  int code = sqlite3_exec(handle, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return code;
  sqlite3_file* log = nullptr;
  code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (code == SQLITE_OK && log != nullptr) code = rewrite(*log);
  sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
  return code;
}

}  // namespace rollcall::store
