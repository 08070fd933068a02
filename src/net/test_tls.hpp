// For tests: an OpenSSL client over a TestPeer, and a certificate in a folder of its own. Nothing blocks: one
// thread is both ends. Thread: the test's.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "net/test_peer.hpp"
#include "net/tls.hpp"

namespace rollcall::net {

class TestCertificate {
 public:
  TestCertificate() {
    std::string pattern = std::filesystem::temp_directory_path().string() + "/rollcall-tls-XXXXXX";
    dir = ::mkdtemp(pattern.data());
    files = generate_self_signed(dir, "localhost").value();
  }
  ~TestCertificate() {
    std::error_code ignored;
    std::filesystem::remove_all(dir, ignored);
  }
  static const TestCertificate& shared() {
    static const TestCertificate certificate;
    return certificate;
  }

  std::string dir;
  TlsFiles files;
};

// An authority, and certificates that it has signed, in memory.
class TestAuthority {
 public:
  TestAuthority() : key_(EVP_RSA_gen(2048)), certificate_(make("authority", key_.get(), nullptr)) {}

  std::string pem() const {
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate_.get());
    char* data = nullptr;
    const long bytes = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<size_t>(bytes));
    BIO_free(bio);
    return text;
  }
  // Gives a client a certificate for that name.
  void certify(SSL* client, const std::string& name) const {
    const KeyPtr key(EVP_RSA_gen(2048));
    const CertificatePtr certificate = make(name, key.get(), certificate_.get());
    SSL_use_certificate(client, certificate.get());
    SSL_use_PrivateKey(client, key.get());
  }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
  using CertificatePtr = std::unique_ptr<X509, Free>;

  // By itself when there is no issuer.
  CertificatePtr make(const std::string& name, EVP_PKEY* key, X509* issuer) const {
    CertificatePtr made(X509_new());
    X509* const x = made.get();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), issuer != nullptr ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer != nullptr ? issuer : x));
    if (issuer == nullptr) {
      X509_EXTENSION* const ca =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
      X509_add_ext(x, ca, -1);
      X509_EXTENSION_free(ca);
    }
    X509_sign(x, key_.get(), EVP_sha256());
    return made;
  }

  KeyPtr key_;
  CertificatePtr certificate_;
};

// Speaks TLS through memory, so that a test may cut, hold and change what goes over the wire.
class TlsPeer {
 public:
  struct Options {
    int version = 0;  // TLS1_2_VERSION and the like; 0: any
    std::string server_name = {};
    bool old_suites = false;
    bool verify = false;  // the shared certificate, pinned
    SSL_SESSION* session = nullptr;
  };

  explicit TlsPeer(uint16_t port) : TlsPeer(port, Options()) {}
  TlsPeer(uint16_t port, const Options& options, int receive_buffer_bytes = 0)
      : tcp(port, receive_buffer_bytes), context_(SSL_CTX_new(TLS_client_method())) {
    if (options.old_suites) SSL_CTX_set_cipher_list(context_.get(), "DEFAULT:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(context_.get(), options.version != 0 ? options.version : TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), options.version);
    if (options.verify) {
      SSL_CTX_load_verify_locations(context_.get(), TestCertificate::shared().files.certificate_path.c_str(),
                                    nullptr);
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    }
    ssl_.reset(SSL_new(context_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
    if (!options.server_name.empty()) SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
    if (options.verify) SSL_set1_host(ssl_.get(), "localhost");
    if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session);
    SSL_set_connect_state(ssl_.get());
  }

  // One go of everything: what has come, what it means, what is to be answered.
  void step() {
    tcp.receive_some();
    BIO_write(in_, tcp.received.data(), static_cast<int>(tcp.received.size()));
    tcp.received.clear();
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) != 1) {
      const int result = SSL_do_handshake(ssl_.get());
      if (result != 1 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) failed = true;
    }
    char buffer[16384];
    size_t bytes = 0;
    while (SSL_is_init_finished(ssl_.get()) == 1 &&
           SSL_read_ex(ssl_.get(), buffer, sizeof buffer, &bytes) == 1)
      received.append(buffer, bytes);
    if (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) said_goodbye = true;
    if (!hold_output) pass_output();
  }
  void pass_output() {
    const std::string bytes = take_output();
    if (!bytes.empty()) tcp.send_some(bytes);
  }
  // What would go over the wire next.
  std::string take_output() {
    char* data = nullptr;
    const long bytes = BIO_get_mem_data(out_, &data);
    std::string text(data, static_cast<size_t>(bytes));
    BIO_reset(out_);
    return text;
  }

  bool shake_hands(CoreLoop& loop) {
    loop.run_until([&] { return step(), is_open() || failed || tcp.ended; }, kTestDeadlineMs);
    return is_open() && !failed;
  }
  bool is_open() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  void write(std::string_view text) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
    if (!hold_output) pass_output();
  }
  void say_goodbye() {
    SSL_shutdown(ssl_.get());
    pass_output();
  }
  bool wait_for_text(CoreLoop& loop, std::string_view text) {
    return loop.run_until([&] { return step(), received.find(text) != std::string::npos; }, kTestDeadlineMs);
  }
  bool wait_for_bytes(CoreLoop& loop, size_t bytes) {
    return loop.run_until([&] { return step(), received.size() >= bytes; }, kTestDeadlineMs);
  }
  bool wait_for_end(CoreLoop& loop) {
    return loop.run_until([&] { return step(), tcp.ended; }, kTestDeadlineMs);
  }
  SSL* native() { return ssl_.get(); }

  TestPeer tcp;
  std::string received;
  bool failed = false;
  bool said_goodbye = false;  // the server
  bool hold_output = false;

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

}  // namespace rollcall::net
