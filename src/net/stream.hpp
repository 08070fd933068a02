// Stream: a plain or TLS connection with one face, so that HTTP is written once. One read and one write may
// be pending. Every completion is a call on the owner, which the pending operation keeps alive. Included by
// net/ only. Thread: the loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/asio.hpp"
#include "net/socket.hpp"
#include "net/tls_session.hpp"
#include "net/turns.hpp"

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

// What is below a stream, for one who goes on with it in another way.
struct Transport {
  Socket socket;
  std::unique_ptr<TlsSession> tls;  // null: plain
};

class Stream {
 public:
  using Owner = std::shared_ptr<StreamOwner>;
  virtual ~Stream() = default;
  virtual void handshake(Owner owner) = 0;
  virtual void read(Owner owner) = 0;
  // Writes what the kernel takes at once, without waiting; 0 where that is not possible.
  virtual size_t try_write(std::string_view bytes, error_code& ec) = 0;
  // Completes when some of `bytes`, which must stay, was written.
  virtual void write(std::string_view bytes, Owner owner) = 0;
  // Hands a part of a file to the kernel without reading it, as much as that takes at once; `offset` moves.
  // nullopt where files have to be read and written.
  virtual std::optional<size_t> try_send_file(int /*file*/, int64_t& /*offset*/, size_t /*bytes*/,
                                              error_code& /*ec*/) {
    return std::nullopt;
  }
  // Completes with on_written(0) when try_send_file() may go on; as a write it is pending until then.
  virtual void await_room(Owner) {}
  // Shuts our end, then reads and drops until the peer has shut its own. No write may be pending;
  // `read_pending` says whether a read is, whose completion must then be followed by close() on error and
  // another read otherwise.
  virtual void finish(bool read_pending, Owner owner) = 0;
  virtual void close() = 0;
  // Gives the connection away; neither read nor write may be pending. The stream is closed then.
  virtual Transport release() = 0;
  virtual TcpSocket& socket() = 0;
};

// `shared` is where a read puts its bytes, for the duration of on_read.
class PlainStream final : public Stream {
 public:
  PlainStream(TcpSocket&& socket, std::span<uint8_t> shared) : socket_(std::move(socket)), shared_(shared) {}
  void handshake(Owner owner) override;
  void read(Owner owner) override;
  size_t try_write(std::string_view bytes, error_code& ec) override;
  void write(std::string_view bytes, Owner owner) override;
  std::optional<size_t> try_send_file(int file, int64_t& offset, size_t bytes, error_code& ec) override;
  void await_room(Owner owner) override;
  void finish(bool read_pending, Owner owner) override;
  void close() override;
  Transport release() override;
  TcpSocket& socket() override { return socket_; }

 private:
  TcpSocket socket_;
  std::span<uint8_t> shared_;
};

class TlsStream final : public Stream {
 public:
  // A server's handshakes take `turns`, which outlive them; null: a client's, which need none.
  TlsStream(TcpSocket&& socket, SSL_CTX* context, Turns* turns, std::span<uint8_t> shared)
      : socket_(std::move(socket)),
        session_(std::make_unique<TlsSession>(context, turns != nullptr)),
        turns_(turns),
        shared_(shared) {}
  void handshake(Owner owner) override;
  void read(Owner owner) override;
  size_t try_write(std::string_view bytes, error_code& ec) override;
  void write(std::string_view bytes, Owner owner) override;
  void finish(bool read_pending, Owner owner) override;
  void close() override;
  Transport release() override;
  TcpSocket& socket() override { return socket_; }
  SSL* native() { return session_->native(); }

 private:
  using Then = std::function<void(const Owner&, const error_code&)>;
  void shake(const Owner& owner);
  void step(const Owner& owner, error_code ec);
  error_code receive();
  void flush(const Owner& owner, Then then);
  void pump(const Owner& owner);
  void pumped(const Owner& owner, const error_code& ec);

  TcpSocket socket_;
  std::unique_ptr<TlsSession> session_;
  Turns* const turns_;
  std::span<uint8_t> shared_;
  std::string plain_;   // decrypted, on its way to the owner
  std::string output_;  // encrypted, on its way to the socket
  size_t output_sent_ = 0;
  bool waiting_write_ = false;
  bool answered_ = false;  // our part of the handshake is on its way
  Then then_;              // what goes on when the output is out
};

}  // namespace rollcall::net
