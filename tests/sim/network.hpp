// The network between simulated devices and the server's cores: byte streams with latency, in order within a
// connection and in no order between connections, delivered in pieces of any size. A connection can be cut at
// any byte, with both ends told, or with the server left to find out (half open). Clients may stop reading.
// Thread: the world's.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.hpp"
#include "sim/dice.hpp"
#include "sim/loop.hpp"
#include "sim/trace.hpp"

namespace rollcall::sim {

// The client's end of a connection.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual void on_connected(uint64_t connection) = 0;
  virtual void on_bytes(uint64_t connection, std::string_view bytes) = 0;
  // Also the answer to a connect that failed. Nothing follows.
  virtual void on_closed(uint64_t connection) = 0;
};

class Network {
 public:
  Network(Loop& loop, Dice& dice, Trace& trace, int64_t latency_us_max, uint16_t cores);
  ~Network();

  // --- the clients' side. Connections are numbered from 1; a number is never used again.
  uint64_t connect(Peer& peer, uint16_t core);
  void send(uint64_t connection, std::string_view bytes);
  void close(uint64_t connection);  // in order behind what was sent
  // The connection breaks now: what is under way is lost. `tell_server` false: its end stays half open.
  void cut(uint64_t connection, bool tell_server);
  void stop_reading(uint64_t connection, bool stop);

  // --- the server's side
  ByteSink& sink(uint16_t core);
  void server_up(std::vector<ByteHandler*> cores);
  // Every connection breaks, and new ones are refused.
  void server_down();
  // Both ends have it, and the server is not about to close it.
  bool is_whole(uint64_t connection) const {
    auto it = pipes_.find(connection);
    return it != pipes_.end() && it->second.peer && it->second.at_server && !it->second.server_closing;
  }
  bool is_up() const { return !handlers_.empty(); }
  // The connection that a core knows by this reference; 0 when there is none.
  uint64_t number_of(uint16_t core, ConnectionRef ref) const;

 private:
  struct Pipe {
    Peer* peer = nullptr;  // null: the client is gone
    uint16_t core = 0;
    ConnectionRef ref;
    bool at_server = false;  // the server has the connection
    bool client_knows = false;
    bool stopped = false;  // the client does not read
    bool server_closing = false;
    SteadyUs to_server_at, to_client_at;  // when the last piece under way arrives
    std::string waiting;                  // for a client that does not read
    size_t queued = 0;                    // bytes to the client that have not arrived
  };
  class CoreSink;

  int64_t latency();
  Pipe* find(uint64_t connection);
  void arrive_at_server(uint64_t connection, const std::string& bytes);
  void arrive_at_client(uint64_t connection, std::string bytes);
  void server_end(uint64_t connection);
  void client_end(uint64_t connection);
  void forget_if_over(uint64_t connection);
  bool send_to_client(uint16_t core, ConnectionRef ref, std::string_view bytes);
  void close_by_server(uint16_t core, ConnectionRef ref);

  Loop& loop_;
  Dice& dice_;
  Trace& trace_;
  const int64_t latency_us_max_;
  std::map<uint64_t, Pipe> pipes_;
  uint64_t next_ = 1;
  struct Slot {
    uint32_t generation = 0;
    uint64_t connection = 0;
  };
  std::vector<std::vector<Slot>> slots_;  // by core
  std::vector<std::unique_ptr<CoreSink>> sinks_;
  std::vector<ByteHandler*> handlers_;
};

}  // namespace rollcall::sim
