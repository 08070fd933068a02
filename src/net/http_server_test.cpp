#include "net/http_server.hpp"

#include <gtest/gtest.h>

#include "net/test_http.hpp"

namespace rollcall::net {
namespace {

TEST_F(HttpServerTest, HandsOverMethodTargetHeadersBodyAndPeer) {
  start();
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop,
                        "POST /path?A=b%20c HTTP/1.1\r\nHost: a\r\nX-One:  v 1 \r\nX-Two: w\r\n"
                        "Content-Length: 4\r\n\r\nbody"));
  ASSERT_TRUE(peer.wait_for_text(loop, "POST /path?A=b%20c body"));
  ASSERT_EQ(handler.requests.size(), 1u);
  const HttpRequest& request = handler.requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/path?A=b%20c");
  EXPECT_EQ(request.header("x-one"), "v 1");
  EXPECT_EQ(request.headers[2], (std::pair<std::string, std::string>{"x-two", "w"}));
  EXPECT_EQ(request.body, "body");
  EXPECT_TRUE(request.peer.starts_with("127.0.0.1:"));
  EXPECT_FALSE(request.tls);
  EXPECT_TRUE(peer.received.starts_with("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_NE(peer.received.find("Content-Type: text/plain\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, KeepsTheConnectionForFurtherRequests) {
  start();
  TestPeer peer(port);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(peer.send(loop, "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_TRUE(peer.wait_for_text(loop, "GET /" + std::to_string(i)));
  }
  EXPECT_EQ(server->connections(), 1u);
  EXPECT_EQ(count_of(peer.received, "Connection: close"), 0u);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrderWithoutUsingTheStack) {
  start();
  constexpr int kRequests = 20'000;
  std::string text;
  for (int i = 0; i < kRequests; ++i) text += "GET /" + std::to_string(i) + "; HTTP/1.1\r\nHost: a\r\n\r\n";
  TestPeer peer(port);
  std::string_view rest = text;
  ASSERT_TRUE(eventually(loop, [&] {
    rest.remove_prefix(peer.send_some(rest));
    peer.receive_some();
    return peer.received.find("GET /19999;") != std::string::npos;
  }));
  ASSERT_EQ(handler.requests.size(), size_t{kRequests});
  size_t at = 0;
  for (int i = 0; i < kRequests; ++i) {
    at = peer.received.find("GET /" + std::to_string(i) + ";", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(HttpServerTest, HandsPipelinedRequestsOverOneByOne) {
  start();
  handler.keep = true;
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(eventually(loop, [&] { return handler.kept.size() == 1; }));
  loop.run_until([] { return false; }, 20);
  ASSERT_EQ(handler.requests.size(), 1u);
  handler.kept[0](ok("first"));
  ASSERT_TRUE(eventually(loop, [&] { return handler.kept.size() == 2; }));
  handler.kept[1](ok("second"));
  ASSERT_TRUE(peer.wait_for_text(loop, "second"));
  EXPECT_LT(peer.received.find("first"), peer.received.find("second"));
}

TEST_F(HttpServerTest, AcceptsARequestByteByByte) {
  start();
  TestPeer peer(port);
  const std::string text = "\r\nPOST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  for (const char c : text) {
    ASSERT_EQ(peer.send_some(std::string_view(&c, 1)), 1u);
    loop.run_until([] { return true; }, 0);
    loop.run_until([] { return false; }, 1);
  }
  EXPECT_TRUE(peer.wait_for_text(loop, "POST /x abc"));
}

TEST_F(HttpServerTest, JoinsChunksWhereverTheInputIsCut) {
  start();
  const std::string head = "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body :
       {"3\r\nabc\r\nA;ext=\"v\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", "0\r\n\r\n"}) {
    const std::string expected = body.size() < 10 ? "" : "abc0123456789";
    for (size_t cut = 0; cut <= body.size(); ++cut) {
      const size_t before = handler.requests.size();
      TestPeer peer(port);
      ASSERT_TRUE(peer.send(loop, head + body.substr(0, cut)));
      ASSERT_TRUE(eventually(loop, [&] { return server->connections() > 0; }));
      loop.run_until([] { return false; }, 2);
      ASSERT_TRUE(peer.send(loop, body.substr(cut)));
      ASSERT_TRUE(eventually(loop, [&] { return handler.requests.size() == before + 1; })) << cut;
      EXPECT_EQ(handler.requests.back().body, expected) << cut;
      EXPECT_EQ(handler.requests.back().header("trailer"), "") << "trailers are no headers";
    }
  }
}

TEST_F(HttpServerTest, TakesAQueryOfFiveMegabytesInARequestLine) {
  start();
  const std::string query(5u << 20, 'q');
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "GET /?" + query + " HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(peer.wait_for_bytes(loop, query.size()));
  ASSERT_EQ(handler.requests.size(), 1u);
  EXPECT_EQ(handler.requests[0].target, "/?" + query);
}

TEST_F(HttpServerTest, TakesABodyOfSevenMegabytesAndAnswersWithIt) {
  start();
  const std::string body(7u << 20, 'b');
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                                  "\r\n\r\n" + body));
  ASSERT_TRUE(peer.wait_for_bytes(loop, body.size() + 100));
  EXPECT_TRUE(peer.received.ends_with(body));
}

TEST_F(HttpServerTest, AsksForTheBodyOfAClientThatExpectsTo) {
  start();
  TestPeer peer(port);
  ASSERT_TRUE(
      peer.send(loop, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  ASSERT_TRUE(peer.wait_for_text(loop, "HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_TRUE(handler.requests.empty());
  ASSERT_TRUE(peer.send(loop, "ok"));
  ASSERT_TRUE(peer.wait_for_text(loop, "POST / ok"));
}

TEST_F(HttpServerTest, ClosesBehindTheAnswerWhenTheClientAsksForIt) {
  start();
  const std::string answer = talk_to_end("GET /bye HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("GET /bye "));
}

TEST_F(HttpServerTest, ClosesBehindTheAnswerWhenTheHandlerAsksForIt) {
  start();
  handler.amend = [](HttpResponse& response) { response.close = true; };
  const std::string answer =
      talk_to_end("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(count_of(answer, "HTTP/1.1 200"), 1u);
  EXPECT_EQ(handler.requests.size(), 1u);
}

TEST_F(HttpServerTest, ClosesBehindAnHttp10AnswerUnlessAskedNotTo) {
  start();
  const std::string answer = talk_to_end("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("GET /old "));
  const std::string kept = talk("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /old ");
  EXPECT_NE(kept.find("Connection: keep-alive\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  const std::string answer = talk_to_end("HEAD /h HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, AnswersAClientThatHasShutItsEnd) {
  start();
  handler.keep = true;
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  peer.shutdown_write();
  ASSERT_TRUE(eventually(loop, [&] { return handler.kept.size() == 1; }));
  loop.run_until([] { return false; }, 10);
  handler.kept[0](ok("still here"));
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_TRUE(peer.received.ends_with("still here"));
  EXPECT_TRUE(eventually(loop, [&] { return server->connections() == 0; }));
}

TEST_F(HttpServerTest, ALateAnswerToADeadConnectionIsHarmless) {
  start();
  handler.keep = true;
  {
    TestPeer peer(port);
    ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_TRUE(eventually(loop, [&] { return handler.kept.size() == 1; }));
  }
  handler.kept[0](ok(std::string(100'000, 'x')));
  ASSERT_TRUE(eventually(loop, [&] { return server->connections() == 0; }));
  handler.kept[0](HttpResponse{});
  server.reset();
  handler.kept[0](HttpResponse{});
}

TEST_F(HttpServerTest, OnlyTheFirstOfTwoAnswersCounts) {
  start();
  handler.keep = true;
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(eventually(loop, [&] { return handler.kept.size() == 1; }));
  handler.kept[0](ok("one"));
  handler.kept[0](ok("two"));
  ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(eventually(loop, [&] { return handler.kept.size() == 2; }));
  handler.kept[0](ok("three"));
  handler.kept[1](ok("four"));
  ASSERT_TRUE(peer.wait_for_text(loop, "four"));
  EXPECT_EQ(count_of(peer.received, "HTTP/1.1 200"), 2u);
  EXPECT_EQ(peer.received.find("two"), std::string::npos);
  EXPECT_EQ(peer.received.find("three"), std::string::npos);
}

TEST_F(HttpServerTest, TheServerCanGoWhileRequestsAreAnswered) {
  start();
  handler.keep = true;
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(eventually(loop, [&] { return handler.kept.size() == 1; }));
  server.reset();
  handler.kept[0](ok("x"));
  EXPECT_TRUE(peer.wait_for_end(loop));
}

TEST_F(HttpServerTest, CloseAllLetsRunningRequestsEnd) {
  start();
  handler.keep = true;
  TestPeer idle(port);
  TestPeer busy(port);
  ASSERT_TRUE(busy.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(eventually(loop, [&] { return handler.kept.size() == 1 && server->connections() == 2; }));
  server->stop_listening();
  server->close_all();
  ASSERT_TRUE(idle.wait_for_end(loop));
  EXPECT_EQ(server->connections(), 1u);
  handler.kept[0](ok("done"));
  ASSERT_TRUE(busy.wait_for_end(loop));
  EXPECT_TRUE(busy.received.ends_with("done"));
  EXPECT_NE(busy.received.find("Connection: close"), std::string::npos);
  busy.close();
  EXPECT_TRUE(eventually(loop, [&] { return server->connections() == 0; }));
}

TEST_F(HttpServerTest, TheLongestIdleConnectionMakesRoomForANewOne) {
  HttpServerOptions options;
  options.connections_max = 2;
  start(options);
  TestPeer first(port);
  ASSERT_TRUE(first.send(loop, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(first.wait_for_text(loop, "GET /1"));
  TestPeer second(port);
  ASSERT_TRUE(second.send(loop, "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(second.wait_for_text(loop, "GET /2"));
  TestPeer third(port);
  ASSERT_TRUE(third.send(loop, "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(third.wait_for_text(loop, "GET /3"));
  EXPECT_TRUE(first.wait_for_end(loop));
  EXPECT_FALSE(second.ended);
}

TEST_F(HttpServerTest, RefusesANewConnectionWhenAllAreBusy) {
  HttpServerOptions options;
  options.connections_max = 1;
  start(options);
  handler.keep = true;
  TestPeer busy(port);
  ASSERT_TRUE(busy.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(eventually(loop, [&] { return handler.kept.size() == 1; }));
  TestPeer other(port);
  EXPECT_TRUE(other.wait_for_end(loop));
  EXPECT_EQ(server->connections(), 1u);
}

}  // namespace
}  // namespace rollcall::net
