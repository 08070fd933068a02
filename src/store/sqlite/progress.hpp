// The progress of a task and what thins its history (Task::noted, noted_at), packed into the one column
// `progress`: 7 bits of progress (127: never reported), 7 bits of noted, and above them 1 + the milliseconds
// from queued_at to noted_at (0: none). NULL when there is nothing of it, so that an untouched task pays
// nothing; a task without noted rows has its bare progress there. Used by this folder only. Thread: values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "model/task.hpp"

namespace rollcall::store {

constexpr int64_t kNoProgress = 127;

inline std::optional<int64_t> pack_progress(const Task& task) {
  if (task.progress < 0 && task.noted == 0 && task.noted_at.value == 0) return std::nullopt;
  const int64_t progress = task.progress < 0 ? kNoProgress : task.progress;
  const int64_t since =
      task.noted_at.value == 0 ? 0 : 1 + std::max<int64_t>(0, task.noted_at - task.queued_at);
  return progress | static_cast<int64_t>(task.noted & 127) << 7 | since << 14;
}

inline int32_t unpack_progress(const std::optional<int64_t>& packed) {
  const int64_t progress = packed.value_or(kNoProgress) & 127;
  return progress == kNoProgress ? -1 : static_cast<int32_t>(progress);
}

// queued_at is there already.
inline void unpack_progress(const std::optional<int64_t>& packed, Task& task) {
  task.progress = unpack_progress(packed);
  if (!packed) return;
  task.noted = static_cast<uint8_t>((*packed >> 7) & 127);
  if (const int64_t since = *packed >> 14; since > 0) task.noted_at = task.queued_at + (since - 1);
}

}  // namespace rollcall::store
