// What everybody in a simulated world shares. Owned by World. Thread: the world's.
#pragma once

#include "base/clock.hpp"
#include "sim/dice.hpp"
#include "sim/disk.hpp"
#include "sim/loop.hpp"
#include "sim/network.hpp"
#include "sim/plan.hpp"
#include "sim/trace.hpp"

namespace rollcall::sim {

class Truth;

struct Parts {
  const Plan& plan;
  ManualClock& clock;
  Loop& loop;
  Dice& dice;
  Trace& trace;
  Disk& disk;
  Network& network;
  Truth& truth;
  // The power went in the middle of a write: whoever sees it first says so.
  std::function<void()> on_power_cut;
};

// The key that operators sign with.
inline constexpr const char* kAccessKeyId = "LTAI5tSimulatedKey01";
inline constexpr const char* kAccessKeySecret = "simulatedSecret000000000000000";

}  // namespace rollcall::sim
