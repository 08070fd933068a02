#include "api/device_registration.hpp"

#include <map>
#include <utility>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/request_signing.hpp"
#include "base/text.hpp"
#include "model/sign_method.hpp"

namespace rollcall::api {
namespace {

constexpr size_t kFormBytesMax = 4'096;
constexpr size_t kFieldsMax = 16;
constexpr int kBadRequest = 460;  // Alink's "bad parameters" (device-protocol 8)

HttpResponse answer(int code, std::string_view data, std::string_view message) {
  HttpResponse response;
  response.body = "{\"code\":" + std::to_string(code) + ",\"data\":" + std::string(data) + ",\"message\":";
  append_json_string(response.body, message);
  response.body += "}";
  return response;
}

HttpResponse refusal(std::string_view message) { return answer(kBadRequest, "{}", message); }

struct Claim {
  std::string product_key;
  std::string device_name;
  std::string random;
  std::string sign;  // raw bytes
  HashKind method = HashKind::Md5;
};

Result<Claim> read_claim(const HttpRequest& request) {
  const auto bad = [](std::string why) { return fail(ErrorCode::InvalidFormattedParameter, std::move(why)); };
  if (request.method != "POST") return bad("the method is POST");
  if (request.body.size() > kFormBytesMax) return bad("the form is longer than 4096 bytes");
  std::map<std::string, std::string> fields;
  NameValues pairs;
  if (!parse_form(request.body, kFieldsMax, pairs)) return bad("the body is a form of at most 16 fields");
  for (auto& [name, value] : pairs) {
    if (!utf8_length(value)) return bad(excerpt(name) + " is no UTF-8");
    if (!fields.emplace(name, std::move(value)).second) return bad(excerpt(name) + " is given twice");
  }
  for (const char* name : {"productKey", "deviceName", "random", "sign", "signMethod"})
    if (fields[name].empty()) return bad(std::string(name) + " is absent or empty");
  Claim claim{fields["productKey"], fields["deviceName"], fields["random"], {}, {}};
  const auto method = parse_sign_method(fields["signMethod"]);
  if (!method) return bad("signMethod is hmacmd5, hmacsha1 or hmacsha256");
  claim.method = *method;
  auto sign = hex_decode(fields["sign"]);
  if (!sign) return bad("sign is in hex digits");
  claim.sign = std::move(*sign);
  return claim;
}

std::string secret_data(const Claim& claim, const Secret& device_secret) {
  std::string data = "{\"productKey\":";
  append_json_string(data, claim.product_key);
  data += ",\"deviceName\":";
  append_json_string(data, claim.device_name);
  data += ",\"deviceSecret\":";
  append_json_string(data, device_secret.reveal());
  return data + "}";
}

HttpResponse judge(const Claim& claim, const Result<engine::Outcome>& outcome) {
  if (!outcome) return refusal(public_message(outcome.error()));
  const auto* found = std::get_if<engine::RegistrationFound>(&*outcome);
  ROLLCALL_CHECK(found != nullptr);
  const std::string content =
      "deviceName" + claim.device_name + "productKey" + claim.product_key + "random" + claim.random;
  const std::string expected = hmac(claim.method, found->product_secret.reveal(), content);
  if (found->product_secret.empty() || !constant_time_equal(claim.sign, expected))
    return refusal("the signature does not match");
  return answer(200, secret_data(claim, found->device_secret), "success");
}

}  // namespace

void DeviceRegistration::handle(HttpRequest&& request, HttpResponder respond) {
  auto claim = read_claim(request);
  if (!claim) return respond(refusal(public_message(claim.error())));
  engine::FindRegistration find{claim->product_key, claim->device_name};
  auto done = [respond, claim = std::move(*claim)](Result<engine::Outcome>&& outcome) {
    respond(judge(claim, outcome));
  };
  const engine::Actor actor{{}, {}, request.peer, {}};
  if (!engine_.submit(actor, std::move(find), std::move(done)))
    respond(answer(500, "{}", "the server is overloaded; try again"));
}

}  // namespace rollcall::api
