// A Rollcall server as a child process with the vendor's limits lifted, and clients of its API. Used by
// system tests and benchmarks. Thread: one, but client() objects may live on others.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "client/api_client.hpp"
#include "net/core_loop.hpp"
#include "support/child_process.hpp"

namespace rollcall::testing {

struct ServerOptions {
  std::string data = {};        // the data folder; empty: one of its own
  int64_t next_wait_ms = 2000;  // jobs.next_wait_ms
  Process::Environment environment = {};
  bool start = true;       // by the constructor
  std::string store = {};  // as --store; empty: the default
};

class RollcallServer {
 public:
  // Starts `binary` on free ports; throws std::runtime_error with the log when it does not come up.
  RollcallServer(std::string binary, net::CoreLoop& loop, ServerOptions server_options = {});

  // Starts again on the same data folder and the same ports.
  void start_again();
  // The two halves of it: starts the process; waits until it is ready. False when it ended instead, or when
  // time is up.
  void launch();
  bool await_ready(int64_t ms);
  std::unique_ptr<client::ApiClient> client() {
    return std::make_unique<client::ApiClient>(settings, clock, random);
  }
  // The status of GET /readyz; 0 when there is no answer.
  int readiness();
  // True once /readyz says `status`.
  bool await_readiness(int status, int64_t ms);
  std::string log() const { return read_file(folder.path() + "/log"); }
  const std::string& data() const { return options.data; }

  ScratchFolder folder;
  ServerOptions options;
  Process process;
  SystemClock clock;
  SystemRandom random;
  client::ApiSettings settings;
  std::string http = "127.0.0.1:0";
  std::string mqtt = "127.0.0.1:0";

 private:
  std::string binary_;
  net::CoreLoop& loop_;
};

}  // namespace rollcall::testing
