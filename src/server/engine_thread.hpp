// The engine's thread: drains the commands of all cores, runs batches, hands effects to each core's mailbox
// (DESIGN 2, "Threads"). Owns the engine; the store belongs to this thread from start() to stop(). Thread:
// made and stopped by the main thread; submit() from any core.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "engine/engine.hpp"
#include "net/mailbox.hpp"
#include "store/store.hpp"

namespace rollcall::server {

using EffectMailbox = net::Mailbox<engine::Effect>;

class EngineThread final : public engine::PushRoom {
 public:
  // `cores` are the mailboxes effects go to, by core number; they outlive this object.
  EngineThread(std::unique_ptr<store::Store> store, const Clock& clock, Random& random,
               std::vector<EffectMailbox*> cores);
  ~EngineThread() override;

  // Opens the engine (on the calling thread), then starts the thread.
  Status start(const engine::EngineConfig& config);
  // Asks the cores to close their devices, works off what is there, and joins. Bounded to some seconds.
  void stop();

  // Moves the whole batch in, or nothing: false when the mailbox is full.
  bool submit(std::vector<engine::Command>& commands) { return inbox_.push_all(commands); }
  engine::EngineProbe& probe() { return probe_; }

  bool reserve(uint16_t core, size_t pushes) override { return cores_[core]->reserve(pushes); }
  void release(uint16_t core, size_t pushes) override { cores_[core]->release(pushes); }

 private:
  void run();
  void hand_out(std::vector<engine::Effect>& effects);
  void wait();
  void wake();

  std::unique_ptr<store::Store> store_;
  const Clock& clock_;
  Random& random_;
  std::vector<EffectMailbox*> cores_;
  std::vector<std::vector<engine::Effect>> by_core_;
  std::vector<size_t> pushes_by_core_;
  engine::EngineProbe probe_;
  std::unique_ptr<engine::Engine> engine_;
  net::Mailbox<engine::Command> inbox_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace rollcall::server
