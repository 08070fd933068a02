// SIGINT and SIGTERM, turned into one call on the loop; a second signal ends the process at once with status
// 130, even when the loop hangs. Made once by server/ or a command of the CLI. Thread: the loop's, which must
// outlive it.
#pragma once

#include <functional>
#include <memory>

#include "net/core_loop.hpp"

namespace rollcall::net {

class SignalWatch {
 public:
  // `on_signal` gets the signal's number, once. At most one SignalWatch exists in a process at a time.
  SignalWatch(CoreLoop& loop, std::function<void(int)> on_signal);
  // Gives the signals their default meaning back.
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Impl;
  CoreLoop& loop_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace rollcall::net
