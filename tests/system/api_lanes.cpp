#include "api_lanes.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "net/http_text.hpp"

namespace rollcall::testing {
namespace {
constexpr int64_t kPumpMs = 5;
}

std::optional<HttpResponse> take_response(std::string& input) {
  constexpr std::string_view kLength = "\r\ncontent-length:";
  const size_t head_end = input.find("\r\n\r\n");
  if (head_end == std::string::npos) return std::nullopt;
  const std::string head = ascii_lower(std::string_view(input).substr(0, head_end + 2));
  const size_t at = head.find(kLength);
  size_t length = 0;
  if (at != std::string::npos) {
    const size_t begin = head.find_first_not_of(' ', at + kLength.size());
    length = static_cast<size_t>(parse_int(head.substr(begin, head.find('\r', begin) - begin)).value_or(0));
  }
  if (input.size() < head_end + 4 + length) return std::nullopt;
  HttpResponse response;
  response.status = static_cast<int>(parse_int(head.substr(head.find(' ') + 1, 3)).value_or(0));
  response.body = input.substr(head_end + 4, length);
  input.erase(0, head_end + 4 + length);
  return response;
}

ApiLanes::ApiLanes(net::CoreLoop& loop, size_t lanes, Source next)
    : next_(std::move(next)), client_(loop, *this, {}), lanes_(lanes) {
  loop.every(kPumpMs, [this] { pump(); });
}

void ApiLanes::serve(const client::ApiSettings& settings) {
  settings_ = settings;
  serving_ = true;
}

size_t ApiLanes::under_way() const {
  return static_cast<size_t>(
      std::count_if(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.call.has_value(); }));
}

void ApiLanes::pump() {
  if (!serving_) return;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[i];
    if (!lane.exists) {
      const auto connection = client_.connect(settings_.endpoint.host, settings_.endpoint.port, i);
      if (!connection) continue;
      lane.connection = *connection;
      lane.exists = true;
    } else if (lane.open && !lane.call) {
      call_next(lane);
    }
  }
}

void ApiLanes::call_next(Lane& lane) {
  if (!serving_) return;
  lane.call = next_();
  if (!lane.call) return;
  const HttpRequest request = client::sign_call(settings_, lane.call->action, lane.call->parameters,
                                                client::Stamp{clock_.wall(), random_.uuid_upper()});
  std::string text;
  net::append_request(text, request, settings_.endpoint.text());
  client_.send(lane.connection, text);
}

void ApiLanes::on_open(ConnectionRef connection, std::string_view) {
  Lane& lane = lanes_[client_.token(connection)];
  lane.open = true;
  call_next(lane);
}

void ApiLanes::on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) {
  Lane& lane = lanes_[client_.token(connection)];
  lane.input.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  auto response = take_response(lane.input);
  if (!response || !lane.call) return;
  const ApiCall call = std::move(*lane.call);
  lane.call.reset();
  call.answered(client::read_answer(std::move(*response), client::AnswerFormat::Json));
  call_next(lane);
}

void ApiLanes::on_closed(ConnectionRef connection) {
  Lane& lane = lanes_[client_.token(connection)];
  if (lane.call) ++unanswered_;
  lane = Lane{};
}

}  // namespace rollcall::testing
