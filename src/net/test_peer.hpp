// For tests: a raw TCP peer that never blocks, so that one thread can be both ends of a connection by running
// the loop until the peer has what it waits for. Thread: the test's.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "net/core_loop.hpp"

namespace rollcall::net {

inline constexpr int64_t kTestDeadlineMs = 20'000;

class TestPeer {
 public:
  // Connecting to a listening loopback port succeeds at once; nobody needs to accept.
  explicit TestPeer(uint16_t port, int receive_buffer_bytes = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer_bytes > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  TestPeer(TestPeer&& other) noexcept
      : received(std::move(other.received)),
        ended(other.ended),
        fd_(std::exchange(other.fd_, -1)),
        connected_(other.connected_) {}
  TestPeer(const TestPeer&) = delete;
  TestPeer& operator=(const TestPeer&) = delete;
  ~TestPeer() { close(); }

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  // What the kernel takes of `bytes`.
  size_t send_some(std::string_view bytes) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EAGAIN) broken = true;
    return 0;
  }

  // Sends all of `bytes`, running the loop meanwhile. False when the connection broke first.
  bool send(CoreLoop& loop, std::string_view bytes) {
    loop.run_until(
        [&] {
          bytes.remove_prefix(send_some(bytes));
          return bytes.empty() || broken;
        },
        kTestDeadlineMs);
    return bytes.empty();
  }

  // Takes what has arrived into `received`; true when something has.
  bool receive_some() {
    char buffer[65536];
    bool any = false;
    while (!ended) {
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n > 0) {
        received.append(buffer, static_cast<size_t>(n));
        any = true;
      } else if (n == 0 || errno != EAGAIN) {
        ended = true;
        reset = n < 0;
      } else {
        break;
      }
    }
    return any;
  }

  bool wait_for_bytes(CoreLoop& loop, size_t bytes) {
    return loop.run_until([&] { return receive_some(), received.size() >= bytes; }, kTestDeadlineMs);
  }
  bool wait_for_text(CoreLoop& loop, std::string_view text) {
    return loop.run_until([&] { return receive_some(), received.find(text) != std::string::npos; },
                          kTestDeadlineMs);
  }
  bool wait_for_end(CoreLoop& loop) {
    return loop.run_until([&] { return receive_some(), ended; }, kTestDeadlineMs);
  }

  void shutdown_write() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  std::string received;
  bool ended = false;   // the other end was shut, or the connection broke
  bool reset = false;   // it broke
  bool broken = false;  // sending failed

 private:
  int fd_ = -1;
  bool connected_ = false;
};

// Runs the loop until `done`; for EXPECT_TRUE.
template <class F>
bool eventually(CoreLoop& loop, F done) {
  return loop.run_until(done, kTestDeadlineMs);
}

}  // namespace rollcall::net
