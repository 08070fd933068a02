#include "bench/child_subject.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace rollcall::bench {
namespace {

constexpr char kOnce = 'o';
constexpr char kRound = 'r';
constexpr char kQuit = 'q';

bool receive(int peer, void* out, size_t size) {
  auto* at = static_cast<char*>(out);
  while (size > 0) {
    const ssize_t n = read(peer, at, size);
    if (n <= 0) return false;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

bool transmit(int peer, const void* what, size_t size) {
  return send(peer, what, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

// Number of values, then for each the length of its name, the name and the value.
bool transmit(int peer, const Values& values) {
  const size_t count = values.size();
  if (!transmit(peer, &count, sizeof count)) return false;
  for (const auto& [name, value] : values) {
    const size_t length = name.size();
    if (!transmit(peer, &length, sizeof length) || !transmit(peer, name.data(), length) ||
        !transmit(peer, &value, sizeof value))
      return false;
  }
  return true;
}

bool receive(int peer, Values& values) {
  size_t count = 0;
  if (!receive(peer, &count, sizeof count)) return false;
  values.resize(count);
  for (auto& [name, value] : values) {
    size_t length = 0;
    if (!receive(peer, &length, sizeof length)) return false;
    name.resize(length);
    if (!receive(peer, name.data(), length) || !receive(peer, &value, sizeof value)) return false;
  }
  return true;
}

// The child: answers each command, until it is told to go or its parent is gone.
void serve(Subject& own, int parent) {
  for (char command = 0; receive(parent, &command, 1) && command != kQuit;)
    if (!transmit(parent, command == kOnce ? own.once() : own.round())) return;
}

// The whole life of the child; its exit status.
int live(const Options& options, StartSubject start, int parent) {
  try {
    const auto own = start(options);
    serve(*own, parent);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}

}  // namespace

ChildSubject::ChildSubject(const Options& options, StartSubject start) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) give_up("no pair of sockets");
  pid_ = fork();
  if (pid_ < 0) give_up("no fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    close(ends[0]);
    _exit(live(options, start, ends[1]));
  }
  close(ends[1]);
  child_ = ends[0];
}

ChildSubject::~ChildSubject() {
  transmit(child_, &kQuit, 1);
  close(child_);
  waitpid(pid_, nullptr, 0);
}

std::optional<Values> ChildSubject::once() { return ask(kOnce); }
std::optional<Values> ChildSubject::round() { return ask(kRound); }

std::optional<Values> ChildSubject::ask(char command) {
  Values values;
  if (!transmit(child_, &command, 1) || !receive(child_, values)) return std::nullopt;
  return values;
}

}  // namespace rollcall::bench
