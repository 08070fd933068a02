// From an HTTP request to an authenticated call, or the gateway error it deserves (wire-protocol 0, 1.6).
// Used by service.cpp. Thread: the core that serves HTTP.
#pragma once

#include <string>
#include <string_view>

#include "api/envelope.hpp"
#include "api/parameters.hpp"
#include "api/signature.hpp"
#include "base/clock.hpp"
#include "base/http.hpp"
#include "base/result.hpp"

namespace rollcall::api {

inline constexpr std::string_view kApiVersion = "2018-01-20";

struct AuthenticatedRequest {
  std::string action;  // not looked up yet
  Parameters parameters;
  const AccessKey* key = nullptr;  // of the key ring it was checked against
};

// What a request is checked against.
struct Gate {
  const KeyRing& keys;
  NonceStore& nonces;
  WallMs now;
};

// Reads and authenticates a request. Whatever comes out, `context` then holds what is needed to answer: host,
// format and, when it can be told, the action (its request id is left alone). Errors, in the order of the
// checks: InvalidRequest (too many parameters), UnsupportedHttpMethod, InvalidRequest (body is no form),
// InvalidParameterFormat (answered in JSON), those of the signatures (signature.hpp), InvalidVersion.
Result<AuthenticatedRequest> read_request(const HttpRequest& request, const Gate& gate,
                                          AnswerContext& context);

}  // namespace rollcall::api
