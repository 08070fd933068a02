#include "net/web_socket.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall::net {
namespace {

// RFC 6455 section 5.2.
constexpr uint8_t kFinal = 0x80;
constexpr uint8_t kReserved = 0x70;
constexpr uint8_t kOpcode = 0x0f;
constexpr uint8_t kMasked = 0x80;
constexpr uint8_t kContinuation = 0x0;
constexpr uint8_t kText = 0x1;
constexpr uint8_t kBinary = 0x2;
constexpr uint8_t kClose = 0x8;
constexpr uint8_t kPing = 0x9;
constexpr uint8_t kPong = 0xa;
constexpr uint8_t kLength16 = 126;
constexpr uint8_t kLength64 = 127;
constexpr size_t kControlBytesMax = 125;
constexpr size_t kMaskBytes = 4;
constexpr size_t kKeyBytes = 16;

// The members of all fields of that name, until `visit` says true.
template <class Visit>
bool any_member(const HttpRequest& request, std::string_view name, Visit visit) {
  for (const auto& [field, value] : request.headers) {
    if (field != name) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const size_t comma = rest.find(',');
      if (visit(trim(rest.substr(0, comma)))) return true;
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return false;
}

bool has_member(const HttpRequest& request, std::string_view name, std::string_view wanted) {
  return any_member(request, name,
                    [wanted](std::string_view member) { return ascii_iequal(member, wanted); });
}

// Ours where both are offered is the newer.
std::string_view chosen_protocol(const HttpRequest& request) {
  for (const std::string_view protocol : {"mqtt", "mqttv3.1"})
    if (has_member(request, "sec-websocket-protocol", protocol)) return protocol;
  return {};
}

void append_frame(std::string& out, uint8_t opcode, std::string_view payload) {
  const auto byte = [&out](uint64_t value) { out.push_back(static_cast<char>(value & 0xff)); };
  byte(kFinal | opcode);
  int length_bytes = 0;
  if (payload.size() < kLength16) {
    byte(payload.size());
  } else if (payload.size() <= 0xffff) {
    byte(kLength16);
    length_bytes = 2;
  } else {
    byte(kLength64);
    length_bytes = 8;
  }
  for (int i = length_bytes; i-- > 0;) byte(static_cast<uint64_t>(payload.size()) >> (8 * i));
  out.append(payload);
}

}  // namespace

bool is_web_socket_request(const HttpRequest& request) {
  return has_member(request, "connection", "upgrade") && has_member(request, "upgrade", "websocket");
}

WebSocketAnswer answer_web_socket(const HttpRequest& request) {
  WebSocketAnswer answer;
  const std::string key(trim(request.header("sec-websocket-key")));
  const auto nonce = base64_decode(key);
  const std::string_view protocol = chosen_protocol(request);
  if (request.header("sec-websocket-version") != "13") {
    answer.refusal = "only version 13 of WebSocket is spoken here";
    answer.wrong_version = true;
  } else if (request.method != "GET" || !request.body.empty()) {
    answer.refusal = "a WebSocket begins with a GET without a body";
  } else if (!nonce || nonce->size() != kKeyBytes) {
    answer.refusal = "Sec-WebSocket-Key is 16 bytes in base64";
  } else if (protocol.empty()) {
    answer.refusal = "only the sub-protocol \"mqtt\" is spoken over a WebSocket here";
  } else {
    // The fixed text is that of RFC 6455 section 1.3.
    const std::string accept =
        base64_encode(digest(HashKind::Sha1, key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    answer.head =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept + "\r\nSec-WebSocket-Protocol: " + std::string(protocol) + "\r\n\r\n";
  }
  return answer;
}

void append_binary_frame(std::string& out, std::string_view payload) { append_frame(out, kBinary, payload); }
void append_pong_frame(std::string& out, std::string_view payload) { append_frame(out, kPong, payload); }

void append_close_frame(std::string& out, WebSocketClose code) {
  const auto number = static_cast<uint16_t>(code);
  const char payload[2] = {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
  append_frame(out, kClose, std::string_view(payload, sizeof payload));
}

WebSocketReader::Event WebSocketReader::next(std::span<uint8_t>& in) {
  for (;;) {
    if (part_ == Part::Over) return {};
    if (part_ == Part::Head) {
      if (const auto event = read_head(in)) return *event;
      continue;
    }
    const size_t n = static_cast<size_t>(std::min<uint64_t>(in.size(), payload_left_));
    const auto bytes = in.first(n);
    unmask(bytes);
    in = in.subspan(n);
    payload_left_ -= n;
    if (part_ == Part::Control) {
      std::copy(bytes.begin(), bytes.end(), control_.begin() + control_got_);
      control_got_ = static_cast<uint8_t>(control_got_ + n);
      if (payload_left_ > 0) return {};
      const Event event = control_frame();
      if (event.found != Found::NeedMore) return event;
      continue;
    }
    if (payload_left_ == 0) part_ = Part::Head;
    if (n > 0) return {Found::Data, bytes, {}};
    if (part_ == Part::Data) return {};
  }
}

// Nothing: the head is whole.
std::optional<WebSocketReader::Event> WebSocketReader::read_head(std::span<uint8_t>& in) {
  while (head_got_ < 2 || head_got_ < head_bytes()) {
    if (in.empty()) return Event{};
    head_[head_got_++] = in.front();
    in = in.subspan(1);
    // A peer that breaks a rule with the first bytes is not waited for.
    if (head_got_ != 2) continue;
    if (const auto code = check_head()) return end(Found::Refused, *code);
  }
  begin_payload();
  if (part_ == Part::Over) return end(Found::Refused, WebSocketClose::ProtocolError);
  if (payload_left_ > limits::kWebSocketFrameBytesMax) return end(Found::Refused, WebSocketClose::TooBig);
  return std::nullopt;
}

std::optional<WebSocketClose> WebSocketReader::check_head() const {
  const uint8_t opcode = head_[0] & kOpcode;
  const bool final = (head_[0] & kFinal) != 0;
  if ((head_[0] & kReserved) != 0 || (head_[1] & kMasked) == 0) return WebSocketClose::ProtocolError;
  if (opcode == kText) return WebSocketClose::UnsupportedData;  // [MQTT-6.0.0-1]
  if (opcode == kBinary || opcode == kContinuation)
    return (opcode == kContinuation) == in_message_ ? std::nullopt
                                                    : std::optional(WebSocketClose::ProtocolError);
  const bool known = opcode == kClose || opcode == kPing || opcode == kPong;
  if (!known || !final || (head_[1] & ~kMasked) > static_cast<int>(kControlBytesMax))
    return WebSocketClose::ProtocolError;
  return std::nullopt;
}

size_t WebSocketReader::head_bytes() const {
  const uint8_t length = head_[1] & static_cast<uint8_t>(~kMasked);
  return 2 + kMaskBytes + (length == kLength64 ? 8U : length == kLength16 ? 2U : 0U);
}

void WebSocketReader::begin_payload() {
  const size_t length_bytes = head_bytes() - 2 - kMaskBytes;
  payload_left_ = length_bytes == 0 ? head_[1] & static_cast<uint8_t>(~kMasked) : 0U;
  for (size_t i = 0; i < length_bytes; ++i) payload_left_ = payload_left_ << 8 | head_[2 + i];
  // Only the shortest way to write a length is allowed.
  const uint64_t shortest = length_bytes == 8 ? 0x10000 : length_bytes == 2 ? kLength16 : 0;
  const uint8_t opcode = head_[0] & kOpcode;
  std::copy_n(head_.begin() + static_cast<ptrdiff_t>(2 + length_bytes), kMaskBytes, head_.begin() + 2);
  head_got_ = 0;
  mask_at_ = 0;
  control_got_ = 0;
  if (payload_left_ < shortest) {
    part_ = Part::Over;
  } else if (opcode >= kClose) {
    part_ = Part::Control;
  } else {
    part_ = Part::Data;
    in_message_ = (head_[0] & kFinal) == 0;
  }
}

WebSocketReader::Event WebSocketReader::end(Found found, WebSocketClose code) {
  part_ = Part::Over;
  return {found, {}, code};
}

WebSocketReader::Event WebSocketReader::control_frame() {
  part_ = Part::Head;
  const uint8_t opcode = head_[0] & kOpcode;
  if (opcode == kPing) return {Found::Ping, std::span<const uint8_t>(control_).first(control_got_), {}};
  if (opcode == kPong) return {};
  // A code of its own is two bytes (RFC 6455 section 5.5.1).
  if (control_got_ == 1) return end(Found::Refused, WebSocketClose::ProtocolError);
  return end(Found::Closed, WebSocketClose::Normal);
}

void WebSocketReader::unmask(std::span<uint8_t> bytes) {
  for (uint8_t& byte : bytes) {
    byte = static_cast<uint8_t>(byte ^ head_[2 + mask_at_]);
    mask_at_ = (mask_at_ + 1) & 3;
  }
}

}  // namespace rollcall::net
