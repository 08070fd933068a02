#include "api/request_reader.hpp"

#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall::api {
namespace {

std::string_view query_of(std::string_view target) {
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {};
  std::string_view query = target.substr(mark + 1);
  return query.substr(0, query.find('#'));
}

bool is_form(std::string_view content_type) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  return type.empty() || ascii_iequal(type, "application/x-www-form-urlencoded");
}

// The caller takes XML and no JSON.
bool wants_xml_only(std::string_view accept) {
  const std::string lower = ascii_lower(accept);
  return lower.find("xml") != std::string::npos && lower.find("json") == std::string::npos &&
         lower.find("*/*") == std::string::npos;
}

}  // namespace

Status read_answer_context(const HttpRequest& request, const Parameters& parameters, AnswerContext& context) {
  context.host = std::string(request.header("host"));
  const bool v3 = is_v3(request);
  context.action =
      v3 ? std::string(request.header("x-acs-action")) : std::string(parameters.get("Action").value_or(""));
  // The name becomes an XML element: only what can be one.
  if (!is_letters_digits(context.action, "")) context.action.clear();
  const std::string_view format = parameters.get("Format").value_or("");
  if (format.empty()) {
    // Absent: XML for version 1.0 (wire-protocol 5.4), JSON for version 3 unless Accept says XML only. A
    // request that is signed in neither way comes from a person or a probe: JSON.
    const bool v1 = !v3 && parameters.get("SignatureVersion").has_value();
    context.format = v1 || (v3 && wants_xml_only(request.header("accept"))) ? Format::Xml : Format::Json;
    return {};
  }
  if (ascii_iequal(format, "json")) {
    context.format = Format::Json;
  } else if (ascii_iequal(format, "xml")) {
    context.format = Format::Xml;
  } else {
    context.format = Format::Json;
    return fail(ErrorCode::InvalidParameterFormat);
  }
  return {};
}

Result<Parameters> read_parameters(const HttpRequest& request, NameValues& query) {
  if (!parse_form(query_of(request.target), limits::kParametersMax, query))
    return fail(ErrorCode::InvalidRequest, "the query has too many parameters");
  NameValues all = query;
  if (!request.body.empty()) {
    if (!is_form(request.header("content-type")))
      return fail(ErrorCode::InvalidRequest, "the body must be application/x-www-form-urlencoded");
    if (!parse_form(request.body, limits::kParametersMax, all))
      return fail(ErrorCode::InvalidRequest, "the form has too many parameters");
  }
  return Parameters(std::move(all));
}

Result<AuthenticatedRequest> authenticate(const HttpRequest& request, const NameValues& query,
                                          Parameters parameters, const KeyRing& keys, NonceStore& nonces,
                                          WallMs now) {
  if (request.method != "GET" && request.method != "POST") return fail(ErrorCode::UnsupportedHttpMethod);
  Result<SignedBy> by = is_v3(request) ? check_v3(request, query, keys, nonces, now)
                                       : check_v1(request, parameters, keys, nonces, now);
  if (!by) return fail(std::move(by.error()));
  if (by->version != kApiVersion) return fail(ErrorCode::InvalidVersion);
  return AuthenticatedRequest{std::move(by->action), std::move(parameters), by->key};
}

}  // namespace rollcall::api
