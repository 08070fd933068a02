// The content of one simulated file: what a process reads now, what the platter holds, and the changes
// between the two. Used by DiskState. Thread: one.
//
// A change reaches the platter sector by sector. The system's cache holds whole sectors, so a sector that
// survives a crash holds all changes up to some moment, each sector its own; the length is one more thing
// that is as old as some moment of its own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"

namespace rollcall::sim {

class DiskFile {
 public:
  static constexpr int64_t kSectorBytes = 512;
  static constexpr int64_t kPageBytes = 4096;
  // More than that unsynced, and the system writes it back by itself.
  static constexpr size_t kUnsyncedBytesMax = size_t{64} << 20;

  int64_t size() const noexcept { return static_cast<int64_t>(current_.size()); }
  const std::vector<uint8_t>& bytes() const noexcept { return current_; }
  int64_t unsynced_bytes() const noexcept { return static_cast<int64_t>(written_.size()); }

  // Bytes read; fewer than asked at the end of the file.
  size_t read(int64_t at, std::span<uint8_t> out) const;
  void write(int64_t at, std::span<const uint8_t> data);
  void truncate(int64_t size);
  void sync();

  struct Outcome {
    uint64_t sectors_lost = 0;
    uint64_t sectors_survived = 0;
  };
  // The sync failed: what became durable is random, and the rest counts as clean from now on (nothing will
  // write it again), while reads still see it.
  Outcome fail_sync(Random& random);
  // The power went: the file is what chance left on the platter.
  Outcome crash(Random& random);

 private:
  struct Change {
    int64_t at = 0;        // of a truncation: the new size
    size_t length = 0;     // 0: a truncation
    size_t data_from = 0;  // in written_
    int64_t size_after = 0;
  };
  // For each change and each of its sectors, whether it survives.
  struct Survival;
  static Survival decide(Random& random, size_t changes);
  int64_t end_of_changes() const;
  Outcome settle(Random& random);
  void apply(const Change& change, uint32_t number, const std::vector<uint32_t>& newest,
             std::vector<uint8_t>& onto) const;

  std::vector<uint8_t> current_;
  std::vector<uint8_t> durable_;
  std::vector<Change> changes_;  // since the last sync, in order
  std::vector<uint8_t> written_;
};

}  // namespace rollcall::sim
