#include "net/tcp_server.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

#include "net/test_tcp.hpp"

namespace rollcall::net {
namespace {

TEST_F(TcpTest, EchoesBytesAndTellsThePeersAddress) {
  start();
  echo();
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "hello"));
  ASSERT_TRUE(peer.wait_for_bytes(loop, 5));
  EXPECT_EQ(peer.received, "hello");
  ASSERT_EQ(handler.peers.size(), 1u);
  EXPECT_TRUE(handler.peers[0].starts_with("127.0.0.1:"));
  peer.close();
  ASSERT_TRUE(eventually(loop, [&] { return handler.closed.size() == 1; }));
  EXPECT_EQ(handler.closed[0], handler.opened[0]);
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(TcpTest, HandsLargeInputOverInPiecesOfTheSharedBuffer) {
  start();
  TestPeer peer(port);
  std::string text(3 << 20, 'x');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
  ASSERT_TRUE(peer.send(loop, text));
  ASSERT_TRUE(eventually(loop, [&] { return handler.bytes_received == text.size(); }));
  EXPECT_EQ(handler.received[0], text);
  EXPECT_LE(handler.largest, loop.read_buffer().size());
}

TEST_F(TcpTest, WritesWhatIsSentInOneRoundAsOneSegment) {
  start();
  TestPeer peer(port);
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 1; }));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(server->send(handler.opened[0], "0123456789"));
  EXPECT_EQ(server->queued_bytes(handler.opened[0]), 1000u);
  EXPECT_FALSE(peer.receive_some());
  ASSERT_TRUE(peer.wait_for_bytes(loop, 1));
  EXPECT_EQ(peer.received.size(), 1000u);
  EXPECT_EQ(server->queued_bytes(handler.opened[0]), 0u);
}

TEST_F(TcpTest, SlowReaderGetsEverythingThatFitsTheOutputLimit) {
  start();
  TestPeer peer(port, 4096);
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 1; }));
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    const std::string part(20'000, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(server->send(handler.opened[0], part)) << i;
    expected += part;
    loop.run_until([] { return true; }, 0);
  }
  ASSERT_TRUE(peer.wait_for_bytes(loop, expected.size()));
  EXPECT_EQ(peer.received, expected);
  EXPECT_TRUE(handler.closed.empty());
}

TEST_F(TcpTest, CutsAConnectionWhoseOutputLimitIsPassed) {
  TcpServerOptions options;
  options.output_bytes_max = 10'000;
  start(options);
  TestPeer peer(port);
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 1; }));
  const ConnectionRef c = handler.opened[0];
  EXPECT_TRUE(server->send(c, std::string(10'000, 'x')));
  EXPECT_FALSE(server->send(c, "y"));
  EXPECT_FALSE(server->send(c, ""));
  EXPECT_TRUE(handler.closed.empty()) << "never told inside send()";
  ASSERT_TRUE(eventually(loop, [&] { return handler.closed.size() == 1; }));
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(TcpTest, CloseSendsWhatIsQueuedFirst) {
  start();
  const std::string text(900'000, 'z');
  handler.opening = [&](ConnectionRef c) {
    server->send(c, text);
    server->close(c);
    EXPECT_FALSE(server->send(c, "late"));
  };
  TestPeer peer(port, 4096);
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_FALSE(peer.reset);
  EXPECT_EQ(peer.received.size(), text.size());
  EXPECT_TRUE(handler.closed.empty()) << "the peer has not closed its end";
  peer.close();
  EXPECT_TRUE(eventually(loop, [&] { return handler.closed.size() == 1; }));
}

TEST_F(TcpTest, CloseDropsInputThatComesBehindItWithoutResettingThePeer) {
  start();
  handler.reaction = [&](ConnectionRef c, std::string_view) {
    server->send(c, "bye");
    server->close(c);
  };
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, std::string(500'000, 'x')));
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_FALSE(peer.reset);
  EXPECT_EQ(peer.received, "bye");
  EXPECT_LE(handler.bytes_received, loop.read_buffer().size());
}

TEST_F(TcpTest, CloseIsBoundedWhenThePeerNeverCloses) {
  TcpServerOptions options;
  options.close_ms = 20;
  start(options);
  handler.opening = [&](ConnectionRef c) { server->close(c); };
  TestPeer peer(port);
  EXPECT_TRUE(eventually(loop, [&] { return handler.closed.size() == 1; }));
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(TcpTest, AStaleReferenceReachesNoOtherConnection) {
  start();
  TestPeer first(port);
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 1; }));
  const ConnectionRef stale = handler.opened[0];
  first.close();
  ASSERT_TRUE(eventually(loop, [&] { return handler.closed.size() == 1; }));
  TestPeer second(port);
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 2; }));
  const ConnectionRef fresh = handler.opened[1];
  EXPECT_EQ(fresh.slot, stale.slot) << "slots are used again";
  EXPECT_NE(fresh.generation, stale.generation);
  EXPECT_FALSE(server->send(stale, "wrong"));
  server->close(stale);
  EXPECT_EQ(server->queued_bytes(stale), 0u);
  EXPECT_FALSE(server->send(ConnectionRef{999, 1}, "nowhere"));
  EXPECT_TRUE(server->send(fresh, "right"));
  ASSERT_TRUE(second.wait_for_bytes(loop, 5));
  EXPECT_EQ(second.received, "right");
}

TEST_F(TcpTest, AHandlerMayCloseAndSendInsideOnClosed) {
  start();
  handler.closing = [&](ConnectionRef c) {
    EXPECT_FALSE(server->send(c, "x"));
    server->close(c);
  };
  TestPeer peer(port);
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 1; }));
  peer.close();
  ASSERT_TRUE(eventually(loop, [&] { return handler.closed.size() == 1; }));
  TestPeer next(port);
  EXPECT_TRUE(eventually(loop, [&] { return handler.opened.size() == 2; }));
}

TEST_F(TcpTest, OneConnectionCanCloseAnother) {
  start();
  TestPeer a(port);
  TestPeer b(port);
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 2; }));
  handler.reaction = [&](ConnectionRef c, std::string_view) {
    for (const auto other : handler.opened)
      if (!(other == c)) server->close(other);
  };
  ASSERT_TRUE(a.send(loop, "x"));
  ASSERT_TRUE(b.wait_for_end(loop));
  b.close();
  ASSERT_TRUE(eventually(loop, [&] { return handler.closed.size() == 1; }));
  EXPECT_EQ(handler.closed[0], handler.opened[1]);
}

TEST_F(TcpTest, RefusesConnectionsBeyondTheLimit) {
  TcpServerOptions options;
  options.connections_max = 2;
  start(options);
  TestPeer a(port);
  TestPeer b(port);
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 2; }));
  TestPeer c(port);
  ASSERT_TRUE(c.wait_for_end(loop));
  EXPECT_EQ(server->refused(), 1u);
  a.close();
  ASSERT_TRUE(eventually(loop, [&] { return server->connections() == 1; }));
  TestPeer d(port);
  EXPECT_TRUE(eventually(loop, [&] { return handler.opened.size() == 3; }));
}

TEST_F(TcpTest, SurvivesRunningOutOfFileDescriptors) {
#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)  // clang builds the sanitizers only (docs/HACKING.md)
  GTEST_SKIP() << "the sanitizers need descriptors themselves and report nonsense without";
#endif
  start();
  std::vector<TestPeer> peers;
  for (int i = 0; i < 3; ++i) peers.emplace_back(port);  // they wait in the backlog
  rlimit saved = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &saved), 0);
  rlimit low = saved;
  low.rlim_cur = static_cast<rlim_t>(peers.back().fd());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  loop.run_until([] { return false; }, 150);
  EXPECT_LT(handler.opened.size(), 3u);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &saved), 0);
  EXPECT_TRUE(eventually(loop, [&] { return handler.opened.size() == 3; }));
}

TEST_F(TcpTest, StopsListeningAndClosesAllForShutdown) {
  start();
  std::vector<TestPeer> peers;
  for (int i = 0; i < 20; ++i) peers.emplace_back(port);
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 20; }));
  for (const auto c : handler.opened) server->send(c, "last words");
  server->stop_listening();
  server->close_all();
  for (auto& peer : peers) {
    ASSERT_TRUE(peer.wait_for_end(loop));
    EXPECT_EQ(peer.received, "last words");
    peer.close();
  }
  EXPECT_TRUE(eventually(loop, [&] { return server->connections() == 0; }));
  EXPECT_EQ(handler.closed.size(), 20u);
  EXPECT_FALSE(TestPeer(port).connected());
}

TEST_F(TcpTest, CanBeDestroyedWithOpenConnectionsAndSendsPending) {
  start();
  TestPeer peer(port);
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 1; }));
  server->send(handler.opened[0], "never sent");
  server.reset();
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_TRUE(handler.closed.empty());
}

TEST_F(TcpTest, ListeningOnATakenPortFails) {
  start();
  TcpServer other(loop, {});
  const auto status = other.listen(Address{"127.0.0.1", port}, handler);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::ServiceUnavailable);
  EXPECT_NE(status.error().message.find(std::to_string(port)), std::string::npos);
}

TEST_F(TcpTest, SeveralServersShareAPortWithReusePort) {
  TcpServerOptions options;
  options.reuse_port = true;
  start(options);
  TcpServer other(loop, options);
  EXPECT_TRUE(other.listen(Address{"127.0.0.1", port}, handler));
}

TEST_F(TcpTest, AFloodingConnectionLeavesOthersTheirTurn) {
  start();
  echo();
  handler.reaction = [this](ConnectionRef c, std::string_view text) {
    if (text.size() < 10) server->send(c, text);
  };
  TestPeer flood(port);
  TestPeer quiet(port);
  const std::string block(1 << 20, 'f');
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 2; }));
  ASSERT_EQ(quiet.send_some("ping"), 4u);
  ASSERT_TRUE(eventually(loop, [&] { return flood.send_some(block), quiet.receive_some(); }));
  EXPECT_EQ(quiet.received, "ping");
}

}  // namespace
}  // namespace rollcall::net
