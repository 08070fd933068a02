#include "mqtt/encoder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "mqtt/test_text.hpp"

namespace rollcall::mqtt {
namespace {

using test::bytes;
using test::describe_stream;
using test::hex;

TEST(MqttEncode, WritesTheBytesOfTheStandard) {
  std::string out;
  append_connack(out, ConnectCode::Accepted);
  append_connack(out, ConnectCode::BadUserOrPassword, true);
  append_puback(out, 0x0102);
  append_suback(out, 3, bytes("00 01 80"));
  append_unsuback(out, 4);
  append_pingreq(out);
  append_pingresp(out);
  append_disconnect(out);
  EXPECT_EQ(hex(out),
            "20020000"
            "20020004"
            "40020102"
            "90050003000180"
            "b0020004"
            "c000"
            "d000"
            "e000");
}

TEST(MqttEncode, WritesAPublishFromPieces) {
  std::string out;
  append_publish_head(out, {.topic = "a/b", .packet_id = 7, .dup = true, .qos = 1}, 4);
  out += "12";
  out += "34";
  EXPECT_EQ(hex(out), hex(bytes("3a0b 0003 'a/b' 0007 '1234'")));
}

TEST(MqttEncode, NeverMarksQos0AsDuplicate) {
  std::string out;
  append_publish(out, {.topic = "a", .dup = true}, "");
  EXPECT_EQ(hex(out), hex(bytes("3003 0001 'a'")));
}

TEST(MqttEncode, WritesLongRemainingLengths) {
  for (const size_t payload : {124u, 125u, 16380u, 16381u, 200000u}) {
    std::string out;
    append_publish(out, {.topic = "a"}, std::string(payload, 'x'));
    EXPECT_EQ(describe_stream(out), "PUBLISH qos=0 id=0 a " + std::string(payload, 'x') + "\n") << payload;
  }
}

// Texts of printable ASCII with some Chinese, never with a wildcard.
std::string any_text() {
  return *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::inRange('a', 'z'), rc::gen::element('/', '|', '=', '&')));
}

RC_GTEST_PROP(MqttRoundTrip, ConnectComesBackAsItWasWritten, ()) {
  const std::string id = any_text() + "\xe8\xae\xbe";
  const std::string user = any_text();
  const std::string password = *rc::gen::arbitrary<std::string>();
  const std::string topic = any_text();
  ConnectView connect;
  connect.protocol_level = *rc::gen::element<uint8_t>(3, 4);
  connect.clean_session = *rc::gen::arbitrary<bool>();
  connect.keep_alive_seconds = *rc::gen::arbitrary<uint16_t>();
  connect.client_id = id;
  if (*rc::gen::arbitrary<bool>()) connect.user_name = user;
  if (connect.user_name && *rc::gen::arbitrary<bool>()) connect.password = password;
  if (*rc::gen::arbitrary<bool>())
    connect.will = Will{topic, password, *rc::gen::element<uint8_t>(0, 1, 2), *rc::gen::arbitrary<bool>()};
  std::string out;
  append_connect(out, connect);
  RC_ASSERT(describe_stream(out) == test::describe(connect) + "\n");
}

RC_GTEST_PROP(MqttRoundTrip, PublishComesBackAsItWasWritten, ()) {
  const std::string topic = "t" + any_text();
  const std::string payload = *rc::gen::arbitrary<std::string>();
  PublishView publish{topic, payload};
  publish.qos = *rc::gen::element<uint8_t>(0, 1);
  publish.retain = *rc::gen::arbitrary<bool>();
  if (publish.qos > 0) {
    publish.packet_id = *rc::gen::inRange<uint16_t>(1, 65535);
    publish.dup = *rc::gen::arbitrary<bool>();
  }
  std::string out;
  append_publish(out, {topic, publish.packet_id, publish.dup, publish.retain, publish.qos}, payload);
  RC_ASSERT(describe_stream(out) == test::describe(publish) + "\n");
}

RC_GTEST_PROP(MqttRoundTrip, SubscriptionsComeBackAsTheyWereWritten, ()) {
  const std::string first = "a" + any_text();
  const std::string second = any_text() + "/+/#";
  const auto id = *rc::gen::inRange<uint16_t>(1, 65535);
  const auto qos = *rc::gen::element<uint8_t>(0, 1, 2);
  std::string out;
  append_subscribe(out, id, {{first, qos}, {second, 0}});
  append_unsubscribe(out, id, {first, second});
  const std::string number = std::to_string(id);
  RC_ASSERT(describe_stream(out) == "SUBSCRIBE " + number + " " + first + ":" + std::to_string(qos) + " " +
                                        second + ":0\nUNSUBSCRIBE " + number + " " + first + " " + second +
                                        "\n");
}

RC_GTEST_PROP(MqttRoundTrip, ArbitraryBytesNeverReadPastTheirEnd, (const std::string& text)) {
  // Sanitizer builds see an over-read; here the property is that the outcome does not depend on the cutting.
  const std::string whole = describe_stream(text);
  PacketReader reader;
  std::string out;
  for (const char c : text) {
    const auto outcome = reader.feed(std::string_view(&c, 1), [&out](const Packet& packet) {
      out += test::describe(packet) + "\n";
      return Reading::Continue;
    });
    if (outcome.error) {
      out += "[" + std::string(decode_error_text(*outcome.error)) + "]\n";
      break;
    }
  }
  RC_ASSERT(whole.substr(0, out.size()) == out);
}

}  // namespace
}  // namespace rollcall::mqtt
