#include "net/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace rollcall::net {
namespace {

constexpr size_t kRecordBytesMax = 16 * 1024;  // RFC 8446 section 5.1
constexpr size_t kWriteBytesMax = 1u << 30;    // the library counts in int

}  // namespace

BIO_METHOD* TlsSession::wire_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rollcall wire");
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_read(made, wire_read);
    BIO_meth_set_write(made, wire_write);
    BIO_meth_set_ctrl(made, wire_control);
    return made;
  }();
  return method;
}

int TlsSession::wire_read(BIO* bio, char* data, int bytes) {
  auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (wire.in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t n = std::min(wire.in.size(), static_cast<size_t>(bytes));
  std::memcpy(data, wire.in.data(), n);
  wire.in = wire.in.subspan(n);
  return static_cast<int>(n);
}

int TlsSession::wire_write(BIO* bio, const char* data, int bytes) {
  const auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (wire.out == nullptr) return -1;
  wire.out->append(data, static_cast<size_t>(bytes));
  return bytes;
}

long TlsSession::wire_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is held back
}

TlsSession::TlsSession(SSL_CTX* context, bool as_server) : ssl_(SSL_new(context)) {
  BIO* const wire = BIO_new(wire_method());
  if (!ssl_ || wire == nullptr) throw std::bad_alloc();
  BIO_set_data(wire, &wire_);
  BIO_set_init(wire, 1);
  SSL_set_bio(ssl_.get(), wire, wire);
  if (as_server)
    SSL_set_accept_state(ssl_.get());
  else
    SSL_set_connect_state(ssl_.get());
}

TlsSession::~TlsSession() = default;

TlsSession::State TlsSession::receive(std::span<const uint8_t> in, std::string& plain, std::string& out) {
  if (state_ == State::Ended || state_ == State::Failed) return state_;
  wire_ = {in, &out};
  std::array<char, kRecordBytesMax> record;  // NOLINT: written before it is read
  for (;;) {
    ERR_clear_error();
    size_t bytes = 0;
    const int got = SSL_read_ex(ssl_.get(), record.data(), record.size(), &bytes);
    if (state_ == State::Handshake && SSL_is_init_finished(ssl_.get()) == 1) state_ = State::Open;
    if (got == 1) {
      plain.append(record.data(), bytes);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), 0);
    if (error == SSL_ERROR_ZERO_RETURN)
      state_ = State::Ended;
    else if (error != SSL_ERROR_WANT_READ)
      fail();
    break;
  }
  wire_ = {};
  return state_;
}

bool TlsSession::send(std::string_view plain, std::string& out) {
  if (state_ != State::Open && state_ != State::Ended) return false;
  wire_ = {{}, &out};
  while (!plain.empty()) {
    ERR_clear_error();
    size_t written = 0;
    if (SSL_write_ex(ssl_.get(), plain.data(), std::min(plain.size(), kWriteBytesMax), &written) != 1) {
      fail();
      break;
    }
    plain.remove_prefix(written);
  }
  wire_ = {};
  return state_ != State::Failed;
}

void TlsSession::close(std::string& out) {
  if (state_ != State::Open && state_ != State::Ended) return;
  wire_ = {{}, &out};
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  wire_ = {};
}

std::string TlsSession::peer_name() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return {};
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  // Two names would leave it open who it is.
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return {};
  unsigned char* text = nullptr;
  const int bytes = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (bytes < 0) return {};
  std::string name(reinterpret_cast<const char*>(text), static_cast<size_t>(bytes));
  OPENSSL_free(text);
  return name;
}

TlsSession::State TlsSession::fail() {
  const unsigned long code = ERR_get_error();
  std::array<char, 160> text{};
  if (code != 0) ERR_error_string_n(code, text.data(), text.size());
  failure_ = std::make_unique<std::string>(code != 0 ? text.data() : "the library gives no reason");
  ERR_clear_error();
  return state_ = State::Failed;
}

const std::string& TlsSession::failure() const {
  static const std::string none;
  return failure_ ? *failure_ : none;
}

}  // namespace rollcall::net
