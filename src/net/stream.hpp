// Stream: a plain or TLS connection with one face, so that HTTP is written once. One read and one write may
// be pending. Every completion is a call on the owner, which the pending operation keeps alive. Included by
// net/ only. Thread: the loop's.
#pragma once

#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "net/asio.hpp"

namespace rollcall::net {

class StreamOwner {
 public:
  virtual ~StreamOwner() = default;
  virtual void on_handshake(const error_code& ec) = 0;
  // `bytes` is valid during the call only.
  virtual void on_read(const error_code& ec, std::string_view bytes) = 0;
  virtual void on_written(const error_code& ec, size_t bytes) = 0;
  // The peer has closed its end after finish(), or the connection broke.
  virtual void on_finished() = 0;
};

class Stream {
 public:
  using Owner = std::shared_ptr<StreamOwner>;
  virtual ~Stream() = default;
  virtual void handshake(bool as_server, Owner owner) = 0;
  virtual void read(Owner owner) = 0;
  // Writes what the kernel takes at once, without waiting; 0 where that is not possible.
  virtual size_t try_write(std::string_view bytes, error_code& ec) = 0;
  // Completes when some of `bytes`, which must stay, was written.
  virtual void write(std::string_view bytes, Owner owner) = 0;
  // Shuts our end, then reads and drops until the peer has shut its own. No write may be pending;
  // `read_pending` says whether a read is, whose completion must then be followed by close() on error and
  // another read otherwise.
  virtual void finish(bool read_pending, Owner owner) = 0;
  virtual void close() = 0;
  virtual TcpSocket& socket() = 0;
};

// `shared` is where a read puts its bytes, for the duration of on_read.
class PlainStream final : public Stream {
 public:
  PlainStream(TcpSocket&& socket, std::span<uint8_t> shared) : socket_(std::move(socket)), shared_(shared) {}
  void handshake(bool as_server, Owner owner) override;
  void read(Owner owner) override;
  size_t try_write(std::string_view bytes, error_code& ec) override;
  void write(std::string_view bytes, Owner owner) override;
  void finish(bool read_pending, Owner owner) override;
  void close() override;
  TcpSocket& socket() override { return socket_; }

 private:
  TcpSocket socket_;
  std::span<uint8_t> shared_;
};

class TlsStream final : public Stream {
 public:
  TlsStream(TcpSocket&& socket, asio::ssl::context& context, std::span<uint8_t> shared)
      : stream_(std::move(socket), context), shared_(shared) {}
  void handshake(bool as_server, Owner owner) override;
  void read(Owner owner) override;
  size_t try_write(std::string_view bytes, error_code& ec) override;
  void write(std::string_view bytes, Owner owner) override;
  void finish(bool read_pending, Owner owner) override;
  void close() override;
  TcpSocket& socket() override { return stream_.next_layer(); }
  SSL* native() { return stream_.native_handle(); }

 private:
  asio::ssl::stream<TcpSocket> stream_;
  std::span<uint8_t> shared_;
  std::vector<char> buffer_;  // a pending TLS read needs memory of its own
};

}  // namespace rollcall::net
