#include "bench/child_subject.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace rollcall::bench {
namespace {

constexpr char kOnce = 'o';
constexpr char kRound = 'r';
constexpr char kQuit = 'q';

bool receive(int pipe, void* out, size_t size) {
  auto* at = static_cast<char*>(out);
  while (size > 0) {
    const ssize_t n = read(pipe, at, size);
    if (n <= 0) return false;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

bool transmit(int pipe, const void* what, size_t size) {
  return write(pipe, what, size) == static_cast<ssize_t>(size);
}

// Number of values, then for each the length of its name, the name and the value.
bool transmit(int pipe, const Values& values) {
  const size_t count = values.size();
  if (!transmit(pipe, &count, sizeof count)) return false;
  for (const auto& [name, value] : values) {
    const size_t length = name.size();
    if (!transmit(pipe, &length, sizeof length) || !transmit(pipe, name.data(), length) ||
        !transmit(pipe, &value, sizeof value))
      return false;
  }
  return true;
}

bool receive(int pipe, Values& values) {
  size_t count = 0;
  if (!receive(pipe, &count, sizeof count)) return false;
  values.resize(count);
  for (auto& [name, value] : values) {
    size_t length = 0;
    if (!receive(pipe, &length, sizeof length)) return false;
    name.resize(length);
    if (!receive(pipe, name.data(), length) || !receive(pipe, &value, sizeof value)) return false;
  }
  return true;
}

// The child: answers each command, until it is told to go or its parent is gone.
void serve(Subject& own, int from_parent, int to_parent) {
  for (char command = 0; receive(from_parent, &command, 1) && command != kQuit;)
    if (!transmit(to_parent, command == kOnce ? own.once() : own.round())) return;
}

// The whole life of the child; its exit status.
int live(const Options& options, StartSubject start, int from_parent, int to_parent) {
  try {
    const auto own = start(options);
    serve(*own, from_parent, to_parent);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}

}  // namespace

ChildSubject::ChildSubject(const Options& options, StartSubject start) {
  int down[2], up[2];
  if (pipe2(down, O_CLOEXEC) != 0 || pipe2(up, O_CLOEXEC) != 0) give_up("no pipe");
  pid_ = fork();
  if (pid_ < 0) give_up("no fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    close(down[1]);
    close(up[0]);
    _exit(live(options, start, down[0], up[1]));
  }
  close(down[0]);
  close(up[1]);
  to_child_ = down[1];
  from_child_ = up[0];
}

ChildSubject::~ChildSubject() {
  transmit(to_child_, &kQuit, 1);
  close(to_child_);
  close(from_child_);
  waitpid(pid_, nullptr, 0);
}

std::optional<Values> ChildSubject::once() { return ask(kOnce); }
std::optional<Values> ChildSubject::round() { return ask(kRound); }

std::optional<Values> ChildSubject::ask(char command) {
  Values values;
  if (!transmit(to_child_, &command, 1) || !receive(from_child_, values)) return std::nullopt;
  return values;
}

}  // namespace rollcall::bench
