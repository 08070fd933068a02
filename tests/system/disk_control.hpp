// A page of memory that a test shares with failing_disk.cpp inside the server: which write or sync of the
// data folder fails, and how. The file of the page is named by ROLLCALL_DISK_CONTROL, the folder by
// ROLLCALL_DISK_FOLDER. Changed by the test while the server runs, so that a disk can heal. Thread: any.
#pragma once

#include <atomic>
#include <cstdint>

namespace rollcall::testing {

enum class DiskFault : uint32_t {
  Eio = 0,     // nothing is written
  Enospc = 1,  // the same, the disk is full
  Torn = 2,    // half of it is written, then EIO
  Short = 3,   // half of it is written, and the call says so: no failure yet
  Kill = 4,    // SIGKILL, exactly before it
};

struct DiskControl {
  std::atomic<uint64_t> operations;  // writes, syncs and truncations so far
  std::atomic<uint64_t> fail_from;   // the number of the first that fails, from 1; 0: none
  std::atomic<uint64_t> fail_count;  // how many fail from there on
  std::atomic<uint32_t> fault;       // DiskFault
  std::atomic<int64_t> room_bytes;   // what may still be written before ENOSPC; below 0: no limit
  std::atomic<uint64_t> failures;    // operations that failed
  char first_failure[96];            // "fdatasync rollcall.db-wal"
};

}  // namespace rollcall::testing
