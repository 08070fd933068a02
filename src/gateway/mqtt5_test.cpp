// Devices that speak MQTT 5.0 (device-protocol 1.7, 1.8).
#include "gateway/test_gateway.hpp"

namespace rollcall::gateway {
namespace {

class GatewayMqtt5 : public test::Gateway {
 protected:
  std::string received5(uint32_t slot) {
    std::string bytes;
    bytes.swap(sink.sent[slot]);
    return mqtt::test::describe_stream(bytes, mqtt::Version::Five);
  }
  // CONNECT of dev1, whose client id has this in front of the first bar.
  ConnectionRef connect5(const mqtt::Properties& properties = {}, const std::string& id = "x",
                         bool clean = true, uint16_t keep_alive_seconds = 60) {
    const ConnectionRef connection = ref(next_slot_++);
    core.on_open(connection, "10.0.0.7:4711");
    const std::string client_id = id + "|_ss=1|";
    const std::string password =
        hex_lower(hmac(HashKind::Md5, kSecret, "clientId" + id + "deviceNamedev1productKeya1pk"));
    mqtt::ConnectView connect;
    connect.protocol_level = 5;
    connect.clean_session = clean;
    connect.keep_alive_seconds = keep_alive_seconds;
    connect.client_id = client_id;
    connect.user_name = "dev1&a1pk";
    connect.password = password;
    connect.properties = properties;
    std::string packet;
    mqtt::append_connect(packet, connect);
    send(connection, packet);
    return connection;
  }
  ConnectionRef login5(const mqtt::Properties& properties = {}, bool clean = true, int64_t epoch = 9) {
    const ConnectionRef connection = connect5(properties, "x", clean);
    found(connection);
    core.deliver(engine::SessionOpened{connection, DeviceId{5}, epoch});
    asked();
    return connection;
  }

 private:
  uint32_t next_slot_ = 0;
};

TEST_F(GatewayMqtt5, LogsInWithAnEmptyIdAndIsToldOne) {
  const ConnectionRef connection = connect5({}, "");
  found(connection);
  core.deliver(engine::SessionOpened{connection, DeviceId{5}, 9});
  EXPECT_NE(sink.sent[0].find("a1pk.dev1"), std::string::npos);
  EXPECT_EQ(received5(0), "CONNACK 0\n");
}

TEST_F(GatewayMqtt5, RefusesWithTheReasonsOfFive) {
  ConnectionRef connection = connect5();
  core.deliver(engine::DeviceFound{connection, fail(ErrorCode::NotExistedDevice)});
  EXPECT_EQ(received5(0), "CONNACK 134\n");
  connect5({}, "x", true, 5);
  EXPECT_EQ(received5(1), "CONNACK 133\n");
  engine.full = true;
  connect5();
  EXPECT_EQ(received5(2), "CONNACK 136\n");
}

TEST_F(GatewayMqtt5, ReceivesMessagesAndRepliesInItsVersion) {
  const ConnectionRef connection = login5();
  EXPECT_EQ(received5(0), "CONNACK 0\n");
  core.deliver(push(connection, content(JobType::Pub, "hello")));
  EXPECT_EQ(received5(0), "PUBLISH qos=1 id=1 /a1pk/dev1/user/get hello\n");
  std::string packet;
  mqtt::append_publish(packet, {.topic = "/ext/ntp/a1pk/dev1/request", .version = mqtt::Version::Five},
                       R"({"deviceSendTime":"1"})");
  send(connection, packet);
  EXPECT_TRUE(received5(0).starts_with("PUBLISH qos=0 id=0 /ext/ntp/a1pk/dev1/response {"));
}

TEST_F(GatewayMqtt5, HearsWhyItIsCut) {
  const struct {
    OfflineReason reason;
    const char* text;
  } cases[] = {{OfflineReason::TakenOver, "DISCONNECT 142\n"},
               {OfflineReason::Disabled, "DISCONNECT 152\n"},
               {OfflineReason::Deleted, "DISCONNECT 135\n"},
               {OfflineReason::ServerStopped, "DISCONNECT 139\n"}};
  uint32_t slot = 0;
  for (const auto& one : cases) {
    const ConnectionRef connection = login5();
    received5(slot);
    core.deliver(engine::Disconnect{connection, 9, one.reason});
    EXPECT_EQ(received5(slot), one.text);
    ++slot;
  }
  login5();
  received5(slot);
  clock.advance_ms(91'000);
  core.tick(clock.steady());
  EXPECT_EQ(received5(slot), "DISCONNECT 141\n");  // keep-alive timeout
}

TEST_F(GatewayMqtt5, HearsThatItPublishesTooFast) {
  const ConnectionRef connection = login5();
  received5(0);
  std::string packet;
  mqtt::append_publish(packet, {.topic = "/a1pk/dev1/user/update", .version = mqtt::Version::Five}, "x");
  const auto burst = limits::kDevicePublishesPerSecond * limits::kPublishBurstSeconds;
  for (int64_t i = 0; i <= burst + 1; ++i) send(connection, packet);
  EXPECT_EQ(received5(0), "DISCONNECT 150\n");
}

TEST_F(GatewayMqtt5, SaysWhyAFilterIsRefused) {
  const ConnectionRef connection = login5();
  received5(0);
  std::string packet;
  mqtt::append_subscribe(packet, 1,
                         {{"/a1pk/dev1/user/get", 1}, {"/a1pk/dev2/user/get", 1}, {"$share/g/a", 1}},
                         mqtt::Version::Five);
  send(connection, packet);
  EXPECT_EQ(received5(0), "SUBACK 1 01879e\n");
  std::string end;
  mqtt::append_unsubscribe(end, 2, {"/a1pk/dev1/user/get", "/a1pk/dev2/user/get"}, mqtt::Version::Five);
  send(connection, end);
  EXPECT_EQ(received5(0), "UNSUBACK 2 0011\n");
}

// v5 3.1.2.11.4: not sent, and the packet id is free again.
TEST_F(GatewayMqtt5, IsNotSentWhatIsTooLargeForIt) {
  mqtt::Properties properties;
  properties.packet_bytes_max = 100;
  const ConnectionRef connection = login5(properties);
  received5(0);
  core.deliver(push(connection, content(JobType::Pub, std::string(200, 'x'))));
  EXPECT_EQ(received5(0), "");
  core.deliver(push(connection, content(JobType::Pub, "small")));
  EXPECT_TRUE(received5(0).starts_with("PUBLISH qos=1 id=2 "));
  EXPECT_FALSE(sink.closed.contains(0));
}

TEST_F(GatewayMqtt5, KeepsTheSessionForAsLongAsAsked) {
  mqtt::Properties hour;
  hour.session_expiry_seconds = 3'600;
  login5(hour, false);
  core.on_closed(ref(0));
  clock.advance_ms(3'599'000);
  login5(hour, false);
  EXPECT_EQ(received5(1), "CONNACK 0 session\n");
  core.on_closed(ref(1));
  clock.advance_ms(3'600'000);
  login5(hour, false);
  EXPECT_EQ(received5(2), "CONNACK 0\n");
  core.on_closed(ref(2));
  login5({}, false);  // resumes, and keeps no longer
  EXPECT_EQ(received5(3), "CONNACK 0 session\n");
  core.on_closed(ref(3));
  login5({}, false);
  EXPECT_EQ(received5(4), "CONNACK 0\n");
}

}  // namespace
}  // namespace rollcall::gateway
