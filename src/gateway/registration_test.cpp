// Devices that fetch their secret, or a token, with the secret of their product (device-protocol 3.2, 3.3).
#include "gateway/test_gateway.hpp"

namespace rollcall::gateway {
namespace {

class GatewayRegistration : public test::Gateway {
 protected:
  static constexpr const char* kProductSecret = "product-secret";

  // A CONNECT of dev1 that registers: signed with the product's secret unless said otherwise.
  ConnectionRef ask(const std::string& auth_type, const std::string& secret = kProductSecret,
                    uint16_t keep_alive_seconds = 5) {
    const std::string client_id =
        "c1|securemode=2,authType=" + auth_type + ",random=r7,signmethod=hmacsha256|";
    const std::string password =
        hex_lower(hmac(HashKind::Sha256, secret, "deviceNamedev1productKeya1pkrandomr7"));
    return open(client_id, password, keep_alive_seconds);
  }
  ConnectionRef open(const std::string& client_id, const std::string& password,
                     uint16_t keep_alive_seconds = 60) {
    const ConnectionRef connection = ref(next_slot_++);
    core.on_open(connection, "10.0.0.7:4711");
    mqtt::ConnectView connect;
    connect.keep_alive_seconds = keep_alive_seconds;
    connect.client_id = client_id;
    connect.user_name = "dev1&a1pk";
    connect.password = password;
    std::string packet;
    mqtt::append_connect(packet, connect);
    send(connection, packet);
    return connection;
  }
  void found_registering(ConnectionRef connection, DeviceId device = DeviceId{5}) {
    core.deliver(engine::DeviceFound{
        connection, engine::DeviceIdentity{device, Secret(device ? kSecret : ""), Secret(kProductSecret)}});
  }

 private:
  uint32_t next_slot_ = 0;
};

TEST_F(GatewayRegistration, GivesTheSecretUnaskedToWhoSignsWithThatOfTheProduct) {
  const auto connection = ask("register");
  EXPECT_EQ(asked(), "find dev1&a1pk\n");
  found_registering(connection);
  EXPECT_EQ(received(0),
            "CONNACK 0\nPUBLISH qos=0 id=0 /ext/register "
            R"({"productKey":"a1pk","deviceName":"dev1","deviceSecret":"secret"})"
            "\n");
  EXPECT_EQ(asked(), "");
  EXPECT_FALSE(sink.closed.contains(0));
}

TEST_F(GatewayRegistration, RefusesAWrongSignature) {
  const auto connection = ask("register", kSecret);
  found_registering(connection);
  EXPECT_EQ(received(0), "CONNACK 4\n");
  EXPECT_TRUE(sink.closed.contains(0));
  const auto log = core.log_of(DeviceId{5}, "a1pk", "dev1", 10);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_NE(log[0].text.find("content was deviceNamedev1productKeya1pkrandomr7"), std::string::npos);
}

TEST_F(GatewayRegistration, IsNoSession) {
  const auto connection = ask("register");
  found_registering(connection);
  asked();
  received(0);
  publish(connection, sys("thing/job/get"), R"({"id":"1","params":{"taskId":"$next"}})", 3);
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(received(0), "");
  clock.advance_ms(limits::kMqttConnectSeconds * 1'000 + 1);
  core.tick(clock.steady());
  EXPECT_TRUE(sink.closed.contains(0));
  EXPECT_EQ(asked(), "");
}

TEST_F(GatewayRegistration, RefusesWhatTheEngineRefuses) {
  const auto connection = ask("register");
  core.deliver(engine::DeviceFound{connection, fail(ErrorCode::NotExistedDevice, "off")});
  EXPECT_EQ(received(0), "CONNACK 4\n");
}

TEST_F(GatewayRegistration, AddsADeviceThatNeedNotBeRegisteredAndGivesItAToken) {
  const auto connection = ask("regnwl");
  asked();
  found_registering(connection, DeviceId{});
  EXPECT_EQ(received(0), "");
  EXPECT_EQ(asked(), "add dev1&a1pk\n");
  found_registering(connection);
  const std::string answer = received(0);
  EXPECT_TRUE(answer.starts_with("CONNACK 0\nPUBLISH qos=0 id=0 /ext/regnwl {\"clientId\":\"")) << answer;
  EXPECT_EQ(answer.find(kSecret), std::string::npos);
}

TEST_F(GatewayRegistration, AddsNobodyWhoDoesNotKnowTheProductsSecret) {
  const auto connection = ask("regnwl", "guessed");
  asked();
  found_registering(connection, DeviceId{});
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(received(0), "CONNACK 4\n");
}

TEST_F(GatewayRegistration, LetsWhoHasTheTokenInAndNobodyElse) {
  const std::string token = device_token(Secret(kSecret), "abc");
  const std::string extension = "|authType=connwl,securemode=-2,_ss=1|";
  ConnectionRef connection = open("abc" + extension, token);
  found(connection);
  EXPECT_EQ(asked(), "find dev1&a1pk\nopen device 5 from 10.0.0.7:4711\n");
  connection = open("other" + extension, token);
  found(connection);
  EXPECT_EQ(received(1), "CONNACK 4\n");
  connection = open("abc" + extension, device_token(Secret("another"), "abc"));
  found(connection);
  EXPECT_EQ(received(2), "CONNACK 4\n");
  connection = open("abc|authType=magic|", token);
  EXPECT_EQ(received(3), "CONNACK 4\n");
}

}  // namespace
}  // namespace rollcall::gateway
