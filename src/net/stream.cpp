#include "net/stream.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace rollcall::net {

namespace {

constexpr size_t kTlsReadBytes = 16 * 1024;  // one record

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

void close_socket(TcpSocket& socket) {
  error_code ignored;
  socket.close(ignored);
}

}  // namespace

void PlainStream::handshake(bool, Owner owner) {
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

void PlainStream::finish(bool read_pending, Owner owner) {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  if (!read_pending) wait_for_peers_end(socket_, shared_, std::move(owner));
}

void PlainStream::close() { close_socket(socket_); }

void TlsStream::handshake(bool as_server, Owner owner) {
  const auto role = as_server ? asio::ssl::stream_base::server : asio::ssl::stream_base::client;
  stream_.async_handshake(role,
                          [owner = std::move(owner)](const error_code& ec) { owner->on_handshake(ec); });
}

void TlsStream::read(Owner owner) {
  buffer_.resize(kTlsReadBytes);
  stream_.async_read_some(asio::buffer(buffer_),
                          [this, owner = std::move(owner)](const error_code& ec, size_t n) {
                            owner->on_read(ec, {buffer_.data(), n});
                          });
}

size_t TlsStream::try_write(std::string_view, error_code&) { return 0; }

void TlsStream::write(std::string_view bytes, Owner owner) {
  stream_.async_write_some(
      asio::buffer(bytes.data(), bytes.size()),
      [owner = std::move(owner)](const error_code& ec, size_t n) { owner->on_written(ec, n); });
}

void TlsStream::finish(bool read_pending, Owner owner) {
  if (read_pending) {
    // TLS allows no shutdown beside a read: the end of the TCP stream has to do.
    error_code ignored;
    socket().shutdown(tcp::socket::shutdown_send, ignored);
    return;
  }
  stream_.async_shutdown([this, owner = std::move(owner)](const error_code&) mutable {
    error_code ignored;
    socket().shutdown(tcp::socket::shutdown_send, ignored);
    if (!socket().is_open())
      owner->on_finished();
    else
      wait_for_peers_end(socket(), shared_, std::move(owner));
  });
}

void TlsStream::close() { close_socket(socket()); }

}  // namespace rollcall::net
