// Failures of the gateway: requests that the service refuses before, or instead of, an action.
#include <utility>

#include "actions/errors.hpp"
#include "api/fake_ports.hpp"
#include "api/service.hpp"
#include "api/signed_requests.hpp"
#include "base/json.hpp"

namespace rollcall::testing {
namespace {

using namespace api::test;
using api::ApiService;

// A service in front of nothing, and requests to it that are right but for what a test spoils.
struct Front {
  api::FakeEngine engine;
  api::FakeQueries queries;
  ManualClock clock;
  SeededRandom random{1};
  ApiService service{{engine, queries, clock, random}, IdCodec::Key{1, 2, 3}, {}};

  Front() {
    service.set_keys(std::make_shared<const api::KeyRing>(key_ring()));
    engine.outcome = engine::Done{};
  }
  NameValues good(const char* action = "DeleteJob") const {
    NameValues all = common_v1();
    put(all, "Action", action);
    put(all, "Timestamp", time_text(clock.wall()).c_str());
    put(all, "JobId", "someJob");
    put(all, "Format", "JSON");
    return all;
  }
  static std::string code_of(const HttpResponse& response) {
    const auto body = parse_json(response.body);
    return body ? std::string(body->as_object().at("Code").as_string()) : response.body;
  }
  std::string send(HttpRequest request) {
    std::optional<HttpResponse> response;
    service.handle(std::move(request), [&](HttpResponse&& given) { response = std::move(given); });
    return code_of(response.value());
  }
  // One parameter is other than it should be, or (null) not there.
  std::string spoilt(const char* name, const char* value) {
    NameValues all = good();
    put(all, name, value);
    return send(get_v1(std::move(all)));
  }
};

std::string missing() { return Front().spoilt("JobId", nullptr); }
std::string unknown_key() { return Front().spoilt("AccessKeyId", "nobody"); }
std::string disabled_key() { return Front().spoilt("AccessKeyId", "disabledKey"); }
std::string security_token() { return Front().spoilt("SecurityToken", "token"); }
std::string time_format() { return Front().spoilt("Timestamp", "yesterday"); }
std::string time_expired() { return Front().spoilt("Timestamp", "2001-01-01T00:00:00Z"); }
std::string signature_method() { return Front().spoilt("SignatureMethod", "MD5"); }
std::string signature_version() { return Front().spoilt("SignatureVersion", "2.0"); }
std::string version() { return Front().spoilt("Version", "2017-01-01"); }
std::string unknown_action() { return Front().spoilt("Action", "MakeCoffee"); }
std::string format() { return Front().spoilt("Format", "YAML"); }

std::string nonce_used() {
  Front front;
  front.send(get_v1(front.good()));
  return front.send(get_v1(front.good()));
}

std::string wrong_secret() {
  Front front;
  return front.send(get_v1(front.good(), "another"));
}

std::string incomplete_signature() {
  Front front;
  NameValues headers = headers_v3();
  put(headers, "x-acs-date", time_text(front.clock.wall()).c_str());
  std::sort(headers.begin(), headers.end());
  return front.send(with_header(post_v3("", headers), "authorization", "Signature=", "Sig="));
}

std::string method() {
  Front front;
  HttpRequest request = get_v1(front.good());
  request.method = "PUT";
  return front.send(std::move(request));
}

std::string not_a_form() {
  Front front;
  HttpRequest request = get_v1(front.good());
  request.body = "{}";
  request.headers.emplace_back("content-type", "application/json");
  return front.send(std::move(request));
}

std::string too_large() { return Front::code_of(Front().service.refusal(413, "the body is too long")); }
std::string too_slow() { return Front::code_of(Front().service.refusal(504, "the answer took too long")); }

std::string too_often() {
  Front front;
  std::string code;
  for (int i = 0; i < 100 && code != "Throttling.User"; ++i) {
    NameValues all = front.good();
    put(all, "SignatureNonce", std::to_string(i).c_str());
    code = front.send(get_v1(std::move(all)));
  }
  return code;
}

std::string administrators_only() {
  Front front;
  return front.send(get_v1(front.good("ListAccess")));
}

std::string busy() {
  Front front;
  front.engine.full = true;
  NameValues all = front.good();
  put(all, "JobId", IdCodec(IdCodec::Key{1, 2, 3}).job_code(JobId{1}).c_str());
  return front.send(get_v1(std::move(all)));
}

std::string store_fails() {
  Front front;
  front.engine.outcome.reset();
  NameValues all = front.good();
  put(all, "JobId", IdCodec(IdCodec::Key{1, 2, 3}).job_code(JobId{1}).c_str());
  return front.send(get_v1(std::move(all)));
}

std::string foreign_instance() { return Front().spoilt("IotInstanceId", "iot-nowhere"); }

}  // namespace

const std::map<ErrorCode, ProduceError>& gateway_errors() {
  using enum ErrorCode;
  static const std::map<ErrorCode, ProduceError> kErrors{
      {Missing, missing},
      {InvalidAccessKeyIdNotFound, unknown_key},
      {InvalidAccessKeyIdInactive, disabled_key},
      {InvalidSecurityTokenMalformed, security_token},
      {InvalidTimeStampFormat, time_format},
      {InvalidTimeStampExpired, time_expired},
      {SignatureNonceUsed, nonce_used},
      {InvalidSignatureMethod, signature_method},
      {InvalidSignatureVersion, signature_version},
      {SignatureDoesNotMatch, wrong_secret},
      {IncompleteSignature, incomplete_signature},
      {InvalidVersion, version},
      {InvalidActionNotFound, unknown_action},
      {UnsupportedHttpMethod, method},
      {InvalidParameterFormat, format},
      {InvalidRequest, not_a_form},
      {RequestTooLarge, too_large},
      {InternalError, too_slow},
      {ThrottlingUser, too_often},
      {NoPermission, administrators_only},
      {ServiceUnavailable, busy},
      {SystemException, store_fails},
      {InstanceNotFound, foreign_instance},
  };
  return kErrors;
}

}  // namespace rollcall::testing
