#include "store_copy.hpp"

#include <filesystem>

namespace rollcall::testing {

namespace fs = std::filesystem;

std::string StoreRow::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw_, column));
  if (bytes == nullptr) return {};
  return std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(raw_, column)));
}

StoreCopy::StoreCopy(const std::string& store, std::string folder) : folder_(std::move(folder)) {
  fs::create_directories(folder_);
  if (store.starts_with("postgresql://")) {
    sqlite3_open_v2((folder_ + "/copy.db").c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                    nullptr);
    failure_ = copy_postgresql(store, handle_);
    return;
  }
  for (const char* name : {"/rollcall.db", "/rollcall.db-wal"}) {
    std::error_code absent;
    fs::copy_file(store + name, folder_ + name, fs::copy_options::overwrite_existing, absent);
  }
  sqlite3_open_v2((folder_ + "/rollcall.db").c_str(), &handle_, SQLITE_OPEN_READWRITE, nullptr);
}

StoreCopy::~StoreCopy() {
  sqlite3_close_v2(handle_);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string StoreCopy::integrity() {
  std::string found = failure_;
  const std::string failure = each("PRAGMA integrity_check", [&](const StoreRow& row) {
    if (row.text(0) != "ok") found += row.text(0) + "; ";
  });
  return found + failure;
}

}  // namespace rollcall::testing
