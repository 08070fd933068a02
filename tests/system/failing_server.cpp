#include "failing_server.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace rollcall::testing {

DiskPage::DiskPage(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void* page = MAP_FAILED;
  if (file >= 0 && ftruncate(file, sizeof(DiskControl)) == 0)
    page = mmap(nullptr, sizeof(DiskControl), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (page == MAP_FAILED) throw std::runtime_error("cannot make " + path);
  page_ = static_cast<DiskControl*>(page);
  clear();
}

DiskPage::~DiskPage() { munmap(page_, sizeof(DiskControl)); }

void DiskPage::fail(uint64_t from, uint64_t count, DiskFault fault) {
  page_->fault = static_cast<uint32_t>(fault);
  page_->fail_count = count;
  page_->fail_from = from;
}

void DiskPage::heal() {
  page_->fail_from = 0;
  page_->room_bytes = -1;
}

void DiskPage::clear() {
  heal();
  page_->operations = 0;
  page_->failures = 0;
  page_->first_failure[0] = 0;
}

FailingServer::FailingServer(std::string binary, net::CoreLoop& loop, const std::string& data)
    : server(std::move(binary), loop, {.data = data, .next_wait_ms = 0, .environment = {}, .start = false}),
      disk(server.folder.path() + "/disk-control") {
  server.options.environment = {{"LD_PRELOAD", ROLLCALL_FAILING_DISK},
                                {"ROLLCALL_DISK_CONTROL", server.folder.path() + "/disk-control"},
                                {"ROLLCALL_DISK_FOLDER", server.data()}};
}

int FailingServer::readiness() { return server.readiness(); }

bool FailingServer::await_readiness(int status, int64_t ms) { return server.await_readiness(status, ms); }

std::string binary_under_test() {
  const char* path = std::getenv("ROLLCALL_BINARY");
  return path != nullptr ? path : "build/release/rollcall";
}

}  // namespace rollcall::testing
