#include "net/stream.hpp"

#include <sys/sendfile.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/errc.hpp>
#include <utility>

namespace rollcall::net {

namespace {

constexpr size_t kTlsReadBytes = 16 * 1024;   // one record
constexpr size_t kTlsWriteBytes = 64 * 1024;  // encrypted in one turn
constexpr size_t kTlsOutputBytesMax = 256 * 1024;

bool would_block(const error_code& ec) {
  return ec == asio::error::would_block || ec == asio::error::try_again;
}

void wait_for_peers_end(TcpSocket& socket, std::span<uint8_t> scratch, Stream::Owner owner) {
  socket.async_wait(tcp::socket::wait_read,
                    [&socket, scratch, owner = std::move(owner)](error_code ec) mutable {
                      if (!ec) socket.read_some(asio::buffer(scratch.data(), scratch.size()), ec);
                      if (ec && !would_block(ec))
                        owner->on_finished();
                      else
                        wait_for_peers_end(socket, scratch, std::move(owner));
                    });
}

Socket take_descriptor(TcpSocket& socket) {
  error_code ec;
  const int descriptor = socket.release(ec);
  return ec ? Socket() : Socket(descriptor);
}

void close_socket(TcpSocket& socket) {
  error_code ignored;
  socket.close(ignored);
}

}  // namespace

void PlainStream::handshake(Owner owner) {
  asio::post(socket_.get_executor(), [owner = std::move(owner)] { owner->on_handshake({}); });
}

void PlainStream::read(Owner owner) {
  socket_.async_wait(tcp::socket::wait_read, [this, owner = std::move(owner)](error_code ec) mutable {
    size_t n = 0;
    if (!ec) n = socket_.read_some(asio::buffer(shared_.data(), shared_.size()), ec);
    if (would_block(ec)) {
      read(std::move(owner));
      return;
    }
    owner->on_read(ec, {reinterpret_cast<const char*>(shared_.data()), n});
  });
}

size_t PlainStream::try_write(std::string_view bytes, error_code& ec) {
  const size_t n = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), ec);
  if (!would_block(ec)) return n;
  ec.clear();
  return 0;
}

void PlainStream::write(std::string_view bytes, Owner owner) {
  socket_.async_write_some(
      asio::buffer(bytes.data(), bytes.size()),
      [owner = std::move(owner)](const error_code& ec, size_t n) { owner->on_written(ec, n); });
}

std::optional<size_t> PlainStream::try_send_file(int file, int64_t& offset, size_t bytes, error_code& ec) {
  off_t at = offset;
  const ssize_t n = ::sendfile(socket_.native_handle(), file, &at, bytes);
  offset = at;
  if (n > 0) return static_cast<size_t>(n);
  if (n == 0)
    ec = asio::error::eof;  // the file became shorter
  else if (errno != EAGAIN && errno != EINTR)
    ec = last_error();
  return 0;
}

void PlainStream::await_room(Owner owner) {
  socket_.async_wait(tcp::socket::wait_write,
                     [owner = std::move(owner)](const error_code& ec) { owner->on_written(ec, 0); });
}

void PlainStream::finish(bool read_pending, Owner owner) {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  if (!read_pending) wait_for_peers_end(socket_, shared_, std::move(owner));
}

void PlainStream::close() { close_socket(socket_); }

Transport PlainStream::release() { return {take_descriptor(socket_), nullptr}; }

void TlsStream::handshake(Owner owner) {
  session_->receive({}, plain_, output_);  // a client has the first word
  flush(owner, [this](const Owner& after, const error_code& ec) {
    if (ec)
      after->on_handshake(ec);
    else
      shake(after);
  });
}

void TlsStream::shake(const Owner& owner) {
  socket_.async_wait(tcp::socket::wait_read, [this, owner](error_code ec) {
    // Ending what has begun comes before beginning, and costs less.
    if (ec || turns_ == nullptr || answered_)
      step(owner, ec);
    else
      turns_->take([this, owner] { step(owner, {}); });
  });
}

void TlsStream::step(const Owner& owner, error_code ec) {
  if (!ec) ec = receive();
  if (would_block(ec)) ec.clear();
  answered_ = answered_ || !output_.empty();
  flush(owner, [this, ec](const Owner& after, const error_code& flush_ec) {
    if (ec || flush_ec)
      after->on_handshake(ec ? ec : flush_ec);
    else if (session_->state() == TlsSession::State::Handshake)
      shake(after);
    else
      after->on_handshake({});
  });
}

// What the socket has, decrypted behind what plain_ has.
error_code TlsStream::receive() {
  error_code ec;
  const size_t n =
      socket_.read_some(asio::buffer(shared_.data(), std::min(shared_.size(), kTlsReadBytes)), ec);
  if (ec) return ec;
  const TlsSession::State state = session_->receive(shared_.first(n), plain_, output_);
  // A peer may ask for answers of TLS itself, such as new keys, and not read them.
  if (output_.size() > kTlsOutputBytesMax) return asio::error::no_buffer_space;
  switch (state) {
    case TlsSession::State::Handshake:
    case TlsSession::State::Open:
      return {};
    case TlsSession::State::Ended:
      return asio::error::eof;
    case TlsSession::State::Failed:
      break;
  }
  return boost::system::errc::make_error_code(boost::system::errc::protocol_error);
}

void TlsStream::read(Owner owner) {
  // A client may send its first words together with the end of its handshake.
  if (!plain_.empty()) {
    asio::post(socket_.get_executor(), [this, owner = std::move(owner)] {
      const std::string bytes = std::exchange(plain_, {});
      owner->on_read({}, bytes);
    });
    return;
  }
  socket_.async_wait(tcp::socket::wait_read, [this, owner = std::move(owner)](error_code ec) mutable {
    if (!ec) ec = receive();
    if (!output_.empty() && !waiting_write_) pump(owner);
    if (plain_.empty() && (!ec || would_block(ec))) {  // a part of a record, or nothing of the peer's own
      read(std::move(owner));
      return;
    }
    const std::string bytes = std::exchange(plain_, {});
    // An end behind bytes comes again with the next read.
    owner->on_read(bytes.empty() ? ec : error_code(), bytes);
  });
}

size_t TlsStream::try_write(std::string_view, error_code&) { return 0; }

void TlsStream::write(std::string_view bytes, Owner owner) {
  const std::string_view part = bytes.substr(0, kTlsWriteBytes);
  if (!session_->send(part, output_)) {
    asio::post(socket_.get_executor(),
               [owner = std::move(owner)] { owner->on_written(asio::error::broken_pipe, 0); });
    return;
  }
  flush(owner, [n = part.size()](const Owner& after, const error_code& ec) { after->on_written(ec, n); });
}

// Calls `then` later, never inside this call. It must not hold the owner, who holds this stream.
void TlsStream::flush(const Owner& owner, Then then) {
  then_ = std::move(then);
  if (!waiting_write_) pump(owner);
}

void TlsStream::pump(const Owner& owner) {
  error_code ec;
  while (output_sent_ < output_.size() && !ec)
    output_sent_ +=
        socket_.write_some(asio::buffer(output_.data() + output_sent_, output_.size() - output_sent_), ec);
  if (!would_block(ec)) {
    pumped(owner, ec);
    return;
  }
  waiting_write_ = true;
  socket_.async_wait(tcp::socket::wait_write, [this, owner](const error_code& wait_ec) {
    waiting_write_ = false;
    if (wait_ec)
      pumped(owner, wait_ec);
    else
      pump(owner);
  });
}

void TlsStream::pumped(const Owner& owner, const error_code& ec) {
  output_sent_ = 0;
  std::string().swap(output_);
  if (!then_) return;
  asio::post(socket_.get_executor(), [owner, then = std::exchange(then_, nullptr), ec] { then(owner, ec); });
}

void TlsStream::finish(bool read_pending, Owner owner) {
  session_->close(output_);
  error_code ignored;
  // As much as the socket takes at once: the peer has its answer, and TCP's end says the rest.
  if (!waiting_write_) socket_.write_some(asio::buffer(output_), ignored);
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  if (!read_pending) wait_for_peers_end(socket_, shared_, std::move(owner));
}

void TlsStream::close() { close_socket(socket_); }

Transport TlsStream::release() { return {take_descriptor(socket_), std::move(session_)}; }

}  // namespace rollcall::net
