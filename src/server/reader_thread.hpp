// Runs bounded reads of committed state away from the engine and the cores, on its own read-only store
// connection (DESIGN 2, "Threads"). Reads come in batches and so do their answers: a wake-up costs more than
// a read. Thread: made and stopped by the main thread; reserve() and submit() from any core; the queries run
// on this thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "api/ports.hpp"
#include "base/clock.hpp"
#include "net/mailbox.hpp"
#include "store/store.hpp"

namespace rollcall::server {

struct Read {
  uint16_t core = 0;  // that asks
  api::QueryPort::Query query;
  api::QueryPort::Done done;
};

struct ReadAnswer {
  api::QueryPort::Done done;
  Result<api::Node> result;
};

using AnswerMailbox = net::Mailbox<ReadAnswer>;

class ReaderThread {
 public:
  // `cores` are the mailboxes answers go to, by core number; they outlive this object.
  ReaderThread(std::unique_ptr<store::Reader> reader, const Clock& clock, std::vector<AnswerMailbox*> cores);
  ~ReaderThread();
  void stop();
  // A place for one read; false when too many are waiting.
  bool reserve() { return inbox_.reserve(1); }
  // Moves the batch in; each of it has its place.
  void submit(std::vector<Read>& reads) { inbox_.push_answers(reads, reads.size()); }

 private:
  void run();
  void wake();
  void hand_out();

  std::unique_ptr<store::Reader> reader_;
  const Clock& clock_;
  std::vector<AnswerMailbox*> cores_;
  std::vector<std::vector<ReadAnswer>> by_core_;
  net::Mailbox<Read> inbox_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace rollcall::server
