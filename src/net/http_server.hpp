// HttpServer: HTTP/1.1 (and 1.0) for one HttpHandler on one core, plain or TLS. Requests of a connection are
// handed over one at a time, in order; the answer may come at once or later. What is ambiguous is refused
// (RFC 9112), what is slow is cut. Made by server/ on a CoreLoop, which must outlive it. Thread: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/http.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "net/address.hpp"
#include "net/core_loop.hpp"
#include "net/tls.hpp"

namespace rollcall::net {

class TcpServer;

struct HttpServerOptions {
  size_t connections_max = limits::kHttpConnectionsMax;  // then the longest idle one makes room
  size_t head_bytes_max = limits::kHttpRequestBytesMax;  // request line and headers; more is refused with 431
  size_t body_bytes_max = limits::kHttpRequestBytesMax;  // more is refused with 413
  size_t headers_max = limits::kHttpHeadersMax;          // more are refused with 431
  int64_t idle_ms = limits::kHttpIdleSeconds * 1000;
  int64_t request_ms =
      limits::kHttpRequestSeconds * 1000;                 // from a request's first byte to its last; then 408
  int64_t answer_ms = limits::kHttpAnswerSeconds * 1000;  // the handler's time; then 504
  int64_t write_ms = limits::kHttpWriteSeconds * 1000;    // without the peer taking a byte
  int64_t handshake_ms = limits::kTlsHandshakeSeconds * 1000;
  int64_t close_ms = limits::kHttpCloseSeconds * 1000;  // waiting for the peer's end after ours
  bool reuse_port = false;                              // several cores on one port
  std::shared_ptr<TlsContext> tls;                      // null: plain
  // Makes the body of a refusal that never reached the handler; the default is a small JSON.
  std::function<HttpResponse(int status, std::string_view reason)> on_protocol_error;
  // Takes the connections that ask for MQTT over WebSocket, whatever their path, and outlives this server.
  // Null: such a request is the handler's.
  TcpServer* web_sockets = nullptr;
};

class HttpServer {
 public:
  HttpServer(CoreLoop& loop, const HttpServerOptions& options);
  // Drops all connections; answers that are given later go nowhere.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Starts to accept; `handler` must outlive this object. Fails with ServiceUnavailable.
  Status listen(const Address& address, HttpHandler& handler);
  Address bound() const;

  // For shutdown: idle connections close at once, the others behind their answer.
  void stop_listening();
  void close_all();
  size_t connections() const;

 private:
  struct Impl;
  CoreLoop& loop_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace rollcall::net
