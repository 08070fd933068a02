// What the simulated disk is made of: names, files, open handles, shared memory, faults. disk.cpp is its
// outer face, disk_vfs.cpp the one that SQLite sees; the operations that can fail are in disk_state.cpp.
// Thread: one.
#pragma once

#include <sqlite3.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/disk.hpp"
#include "sim/disk_file.hpp"

namespace rollcall::sim {

class DiskState;

// The memory that the connections of one database share (SQLite's wal-index), with its locks.
struct SharedMemory {
  static constexpr int kLocks = SQLITE_SHM_NLOCK;
  static constexpr int64_t kRegionBytes = 32 * 1024;
  std::vector<std::unique_ptr<uint8_t[]>> regions;
  std::array<int, kLocks> shared{};
  std::array<bool, kLocks> exclusive{};
  int users = 0;
};

// A file that has, or had, a name.
struct Node {
  DiskFile file;
  uint32_t path_id = 0;
  bool linked = false;
  // Locks on the file as a whole.
  int sharing = 0;
  const void* reserved = nullptr;
  const void* pending = nullptr;
  const void* exclusive = nullptr;
  std::shared_ptr<SharedMemory> memory;
};

// An open file. SQLite gives the room for it and knows its first member only.
struct Handle {
  sqlite3_file base{};
  DiskState* disk = nullptr;
  uint64_t boot = 0;
  std::shared_ptr<Node> node;
  std::shared_ptr<SharedMemory> memory;
  int flags = 0;
  int lock = SQLITE_LOCK_NONE;
  uint32_t shared_slots = 0;
  uint32_t exclusive_slots = 0;
  bool syncs_folder = false;  // at its next sync
};

// One registration with SQLite. Those of the dead processes stay, unregistered, as long as the disk.
struct DiskVfs {
  sqlite3_vfs base{};
  DiskState* disk = nullptr;
  uint64_t boot = 0;
  std::string name;
};

class DiskState {
 public:
  DiskState(uint64_t seed, ManualClock& manual_clock, Disk::Options disk_options);
  ~DiskState();

  // --- operations; each returns what SQLite is told
  int open(const char* path, int flags, uint64_t boot, Handle& handle);
  int read(Handle& handle, int64_t at, std::span<uint8_t> out);
  int write(Handle& handle, int64_t at, std::span<const uint8_t> data);
  int truncate(Handle& handle, int64_t size);
  int sync(Handle& handle);
  int remove(const char* path, bool sync_folder, uint64_t boot);
  void close(Handle& handle);
  // False, and counted: the process of this handle is dead, or the machine has no power.
  bool alive(uint64_t boot);
  bool take_room(int64_t bytes);
  void give_room(int64_t bytes);

  void crash(Random& random);
  void kill();
  void register_vfs();

  void set_faults(const FaultPlan& faults);
  void fail_nth(DiskFault fault, int64_t nth, bool for_ever);
  void heal();
  void set_free_bytes(int64_t bytes);
  int64_t free_bytes() const;
  std::vector<std::string> recent_operations(size_t count) const;
  void release_memory(Handle& handle);

  ManualClock& clock;
  SeededRandom random;
  Disk::Options options;
  DiskCounters counters;
  std::map<std::string, std::shared_ptr<Node>, std::less<>> names;
  std::vector<std::unique_ptr<DiskVfs>> processes;  // the last one lives
  uint64_t trace = 0;
  size_t open_handles = 0;
  int64_t power_cut_in = 0;
  bool power_is_cut = false;

 private:
  struct Traced {
    DiskOp operation{};
    uint32_t path_id = 0;
    int64_t at = 0;
    int64_t length = 0;
    int code = SQLITE_OK;
  };
  static constexpr size_t kTracedMax = 256;

  // Counts the operation, lets time pass, and says which fault strikes, if any.
  bool strikes(DiskOp operation, DiskFault& fault, bool grows = false);
  bool strikes_now(DiskFault fault);
  // True: this operation finds the power gone.
  bool cuts_power();
  int done(DiskOp operation, uint32_t path_id, int64_t at, int64_t length, int code, uint64_t bytes_hash = 0);
  void put(Handle& handle, int64_t at, std::span<const uint8_t> data);
  void put_torn(Handle& handle, int64_t at, std::span<const uint8_t> data);
  int write_what_fits(Handle& handle, int64_t at, std::span<const uint8_t> data, int64_t room);
  void start_again();
  uint32_t path_id(const std::string& path);
  void add(DiskFile::Outcome outcome);

  FaultPlan plan_;
  std::array<std::vector<DiskFault>, kDiskOpCount> planned_;  // per operation, those with any chance
  DiskFault nth_fault_{};
  int64_t nth_in_ = 0;  // 0: none
  bool nth_for_ever_ = false;
  bool nth_reached_ = false;
  int64_t capacity_ = Disk::kUnlimited;
  int64_t used_ = 0;
  std::map<std::string, std::shared_ptr<Node>, std::less<>> durable_names_;
  std::vector<std::string> paths_;
  std::array<Traced, kTracedMax> traced_{};
  uint64_t traced_count_ = 0;
};

// Fills in SQLite's table of functions for a registration (disk_vfs.cpp).
void fill_in(DiskVfs& vfs);

}  // namespace rollcall::sim
