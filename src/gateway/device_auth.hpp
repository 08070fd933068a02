// Who a device says it is, and whether its password proves it (device-protocol 1.1, 1.2, 1.7). The identity
// is the pair in the user name; the MQTT client id only carries parameters. Pure functions; the gateway looks
// the secret up in between. Thread: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "alink/subscriptions.hpp"
#include "base/crypto.hpp"
#include "base/secret.hpp"
#include "mqtt/packet.hpp"

namespace rollcall::gateway {

struct DeviceLogin {
  std::string product_key;
  std::string device_name;
  std::string client_id;  // in front of the first '|'; may be empty
  std::optional<std::string>
      timestamp;  // signed only when given, and never judged: SDKs send constants and seconds
  HashKind algorithm = HashKind::Md5;
  alink::SubscriptionMode mode;
  Secret password;  // hex, either case
};

// Order, unknown keys, blanks and line breaks of the extension list are the device's business
// (device-protocol 0, rule 8). IdentifierRejected: a client id that is too long, a list entry without '=', an
// unknown signmethod. BadUserOrPassword: user name or password missing, a user name that is not "dn&pk", an
// authType that is not offered. `certified`: the peer has shown a certificate, and needs no password.
tl::expected<DeviceLogin, mqtt::ConnectCode> parse_login(const mqtt::ConnectView& connect,
                                                         bool certified = false);

// "DeviceName&ProductKey": what the common name of a device's certificate is.
std::string certificate_name(const DeviceLogin& login);

bool password_matches(const DeviceLogin& login, const Secret& device_secret);

}  // namespace rollcall::gateway
