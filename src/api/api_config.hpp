// The settings of the API that server/ takes from flags, environment and file. Thread: value, fixed while the
// server runs.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/limits.hpp"

namespace rollcall::api {

// Limits of the vendor that an operator may lift (DESIGN 6).
struct ApiLimits {
  int64_t rollout_per_minute_max = limits::kRolloutPerMinuteMax;
  int64_t schedule_min_delay_seconds = limits::kScheduleMinDelayMs / 1000;
  int64_t job_lifetime_ms =
      limits::kJobLifetimeMs;          // of a job without LifetimeInHours; 0 = for ever (DESIGN 5.15)
  bool qps_enabled = true;             // limit the calls of an account (wire-protocol 7)
  std::map<std::string, int64_t> qps;  // calls a second by action, instead of the table's; 0 = no limit
};

struct ApiConfig {
  ApiLimits limits;
  std::string region = "cn-shanghai";  // what QueryDeviceDetail calls Region
  std::string instance_id;             // the IotInstanceId of the one instance; empty: it has none
  bool accept_any_instance = false;    // an unknown IotInstanceId means the default instance (cloud-api 0.1)
  bool strict = false;                 // refuse unknown parameters (DESIGN 5.2)
  bool chinese = false;                // language of ErrorMessage (DESIGN 5.20)
  int gmt_offset_minutes = 480;        // zone of the Gmt* texts and LastOnlineTime (DESIGN 5.21)
};

}  // namespace rollcall::api
