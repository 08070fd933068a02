// CoreLoop: one event loop, run by one thread. A round waits for something to do, does what is ready (within
// a bound), calls the `after_poll` hook once so that its owner hands work on in batches, and last writes what
// connections have queued. Made by server/ (one per core, which owns the thread) and by client/. Thread: the
// loop's, except stop, post and wake. Servers and clients made on a loop must be destroyed before it, on its
// thread or after run() has returned.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/clock.hpp"

namespace boost::asio {
class io_context;
}

namespace rollcall::net {

class Readiness;

class CoreLoop {
 public:
  using TimerId = uint64_t;  // never 0

  CoreLoop();
  ~CoreLoop();
  CoreLoop(const CoreLoop&) = delete;
  CoreLoop& operator=(const CoreLoop&) = delete;

  // Runs rounds on the calling thread until stop(). A loop that was stopped stays stopped.
  void run();
  // Runs rounds until `done` returns true or `timeout_ms` have passed; returns what `done` said last. For
  // tests and tools.
  bool run_until(const std::function<bool()>& done, int64_t timeout_ms);

  // Thread: any.
  void stop();
  // Runs `work` on the loop's thread, never inside this call. Thread: any. Not bounded: for commands, not for
  // traffic.
  void post(std::function<void()> work);
  // Has the on_wake hook called soon; many calls before that make one. Cheap. Thread: any.
  void wake();

  void on_wake(std::function<void()> hook);
  void after_poll(std::function<void()> hook);

  // Timers. `every` first fires after one period; a late one fires once, not once per period missed.
  TimerId at(SteadyUs deadline, std::function<void()> fire);
  TimerId after(int64_t delay_ms, std::function<void()> fire);
  TimerId every(int64_t period_ms, std::function<void()> fire);
  // Harmless for a timer that has fired.
  void cancel(TimerId id);

  SteadyUs now() const;
  const Clock& clock() const;

  // --- for net/ only
  boost::asio::io_context& io();
  Readiness& readiness();
  // Where bytes are read into before a handler sees them; shared by all connections of the loop.
  std::span<uint8_t> read_buffer();
  // Called at the end of each round, behind after_poll. Must not call protocol handlers.
  void add_flush(const void* owner, std::function<void()> flush);
  void remove_flush(const void* owner);
  // Keeps an object that pending operations point to until the loop is destroyed.
  void keep(std::shared_ptr<void> object);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::net
