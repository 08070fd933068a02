// What is written for MQTT 5.0 is read back as it was.
#include <gtest/gtest.h>

#include "mqtt/encoder.hpp"
#include "mqtt/test_text.hpp"

namespace rollcall::mqtt {
namespace {

using test::bytes;
using test::hex;

std::string read_back(const std::string& out) { return test::describe_stream(out, Version::Five); }

TEST(MqttEncode5, WritesConnectWithItsProperties) {
  ConnectView connect;
  connect.protocol_level = 5;
  connect.keep_alive_seconds = 60;
  connect.client_id = "a";
  connect.user_name = "u";
  connect.password = "p";
  connect.will = Will{"t", "m", 1, false};
  connect.properties.session_expiry_seconds = 3600;
  connect.properties.receive_max = 2;
  std::string out;
  append_connect(out, connect);
  EXPECT_EQ(hex(out),
            hex(bytes("1023 0004 'MQTT' 05 ce 003c 08 11 00000e10 21 0002 0001 'a' 00 0001 't' 0001 'm' "
                      "0001 'u' 0001 'p'")));
  EXPECT_EQ(read_back(out), "CONNECT level=5 clean=1 keep_alive=60 id=a will=t:m:1 user=u password=p\n");
}

TEST(MqttEncode5, WritesWhatAServerSays) {
  std::string out;
  Properties properties;
  properties.assigned_client_id = "x";
  properties.qos_max = 1;
  append_connack5(out, Reason::Success, true, properties);
  append_connack5(out, Reason::NotAuthorized, true, {});
  append_publish(out, {.topic = "t", .packet_id = 3, .qos = 1, .version = Version::Five}, "m");
  append_suback(out, 4, std::string_view("\x9e", 1), Version::Five);
  append_unsuback(out, 5, std::string_view("\0", 1), Version::Five);
  append_disconnect5(out, Reason::SessionTakenOver);
  EXPECT_EQ(hex(out), hex(bytes("2009 01 00 06 12 0001 'x' 24 01 2003 00 87 00 3207 0001 't' 0003 00 'm' "
                                "9004 0004 00 9e b004 0005 00 00 e001 8e")));
  EXPECT_EQ(
      read_back(out),
      "CONNACK 0 session\nCONNACK 135\nPUBLISH qos=1 id=3 t m\nSUBACK 4 9e\nUNSUBACK 5 00\nDISCONNECT 142\n");
}

TEST(MqttEncode5, WritesWhatAClientSays) {
  std::string out;
  append_subscribe(out, 1, {{"a", 1}, {"b", 0x2C}}, Version::Five);
  append_unsubscribe(out, 2, {"a"}, Version::Five);
  append_publish(out, {.topic = "", .version = Version::Five, .topic_alias = 7}, "m");
  EXPECT_EQ(read_back(out), "SUBSCRIBE 1 a:1 b:0\nUNSUBSCRIBE 2 a\nPUBLISH qos=0 id=0 ~7 m\n");
}

TEST(MqttEncode5, CountsTheBytesOfAPublish) {
  for (const size_t payload : {0u, 100u, 120u, 130u, 16'000u, 16'400u, 300'000u}) {
    for (const Version version : {Version::Three, Version::Five}) {
      for (const uint8_t qos : {uint8_t{0}, uint8_t{1}}) {
        const PublishHead head{.topic = "a/b", .packet_id = qos, .qos = qos, .version = version};
        std::string out;
        append_publish(out, head, std::string(payload, 'x'));
        EXPECT_EQ(publish_bytes(head, payload), out.size());
      }
    }
  }
}

// Each property, where it may stand and where not (v5 2.2.2.2).
TEST(MqttDecode5, TakesEveryPropertyOfConnect) {
  std::string list = bytes(
      "11 00000001 21 0001 27 00000001 22 0001 19 00 17 01 26 0001 'a' 0001 'b' 26 0001 'a' 0001 'b' "
      "16 0001 'd'");
  std::string packet = bytes("0004 'MQTT' 05 02 003c");
  packet.push_back(static_cast<char>(list.size()));
  packet += list + bytes("0001 'a'");
  packet.insert(0, std::string("\x10") + static_cast<char>(packet.size()));
  EXPECT_EQ(read_back(packet), "CONNECT level=5 clean=1 keep_alive=60 id=a\n");
}

TEST(MqttDecode5, RefusesPropertiesThatReachTooFar) {
  EXPECT_EQ(read_back(bytes("3006 0001 'a' 05 0101")), "[field reaches past the packet]\n");
  EXPECT_EQ(read_back(bytes("3005 0001 'a' 01 02")), "[field reaches past the packet]\n");
  EXPECT_EQ(read_back(bytes("3008 0001 'a' ffffffff 01")), "[remaining length of more than four bytes]\n");
  EXPECT_EQ(read_back(bytes("3008 0001 'a' 04 03 0001 00")), "[null character in a text]\n");
  EXPECT_EQ(read_back(bytes("3008 0001 'a' 04 03 0001 ff")), "[invalid UTF-8]\n");
}

}  // namespace
}  // namespace rollcall::mqtt
