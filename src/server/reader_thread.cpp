#include "server/reader_thread.hpp"

#include <pthread.h>

namespace rollcall::server {
namespace {
constexpr size_t kReadsWaitingMax = 4'096;
}

ReaderThread::ReaderThread(std::unique_ptr<store::Reader> reader)
    : reader_(std::move(reader)), inbox_(kReadsWaitingMax, [this] { wake(); }), thread_([this] { run(); }) {}

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

bool ReaderThread::submit(Work work) {
  std::vector<Work> one;
  one.push_back(std::move(work));
  return inbox_.push_all(one);
}

void ReaderThread::run() {
  pthread_setname_np(pthread_self(), "rc-reader");
  engine::Queries queries(*reader_);
  std::vector<Work> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return woken_ || stopping_; });
      woken_ = false;
      if (stopping_) return;
    }
    inbox_.drain(batch);
    for (Work& work : batch) work(queries);
    batch.clear();
  }
}

}  // namespace rollcall::server
