// TcpServer: a listening port of one core whose connections carry bytes for a ByteHandler (the MQTT gateway).
// Implements ByteSink: what is sent within a round of the loop leaves in one write per connection. Made by
// server/ on a CoreLoop, which must outlive it. Thread: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/byte_stream.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "net/address.hpp"
#include "net/core_loop.hpp"

namespace rollcall::net {

struct TcpServerOptions {
  size_t connections_max = limits::kDeviceConnectionsMax;  // more are accepted and closed at once
  size_t output_bytes_max = limits::kConnectionOutputBytesMax;
  int64_t close_ms = limits::kConnectionCloseSeconds * 1000;  // the longest that close() waits for the peer
  bool reuse_port = false;                                    // several cores on one port
};

class TcpServer final : public ByteSink {
 public:
  TcpServer(CoreLoop& loop, const TcpServerOptions& options);
  // Drops all connections without calling the handler.
  ~TcpServer() override;
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  // Starts to accept; `handler` must outlive this object. Port 0 lets the kernel choose, see bound().
  // Fails with ServiceUnavailable.
  Status listen(const Address& address, ByteHandler& handler);
  Address bound() const;

  bool send(ConnectionRef connection, std::string_view bytes) override;
  void close(ConnectionRef connection) override;
  size_t queued_bytes(ConnectionRef connection) const override;

  // For shutdown: close_all() does what close() does for each connection, so connections() falls to 0 within
  // close_ms.
  void stop_listening();
  void close_all();
  size_t connections() const;
  // Connections refused because there were connections_max.
  uint64_t refused() const;

 private:
  struct Impl;
  CoreLoop& loop_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace rollcall::net
