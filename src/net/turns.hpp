// Turns: work that costs a core much, some of it in a round of the loop, the rest in the next rounds, first
// come, first served. For the handshakes of HTTPS; those of devices wait in Connections, which knows what
// else befalls them meanwhile. Bounded by the connections that wait. Included by net/ only. Thread: the
// loop's.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "net/core_loop.hpp"

namespace rollcall::net {

class Turns {
 public:
  Turns(CoreLoop& loop, int per_round);
  ~Turns();
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Does `work` now, or in a later round. What waits when this object goes is not done.
  void take(std::function<void()> work);
  size_t waiting() const { return waiting_.size(); }

 private:
  struct Alive {};
  void next_round();
  void go_on();

  CoreLoop& loop_;
  const int per_round_;
  int left_;
  bool posted_ = false;
  std::deque<std::function<void()>> waiting_;
  std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
};

}  // namespace rollcall::net
