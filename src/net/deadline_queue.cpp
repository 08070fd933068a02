#include "net/deadline_queue.hpp"

#include <utility>

namespace rollcall::net {

DeadlineQueue::DeadlineQueue(CoreLoop& loop, int64_t delay_ms, std::function<void(ConnectionRef)> due)
    : loop_(loop), delay_ms_(delay_ms), due_(std::move(due)) {}

void DeadlineQueue::add(ConnectionRef ref) {
  entries_.push_back({loop_.now() + delay_ms_ * 1000, ref});
  arm();
}

void DeadlineQueue::stop() {
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
  entries_.clear();
}

void DeadlineQueue::arm() {
  if (timer_ != 0 || entries_.empty()) return;
  timer_ = loop_.at(entries_.front().deadline, [this] { fire(); });
}

void DeadlineQueue::fire() {
  timer_ = 0;
  const SteadyUs now = loop_.now();
  while (!entries_.empty() && entries_.front().deadline <= now) {
    const ConnectionRef ref = entries_.front().ref;
    entries_.pop_front();
    due_(ref);
  }
  arm();
}

}  // namespace rollcall::net
