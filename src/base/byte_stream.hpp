// The seam between sockets and protocols: net/ moves bytes, the protocol (gateway/ for MQTT) gives them
// meaning. Thread: everything here happens on the one core that owns the connection.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rollcall {

// One open connection on this core. `slot` is small and reused, `generation` grows, so a stale reference is
// recognised.
struct ConnectionRef {
  uint32_t slot = 0;
  uint32_t generation = 0;
  bool operator==(const ConnectionRef&) const = default;
};

// What a protocol may do with a connection. Implemented by net::TcpServer and by the simulator.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Queues bytes and writes them as the peer takes them. False when the connection is gone or its output
  // queue is full (limits.hpp, connection_output_bytes_max): the connection is then being closed.
  virtual bool send(ConnectionRef connection, std::string_view bytes) = 0;
  // Sends what is queued, then closes (at most some seconds later). on_closed follows unless the handler
  // asked for it inside on_closed.
  virtual void close(ConnectionRef connection) = 0;
  // Bytes queued and not yet taken by the kernel.
  virtual size_t queued_bytes(ConnectionRef connection) const = 0;
  // Whom the peer's certificate names (its common name), once it was verified; empty when it has shown none.
  // Costs a look into the certificate: for a login, not for each packet.
  virtual std::string certified_name(ConnectionRef) const { return {}; }
};

class ByteHandler {
 public:
  virtual ~ByteHandler() = default;
  virtual void on_open(ConnectionRef connection, std::string_view peer) = 0;
  // `bytes` is valid during the call only; the handler keeps what it cannot use yet.
  virtual void on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) = 0;
  virtual void on_closed(ConnectionRef connection) = 0;
};

}  // namespace rollcall
