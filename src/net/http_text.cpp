#include "net/http_text.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include "base/text.hpp"

namespace rollcall::net {

namespace {

void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) out.push_back(c);
  }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out.append(": ");
  append_clean(out, value);
  out.append("\r\n");
}

bool has_no_body(int status) { return status / 100 == 1 || status == 204 || status == 304; }

}  // namespace

void append_response(std::string& out, const HttpResponse& response, const ResponseFraming& framing,
                     std::string_view date) {
  out.reserve(out.size() + 256 + response.body.size());
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\n");
  append_header(out, "Date", date);
  const bool bodiless = has_no_body(response.status);
  if (!bodiless) {
    if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
    const auto length = response.file ? static_cast<size_t>(response.file->bytes) : response.body.size();
    append_header(out, "Content-Length", std::to_string(length));
  }
  if (framing.close)
    out.append("Connection: close\r\n");
  else if (framing.say_keep_alive)
    out.append("Connection: keep-alive\r\n");
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  out.append("\r\n");
  if (!bodiless && !framing.head_only && !response.file) out.append(response.body);
}

void append_request(std::string& out, const HttpRequest& request, std::string_view host) {
  out.reserve(out.size() + 256 + request.target.size() + request.body.size());
  append_clean(out, request.method);
  out.append(" ");
  if (!request.target.starts_with('/')) out.append("/");
  append_clean(out, request.target);
  out.append(" HTTP/1.1\r\n");
  append_header(out, "Host", host);
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
    append_header(out, "Content-Length", std::to_string(request.body.size()));
  for (const auto& [name, value] : request.headers)
    if (!ascii_iequal(name, "host") && !ascii_iequal(name, "content-length")) append_header(out, name, value);
  out.append("\r\n").append(request.body);
}

std::string http_date(WallMs time) {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = time.value / 1000;
  std::tm utc = {};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text = {};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                kDays[static_cast<size_t>(utc.tm_wday)], utc.tm_mday,
                kMonths[static_cast<size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                utc.tm_sec);
  return text.data();
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

}  // namespace rollcall::net
