// Packets as readable text and bytes as hex, for the tests of this folder and of gateway/. Not part of the
// server.
#pragma once

#include <cctype>
#include <string>
#include <string_view>

#include "mqtt/decoder.hpp"

namespace rollcall::mqtt::test {

// "10 0c 00 04" or "100c0004"; text between quotes stands for itself: "00 04 'MQTT' 04".
inline std::string bytes(std::string_view hex) {
  std::string out;
  int high = -1;
  for (size_t i = 0; i < hex.size(); ++i) {
    if (hex[i] == '\'') {
      for (++i; i < hex.size() && hex[i] != '\''; ++i) out.push_back(hex[i]);
      continue;
    }
    if (!std::isxdigit(static_cast<unsigned char>(hex[i]))) continue;
    const int digit =
        std::isdigit(static_cast<unsigned char>(hex[i])) ? hex[i] - '0' : (hex[i] | 0x20) - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    }
  }
  return out;
}

inline std::string hex(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

struct Describe {
  std::string operator()(const ConnectView& p) const {
    std::string out =
        "CONNECT level=" + std::to_string(p.protocol_level) + " clean=" + (p.clean_session ? "1" : "0") +
        " keep_alive=" + std::to_string(p.keep_alive_seconds) + " id=" + std::string(p.client_id);
    if (p.will) {
      out += " will=" + std::string(p.will->topic) + ":" + std::string(p.will->message) + ":" +
             std::to_string(p.will->qos) + (p.will->retain ? "r" : "");
    }
    if (p.user_name) out += " user=" + std::string(*p.user_name);
    if (p.password) out += " password=" + std::string(*p.password);
    return out;
  }
  std::string operator()(const ConnAck& p) const {
    return "CONNACK " + std::to_string(p.code) + (p.session_present ? " session" : "");
  }
  std::string operator()(const PublishView& p) const {
    return "PUBLISH qos=" + std::to_string(p.qos) + (p.dup ? " dup" : "") + (p.retain ? " retain" : "") +
           " id=" + std::to_string(p.packet_id) + " " + std::string(p.topic) +
           (p.topic_alias ? "~" + std::to_string(*p.topic_alias) : "") + " " + std::string(p.payload);
  }
  std::string operator()(const PubAck& p) const {
    return "PUBACK " + std::to_string(p.packet_id) + (p.reason == 0 ? "" : " " + std::to_string(p.reason));
  }
  std::string operator()(const Qos2Ack& p) const {
    return "QOS2 " + std::to_string(static_cast<int>(p.type)) + " " + std::to_string(p.packet_id);
  }
  std::string operator()(const SubscribeView& p) const {
    std::string out = "SUBSCRIBE " + std::to_string(p.packet_id);
    auto cursor = p.filters();
    while (const auto filter = cursor.next())
      out += " " + std::string(filter->first) + ":" + std::to_string(filter->second);
    return out;
  }
  std::string operator()(const SubAckView& p) const {
    return "SUBACK " + std::to_string(p.packet_id) + " " + hex(p.codes);
  }
  std::string operator()(const UnsubscribeView& p) const {
    std::string out = "UNSUBSCRIBE " + std::to_string(p.packet_id);
    auto cursor = p.filters();
    while (const auto filter = cursor.next()) out += " " + std::string(filter->first);
    return out;
  }
  std::string operator()(const UnsubAck& p) const {
    return "UNSUBACK " + std::to_string(p.packet_id) + (p.codes.empty() ? "" : " " + hex(p.codes));
  }
  std::string operator()(const PingReq&) const { return "PINGREQ"; }
  std::string operator()(const PingResp&) const { return "PINGRESP"; }
  std::string operator()(const Disconnect& p) const {
    return "DISCONNECT" + (p.reason == 0 ? "" : " " + std::to_string(p.reason));
  }
  std::string operator()(const Auth& p) const { return "AUTH " + std::to_string(p.reason); }
};

inline std::string describe(const Packet& packet) { return std::visit(Describe{}, packet); }

// Every packet of `stream`, one per line; a decode error ends it with its text in brackets.
inline std::string describe_stream(std::string_view stream, Version version = Version::Three) {
  PacketReader reader;
  reader.set_version(version);
  std::string out;
  const auto outcome = reader.feed(stream, [&out](const Packet& packet) {
    out += describe(packet) + "\n";
    return Reading::Continue;
  });
  if (outcome.error) out += "[" + std::string(decode_error_text(*outcome.error)) + "]\n";
  if (!outcome.error && reader.kept_bytes() > 0)
    out += "[" + std::to_string(reader.kept_bytes()) + " bytes kept]\n";
  return out;
}

}  // namespace rollcall::mqtt::test
