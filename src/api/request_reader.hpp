// From an HTTP request to an authenticated call, or the gateway error it deserves (wire-protocol 0, 1.6).
// Used by service.cpp. Thread: the core that serves HTTP.
#pragma once

#include <string>

#include "api/envelope.hpp"
#include "api/parameters.hpp"
#include "api/signature.hpp"
#include "base/clock.hpp"
#include "base/http.hpp"
#include "base/result.hpp"

namespace rollcall::api {

inline constexpr std::string_view kApiVersion = "2018-01-20";

struct AuthenticatedRequest {
  std::string action;
  Parameters parameters;
  const AccessKey* key = nullptr;  // of the key ring it was checked against
};

// Fills what is needed to answer, whatever comes after: host, format and, when it can be told, the action.
// InvalidParameter.Format when Format is neither JSON nor XML (answered in JSON).
Status read_answer_context(const HttpRequest& request, const Parameters& parameters, AnswerContext& context);

// The parameters of a request: query, then form (form wins). InvalidRequest when there are too many, or the
// body of a POST is no form.
Result<Parameters> read_parameters(const HttpRequest& request, NameValues& query);

Result<AuthenticatedRequest> authenticate(const HttpRequest& request, const NameValues& query,
                                          Parameters parameters, const KeyRing& keys, NonceStore& nonces,
                                          WallMs now);

}  // namespace rollcall::api
