// Runs bounded reads of committed state away from the engine and the cores, on its own read-only store
// connection (DESIGN 2, "Threads"). Thread: made and stopped by the main thread; submit() from any core;
// `run` on this thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/queries.hpp"
#include "net/mailbox.hpp"
#include "store/store.hpp"

namespace rollcall::server {

class ReaderThread {
 public:
  using Work = std::function<void(engine::Queries&)>;

  explicit ReaderThread(std::unique_ptr<store::Reader> reader);
  ~ReaderThread();
  void stop();
  // False when too many reads are waiting.
  bool submit(Work work);

 private:
  void run();
  void wake();

  std::unique_ptr<store::Reader> reader_;
  net::Mailbox<Work> inbox_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace rollcall::server
