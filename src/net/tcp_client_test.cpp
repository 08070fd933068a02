#include "net/tcp_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "net/test_tcp.hpp"
#include "net/test_tls.hpp"

namespace rollcall::net {
namespace {

struct TcpClientTest : TcpTest {
  void start_client(const TcpClientOptions& options = {}) {
    client = std::make_unique<TcpClient>(loop, client_handler, options);
  }
  Recorder client_handler;
  std::unique_ptr<TcpClient> client;
};

TEST_F(TcpClientTest, ManyConnectionsTalkToTheServerAndClose) {
  start();
  echo();
  TcpClientOptions options;
  options.spread_sources = true;
  start_client(options);
  constexpr size_t kConnections = 2000;
  for (size_t i = 0; i < kConnections; ++i) ASSERT_TRUE(client->connect("127.0.0.1", port, 1000 + i));
  EXPECT_TRUE(client_handler.opened.empty()) << "never inside connect()";
  client_handler.opening = [&](ConnectionRef c) { client->send(c, std::to_string(client->token(c))); };
  ASSERT_TRUE(eventually(loop, [&] { return client_handler.bytes_received == kConnections * 4; }));
  EXPECT_EQ(client->connecting(), 0u);
  EXPECT_EQ(client->connections(), kConnections);
  for (const auto c : client_handler.opened)
    EXPECT_EQ(client_handler.received[c.slot], std::to_string(client->token(c)));
  EXPECT_TRUE(std::any_of(handler.peers.begin(), handler.peers.end(),
                          [](const std::string& peer) { return peer.starts_with("127.0.1.250:"); }));
  client->close_all();
  EXPECT_TRUE(eventually(loop, [&] { return client->connections() == 0 && server->connections() == 0; }));
  EXPECT_EQ(client_handler.closed.size(), kConnections);
}

TEST_F(TcpClientTest, ARefusedConnectionIsToldLaterWithItsTokenAndReason) {
  start();
  server->stop_listening();
  start_client();
  std::string reason;
  uint64_t token = 0;
  client_handler.closing = [&](ConnectionRef c) {
    token = client->token(c);
    reason = client->close_reason();
  };
  const auto c = client->connect("127.0.0.1", port, 77);
  ASSERT_TRUE(c);
  EXPECT_FALSE(client->send(*c, "too early"));
  ASSERT_TRUE(eventually(loop, [&] { return client_handler.closed.size() == 1; }));
  EXPECT_EQ(client_handler.closed[0], *c);
  EXPECT_EQ(token, 77u);
  EXPECT_EQ(reason, "Connection refused");
  EXPECT_TRUE(client_handler.opened.empty());
  EXPECT_EQ(client->token(*c), 0u);
}

TEST_F(TcpClientTest, ConnectingGivesUpAtItsDeadline) {
  // A full backlog drops SYNs, so connecting to it hangs.
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(fd, 0), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  TcpClientOptions options;
  options.connect_ms = 50;
  start_client(options);
  std::string reason;
  client_handler.closing = [&](ConnectionRef) { reason = client->close_reason(); };
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(client->connect("127.0.0.1", ntohs(address.sin_port)));
  ASSERT_TRUE(eventually(loop, [&] { return !client_handler.closed.empty(); }));
  EXPECT_EQ(reason, "Connection timed out");
  EXPECT_TRUE(eventually(loop, [&] { return client->connecting() == 0; }));
  ::close(fd);
}

TEST_F(TcpClientTest, ClosingWhileConnectingIsToldOnce) {
  start();
  start_client();
  const auto c = client->connect("localhost", port);
  ASSERT_TRUE(c);
  client->close(*c);
  client->close(*c);
  ASSERT_TRUE(eventually(loop, [&] { return client->connections() == 0; }));
  loop.run_until([] { return false; }, 20);
  EXPECT_EQ(client_handler.closed.size(), 1u);
  EXPECT_TRUE(client_handler.opened.empty());
}

TEST_F(TcpClientTest, AnUnknownHostFailsAtOnce) {
  start_client();
  const auto c = client->connect("no-such-host.invalid", 1);
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().code, ErrorCode::ServiceUnavailable);
  EXPECT_EQ(client->connections(), 0u);
}

TEST_F(TcpClientTest, TellsWhenTheServerGoesAway) {
  start();
  start_client();
  ASSERT_TRUE(client->connect("127.0.0.1", port, 5));
  ASSERT_TRUE(
      eventually(loop, [&] { return client_handler.opened.size() == 1 && handler.opened.size() == 1; }));
  server.reset();
  EXPECT_TRUE(eventually(loop, [&] { return client_handler.closed.size() == 1; }));
}

TEST_F(TcpClientTest, TalksOverTls) {
  server = std::make_unique<TcpServer>(loop, TcpServerOptions{});
  server->set_tls(TlsContext::load(TestCertificate::shared().files).value());
  ASSERT_TRUE(server->listen(Address{"127.0.0.1", 0}, handler, Greeting::Tls));
  port = server->bound().port;
  echo();
  TcpClientOptions options;
  options.tls = TlsContext::for_client().value();
  start_client(options);
  constexpr size_t kConnections = 50;
  for (size_t i = 0; i < kConnections; ++i) ASSERT_TRUE(client->connect("127.0.0.1", port, 1000 + i));
  client_handler.opening = [&](ConnectionRef c) { client->send(c, std::to_string(client->token(c))); };
  ASSERT_TRUE(eventually(loop, [&] { return client_handler.bytes_received == kConnections * 4; }));
  for (const auto c : client_handler.opened)
    EXPECT_EQ(client_handler.received[c.slot], std::to_string(client->token(c)));
  client->close_all();
  EXPECT_TRUE(eventually(loop, [&] { return client->connections() == 0 && server->connections() == 0; }));
  EXPECT_EQ(client_handler.closed.size(), kConnections);
  EXPECT_EQ(handler.closed.size(), kConnections);
}

TEST_F(TcpClientTest, IsToldOfATlsConnectionThatFails) {
  start();  // answers no handshake
  TcpClientOptions options;
  options.tls = TlsContext::for_client().value();
  options.connect_ms = 30;
  start_client(options);
  ASSERT_TRUE(client->connect("127.0.0.1", port, 1));
  ASSERT_TRUE(eventually(loop, [&] { return client_handler.closed.size() == 1; }));
  handler.reaction = [&](ConnectionRef c, std::string_view) { server->send(c, "no TLS here"); };
  ASSERT_TRUE(client->connect("127.0.0.1", port, 2));
  ASSERT_TRUE(eventually(loop, [&] { return client_handler.closed.size() == 2; }));
  EXPECT_TRUE(client_handler.opened.empty());
  EXPECT_EQ(client->connections(), 0u);
}

}  // namespace
}  // namespace rollcall::net
