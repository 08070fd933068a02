#include "bench/child_case.hpp"

#include <sys/wait.h>
#include <unistd.h>

namespace rollcall::bench {
namespace {

template <class T>
bool receive(int pipe, T& value) {
  return read(pipe, &value, sizeof value) == static_cast<ssize_t>(sizeof value);
}
template <class T>
bool transmit(int pipe, const T& value) {
  return write(pipe, &value, sizeof value) == static_cast<ssize_t>(sizeof value);
}

constexpr char kRound = 'r';
constexpr char kQuit = 'q';

class ChildCase final : public Case {
 public:
  ChildCase(pid_t pid, int to_child, int from_child)
      : pid_(pid), to_child_(to_child), from_child_(from_child) {
    if (!receive(from_child_, rss_)) give_up("a case did not start");
  }
  ~ChildCase() override {
    transmit(to_child_, kQuit);
    close(to_child_);
    close(from_child_);
    waitpid(pid_, nullptr, 0);
  }
  Round round() override {
    Round result;
    if (!transmit(to_child_, kRound) || !receive(from_child_, result)) give_up("a case died");
    return result;
  }
  double rss_bytes_per_device() const override { return rss_; }

 private:
  pid_t pid_;
  int to_child_;
  int from_child_;
  double rss_ = 0;
};

// The child: one round for each command, until it is told to go or its parent is gone.
void serve(Case& own, int from_parent, int to_parent) {
  transmit(to_parent, own.rss_bytes_per_device());
  for (char command = 0; receive(from_parent, command) && command == kRound;)
    if (!transmit(to_parent, own.round())) return;
}

}  // namespace

std::unique_ptr<Case> in_child(const Options& options, std::unique_ptr<Case> (*start)(const Options&)) {
  int down[2], up[2];
  if (pipe(down) != 0 || pipe(up) != 0) give_up("no pipe");
  const pid_t pid = fork();
  if (pid < 0) give_up("no fork");
  if (pid == 0) {
    close(down[1]);
    close(up[0]);
    {
      auto own = start(options);
      serve(*own, down[0], up[1]);
    }
    _exit(0);
  }
  close(down[0]);
  close(up[1]);
  return std::make_unique<ChildCase>(pid, down[1], up[0]);
}

}  // namespace rollcall::bench
