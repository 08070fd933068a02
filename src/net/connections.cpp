#include "net/connections.hpp"

#include <netinet/in.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace rollcall::net {

namespace {
// A connection that has more to say than this many buffers waits for its next turn.
constexpr int kReadsPerTurn = 4;
constexpr size_t kSpareOutputsMax = 64;
constexpr size_t kSpareOutputBytesMax = 16 * 1024;

bool would_block(const error_code& ec) {
  return ec == asio::error::would_block || ec == asio::error::try_again;
}
}  // namespace

DeadlineQueue::DeadlineQueue(CoreLoop& loop, int64_t delay_ms, std::function<void(ConnectionRef)> due)
    : loop_(loop), delay_ms_(delay_ms), due_(std::move(due)) {}

void DeadlineQueue::add(ConnectionRef ref) {
  entries_.push_back({loop_.now() + delay_ms_ * 1000, ref});
  arm();
}

void DeadlineQueue::stop() {
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
  entries_.clear();
}

void DeadlineQueue::arm() {
  if (timer_ != 0 || entries_.empty()) return;
  timer_ = loop_.at(entries_.front().deadline, [this] { fire(); });
}

void DeadlineQueue::fire() {
  timer_ = 0;
  const SteadyUs now = loop_.now();
  while (!entries_.empty() && entries_.front().deadline <= now) {
    const ConnectionRef ref = entries_.front().ref;
    entries_.pop_front();
    due_(ref);
  }
  arm();
}

Connections::Connections(CoreLoop& loop, const ConnectionsOptions& options)
    : loop_(loop),
      options_(options),
      close_deadlines_(loop, options.close_ms,
                       [this](ConnectionRef ref) {
                         Slot* slot = find(ref);
                         if (slot != nullptr) finish(ref, *slot, asio::error::timed_out);
                       }),
      connect_deadlines_(loop, options.connect_ms, [this](ConnectionRef ref) {
        Slot* slot = find(ref);
        if (slot != nullptr && slot->state == State::Connecting) finish(ref, *slot, asio::error::timed_out);
      }) {
  loop_.add_flush(this, [this] { flush(); });
}

void Connections::shut() {
  handler_ = nullptr;
  close_deadlines_.stop();
  connect_deadlines_.stop();
  loop_.remove_flush(this);
  for (Slot& slot : slots_) {
    error_code ignored;
    slot.socket.close(ignored);
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
    slots_.emplace_back(loop_.io());
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  ++count_;
  return ConnectionRef{index, slots_[index].generation};
}

void Connections::adopt(TcpSocket&& socket, const tcp::endpoint& peer) {
  const ConnectionRef ref = take_slot();
  Slot& slot = slots_[ref.slot];
  slot.socket = std::move(socket);
  slot.state = State::Open;
  slot.token = 0;
  wait_readable(ref, slot);
  handler_->on_open(ref, endpoint_text(peer));
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
  error_code ec;
  slot.socket.open(target.protocol(), ec);
  if (!ec) slot.socket.non_blocking(true, ec);
  if (!ec) slot.socket.set_option(tcp::no_delay(true), ec);
  if (!ec && !source.is_unspecified()) {
    // The port is chosen by connect(), which may use a port again for another target.
    const asio::detail::socket_option::boolean<IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT> late_port(true);
    slot.socket.set_option(late_port, ec);
    if (!ec) slot.socket.bind(tcp::endpoint(source, 0), ec);
  }
  if (ec) {
    kill(ref, slot, ec);
    return;
  }
  connect_deadlines_.add(ref);
  slot.socket.async_connect(
      target, [this, ref, target](const error_code& result) { on_connected(ref, target, result); });
}

void Connections::on_connected(ConnectionRef ref, const tcp::endpoint& target, const error_code& ec) {
  Slot* slot = find(ref);
  if (slot == nullptr || slot->state != State::Connecting) return;
  if (ec) {
    finish(ref, *slot, ec);
    return;
  }
  --connecting_;
  slot->state = State::Open;
  wait_readable(ref, *slot);
  handler_->on_open(ref, endpoint_text(target));
}

void Connections::wait_readable(ConnectionRef ref, Slot& slot) {
  if (slot.reading) return;
  slot.reading = true;
  slot.socket.async_wait(tcp::socket::wait_read, [this, ref](const error_code& ec) { on_readable(ref, ec); });
}

void Connections::on_readable(ConnectionRef ref, const error_code& ec) {
  Slot* slot = find(ref);
  if (slot == nullptr) return;
  slot->reading = false;
  if (slot->state == State::Dead) return;
  if (ec) {
    finish(ref, *slot, ec);
    return;
  }
  for (int i = 0; i < kReadsPerTurn; ++i)
    if (!read_some(ref, *slot)) break;
  // The slot is freed only here, in finish(), so it is still ours unless read_some said so by freeing it.
  slot = find(ref);
  if (slot != nullptr && slot->state != State::Dead) wait_readable(ref, *slot);
}

// True when there may be more to read at once.
bool Connections::read_some(ConnectionRef ref, Slot& slot) {
  error_code ec;
  const auto buffer = loop_.read_buffer();
  const size_t n = slot.socket.read_some(asio::buffer(buffer.data(), buffer.size()), ec);
  if (would_block(ec)) return false;
  if (ec) {
    if (slot.state == State::Open) write(ref, slot);  // the peer may still read the last replies
    finish(ref, slot, ec);
    return false;
  }
  if (slot.state == State::Open) handler_->on_bytes(ref, buffer.first(n));
  return slot.state != State::Dead && n == buffer.size();
}

bool Connections::send(ConnectionRef ref, std::string_view bytes) {
  Slot* slot = find(ref);
  if (slot == nullptr || slot->state != State::Open) return false;
  if (slot->output.size() - slot->output_sent + bytes.size() > options_.output_bytes_max) {
    kill(ref, *slot, asio::error::no_buffer_space);
    return false;
  }
  if (slot->output.capacity() < bytes.size() && slot->output.empty() && !spare_outputs_.empty()) {
    slot->output = std::move(spare_outputs_.back());
    spare_outputs_.pop_back();
  }
  slot->output.append(bytes);
  want_flush(ref, *slot);
  return true;
}

void Connections::close(ConnectionRef ref) {
  Slot* slot = find(ref);
  if (slot == nullptr) return;
  if (slot->state == State::Connecting) {
    kill(ref, *slot, asio::error::operation_aborted);
  } else if (slot->state == State::Open) {
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
  return slot == nullptr ? 0 : slot->output.size() - slot->output_sent;
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
}

// Never calls the handler: an error makes the connection Dead, which is told from reap().
void Connections::write(ConnectionRef ref, Slot& slot) {
  if (slot.state != State::Open && slot.state != State::Draining) return;
  while (slot.output_sent < slot.output.size()) {
    error_code ec;
    const auto rest =
        asio::buffer(slot.output.data() + slot.output_sent, slot.output.size() - slot.output_sent);
    slot.output_sent += slot.socket.write_some(rest, ec);
    if (would_block(ec)) {
      wait_writable(ref, slot);
      return;
    }
    if (ec) {
      kill(ref, slot, ec);
      return;
    }
  }
  free_output(slot);
  if (slot.state == State::Draining) {
    // Our end first, then the peer's: closing with unread input would destroy what the peer has not read yet.
    error_code ignored;
    slot.socket.shutdown(tcp::socket::shutdown_send, ignored);
    slot.state = State::Lingering;
  }
}

void Connections::free_output(Slot& slot) {
  slot.output_sent = 0;
  if (spare_outputs_.size() < kSpareOutputsMax && slot.output.capacity() <= kSpareOutputBytesMax &&
      slot.output.capacity() > sizeof(std::string)) {
    slot.output.clear();
    spare_outputs_.push_back(std::move(slot.output));
  }
  std::string().swap(slot.output);
}

void Connections::wait_writable(ConnectionRef ref, Slot& slot) {
  if (slot.waiting_write) return;
  slot.waiting_write = true;
  // What was sent is dropped once it is the larger part, so a slow reader does not hold more than it has
  // queued twice.
  if (slot.output_sent > slot.output.size() / 2) {
    slot.output.erase(0, slot.output_sent);
    slot.output_sent = 0;
  }
  slot.socket.async_wait(tcp::socket::wait_write,
                         [this, ref](const error_code& ec) { on_writable(ref, ec); });
}

void Connections::on_writable(ConnectionRef ref, const error_code& ec) {
  Slot* slot = find(ref);
  if (slot == nullptr) return;
  slot->waiting_write = false;
  if (slot->state == State::Dead) return;
  if (ec) {
    finish(ref, *slot, ec);
    return;
  }
  write(ref, *slot);
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
  error_code ignored;
  slot.socket.close(ignored);
  std::string().swap(slot.output);
  slot.output_sent = 0;
  slot.in_flush_list = slot.waiting_write = slot.reading = false;
  --count_;
  close_reason_ = reason;
  // The slot stays found for token() until the handler has been told, and cannot be taken again before.
  slot.state = State::Dead;
  if (handler_ != nullptr) handler_->on_closed(ref);
  close_reason_.clear();
  slot.state = State::Free;
  ++slot.generation;
  free_slots_.push_back(ref.slot);
}

}  // namespace rollcall::net
