#include "net/connections.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace rollcall::net {

namespace {
// A connection that has more to say than this many buffers waits for its next turn.
constexpr int kReadsPerTurn = 4;
constexpr size_t kSpareOutputsMax = 64;
constexpr size_t kSpareOutputBytesMax = 16 * 1024;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

bool set_on(const Socket& socket, int level, int option) {
  const int on = 1;
  return setsockopt(socket.get(), level, option, &on, sizeof on) == 0;
}
}  // namespace

Connections::Connections(CoreLoop& loop, const ConnectionsOptions& options)
    : loop_(loop),
      owner_(loop.readiness().add(this)),
      options_(options),
      close_deadlines_(loop, options.close_ms,
                       [this](ConnectionRef ref) {
                         Slot* slot = find(ref);
                         if (slot != nullptr) finish(ref, *slot, asio::error::timed_out);
                       }),
      connect_deadlines_(loop, options.connect_ms,
                         [this](ConnectionRef ref) {
                           Slot* slot = find(ref);
                           if (slot != nullptr && slot->state == State::Connecting)
                             finish(ref, *slot, asio::error::timed_out);
                         }),
      hello_deadlines_(loop, options.hello_ms, [this](ConnectionRef ref) { end_hello(ref); }),
      handshake_steps_left_(options.handshake_steps_max) {
  loop_.add_flush(this, [this] { flush(); });
}

void Connections::shut() {
  handler_ = nullptr;
  close_deadlines_.stop();
  connect_deadlines_.stop();
  hello_deadlines_.stop();
  loop_.remove_flush(this);
  loop_.readiness().remove(owner_);
  for (Slot& slot : slots_) {
    slot.socket.close();
    slot.layers.reset();
    slot.state = State::Free;
    ++slot.generation;
  }
}

Connections::Slot* Connections::find(ConnectionRef ref) {
  return const_cast<Slot*>(std::as_const(*this).find(ref));
}

const Connections::Slot* Connections::find(ConnectionRef ref) const {
  if (ref.slot >= slots_.size()) return nullptr;
  const Slot& slot = slots_[ref.slot];
  return slot.generation == ref.generation && slot.state != State::Free ? &slot : nullptr;
}

ConnectionRef Connections::take_slot() {
  uint32_t index = 0;
  if (free_slots_.empty()) {
    index = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  ++count_;
  return ConnectionRef{index, slots_[index].generation};
}

void Connections::adopt(Socket&& socket, const tcp::endpoint& peer, Greeting greeting) {
  const ConnectionRef ref = take_slot();
  Slot& slot = slots_[ref.slot];
  slot.socket = std::move(socket);
  slot.greeting = greeting;
  slot.state = greeting == Greeting::Plain ? State::Open : State::Hello;
  slot.token = 0;
  if (!loop_.readiness().watch(slot.socket.get(), owner_, ref, /*writing=*/false))
    kill(ref, slot, last_error());
  if (greeting == Greeting::Plain)
    handler_->on_open(ref, endpoint_text(peer));
  else
    hello_deadlines_.add(ref);
}

ConnectionRef Connections::connect(const tcp::endpoint& target, const asio::ip::address& source,
                                   uint64_t token) {
  const ConnectionRef ref = take_slot();
  Slot& slot = slots_[ref.slot];
  slot.state = State::Connecting;
  slot.token = token;
  ++connecting_;
  start_connect(ref, slot, target, source);
  return ref;
}

void Connections::start_connect(ConnectionRef ref, Slot& slot, const tcp::endpoint& target,
                                const asio::ip::address& source) {
  slot.socket = Socket(::socket(target.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  bool good = slot.socket.get() >= 0 && set_on(slot.socket, IPPROTO_TCP, TCP_NODELAY);
  if (good && !source.is_unspecified()) {
    // The port is chosen by connect(), which may use a port again for another target.
    const tcp::endpoint from(source, 0);
    good = set_on(slot.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) &&
           bind(slot.socket.get(), from.data(), static_cast<socklen_t>(from.size())) == 0;
  }
  if (good) {
    const auto bytes = static_cast<socklen_t>(target.size());
    good = ::connect(slot.socket.get(), target.data(), bytes) == 0 || errno == EINPROGRESS;
  }
  slot.watched_write = true;
  good = good && loop_.readiness().watch(slot.socket.get(), owner_, ref, /*writing=*/true);
  if (good)
    connect_deadlines_.add(ref);
  else
    kill(ref, slot, last_error());
}

void Connections::on_ready(ConnectionRef ref, uint32_t events) {
  Slot* slot = find(ref);
  if (slot == nullptr || slot->state == State::Dead) return;
  if (slot->state == State::Connecting) {
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
    on_connected(ref, *slot);
    slot = find(ref);  // it may be gone
    if (slot == nullptr || slot->state == State::Dead || slot->state == State::Connecting) return;
  }
  if ((events & EPOLLOUT) != 0 && slot->waiting_write) {
    slot->waiting_write = false;
    write(ref, *slot);
  }
  // Edge-triggered: an end that comes together with bytes is not told again once the bytes are read.
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) slot->peer_ended = true;
  if ((events & EPOLLIN) != 0 || slot->peer_ended) read(ref);
}

void Connections::on_connected(ConnectionRef ref, Slot& slot) {
  int error = 0;
  socklen_t bytes = sizeof error;
  if (getsockopt(slot.socket.get(), SOL_SOCKET, SO_ERROR, &error, &bytes) != 0) error = errno;
  if (error != 0) {
    finish(ref, slot, {error, boost::system::system_category()});
    return;
  }
  tcp::endpoint target;
  bytes = static_cast<socklen_t>(target.capacity());
  if (getpeername(slot.socket.get(), target.data(), &bytes) != 0) {
    if (errno != ENOTCONN) finish(ref, slot, last_error());
    return;  // not connected yet: nothing has happened
  }
  target.resize(bytes);
  --connecting_;
  if (tls_) {
    start_client_tls(ref, slot);
    return;
  }
  slot.state = State::Open;
  handler_->on_open(ref, endpoint_text(target));
}

void Connections::read(ConnectionRef ref) {
  Slot* slot = find(ref);
  for (int i = 0; i < kReadsPerTurn; ++i) {
    // Freed by finish(), which read_some may come to.
    if (slot == nullptr || slot->state == State::Dead || !read_some(ref, *slot)) return;
    slot = find(ref);
  }
  if (slot == nullptr || slot->in_unread_list) return;
  slot->in_unread_list = true;
  if (unread_list_.empty()) asio::post(loop_.io(), [this] { read_on(); });
  unread_list_.push_back(ref);
}

void Connections::read_on() {
  const auto unread = std::exchange(unread_list_, {});
  for (const ConnectionRef ref : unread) {
    Slot* slot = find(ref);
    if (slot == nullptr) continue;
    slot->in_unread_list = false;
    read(ref);
  }
}

// True when there may be more to read at once.
bool Connections::read_some(ConnectionRef ref, Slot& slot) {
  const auto buffer = loop_.read_buffer();
  const ssize_t n = recv(slot.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n <= 0) {
    if (n < 0 && errno == EINTR) return true;
    if (n < 0 && would_block()) return false;
    const error_code ec = n == 0 ? error_code(asio::error::eof) : last_error();
    // The peer may still read the last replies.
    if (slot.state == State::Open) write(ref, slot);
    finish(ref, slot, ec);
    return false;
  }
  const auto bytes = static_cast<size_t>(n);
  if (slot.state == State::Hello)
    greet(ref, slot, buffer.first(bytes));
  else if (slot.state == State::Open && slot.layers)
    unseal(ref, slot, buffer.first(bytes));
  else if (slot.state == State::Open)
    handler_->on_bytes(ref, buffer.first(bytes));
  // A read that leaves room has taken all there was.
  return bytes == buffer.size() || slot.peer_ended;
}

bool Connections::send(ConnectionRef ref, std::string_view bytes) {
  Slot* slot = find(ref);
  if (slot == nullptr || slot->state != State::Open) return false;
  if (queued(*slot) + bytes.size() > options_.output_bytes_max) {
    kill(ref, *slot, asio::error::no_buffer_space);
    return false;
  }
  std::string& output = outgoing(*slot);
  take_spare(output, bytes.size());
  if (slot->layers && slot->layers->web_socket)
    append_binary_frame(output, bytes);
  else
    output.append(bytes);
  want_flush(ref, *slot);
  return true;
}

void Connections::close(ConnectionRef ref) {
  Slot* slot = find(ref);
  if (slot == nullptr) return;
  if (slot->state == State::Connecting || slot->state == State::Hello) {
    kill(ref, *slot, asio::error::operation_aborted);
  } else if (slot->state == State::Open) {
    if (slot->layers) say_goodbye(*slot, WebSocketClose::Normal);
    slot->state = State::Draining;
    close_deadlines_.add(ref);
    want_flush(ref, *slot);
  }
}

void Connections::close_all() {
  for (uint32_t i = 0; i < slots_.size(); ++i) close(ConnectionRef{i, slots_[i].generation});
}

size_t Connections::queued_bytes(ConnectionRef ref) const {
  const Slot* slot = find(ref);
  return slot == nullptr ? 0 : queued(*slot);
}

uint64_t Connections::token(ConnectionRef ref) const {
  const Slot* slot = find(ref);
  return slot == nullptr ? 0 : slot->token;
}

void Connections::want_flush(ConnectionRef ref, Slot& slot) {
  if (slot.in_flush_list || slot.waiting_write) return;
  slot.in_flush_list = true;
  flush_list_.push_back(ref);
}

void Connections::flush() {
  flushing_.swap(flush_list_);
  for (const ConnectionRef ref : flushing_) {
    Slot* slot = find(ref);
    if (slot == nullptr) continue;
    slot->in_flush_list = false;
    write(ref, *slot);
  }
  flushing_.clear();
  if (tls_) next_handshake_round();
}

// Never calls the handler: an error makes the connection Dead, which is told from reap().
void Connections::write(ConnectionRef ref, Slot& slot) {
  if (slot.state != State::Open && slot.state != State::Draining && slot.state != State::Hello) return;
  if (slot.layers && slot.layers->tls && !seal(slot)) {
    kill(ref, slot, asio::error::no_memory);
    return;
  }
  while (slot.output_sent < slot.output.size()) {
    const ssize_t n = ::send(slot.socket.get(), slot.output.data() + slot.output_sent,
                             slot.output.size() - slot.output_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) {
      slot.output_sent += static_cast<size_t>(n);
    } else if (would_block()) {
      wait_writable(ref, slot);
      return;
    } else if (errno != EINTR) {
      kill(ref, slot, last_error());
      return;
    }
  }
  slot.output_sent = 0;
  give_spare(slot.output);
  if (slot.state == State::Draining) {
    // Our end first, then the peer's: closing with unread input would destroy what the peer has not read yet.
    shutdown(slot.socket.get(), SHUT_WR);
    slot.state = State::Lingering;
  }
}

// Room for `bytes` in a text that is empty, from one that was given back.
void Connections::take_spare(std::string& text, size_t bytes) {
  if (text.capacity() >= bytes || !text.empty() || spare_outputs_.empty()) return;
  text = std::move(spare_outputs_.back());
  spare_outputs_.pop_back();
}

void Connections::give_spare(std::string& text) {
  if (spare_outputs_.size() < kSpareOutputsMax && text.capacity() <= kSpareOutputBytesMax &&
      text.capacity() > sizeof(std::string)) {
    text.clear();
    spare_outputs_.push_back(std::move(text));
  }
  std::string().swap(text);
}

// Called when the socket has just refused bytes, so the next edge is still to come.
void Connections::wait_writable(ConnectionRef ref, Slot& slot) {
  slot.waiting_write = true;
  // What was sent is dropped once it is the larger part, so a slow reader does not hold more than it has
  // queued twice.
  if (slot.output_sent > slot.output.size() / 2) {
    slot.output.erase(0, slot.output_sent);
    slot.output_sent = 0;
  }
  if (slot.watched_write) return;
  slot.watched_write = true;
  if (!loop_.readiness().watch_again(slot.socket.get(), owner_, ref, /*writing=*/true))
    kill(ref, slot, last_error());
}

void Connections::kill(ConnectionRef ref, Slot& slot, const error_code& reason) {
  if (slot.state == State::Dead) return;
  if (slot.state == State::Connecting) --connecting_;
  slot.state = State::Dead;
  if (dead_.empty()) asio::post(loop_.io(), [this] { reap(); });
  dead_.emplace_back(ref, reason);
}

void Connections::reap() {
  const auto dead = std::exchange(dead_, {});
  for (const auto& [ref, reason] : dead) {
    Slot* slot = find(ref);
    if (slot != nullptr) finish(ref, *slot, reason);
  }
}

void Connections::finish(ConnectionRef ref, Slot& slot, const error_code& reason) {
  if (slot.state == State::Connecting) --connecting_;
  slot.socket.close();
  std::string().swap(slot.output);
  slot.output_sent = 0;
  slot.in_flush_list = slot.waiting_write = slot.watched_write = false;
  slot.peer_ended = slot.in_unread_list = false;
  --count_;
  close_reason_ = reason;
  // The slot stays found for token() until the handler has been told, and cannot be taken again before.
  slot.state = State::Dead;
  // The handler knows of a plain connection and of one it has asked for itself.
  const bool told = slot.greeting == Greeting::Plain;
  if (!told || (slot.layers && slot.layers->shaking)) handshake_probe_.failed.add();
  if (slot.layers && slot.layers->shaking) --handshakes_under_way_;
  slot.greeting = Greeting::Plain;
  slot.layers.reset();
  if (told && handler_ != nullptr) handler_->on_closed(ref);
  close_reason_.clear();
  slot.state = State::Free;
  ++slot.generation;
  free_slots_.push_back(ref.slot);
}

}  // namespace rollcall::net
