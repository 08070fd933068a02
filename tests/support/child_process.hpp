// A server under measurement: started as a child, its CPU time and memory read from the kernel, stopped at
// the end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rollcall::testing {

class Process {
 public:
  Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { stop(); }

  // Output goes to `log_path`.
  bool start(const std::vector<std::string>& arguments, const std::string& log_path);
  // SIGTERM, then waits; the exit status, or -1 when it was ended by a signal.
  int stop();
  // SIGKILL, then waits.
  void kill_hard();
  bool running();
  pid_t pid() const { return pid_; }
  int64_t cpu_us() const;  // user and system time so far
  int64_t rss_bytes() const;

 private:
  pid_t pid_ = -1;
};

// A folder that is removed at the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A TCP port of 127.0.0.1 that was free a moment ago.
uint16_t free_port();
bool port_accepts(uint16_t port);
std::string read_file(const std::string& path);
}  // namespace rollcall::testing
