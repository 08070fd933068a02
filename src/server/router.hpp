// What lives where on the HTTP port (DESIGN 6): the API at /, health and metrics beside it. Thread: the core
// that serves HTTP.
#pragma once

#include <functional>
#include <string>

#include "base/http.hpp"

namespace rollcall::server {

class Router final : public HttpHandler {
 public:
  struct Pages {
    std::function<std::string()> metrics;
    std::function<bool()> ready;  // the store takes commits
  };
  // `registration` answers devices that fetch their secret.
  Router(HttpHandler& api, HttpHandler& registration, Pages pages)
      : api_(api), registration_(registration), pages_(std::move(pages)) {}
  void handle(HttpRequest&& request, HttpResponder respond) override;

 private:
  HttpHandler& api_;
  HttpHandler& registration_;
  Pages pages_;
};

}  // namespace rollcall::server
