#include "client/api_client.hpp"

#include <algorithm>
#include <utility>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "net/core_loop.hpp"

namespace rollcall::client {
namespace {

constexpr std::string_view kApiVersion = "2018-01-20";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr int64_t kCallMs = 60'000;
constexpr int64_t kThrottleWaitMs = 250;
constexpr int64_t kThrottleMs = 30'000;

// "2026-11-22T10:00:00Z": no fractions here (wire-protocol 1.1).
std::string seconds_text(WallMs time) { return utc_text(time).substr(0, 19) + "Z"; }

std::string_view format_name(AnswerFormat format) { return format == AnswerFormat::Xml ? "XML" : "JSON"; }

// As net/ writes it: without the scheme's own port.
std::string host_text(const ApiSettings& settings) {
  const std::string text = settings.endpoint.text();
  return settings.endpoint.port == (settings.tls ? 443 : 80) ? text.substr(0, text.rfind(':')) : text;
}

HttpRequest post() {
  HttpRequest request;
  request.method = "POST";
  request.target = "/";
  return request;
}

HttpRequest sign_call_v1(const ApiSettings& settings, std::string_view action, const NameValues& parameters,
                         const Stamp& stamp) {
  NameValues all = parameters;
  all.emplace_back("Action", action);
  all.emplace_back("Version", kApiVersion);
  all.emplace_back("Format", format_name(settings.format));
  all.emplace_back("AccessKeyId", settings.access_key_id);
  all.emplace_back("SignatureMethod", "HMAC-SHA1");
  all.emplace_back("SignatureVersion", "1.0");
  all.emplace_back("SignatureNonce", stamp.nonce);
  all.emplace_back("Timestamp", seconds_text(stamp.time));
  const std::string to_sign = string_to_sign_v1("POST", all);
  all.emplace_back("Signature", sign_v1(to_sign, settings.access_key_secret.reveal()));
  HttpRequest request = post();
  request.headers.emplace_back("content-type", kFormType);
  request.body = print_form(all);
  return request;
}

HttpRequest sign_call_v3(const ApiSettings& settings, std::string_view action, const NameValues& parameters,
                         const Stamp& stamp) {
  HttpRequest request = post();
  request.body = print_form(parameters);
  const bool xml = settings.format == AnswerFormat::Xml;
  const std::string hash = hex_lower(digest(HashKind::Sha256, request.body));
  CanonicalParts parts;
  parts.method = request.method;
  parts.payload_hash = hash;
  if (xml) {
    parts.query.emplace_back("Format", "XML");
    request.target = "/?Format=XML";
  }
  NameValues& headers = parts.signed_headers;  // sorted by name (wire-protocol 2.2)
  if (!request.body.empty()) headers.emplace_back("content-type", kFormType);
  headers.emplace_back("host", host_text(settings));
  headers.emplace_back("x-acs-action", action);
  headers.emplace_back("x-acs-content-sha256", hash);
  headers.emplace_back("x-acs-date", seconds_text(stamp.time));
  headers.emplace_back("x-acs-signature-nonce", stamp.nonce);
  headers.emplace_back("x-acs-version", kApiVersion);
  const std::string to_sign = string_to_sign_v3(canonical_request_v3(parts));
  const std::string signature = sign_v3(to_sign, settings.access_key_secret.reveal());
  for (const auto& [name, value] : headers)
    if (name != "host") request.headers.emplace_back(name, value);  // net/ adds Host
  request.headers.emplace_back("accept", xml ? "text/xml" : "application/json");
  request.headers.emplace_back("authorization", "ACS3-HMAC-SHA256 Credential=" + settings.access_key_id +
                                                    ",SignedHeaders=" + signed_header_names(headers) +
                                                    ",Signature=" + signature);
  return request;
}

// The content of the first element of that name; good enough for the few members that decide an exit status.
std::string xml_text(std::string_view body, const std::string& name) {
  const std::string open = "<" + name + ">";
  const size_t begin = body.find(open);
  if (begin == std::string_view::npos) return {};
  const size_t end = body.find("</" + name + ">", begin);
  if (end == std::string_view::npos) return {};
  return std::string(body.substr(begin + open.size(), end - begin - open.size()));
}

}  // namespace

Status read_endpoint(std::string_view text, ApiSettings& settings) {
  settings.tls = text.starts_with("https://");
  if (settings.tls) text.remove_prefix(8);
  if (text.starts_with("http://")) text.remove_prefix(7);
  while (text.ends_with('/')) text.remove_suffix(1);
  ROLLCALL_TRY(settings.endpoint, net::parse_address(text, settings.tls ? 443 : 8080));
  return {};
}

HttpRequest sign_call(const ApiSettings& settings, std::string_view action, const NameValues& parameters,
                      const Stamp& stamp) {
  return settings.signature == SignatureVersion::V1 ? sign_call_v1(settings, action, parameters, stamp)
                                                    : sign_call_v3(settings, action, parameters, stamp);
}

std::string json_text(std::string_view raw) {
  if (auto text = json_unquote(raw)) return std::move(*text);
  return std::string(raw == "null" ? std::string_view() : raw);
}

std::string_view ApiAnswer::raw(std::string_view path) const {
  std::string_view value = body;
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    const auto member = json_member(value, path.substr(0, dot));
    if (!member) return {};
    value = *member;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return value;
}

std::string ApiAnswer::text(std::string_view path) const { return json_text(raw(path)); }

int64_t ApiAnswer::number(std::string_view path) const { return parse_int(text(path)).value_or(0); }

std::string ApiAnswer::reason() const {
  if (code.empty() && message.empty()) return "HTTP status " + std::to_string(http_status);
  if (code.empty() || message.empty()) return code + message;
  return code + ": " + message;
}

ApiAnswer read_answer(HttpResponse&& response, AnswerFormat format) {
  ApiAnswer answer;
  answer.http_status = response.status;
  answer.body = std::move(response.body);
  if (format == AnswerFormat::Xml) {
    answer.success = xml_text(answer.body, "Success") == "true";
    if (answer.success) return answer;
    answer.code = xml_text(answer.body, "Code");
    answer.message = xml_text(answer.body, "ErrorMessage");
    if (answer.message.empty()) answer.message = xml_text(answer.body, "Message");
    return answer;
  }
  if (!parse_json(answer.body)) {
    answer.message = "The answer is not JSON: " + excerpt(answer.body);
    return answer;
  }
  answer.success = response.status == 200 && answer.raw("Success") == "true";
  if (answer.success) return answer;
  answer.code = answer.text("Code");
  answer.message = answer.text("ErrorMessage");
  if (answer.message.empty()) answer.message = answer.text("Message");
  return answer;
}

ApiClient::ApiClient(ApiSettings settings, const Clock& clock, Random& random)
    : settings_(std::move(settings)), clock_(clock), random_(random) {
  net::HttpClientOptions options;
  options.server = settings_.endpoint;
  options.tls = settings_.tls;
  options.timeout_ms = kCallMs;
  http_ = std::make_unique<net::HttpClient>(std::move(options));
}

ApiClient::~ApiClient() = default;

Result<ApiAnswer> ApiClient::call(std::string_view action, const NameValues& parameters) {
  const HttpRequest request =
      sign_call(settings_, action, parameters, Stamp{clock_.wall(), random_.uuid_upper()});
  ROLLCALL_TRY(HttpResponse response, http_->send(request));
  return read_answer(std::move(response), settings_.format);
}

Result<ApiAnswer> ApiClient::require(std::string_view action, const NameValues& parameters) {
  const SteadyUs deadline = clock_.steady() + kThrottleMs * 1000;
  for (;;) {
    ROLLCALL_TRY(ApiAnswer answer, call(action, parameters));
    if (answer.success) return answer;
    if (answer.code != "Throttling.User" || clock_.steady() >= deadline)
      return fail(ErrorCode::IllegalRequest, std::string(action) + " failed: " + answer.reason());
    net::CoreLoop pause;
    pause.run_until([] { return false; }, kThrottleWaitMs);
  }
}

}  // namespace rollcall::client
