// HttpClient: one blocking HTTP/1.1 connection, plain or TLS, kept open between calls. For the CLI and tests;
// servers use nothing of it. Thread: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/http.hpp"
#include "base/result.hpp"
#include "net/address.hpp"

namespace rollcall::net {

struct HttpClientOptions {
  Address server;
  bool tls = false;
  bool verify = true;           // the server's certificate and name; off only where the user asked for it
  std::string ca_path;          // PEM file to trust beside the system's; empty: none
  int64_t timeout_ms = 30'000;  // for one send() as a whole
  size_t body_bytes_max = 64u << 20;
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends method, target, headers and body of `request`; Host and Content-Length are added. Connects when
  // there is no usable connection. A request is never sent twice. Header names of the response are in lower
  // case; Content-Type is a member. Fails with ServiceUnavailable, the reason in the message.
  Result<HttpResponse> send(const HttpRequest& request);
  // Connections opened so far; for tests of keep-alive.
  size_t connects() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace rollcall::net
