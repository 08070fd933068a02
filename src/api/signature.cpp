#include "api/signature.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/text.hpp"

namespace rollcall::api {
namespace {

Error missing(std::string_view name) {
  Error error(ErrorCode::Missing);
  error.parameter = std::string(name);
  return error;
}

// Form first, then the window (wire-protocol 1.5).
Status check_time(std::string_view text, WallMs now) {
  WallMs time;
  if (!parse_utc(text, time)) return fail(ErrorCode::InvalidTimeStampFormat);
  const int64_t skew_ms = now - time;
  if (skew_ms > limits::kSignatureWindowMs || skew_ms < -limits::kSignatureWindowMs)
    return fail(ErrorCode::InvalidTimeStampExpired);
  return {};
}

Result<const AccessKey*> find_key(const KeyRing& keys, std::string_view id, std::string_view security_token) {
  const AccessKey* key = keys.find(id);
  if (key == nullptr) return fail(ErrorCode::InvalidAccessKeyIdNotFound);
  if (!key->enabled) return fail(ErrorCode::InvalidAccessKeyIdInactive);
  if (!security_token.empty()) return fail(ErrorCode::InvalidSecurityTokenMalformed);  // none is issued here
  return key;
}

// Authorization: ACS3-HMAC-SHA256 Credential=..,SignedHeaders=..,Signature=.. with the fields in any order.
struct Authorization {
  std::string algorithm;
  std::string credential;
  std::string signed_headers;
  std::string signature;
};

Result<Authorization> parse_authorization(std::string_view text) {
  const size_t blank = text.find(' ');
  Authorization out;
  out.algorithm = std::string(text.substr(0, blank));
  std::string_view rest = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    const std::string_view field = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t equals = field.find('=');
    if (equals == std::string_view::npos) return fail(ErrorCode::IncompleteSignature);
    const std::string_view name = field.substr(0, equals);
    std::string& target = name == "Credential"      ? out.credential
                          : name == "SignedHeaders" ? out.signed_headers
                                                    : out.signature;
    if (name != "Credential" && name != "SignedHeaders" && name != "Signature")
      return fail(ErrorCode::IncompleteSignature);
    target = std::string(field.substr(equals + 1));
  }
  if (out.credential.empty() || out.signed_headers.empty() || out.signature.empty())
    return fail(ErrorCode::IncompleteSignature);
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Several values of one header are sorted and joined by ',' (wire-protocol 2.2).
std::string header_value(const HttpRequest& request, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : request.headers)
    if (key == name) values.emplace_back(trim(value));
  std::sort(values.begin(), values.end());
  std::string joined;
  for (const std::string& value : values) joined += (joined.empty() ? "" : ",") + value;
  return joined;
}

// The headers the client signed, checked to hold everything that must be signed (wire-protocol 2.2).
Result<NameValues> signed_headers(const HttpRequest& request, std::string_view list) {
  static constexpr std::string_view kMust[] = {"host",       "x-acs-action",          "x-acs-version",
                                               "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"};
  if (static_cast<size_t>(std::count(list.begin(), list.end(), ';')) >= limits::kHttpHeadersMax)
    return fail(ErrorCode::IncompleteSignature, "SignedHeaders names more headers than a request can have");
  const std::vector<std::string> names = split(ascii_lower(list), ';');
  const auto is_signed = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const std::string_view name : kMust)
    if (!is_signed(name))
      return fail(ErrorCode::IncompleteSignature, "the header " + std::string(name) + " is not signed");
  for (const auto& [name, value] : request.headers)
    if (name.starts_with("x-acs-") && !is_signed(name))
      return fail(ErrorCode::IncompleteSignature, "the header " + excerpt(name) + " is not signed");
  NameValues out;
  for (const std::string& name : names) out.emplace_back(name, header_value(request, name));
  return out;
}

}  // namespace

KeyRing::KeyRing(AccessDirectory all) : all_(std::move(all)) {
  for (size_t i = 0; i < all_.keys.size(); ++i) places_.emplace(all_.keys[i].id, i);
}

KeyRing::KeyRing(std::vector<AccessKey> keys) : KeyRing(AccessDirectory{{}, {}, {}, {}, std::move(keys)}) {}

const AccessKey* KeyRing::find(std::string_view id) const {
  const auto it = places_.find(std::string(id));
  return it == places_.end() ? nullptr : &all_.keys[it->second];
}

Status NonceStore::use(std::string_view key_id, std::string_view nonce, WallMs now) {
  while (!order_.empty() && now - order_.front().first > limits::kNonceKeepMs) {
    shard_of(order_.front().second).erase(order_.front().second);
    order_.pop_front();
  }
  std::string both = std::to_string(key_id.size());  // the length keeps ("a", "bc") and ("ab", "c") apart
  both.append(":").append(key_id).append(nonce);
  Entry entry;
  std::memcpy(entry.data(), digest(HashKind::Sha256, both).data(), entry.size());
  Shard& shard = shard_of(entry);
  if (shard.contains(entry)) return fail(ErrorCode::SignatureNonceUsed);
  if (size() >= entries_max_) return fail(ErrorCode::ServiceUnavailable);
  shard.insert(entry);
  order_.emplace_back(now, entry);
  return {};
}

bool is_v3(const HttpRequest& request) noexcept {
  return request.header("authorization").starts_with("ACS3-");
}

Result<SignedBy> check_v1(const HttpRequest& request, const Parameters& all, const KeyRing& keys,
                          NonceStore& nonces, WallMs now) {
  static constexpr std::string_view kRequired[] = {"AccessKeyId",      "Signature",      "SignatureMethod",
                                                   "SignatureVersion", "SignatureNonce", "Timestamp",
                                                   "Version",          "Action"};
  for (const std::string_view name : kRequired)
    if (all.get(name).value_or("").empty()) return fail(missing(name));
  ROLLCALL_TRY(const AccessKey* key,
               find_key(keys, *all.get("AccessKeyId"), all.get("SecurityToken").value_or("")));
  if (!ascii_iequal(*all.get("SignatureMethod"), "HMAC-SHA1")) return fail(ErrorCode::InvalidSignatureMethod);
  if (*all.get("SignatureVersion") != "1.0") return fail(ErrorCode::InvalidSignatureVersion);
  ROLLCALL_TRY_STATUS(check_time(*all.get("Timestamp"), now));
  const NameValues parameters(all.all().begin(), all.all().end());
  const std::string to_sign = string_to_sign_v1(request.method, parameters);
  if (!constant_time_equal(sign_v1(to_sign, key->secret.reveal()), *all.get("Signature")))
    // To the letter: SDKs cut this prefix off and compare the rest with their own (wire-protocol 1.6).
    return fail(
        ErrorCode::SignatureDoesNotMatch,
        "Specified signature is not matched with our calculation. server string to sign is:" + to_sign);
  ROLLCALL_TRY_STATUS(nonces.use(key->id, *all.get("SignatureNonce"), now));
  return SignedBy{key, std::string(*all.get("Action")), std::string(*all.get("Version"))};
}

Result<SignedBy> check_v3(const HttpRequest& request, const NameValues& query, const KeyRing& keys,
                          NonceStore& nonces, WallMs now) {
  static constexpr std::string_view kRequired[] = {"x-acs-action", "x-acs-version", "x-acs-date",
                                                   "x-acs-signature-nonce", "x-acs-content-sha256"};
  for (const std::string_view name : kRequired)
    if (request.header(name).empty()) return fail(missing(name));
  ROLLCALL_TRY(Authorization authorization, parse_authorization(request.header("authorization")));
  ROLLCALL_TRY(const AccessKey* key,
               find_key(keys, authorization.credential, request.header("x-acs-security-token")));
  if (authorization.algorithm != "ACS3-HMAC-SHA256") return fail(ErrorCode::InvalidSignatureMethod);
  ROLLCALL_TRY_STATUS(check_time(request.header("x-acs-date"), now));
  ROLLCALL_TRY(NameValues headers, signed_headers(request, authorization.signed_headers));
  const std::string payload_hash = hex_lower(digest(HashKind::Sha256, request.body));
  const std::string canonical = canonical_request_v3({request.method, "/", query, headers, payload_hash});
  const std::string to_sign = string_to_sign_v3(canonical);
  const bool body_matches =
      constant_time_equal(payload_hash, ascii_lower(request.header("x-acs-content-sha256")));
  if (!body_matches ||
      !constant_time_equal(sign_v3(to_sign, key->secret.reveal()), ascii_lower(authorization.signature)))
    return fail(ErrorCode::SignatureDoesNotMatch,
                "Specified signature does not match our calculation. server StringToSign is [" + to_sign +
                    "] server CanonicalRequest is [" + canonical + "]");
  // The value as it was signed: a header split in two would show another first value.
  ROLLCALL_TRY_STATUS(nonces.use(key->id, header_value(request, "x-acs-signature-nonce"), now));
  return SignedBy{key, std::string(request.header("x-acs-action")),
                  std::string(request.header("x-acs-version"))};
}

}  // namespace rollcall::api
