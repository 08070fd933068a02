// The server as one process of the simulated world: the real store, engine, gateway cores and API, wired as
// server/ wires them, but with every thread replaced by events: a mailbox that was filled is looked at after
// a while, in any order with everything else. Dies and starts again on the same disk. Thread: the world's.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "api/service.hpp"
#include "engine/engine.hpp"
#include "gateway/core.hpp"
#include "sim/parts.hpp"
#include "store/store.hpp"

namespace rollcall::sim {

class ServerProcess final : public engine::PushRoom {
 public:
  explicit ServerProcess(Parts& parts);
  ~ServerProcess() override;

  // Opens the store and everything on it. False: the disk did not allow it; nothing runs.
  bool start();
  // The process is gone: nothing it still had to say is heard. The disk's part in it is the caller's.
  void die();
  uint64_t life() const { return life_; }
  bool is_up() const { return engine_ != nullptr; }

  // The answer comes later or never. The request must be complete and signed.
  void http(HttpRequest request, HttpResponder respond);

  store::Store* store() { return store_.get(); }
  engine::EngineProbe& probe() { return *probe_; }
  // Wall time as the process counts it: a step of the wall clock does not move it.
  WallMs even_wall() const;

  bool reserve(uint16_t core, size_t pushes) override;
  void release(uint16_t core, size_t pushes) override;

 private:
  struct Core;
  bool open();
  void start_cores();
  void wake_engine(int64_t delay_us);
  void run_engine();
  void hand_out(std::vector<engine::Effect>& effects);
  void wake_core(Core& core);
  void take_effects(Core& core);
  void flush(Core& core);
  void tick();
  // `what` happens after a while, unless the process has died by then.
  void later(int64_t us, std::function<void()> what);
  int64_t thread_delay();

  Parts& parts_;
  uint64_t life_ = 0;  // raised by every start and death: events of an earlier life do nothing
  std::unique_ptr<SeededRandom> random_;
  std::unique_ptr<engine::EngineProbe> probe_;
  std::unique_ptr<gateway::GatewayProbe> gateway_probe_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Reader> reader_;
  IdCodec::Key key_{};
  std::vector<std::unique_ptr<Core>> cores_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<api::ApiService> api_;
  std::vector<engine::Command> inbox_;
  SteadyUs engine_due_{INT64_MAX};
  WallMs wall_base_;
  SteadyUs steady_base_;
};

}  // namespace rollcall::sim
