// Fleet: many simulated devices over real sockets on one loop: connects them at a bounded rate, brings back
// those that were cut, drives their timers and counts. Called by the verb `simulate`. Thread: the loop's; the
// loop must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_stream.hpp"
#include "client/device.hpp"
#include "client/timer_wheel.hpp"
#include "net/core_loop.hpp"
#include "net/tcp_client.hpp"

namespace rollcall::client {

struct FleetOptions {
  net::Address server;
  size_t devices = 0;  // how many will be added
  double offline = 0;  // share of devices that never connect, or come and go
  int64_t connects_per_second = 5'000;
  size_t connecting_max = 256;  // a usual listen backlog, or the kernel makes the rest wait a second
};

struct FleetCounters {
  size_t devices = 0;
  size_t expected = 0;   // devices that connect at all
  size_t seen = 0;       // of these, connected at least once
  size_t connected = 0;  // now
  uint64_t logins = 0;
  uint64_t cuts = 0;      // connections lost after the login
  uint64_t failures = 0;  // attempts that did not get through
  std::string reason;     // of the last failure
  DeviceStats jobs;
};

class Fleet final : public ByteHandler, public DeviceTimers {
 public:
  Fleet(net::CoreLoop& loop, DeviceSettings settings, FleetOptions options);
  ~Fleet() override;

  void add(std::string name, Secret secret);
  void start();
  // Says goodbye on all connections; they are gone when open_connections() is 0.
  void stop();
  size_t open_connections() const { return client_.connections(); }

  bool all_connected() const { return counters_.seen == counters_.expected; }
  const FleetCounters& counters() const { return counters_; }

  void on_open(ConnectionRef connection, std::string_view peer) override;
  void on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) override;
  void on_closed(ConnectionRef connection) override;
  void arm(uint32_t device, uint32_t work, int64_t delay_ms) override;

 private:
  enum class Presence : uint8_t { Steady, ComesAndGoes, Never };
  struct Link {
    ConnectionRef connection;
    uint32_t since_seconds = 0;
    Presence presence = Presence::Steady;
    uint8_t attempts = 0;
    bool open = false;    // a connection exists, or is being made
    bool online = false;  // logged in
    bool seen = false;
  };

  void pump();
  void check();
  void tick();
  void fire(uint32_t index, uint32_t what);
  void try_connect(uint32_t index);
  void retry_later(uint32_t index);
  void logged_in(uint32_t index);
  void send_output(uint32_t index, bool keep);
  DeviceContext context();
  uint32_t now_seconds() const { return static_cast<uint32_t>(loop_.now().value / 1'000'000); }
  int64_t random_ms(int64_t low, int64_t high);

  net::CoreLoop& loop_;
  const DeviceSettings settings_;
  const FleetOptions options_;
  net::TcpClient client_;
  TimerWheel wheel_;
  std::vector<Device> devices_;
  std::vector<Link> links_;
  std::deque<uint32_t> waiting_;  // for their turn to connect; each device at most once
  size_t logging_in_ = 0;         // connections without a login
  double allowance_ = 0;          // connects that may start now
  SteadyUs pumped_at_;
  uint64_t random_state_;
  std::vector<net::CoreLoop::TimerId> timers_;
  std::string output_;
  FleetCounters counters_;
  bool stopping_ = false;
};

}  // namespace rollcall::client
