#include "server/reader_thread.hpp"

#include <pthread.h>

namespace rollcall::server {
namespace {
constexpr size_t kReadsWaitingMax = 4'096;
// Answers wait for those that come with them no longer than this and the read after it.
constexpr int64_t kGatherUs = 40;
}  // namespace

ReaderThread::ReaderThread(std::unique_ptr<store::Reader> reader, const Clock& clock,
                           std::vector<AnswerMailbox*> cores)
    : reader_(std::move(reader)),
      clock_(clock),
      cores_(std::move(cores)),
      by_core_(cores_.size()),
      inbox_(kReadsWaitingMax, [this] { wake(); }),
      thread_([this] { run(); }) {}

ReaderThread::~ReaderThread() { stop(); }

void ReaderThread::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ReaderThread::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void ReaderThread::hand_out() {
  for (size_t core = 0; core < cores_.size(); ++core) cores_[core]->push_answers(by_core_[core], 0);
}

void ReaderThread::run() {
  pthread_setname_np(pthread_self(), "rc-reader");
  engine::Queries queries(*reader_);
  std::vector<Read> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return woken_ || stopping_; });
      woken_ = false;
      if (stopping_) return;
    }
    inbox_.drain(batch);
    // One snapshot for all: each of them was asked for before it is taken.
    reader_->begin_batch();
    SteadyUs handed_out = clock_.steady();
    for (Read& read : batch) {
      by_core_[read.core].push_back({std::move(read.done), read.query(queries)});
      if (clock_.steady() - handed_out < kGatherUs) continue;
      hand_out();
      handed_out = clock_.steady();
    }
    reader_->end_batch();
    hand_out();
    batch.clear();
  }
}

}  // namespace rollcall::server
