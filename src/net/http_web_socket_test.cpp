#include <gtest/gtest.h>

#include "net/test_http.hpp"
#include "net/test_tcp.hpp"
#include "net/test_tls.hpp"

namespace rollcall::net {
namespace {

const std::string kUpgrade =
    "GET /mqtt HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: mqtt\r\n\r\n";

// A frame masked with zeros, so that it reads as it was written.
std::string frame(int flags, std::string_view payload) {
  std::string out{static_cast<char>(flags), static_cast<char>(0x80 | payload.size())};
  return out.append(4, '\0').append(payload);
}

struct HttpWebSocket : HttpServerTest {
  void start(HttpServerOptions options = {}) {
    devices = std::make_unique<TcpServer>(loop, device_options);
    ASSERT_TRUE(devices->listen(Address{"127.0.0.1", 0}, recorder));
    options.web_sockets = devices.get();
    HttpServerTest::start(options);
  }
  void echo() {
    recorder.reaction = [this](ConnectionRef c, std::string_view text) { devices->send(c, text); };
  }
  void TearDown() override { server.reset(); }

  TcpServerOptions device_options;
  Recorder recorder;
  std::unique_ptr<TcpServer> devices;
};

TEST_F(HttpWebSocket, BecomesAConnectionOfTheDevices) {
  start();
  echo();
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, kUpgrade));
  ASSERT_TRUE(peer.wait_for_text(loop, "\r\n\r\n"));
  EXPECT_TRUE(peer.received.starts_with("HTTP/1.1 101 "));
  EXPECT_NE(peer.received.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
  peer.received.clear();
  ASSERT_TRUE(peer.send(loop, frame(0x82, "hello")));
  ASSERT_TRUE(peer.wait_for_bytes(loop, 7));
  EXPECT_EQ(peer.received, "\x82\x05hello");
  EXPECT_EQ(server->connections(), 0u);
  EXPECT_EQ(devices->connections(), 1u);
  EXPECT_TRUE(recorder.peers.at(0).starts_with("127.0.0.1:"));
  EXPECT_TRUE(handler.requests.empty());
  peer.close();
  EXPECT_TRUE(eventually(loop, [&] { return recorder.closed.size() == 1; }));
}

TEST_F(HttpWebSocket, ReadsFramesThatCameWithTheRequest) {
  start();
  echo();
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, kUpgrade + frame(0x02, "he") + frame(0x89, "p") + frame(0x80, "llo")));
  ASSERT_TRUE(peer.wait_for_text(loop, "\x82\x03llo"));
  EXPECT_TRUE(peer.received.ends_with("\r\n\r\n\x82\x02he\x8a\x01p\x82\x03llo"));
}

TEST_F(HttpWebSocket, SpeaksBehindAnOrdinaryRequestOnTheSameConnection) {
  start();
  echo();
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "GET /first HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(peer.wait_for_text(loop, "GET /first"));
  ASSERT_TRUE(peer.send(loop, kUpgrade + frame(0x82, "x")));
  EXPECT_TRUE(peer.wait_for_text(loop, "\x82\x01x"));
}

TEST_F(HttpWebSocket, SpeaksOverTls) {
  HttpServerOptions options;
  options.tls = TlsContext::load(TestCertificate::shared().files).value();
  start(options);
  echo();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer peer(port, {.version = version});
    ASSERT_TRUE(peer.shake_hands(loop));
    peer.write(kUpgrade + frame(0x82, "one"));
    ASSERT_TRUE(peer.wait_for_text(loop, "\x82\x03one")) << peer.received;
    for (const std::string& word : {std::string("two"), std::string("three")}) {
      peer.write(frame(0x82, word));
      ASSERT_TRUE(peer.wait_for_text(loop, word));
    }
    peer.say_goodbye();
    EXPECT_TRUE(peer.wait_for_end(loop));
  }
  EXPECT_TRUE(eventually(loop, [&] { return recorder.closed.size() == 2; }));
}

TEST_F(HttpWebSocket, AnswersACloseAndEnds) {
  start();
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, kUpgrade + frame(0x88, std::string("\x03\xe8", 2)) + frame(0x82, "late")));
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_TRUE(peer.received.ends_with(std::string("\r\n\r\n\x88\x02\x03\xe8", 8)));
  EXPECT_EQ(recorder.bytes_received, 0u);
  peer.close();
  EXPECT_TRUE(eventually(loop, [&] { return recorder.closed.size() == 1; }));
}

TEST_F(HttpWebSocket, SaysWhyItEndsAConnectionThatBreaksTheRules) {
  start();
  struct {
    std::string frame;
    std::string close;
  } const kCases[] = {
      {frame(0x81, "text"), "\x88\x02\x03\xeb"},
      {"\x82\x01x", "\x88\x02\x03\xea"},
      {std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14), "\x88\x02\x03\xf1"}};
  for (const auto& row : kCases) {
    TestPeer peer(port);
    ASSERT_TRUE(peer.send(loop, kUpgrade + row.frame));
    ASSERT_TRUE(peer.wait_for_end(loop));
    EXPECT_TRUE(peer.received.ends_with(row.close)) << peer.received;
  }
}

TEST_F(HttpWebSocket, ClosesWithAGoodbyeWhenTheHandlerDoes) {
  start();
  recorder.reaction = [&](ConnectionRef c, std::string_view) {
    devices->send(c, "bye");
    devices->close(c);
  };
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, kUpgrade + frame(0x82, "x")));
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_TRUE(
      peer.received.ends_with(std::string("\x82\x03"
                                          "bye\x88\x02\x03\xe8",
                                          9)));
  EXPECT_FALSE(peer.reset);
}

TEST_F(HttpWebSocket, CutsAPeerThatPingsAndDoesNotRead) {
  device_options.output_bytes_max = 50'000;
  start();
  TestPeer peer(port, 4096);
  ASSERT_TRUE(peer.send(loop, kUpgrade));
  const std::string ping = frame(0x89, std::string(125, 'p'));
  EXPECT_TRUE(eventually(loop, [&] {
    for (int i = 0; i < 100 && !peer.broken; ++i) peer.send_some(ping);
    return recorder.closed.size() == 1;
  }));
}

TEST_F(HttpWebSocket, RefusesAnUpgradeThatIsNoMqttAndGoesOnWithHttpElsewhere) {
  start();
  std::string chat = kUpgrade;
  chat.replace(chat.find(": mqtt\r"), 7, ": chat\r");
  EXPECT_TRUE(talk_to_end(chat).starts_with("HTTP/1.1 400 "));
  std::string old = kUpgrade;
  old.replace(old.find("Version: 13"), 11, "Version: 08");
  const std::string refusal = talk_to_end(old);
  EXPECT_TRUE(refusal.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
  EXPECT_NE(refusal.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos);
  std::string http_10 = kUpgrade;
  http_10.replace(http_10.find("HTTP/1.1"), 8, "HTTP/1.0");
  EXPECT_TRUE(talk_to_end(http_10).starts_with("HTTP/1.1 400 "));
  std::string with_body = kUpgrade;
  with_body.insert(with_body.size() - 2, "Content-Length: 1\r\n");
  EXPECT_TRUE(talk_to_end(with_body + "x").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(recorder.opened.empty());
  EXPECT_NE(talk("GET /path HTTP/1.1\r\nHost: a\r\n\r\n", "GET /path").find("200 OK"), std::string::npos);
}

TEST_F(HttpWebSocket, IsTheHandlersWhereNoDevicesAreServed) {
  HttpServerTest::start();
  EXPECT_NE(talk(kUpgrade, "GET /mqtt").find("200 OK"), std::string::npos);
}

TEST_F(HttpWebSocket, IsEndedWhereThereAreDevicesEnough) {
  device_options.connections_max = 0;
  start();
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, kUpgrade));
  EXPECT_TRUE(peer.wait_for_end(loop));
  EXPECT_EQ(peer.received, "");
  EXPECT_EQ(devices->refused(), 1u);
}

}  // namespace
}  // namespace rollcall::net
