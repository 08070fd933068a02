// Sessions that outlive their connections (device-protocol 1.8; MQTT 3.1.1 clause 4.1, 4.4; v5 4.1).
#include "gateway/test_gateway.hpp"

namespace rollcall::gateway {
namespace {

class GatewaySession : public test::Gateway {
 protected:
  // A login of device 5 in that slot; what it received up to then.
  std::string open(uint32_t slot, bool clean, int64_t epoch, std::string_view extension = "_ss=1") {
    const ConnectionRef connection = ref(slot);
    core.on_open(connection, "10.0.0.7:4711");
    std::string packet = connect_packet(extension);
    // The flags stand behind the fixed header, "MQTT" and the level.
    if (!clean) packet[packet.find("MQTT") + 5] = static_cast<char>(0xC0);
    send(connection, packet);
    found(connection);
    core.deliver(engine::SessionOpened{connection, DeviceId{5}, epoch});
    asked();
    return received(slot);
  }
  void pub(uint32_t slot, int64_t epoch, const std::string& body, TaskKey key = {}) {
    core.deliver(engine::PushTask{ref(slot), epoch, key, 1, content(JobType::Pub, body), 77, false});
  }
  // One that the engine keeps until it is acknowledged.
  void pub_kept(uint32_t slot, int64_t epoch, int64_t message, const std::string& body) {
    pub(slot, epoch, body, engine::offline_key(message));
  }
  void puback(uint32_t slot, uint16_t packet_id) {
    std::string packet;
    mqtt::append_puback(packet, packet_id);
    send(ref(slot), packet);
  }
};

// The engine sends them again; the device sees the packet that it knows, once.
TEST_F(GatewaySession, SendsWhatWasNotAcknowledgedAgainUnderItsId) {
  EXPECT_EQ(open(0, false, 9), "CONNACK 0\n");
  pub_kept(0, 9, 501, "one");
  pub_kept(0, 9, 502, "two");
  puback(0, 1);
  EXPECT_EQ(asked(), "confirmed 0/501 attempt 1\n");
  core.on_closed(ref(0));
  EXPECT_EQ(open(1, false, 10), "CONNACK 0 session\n");
  pub_kept(1, 10, 502, "two");
  pub_kept(1, 10, 503, "three");
  EXPECT_EQ(received(1),
            "PUBLISH qos=1 dup id=2 /a1pk/dev1/user/get two\nPUBLISH qos=1 id=3 /a1pk/dev1/user/get three\n");
  puback(1, 2);
  puback(1, 3);
  EXPECT_EQ(asked(), "confirmed 0/502 attempt 1\nconfirmed 0/503 attempt 1\n");
}

TEST_F(GatewaySession, ForgetsThePacketIdsOfWhoBeginsAnew) {
  open(0, false, 9);
  pub_kept(0, 9, 501, "one");
  core.on_closed(ref(0));
  EXPECT_EQ(open(1, true, 10), "CONNACK 0\n");
  core.on_closed(ref(1));
  EXPECT_EQ(open(2, false, 11), "CONNACK 0\n");
  pub_kept(2, 11, 501, "one");
  EXPECT_EQ(received(2), "PUBLISH qos=1 id=1 /a1pk/dev1/user/get one\n");
}

TEST_F(GatewaySession, KeepsNothingOfWhoWantsNothingKept) {
  open(0, true, 9);
  pub_kept(0, 9, 501, "one");
  core.on_closed(ref(0));
  EXPECT_EQ(open(1, false, 10), "CONNACK 0\n");
}

// The PUBACK alone settles it: a device may answer a call before.
TEST_F(GatewaySession, WaitsForThePubackWhateverTheDeviceAnswers) {
  open(0, false, 9);
  core.deliver(engine::PushTask{ref(0), 9, engine::offline_key(501), 1,
                                content(JobType::SetProperty, R"({"on":1})", MessageQos::Qos1), 77, false});
  publish(ref(0), sys("thing/service/property/set_reply"), R"({"id":"77","code":200,"data":{}})");
  publish(ref(0), sys("thing/event/property/post"), R"({"id":"1","params":{"on":1}})");
  asked();
  puback(0, 1);
  EXPECT_EQ(asked(), "confirmed 0/501 attempt 1\n");
}

TEST_F(GatewaySession, IsKeptForSevenDays) {
  open(0, false, 9);
  core.on_closed(ref(0));
  clock.advance_ms((limits::kMqttSessionSecondsMax - 1) * int64_t{1'000});
  EXPECT_EQ(open(1, false, 10), "CONNACK 0 session\n");
  core.on_closed(ref(1));
  clock.advance_ms(limits::kMqttSessionSecondsMax * int64_t{1'000});
  EXPECT_EQ(open(2, false, 11), "CONNACK 0\n");
}

TEST_F(GatewaySession, IsHandedOverToTheConnectionThatTakesOver) {
  open(0, false, 9);
  pub_kept(0, 9, 501, "one");
  core.deliver(engine::Disconnect{ref(0), 9, OfflineReason::TakenOver});
  EXPECT_EQ(open(1, false, 10), "CONNACK 0 session\n");
  pub_kept(1, 10, 501, "one");
  EXPECT_EQ(received(1), "PUBLISH qos=1 dup id=1 /a1pk/dev1/user/get one\n");
}

TEST_F(GatewaySession, KeepsSubscriptions) {
  open(0, false, 9, "securemode=3");
  std::string subscribe;
  mqtt::append_subscribe(subscribe, 1, {{"/sys/a1pk/dev1/thing/event/property/post_reply", 1}});
  send(ref(0), subscribe);
  core.on_closed(ref(0));
  asked();
  const ConnectionRef connection = ref(1);
  core.on_open(connection, "10.0.0.7:4711");
  std::string packet = connect_packet("securemode=3");
  packet[packet.find("MQTT") + 5] = static_cast<char>(0xC0);
  send(connection, packet);
  found(connection);
  asked();
  core.deliver(engine::SessionOpened{connection, DeviceId{5}, 10});
  EXPECT_EQ(asked(), "reach [1 device 5 epoch 10]\n");
  received(1);
  publish(connection, sys("thing/event/property/post"), R"({"id":"1","params":{}})");
  EXPECT_NE(received(1).find("post_reply"), std::string::npos);
}

// The engine pushes the task again; the device sees the packet that it knows, once.
TEST_F(GatewaySession, SendsATaskAgainUnderThePacketIdThatItHad) {
  open(0, false, 9);
  core.deliver(push(ref(0), content(JobType::CustomJob, "{}")));
  EXPECT_TRUE(received(0).starts_with("PUBLISH qos=1 id=1 "));
  core.on_closed(ref(0));
  EXPECT_EQ(open(1, false, 10), "CONNACK 0 session\n");
  core.deliver(push(ref(1), content(JobType::CustomJob, "{}"), 10));
  EXPECT_TRUE(received(1).starts_with("PUBLISH qos=1 dup id=1 "));
  puback(1, 1);
  EXPECT_EQ(asked(), "confirmed 70/4 attempt 2\n");
  pub(1, 10, "next");
  EXPECT_EQ(received(1), "PUBLISH qos=1 id=2 /a1pk/dev1/user/get next\n");
}

TEST_F(GatewaySession, LetsMessagesWaitForAPlaceInTheWindow) {
  open(0, true, 9);
  for (size_t i = 0; i < limits::kMqttInFlightMax + 2; ++i) pub(0, 9, std::to_string(i));
  const std::string sent = received(0);
  EXPECT_NE(sent.find(" 31\n"), std::string::npos);
  EXPECT_EQ(sent.find(" 32\n"), std::string::npos);
  EXPECT_EQ(sent.find("qos=0"), std::string::npos);
  puback(0, 5);
  EXPECT_EQ(received(0), "PUBLISH qos=1 id=33 /a1pk/dev1/user/get 32\n");
  puback(0, 1);
  EXPECT_EQ(received(0), "PUBLISH qos=1 id=34 /a1pk/dev1/user/get 33\n");
  puback(0, 2);
  EXPECT_EQ(received(0), "");
}

TEST_F(GatewaySession, LosesAndSaysSoWhatIsTooMuch) {
  open(0, true, 9);
  const size_t room = limits::kMqttInFlightMax + limits::kWaitingMessagesMax;
  for (size_t i = 0; i < room; ++i) pub(0, 9, "x");
  EXPECT_TRUE(core.log_of(DeviceId{5}, "a1pk", "dev1", 5).front().kind != DeviceLogKind::Refused);
  pub(0, 9, "x");
  bool said = false;
  for (const DeviceLogEntry& entry : core.log_of(DeviceId{5}, "a1pk", "dev1", 200))
    said = said || (entry.kind == DeviceLogKind::Refused && entry.text.find("too many") != std::string::npos);
  EXPECT_TRUE(said);
}

// What waits in the store comes again on the next connection.
TEST_F(GatewaySession, LosesNothingThatTheEngineKeeps) {
  open(0, false, 9);
  const size_t room = limits::kMqttInFlightMax + limits::kWaitingMessagesMax;
  for (size_t i = 0; i < room + 1; ++i) pub_kept(0, 9, static_cast<int64_t>(500 + i), "x");
  for (const DeviceLogEntry& entry : core.log_of(DeviceId{5}, "a1pk", "dev1", 200))
    EXPECT_NE(entry.kind, DeviceLogKind::Refused);
  received(0);
  puback(0, 1);
  EXPECT_EQ(received(0), "PUBLISH qos=1 id=33 /a1pk/dev1/user/get x\n");
  asked();
  puback(0, 33);
  EXPECT_EQ(asked(), "confirmed 0/532 attempt 1\n") << "its key waits with it";
}

TEST(KeptSessions, EndWhenTheirTimeIsOver) {
  KeptSessions kept;
  const auto filters = std::make_shared<const alink::FilterSet>();
  const SteadyUs until{1'000};
  kept.keep("device", {filters, {}, until});
  EXPECT_NE(kept.take("device", SteadyUs{999}).filters, nullptr);
  EXPECT_EQ(kept.take("device", SteadyUs{999}).filters, nullptr) << "taken out";
  kept.keep("device", {filters, {}, until});
  EXPECT_EQ(kept.take("device", until).filters, nullptr);
}

}  // namespace
}  // namespace rollcall::gateway
