// A server under measurement: started as a child, its CPU time and memory read from the kernel, stopped at
// the end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::testing {

class Process {
 public:
  Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { stop(); }

  using Environment = std::vector<std::pair<std::string, std::string>>;

  // Output goes to `log_path`; `environment` is added to this process's own.
  bool start(const std::vector<std::string>& arguments, const std::string& log_path,
             const Environment& environment = {});
  // SIGTERM, then waits; the exit status, or -1 when it was ended by a signal.
  int stop();
  // The same, but for at most `ms`; nullopt, and SIGKILL, when the process is still there by then.
  std::optional<int> stop_within(int64_t ms);
  // The exit status (-1: ended by a signal) of a process that ends by itself within `ms`; nullopt when it
  // does not.
  std::optional<int> exit_within(int64_t ms);
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
  // Not removed after all: there is something to look at.
  void keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_ = false;
};

// A TCP port of 127.0.0.1 that was free a moment ago.
uint16_t free_port();
bool port_accepts(uint16_t port);
std::string read_file(const std::string& path);
}  // namespace rollcall::testing
