// A server on a disk that fails when told to: the real binary with failing_disk.cpp inside. Thread: one.
#pragma once

#include <string>

#include "disk_control.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::testing {

// The page that test and server share.
class DiskPage {
 public:
  explicit DiskPage(const std::string& path);
  ~DiskPage();
  DiskPage(const DiskPage&) = delete;
  DiskPage& operator=(const DiskPage&) = delete;

  DiskControl* operator->() { return page_; }
  // `from` counts from the server's first operation.
  void fail(uint64_t from, uint64_t count, DiskFault fault);
  void heal();
  // For the next server: counts from 0 again.
  void clear();

 private:
  DiskControl* page_ = nullptr;
};

class FailingServer {
 public:
  FailingServer(std::string binary, net::CoreLoop& loop, const std::string& data = {});

  // From now on, servers start on a disk without faults and without the library.
  void use_healthy_disk() { server.options.environment.clear(); }
  // The status of GET /readyz; 0 when there is no answer.
  int readiness();
  // True once /readyz says `status`.
  bool await_readiness(int status, int64_t ms);

  RollcallServer server;
  DiskPage disk;
};

// The program under test: ROLLCALL_BINARY, or the release of this checkout.
std::string binary_under_test();

}  // namespace rollcall::testing
