// The part of Connections between a socket and its protocol: telling TLS from plain, handshakes in turns,
// encryption, and the frames of WebSocket.
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/errc.hpp>
#include <utility>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "net/connections.hpp"
#include "net/upgrade.hpp"

namespace rollcall::net {
namespace {

constexpr uint8_t kTlsHandshakeRecord = 0x16;  // RFC 8446 section 5.1
constexpr size_t kPlainBytesKept = 128 * 1024;

error_code protocol_error() {
  return boost::system::errc::make_error_code(boost::system::errc::protocol_error);
}

std::string peer_text(const Socket& socket) {
  tcp::endpoint peer;
  auto bytes = static_cast<socklen_t>(peer.capacity());
  if (getpeername(socket.get(), peer.data(), &bytes) != 0) return "unknown";
  peer.resize(bytes);
  return endpoint_text(peer);
}

std::span<uint8_t> bytes_of(std::string& text) {
  return {reinterpret_cast<uint8_t*>(text.data()), text.size()};
}

}  // namespace

size_t Connections::queued(const Slot& slot) {
  return slot.output.size() - slot.output_sent + (slot.layers ? slot.layers->unsealed.size() : 0);
}

std::string& Connections::outgoing(Slot& slot) {
  return slot.layers && slot.layers->tls ? slot.layers->unsealed : slot.output;
}

void Connections::adopt(Upgrade&& upgrade) {
  const ConnectionRef ref = take_slot();
  Slot& slot = slots_[ref.slot];
  slot.socket = std::move(upgrade.transport.socket);
  slot.layers = std::make_unique<Layers>();
  slot.layers->tls = std::move(upgrade.transport.tls);
  slot.layers->web_socket = std::make_unique<WebSocketReader>();
  slot.state = State::Open;
  slot.greeting = Greeting::Plain;
  slot.token = 0;
  outgoing(slot).append(upgrade.answer);
  want_flush(ref, slot);
  if (!loop_.readiness().watch(slot.socket.get(), owner_, ref, /*writing=*/false))
    kill(ref, slot, last_error());
  handler_->on_open(ref, upgrade.peer);
  deliver(ref, slot, bytes_of(upgrade.input));
}

// The handler hears of a connection that has begun with its greeting.
void Connections::open(ConnectionRef ref, Slot& slot) {
  slot.state = State::Open;
  slot.greeting = Greeting::Plain;
  handler_->on_open(ref, peer_text(slot.socket));
}

// The first bytes of a connection, and what follows until its handshake is over.
void Connections::greet(ConnectionRef ref, Slot& slot, std::span<uint8_t> bytes) {
  if (!slot.layers && bytes.front() != kTlsHandshakeRecord) {
    if (slot.greeting == Greeting::Tls || !tls_) {
      finish(ref, slot, protocol_error());
      return;
    }
    open(ref, slot);
    if (slot.state == State::Open) handler_->on_bytes(ref, bytes);
    return;
  }
  if (!slot.layers) slot.layers = std::make_unique<Layers>();
  Layers& layers = *slot.layers;
  // A client's, or one that has had its turn: what is left costs little, and ending what has begun comes
  // before beginning, or a fleet would be half-way all at once.
  if (slot.greeting == Greeting::Plain || layers.answered) {
    unseal(ref, slot, bytes);
    return;
  }
  if (!layers.holding && handshake_steps_left_ > 0 && held_.empty()) {
    step_handshake(ref, slot, bytes);
    return;
  }
  layers.held.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (layers.held.size() > limits::kTlsHelloBytesMax) {
    finish(ref, slot, protocol_error());
    return;
  }
  if (!layers.holding) held_.push_back(ref);
  layers.holding = true;
}

// A client has the first word, and no turns to wait for.
void Connections::start_client_tls(ConnectionRef ref, Slot& slot) {
  slot.state = State::Hello;
  slot.layers = std::make_unique<Layers>();
  slot.layers->tls = std::make_unique<TlsSession>(tls_->native(), /*as_server=*/false);
  slot.layers->shaking = true;
  ++handshakes_under_way_;
  hello_deadlines_.add(ref);
  unseal(ref, slot, {});
}

// A step costs the core what an RSA signature costs.
void Connections::step_handshake(ConnectionRef ref, Slot& slot, std::span<uint8_t> bytes) {
  --handshake_steps_left_;
  Layers& layers = *slot.layers;
  if (!layers.tls) {
    make_room_for_handshake();
    layers.tls = std::make_unique<TlsSession>(tls_->native(), /*as_server=*/true);
    layers.begun = loop_.now();
    layers.shaking = true;
    ++handshakes_under_way_;
    handshakes_.push_back(ref);
  }
  unseal(ref, slot, bytes);
}

// Peers that begin and say no more must not keep others out: the oldest goes.
void Connections::make_room_for_handshake() {
  while (!handshakes_.empty()) {
    const ConnectionRef oldest = handshakes_.front();
    Slot* slot = find(oldest);
    const bool under_way = slot != nullptr && slot->state == State::Hello;
    if (under_way && handshakes_under_way_ < options_.handshakes_max) return;
    handshakes_.pop_front();
    if (!under_way) continue;
    handshake_probe_.cut.add();
    finish(oldest, *slot, asio::error::no_buffer_space);
  }
}

// A round is over: the next may go some steps on.
void Connections::next_handshake_round() {
  handshake_steps_left_ = options_.handshake_steps_max;
  if (held_.empty() || held_posted_) return;
  held_posted_ = true;
  asio::post(loop_.io(), [this] { step_held(); });
}

void Connections::step_held() {
  held_posted_ = false;
  while (handshake_steps_left_ > 0 && !held_.empty()) {
    const ConnectionRef ref = held_.front();
    held_.pop_front();
    Slot* slot = find(ref);
    if (slot == nullptr || slot->state != State::Hello) continue;
    slot->layers->holding = false;
    std::string bytes = std::exchange(slot->layers->held, {});
    step_handshake(ref, *slot, bytes_of(bytes));
  }
}

// Who has waited for us gets the time anew, once.
void Connections::end_hello(ConnectionRef ref) {
  Slot* slot = find(ref);
  if (slot == nullptr || slot->state != State::Hello) return;
  const Layers* layers = slot->layers.get();
  const bool ours = layers != nullptr && layers->holding;
  const bool fresh =
      layers != nullptr && layers->tls && loop_.now() - layers->begun < options_.hello_ms * 1000;
  if (ours || fresh)
    hello_deadlines_.add(ref);
  else
    finish(ref, *slot, asio::error::timed_out);
}

// Bytes of a connection with layers.
void Connections::unseal(ConnectionRef ref, Slot& slot, std::span<uint8_t> bytes) {
  TlsSession* const tls = slot.layers->tls.get();
  if (tls == nullptr) {
    deliver(ref, slot, bytes);
    return;
  }
  if (plain_.capacity() > kPlainBytesKept) std::string().swap(plain_);
  plain_.clear();
  const TlsSession::State state = tls->receive(bytes, plain_, slot.output);
  // A peer may ask for answers of TLS itself, such as new keys, and not read them.
  if (queued(slot) > options_.output_bytes_max + limits::kTlsHelloBytesMax) {
    kill(ref, slot, asio::error::no_buffer_space);
    return;
  }
  if (!slot.output.empty()) {
    slot.layers->answered = true;
    want_flush(ref, slot);
  }
  if (slot.state == State::Hello && (state == TlsSession::State::Open || state == TlsSession::State::Ended)) {
    slot.layers->shaking = false;
    --handshakes_under_way_;
    handshake_probe_.done.add();
    if (SSL_session_reused(tls->native()) == 1) handshake_probe_.resumed.add();
    open(ref, slot);
  }
  deliver(ref, slot, bytes_of(plain_));
  if (slot.state == State::Dead) return;
  if (state == TlsSession::State::Failed) {
    log_debug("net.tls_failed", {{"peer", peer_text(slot.socket)}, {"reason", tls->failure()}});
    write(ref, slot);  // the alert
    finish(ref, slot, protocol_error());
  } else if (state == TlsSession::State::Ended) {
    write(ref, slot);
    finish(ref, slot, asio::error::eof);
  }
}

void Connections::deliver(ConnectionRef ref, Slot& slot, std::span<uint8_t> content) {
  if (content.empty() || slot.state != State::Open) return;
  if (slot.layers->web_socket)
    read_frames(ref, slot, content);
  else
    handler_->on_bytes(ref, content);
}

void Connections::read_frames(ConnectionRef ref, Slot& slot, std::span<uint8_t> content) {
  using Found = WebSocketReader::Found;
  while (slot.state == State::Open) {
    const WebSocketReader::Event event = slot.layers->web_socket->next(content);
    switch (event.found) {
      case Found::NeedMore:
        return;
      case Found::Data:
        handler_->on_bytes(ref, event.payload);
        break;
      case Found::Ping:
        if (queued(slot) + event.payload.size() > options_.output_bytes_max) {
          kill(ref, slot, asio::error::no_buffer_space);
          return;
        }
        append_pong_frame(outgoing(slot),
                          {reinterpret_cast<const char*>(event.payload.data()), event.payload.size()});
        want_flush(ref, slot);
        break;
      case Found::Closed:
      case Found::Refused:
        say_goodbye(slot, event.close);
        close(ref);
        return;
    }
  }
}

void Connections::say_goodbye(Slot& slot, WebSocketClose code) {
  if (!slot.layers->web_socket || std::exchange(slot.layers->goodbye_framed, true)) return;
  append_close_frame(outgoing(slot), code);
}

std::string Connections::certified_name(ConnectionRef ref) const {
  const Slot* slot = find(ref);
  return slot != nullptr && slot->layers && slot->layers->tls ? slot->layers->tls->peer_name()
                                                              : std::string();
}

// Encrypts what is to be written. False when that is not possible.
bool Connections::seal(Slot& slot) {
  Layers& layers = *slot.layers;
  if (!layers.unsealed.empty()) {
    take_spare(slot.output, layers.unsealed.size());
    const bool sealed = layers.tls->send(layers.unsealed, slot.output);
    give_spare(layers.unsealed);
    if (!sealed) return false;
  }
  if (slot.state == State::Draining && !std::exchange(layers.goodbye_sealed, true))
    layers.tls->close(slot.output);
  return true;
}

}  // namespace rollcall::net
