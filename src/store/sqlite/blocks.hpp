// How many tasks of each status every block of consecutive tasks has (migration 8, ADR 0011): the writer
// moves the counts with the rows, a reader leaves out blocks that have none of what it looks for. Used by
// this folder only. Thread: the connection's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/task.hpp"
#include "store/sqlite/statement.hpp"

namespace rollcall::store {

// Two packed columns, fifteen bits a status: counts, or a mask of the statuses looked for. The count of a
// whole upper block (128 * 128) fits.
struct BlockCounts {
  int64_t early = 0;
  int64_t late = 0;

  void add(TaskStatus status, int64_t count) {
    const int place = static_cast<int>(status) - 1;
    (place < kStatusesAColumn ? early : late) += count * (int64_t{1} << place % kStatusesAColumn * kBits);
  }
  void add(const BlockCounts& other) { early += other.early, late += other.late; }
  bool operator==(const BlockCounts&) const = default;
  static BlockCounts mask_of(std::span<const TaskStatus> statuses);

  static constexpr int kStatusesAColumn = 4;
  static constexpr int kBits = 15;
};

class Blocks {
 public:
  explicit Blocks(Connection& connection);
  void begin() { changes_.clear(); }
  void made(const TaskKey& key, TaskStatus status) { at(key).add(status, 1); }
  void moved(const TaskKey& key, TaskStatus from, TaskStatus to) {
    BlockCounts& counts = at(key);
    counts.add(from, -1);
    counts.add(to, 1);
  }
  // Writes every block that changed once.
  void flush();
  // The job has no tasks any more.
  void forget(JobId job) { forget_.execute(job); }

 private:
  struct Change {
    JobId job;
    int64_t block = 0;
    BlockCounts counts;
  };
  BlockCounts& at(const TaskKey& key);
  void write(int level);

  Statement add_, insert_, forget_;
  std::vector<Change> changes_;  // neighbours are of different blocks
};

}  // namespace rollcall::store
