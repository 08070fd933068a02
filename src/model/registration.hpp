// How a device gets to its secret: it brings it, or fetches it with its product's secret (device-protocol 3).
// Thread: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rollcall {

// Which devices of a product may fetch a secret. The numbers are stored.
enum class DynamicRegistration : uint8_t {
  Off = 0,
  Preregistered = 1,  // those that are registered and were never connected
  Anyone = 2,         // others too, who are registered by it
};

constexpr std::string_view dynamic_registration_text(DynamicRegistration registration) noexcept {
  switch (registration) {
    case DynamicRegistration::Off:
      return "OFF";
    case DynamicRegistration::Preregistered:
      return "PREREGISTERED";
    case DynamicRegistration::Anyone:
      return "ANYONE";
  }
  return "OFF";
}

constexpr std::optional<DynamicRegistration> parse_dynamic_registration(std::string_view text) noexcept {
  for (const auto one :
       {DynamicRegistration::Off, DynamicRegistration::Preregistered, DynamicRegistration::Anyone})
    if (text == dynamic_registration_text(one)) return one;
  return std::nullopt;
}

// What a login wants, by its authType.
enum class LoginKind : uint8_t {
  Session,      // none: a session, by the device's secret
  Register,     // "register": the secret of a device that is registered
  RegisterNew,  // "regnwl": a token, for a device that need not be registered
  Token,        // "connwl": a session, by such a token
};

}  // namespace rollcall
