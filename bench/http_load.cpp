#include "bench/http_load.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/text.hpp"
#include "bench/subject.hpp"

namespace rollcall::bench {
namespace {

constexpr std::string_view kSuccess = R"("Success":true)";

int connect_to(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    give_up("an HTTP server cannot be reached");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

HttpLoad::HttpLoad(uint16_t port, size_t connections, NextRequest next)
    : next_(std::move(next)), connections_(connections), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  for (size_t i = 0; i < connections; ++i) {
    connections_[i].fd = connect_to(port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &event);
  }
}

HttpLoad::~HttpLoad() {
  for (const Connection& connection : connections_)
    if (connection.fd >= 0) close(connection.fd);
  close(epoll_);
}

double HttpLoad::flat_out(double seconds) {
  size_t answers = 0;
  const SteadyUs begin = clock_.steady();
  const SteadyUs end = begin + static_cast<int64_t>(seconds * 1e6);
  for (Connection& connection : connections_) ask(connection, begin);
  while (clock_.steady() < end) {
    take(1'000, [&](Connection& connection) {
      ++answers;
      ask(connection, begin);
    });
  }
  const double taken_s = static_cast<double>(clock_.steady() - begin) / 1e6;
  drain();
  return static_cast<double>(answers) / taken_s;
}

std::vector<double> HttpLoad::paced(double per_second, double seconds) {
  std::vector<double> latencies_ms;
  const SteadyUs begin = clock_.steady();
  const auto total = static_cast<size_t>(per_second * seconds);
  size_t asked = 0;
  const auto due_at = [&](size_t i) {
    return begin + static_cast<int64_t>(static_cast<double>(i) * 1e6 / per_second);
  };
  const auto note = [&](Connection& connection) {
    latencies_ms.push_back(static_cast<double>(clock_.steady() - connection.due) / 1e3);
  };
  while (latencies_ms.size() < total) {
    for (Connection& connection : connections_) {
      if (asked == total || due_at(asked) > clock_.steady()) break;
      if (!connection.busy) ask(connection, due_at(asked++));
    }
    take(0, note);  // to sleep would be less exact than the latencies measured
  }
  return latencies_ms;
}

void HttpLoad::ask(Connection& connection, SteadyUs due) {
  const std::string request = next_();
  if (send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    give_up("a request could not be sent");
  connection.busy = true;
  connection.due = due;
  connection.received.clear();
}

template <class Answered>
void HttpLoad::take(int wait_ms, Answered&& answered) {
  epoll_event events[64];
  const int count = epoll_wait(epoll_, events, 64, wait_ms);
  for (int i = 0; i < count; ++i) {
    Connection& connection = connections_[events[i].data.u64];
    char buffer[16 * 1024];
    const ssize_t n = recv(connection.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) continue;
    if (n <= 0) give_up("an HTTP connection was closed");
    connection.received.append(buffer, static_cast<size_t>(n));
    if (!is_whole(connection)) continue;
    if (connection.received.find(kSuccess) == std::string::npos) give_up("refused: " + connection.received);
    connection.busy = false;
    answered(connection);
  }
}

bool HttpLoad::is_whole(const Connection& connection) const {
  const std::string_view received = connection.received;
  const size_t head = received.find("\r\n\r\n");
  if (head == std::string_view::npos) return false;
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const size_t at = received.find(kLength);
  if (at > head) give_up("an answer has no length");
  const std::string_view text = received.substr(at + kLength.size());
  const auto length = parse_int(text.substr(0, text.find('\r')));
  return length && received.size() == head + 4 + static_cast<size_t>(*length);
}

void HttpLoad::drain() {
  const auto busy = [](const Connection& connection) { return connection.busy; };
  while (std::any_of(connections_.begin(), connections_.end(), busy)) take(1'000, [](Connection&) {});
}

}  // namespace rollcall::bench
