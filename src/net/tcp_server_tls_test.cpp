#include <gtest/gtest.h>

#include <vector>

#include "net/test_tcp.hpp"
#include "net/test_tls.hpp"

namespace rollcall::net {
namespace {

struct DeviceTls : TcpTest {
  void start(Greeting greeting, const TcpServerOptions& options = {}, const TlsOptions& tls = {}) {
    server = std::make_unique<TcpServer>(loop, options);
    server->set_tls(TlsContext::load(TestCertificate::shared().files, tls).value());
    ASSERT_TRUE(server->listen(Address{"127.0.0.1", 0}, handler, greeting));
    port = server->bound().port;
  }
  bool closed() {
    return eventually(loop, [&] { return handler.closed.size() == 1; });
  }
};

TEST_F(DeviceTls, EchoesOverBothVersions) {
  start(Greeting::Tls);
  echo();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer peer(port, {.version = version, .server_name = "localhost", .verify = true});
    ASSERT_TRUE(peer.shake_hands(loop)) << version;
    EXPECT_EQ(SSL_version(peer.native()), version);
    peer.write("hello");
    ASSERT_TRUE(peer.wait_for_text(loop, "hello"));
  }
  EXPECT_TRUE(handler.peers.at(0).starts_with("127.0.0.1:"));
  EXPECT_EQ(server->handshakes().done.value(), 2u);
  EXPECT_EQ(server->handshakes().failed.value(), 0u);
}

TEST_F(DeviceTls, TellsTheHandlerOnlyOfAConnectionWhoseHandshakeIsOver) {
  start(Greeting::Tls);
  TlsPeer peer(port, {.version = TLS1_3_VERSION});
  peer.hold_output = true;
  peer.step();
  peer.pass_output();
  // The server's answer has come, but ours to it has not gone.
  ASSERT_TRUE(eventually(loop, [&] { return peer.tcp.receive_some(); }));
  EXPECT_TRUE(handler.opened.empty());
  peer.hold_output = false;
  ASSERT_TRUE(peer.shake_hands(loop));
  EXPECT_TRUE(eventually(loop, [&] { return handler.opened.size() == 1; }));
}

TEST_F(DeviceTls, AcceptsAnyServerName) {
  start(Greeting::Tls);
  for (const char* name : {"", "a1pk.iot-as-mqtt.cn-shanghai.aliyuncs.com", "x"}) {
    TlsPeer peer(port, {.server_name = name});
    EXPECT_TRUE(peer.shake_hands(loop)) << name;
  }
}

TEST_F(DeviceTls, RefusesOldVersionsUnlessToldOtherwise) {
  start(Greeting::Tls);
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    TlsPeer peer(port, {.version = version, .old_suites = true});
    EXPECT_FALSE(peer.shake_hands(loop)) << version;
    ASSERT_TRUE(peer.wait_for_end(loop));
    EXPECT_FALSE(peer.tcp.reset) << "the alert must arrive";
  }
  EXPECT_EQ(server->handshakes().failed.value(), 2u);
  EXPECT_TRUE(handler.opened.empty());
  start(Greeting::Tls, {}, {.old_versions = true});
  echo();
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer peer(port, {.version = version, .old_suites = true});
    ASSERT_TRUE(peer.shake_hands(loop)) << version;
    peer.write("hello");
    EXPECT_TRUE(peer.wait_for_text(loop, "hello"));
  }
}

TEST_F(DeviceTls, OnePortTellsTlsFromPlainByTheFirstByte) {
  start(Greeting::Detect);
  echo();
  TestPeer plain(port);
  ASSERT_TRUE(plain.send(loop, "\x10\x02hi"));
  ASSERT_TRUE(plain.wait_for_bytes(loop, 4));
  EXPECT_EQ(plain.received, "\x10\x02hi");
  TlsPeer tls(port);
  ASSERT_TRUE(tls.shake_hands(loop));
  tls.write("hi");
  EXPECT_TRUE(tls.wait_for_text(loop, "hi"));
  EXPECT_EQ(handler.opened.size(), 2u);
}

TEST_F(DeviceTls, APortOfTlsOnlyEndsPlainConnectionsUnheard) {
  start(Greeting::Tls);
  TestPeer peer(port);
  ASSERT_TRUE(peer.send(loop, "\x10\x02hi"));
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_EQ(peer.received, "");
  EXPECT_TRUE(handler.opened.empty());
  EXPECT_TRUE(handler.closed.empty());
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(DeviceTls, EndsWhatIsNoHandshake) {
  start(Greeting::Tls);
  const std::string_view kNonsense[] = {
      std::string_view("\x16", 1), std::string_view("\x16\x03\x01\xff\xff", 5),
      std::string_view("\x16\x00\x00\x00\x04\x01\x02\x03\x04", 9), "\x16GET / HTTP/1.1\r\n\r\n"};
  for (const std::string_view text : kNonsense) {
    TestPeer peer(port);
    ASSERT_TRUE(peer.send(loop, text));
    peer.shutdown_write();
    EXPECT_TRUE(peer.wait_for_end(loop));
  }
  EXPECT_TRUE(handler.opened.empty());
  EXPECT_TRUE(eventually(loop, [&] { return server->connections() == 0; }));
  EXPECT_EQ(server->handshakes().failed.value(), 4u);
}

TEST_F(DeviceTls, EndsSilenceBeforeAndWithinAHandshake) {
  TcpServerOptions options;
  options.hello_ms = 30;
  for (const Greeting greeting : {Greeting::Tls, Greeting::Detect}) {
    start(greeting, options);
    TestPeer silent(port);
    TlsPeer half(port);
    half.hold_output = true;
    half.step();
    half.pass_output();
    EXPECT_TRUE(silent.wait_for_end(loop));
    EXPECT_TRUE(eventually(loop, [&] { return half.tcp.receive_some(), half.tcp.ended; }));
    EXPECT_EQ(server->connections(), 0u);
  }
  EXPECT_TRUE(handler.opened.empty());
}

TEST_F(DeviceTls, CutsTheOldestHandshakeToMakeRoom) {
  TcpServerOptions options;
  options.handshakes_max = 2;
  start(Greeting::Tls, options);
  std::vector<std::unique_ptr<TlsPeer>> half;
  for (int i = 0; i < 3; ++i) {
    half.push_back(std::make_unique<TlsPeer>(port));
    half.back()->hold_output = true;
    half.back()->step();
    half.back()->pass_output();
    ASSERT_TRUE(eventually(loop, [&] { return half.back()->tcp.receive_some(); }));
  }
  EXPECT_TRUE(half[0]->tcp.wait_for_end(loop));
  EXPECT_EQ(server->handshakes().cut.value(), 1u);
  for (int i = 1; i < 3; ++i) {
    half[static_cast<size_t>(i)]->hold_output = false;
    EXPECT_TRUE(half[static_cast<size_t>(i)]->shake_hands(loop));
  }
}

TEST_F(DeviceTls, ManyHandshakesTakeTurns) {
  TcpServerOptions options;
  options.handshake_steps_max = 1;
  start(Greeting::Detect, options);
  echo();
  std::vector<std::unique_ptr<TlsPeer>> peers;
  for (int i = 0; i < 60; ++i) {
    peers.push_back(std::make_unique<TlsPeer>(port));
    peers.back()->step();
  }
  ASSERT_TRUE(eventually(loop, [&] {
    for (const auto& peer : peers) peer->step();
    return handler.opened.size() == peers.size();
  }));
  for (const auto& peer : peers) {
    peer->write("hello");
    EXPECT_TRUE(peer->wait_for_text(loop, "hello"));
  }
  EXPECT_EQ(server->handshakes().failed.value(), 0u);
}

TEST_F(DeviceTls, EndsWhatHasBegunBeforeItBeginsMore) {
  TcpServerOptions options;
  options.handshake_steps_max = 1;
  options.handshakes_max = 8;  // fewer than come: were all begun first, most would be cut
  start(Greeting::Tls, options);
  std::vector<std::unique_ptr<TlsPeer>> peers;
  for (int i = 0; i < 60; ++i) {
    peers.push_back(std::make_unique<TlsPeer>(port));
    peers.back()->step();
  }
  ASSERT_TRUE(eventually(loop, [&] {
    for (const auto& peer : peers) peer->step();
    return handler.opened.size() == peers.size();
  }));
  EXPECT_EQ(server->handshakes().cut.value(), 0u);
}

TEST_F(DeviceTls, DoesNotEndWhoWaitsForItsTurn) {
  TcpServerOptions options;
  options.handshake_steps_max = 0;  // which never comes
  options.hello_ms = 10;
  start(Greeting::Tls, options);
  TlsPeer waits(port);
  waits.step();
  TestPeer silent(port);
  ASSERT_TRUE(silent.wait_for_end(loop));
  TestPeer silent_later(port);
  ASSERT_TRUE(silent_later.wait_for_end(loop));
  EXPECT_EQ(server->connections(), 1u);
  EXPECT_FALSE(waits.tcp.ended);
}

TEST_F(DeviceTls, HoldsNoMoreThanAHelloOfAHandshakeThatWaits) {
  TcpServerOptions options;
  options.handshake_steps_max = 0;  // never a turn
  options.hello_ms = 60'000;
  start(Greeting::Tls, options);
  TestPeer peer(port);
  peer.send_some("\x16");
  peer.send_some(std::string(100'000, 'x'));
  EXPECT_TRUE(peer.wait_for_end(loop));
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(DeviceTls, ResumesASessionFromATicket) {
  start(Greeting::Tls);
  echo();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer first(port, {.version = version});
    ASSERT_TRUE(first.shake_hands(loop));
    first.write("hello");
    ASSERT_TRUE(first.wait_for_text(loop, "hello"));  // the ticket has come before
    SSL_SESSION* session = SSL_get1_session(first.native());
    TlsPeer second(port, {.version = version, .session = session});
    ASSERT_TRUE(second.shake_hands(loop));
    EXPECT_EQ(SSL_session_reused(second.native()), 1) << version;
    second.write("hello");
    EXPECT_TRUE(second.wait_for_text(loop, "hello"));
    SSL_SESSION_free(session);
  }
  EXPECT_EQ(server->handshakes().resumed.value(), 2u);
}

TEST_F(DeviceTls, CarriesLargeTextsBothWays) {
  start(Greeting::Tls);
  echo();
  TlsPeer peer(port);
  ASSERT_TRUE(peer.shake_hands(loop));
  std::string text(400'000, 'x');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
  peer.hold_output = true;
  peer.write(text);
  ASSERT_TRUE(peer.tcp.send(loop, peer.take_output()));
  peer.hold_output = false;
  ASSERT_TRUE(peer.wait_for_bytes(loop, text.size()));
  EXPECT_EQ(peer.received, text);
}

TEST_F(DeviceTls, ReadsRecordsThatComeByteByByte) {
  start(Greeting::Detect);
  echo();
  TlsPeer peer(port);
  peer.hold_output = true;
  ASSERT_TRUE(eventually(loop, [&] {
    peer.step();
    for (const char byte : peer.take_output()) {
      EXPECT_TRUE(peer.tcp.send(loop, {&byte, 1}));
      loop.run_until([] { return true; }, 0);
    }
    return peer.is_open() && handler.opened.size() == 1;
  }));
  peer.write("hello");
  for (const char byte : peer.take_output()) EXPECT_TRUE(peer.tcp.send(loop, {&byte, 1}));
  EXPECT_TRUE(peer.wait_for_text(loop, "hello"));
}

TEST_F(DeviceTls, ASlowReaderIsCutAtTheOutputLimit) {
  TcpServerOptions options;
  options.output_bytes_max = 100'000;
  start(Greeting::Tls, options);
  TlsPeer peer(port, TlsPeer::Options(), 4096);
  ASSERT_TRUE(peer.shake_hands(loop));
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 1; }));
  const ConnectionRef c = handler.opened[0];
  ASSERT_TRUE(eventually(loop, [&] { return !server->send(c, std::string(10'000, 'x')); }));
  EXPECT_TRUE(closed());
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(DeviceTls, CutsAPeerThatAsksForNewKeysAndDoesNotRead) {
  TcpServerOptions options;
  options.output_bytes_max = 10'000;
  start(Greeting::Tls, options);
  TlsPeer peer(port, {.version = TLS1_3_VERSION}, 4096);
  ASSERT_TRUE(peer.shake_hands(loop));
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 1; }));
  peer.hold_output = true;
  std::string wire;
  ASSERT_TRUE(eventually(loop, [&] {
    for (int i = 0; i < 2'000 && wire.empty(); ++i) {
      SSL_key_update(peer.native(), SSL_KEY_UPDATE_REQUESTED);
      SSL_do_handshake(peer.native());
    }
    wire += peer.take_output();
    wire.erase(0, peer.tcp.send_some(wire));
    return handler.closed.size() == 1;
  }));
}

TEST_F(DeviceTls, CloseSendsWhatIsQueuedAndSaysGoodbye) {
  start(Greeting::Tls);
  handler.opening = [&](ConnectionRef c) {
    server->send(c, std::string(200'000, 'z'));
    EXPECT_GE(server->queued_bytes(c), 200'000u);
    server->close(c);
    EXPECT_FALSE(server->send(c, "late"));
  };
  TlsPeer peer(port, TlsPeer::Options(), 4096);
  ASSERT_TRUE(peer.wait_for_end(loop));
  EXPECT_FALSE(peer.tcp.reset);
  EXPECT_EQ(peer.received.size(), 200'000u);
  EXPECT_TRUE(peer.said_goodbye);
  peer.tcp.close();
  EXPECT_TRUE(closed());
}

TEST_F(DeviceTls, TakesTheGoodbyeOfAPeerAsItsEnd) {
  start(Greeting::Tls);
  TlsPeer peer(port);
  ASSERT_TRUE(peer.shake_hands(loop));
  peer.write("last words");
  peer.say_goodbye();
  ASSERT_TRUE(closed());
  EXPECT_EQ(handler.received.begin()->second, "last words");
  EXPECT_TRUE(peer.wait_for_end(loop));
}

TEST_F(DeviceTls, DropsARecordThatWasCut) {
  start(Greeting::Tls);
  TlsPeer peer(port);
  ASSERT_TRUE(peer.shake_hands(loop));
  peer.hold_output = true;
  peer.write("whole");
  std::string wire = peer.take_output();
  peer.write("torn off");
  wire += peer.take_output().substr(0, 20);
  ASSERT_TRUE(peer.tcp.send(loop, wire));
  peer.tcp.close();
  ASSERT_TRUE(closed());
  EXPECT_EQ(handler.received.begin()->second, "whole");
}

TEST_F(DeviceTls, EndsAConnectionWhoseRecordsWereTamperedWith) {
  start(Greeting::Tls);
  TlsPeer peer(port);
  ASSERT_TRUE(peer.shake_hands(loop));
  ASSERT_TRUE(eventually(loop, [&] { return handler.opened.size() == 1; }));
  peer.hold_output = true;
  peer.write("hello");
  std::string wire = peer.take_output();
  wire.back() = static_cast<char>(wire.back() ^ 1);
  ASSERT_TRUE(peer.tcp.send(loop, wire));
  ASSERT_TRUE(closed());
  EXPECT_EQ(handler.bytes_received, 0u);
}

TEST_F(DeviceTls, RefusesRenegotiation) {
  start(Greeting::Tls);
  echo();
  TlsPeer peer(port, {.version = TLS1_2_VERSION});
  ASSERT_TRUE(peer.shake_hands(loop));
  ASSERT_EQ(SSL_renegotiate(peer.native()), 1);
  SSL_do_handshake(peer.native());
  peer.pass_output();
  peer.write("hello");
  loop.run_until([&] { return peer.step(), peer.failed || peer.tcp.ended || !peer.received.empty(); },
                 kTestDeadlineMs);
  EXPECT_EQ(server->handshakes().done.value(), 1u);
  EXPECT_EQ(peer.received, "");
}

}  // namespace
}  // namespace rollcall::net
