// Jobs whose sweeps take several chunks, and sweeps that are stopped in the middle. For the tests beside it.
#pragma once

#include "base/limits.hpp"
#include "engine/world.hpp"

namespace rollcall::testing {

inline constexpr int64_t kSettleMs = 2'100;  // past the wait for a $next after CONNACK
inline constexpr int64_t kManyTasks = 2 * static_cast<int64_t>(limits::kSweepRows) + 500;

inline void add_devices(World& world, const std::string& product, int64_t count) {
  for (int64_t made = 0; made < count;) {
    engine::ImportFleet import;
    for (; made < count && import.devices.size() < limits::kSweepRows; ++made) {
      Device device;
      device.name = "lamp-" + std::to_string(made);
      device.secret = Secret("secret");
      import.devices.push_back({product, device, {}, {}, {}});
    }
    auto done = world.call(std::move(import));
    ASSERT_TRUE(done) << public_message(done.error());
  }
}

// Sends a command and lets `batches` batches run, as if the program then stopped.
inline void run_batches(World& world, decltype(engine::ApiCommand::what) what, int batches) {
  world.send(engine::ApiCommand{{0, 1'000'000}, {InstanceId{1}, "", "", ""}, std::move(what)});
  std::vector<engine::Effect> lost;
  for (int i = 0; i < batches; ++i) {
    do world.engine->run(lost);
    while (world.engine->committing());
  }
}

}  // namespace rollcall::testing
