// A plain SQLite database on a simulated disk with a model beside it: random transactions, and at any time
// the question whether what is there is what was promised. Used by the disk's own tests. Thread: one.
#pragma once

#include <sqlite3.h>

#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "sim/disk.hpp"

namespace rollcall::sim {

class DiskDatabase {
 public:
  using Rows = std::map<int64_t, int64_t>;

  // `rewrites_log`: as the store does at a start (store/sqlite/rewrite_log.hpp).
  DiskDatabase(Disk& disk, Random& random, bool rewrites_log = true)
      : disk_(disk), random_(random), rewrites_log_(rewrites_log) {}
  ~DiskDatabase() { close(); }
  DiskDatabase(const DiskDatabase&) = delete;
  DiskDatabase& operator=(const DiskDatabase&) = delete;

  // Opens, makes the table when it is not there. False: a fault.
  bool open();
  void close();
  bool is_open() const { return handle_ != nullptr; }
  // One transaction of random changes; true when the commit returned OK.
  bool commit_random();
  // Random changes that are rolled back.
  void roll_back_random();
  bool checkpoint(int mode);
  // The rows as another, read-only connection sees them; false: a fault.
  bool read_elsewhere(Rows& rows);

  // Reads everything, and says what is wrong with it: "" when nothing is. `faults` = read errors may happen,
  // and are nothing wrong.
  std::string check(bool faults = false);
  // The same after a crash or kill and a new open; what was uncertain is certain then.
  std::string check_reopened();
  int64_t commits() const { return commits_; }
  sqlite3* handle() { return handle_; }

  static bool run(sqlite3* handle, const char* sql);

 private:
  void change_random(Rows& rows);
  bool read(sqlite3* handle, Rows& rows);
  Disk& disk_;
  Random& random_;
  bool rewrites_log_;
  sqlite3* handle_ = nullptr;
  Rows promised_;              // by the last commit that returned OK
  std::vector<Rows> perhaps_;  // by commits that failed after it
  int64_t commits_ = 0;
  int64_t next_value_ = 1;
};

}  // namespace rollcall::sim
