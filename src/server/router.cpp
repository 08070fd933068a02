#include "server/router.hpp"

namespace rollcall::server {
namespace {

HttpResponse text(int status, std::string body, std::string type = "text/plain; charset=utf-8") {
  HttpResponse response;
  response.status = status;
  response.content_type = std::move(type);
  response.body = std::move(body);
  return response;
}

// A person's browser at /: no action, and HTML is welcome.
bool is_browser(const HttpRequest& request, std::string_view query) {
  return request.method == "GET" && request.header("accept").find("text/html") != std::string_view::npos &&
         query.find("Action=") == std::string_view::npos && request.header("x-acs-action").empty();
}

}  // namespace

void Router::handle(HttpRequest&& request, HttpResponder respond) {
  const std::string_view target = request.target;
  const size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  if (path == "/auth/register/device") return registration_.handle(std::move(request), std::move(respond));
  if (path == "/healthz") return respond(text(200, "ok\n"));
  if (path == "/readyz")
    return respond(pages_.ready() ? text(200, "ready\n") : text(503, "the store does not take commits\n"));
  if (path == "/metrics")
    return respond(text(200, pages_.metrics(), "text/plain; version=0.0.4; charset=utf-8"));
  if (path.empty() || path == "/") {
    if (!is_browser(request, query)) return api_.handle(std::move(request), std::move(respond));
    HttpResponse moved = text(302, "");
    moved.headers.emplace_back("Location", "/console/");
    return respond(std::move(moved));
  }
  if (path.starts_with("/console"))
    return respond(text(404,
                        "The console comes with a later version. Until then: rollcall job list, rollcall job "
                        "watch JOBID.\n"));
  respond(text(404, "There is nothing at this address.\n"));
}

}  // namespace rollcall::server
