// DeadlineQueue: deadlines of one length for many connections, so a queue keeps them in order and one timer
// of the loop serves all. A deadline cannot be taken back: who is told of one looks whether it still matters.
// Included by net/ only. Thread: the loop's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "base/byte_stream.hpp"
#include "net/core_loop.hpp"

namespace rollcall::net {

class DeadlineQueue {
 public:
  DeadlineQueue(CoreLoop& loop, int64_t delay_ms, std::function<void(ConnectionRef)> due);
  void add(ConnectionRef ref);
  void stop();

 private:
  void arm();
  void fire();

  struct Entry {
    SteadyUs deadline;
    ConnectionRef ref;
  };
  CoreLoop& loop_;
  const int64_t delay_ms_;
  std::function<void(ConnectionRef)> due_;
  std::deque<Entry> entries_;
  CoreLoop::TimerId timer_ = 0;
};

}  // namespace rollcall::net
