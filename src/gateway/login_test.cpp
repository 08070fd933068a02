// Logins, sessions and their ends as dialogues (device-protocol 1.7, 1.8).
#include "gateway/test_gateway.hpp"

namespace rollcall::gateway::test {
namespace {

using GatewayLogin = Gateway;

TEST_F(GatewayLogin, AsksTheEngineTwiceAndOnlyThenSaysYes) {
  core.on_open(ref(0), "10.0.0.7:4711");
  send(ref(0), connect_packet("_ss=1"));
  EXPECT_EQ(asked(), "find dev1&a1pk\n");
  EXPECT_EQ(received(0), "");
  found(ref(0));
  EXPECT_EQ(asked(), "open device 5 from 10.0.0.7:4711\n");
  EXPECT_EQ(received(0), "");
  core.deliver(engine::SessionOpened{ref(0), DeviceId{5}, 9});
  EXPECT_EQ(received(0), "CONNACK 0\n");
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(probe.logins.value(), 1u);
  EXPECT_EQ(probe.connections.value(), 1);
}

TEST_F(GatewayLogin, Rule1TellsTheEngineWhatASsDeviceTakesBeforeAnySubscribe) {
  core.on_open(ref(0), "peer");
  send(ref(0), connect_packet("_ss=1"));
  found(ref(0));
  const auto* open = std::get_if<engine::OpenSession>(&engine.commands.back());
  ASSERT_NE(open, nullptr);
  EXPECT_TRUE(open->reachability->reaches(*content(JobType::CustomJob, "{}")));
  EXPECT_FALSE(open->reachability->reaches(*content(JobType::Pub, "")));
  EXPECT_EQ(open->from.core, 3);
}

TEST_F(GatewayLogin, TellsTheEngineThatASilentNodeDeviceTakesNothingYet) {
  core.on_open(ref(0), "peer");
  send(ref(0), connect_packet("securemode=3"));
  found(ref(0));
  const auto& open = std::get<engine::OpenSession>(engine.commands.back());
  EXPECT_FALSE(open.reachability->reaches(*content(JobType::CustomJob, "{}")));
}

TEST_F(GatewayLogin, Rule10AnswersBadCredentialsWithCode4) {
  core.on_open(ref(0), "peer");
  send(ref(0), connect_packet("_ss=1", 60, "dev1", "wrong"));
  found(ref(0));
  EXPECT_EQ(received(0), "CONNACK 4\n");
  EXPECT_TRUE(sink.closed.contains(0));
  EXPECT_EQ(asked(), "find dev1&a1pk\n");

  core.on_open(ref(1), "peer");
  send(ref(1), connect_packet("_ss=1"));
  core.deliver(engine::DeviceFound{ref(1), fail(ErrorCode::NotExistedDevice)});
  EXPECT_EQ(received(1), "CONNACK 4\n");
  EXPECT_EQ(probe.logins_refused.value(), 2u);
}

TEST_F(GatewayLogin, TakesACertificateForItsOwnDeviceOnly) {
  sink.certified = {{0, "dev1&a1pk"}, {1, "dev2&a1pk"}, {2, "dev1"}};
  core.on_open(ref(0), "peer");
  send(ref(0), connect_packet("_ss=1", 60, "dev1", "wrong"));
  found(ref(0));
  EXPECT_EQ(received(0), "") << "it is let in, once its session is open";
  EXPECT_FALSE(sink.closed.contains(0));
  for (const uint32_t slot : {1u, 2u}) {
    core.on_open(ref(slot), "peer");
    send(ref(slot), connect_packet("_ss=1"));  // with the right password
    found(ref(slot));
    EXPECT_EQ(received(slot), "CONNACK 4\n");
  }
}

TEST_F(GatewayLogin, AnswersADisabledDeviceWithTheConfiguredCode) {
  core.on_open(ref(0), "peer");
  send(ref(0), connect_packet("_ss=1"));
  core.deliver(engine::DeviceFound{ref(0), fail(ErrorCode::DeviceDisabled)});
  EXPECT_EQ(received(0), "CONNACK 4\n");
  GatewayConfig strict;
  strict.disabled_device_code = 5;
  Core other(0, sink, clock, key, strict, probe, engine);
  const std::string packet = connect_packet("_ss=1");
  other.on_open(ref(1), "peer");
  other.on_bytes(ref(1), {reinterpret_cast<const uint8_t*>(packet.data()), packet.size()});
  other.deliver(engine::DeviceFound{ref(1), fail(ErrorCode::DeviceDisabled)});
  EXPECT_EQ(received(1), "CONNACK 5\n");
}

TEST_F(GatewayLogin, AnswersAMalformedClientIdWithCode2WithoutAskingTheEngine) {
  core.on_open(ref(0), "peer");
  send(ref(0), connect_packet("nonsense"));
  EXPECT_EQ(received(0), "CONNACK 2\n");
  EXPECT_EQ(asked(), "");
  EXPECT_TRUE(sink.closed.contains(0));
}

TEST_F(GatewayLogin, RefusesKeepAliveOutside30To1200Seconds) {
  uint32_t slot = 0;
  for (const uint16_t seconds : {0, 29, 1201, 65535}) {
    core.on_open(ref(++slot), "peer");
    send(ref(slot), connect_packet("_ss=1", seconds));
    EXPECT_EQ(received(slot), "CONNACK 2\n") << seconds;
  }
  for (const uint16_t seconds : {30, 1200}) {
    core.on_open(ref(++slot), "peer");
    send(ref(slot), connect_packet("_ss=1", seconds));
    EXPECT_EQ(received(slot), "") << seconds;
  }
}

TEST_F(GatewayLogin, AnswersAnotherVersionWithCode1) {
  core.on_open(ref(0), "peer");
  send(ref(0), mqtt::test::bytes("100d 0004 'MQTT' 06 02 003c 00 0000"));
  EXPECT_EQ(received(0), "CONNACK 1\n");
  EXPECT_TRUE(sink.closed.contains(0));
}

TEST_F(GatewayLogin, AnswersWithCode3WhenTheEngineHasNoRoomOrFails) {
  core.on_open(ref(0), "peer");
  engine.full = true;
  send(ref(0), connect_packet("_ss=1"));
  EXPECT_EQ(received(0), "CONNACK 3\n");
  engine.full = false;

  core.on_open(ref(1), "peer");
  send(ref(1), connect_packet("_ss=1"));
  engine.full = true;
  found(ref(1));
  EXPECT_EQ(received(1), "CONNACK 3\n");
  engine.full = false;

  core.on_open(ref(2), "peer");
  send(ref(2), connect_packet("_ss=1"));
  core.deliver(engine::DeviceFound{ref(2), fail(ErrorCode::SystemException)});
  EXPECT_EQ(received(2), "CONNACK 3\n");

  core.on_open(ref(3), "peer");
  send(ref(3), connect_packet("_ss=1"));
  found(ref(3));
  core.deliver(engine::SessionRefused{ref(3), Error(ErrorCode::ServiceUnavailable)});
  EXPECT_EQ(received(3), "CONNACK 3\n");
}

TEST_F(GatewayLogin, TreatsPacketsSentBeforeConnackOnceTheSessionIsOpen) {
  core.on_open(ref(0), "peer");
  std::string early = connect_packet("_ss=1");
  mqtt::append_pingreq(early);
  mqtt::append_publish(early, {.topic = "/sys/a1pk/dev1/thing/job/get", .packet_id = 3, .qos = 1},
                       R"({"id":"1","params":{"taskId":"$next"}})");
  send(ref(0), early);
  EXPECT_EQ(asked(), "find dev1&a1pk\n");
  found(ref(0));
  asked();
  core.deliver(engine::SessionOpened{ref(0), DeviceId{5}, 9});
  EXPECT_EQ(received(0), "CONNACK 0\nPINGRESP\n");
  EXPECT_EQ(asked(), "get next 0/0 id=\"1\" task=$next packet=3\n");
}

TEST_F(GatewayLogin, ReadsALoginThatComesByteByByte) {
  core.on_open(ref(0), "peer");
  for (const char c : connect_packet("_ss=1")) send(ref(0), std::string_view(&c, 1));
  EXPECT_EQ(asked(), "find dev1&a1pk\n");
}

TEST_F(GatewayLogin, ClosesTheSessionOfAConnectionThatEnds) {
  const auto connection = login();
  core.on_closed(connection);
  EXPECT_EQ(asked(), "close [0 device 5 epoch 9] CONNECTION_LOST\n");
  EXPECT_EQ(probe.connections.value(), 0);
  core.on_closed(connection);
  EXPECT_EQ(asked(), "");
}

TEST_F(GatewayLogin, ClosesTheSessionOnceWhenTheDeviceSaysGoodBye) {
  const auto connection = login();
  std::string bye;
  mqtt::append_disconnect(bye);
  send(connection, bye);
  EXPECT_EQ(asked(), "close [0 device 5 epoch 9] GOODBYE\n");
  EXPECT_TRUE(sink.closed.contains(0));
  core.on_closed(connection);
  EXPECT_EQ(asked(), "");
}

TEST_F(GatewayLogin, ClosesASessionThatOpensAfterItsConnectionHasGone) {
  core.on_open(ref(0), "peer");
  send(ref(0), connect_packet("_ss=1"));
  found(ref(0));
  core.on_closed(ref(0));
  asked();
  core.on_open(ref(0, 2), "peer");  // the slot is used again
  core.deliver(engine::SessionOpened{ref(0), DeviceId{5}, 9});
  EXPECT_EQ(asked(), "close [0 device 5 epoch 9] CONNECTION_LOST\n");
  EXPECT_EQ(received(0), "");
}

TEST_F(GatewayLogin, IgnoresAnswersForAnEarlierConnectionInTheSlot) {
  core.on_open(ref(0), "peer");
  send(ref(0), connect_packet("_ss=1"));
  core.on_closed(ref(0));
  core.on_open(ref(0, 2), "peer");
  send(ref(0, 2), connect_packet("_ss=1"));
  asked();
  found(ref(0));
  EXPECT_EQ(asked(), "");
  found(ref(0, 2));
  EXPECT_EQ(asked(), "open device 5 from peer\n");
}

TEST_F(GatewayLogin, EndsAConnectionThatWasTakenOverButOnlyOfThatEpoch) {
  const auto connection = login();
  core.deliver(engine::Disconnect{connection, 8, OfflineReason::TakenOver});
  EXPECT_FALSE(sink.closed.contains(0));
  core.deliver(engine::Disconnect{connection, 9, OfflineReason::TakenOver});
  EXPECT_TRUE(sink.closed.contains(0));
  std::string ping;
  mqtt::append_pingreq(ping);
  send(connection, ping);
  EXPECT_EQ(received(0), "");
}

TEST_F(GatewayLogin, RemembersToCloseASessionWhenTheEngineIsFull) {
  const auto connection = login();
  engine.full = true;
  core.on_closed(connection);
  core.tick(clock.steady());
  EXPECT_EQ(asked(), "");
  engine.full = false;
  core.tick(clock.steady());
  EXPECT_EQ(asked(), "close [0 device 5 epoch 9] CONNECTION_LOST\n");
}

TEST_F(GatewayLogin, CutsADeviceThatIsSilentForOneAndAHalfKeepAlivePeriods) {
  const auto connection = login();
  clock.advance_ms(90'000);
  core.tick(clock.steady());
  EXPECT_FALSE(sink.closed.contains(connection.slot));
  clock.advance_ms(1);
  core.tick(clock.steady());
  EXPECT_TRUE(sink.closed.contains(connection.slot));
  EXPECT_EQ(asked(), "close [0 device 5 epoch 9] KEEP_ALIVE\n");
  EXPECT_EQ(probe.keep_alive_cuts.value(), 1u);
}

TEST_F(GatewayLogin, CutsAPeerThatDoesNotLogInWithinTenSeconds) {
  core.on_open(ref(0), "peer");
  core.on_open(ref(7), "peer");
  send(ref(7), connect_packet("_ss=1"));
  clock.advance_ms(10'000);
  core.tick(clock.steady());
  EXPECT_TRUE(sink.closed.empty());
  clock.advance_ms(1);
  core.tick(clock.steady());
  EXPECT_EQ(sink.closed, (std::set<uint32_t>{0, 7}));
}

TEST_F(GatewayLogin, LooksAtEveryConnectionWithinSomeTicks) {
  for (uint32_t slot = 0; slot < 5'000; ++slot) core.on_open(ref(slot), "peer");
  clock.advance_ms(11'000);
  for (int i = 0; i < 4; ++i) core.tick(clock.steady());
  EXPECT_EQ(sink.closed.size(), 5'000u);
}

TEST_F(GatewayLogin, CountsAndEndsAConnectionThatSpeaksNoMqtt) {
  core.on_open(ref(0), "peer");
  send(ref(0), "GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(sink.closed.contains(0));
  EXPECT_EQ(received(0), "");
  EXPECT_EQ(probe.protocol_errors.value(), 1u);
}

TEST_F(GatewayLogin, GivesUpAConnectionWhoseOutputIsFull) {
  const auto connection = login();
  sink.full = true;
  std::string ping;
  mqtt::append_pingreq(ping);
  send(connection, ping);
  EXPECT_TRUE(sink.closed.contains(0));
  EXPECT_EQ(asked(), "close [0 device 5 epoch 9] TOO_SLOW\n");
}

TEST_F(GatewayLogin, KeepsAnIdleConnectionSmall) { EXPECT_LE(sizeof(Connection), 240u); }

}  // namespace
}  // namespace rollcall::gateway::test
