// Connections: the open TCP connections of one core as slots with generations, for TcpServer and TcpClient,
// which only differ in how a connection comes to be. No buffer and no pending operation while idle: reading
// goes through the loop's shared buffer when Readiness says so, output is collected in a string and written
// once per round of the loop. Included by net/ only. Thread: the loop's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.hpp"
#include "net/asio.hpp"
#include "net/core_loop.hpp"
#include "net/deadline_queue.hpp"
#include "net/readiness.hpp"
#include "net/socket.hpp"
#include "net/stream.hpp"
#include "net/tcp_server.hpp"
#include "net/tls.hpp"
#include "net/tls_session.hpp"
#include "net/web_socket.hpp"

namespace rollcall::net {

struct ConnectionsOptions {
  size_t output_bytes_max = 0;
  int64_t close_ms = 0;         // from close() to the end, however slow the peer is
  int64_t connect_ms = 0;       // clients only
  int64_t hello_ms = 0;         // with TLS: from accept to the end of the handshake
  size_t handshakes_max = 0;    // under way; then the oldest makes room
  int handshake_steps_max = 0;  // begun in a round of the loop; the others wait their turn
};

// What lies between the socket of a connection and its protocol, where something does.
struct Layers {
  std::unique_ptr<TlsSession> tls;
  std::unique_ptr<WebSocketReader> web_socket;
  std::string unsealed;         // output that the next write encrypts
  std::string held;             // of a handshake that waits for its turn
  SteadyUs begun;               // when its turn came
  bool holding = false;         // it waits
  bool answered = false;        // we have sent our part of the handshake
  bool shaking = false;         // the handshake is not over
  bool goodbye_framed = false;  // WebSocket's
  bool goodbye_sealed = false;  // TLS's
};

class Connections final : Readiness::Owner {
 public:
  Connections(CoreLoop& loop, const ConnectionsOptions& options);
  // Detaches from the handler and closes every socket without telling anyone. Must precede the last use of
  // the loop.
  void shut();
  void set_handler(ByteHandler* handler) { handler_ = handler; }

  // For every connection that is adopted from now on and greets with TLS.
  void set_tls(std::shared_ptr<TlsContext> tls) { tls_ = std::move(tls); }
  // Takes an accepted socket; calls on_open, at once when it is plain, else when the peer has greeted.
  void adopt(Socket&& socket, const tcp::endpoint& peer, Greeting greeting);
  // Takes a connection on from HTTP: calls on_open, sends the answer, and reads on behind `upgrade.input`.
  void adopt(Upgrade&& upgrade);
  // Opens an outgoing connection; on_open or on_closed follows, never inside this call. `source` unspecified:
  // the kernel's choice.
  ConnectionRef connect(const tcp::endpoint& target, const asio::ip::address& source, uint64_t token);

  bool send(ConnectionRef ref, std::string_view bytes);
  void close(ConnectionRef ref);
  void close_all();
  size_t queued_bytes(ConnectionRef ref) const;

  std::string certified_name(ConnectionRef ref) const;

  size_t count() const { return count_; }
  size_t connecting() const { return connecting_; }
  uint64_t token(ConnectionRef ref) const;
  // Inside on_closed: why the connection ended.
  const error_code& close_reason() const { return close_reason_; }
  const HandshakeProbe& handshakes() const { return handshake_probe_; }

 private:
  // Hello: accepted, and the handler does not know yet. Draining: close() was called, output is left.
  // Lingering: our end is shut, waiting for the peer's. Dead: to be reaped.
  enum class State : uint8_t { Free, Connecting, Hello, Open, Draining, Lingering, Dead };

  struct Slot {
    Socket socket;
    std::unique_ptr<Layers> layers;  // null: the bytes of the socket are the protocol's
    std::string output;
    size_t output_sent = 0;
    uint64_t token = 0;
    uint32_t generation = 1;
    State state = State::Free;
    Greeting greeting = Greeting::Plain;  // anything else: the handler has not been told of it
    bool in_flush_list = false;
    bool waiting_write = false;   // for room in the socket
    bool watched_write = false;   // Readiness tells when there is some
    bool peer_ended = false;      // its end, or an error, is behind what can be read
    bool in_unread_list = false;  // had more to say than fits into a turn
  };

  Slot* find(ConnectionRef ref);
  const Slot* find(ConnectionRef ref) const;
  ConnectionRef take_slot();
  void start_connect(ConnectionRef ref, Slot& slot, const tcp::endpoint& target,
                     const asio::ip::address& source);
  void on_ready(ConnectionRef ref, uint32_t events) override;
  void on_connected(ConnectionRef ref, Slot& slot);
  // connections_layers.cpp
  void open(ConnectionRef ref, Slot& slot);
  void greet(ConnectionRef ref, Slot& slot, std::span<uint8_t> bytes);
  void start_client_tls(ConnectionRef ref, Slot& slot);
  void step_handshake(ConnectionRef ref, Slot& slot, std::span<uint8_t> bytes);
  void make_room_for_handshake();
  void step_held();
  void end_hello(ConnectionRef ref);
  void next_handshake_round();
  void unseal(ConnectionRef ref, Slot& slot, std::span<uint8_t> bytes);
  void deliver(ConnectionRef ref, Slot& slot, std::span<uint8_t> content);
  void read_frames(ConnectionRef ref, Slot& slot, std::span<uint8_t> content);
  void say_goodbye(Slot& slot, WebSocketClose code);
  bool seal(Slot& slot);
  static size_t queued(const Slot& slot);
  static std::string& outgoing(Slot& slot);
  void read(ConnectionRef ref);
  void read_on();
  bool read_some(ConnectionRef ref, Slot& slot);
  void wait_writable(ConnectionRef ref, Slot& slot);
  void want_flush(ConnectionRef ref, Slot& slot);
  void flush();
  void write(ConnectionRef ref, Slot& slot);
  void take_spare(std::string& text, size_t bytes);
  void give_spare(std::string& text);
  void kill(ConnectionRef ref, Slot& slot, const error_code& reason);
  void reap();
  void finish(ConnectionRef ref, Slot& slot, const error_code& reason);

  CoreLoop& loop_;
  const uint32_t owner_;  // our number with Readiness
  const ConnectionsOptions options_;
  ByteHandler* handler_ = nullptr;
  std::deque<Slot> slots_;  // addresses stay
  std::vector<uint32_t> free_slots_;
  std::vector<ConnectionRef> flush_list_;
  std::vector<ConnectionRef> flushing_;
  std::vector<ConnectionRef> unread_list_;
  std::vector<std::pair<ConnectionRef, error_code>> dead_;
  std::vector<std::string> spare_outputs_;  // buffers for the next replies
  DeadlineQueue close_deadlines_;
  DeadlineQueue connect_deadlines_;
  DeadlineQueue hello_deadlines_;
  std::shared_ptr<TlsContext> tls_;
  std::string plain_;                     // decrypted, for the length of a call
  std::deque<ConnectionRef> held_;        // handshakes that wait for their turn, the first first
  std::deque<ConnectionRef> handshakes_;  // under way, and some that are over
  size_t handshakes_under_way_ = 0;
  int handshake_steps_left_ = 0;  // in this round
  bool held_posted_ = false;
  HandshakeProbe handshake_probe_;
  size_t count_ = 0;
  size_t connecting_ = 0;
  error_code close_reason_;
};

}  // namespace rollcall::net
