// SQLite's file layer with a switch: from the n-th write or sync on, once or for ever, the disk fails.
// Everything else goes to the real one. Thread: one (the switch is the process's).
#pragma once

#include <cstdint>

namespace rollcall::store {

// While one lives, every database opened in this process goes through it.
class FailingVfs {
 public:
  FailingVfs();
  ~FailingVfs();
  FailingVfs(const FailingVfs&) = delete;
  FailingVfs& operator=(const FailingVfs&) = delete;

  // The `nth` write or sync from now on fails with this SQLITE_ code, and those after it too when `for_ever`.
  void fail(int64_t nth, int code, bool for_ever);
  void heal();
  bool failed() const;
};

}  // namespace rollcall::store
