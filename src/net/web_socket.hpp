// WebSocket as a server speaks it (RFC 6455): whether a request asks for MQTT over it, the answer, and the
// frames, without a socket. Payload is handed on as it comes, so a frame needs no memory. Used by
// http_connection and connections; included by net/ only. Thread: the connection's loop.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/http.hpp"

namespace rollcall::net {

// Whether the request wants another protocol, WebSocket, instead of an answer.
bool is_web_socket_request(const HttpRequest& request);

struct WebSocketAnswer {
  std::string head;     // the whole answer 101; empty when it is refused
  std::string refusal;  // what is wrong with the request, for a 400 or 426
  bool wrong_version = false;
};
// The sub-protocol is "mqtt" (MQTT 5.0 section 6) or, as clients of MQTT 3.1 say, "mqttv3.1".
WebSocketAnswer answer_web_socket(const HttpRequest& request);

// RFC 6455 section 7.4.1.
enum class WebSocketClose : uint16_t {
  Normal = 1000,
  ProtocolError = 1002,
  UnsupportedData = 1003,
  TooBig = 1009,
};

// Append one unmasked, final frame.
void append_binary_frame(std::string& out, std::string_view payload);
void append_pong_frame(std::string& out, std::string_view payload);
void append_close_frame(std::string& out, WebSocketClose code);

// Reads the frames of a client.
class WebSocketReader {
 public:
  // Closed: the peer says goodbye. Refused: it broke a rule; `close` says which. Nothing is read after
  // either.
  enum class Found : uint8_t { NeedMore, Data, Ping, Closed, Refused };
  struct Event {
    Found found = Found::NeedMore;
    std::span<const uint8_t> payload;  // of Data, in the input, unmasked there; of Ping, valid until next()
    WebSocketClose close = WebSocketClose::Normal;
  };

  // Takes what it can from the front of `in`, which it may change. Call until it finds NeedMore.
  Event next(std::span<uint8_t>& in);

 private:
  enum class Part : uint8_t { Head, Data, Control, Over };
  std::optional<Event> read_head(std::span<uint8_t>& in);
  std::optional<WebSocketClose> check_head() const;
  size_t head_bytes() const;
  void begin_payload();
  Event end(Found found, WebSocketClose code);
  Event control_frame();
  void unmask(std::span<uint8_t> bytes);

  std::array<uint8_t, 14> head_{};
  std::array<uint8_t, 125> control_{};
  uint64_t payload_left_ = 0;
  uint8_t head_got_ = 0;
  uint8_t control_got_ = 0;
  uint8_t mask_at_ = 0;
  Part part_ = Part::Head;
  bool in_message_ = false;  // fragments of it are still to come
};

}  // namespace rollcall::net
