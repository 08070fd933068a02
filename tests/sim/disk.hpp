// The simulated disk: a file system in memory on which SQLite runs through a VFS of its own, with a truthful
// account of what a power cut leaves and with faults on demand. Used by the simulator and its tests. Thread:
// one per Disk; several Disks know nothing of each other, so several worlds may run side by side.
//
// What is durable follows POSIX as SQLite's unix VFS uses it: content by fsync of the file, names by fsync of
// the folder (the first sync of a new journal or log, a delete that asks for it). Everything else is decided
// by chance at a crash, sector by sector.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace rollcall::sim {

enum class DiskOp : uint8_t { Open, Read, Write, Truncate, Sync, Delete };
inline constexpr size_t kDiskOpCount = 6;

enum class DiskFault : uint8_t {
  OpenError,
  ReadError,
  WriteError,  // nothing written
  ShortWrite,  // the first part written, then the error
  TornWrite,   // any of its sectors written, then the error
  NoSpace,     // as ENOSPC: what still fits is written
  TruncateError,
  SyncError,  // whether the unsynced data became durable is random, and the next sync does not repair it
  DeleteError,
  Slow,  // done, but later: the clock moves
};
inline constexpr size_t kDiskFaultCount = 10;
DiskOp operation_of(DiskFault fault) noexcept;  // Slow: of any; reported as Write
std::string_view name_of(DiskOp operation) noexcept;
std::string_view name_of(DiskFault fault) noexcept;

// How often each fault strikes, in millionths of the operations that it can strike.
struct FaultPlan {
  std::array<uint32_t, kDiskFaultCount> per_million{};
  int64_t slow_us_max = 200'000;
  uint32_t& operator[](DiskFault fault) { return per_million[static_cast<size_t>(fault)]; }
};

struct DiskCounters {
  std::array<uint64_t, kDiskOpCount> operations{};
  std::array<uint64_t, kDiskFaultCount> faults{};
  uint64_t crashes = 0;
  uint64_t kills = 0;
  uint64_t sectors_lost = 0;      // unsynced sectors that a crash or a failed sync threw away
  uint64_t sectors_survived = 0;  // unsynced sectors that outlived one all the same
  uint64_t after_death = 0;       // operations of handles from before a crash or of a machine without power
  uint64_t of(DiskOp operation) const { return operations[static_cast<size_t>(operation)]; }
  uint64_t of(DiskFault fault) const { return faults[static_cast<size_t>(fault)]; }
};

class DiskState;

class Disk {
 public:
  struct Options {
    bool lying_sync = false;  // canary: a sync says OK and makes nothing durable
  };
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

  // `clock` is what SQLite sees as the time and what slow operations move; it outlives the disk. The disk
  // outlives every database opened on it.
  Disk(uint64_t seed, ManualClock& clock, Options options);
  Disk(uint64_t seed, ManualClock& clock) : Disk(seed, clock, Options()) {}
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // What to pass as SqliteOptions::vfs (sqlite3_open_v2). A new name after each crash() and kill(), so that
  // whatever the dead process still does cannot reach the files of the living one. Any path will do; there
  // are no folders.
  const std::string& vfs() const noexcept;

  // The machine dies: unsynced writes survive, vanish or tear at sector boundaries, out of order; unsynced
  // names and lengths likewise. Databases still open are dead: all that they do fails and touches nothing.
  void crash(Random& random);
  // The process dies (kill -9), the machine goes on: everything written is there.
  void kill();
  // The power goes in the middle of the `nth` write, truncate, sync or delete from now on (1 = the next):
  // a write may still have reached the system's cache in part, and everything from then on fails until
  // crash(). 0: never. crash() and kill() take it back.
  void cut_power_at(int64_t nth);
  bool power_is_cut() const noexcept;

  // --- faults; they stay as they are over a crash
  void set_faults(const FaultPlan& plan);
  // The `nth` operation that `fault` can strike from now on (1 = the next) fails, and those after it too when
  // `for_ever`. One of these at a time; replaces the one before. Slow waits slow_us_max of the plan.
  void fail_nth(DiskFault fault, int64_t nth, bool for_ever = false);
  // Files may grow by so much in total from now on; reads and overwrites go on.
  void set_free_bytes(int64_t bytes);
  int64_t free_bytes() const noexcept;
  // No faults any more, and room without end. A power cut stays one.
  void heal();

  // --- what happened
  const DiskCounters& counters() const noexcept;
  // Equal for two runs that did the same operations on the same bytes (without the salts and checksums of
  // SQLite's log, which come from the randomness of the process) with the same results.
  uint64_t trace_hash() const noexcept;
  // The last operations without the reads that went well, oldest first, one per line, for a failing run's
  // report.
  std::vector<std::string> recent_operations(size_t count) const;

  // --- files, as a process sees them now
  std::vector<std::string> file_names() const;
  // Empty when there is no such file.
  std::vector<uint8_t> content(const std::string& path) const;
  int64_t unsynced_bytes() const;
  // Databases and side files that are open, the dead ones included.
  size_t open_handles() const noexcept;

 private:
  std::unique_ptr<DiskState> state_;
};

}  // namespace rollcall::sim
