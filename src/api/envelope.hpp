// What surrounds every answer: success and business failure with HTTP 200, gateway failure with its own
// status and body, each in JSON or XML (wire-protocol 0.7 to 0.10, 1.7, 5). Thread: any; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/node.hpp"
#include "base/http.hpp"
#include "base/result.hpp"

namespace rollcall::api {

enum class Format : uint8_t { Json, Xml };

// What an answer needs to know of its request.
struct AnswerContext {
  std::string request_id;  // upper-case UUID
  std::string action;      // for the XML root; empty before the action is known
  std::string host;        // the Host the caller used; empty when nobody could read it
  bool tls = false;
  Format format = Format::Json;
  bool chinese = false;
};

// {RequestId, Success:true, Code:"", fields...} or <{Action}Response>.
HttpResponse render_success(const AnswerContext& context, const Node& fields);
// A business failure (HTTP 200) with the fields beside it, or a gateway failure: the error's row says which.
HttpResponse render_error(const AnswerContext& context, const Error& error, const Node& fields = Node());

}  // namespace rollcall::api
