// TlsSession: one end of a TLS connection without a socket. Encrypted bytes in, plain bytes out, and what is
// to be sent to the peer appended to a string of the caller, so that connections keep their own buffers and
// nothing here waits. Used by connections.hpp and stream.hpp; included by net/ only. Thread: the connection's
// loop.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace rollcall::net {

class TlsSession {
 public:
  // Ended: the peer has said that it sends nothing more (close_notify). Failed: see failure().
  enum class State : uint8_t { Handshake, Open, Ended, Failed };

  // The context is kept alive by the session. A client's handshake begins with its first receive().
  TlsSession(SSL_CTX* context, bool as_server);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  // Takes all of `in`, which may be empty; appends what the peer said to `plain` and what is to be answered,
  // be it an alert, to `out`.
  State receive(std::span<const uint8_t> in, std::string& plain, std::string& out);
  // Only while Open or Ended. False when it cannot be encrypted, which is Failed.
  bool send(std::string_view plain, std::string& out);
  // Says that nothing more is sent. No effect before the handshake is over.
  void close(std::string& out);

  State state() const { return state_; }
  // The common name of the peer's certificate, verified; empty when there is none, or none that can be read.
  std::string peer_name() const;
  // Of a session that has Failed: the library's reason, for a log.
  const std::string& failure() const;
  SSL* native() { return ssl_.get(); }

 private:
  // Where the library reads and writes during a call.
  struct Wire {
    std::span<const uint8_t> in;
    std::string* out = nullptr;
  };
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  static BIO_METHOD* wire_method();
  static int wire_read(BIO* bio, char* data, int bytes);
  static int wire_write(BIO* bio, const char* data, int bytes);
  static long wire_control(BIO* bio, int command, long number, void* pointer);
  State fail();

  Wire wire_;
  std::unique_ptr<SSL, Free> ssl_;
  std::unique_ptr<std::string> failure_;
  State state_ = State::Handshake;
};

}  // namespace rollcall::net
