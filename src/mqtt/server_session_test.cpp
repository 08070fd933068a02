#include "mqtt/server_session.hpp"

#include <gtest/gtest.h>

#include "mqtt/encoder.hpp"
#include "mqtt/test_text.hpp"

namespace rollcall::mqtt {
namespace {

using test::bytes;

// Writes down what the session tells it; accepts at once unless told to wait.
struct Peer : SessionHandler {
  ServerSession session;
  SteadyUs now{1'000'000'000};
  std::string log;
  std::string out;
  bool decide_at_once = true;

  void on_connect(const ConnectView& connect) override {
    log += test::describe(connect) + "\n";
    if (decide_at_once) session.accept(now, out, *this);
  }
  void on_publish(const PublishView& publish) override { log += test::describe(publish) + "\n"; }
  void on_puback(uint64_t token) override { log += "confirmed " + std::to_string(token) + "\n"; }
  void on_subscribe(const SubscribeView& subscribe, std::string& codes) override {
    log += test::describe(subscribe) + "\n";
    codes.assign(subscribe.filter_count, '\1');
  }
  void on_unsubscribe(const UnsubscribeView& unsubscribe, std::string& codes) override {
    log += test::describe(unsubscribe) + "\n";
    codes.assign(unsubscribe.filter_count, '\0');
  }
  void on_disconnect() override { log += "good-bye\n"; }
  void on_fault(SessionFault fault, std::optional<DecodeError> error) override {
    log += "fault: " + std::string(session_fault_text(fault));
    if (error) log += ": " + std::string(decode_error_text(*error));
    log += "\n";
  }

  // What came of `hex`: the log, then what was written back.
  std::string feed(std::string_view hex) {
    log.clear();
    out.clear();
    session.feed(bytes(hex), now, out, *this);
    return log + (out.empty() ? "" : "> " + test::describe_stream(out));
  }
};

constexpr const char* kConnect = "100d 0004 'MQTT' 04 02 003c 0001 'a'";

TEST(MqttSession, HoldsAWholeConversation) {
  Peer peer;
  EXPECT_EQ(peer.feed(kConnect), "CONNECT level=4 clean=1 keep_alive=60 id=a\n> CONNACK 0\n");
  EXPECT_EQ(peer.feed("8206 0001 0001 'a' 00"), "SUBSCRIBE 1 a:0\n> SUBACK 1 01\n");
  EXPECT_EQ(peer.feed("3205 0001 'a' 0009"), "PUBLISH qos=1 id=9 a \n");
  EXPECT_EQ(peer.feed("c000"), "> PINGRESP\n");
  EXPECT_EQ(peer.feed("a205 0002 0001 'a'"), "UNSUBSCRIBE 2 a\n> UNSUBACK 2\n");
  EXPECT_EQ(peer.feed("e000 c000"), "good-bye\n");
  EXPECT_EQ(peer.session.state(), ServerSession::State::Closed);
  EXPECT_EQ(peer.feed("c000"), "");
}

TEST(MqttSession, DemandsConnectFirst) {
  // [MQTT-3.1.0-1]
  Peer peer;
  EXPECT_EQ(peer.feed("c000"), "fault: first packet is not CONNECT\n");
  EXPECT_EQ(peer.feed(kConnect), "");
}

TEST(MqttSession, JudgesAStrangerByItsFirstByte) {
  for (const char* start : {"16", "'GET / HTTP/1.1'", "30", "00"}) {
    Peer peer;
    EXPECT_EQ(peer.feed(start), "fault: first packet is not CONNECT\n") << start;
  }
  Peer patient;
  EXPECT_EQ(patient.feed("10"), "");
}

TEST(MqttSession, ClosesOnASecondConnect) {
  // [MQTT-3.1.0-2]
  Peer peer;
  peer.feed(kConnect);
  EXPECT_EQ(peer.feed(kConnect), "fault: second CONNECT\n");
}

TEST(MqttSession, AnswersAnotherVersionWithCode1) {
  // [MQTT-3.1.2-2]; MQTT 5 too is answered in the form of 3.1.1.
  Peer peer;
  EXPECT_EQ(peer.feed("100d 0004 'MQTT' 06 02 003c 00 0000"),
            "fault: unacceptable protocol version\n> CONNACK 1\n");
  EXPECT_EQ(peer.session.state(), ServerSession::State::Closed);
}

TEST(MqttSession, AnswersAnEmptyClientIdWithoutCleanSessionWithCode2) {
  // [MQTT-3.1.3-8]
  Peer peer;
  EXPECT_EQ(peer.feed("100c 0004 'MQTT' 04 00 003c 0000"),
            "fault: empty client id without clean session\n> CONNACK 2\n");
}

TEST(MqttSession, ClosesOnQos2) {
  for (const char* packet : {"3405 0001 'a' 0001", "5002 0001", "6202 0001", "7002 0001"}) {
    Peer peer;
    peer.feed(kConnect);
    EXPECT_EQ(peer.feed(packet), "fault: QoS 2 is not offered\n") << packet;
  }
}

TEST(MqttSession, ClosesOnPacketsThatOnlyServersSend) {
  for (const char* packet : {"2002 0000", "9003 0001 00", "b002 0001", "d000"}) {
    Peer peer;
    peer.feed(kConnect);
    EXPECT_EQ(peer.feed(packet), "fault: packet type that only servers send\n") << packet;
  }
}

TEST(MqttSession, ClosesOnMalformedBytesAndReadsNothingBehindThem) {
  Peer peer;
  peer.feed(kConnect);
  EXPECT_EQ(peer.feed("c000 f000 c000"), "fault: malformed packet: reserved packet type\n> PINGRESP\n");
  EXPECT_EQ(peer.feed("c000"), "");
}

TEST(MqttSession, KeepsEarlyPacketsUntilTheLoginIsDecided) {
  Peer peer;
  peer.decide_at_once = false;
  EXPECT_EQ(peer.feed(std::string(kConnect) + "c000 3202 00"),
            "CONNECT level=4 clean=1 keep_alive=60 id=a\n");
  EXPECT_EQ(peer.feed("01"), "");
  peer.log.clear();
  peer.session.accept(peer.now, peer.out, peer);
  EXPECT_EQ(test::describe_stream(peer.out), "CONNACK 0\nPINGRESP\n");
  EXPECT_EQ(peer.log, "fault: malformed packet: field reaches past the packet\n");
}

TEST(MqttSession, FinishesAPacketThatBeganBeforeTheDecision) {
  Peer peer;
  peer.decide_at_once = false;
  peer.feed(std::string(kConnect) + "3005 0001");
  peer.session.accept(peer.now, peer.out, peer);
  EXPECT_EQ(peer.feed("'a' 'hi'"), "PUBLISH qos=0 id=0 a hi\n");
}

TEST(MqttSession, BoundsWhatItKeepsBeforeTheDecision) {
  Peer peer;
  peer.decide_at_once = false;
  peer.feed(kConnect);
  peer.session.feed(std::string(limits::kMqttEarlyBytesMax, '\xc0'), peer.now, peer.out, peer);
  EXPECT_EQ(peer.session.state(), ServerSession::State::Deciding);
  EXPECT_EQ(peer.feed("c0"), "fault: too many bytes before CONNACK\n");
}

TEST(MqttSession, BoundsTheConnectPacket) {
  Peer peer;
  EXPECT_EQ(peer.feed("10 81 40"), "fault: malformed packet: packet too large\n");
}

TEST(MqttSession, RefusesWithTheCodeAndCloses) {
  Peer peer;
  peer.decide_at_once = false;
  peer.feed(kConnect);
  peer.out.clear();
  peer.session.refuse(ConnectCode::BadUserOrPassword, peer.out);
  EXPECT_EQ(test::hex(peer.out), "20020004");
  EXPECT_EQ(peer.session.state(), ServerSession::State::Closed);
}

TEST(MqttSession, ConfirmsEachPushOnceAndIgnoresForeignPubacks) {
  Peer peer;
  peer.feed(kConnect);
  const auto first = peer.session.begin_push(100);
  const auto second = peer.session.begin_push(200);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, 1);
  EXPECT_EQ(*second, 2);
  EXPECT_EQ(peer.feed("4002 0002 4002 0002 4002 0063 4002 0001"), "confirmed 200\nconfirmed 100\n");
  EXPECT_EQ(peer.session.pushes_in_flight(), 0u);
}

TEST(MqttSession, BoundsTheInFlightTable) {
  Peer peer;
  EXPECT_FALSE(peer.session.begin_push(1)) << "before CONNECT";
  peer.feed(kConnect);
  for (size_t i = 0; i < limits::kMqttInFlightMax; ++i) EXPECT_TRUE(peer.session.begin_push(i));
  EXPECT_FALSE(peer.session.begin_push(99));
  EXPECT_EQ(peer.feed("4002 0005"), "confirmed 4\n");
  EXPECT_TRUE(peer.session.begin_push(99));
}

TEST(MqttSession, NeverGivesOutPacketId0OrOneInUse) {
  // [MQTT-2.3.1-1], [MQTT-2.3.1-2]
  Peer peer;
  peer.feed(kConnect);
  const auto kept = peer.session.begin_push(7);
  for (int i = 0; i < 70'000; ++i) {
    const auto id = peer.session.begin_push(8);
    ASSERT_TRUE(id);
    ASSERT_NE(*id, 0);
    ASSERT_NE(*id, *kept);
    std::string puback;
    append_puback(puback, *id);
    peer.session.feed(puback, peer.now, peer.out, peer);
  }
  EXPECT_EQ(peer.session.pushes_in_flight(), 1u);
}

TEST(MqttSession, IsSilentTooLongAfterOneAndAHalfKeepAlivePeriods) {
  // [MQTT-3.1.2-24]
  Peer peer;
  peer.feed(kConnect);
  EXPECT_FALSE(peer.session.silent_too_long(peer.now + 90'000'000));
  EXPECT_TRUE(peer.session.silent_too_long(peer.now + 90'000'001));
  peer.now = peer.now + 80'000'000;
  peer.feed("c000");
  EXPECT_FALSE(peer.session.silent_too_long(peer.now + 90'000'000));
}

TEST(MqttSession, IsNeverSilentTooLongWithoutKeepAlive) {
  Peer peer;
  peer.feed("100d 0004 'MQTT' 04 02 0000 0001 'a'");
  EXPECT_FALSE(peer.session.silent_too_long(peer.now + 1'000'000'000'000));
}

TEST(MqttSession, MayBeClosedInsideAnyCallback) {
  struct Closing : Peer {
    void on_subscribe(const SubscribeView&, std::string&) override { session.close(); }
    void on_publish(const PublishView&) override { session.close(); }
  };
  Closing subscriber;
  subscriber.feed(kConnect);
  EXPECT_EQ(subscriber.feed("8206 0001 0001 'a' 00 c000"), "");
  Closing publisher;
  publisher.feed(kConnect);
  EXPECT_EQ(publisher.feed("3003 0001 'a' c000"), "");
}

}  // namespace
}  // namespace rollcall::mqtt
