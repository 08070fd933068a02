#include "api/envelope.hpp"

namespace rollcall::api {
namespace {

HttpResponse finish(const AnswerContext& context, int status, std::string_view root, const Node& body) {
  HttpResponse response;
  response.status = status;
  if (context.format == Format::Xml) {
    response.content_type =
        "text/xml;charset=utf-8";  // to the letter: a client compares it (wire-protocol 0.8)
    response.body = render_xml(root, body);
  } else {
    response.content_type = "application/json;charset=utf-8";
    response.body = render_json(body);
  }
  response.headers.emplace_back("x-acs-request-id", context.request_id);
  return response;
}

std::string root_of(const AnswerContext& context) {
  return (context.action.empty() ? "Unknown" : context.action) + "Response";
}

// The gateway's text for a missing parameter is "<Name> is mandatory for this action."
Node gateway_body(const AnswerContext& context, const Error& error) {
  const std::string code = api_code(error);
  Node body;
  body.add("RequestId", context.request_id);
  if (!context.host.empty()) body.add("HostId", context.host);
  body.add("Code", code);
  body.add("Message", public_message(error, context.chinese));
  if (context.host.empty()) return body;
  body.add("Recommend", (context.tls ? "https://" : "http://") + context.host + "/docs/errors?code=" + code);
  return body;
}

}  // namespace

HttpResponse render_success(const AnswerContext& context, const Node& fields) {
  Node body;
  body.add("RequestId", context.request_id);
  body.add("Success", true);
  body.add("Code", "");
  body.add_all(fields);
  return finish(context, 200, root_of(context), body);
}

HttpResponse render_error(const AnswerContext& context, const Error& error, const Node& fields) {
  const ErrorRow& row = error_row(error.code);
  if (row.http_status != 200) return finish(context, row.http_status, "Error", gateway_body(context, error));
  Node body;
  body.add("RequestId", context.request_id);
  body.add("Success", false);
  body.add("Code", api_code(error));
  body.add("ErrorMessage", public_message(error, context.chinese));
  body.add_all(fields);
  return finish(context, 200, root_of(context), body);
}

}  // namespace rollcall::api
