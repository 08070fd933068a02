// Opens the embedded store. Called by server/, tests and benchmarks; everything else sees store.hpp only.
#pragma once

#include <memory>
#include <string>

#include "base/random.hpp"
#include "store/store.hpp"

namespace rollcall::store {

struct SqliteOptions {
  std::string path;              // a file, or ":memory:" (then no second reader)
  bool synchronous_full = true;  // false only for benchmarks
  size_t cache_kib = 16 * 1024;
  // A VFS of SQLite by its registered name; empty: the system's files. The lock and the mode of the file are
  // left to it, as its paths need not exist outside of it (a simulated disk has neither users nor processes).
  std::string vfs = {};
};

// Opens or creates the file, runs the migrations, takes the lock (one writing process per file). Error:
// SystemException whose message says what to do (file in use, newer schema, not a database).
Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options, Random& random);
// A second, read-only connection to the same file.
Result<std::unique_ptr<Reader>> open_sqlite_reader(const SqliteOptions& options);

}  // namespace rollcall::store
