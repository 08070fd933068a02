// The last things that the devices of a core did, were sent and were refused, in bounded memory: one ring of
// lines for all devices, and apart from it the last refusals of each, which the traffic of others does not
// push out. Kept in memory only; asked by ListDeviceLogs. Thread: its core.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/lru_map.hpp"
#include "model/device_log_entry.hpp"
#include "model/ids.hpp"

namespace rollcall::gateway {

// "{device_name}&{product_key}", as in a user name.
std::string log_name(std::string_view product_key, std::string_view device_name);

class DeviceLog {
 public:
  // A line of a device that is known. Cheap: it stands on the way of every message.
  void note(DeviceId device, WallMs at, DeviceLogKind kind, std::string_view topic, std::string_view text);
  // A message: its size, QoS and first bytes.
  void note_message(DeviceId device, WallMs at, DeviceLogKind kind, std::string_view topic, int qos,
                    std::string_view payload);
  // Whoever called itself by that name (log_name) was refused.
  void refuse(std::string_view name, WallMs at, DeviceLogKind kind, std::string_view topic, std::string text);

  // What is known of that device, newest first.
  std::vector<DeviceLogEntry> last(DeviceId device, std::string_view name, size_t entries_max);

 private:
  struct Line {
    WallMs at;
    DeviceId device;
    DeviceLogKind kind{};
    uint8_t topic_bytes = 0;
    uint8_t text_bytes = 0;
    std::array<char, limits::kDeviceLogLineBytes> bytes;  // the topic, then the text
  };
  std::vector<Line> lines_;  // grows to limits::kDeviceLogLines, then goes round
  size_t next_ = 0;
  LruMap<std::deque<DeviceLogEntry>> refusals_{limits::kRefusedDevicesMax};  // by log_name, newest last
};

}  // namespace rollcall::gateway
