// A line of what a device did and was told lately, for an operator who asks why it does not work. Made by
// gateway/, shown by api/ (ListDeviceLogs, an extension). Thread: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace rollcall {

enum class DeviceLogKind : uint8_t {
  Login,
  LoginRefused,
  Uplink,      // the device published
  Refused,     // what it published or asked for was not taken
  Downlink,    // it was sent a message
  Subscribed,  // or unsubscribed
  Disconnected,
};

// As the API shows it: "LOGIN_REFUSED".
constexpr std::string_view device_log_kind_text(DeviceLogKind kind) noexcept {
  switch (kind) {
    case DeviceLogKind::Login:
      return "LOGIN";
    case DeviceLogKind::LoginRefused:
      return "LOGIN_REFUSED";
    case DeviceLogKind::Uplink:
      return "UPLINK";
    case DeviceLogKind::Refused:
      return "REFUSED";
    case DeviceLogKind::Downlink:
      return "DOWNLINK";
    case DeviceLogKind::Subscribed:
      return "SUBSCRIBED";
    case DeviceLogKind::Disconnected:
      return "DISCONNECTED";
  }
  return "";
}

struct DeviceLogEntry {
  WallMs at;
  DeviceLogKind kind{};
  std::string topic;  // may be cut
  std::string text;   // may be cut; holds no secret
};

}  // namespace rollcall
