// Connections: the open TCP connections of one core as slots with generations, for TcpServer and TcpClient,
// which only differ in how a connection comes to be. No buffer and no pending operation while idle: reading
// goes through the loop's shared buffer when Readiness says so, output is collected in a string and written
// once per round of the loop. Included by net/ only. Thread: the loop's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.hpp"
#include "net/asio.hpp"
#include "net/core_loop.hpp"
#include "net/readiness.hpp"
#include "net/socket.hpp"

namespace rollcall::net {

struct ConnectionsOptions {
  size_t output_bytes_max = 0;
  int64_t close_ms = 0;    // from close() to the end, however slow the peer is
  int64_t connect_ms = 0;  // clients only
};

// Deadlines of one length, so a queue keeps them in order; one timer of the loop serves all.
class DeadlineQueue {
 public:
  DeadlineQueue(CoreLoop& loop, int64_t delay_ms, std::function<void(ConnectionRef)> due);
  void add(ConnectionRef ref);
  void stop();

 private:
  void arm();
  void fire();

  struct Entry {
    SteadyUs deadline;
    ConnectionRef ref;
  };
  CoreLoop& loop_;
  const int64_t delay_ms_;
  std::function<void(ConnectionRef)> due_;
  std::deque<Entry> entries_;
  CoreLoop::TimerId timer_ = 0;
};

class Connections final : Readiness::Owner {
 public:
  Connections(CoreLoop& loop, const ConnectionsOptions& options);
  // Detaches from the handler and closes every socket without telling anyone. Must precede the last use of
  // the loop.
  void shut();
  void set_handler(ByteHandler* handler) { handler_ = handler; }

  // Takes an accepted socket; calls on_open.
  void adopt(Socket&& socket, const tcp::endpoint& peer);
  // Opens an outgoing connection; on_open or on_closed follows, never inside this call. `source` unspecified:
  // the kernel's choice.
  ConnectionRef connect(const tcp::endpoint& target, const asio::ip::address& source, uint64_t token);

  bool send(ConnectionRef ref, std::string_view bytes);
  void close(ConnectionRef ref);
  void close_all();
  size_t queued_bytes(ConnectionRef ref) const;

  size_t count() const { return count_; }
  size_t connecting() const { return connecting_; }
  uint64_t token(ConnectionRef ref) const;
  // Inside on_closed: why the connection ended.
  const error_code& close_reason() const { return close_reason_; }

 private:
  // Draining: close() was called, output is left. Lingering: our end is shut, waiting for the peer's. Dead:
  // to be reaped.
  enum class State : uint8_t { Free, Connecting, Open, Draining, Lingering, Dead };

  struct Slot {
    Socket socket;
    std::string output;
    size_t output_sent = 0;
    uint64_t token = 0;
    uint32_t generation = 1;
    State state = State::Free;
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
  void read(ConnectionRef ref);
  void read_on();
  bool read_some(ConnectionRef ref, Slot& slot);
  void wait_writable(ConnectionRef ref, Slot& slot);
  void want_flush(ConnectionRef ref, Slot& slot);
  void flush();
  void write(ConnectionRef ref, Slot& slot);
  void free_output(Slot& slot);
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
  size_t count_ = 0;
  size_t connecting_ = 0;
  error_code close_reason_;
};

}  // namespace rollcall::net
