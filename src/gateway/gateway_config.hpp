// Settings and counters of the device gateway. Thread: the config is a value fixed at start; the probe is
// bumped by every core and read by server/ (relaxed atomics).
#pragma once

#include <cstdint>

#include "base/counters.hpp"
#include "base/limits.hpp"

namespace rollcall::gateway {

struct GatewayConfig {
  int keep_alive_seconds_min = limits::kMqttKeepAliveSecondsMin;  // device-protocol 1.8
  int keep_alive_seconds_max = limits::kMqttKeepAliveSecondsMax;
  // QoS 0 and 1 together, over limits::kPublishBurstSeconds; 0: no limit (device-protocol 1.9 has 30 and 10)
  int64_t device_publishes_per_second = limits::kDevicePublishesPerSecond;
  uint8_t disabled_device_code = 4;  // CONNACK code for a disabled device: 4, or 5 (device-protocol 1.7)
};

struct GatewayProbe {
  Gauge connections;  // TCP connections, logged in or not
  Counter logins;
  Counter logins_refused;  // CONNACK other than 0
  Counter publishes_in;
  Counter publishes_out;
  Counter uplinks_taken;    // events, custom topics, property reports: handed to the listener of the feed
  Counter uplinks_dropped;  // the same without a listener, or without room
  Counter protocol_errors;
  Counter engine_full;  // connections closed because the engine's mailbox was full
  Counter keep_alive_cuts;
  Counter logins_damped;  // refused without looking, after too many failures
  Counter too_fast_cuts;  // published faster than they may
};

}  // namespace rollcall::gateway
