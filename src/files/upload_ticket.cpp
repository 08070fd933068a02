#include "files/upload_ticket.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "files/limits.hpp"

namespace rollcall::files {
namespace {

constexpr size_t kKeyBytesMax = 512;

tl::unexpected<UploadError> refuse(int status, std::string code, std::string message) {
  return tl::unexpected(UploadError{status, std::move(code), std::move(message)});
}

}  // namespace

UploadTickets::UploadTickets(std::string secret)
    : secret_(std::move(secret)),
      access_key_id_("RC" + hex_lower(hmac(HashKind::Sha256, secret_, "access key id")).substr(0, 20)) {}

UploadTicket UploadTickets::make(const std::string& key, InstanceId instance, WallMs until) const {
  std::string policy = R"({"expiration":")" + utc_text(until) +
                       R"(","conditions":[["content-length-range",0,)" +
                       std::to_string(limits::kJobFileBytesMax) + R"(],["eq","$key",)";
  append_json_string(policy, key);
  policy += "]],\"until\":" + std::to_string(until.value) +
            ",\"instance\":" + std::to_string(instance.value) + ",\"key\":";
  append_json_string(policy, key);
  policy += '}';
  UploadTicket ticket{key, access_key_id_, base64_encode(policy), {}};
  ticket.signature = base64_encode(hmac(HashKind::Sha1, secret_, ticket.policy));
  return ticket;
}

tl::expected<UploadGrant, UploadError> UploadTickets::check(
    const std::function<std::string(std::string_view)>& field, WallMs now) const {
  const std::string key = field("key");
  if (key.empty() || key.size() > kKeyBytesMax)
    return refuse(400, "InvalidArgument", "Bucket POST must contain a field named 'key'.");
  const std::string policy = field("policy");
  if (policy.empty() || field("signature").empty())
    return refuse(403, "AccessDenied", "The form has no policy, or no signature of it.");
  if (field("ossaccesskeyid") != access_key_id_)
    return refuse(403, "InvalidAccessKeyId", "The OSSAccessKeyId is not that of GenerateFileUploadURL.");
  const std::string signature = base64_encode(hmac(HashKind::Sha1, secret_, policy));
  if (!constant_time_equal(field("signature"), signature))
    return refuse(403, "SignatureDoesNotMatch", "The signature is not that of the policy.");
  const auto text = base64_decode(policy);
  const auto json = parse_json(text.value_or(""));
  if (!json || !json->is_object()) return refuse(403, "InvalidPolicyDocument", "The policy does not read.");
  const auto& members = json->as_object();
  const auto* until = members.if_contains("until");
  const auto* instance = members.if_contains("instance");
  const auto* signed_key = members.if_contains("key");
  if (!until || !until->is_int64() || !instance || !instance->is_int64() || !signed_key ||
      !signed_key->is_string())
    return refuse(403, "InvalidPolicyDocument", "The policy is not one of GenerateFileUploadURL.");
  if (until->as_int64() <= now.value)
    return refuse(403, "AccessDenied", "Invalid according to Policy: Policy expired.");
  if (std::string_view(signed_key->as_string()) != key)
    return refuse(403, "AccessDenied",
                  "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$key\"]");
  return UploadGrant{key, InstanceId{instance->as_int64()}};
}

}  // namespace rollcall::files
