// For tests: a HTTP handler that records requests and answers by a rule, and a fixture with a server on a
// free port. Thread: the test's.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/http_server.hpp"
#include "net/test_peer.hpp"

namespace rollcall::net {

inline HttpResponse ok(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

// Answers at once with "METHOD target body", or keeps the responders for the test to call.
struct TestHandler : HttpHandler {
  void handle(HttpRequest&& request, HttpResponder respond) override {
    requests.push_back(request);
    if (keep) {
      kept.push_back(std::move(respond));
      return;
    }
    HttpResponse response;
    response.content_type = "text/plain";
    response.body = request.method + " " + request.target + " " + request.body;
    if (amend) amend(response);
    respond(std::move(response));
  }
  std::vector<HttpRequest> requests;
  std::vector<HttpResponder> kept;
  std::function<void(HttpResponse&)> amend;
  bool keep = false;
};

struct HttpServerTest : testing::Test {
  void start(const HttpServerOptions& options = {}) {
    server = std::make_unique<HttpServer>(loop, options);
    ASSERT_TRUE(server->listen(Address{"127.0.0.1", 0}, handler));
    port = server->bound().port;
  }
  // Sends `text` in one go and returns what comes back until the server ends the connection or `until` has
  // come.
  std::string talk(const std::string& text, std::string_view until) {
    TestPeer peer(port);
    peer.send(loop, text);
    peer.wait_for_text(loop, until);
    return peer.received;
  }
  std::string talk_to_end(const std::string& text) {
    TestPeer peer(port);
    peer.send(loop, text);
    EXPECT_TRUE(peer.wait_for_end(loop));
    EXPECT_FALSE(peer.reset);
    return peer.received;
  }

  CoreLoop loop;
  TestHandler handler;
  std::unique_ptr<HttpServer> server;
  uint16_t port = 0;
};

inline size_t count_of(std::string_view text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

}  // namespace rollcall::net
