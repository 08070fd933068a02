// The answer of ListDeviceLogs (ours). Thread: any; pure.
#pragma once

#include <vector>

#include "api/node.hpp"
#include "model/device_log_entry.hpp"

namespace rollcall::api {

Node render_device_log(const std::vector<DeviceLogEntry>& entries);

}  // namespace rollcall::api
