#include "mqtt/decoder.hpp"

#include <gtest/gtest.h>

#include "mqtt/test_text.hpp"

namespace rollcall::mqtt {
namespace {

using test::bytes;
using test::describe_stream;

std::string error_line(DecodeError error) { return "[" + std::string(decode_error_text(error)) + "]\n"; }

TEST(MqttDecode, ReadsTheConnectThatTheCLinkSdkSends) {
  const std::string id =
      "a1pk.dev1|timestamp=2524608000000,_ss=1,_v=sdk-c-4.1.0,securemode=3,signmethod=hmacsha256,ext=3,_conn="
      "tls_0|";
  const std::string password = "289FD61F7D62B57592AC14E13F17BA6362461289EDDB73815304B6FA19072875";
  ASSERT_EQ(id.size(), 0x6cu);
  const std::string packet =
      bytes("10c501 0004 'MQTT' 04 c2 04b0 006c '" + id + "' 0009 'dev1&a1pk' 0040 '" + password + "'");
  EXPECT_EQ(packet.size(), 200u);
  EXPECT_EQ(describe_stream(packet), "CONNECT level=4 clean=1 keep_alive=1200 id=" + id +
                                         " user=dev1&a1pk password=" + password + "\n");
}

TEST(MqttDecode, ReadsAnMqtt31Connect) {
  EXPECT_EQ(describe_stream(bytes("1011 0006 'MQIsdp' 03 00 003c 0003 'abc'")),
            "CONNECT level=3 clean=0 keep_alive=60 id=abc\n");
}

TEST(MqttDecode, ReadsAWill) {
  EXPECT_EQ(describe_stream(bytes("1015 0004 'MQTT' 04 2e 003c 0001 'a' 0002 't/' 0002 '{}'")),
            "CONNECT level=4 clean=1 keep_alive=60 id=a will=t/:{}:1r\n");
}

TEST(MqttDecode, GivesOnlyTheLevelOfAForeignVersion) {
  EXPECT_EQ(describe_stream(bytes("100d 0004 'MQTT' 06 02 003c 00 0000")),
            "CONNECT level=6 clean=1 keep_alive=0 id=\n");
  EXPECT_EQ(describe_stream(bytes("1008 0004 'MQTT' 09 ff")), "CONNECT level=9 clean=1 keep_alive=0 id=\n");
}

TEST(MqttDecode, GivesLevel0WhenNameAndLevelDoNotBelongTogether) {
  EXPECT_EQ(describe_stream(bytes("100c 0004 'MQTT' 03 02 003c 0000")),
            "CONNECT level=0 clean=1 keep_alive=0 id=\n");
  EXPECT_EQ(describe_stream(bytes("100e 0006 'MQIsdp' 04 02 003c 0000")),
            "CONNECT level=0 clean=1 keep_alive=0 id=\n");
}

TEST(MqttDecode, ReadsEveryOtherPacket) {
  EXPECT_EQ(describe_stream(bytes("2002 0100 2002 0004")), "CONNACK 0 session\nCONNACK 4\n");
  EXPECT_EQ(describe_stream(bytes("3005 0001 'a' 'hi' 3b07 0001 'a' 0102 'hi' 3003 0001 'a'")),
            "PUBLISH qos=0 id=0 a hi\nPUBLISH qos=1 dup retain id=258 a hi\nPUBLISH qos=0 id=0 a \n");
  EXPECT_EQ(describe_stream(bytes("4002 0001")), "PUBACK 1\n");
  EXPECT_EQ(describe_stream(bytes("5002 0001 6202 0002 7002 0003")), "QOS2 5 1\nQOS2 6 2\nQOS2 7 3\n");
}

TEST(MqttDecode, ReadsSubscriptions) {
  EXPECT_EQ(describe_stream(bytes("820c 000a 0003 'a/+' 00 0001 '#' 02")), "SUBSCRIBE 10 a/+:0 #:2\n");
  EXPECT_EQ(describe_stream(bytes("9005 000a 00 01 80")), "SUBACK 10 000180\n");
  EXPECT_EQ(describe_stream(bytes("a20a 000b 0003 'a/+' 0001 '#'")), "UNSUBSCRIBE 11 a/+ #\n");
  EXPECT_EQ(describe_stream(bytes("b002 000b c000 d000 e000")),
            "UNSUBACK 11\nPINGREQ\nPINGRESP\nDISCONNECT\n");
}

struct BadPacket {
  const char* what;
  const char* hex;
  DecodeError error;
};

class MqttDecodeRefuses : public testing::TestWithParam<BadPacket> {};

TEST_P(MqttDecodeRefuses, WithTheErrorOfTheRule) {
  EXPECT_EQ(describe_stream(bytes(GetParam().hex)), error_line(GetParam().error)) << GetParam().what;
}

using E = DecodeError;
INSTANTIATE_TEST_SUITE_P(
    AllRules, MqttDecodeRefuses,
    testing::Values(
        BadPacket{"remaining length of five bytes", "30 ff ff ff ff 01", E::RemainingLengthTooLong},
        BadPacket{"a fifth length byte before it arrives", "30 80 80 80 80", E::RemainingLengthTooLong},
        BadPacket{"larger than 257 KB", "30 ff ff 7f", E::PacketTooLarge},
        BadPacket{"type 0", "00 00", E::ReservedPacketType},
        BadPacket{"type 15", "f0 00", E::ReservedPacketType},
        BadPacket{"PINGREQ with flags", "c1 00", E::ReservedHeaderFlags},
        BadPacket{"CONNECT with flags", "11 00", E::ReservedHeaderFlags},
        BadPacket{"SUBSCRIBE without its flag", "80 06 0001 0001 'a' 00", E::ReservedHeaderFlags},
        BadPacket{"UNSUBSCRIBE without its flag", "a0 05 0001 0001 'a'", E::ReservedHeaderFlags},
        BadPacket{"PUBREL without its flag", "60 02 0001", E::ReservedHeaderFlags},
        BadPacket{"PUBACK with flags", "42 02 0001", E::ReservedHeaderFlags},
        BadPacket{"empty CONNECT", "10 00", E::Truncated},
        BadPacket{"client id past the end", "100d 0004 'MQTT' 04 02 003c 0009 'a'", E::Truncated},
        BadPacket{"user name missing", "100d 0004 'MQTT' 04 82 003c 0001 'a'", E::Truncated},
        BadPacket{"topic past the end", "30 03 0005 'a'", E::Truncated},
        BadPacket{"packet id cut", "32 04 0001 'a' 00", E::Truncated},
        BadPacket{"filter without its QoS", "82 05 0001 0001 'a'", E::Truncated},
        BadPacket{"PUBACK of one byte", "40 01 00", E::Truncated},
        BadPacket{"CONNECT with more behind", "100e 0004 'MQTT' 04 02 003c 0001 'a' 00", E::TrailingBytes},
        BadPacket{"PINGREQ with a body", "c0 01 00", E::TrailingBytes},
        BadPacket{"PUBACK of three bytes", "40 03 0001 00", E::TrailingBytes},
        BadPacket{"overlong UTF-8 in a topic", "30 04 0002 c0af", E::InvalidUtf8},
        BadPacket{"surrogate in a topic", "30 05 0003 eda080", E::InvalidUtf8},
        BadPacket{"broken UTF-8 in a client id", "100d 0004 'MQTT' 04 02 003c 0001 ff", E::InvalidUtf8},
        BadPacket{"null in a topic", "30 05 0003 'a' 00 'b'", E::NullCharacter},
        BadPacket{"null in a filter", "82 06 0001 0001 00 00", E::NullCharacter},
        BadPacket{"HTTP on the wrong port", "100d 0004 'HTTP' 04 02 003c 0001 'a'", E::BadProtocolName},
        BadPacket{"reserved connect flag", "100d 0004 'MQTT' 04 03 003c 0001 'a'", E::ReservedConnectFlag},
        BadPacket{"will QoS without will", "100d 0004 'MQTT' 04 0a 003c 0001 'a'", E::BadWillFlags},
        BadPacket{"will retain without will", "100d 0004 'MQTT' 04 22 003c 0001 'a'", E::BadWillFlags},
        BadPacket{"will QoS 3", "100d 0004 'MQTT' 04 1e 003c 0001 'a'", E::BadWillFlags},
        BadPacket{"password without user", "1010 0004 'MQTT' 04 42 003c 0001 'a' 0001 'p'",
                  E::PasswordWithoutUserName},
        BadPacket{"CONNACK flags", "20 02 02 00", E::BadConnAckFlags},
        BadPacket{"PUBLISH with QoS 3", "36 05 0001 'a' 0001", E::BadQos},
        BadPacket{"SUBSCRIBE with QoS 3", "82 06 0001 0001 'a' 03", E::BadQos},
        BadPacket{"SUBSCRIBE with a reserved bit", "82 06 0001 0001 'a' 80", E::BadQos},
        BadPacket{"DUP without QoS", "38 03 0001 'a'", E::DupWithQos0},
        BadPacket{"empty topic", "30 02 0000", E::EmptyTopic},
        BadPacket{"plus in a topic", "30 05 0003 'a/+'", E::WildcardInTopic},
        BadPacket{"hash in a topic", "30 03 0001 '#'", E::WildcardInTopic},
        BadPacket{"PUBLISH id 0", "32 05 0001 'a' 0000", E::ZeroPacketId},
        BadPacket{"SUBSCRIBE id 0", "82 06 0000 0001 'a' 00", E::ZeroPacketId},
        BadPacket{"UNSUBSCRIBE id 0", "a2 05 0000 0001 'a'", E::ZeroPacketId},
        BadPacket{"PUBACK id 0", "40 02 0000", E::ZeroPacketId},
        BadPacket{"SUBSCRIBE without filters", "82 02 0001", E::NoFilters},
        BadPacket{"UNSUBSCRIBE without filters", "a2 02 0001", E::NoFilters},
        BadPacket{"hash before the end", "82 08 0001 0003 '#/a' 00", E::BadFilter},
        BadPacket{"plus inside a level", "82 07 0001 0002 'a+' 00", E::BadFilter},
        BadPacket{"empty filter", "82 05 0001 0000 00", E::BadFilter},
        BadPacket{"bad filter in UNSUBSCRIBE", "a2 06 0001 0002 'a#'", E::BadFilter},
        BadPacket{"SUBACK without codes", "90 02 0001", E::NoReturnCodes},
        BadPacket{"SUBACK with code 3", "90 03 0001 03", E::BadReturnCode}));

TEST(MqttDecode, HasATestForEveryError) {
  // The last enumerator bounds the table above; each text is distinct, so no row can hide behind another's.
  std::string seen;
  for (int i = 0; i <= static_cast<int>(DecodeError::BadReturnCode); ++i) {
    const std::string text = error_line(static_cast<DecodeError>(i));
    EXPECT_EQ(seen.find(text), std::string::npos) << text;
    EXPECT_NE(text, "[unknown]\n");
    seen += text;
  }
}

TEST(MqttDecode, AcceptsAPacketOfExactlyTheLimitAndRefusesOneMore) {
  for (const size_t excess : {0u, 1u}) {
    const size_t remaining = limits::kMqttPacketBytesMax - 4 + excess;
    std::string packet = bytes("30");
    for (size_t rest = remaining; rest > 0; rest /= 128)
      packet.push_back(static_cast<char>(rest >= 128 ? rest % 128 | 0x80 : rest));
    ASSERT_EQ(packet.size(), 4u);
    packet += bytes("0001 'a'");
    packet.resize(4 + remaining, 'x');
    const std::string text = describe_stream(packet);
    EXPECT_EQ(text.substr(0, 8), excess == 0 ? "PUBLISH " : "[packet ") << excess;
  }
}

TEST(MqttDecode, FindsTheSamePacketsHoweverTheStreamIsCut) {
  const std::string stream = bytes(
      "100d 0004 'MQTT' 04 02 003c 0001 'a' c000 3205 0001 'a' 0001 820c 000a 0003 'a/+' 00 0001 '#' 02 "
      "e000");
  const std::string whole = describe_stream(stream);
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    PacketReader reader;
    std::string out;
    for (size_t at = 0; at < stream.size(); at += piece) {
      const std::string part = stream.substr(at, piece);
      const auto outcome = reader.feed(part, [&out](const Packet& packet) {
        out += test::describe(packet) + "\n";
        return Reading::Continue;
      });
      ASSERT_FALSE(outcome.error);
    }
    EXPECT_EQ(out, whole) << piece;
    EXPECT_EQ(reader.kept_bytes(), 0u) << piece;
  }
}

TEST(MqttDecode, HandsBackWhatLiesBehindThePacketAtWhichTheHandlerStops) {
  PacketReader reader;
  const std::string stream = bytes("c000 e000 c0");
  int packets = 0;
  const auto outcome = reader.feed(stream, [&packets](const Packet&) {
    ++packets;
    return Reading::Stop;
  });
  EXPECT_EQ(packets, 1);
  EXPECT_EQ(test::hex(outcome.unread), "e000c0");
  EXPECT_EQ(reader.kept_bytes(), 0u);
}

TEST(MqttDecode, KeepsOnlyTheUnfinishedPacket) {
  PacketReader reader;
  const auto ignore = [](const Packet&) { return Reading::Continue; };
  EXPECT_FALSE(reader.feed(bytes("c000 3205 0001"), ignore).error);
  EXPECT_EQ(reader.kept_bytes(), 4u);
  EXPECT_FALSE(reader.feed(bytes("'a' 0001 c0"), ignore).error);
  EXPECT_EQ(reader.kept_bytes(), 1u);
  EXPECT_FALSE(reader.feed(bytes("00"), ignore).error);
  EXPECT_EQ(reader.kept_bytes(), 0u);
}

}  // namespace
}  // namespace rollcall::mqtt
