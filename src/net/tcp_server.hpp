// TcpServer: a listening port of one core whose connections carry bytes for a ByteHandler (the MQTT gateway).
// Implements ByteSink: what is sent within a round of the loop leaves in one write per connection. Made by
// server/ on a CoreLoop, which must outlive it. Thread: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/byte_stream.hpp"
#include "base/counters.hpp"
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
  // With TLS only: from accept to the end of the handshake; how many are under way, and how many are begun
  // in one round of the loop.
  int64_t hello_ms = limits::kDeviceHelloSeconds * 1000;
  size_t handshakes_max = limits::kTlsHandshakesMax;
  int handshake_steps_max = limits::kTlsHandshakeStepsPerRound;
};

// How the connections of a listening port begin. Detect: a first byte 0x16 is TLS, any other is the
// protocol's own (device-protocol 1.6).
enum class Greeting : uint8_t { Plain, Detect, Tls };

// Thread: any.
struct HandshakeProbe {
  Counter done;
  Counter resumed;  // of those
  Counter failed;   // the peer's fault or wish, too slow, or cut
  Counter cut;      // to make room
};

struct Upgrade;  // upgrade.hpp
class TlsContext;

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
  // One more port for the same handler, which greets in its own way. Before that, the certificate is set.
  Status listen(const Address& address, ByteHandler& handler, Greeting greeting);
  void set_tls(std::shared_ptr<TlsContext> tls);
  // Of the listen() with that number.
  Address bound(size_t listener = 0) const;
  // Takes a connection on from a HttpServer of the same loop. Needs a listen() before.
  void adopt(Upgrade&& upgrade);

  bool send(ConnectionRef connection, std::string_view bytes) override;
  void close(ConnectionRef connection) override;
  size_t queued_bytes(ConnectionRef connection) const override;
  std::string certified_name(ConnectionRef connection) const override;

  // For shutdown: close_all() does what close() does for each connection, so connections() falls to 0 within
  // close_ms.
  void stop_listening();
  void close_all();
  size_t connections() const;
  // Connections refused because there were connections_max.
  uint64_t refused() const;
  const HandshakeProbe& handshakes() const;

 private:
  struct Impl;
  CoreLoop& loop_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace rollcall::net
