// Makes durable what a start found in the write-ahead log. Called at open, and by the tests of the simulated
// disk. Thread: that of the connection.
//
// After a failed fsync Linux keeps the pages in its cache and calls them clean. A process that starts then
// reads from the log a commit that is not on the disk, and no later fsync puts it there; commits that follow
// it in the log are lost with it when the power goes, though each of them was synced.
#pragma once

#include <sqlite3.h>

namespace rollcall::store {

// Writes the log over itself and syncs it, under the write lock. An SQLITE_ code.
int rewrite_log(sqlite3* handle) noexcept;

}  // namespace rollcall::store
