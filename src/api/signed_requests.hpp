// Requests for the tests of the wire: signed as the SDKs do, and open to be spoilt afterwards.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "api/signature.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/http.hpp"
#include "base/request_signing.hpp"

namespace rollcall::api::test {

inline constexpr const char* kKeyId = "LTAI5tTESTKEYID00001";
inline constexpr const char* kSecret = "TESTSECRETtestsecret0123456789";
inline constexpr const char* kTime = "2024-03-15T08:30:00Z";
inline constexpr WallMs kNow{1'710'491'400'000};  // the same moment
inline constexpr const char* kNonce = "3ee8c1b883d344afa94f4e0ad82fd6cf";
inline constexpr const char* kHost = "127.0.0.1:18080";

inline KeyRing key_ring() {
  AccessKey good, disabled;
  good.id = kKeyId;
  good.secret = Secret(kSecret);
  good.instance = InstanceId{7};
  disabled.id = "disabledKey";
  disabled.secret = Secret(kSecret);
  disabled.enabled = false;
  return KeyRing({good, disabled});
}

inline std::string time_text(WallMs time) { return utc_text(time).substr(0, 19) + "Z"; }

// Sets a pair, or removes it when `value` is null.
inline void put(NameValues& pairs, std::string_view name, const char* value) {
  std::erase_if(pairs, [&](const auto& pair) { return pair.first == name; });
  if (value != nullptr) pairs.emplace_back(name, value);
}

inline NameValues common_v1() {
  return {{"Action", "ListJob"},       {"Version", "2018-01-20"},
          {"AccessKeyId", kKeyId},     {"SignatureMethod", "HMAC-SHA1"},
          {"SignatureVersion", "1.0"}, {"SignatureNonce", kNonce},
          {"Timestamp", kTime}};
}

// Everything in the query, Signature at the end.
inline HttpRequest get_v1(NameValues parameters, std::string_view secret = kSecret) {
  parameters.emplace_back("Signature", sign_v1(string_to_sign_v1("GET", parameters), secret));
  HttpRequest request;
  request.method = "GET";
  request.target = "/?" + print_form(parameters);
  request.headers = {{"host", kHost}};
  return request;
}

inline NameValues headers_v3() {
  return {{"host", kHost},
          {"x-acs-action", "ListJob"},
          {"x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
          {"x-acs-date", kTime},
          {"x-acs-signature-nonce", kNonce},
          {"x-acs-version", "2018-01-20"}};
}

// Signs all of `headers`, which must be sorted; the hash of `body` is filled in when it is there.
inline HttpRequest post_v3(std::string_view query, NameValues headers, std::string_view body = "",
                           std::string_view secret = kSecret) {
  const std::string hash = hex_lower(digest(HashKind::Sha256, body));
  for (auto& [name, value] : headers)
    if (name == "x-acs-content-sha256") value = hash;
  CanonicalParts parts;
  parts.method = "POST";
  parts.payload_hash = hash;
  parts.signed_headers = headers;
  parse_form(query, 1000, parts.query);
  HttpRequest request;
  request.method = "POST";
  request.target = "/?" + std::string(query);
  request.body = std::string(body);
  request.headers = headers;
  request.headers.emplace_back(
      "authorization", "ACS3-HMAC-SHA256 Credential=" + std::string(kKeyId) +
                           ",SignedHeaders=" + signed_header_names(headers) +
                           ",Signature=" + sign_v3(string_to_sign_v3(canonical_request_v3(parts)), secret));
  return request;
}

// Replaces `from` by `to` in the value of a header.
inline HttpRequest with_header(HttpRequest request, std::string_view name, std::string_view from,
                               std::string_view to) {
  for (auto& [key, value] : request.headers)
    if (key == name)
      if (const size_t at = value.find(from); at != std::string::npos) value.replace(at, from.size(), to);
  return request;
}

// Checks requests against the keys of key_ring().
class SignatureChecks : public ::testing::Test {
 protected:
  Result<SignedBy> check(const HttpRequest& request, WallMs now = kNow) {
    NameValues query;
    parse_form(std::string_view(request.target).substr(2), 1000, query);
    if (is_v3(request)) return check_v3(request, query, keys, nonces, now);
    parse_form(request.body, 1000, query);
    return check_v1(request, Parameters(query), keys, nonces, now);
  }
  // The API code of the refusal; "" when accepted.
  std::string refusal(const HttpRequest& request, WallMs now = kNow) {
    const auto by = check(request, now);
    return by ? "" : api_code(by.error());
  }
  // Of a request signed with one common parameter changed (or left out: null).
  std::string refusal_v1(std::string_view name, const char* value) {
    NameValues parameters = common_v1();
    put(parameters, name, value);
    return refusal(get_v1(parameters));
  }
  std::string refusal_v3(std::string_view name, const char* value) {
    NameValues headers = headers_v3();
    put(headers, name, value);
    return refusal(post_v3("", headers));
  }

  static HttpRequest plain(const char* method, const char* target, const char* body = "") {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    return request;
  }

  const KeyRing keys = key_ring();
  NonceStore nonces;
};

}  // namespace rollcall::api::test
