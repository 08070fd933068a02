#include "store/sqlite/blocks.hpp"

#include <algorithm>
#include <tuple>

namespace rollcall::store {
namespace {

constexpr int64_t kBlock = 128;  // tasks of a block, and blocks of an upper block

}  // namespace

BlockCounts BlockCounts::mask_of(std::span<const TaskStatus> statuses) {
  constexpr int64_t kAll = (1 << kBits) - 1;
  BlockCounts mask;
  for (size_t value = 1; value <= kTaskStatusCount; ++value) {
    const auto status = static_cast<TaskStatus>(value);
    if (std::find(statuses.begin(), statuses.end(), status) != statuses.end()) mask.add(status, kAll);
  }
  return mask;
}

Blocks::Blocks(Connection& c)
    : add_(c, "task_block_add",
           "UPDATE task_block SET early = early + ?4, late = late + ?5 "
           "WHERE job = ?1 AND level = ?2 AND block = ?3"),
      insert_(c, "task_block_insert", "INSERT INTO task_block VALUES(?1, ?2, ?3, ?4, ?5)"),
      forget_(c, "task_block_forget", "DELETE FROM task_block WHERE job = ?1") {}

BlockCounts& Blocks::at(const TaskKey& key) {
  const int64_t block = key.sequence / kBlock;
  if (changes_.empty() || changes_.back().block != block || changes_.back().job != key.job) {
    changes_.push_back({key.job, block, {}});
  }
  return changes_.back().counts;
}

void Blocks::flush() {
  write(0);
  for (Change& change : changes_) change.block /= kBlock;
  write(1);
  changes_.clear();
}

void Blocks::write(int level) {
  const auto place = [](const Change& change) { return std::tie(change.job, change.block); };
  std::sort(changes_.begin(), changes_.end(),
            [&](const Change& a, const Change& b) { return place(a) < place(b); });
  size_t kept = 0;
  for (size_t i = 0; i < changes_.size(); ++i) {
    if (kept > 0 && place(changes_[kept - 1]) == place(changes_[i])) {
      changes_[kept - 1].counts.add(changes_[i].counts);
    } else {
      changes_[kept++] = changes_[i];
    }
  }
  changes_.resize(kept);
  for (const auto& [job, block, counts] : changes_) {
    if (counts == BlockCounts{}) continue;
    if (add_.execute(job, level, block, counts.early, counts.late) == 0) {
      insert_.execute(job, level, block, counts.early, counts.late);
    }
  }
}

}  // namespace rollcall::store
