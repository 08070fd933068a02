#include "net/web_socket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/limits.hpp"

namespace rollcall::net {
namespace {

using Found = WebSocketReader::Found;

// A masked frame of a client. `flags` is the first byte.
std::string frame(int flags, std::string_view payload, uint32_t mask = 0x37fa213d) {
  std::string out(1, static_cast<char>(flags));
  const auto put = [&out](uint64_t value, int bytes) {
    while (bytes-- > 0) out.push_back(static_cast<char>(value >> (8 * bytes) & 0xff));
  };
  if (payload.size() < 126) {
    put(0x80 | payload.size(), 1);
  } else if (payload.size() <= 0xffff) {
    put(0x80 | 126, 1);
    put(payload.size(), 2);
  } else {
    put(0x80 | 127, 1);
    put(payload.size(), 8);
  }
  put(mask, 4);
  for (size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<char>(payload[i] ^ static_cast<char>(mask >> (24 - 8 * (i % 4)) & 0xff)));
  return out;
}

// What a reader finds in `stream`, given in pieces: "data" joined, the rest in words.
struct Reading {
  std::string data;
  std::vector<std::string> others;
};

Reading read(const std::string& stream, size_t piece) {
  WebSocketReader reader;
  Reading reading;
  for (size_t at = 0; at < stream.size(); at += piece) {
    std::vector<uint8_t> bytes(stream.begin() + static_cast<ptrdiff_t>(at),
                               stream.begin() + static_cast<ptrdiff_t>(std::min(at + piece, stream.size())));
    std::span<uint8_t> in(bytes);
    for (;;) {
      const auto event = reader.next(in);
      const std::string payload(event.payload.begin(), event.payload.end());
      const std::string code = std::to_string(static_cast<int>(event.close));
      if (event.found == Found::NeedMore) break;
      if (event.found == Found::Data) reading.data += payload;
      if (event.found == Found::Ping) reading.others.push_back("ping " + payload);
      if (event.found == Found::Closed) reading.others.push_back("closed");
      if (event.found == Found::Refused) reading.others.push_back("refused " + code);
    }
  }
  return reading;
}

void expect_everywhere(const std::string& stream, const std::string& data,
                       const std::vector<std::string>& others) {
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, size_t{1000}, stream.size() + 1}) {
    const Reading reading = read(stream, piece);
    EXPECT_EQ(reading.data, data) << "in pieces of " << piece;
    EXPECT_EQ(reading.others, others) << "in pieces of " << piece;
  }
}

TEST(WebSocketReader, UnmasksBinaryFramesOfEveryLengthForm) {
  expect_everywhere(frame(0x82, "hello") + frame(0x82, "") + frame(0x82, " there", 0xffffffff), "hello there",
                    {});
  for (const size_t bytes : {125u, 126u, 127u, 65'535u, 65'536u, 200'000u}) {
    const std::string text(bytes, 'x');
    expect_everywhere(frame(0x82, text) + frame(0x82, "!"), text + "!", {});
  }
}

TEST(WebSocketReader, JoinsFragmentsBetweenWhichControlFramesCome) {
  expect_everywhere(frame(0x02, "a") + frame(0x89, "p") + frame(0x00, "") + frame(0x8a, "x") +
                        frame(0x00, "b") + frame(0x80, "c") + frame(0x82, "d"),
                    "abcd", {"ping p"});
}

TEST(WebSocketReader, ReadsNothingBehindAClose) {
  expect_everywhere(frame(0x88, "") + frame(0x82, "late") + frame(0x89, "p"), "", {"closed"});
  expect_everywhere(frame(0x88, std::string("\x03\xe8", 2) + "bye") + frame(0x82, "late"), "", {"closed"});
}

TEST(WebSocketReader, RefusesWhatTheProtocolForbids) {
  const std::string unmasked("\x82\x01x", 3);
  const std::string rsv = frame(0xc2, "x");
  const std::string text = frame(0x81, "x");
  const std::string fragment_of_nothing = frame(0x80, "x");
  const std::string new_message_within_one = frame(0x02, "a") + frame(0x82, "b");
  const std::string unknown_data = frame(0x83, "x");
  const std::string unknown_control = frame(0x8b, "x");
  const std::string fragmented_ping = frame(0x09, "x");
  const std::string long_ping = frame(0x89, std::string(126, 'x'));
  const std::string close_of_one_byte = frame(0x88, "x");
  const std::string long_form_16("\x82\xfe\x00\x7d\x00\x00\x00\x00", 8);
  const std::string long_form_64("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00\x00", 14);
  expect_everywhere(unmasked, "", {"refused 1002"});
  expect_everywhere(rsv, "", {"refused 1002"});
  expect_everywhere(text, "", {"refused 1003"});
  expect_everywhere(fragment_of_nothing, "", {"refused 1002"});
  expect_everywhere(new_message_within_one, "a", {"refused 1002"});
  expect_everywhere(unknown_data, "", {"refused 1002"});
  expect_everywhere(unknown_control, "", {"refused 1002"});
  expect_everywhere(fragmented_ping, "", {"refused 1002"});
  expect_everywhere(long_ping, "", {"refused 1002"});
  expect_everywhere(close_of_one_byte, "", {"refused 1002"});
  expect_everywhere(long_form_16, "", {"refused 1002"});
  expect_everywhere(long_form_64, "", {"refused 1002"});
}

TEST(WebSocketReader, RefusesAFrameThatIsTooLongByItsHead) {
  const std::string endless("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 14);
  expect_everywhere(endless, "", {"refused 1009"});
  const std::string largest(limits::kWebSocketFrameBytesMax, 'x');
  EXPECT_EQ(read(frame(0x82, largest), 65'536).data, largest);
  EXPECT_EQ(read(frame(0x82, largest + "x"), 65'536).others, std::vector<std::string>{"refused 1009"});
}

HttpRequest upgrade_request() {
  HttpRequest request;
  request.method = "GET";
  request.target = "/mqtt";
  request.headers = {{"host", "localhost"},
                     {"connection", "keep-alive, Upgrade"},
                     {"upgrade", "websocket"},
                     {"sec-websocket-version", "13"},
                     {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="},
                     {"sec-websocket-protocol", "mqttv3.1, mqtt"}};
  return request;
}

void set(HttpRequest& request, std::string_view name, std::string value) {
  for (auto& [key, old] : request.headers)
    if (key == name) old = std::move(value);
}

TEST(WebSocketAnswer, AcceptsWithTheKeyOfTheRfc) {
  const HttpRequest request = upgrade_request();
  ASSERT_TRUE(is_web_socket_request(request));
  EXPECT_EQ(answer_web_socket(request).head,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n");
}

TEST(WebSocketAnswer, TakesTheNameOfMqtt31WhenNothingElseIsOffered) {
  HttpRequest request = upgrade_request();
  set(request, "sec-websocket-protocol", "chat,mqttv3.1");
  EXPECT_NE(answer_web_socket(request).head.find("Sec-WebSocket-Protocol: mqttv3.1\r\n"), std::string::npos);
}

TEST(WebSocketAnswer, IsNoUpgradeWithoutBothHeaders) {
  for (const char* name : {"connection", "upgrade"}) {
    HttpRequest request = upgrade_request();
    set(request, name, "close");
    EXPECT_FALSE(is_web_socket_request(request)) << name;
  }
}

TEST(WebSocketAnswer, RefusesWhatIsNoMqtt) {
  struct {
    const char* name;
    const char* value;
    const char* reason;
    bool wrong_version;
  } const kCases[] = {
      {"sec-websocket-version", "8", "version 13", true},
      {"sec-websocket-version", "", "version 13", true},
      {"sec-websocket-key", "", "16 bytes", false},
      {"sec-websocket-key", "dGhlIHNhbXBsZQ==", "16 bytes", false},
      {"sec-websocket-key", "no base64 at all", "16 bytes", false},
      {"sec-websocket-protocol", "", "\"mqtt\"", false},
      {"sec-websocket-protocol", "chat, mqttx", "\"mqtt\"", false},
  };
  for (const auto& row : kCases) {
    HttpRequest request = upgrade_request();
    set(request, row.name, row.value);
    const WebSocketAnswer answer = answer_web_socket(request);
    EXPECT_EQ(answer.head, "") << row.name;
    EXPECT_NE(answer.refusal.find(row.reason), std::string::npos) << answer.refusal;
    EXPECT_EQ(answer.wrong_version, row.wrong_version);
  }
  HttpRequest post = upgrade_request();
  post.method = "POST";
  EXPECT_EQ(answer_web_socket(post).head, "");
}

TEST(WebSocketFrames, AreUnmaskedAndAsShortAsCanBe) {
  std::string out;
  append_binary_frame(out, "hi");
  append_pong_frame(out, "p");
  append_close_frame(out, WebSocketClose::ProtocolError);
  EXPECT_EQ(out, std::string("\x82\x02hi\x8a\x01p\x88\x02\x03\xea", 11));
  out.clear();
  append_binary_frame(out, std::string(126, 'x'));
  EXPECT_EQ(out.substr(0, 4), std::string("\x82\x7e\x00\x7e", 4));
  out.clear();
  append_binary_frame(out, std::string(65'536, 'x'));
  EXPECT_EQ(out.substr(0, 10), std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

}  // namespace
}  // namespace rollcall::net
