// The text of an HTTP/1.1 response and request head. Pure. Called by the HTTP connection and the HTTP client.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/http.hpp"

namespace rollcall::net {

struct ResponseFraming {
  bool head_only = false;       // the answer to HEAD: the length is told, the body not sent
  bool close = false;           // says "Connection: close"
  bool say_keep_alive = false;  // HTTP/1.0 clients want to hear it
};

// Appends the response, without the file that is its body; control characters in headers are dropped, so a
// value can never end its line.
void append_response(std::string& out, const HttpResponse& response, const ResponseFraming& framing,
                     std::string_view date);

// Appends a request: Host, Content-Length where there is a body or the method wants one, then the request's
// own headers.
void append_request(std::string& out, const HttpRequest& request, std::string_view host);

// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(WallMs time);

std::string_view reason_phrase(int status);

}  // namespace rollcall::net
