#include "gateway/device_auth.hpp"

#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/sign_method.hpp"

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

std::optional<LoginKind> kind_of(std::string_view auth_type) {
  if (auth_type.empty()) return LoginKind::Session;
  if (auth_type == "register") return LoginKind::Register;
  if (auth_type == "regnwl") return LoginKind::RegisterNew;
  if (auth_type == "connwl") return LoginKind::Token;
  return std::nullopt;
}

// One "key=value" of the extension list.
std::optional<LoginRefusal> take_extension(DeviceLogin& login, std::string_view key, std::string_view value) {
  if (key == "signmethod") {
    const auto algorithm = parse_sign_method(value);
    if (!algorithm)
      return LoginRefusal{ConnectCode::IdentifierRejected, "signmethod " + excerpt(value) + " is unknown"};
    login.algorithm = *algorithm;
  } else if (key == "timestamp") {
    login.timestamp = std::string(value);
  } else if (key == "_ss") {
    login.mode.automatic = value == "1";
  } else if (key == "ext") {
    login.mode.ext_rrpc = parse_int(value).value_or(0) & 1;
  } else if (key == "random") {
    login.random = std::string(value);
  } else if (key == "authType") {
    const auto kind = kind_of(value);
    if (!kind)
      return LoginRefusal{ConnectCode::BadUserOrPassword, "authType " + excerpt(value) + " is not offered"};
    login.kind = *kind;
  }
  return std::nullopt;
}

// "<id>|k=v,k=v|"; a missing closing bar is harmless.
std::optional<LoginRefusal> take_client_id(DeviceLogin& login, std::string_view text) {
  const auto rejected = [](std::string why) {
    return LoginRefusal{ConnectCode::IdentifierRejected, std::move(why)};
  };
  if (text.size() > limits::kMqttClientIdBytesMax) return rejected("the client id is too long");
  const size_t bar = text.find('|');
  login.client_id = std::string(text.substr(0, bar));
  if (utf8_length(login.client_id).value_or(SIZE_MAX) > kClientIdCodePointsMax)
    return rejected("the client id has more than 64 characters in front of the first |");
  if (bar == std::string_view::npos) return std::nullopt;
  std::string_view list = text.substr(bar + 1);
  list = list.substr(0, list.rfind('|'));
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view entry = trim(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (entry.empty()) continue;
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos) return rejected("no = in the client id's entry " + excerpt(entry));
    if (const auto refused =
            take_extension(login, trim(entry.substr(0, equals)), trim(entry.substr(equals + 1))))
      return refused;
  }
  return std::nullopt;
}

// device-protocol 1.2; 3.2 for who registers.
std::string signed_text(const DeviceLogin& login, bool with_client_id) {
  std::string text;
  if (registers(login))
    return text.append("deviceName")
        .append(login.device_name)
        .append("productKey")
        .append(login.product_key)
        .append("random")
        .append(login.random);
  if (with_client_id) text.append("clientId").append(login.client_id);
  text.append("deviceName").append(login.device_name).append("productKey").append(login.product_key);
  if (login.timestamp) text.append("timestamp").append(*login.timestamp);
  return text;
}

}  // namespace

bool registers(const DeviceLogin& login) {
  return login.kind == LoginKind::Register || login.kind == LoginKind::RegisterNew;
}

std::string device_token(const Secret& device_secret, std::string_view client_id) {
  return hex_lower(hmac(HashKind::Sha256, device_secret.reveal(), "deviceToken" + std::string(client_id)));
}

bool token_matches(const DeviceLogin& login, const Secret& device_secret) {
  return !device_secret.empty() &&
         constant_time_equal(login.password.reveal(), device_token(device_secret, login.client_id));
}

std::string token_client_id(const DeviceLogin& login, const Secret& device_secret) {
  const std::string text = "clientId" + login.client_id + "random" + login.random;
  return hex_lower(hmac(HashKind::Sha256, device_secret.reveal(), text)).substr(0, 24);
}

std::string certificate_name(const DeviceLogin& login) { return login.device_name + "&" + login.product_key; }

tl::expected<DeviceLogin, LoginRefusal> parse_login(const mqtt::ConnectView& connect, bool certified) {
  const auto refused = [](std::string why) {
    return tl::unexpected(LoginRefusal{ConnectCode::BadUserOrPassword, std::move(why)});
  };
  DeviceLogin login;
  if (auto refusal = take_client_id(login, connect.client_id)) return tl::unexpected(std::move(*refusal));
  if (!connect.user_name) return refused("there is no user name");
  if (!connect.password && !certified) return refused("there is no password");
  const size_t ampersand = connect.user_name->find('&');
  if (ampersand == std::string_view::npos) return refused("the user name is not DeviceName&ProductKey");
  login.device_name = std::string(connect.user_name->substr(0, ampersand));
  login.product_key = std::string(connect.user_name->substr(ampersand + 1));
  if (!is_name(login.device_name) || !is_name(login.product_key))
    return refused("the user name holds what no DeviceName or ProductKey can hold");
  const std::string_view password = connect.password.value_or(std::string_view());
  if (password.size() > 64) return refused("the password is longer than 64 characters");
  login.password = Secret(std::string(password));
  return login;
}

std::string mismatch_text(const DeviceLogin& login) {
  const std::string_view method = login.algorithm == HashKind::Md5    ? "hmacmd5"
                                  : login.algorithm == HashKind::Sha1 ? "hmacsha1"
                                                                      : "hmacsha256";
  if (login.kind == LoginKind::Token)
    return "the token is not that of the client id " + excerpt(login.client_id) + " and the device";
  return "signature mismatch, signmethod " + std::string(method) + ", content was " +
         signed_text(login, !login.client_id.empty()) + ", the password had " +
         std::to_string(login.password.reveal().size()) + " characters";
}

bool password_matches(const DeviceLogin& login, const Secret& secret) {
  if (secret.empty()) return false;  // an empty key signs for everybody
  const auto given = hex_decode(login.password.reveal());
  if (!given) return false;
  const std::string& key = secret.reveal();
  const bool matches =
      constant_time_equal(*given, hmac(login.algorithm, key, signed_text(login, !login.client_id.empty())));
  // An empty client id was either left out of the signature or signed as empty (device-protocol 1.2).
  if (matches || !login.client_id.empty() || registers(login)) return matches;
  return constant_time_equal(*given, hmac(login.algorithm, key, signed_text(login, true)));
}

}  // namespace rollcall::gateway
