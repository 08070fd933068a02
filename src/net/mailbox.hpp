// A bounded mailbox from many threads to one: moved messages, handed over in bulk. The one place beside
// counters and log with a lock. A full mailbox refuses; it never grows. Thread: push from any; drain from the
// owner only.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace rollcall::net {

// Makes many wake-ups into one: only the raise() that found the flag down has to wake the owner, who lowers
// it before it looks for work. Thread: raise any; lower the owner.
class WakeFlag {
 public:
  bool raise() noexcept { return !raised_.exchange(true, std::memory_order_acq_rel); }
  void lower() noexcept { raised_.exchange(false, std::memory_order_acq_rel); }

 private:
  std::atomic<bool> raised_{false};
};

template <class T>
class Mailbox {
 public:
  // `wake` is called (on the pushing thread) when the mailbox goes from empty to not empty; it must be cheap
  // and must not push.
  Mailbox(size_t entries_max, std::function<void()> wake)
      : entries_max_(entries_max), wake_(std::move(wake)) {}

  // Moves all of `batch` in, or nothing: false when there is no room for all of it. An accepted batch is left
  // empty.
  bool push_all(std::vector<T>& batch) {
    if (batch.empty()) return true;
    bool was_empty = false;
    {
      std::lock_guard lock(mutex_);
      if (entries_.size() + reserved_ + batch.size() > entries_max_) return false;
      was_empty = entries_.empty();
      append(batch);
    }
    if (was_empty && wake_) wake_();
    return true;
  }

  // Sets `n` places aside for a later push_answers; false when there is no room.
  bool reserve(size_t n) {
    std::lock_guard lock(mutex_);
    if (entries_.size() + reserved_ + n > entries_max_) return false;
    reserved_ += n;
    return true;
  }

  // Gives `n` places back that were set aside and will not be used.
  void release(size_t n) {
    std::lock_guard lock(mutex_);
    reserved_ -= n;
  }

  // Moves the batch in, `reserved_used` of it into places set aside before. The others are answers, bounded
  // by the requests that are under way, and are always taken.
  void push_answers(std::vector<T>& batch, size_t reserved_used) {
    if (batch.empty()) return;
    bool was_empty = false;
    {
      std::lock_guard lock(mutex_);
      reserved_ -= reserved_used;
      was_empty = entries_.empty();
      append(batch);
    }
    if (was_empty && wake_) wake_();
  }

  // Takes everything that is there; `out` is cleared first and its capacity reused.
  void drain(std::vector<T>& out) {
    out.clear();
    std::lock_guard lock(mutex_);
    out.swap(entries_);
  }

  bool empty() const {
    std::lock_guard lock(mutex_);
    return entries_.empty();
  }

 private:
  void append(std::vector<T>& batch) {
    entries_.insert(entries_.end(), std::make_move_iterator(batch.begin()),
                    std::make_move_iterator(batch.end()));
    batch.clear();
  }

  const size_t entries_max_;
  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::vector<T> entries_;
  size_t reserved_ = 0;
};

}  // namespace rollcall::net
