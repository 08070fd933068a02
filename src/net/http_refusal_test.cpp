// What the HTTP server refuses and what it cuts.
#include <gtest/gtest.h>

#include "net/test_http.hpp"

namespace rollcall::net {
namespace {

struct HttpRefusalTest : HttpServerTest {
  void expect_refused(const std::string& text, int status) {
    const std::string answer = talk_to_end(text);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(status) + " ")) << text << "\n-> " << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << text;
    EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1u) << text;
    EXPECT_TRUE(handler.requests.empty()) << text;
  }
};

TEST_F(HttpRefusalTest, RefusesAmbiguousRequestsAndReadsNothingBehindThem) {
  start();
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::string behind = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const char* rest : {
           "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
           "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
           "Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
           "Content-Length: 0, 0\r\n\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
           "Transfer-Encoding:\x0b chunked\r\n\r\n0\r\n\r\n",
           "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
           "X: y\r\n Content-Length: 40\r\n\r\n",
           "Content-Length: 0\n\r\n",
       })
    expect_refused(post + rest + behind, 400);
}

TEST_F(HttpRefusalTest, RefusesBadChunks) {
  start();
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* body : {
           "x\r\nabc\r\n0\r\n\r\n",
           "0x3\r\nabc\r\n0\r\n\r\n",
           "-3\r\nabc\r\n0\r\n\r\n",
           "+3\r\nabc\r\n0\r\n\r\n",
           "3\nabc\r\n0\r\n\r\n",
           "3\r\nabcd\r\n0\r\n\r\n",
           "3\r\nabc0\r\n\r\n\r\n",
           "3 3\r\nabc\r\n0\r\n\r\n",
           ";\r\nabc\r\n0\r\n\r\n",
           "\r\n\r\n\r\n\r\n",
           "3\r\rabc\r\n0\r\n\r\n",
           "0\r\nbad trailer\r\n\r\n",
           "0\r\nContent-Length: 3\r\n\r\n",
       })
    expect_refused(head + body, 400);
  for (const char* body : {"ffffffffffffffff\r\nabc\r\n", "7fffffff\r\nabc\r\n"})
    expect_refused(head + body, 413);
  const std::string overflow = talk_to_end(head + "fffffffffffffffff3\r\nabc\r\n0\r\n\r\n");
  EXPECT_TRUE(overflow.starts_with("HTTP/1.1 4")) << overflow;
  EXPECT_TRUE(handler.requests.empty());
}

TEST_F(HttpRefusalTest, RefusesAChunksHeadOrTrailersWithoutEnd) {
  start();
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_refused(head + "3;" + std::string(100'000, 'e'), 400);
  expect_refused(head + "0\r\nX: " + std::string(100'000, 't'), 400);
}

TEST_F(HttpRefusalTest, RefusesWhatIsNotHttp) {
  start();
  for (const char* text :
       {"hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02",
        "G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "(ET / HTTP/1.1\r\nHost: a\r\n\r\n"})
    expect_refused(text, 400);
  expect_refused("PRI * HTTP/2.0\r\n\r\n", 505);
}

TEST_F(HttpRefusalTest, RefusesLongHeadsWhileTheyStillCome) {
  HttpServerOptions options;
  options.head_bytes_max = 100'000;
  start(options);
  expect_refused("GET /?" + std::string(3'000'000, 'q'), 431);
  expect_refused("GET /?" + std::string(99'999, 'q') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 200; ++i) many += "X: y\r\n";
  expect_refused(many + "\r\n", 431);
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", 431);
}

TEST_F(HttpRefusalTest, TakesAHeadAndABodyOfExactlyTheLimit) {
  HttpServerOptions options;
  options.head_bytes_max = 1'000;
  options.body_bytes_max = 1'000;
  start(options);
  const std::string frame = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\nX: \r\n\r\n";
  std::string head = frame;
  head.insert(head.size() - 4, std::string(1'000 - frame.size(), 'x'));
  ASSERT_EQ(head.size(), 1'000u);
  const std::string body(1'000, 'b');
  EXPECT_NE(talk(head + body, "POST / bbb").find("200 OK"), std::string::npos);
}

TEST_F(HttpRefusalTest, RefusesLongBodies) {
  HttpServerOptions options;
  options.body_bytes_max = 1'000;
  start(options);
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  expect_refused(post + "Content-Length: 1001\r\n\r\n" + std::string(1'001, 'b'), 413);
  expect_refused(post + "Content-Length: 2000000\r\n\r\n" + std::string(2'000'000, 'b'), 413);
  expect_refused(post + "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n", 413);
  std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) chunked += "64\r\n" + std::string(100, 'c') + "\r\n";
  expect_refused(chunked, 413);
}

TEST_F(HttpRefusalTest, RefusesExpectationsItDoesNotKnow) {
  start();
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: miracles\r\n\r\nx", 417);
}

TEST_F(HttpRefusalTest, AsksItsOwnerForTheRefusalsBody) {
  HttpServerOptions options;
  options.on_protocol_error = [](int status, std::string_view reason) {
    HttpResponse response;
    response.status = status;
    response.content_type = "text/xml";
    response.body = "<Error>" + std::string(reason) + "</Error>";
    return response;
  };
  start(options);
  const std::string answer = talk_to_end("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(answer.find("Content-Type: text/xml"), std::string::npos);
  EXPECT_NE(answer.find("<Error>the Host header is missing</Error>"), std::string::npos);
}

TEST_F(HttpRefusalTest, AnswersTheRequestsBeforeABadOne) {
  start();
  const std::string answer = talk_to_end("GET /good HTTP/1.1\r\nHost: a\r\n\r\nbad\r\n\r\n");
  EXPECT_LT(answer.find("GET /good"), answer.find("HTTP/1.1 400"));
  EXPECT_EQ(handler.requests.size(), 1u);
}

// --- deadlines

TEST_F(HttpRefusalTest, CutsIdleConnectionsSilently) {
  HttpServerOptions options;
  options.idle_ms = 40;
  start(options);
  TestPeer silent(port);
  TestPeer used(port);
  ASSERT_TRUE(used.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(used.wait_for_end(loop));
  EXPECT_EQ(count_of(used.received, "HTTP/1.1 "), 1u);
  ASSERT_TRUE(silent.wait_for_end(loop));
  EXPECT_EQ(silent.received, "");
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(HttpRefusalTest, CutsARequestThatTricklesIn) {
  HttpServerOptions options;
  options.request_ms = 60;
  start(options);
  for (const char* start_text :
       {"GET / HTTP/1.1\r\nX-", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n"}) {
    TestPeer peer(port);
    ASSERT_TRUE(peer.send(loop, start_text));
    const SteadyUs begin = loop.now();
    ASSERT_TRUE(eventually(loop, [&] {
      peer.send_some("x");
      peer.receive_some();
      return peer.ended;
    }));
    EXPECT_TRUE(peer.received.starts_with("HTTP/1.1 408 ")) << peer.received;
    EXPECT_GE(loop.now() - begin, 50'000);
  }
}

TEST_F(HttpRefusalTest, AnswersInTheHandlersPlaceWhenItTakesTooLong) {
  HttpServerOptions options;
  options.answer_ms = 40;
  start(options);
  handler.keep = true;
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_TRUE(peer.received.starts_with("HTTP/1.1 504 "));
  handler.kept[0](ok("too late"));
  loop.run_until([] { return false; }, 10);
  peer.receive_some();
  EXPECT_EQ(peer.received.find("too late"), std::string::npos);
}

TEST_F(HttpRefusalTest, CutsAClientThatTakesNoBytes) {
  HttpServerOptions options;
  options.write_ms = 60;
  start(options);
  handler.amend = [](HttpResponse& response) { response.body = std::string(8u << 20, 'x'); };
  TestPeer peer(port, 4096);
  ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(eventually(loop, [&] { return server->connections() == 1; }));
  EXPECT_TRUE(eventually(loop, [&] { return server->connections() == 0; }));
}

TEST_F(HttpRefusalTest, WaitsForAPeersEndOnlyForAWhile) {
  HttpServerOptions options;
  options.close_ms = 40;
  start(options);
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_TRUE(eventually(loop, [&] { return server->connections() == 0; }));
}

}  // namespace
}  // namespace rollcall::net
