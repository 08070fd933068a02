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

// Fills host, format and, when it can be told, the action.
Status read_answer_context(const HttpRequest& request, const Parameters& parameters, AnswerContext& context) {
  context.host = std::string(request.header("host"));
  context.tls = request.tls;
  const bool v3 = is_v3(request);
  context.action =
      v3 ? std::string(request.header("x-acs-action")) : std::string(parameters.get("Action").value_or(""));
  // The name becomes an XML element: only what can be one.
  if (!is_letters_digits(context.action, "") || (!context.action.empty() && context.action[0] <= '9'))
    context.action.clear();
  const std::string_view format = parameters.get("Format").value_or("");
  if (ascii_iequal(format, "xml")) {
    context.format = Format::Xml;
  } else if (format.empty()) {
    // Absent: XML for version 1.0 (wire-protocol 5.4), JSON for version 3 unless Accept says XML only. A
    // request that is signed in neither way comes from a person or a probe: JSON.
    const bool v1 = !v3 && parameters.get("SignatureVersion").has_value();
    context.format = v1 || (v3 && wants_xml_only(request.header("accept"))) ? Format::Xml : Format::Json;
  } else {
    context.format = Format::Json;
    if (!ascii_iequal(format, "json")) return fail(ErrorCode::InvalidParameterFormat);
  }
  return {};
}

Result<SignedBy> authenticate(const HttpRequest& request, const NameValues& query,
                              const Parameters& parameters, const Gate& gate) {
  return is_v3(request) ? check_v3(request, query, gate.keys, gate.nonces, gate.now)
                        : check_v1(request, parameters, gate.keys, gate.nonces, gate.now);
}

}  // namespace

Result<AuthenticatedRequest> read_request(const HttpRequest& request, const Gate& gate,
                                          AnswerContext& context) {
  NameValues query;
  const bool query_fits = parse_form(query_of(request.target), limits::kParametersMax, query);
  // A Format in the query is judged with the form's at hand; here it only shapes an early answer.
  static_cast<void>(read_answer_context(request, Parameters(query), context));
  if (!query_fits) return fail(ErrorCode::InvalidRequest, "the query has too many parameters");
  if (request.method != "GET" && request.method != "POST") return fail(ErrorCode::UnsupportedHttpMethod);
  NameValues all = query;
  if (!request.body.empty()) {
    if (!is_form(request.header("content-type")))
      return fail(ErrorCode::InvalidRequest, "the body must be application/x-www-form-urlencoded");
    if (!parse_form(request.body, limits::kParametersMax, all))
      return fail(ErrorCode::InvalidRequest, "the form has too many parameters");
  }
  Parameters parameters(std::move(all));
  ROLLCALL_TRY_STATUS(read_answer_context(request, parameters, context));
  ROLLCALL_TRY(SignedBy by, authenticate(request, query, parameters, gate));
  if (by.version != kApiVersion) return fail(ErrorCode::InvalidVersion);
  return AuthenticatedRequest{std::move(by.action), std::move(parameters), by.key};
}

}  // namespace rollcall::api
