// TcpClient: many outgoing connections of one loop with the same ByteHandler and ByteSink as the server side.
// Called by client/ (simulated devices) and tests. Thread: the loop's; the loop must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/byte_stream.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "net/address.hpp"
#include "net/core_loop.hpp"
#include "net/tls.hpp"

namespace rollcall::net {

struct TcpClientOptions {
  size_t output_bytes_max = limits::kConnectionOutputBytesMax;
  int64_t close_ms = limits::kConnectionCloseSeconds * 1000;
  int64_t connect_ms = limits::kConnectSeconds * 1000;
  // Connects to 127.x.x.x come from 127.0.1.1 to 127.0.1.250 in turn: past some 14,000 connections from one
  // address to one port the kernel's search for a free port is slow, and past 28,000 there is none.
  bool spread_sources = false;
  // Null: plain. Else a context of TlsContext::for_client(); on_open comes when the handshake is over.
  std::shared_ptr<TlsContext> tls;
};

class TcpClient final : public ByteSink {
 public:
  TcpClient(CoreLoop& loop, ByteHandler& handler, const TcpClientOptions& options);
  // Drops all connections without calling the handler.
  ~TcpClient() override;
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  // Starts to connect; on_open, or on_closed when it fails, follows later and never inside this call. `token`
  // is the caller's own. A host name is looked up, blocking, the first time; fails with ServiceUnavailable
  // when it is unknown.
  Result<ConnectionRef> connect(const std::string& host, uint16_t port, uint64_t token = 0);
  // The token given to connect(); valid up to and inside on_closed.
  uint64_t token(ConnectionRef connection) const;
  // Inside on_closed: why, as text for a log ("Connection refused", "End of file").
  std::string close_reason() const;

  bool send(ConnectionRef connection, std::string_view bytes) override;
  void close(ConnectionRef connection) override;
  size_t queued_bytes(ConnectionRef connection) const override;

  void close_all();
  // All connections, those not yet open among them.
  size_t connections() const;
  size_t connecting() const;

 private:
  struct Impl;
  CoreLoop& loop_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace rollcall::net
