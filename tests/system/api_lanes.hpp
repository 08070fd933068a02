// API clients that call without pause on a few connections of a loop: each lane asks its source for the next
// call when the last one was answered. A call whose connection dies has no answer, and nothing is known about
// it. Made by crash tests, so that devices and callers run in one thread. Thread: the loop's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_stream.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "client/api_client.hpp"
#include "net/core_loop.hpp"
#include "net/tcp_client.hpp"

namespace rollcall::testing {

// One call, and what becomes of its answer.
struct ApiCall {
  std::string action;
  NameValues parameters;
  std::function<void(const client::ApiAnswer&)> answered;
};

class ApiLanes final : public ByteHandler {
 public:
  // `next` gives the next call; nullopt: nothing to do at present.
  using Source = std::function<std::optional<ApiCall>()>;
  ApiLanes(net::CoreLoop& loop, size_t lanes, Source next);

  void serve(const client::ApiSettings& settings);
  void rest() { serving_ = false; }
  size_t connections() const { return client_.connections(); }
  size_t under_way() const;
  // Calls that died with their connection.
  uint64_t unanswered() const { return unanswered_; }

  void on_open(ConnectionRef connection, std::string_view peer) override;
  void on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) override;
  void on_closed(ConnectionRef connection) override;

 private:
  struct Lane {
    ConnectionRef connection;
    bool exists = false;  // a connection, perhaps not open yet
    bool open = false;
    std::string input;
    std::optional<ApiCall> call;
  };
  void pump();
  void call_next(Lane& lane);

  Source next_;
  net::TcpClient client_;
  std::vector<Lane> lanes_;
  client::ApiSettings settings_;
  SystemClock clock_;
  SystemRandom random_;
  bool serving_ = false;
  uint64_t unanswered_ = 0;
};

// Cuts one response with a Content-Length off the front of `input`; nullopt while it is not whole.
std::optional<HttpResponse> take_response(std::string& input);

}  // namespace rollcall::testing
