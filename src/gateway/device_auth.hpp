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
#include "model/registration.hpp"
#include "mqtt/packet.hpp"

namespace rollcall::gateway {

struct DeviceLogin {
  std::string product_key;
  std::string device_name;
  std::string client_id;  // in front of the first '|'; may be empty
  std::optional<std::string>
      timestamp;  // signed only when given, and never judged: SDKs send constants and seconds
  HashKind algorithm = HashKind::Md5;
  LoginKind kind = LoginKind::Session;
  std::string random;  // signed by who registers
  alink::SubscriptionMode mode;
  Secret password;  // hex, either case
};

// Wants a secret or a token, and no session.
bool registers(const DeviceLogin& login);

struct LoginRefusal {
  mqtt::ConnectCode code{};
  std::string why;  // for the device's log
};

// Order, unknown keys, blanks and line breaks of the extension list are the device's business
// (device-protocol 0, rule 8). IdentifierRejected: a client id that is too long, a list entry without '=', an
// unknown signmethod. BadUserOrPassword: user name or password missing, a user name that is not "dn&pk", an
// authType that is not offered. `certified`: the peer has shown a certificate, and needs no password.
tl::expected<DeviceLogin, LoginRefusal> parse_login(const mqtt::ConnectView& connect, bool certified = false);

// "DeviceName&ProductKey": what the common name of a device's certificate is.
std::string certificate_name(const DeviceLogin& login);

// `secret` is the device's, or the product's for who registers.
bool password_matches(const DeviceLogin& login, const Secret& secret);
// What a device that need not be registered gets for a client id, and later brings as its password
// (device-protocol 3.3). Derived from the device's secret, so that nothing is stored and a new secret ends
// it.
std::string device_token(const Secret& device_secret, std::string_view client_id);
bool token_matches(const DeviceLogin& login, const Secret& device_secret);
// The client id that the token of this registration is for.
std::string token_client_id(const DeviceLogin& login, const Secret& device_secret);
// What was signed with what, without any secret: for who looks for the reason of a mismatch.
std::string mismatch_text(const DeviceLogin& login);

}  // namespace rollcall::gateway
