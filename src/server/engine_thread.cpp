#include "server/engine_thread.hpp"

#include <pthread.h>

#include <chrono>

#include "base/limits.hpp"
#include "base/log.hpp"

namespace rollcall::server {
namespace {

constexpr int64_t kDrainUs = 2'000'000;

}  // namespace

EngineThread::EngineThread(std::unique_ptr<store::Store> store, const Clock& clock, Random& random,
                           std::vector<EffectMailbox*> cores)
    : store_(std::move(store)),
      clock_(clock),
      random_(random),
      cores_(std::move(cores)),
      by_core_(cores_.size()),
      pushes_by_core_(cores_.size()),
      inbox_(limits::kMailboxEntriesMax, [this] { wake(); }) {}

EngineThread::~EngineThread() { stop(); }

Status EngineThread::start(const engine::EngineConfig& config) {
  ROLLCALL_TRY(engine_, engine::Engine::open(*store_, clock_, random_, *this, probe_, config));
  thread_ = std::thread([this] { run(); });
  return {};
}

void EngineThread::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
}

void EngineThread::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void EngineThread::hand_out(std::vector<engine::Effect>& effects) {
  for (engine::Effect& effect : effects) {
    const uint16_t core = effect.core;
    if (std::holds_alternative<engine::PushTask>(effect.what)) ++pushes_by_core_[core];
    by_core_[core].push_back(std::move(effect));
  }
  effects.clear();
  for (size_t core = 0; core < cores_.size(); ++core) {
    cores_[core]->push_answers(by_core_[core], pushes_by_core_[core]);
    pushes_by_core_[core] = 0;
  }
}

// Sleeps until a command comes or the engine has something to do by itself.
void EngineThread::wait() {
  const auto due = engine_->next_wake_up();
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return woken_ || stopping_; };
  if (!due) {
    changed_.wait(lock, ready);
  } else {
    const int64_t us = *due - clock_.steady();
    if (us > 0) changed_.wait_for(lock, std::chrono::microseconds(us), ready);
  }
  woken_ = false;
}

void EngineThread::run() {
  pthread_setname_np(pthread_self(), "rc-engine");
  std::vector<engine::Command> commands;
  std::vector<engine::Effect> effects;
  SteadyUs stop_at{INT64_MAX};
  while (true) {
    // Behind a commit that takes its time commands wait in the mailbox, which is bounded.
    if (!engine_->committing()) {
      inbox_.drain(commands);
      engine_->submit(commands);
    }
    const bool more = engine_->run(effects);
    hand_out(effects);
    probe_.log_bytes.set(store_->log_bytes());
    bool stopping = false;
    {
      std::lock_guard lock(mutex_);
      stopping = stopping_;
    }
    if (stopping && stop_at.value == INT64_MAX) {
      stop_at = clock_.steady() + kDrainUs;
      engine_->shut_down(effects);
      hand_out(effects);
    }
    // A commit whose store does not answer must not keep the server from stopping.
    const bool in_vain = engine_->committing() && clock_.steady() >= stop_at;
    if ((more || !inbox_.empty()) && !in_vain) continue;
    if (stopping && (probe_.devices_connected.value() == 0 || clock_.steady() >= stop_at)) break;
    store_->idle();
    if (stopping) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(5), [this] { return woken_; });
      woken_ = false;
    } else {
      wait();
    }
  }
  // Presence of the devices that just left is written lazily: let the last of it be.
  for (int i = 0; i < 200; ++i) {
    engine_->run(effects);
    hand_out(effects);
    const auto due = engine_->next_wake_up();
    if (!due || *due - clock_.steady() > 300'000) break;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(5), [this] { return woken_; });
    woken_ = false;
  }
  engine_.reset();
  store_.reset();
}

}  // namespace rollcall::server
