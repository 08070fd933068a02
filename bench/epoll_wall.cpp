#include "bench/epoll_wall.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rollcall::bench {
namespace {

constexpr size_t kUnacknowledgedMax = 2'000;  // notifications on their way
constexpr size_t kDocumentFill = 400;         // bytes, as the job of device_servers.cpp has

struct Connection {
  bool open = false;
  bool dirty = false;   // has output and is in the list
  bool waits = false;   // for room in the kernel's buffer
  std::string partial;  // the beginning of an unfinished packet
  std::string out;      // not yet written
  std::string names;    // "productKey/deviceName" of a device; empty for others
  uint16_t packet_id = 0;
};

uint16_t read_u16(std::string_view text) {
  return static_cast<uint16_t>(static_cast<uint8_t>(text[0]) << 8 | static_cast<uint8_t>(text[1]));
}

void append_u16(std::string& out, size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

void append_publish(std::string& out, std::string_view topic, std::string_view payload, uint16_t packet_id) {
  out += packet_id == 0 ? '\x30' : '\x32';
  for (size_t rest = 2 + topic.size() + payload.size() + (packet_id == 0 ? 0 : 2);;) {
    out += static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
    if (rest == 0) break;
  }
  append_u16(out, topic.size());
  out += topic;
  if (packet_id != 0) append_u16(out, packet_id);
  out += payload;
}

// The bytes of the packet at the front, 0 while it is not complete; `head` is how many come before its body.
size_t packet_bytes(std::string_view bytes, size_t& head) {
  size_t length = 0;
  for (head = 1; head < bytes.size() && head <= 4; ++head) {
    const auto byte = static_cast<uint8_t>(bytes[head]);
    length |= static_cast<size_t>(byte & 0x7f) << (7 * (head - 1));
    if (byte & 0x80) continue;
    ++head;
    return bytes.size() < head + length ? 0 : head + length;
  }
  return 0;
}

// The text between `before` and the next quote.
std::string_view quoted(std::string_view text, std::string_view before) {
  const size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + before.size());
  return text.substr(0, text.find('"'));
}

class Wall {
 public:
  int run(uint16_t port);

 private:
  void accept_all();
  void read_some(int fd);
  void on_packet(int fd, uint8_t type, uint8_t flags, std::string_view body);
  void on_connect(int fd, std::string_view body);
  void on_publish(int fd, uint8_t qos, std::string_view body);
  void on_report(int fd, std::string_view topic, std::string_view payload);
  void push_some();
  std::string& output(int fd);
  void flush();
  void drop(int fd);

  int epoll_ = -1;
  int listener_ = -1;
  int signals_ = -1;
  std::vector<Connection> connections_;  // by descriptor
  std::vector<int> dirty_;
  std::vector<int> devices_;                          // in the order of their logins
  std::unordered_map<std::string, int> subscribers_;  // of topics without wildcards
  size_t pushed_ = 0, unacknowledged_ = 0, to_push_ = 0;
  std::string scratch_;
  char buffer_[64 * 1024];
};

int Wall::run(uint16_t port) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  sigprocmask(SIG_BLOCK, &mask, nullptr);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  signals_ = signalfd(-1, &mask, SFD_NONBLOCK);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 4096) != 0)
    return 1;
  for (const int fd : {listener_, signals_}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  for (epoll_event events[512];;) {
    const int count = epoll_wait(epoll_, events, 512, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener_) {
        accept_all();
      } else if (fd == signals_) {
        signalfd_siginfo info;
        while (read(signals_, &info, sizeof info) > 0) {
        }
        pushed_ = 0;
        to_push_ = devices_.size();
      } else {
        if (events[i].events & EPOLLOUT) output(fd);
        if (events[i].events & ~static_cast<uint32_t>(EPOLLOUT)) read_some(fd);
      }
    }
    push_some();
    flush();
  }
}

void Wall::accept_all() {
  for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (static_cast<size_t>(fd) >= connections_.size()) connections_.resize(static_cast<size_t>(fd) + 1024);
    connections_[static_cast<size_t>(fd)] = Connection();
    connections_[static_cast<size_t>(fd)].open = true;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
}

void Wall::read_some(int fd) {
  Connection& connection = connections_[static_cast<size_t>(fd)];
  const ssize_t n = recv(fd, buffer_, sizeof buffer_, 0);
  if (n == 0 || (n < 0 && errno != EAGAIN)) return drop(fd);
  if (n < 0) return;
  std::string whole;
  std::string_view bytes(buffer_, static_cast<size_t>(n));
  if (!connection.partial.empty()) {
    whole.swap(connection.partial);
    whole += bytes;
    bytes = whole;
  }
  size_t head = 0;
  while (const size_t size = packet_bytes(bytes, head)) {
    const auto first = static_cast<uint8_t>(bytes[0]);
    on_packet(fd, first >> 4, first & 0x0f, bytes.substr(head, size - head));
    bytes.remove_prefix(size);
  }
  if (!bytes.empty() && connections_[static_cast<size_t>(fd)].open) connection.partial = bytes;
}

void Wall::on_packet(int fd, uint8_t type, uint8_t flags, std::string_view body) {
  switch (type) {
    case 1:
      return on_connect(fd, body);
    case 3:
      return on_publish(fd, (flags >> 1) & 3, body);
    case 4:
      if (unacknowledged_ > 0) --unacknowledged_;
      return;
    case 8: {  // one filter each
      const std::string_view filter = body.substr(4, read_u16(body.substr(2)));
      if (filter.find('#') == std::string_view::npos) subscribers_[std::string(filter)] = fd;
      output(fd) += std::string("\x90\x03", 2) + std::string(body.substr(0, 2)) + '\x01';
      return;
    }
    case 12:
      output(fd) += std::string("\xd0\x00", 2);
      return;
    default:
      return;
  }
}

// The client id of a device is "productKey.deviceName|...".
void Wall::on_connect(int fd, std::string_view body) {
  Connection& connection = connections_[static_cast<size_t>(fd)];
  const std::string_view id = body.substr(12, read_u16(body.substr(10)));
  if (const size_t bar = id.find('|'); bar != std::string_view::npos) {
    connection.names = id.substr(0, bar);
    std::replace(connection.names.begin(), connection.names.end(), '.', '/');
    devices_.push_back(fd);
  }
  output(fd) += std::string("\x20\x02\x00\x00", 4);
}

void Wall::on_publish(int fd, uint8_t qos, std::string_view body) {
  const std::string_view topic = body.substr(2, read_u16(body));
  body.remove_prefix(2 + topic.size());
  if (qos > 0) {
    output(fd) += std::string("\x40\x02", 2) + std::string(body.substr(0, 2));
    body.remove_prefix(2);
  }
  if (topic.ends_with("/job/update")) return on_report(fd, topic, body);
  scratch_ = topic;
  const auto to = subscribers_.find(scratch_);
  if (to == subscribers_.end()) return;
  uint16_t& packet_id = connections_[static_cast<size_t>(to->second)].packet_id;
  packet_id = static_cast<uint16_t>(packet_id % 60'000 + 1);
  append_publish(output(to->second), topic, body, packet_id);
}

void Wall::on_report(int fd, std::string_view topic, std::string_view payload) {
  const std::string reply = R"({"id":")" + std::string(quoted(payload, R"("id":")")) +
                            R"(","code":200,"data":{"taskId":")" +
                            std::string(quoted(payload, R"("taskId":")")) +
                            R"("},"message":"success","method":"thing.job.update","version":"1.0"})";
  append_publish(output(fd), std::string(topic) + "_reply", reply, 0);
}

void Wall::push_some() {
  static const std::string document =
      R"({"command":"noop","fill":")" + std::string(kDocumentFill, 'x') + "\"}";
  for (; pushed_ < to_push_ && unacknowledged_ < kUnacknowledgedMax; ++pushed_, ++unacknowledged_) {
    const int fd = devices_[pushed_];
    Connection& connection = connections_[static_cast<size_t>(fd)];
    connection.packet_id = static_cast<uint16_t>(connection.packet_id % 60'000 + 1);
    const std::string id = std::to_string(1'000'000'000 + pushed_);
    append_publish(output(fd), "/sys/" + connection.names + "/thing/job/notify",
                   R"({"id":")" + id + R"(","version":"1.0","params":{"task":{"taskId":"wall)" + id +
                       R"(","status":"SENT","jobDocument":)" + document + "}}}",
                   connection.packet_id);
  }
}

std::string& Wall::output(int fd) {
  Connection& connection = connections_[static_cast<size_t>(fd)];
  if (!connection.dirty) dirty_.push_back(fd);
  connection.dirty = true;
  return connection.out;
}

void Wall::flush() {
  for (const int fd : dirty_) {
    Connection& connection = connections_[static_cast<size_t>(fd)];
    connection.dirty = false;
    if (!connection.open || connection.out.empty()) continue;
    const ssize_t n = send(fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    const bool all = n == static_cast<ssize_t>(connection.out.size());
    if (all) {
      std::string().swap(connection.out);
    } else if (n > 0) {
      connection.out.erase(0, static_cast<size_t>(n));
    }
    if (connection.waits != all) continue;
    connection.waits = !all;
    epoll_event event{};
    event.events = all ? EPOLLIN : EPOLLIN | EPOLLOUT;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
  }
  dirty_.clear();
}

void Wall::drop(int fd) {
  close(fd);
  connections_[static_cast<size_t>(fd)] = Connection();
  devices_.erase(std::remove(devices_.begin(), devices_.end(), fd), devices_.end());
}

}  // namespace

int run_epoll_wall(uint16_t port) { return Wall().run(port); }

}  // namespace rollcall::bench
