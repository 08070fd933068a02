// What MQTT 5.0 adds to a session, clause by clause (OASIS MQTT 5.0).
#include <gtest/gtest.h>

#include "mqtt/encoder.hpp"
#include "mqtt/server_session.hpp"
#include "mqtt/test_text.hpp"

namespace rollcall::mqtt {
namespace {

using test::bytes;

struct Peer5 : SessionHandler {
  ServerSession session;
  SteadyUs now{1'000'000'000};
  std::string log;
  std::string out;
  std::string code = std::string(1, '\1');

  void on_connect(const ConnectView& connect) override {
    log += test::describe(connect) + "\n";
    session.accept(now, out, *this, false, connect.client_id.empty() ? "given" : "");
  }
  void on_publish(const PublishView& publish) override {
    log += std::string(publish.topic) + " " + std::string(publish.payload) + "\n";
  }
  void on_puback(uint64_t token) override { log += "confirmed " + std::to_string(token) + "\n"; }
  void on_subscribe(const SubscribeView& subscribe, std::string& codes) override {
    log += test::describe(subscribe) + "\n";
    codes.assign(subscribe.filter_count, code[0]);
  }
  void on_unsubscribe(const UnsubscribeView& unsubscribe, std::string& codes) override {
    log += test::describe(unsubscribe) + "\n";
    codes.assign(unsubscribe.filter_count, '\x11');
  }
  void on_disconnect() override { log += "good-bye\n"; }
  void on_fault(SessionFault fault, std::optional<DecodeError>) override {
    log += "fault: " + std::string(session_fault_text(fault)) + "\n";
  }

  std::string feed(std::string_view hex) {
    log.clear();
    out.clear();
    session.feed(bytes(hex), now, out, *this);
    return log + (out.empty() ? "" : "> " + test::describe_stream(out, Version::Five));
  }
  // Whether a packet of an open session ends it, and with which reason.
  static std::string after_connect(std::string_view hex) {
    Peer5 peer;
    peer.feed("100e 0004 'MQTT' 05 02 003c 00 0001 'a'");
    return peer.feed(hex);
  }
};

constexpr const char* kConnect5 = "100e 0004 'MQTT' 05 02 003c 00 0001 'a'";

TEST(MqttSession5, HoldsAWholeConversation) {
  Peer5 peer;
  EXPECT_EQ(peer.feed(kConnect5), "CONNECT level=5 clean=1 keep_alive=60 id=a\n> CONNACK 0\n");
  EXPECT_EQ(peer.feed("8207 0001 00 0001 'a' 01"), "SUBSCRIBE 1 a:1\n> SUBACK 1 01\n");
  EXPECT_EQ(peer.feed("3207 0001 'a' 0009 00 'x'"), "a x\n");
  EXPECT_EQ(peer.feed("c000"), "> PINGRESP\n");
  EXPECT_EQ(peer.feed("a206 0002 00 0001 'a'"), "UNSUBSCRIBE 2 a\n> UNSUBACK 2 11\n");
  EXPECT_EQ(peer.feed("e000"), "good-bye\n");
}

// v5 3.2.2.3: what the server does not offer in full it says.
TEST(MqttSession5, SaysInConnackWhatIsNotOffered) {
  Peer5 peer;
  peer.feed(kConnect5);
  PacketReader reader;
  reader.set_version(Version::Five);
  bool seen = false;
  reader.feed(peer.out, [&](const Packet& packet) {
    const auto& connack = std::get<ConnAck>(packet);
    EXPECT_EQ(connack.properties.qos_max, 1);
    EXPECT_EQ(connack.properties.retain_available, false);
    EXPECT_EQ(connack.properties.shared_available, false);
    EXPECT_EQ(connack.properties.subscription_ids_available, false);
    EXPECT_EQ(connack.properties.topic_alias_max, limits::kMqttTopicAliasMax);
    EXPECT_EQ(connack.properties.packet_bytes_max, limits::kMqttPacketBytesMax);
    EXPECT_EQ(connack.properties.session_expiry_seconds, 0u);
    EXPECT_FALSE(connack.properties.assigned_client_id);
    seen = true;
    return Reading::Continue;
  });
  EXPECT_TRUE(seen);
}

// [MQTT-3.1.3-6], v5 3.2.2.3.7
TEST(MqttSession5, TellsAClientWithoutAnIdWhichOneItHas) {
  Peer5 peer;
  peer.feed("100d 0004 'MQTT' 05 02 003c 00 0000");
  EXPECT_NE(peer.out.find(bytes("12 0005 'given'")), std::string::npos);
}

// v5 3.1.2.11.2: as asked, or for as long as the server keeps sessions.
TEST(MqttSession5, BoundsTheSessionExpiry) {
  Peer5 hour;
  hour.feed("1013 0004 'MQTT' 05 02 003c 05 11 00000e10 0001 'a'");
  EXPECT_EQ(hour.session.session_expiry_seconds(), 3600u);
  Peer5 ever;
  ever.feed("1013 0004 'MQTT' 05 00 003c 05 11 ffffffff 0001 'a'");
  EXPECT_EQ(ever.session.session_expiry_seconds(), limits::kMqttSessionSecondsMax);
  EXPECT_FALSE(ever.session.clean_start());
  EXPECT_NE(ever.out.find(bytes("11 00093a80")), std::string::npos);
  // v5 3.14.2.2.2: another one at the end
  EXPECT_EQ(ever.feed("e007 00 05 11 00000000"), "good-bye\n");
  EXPECT_EQ(ever.session.session_expiry_seconds(), 0u);
}

// [MQTT-3.14.2-2]: not from nothing.
TEST(MqttSession5, DoesNotBeginToKeepASessionAtItsEnd) {
  Peer5 peer;
  peer.feed(kConnect5);
  peer.feed("e007 00 05 11 00000e10");
  EXPECT_EQ(peer.session.session_expiry_seconds(), 0u);
}

TEST(MqttSession5, RefusesWithTheReasonsOfFive) {
  Peer5 peer;
  EXPECT_EQ(peer.feed("1016 0004 'MQTT' 05 02 003c 08 15 0005 'SCRAM' 0001 'a'"),
            "fault: an authentication method, which is not offered\n> CONNACK 140\n");
  Peer5 will;  // v5 3.2.2.3.4
  EXPECT_EQ(will.feed("1015 0004 'MQTT' 05 16 003c 00 0001 'a' 00 0001 't' 0001 'm'"),
            "fault: QoS 2 is not offered\n> CONNACK 155\n");
  Peer5 retained;  // [MQTT-3.2.2-13]
  EXPECT_EQ(retained.feed("1015 0004 'MQTT' 05 26 003c 00 0001 'a' 00 0001 't' 0001 'm'"),
            "fault: a retained message, which is not offered\n> CONNACK 154\n");
}

TEST(MqttSession5, SaysGoodbyeWithTheReason) {
  const std::string malformed = "fault: malformed packet\n> DISCONNECT 129\n";
  const std::string protocol = "fault: malformed packet\n> DISCONNECT 130\n";
  EXPECT_EQ(Peer5::after_connect(kConnect5), "fault: second CONNECT\n> DISCONNECT 130\n");  // [MQTT-3.1.0-2]
  EXPECT_EQ(Peer5::after_connect("3407 0001 'a' 0009 00 'x'"),
            "fault: QoS 2 is not offered\n> DISCONNECT 155\n");  // [MQTT-3.2.2-11]
  EXPECT_EQ(Peer5::after_connect("3105 0001 'a' 00 'x'"),
            "fault: a retained message, which is not offered\n> DISCONNECT 154\n");  // [MQTT-3.2.2-14]
  EXPECT_EQ(Peer5::after_connect("f000"),
            "fault: an authentication method, which is not offered\n> DISCONNECT 140\n");
  EXPECT_EQ(Peer5::after_connect("8209 0001 02 0b05 0001 'a' 01"),
            "fault: a subscription identifier, which is not offered\n> DISCONNECT 161\n");
  EXPECT_EQ(Peer5::after_connect("8207 0001 00 0001 'a' 41"), malformed);   // [MQTT-3.8.3-5]
  EXPECT_EQ(Peer5::after_connect("8207 0001 00 0001 'a' 31"), malformed);   // v5 3.8.3.1: retain handling 3
  EXPECT_EQ(Peer5::after_connect("3006 0001 'a' 02 7f01"), malformed);      // v5 2.2.2.2: unknown property
  EXPECT_EQ(Peer5::after_connect("3006 0001 'a' 02 1701"), malformed);      // one that belongs to CONNECT
  EXPECT_EQ(Peer5::after_connect("3008 0001 'a' 04 0101 0101"), protocol);  // twice
  EXPECT_EQ(Peer5::after_connect("3006 0001 'a' 02 0102"), protocol);       // v5 3.3.2.3.2: 0 or 1
  EXPECT_EQ(Peer5::after_connect("3003 0000 00"), protocol);                // [MQTT-3.3.2-8]: neither
  EXPECT_EQ(Peer5::after_connect("30ffffff7f"), "fault: malformed packet\n> DISCONNECT 149\n");
}

// v5 3.3.2.3.4
TEST(MqttSession5, ResolvesTopicAliases) {
  Peer5 peer;
  peer.feed(kConnect5);
  EXPECT_EQ(peer.feed("3008 0001 'a' 03 230001 'x'"), "a x\n");
  EXPECT_EQ(peer.feed("3007 0000 03 230001 'y'"), "a y\n");
  EXPECT_EQ(peer.feed("3008 0001 'b' 03 230001 'z'"), "b z\n");
  EXPECT_EQ(peer.feed("3007 0000 03 230001 'w'"), "b w\n");
  EXPECT_EQ(peer.feed("3007 0000 03 230002 'w'"),
            "fault: a topic alias that is out of range or stands for nothing\n> DISCONNECT 148\n");
  EXPECT_EQ(Peer5::after_connect("3008 0001 'a' 03 230000 'x'"),
            "fault: a topic alias that is out of range or stands for nothing\n> DISCONNECT 148\n");
  EXPECT_EQ(Peer5::after_connect("3008 0001 'a' 03 230011 'x'"),
            "fault: a topic alias that is out of range or stands for nothing\n> DISCONNECT 148\n");
}

// v5 3.1.2.11.3: no more QoS 1 packets on their way than the client takes.
TEST(MqttSession5, KeepsToTheClientsReceiveMaximum) {
  Peer5 peer;
  peer.feed("1011 0004 'MQTT' 05 02 003c 03 210002 0001 'a'");
  const auto first = peer.session.begin_push(1);
  ASSERT_TRUE(first && peer.session.begin_push(2));
  EXPECT_FALSE(peer.session.begin_push(3));
  EXPECT_EQ(peer.feed("4002 0001"), "confirmed 1\n");
  EXPECT_TRUE(peer.session.begin_push(3));
  // [MQTT-3.1.2-23]; a refusal is an answer, too (v5 3.4.2.1)
  EXPECT_EQ(peer.feed("4003 0002 97"), "confirmed 2\n");
  EXPECT_EQ(peer.feed("4004 0003 10 00"), "confirmed 3\n");
  Peer5 none;
  EXPECT_EQ(none.feed("1011 0004 'MQTT' 05 02 003c 03 210000 0001 'a'"), "fault: malformed packet\n");
}

// v5 3.1.2.11.4
TEST(MqttSession5, KnowsWhatTheClientTakes) {
  Peer5 peer;
  peer.feed("1013 0004 'MQTT' 05 02 003c 05 27 00000064 0001 'a'");
  EXPECT_TRUE(peer.session.fits(100));
  EXPECT_FALSE(peer.session.fits(101));
}

// [MQTT-4.4.0-1]: an id of an earlier connection is taken until it is acknowledged.
TEST(MqttSession5, SendsKeptPacketsAgainUnderTheirIds) {
  ServerSession session;
  struct Quiet : Peer5 {
    void on_connect(const ConnectView&) override {}
  } peer;
  std::string out;
  session.feed(bytes(kConnect5), peer.now, out, peer);
  session.keep_push(7, 1);
  session.keep_push(8, 2);
  session.accept(peer.now, out, peer, true);
  EXPECT_NE(out.find(bytes("01 00")), std::string::npos);  // session present
  EXPECT_TRUE(session.resend_push(1));
  EXPECT_FALSE(session.resend_push(1));
  EXPECT_FALSE(session.resend_push(9));
  EXPECT_EQ(session.begin_push(9), 3);
  session.feed(bytes("4002 0002"), peer.now, out, peer);
  EXPECT_EQ(peer.log, "confirmed 8\n");
}

// A v3.1.1 client hears nothing of all this.
TEST(MqttSession5, LeavesOlderVersionsAlone) {
  Peer5 peer;
  EXPECT_EQ(peer.feed("100d 0004 'MQTT' 04 02 003c 0001 'a'"),
            "CONNECT level=4 clean=1 keep_alive=60 id=a\n> [field reaches past the packet]\n");
  EXPECT_EQ(test::hex(peer.out), "20020000");  // exactly two bytes (device-protocol 1.7)
  EXPECT_EQ(peer.feed("3405 0001 'a' 0009"), "fault: QoS 2 is not offered\n");
}

}  // namespace
}  // namespace rollcall::mqtt
