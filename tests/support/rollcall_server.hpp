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

class RollcallServer {
 public:
  // Starts `binary` on free ports with a data folder of its own; throws std::runtime_error with the log when
  // it does not come up.
  RollcallServer(std::string binary, net::CoreLoop& loop);

  // Starts again on the same data folder and the same ports.
  void start_again();
  std::unique_ptr<client::ApiClient> client() {
    return std::make_unique<client::ApiClient>(settings, clock, random);
  }
  std::string log() const { return read_file(folder.path() + "/log"); }

  ScratchFolder folder;
  Process process;
  SystemClock clock;
  SystemRandom random;
  client::ApiSettings settings;
  std::string http = "127.0.0.1:0";
  std::string mqtt = "127.0.0.1:0";

 private:
  void start();
  std::string binary_;
  net::CoreLoop& loop_;
};

}  // namespace rollcall::testing
