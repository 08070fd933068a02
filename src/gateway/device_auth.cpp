#include "gateway/device_auth.hpp"

#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall::gateway {
namespace {

using mqtt::ConnectCode;

constexpr size_t kClientIdCodePointsMax = 64;  // device-protocol 1.1
constexpr size_t kNameBytesMax = 64;           // longer than any legal ProductKey or DeviceName

// Fits into a topic level and needs no escaping anywhere.
bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kNameBytesMax) return false;
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
    if (control || c == '/' || c == '+' || c == '#' || c == '&' || c == '"' || c == '\\') return false;
  }
  return true;
}

std::optional<HashKind> algorithm_of(std::string_view sign_method) {
  if (ascii_iequal(sign_method, "hmacmd5")) return HashKind::Md5;
  if (ascii_iequal(sign_method, "hmacsha1")) return HashKind::Sha1;
  if (ascii_iequal(sign_method, "hmacsha256") || ascii_iequal(sign_method, "sha256")) return HashKind::Sha256;
  return std::nullopt;
}

// One "key=value" of the extension list.
std::optional<ConnectCode> take_extension(DeviceLogin& login, std::string_view key, std::string_view value) {
  if (key == "signmethod") {
    const auto algorithm = algorithm_of(value);
    if (!algorithm) return ConnectCode::IdentifierRejected;
    login.algorithm = *algorithm;
  } else if (key == "timestamp") {
    login.timestamp = std::string(value);
  } else if (key == "_ss") {
    login.mode.automatic = value == "1";
  } else if (key == "ext") {
    login.mode.ext_rrpc = parse_int(value).value_or(0) & 1;
  } else if (key == "authType" && !value.empty()) {
    return ConnectCode::BadUserOrPassword;
  }
  return std::nullopt;
}

// "<id>|k=v,k=v|"; a missing closing bar is harmless.
std::optional<ConnectCode> take_client_id(DeviceLogin& login, std::string_view text) {
  if (text.size() > limits::kMqttClientIdBytesMax) return ConnectCode::IdentifierRejected;
  const size_t bar = text.find('|');
  login.client_id = std::string(text.substr(0, bar));
  if (utf8_length(login.client_id).value_or(SIZE_MAX) > kClientIdCodePointsMax)
    return ConnectCode::IdentifierRejected;
  if (bar == std::string_view::npos) return std::nullopt;
  std::string_view list = text.substr(bar + 1);
  list = list.substr(0, list.rfind('|'));
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view entry = trim(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (entry.empty()) continue;
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos) return ConnectCode::IdentifierRejected;
    if (const auto refused =
            take_extension(login, trim(entry.substr(0, equals)), trim(entry.substr(equals + 1))))
      return refused;
  }
  return std::nullopt;
}

std::string signed_text(const DeviceLogin& login, bool with_client_id) {
  std::string text;
  if (with_client_id) text.append("clientId").append(login.client_id);
  text.append("deviceName").append(login.device_name).append("productKey").append(login.product_key);
  if (login.timestamp) text.append("timestamp").append(*login.timestamp);
  return text;
}

}  // namespace

std::string certificate_name(const DeviceLogin& login) { return login.device_name + "&" + login.product_key; }

tl::expected<DeviceLogin, ConnectCode> parse_login(const mqtt::ConnectView& connect, bool certified) {
  DeviceLogin login;
  if (const auto refused = take_client_id(login, connect.client_id)) return tl::unexpected(*refused);
  if (!connect.user_name || (!connect.password && !certified))
    return tl::unexpected(ConnectCode::BadUserOrPassword);
  const size_t ampersand = connect.user_name->find('&');
  if (ampersand == std::string_view::npos) return tl::unexpected(ConnectCode::BadUserOrPassword);
  login.device_name = std::string(connect.user_name->substr(0, ampersand));
  login.product_key = std::string(connect.user_name->substr(ampersand + 1));
  if (!is_name(login.device_name) || !is_name(login.product_key))
    return tl::unexpected(ConnectCode::BadUserOrPassword);
  const std::string_view password = connect.password.value_or(std::string_view());
  if (password.size() > 64) return tl::unexpected(ConnectCode::BadUserOrPassword);
  login.password = Secret(std::string(password));
  return login;
}

bool password_matches(const DeviceLogin& login, const Secret& device_secret) {
  if (device_secret.empty()) return false;  // an empty key signs for everybody
  const auto given = hex_decode(login.password.reveal());
  if (!given) return false;
  const std::string& key = device_secret.reveal();
  const bool matches =
      constant_time_equal(*given, hmac(login.algorithm, key, signed_text(login, !login.client_id.empty())));
  // An empty client id was either left out of the signature or signed as empty (device-protocol 1.2).
  if (matches || !login.client_id.empty()) return matches;
  return constant_time_equal(*given, hmac(login.algorithm, key, signed_text(login, true)));
}

}  // namespace rollcall::gateway
