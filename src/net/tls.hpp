// TLS for servers: a context from certificate and key files, and a self-signed pair for a first start.
// Called by server/ at start. Thread: any; a loaded context is immutable and may serve several cores.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace rollcall::net {

struct TlsFiles {
  std::string certificate_path;  // PEM, the leaf first
  std::string key_path;          // PEM
};

struct TlsOptions {
  // TLS 1.0 and 1.1 too, and the suites of their time, for devices that know no other.
  bool old_versions = false;
  // PEM. Clients are asked for a certificate; one that is not of these authorities ends the handshake, none
  // does not. Empty: nobody is asked.
  std::string client_ca_path = {};
};

class TlsContext {
 public:
  // Serves TLS 1.2 and 1.3, whatever name the client asks for. Fails with ServiceUnavailable when a file
  // cannot be read or key and certificate do not match.
  static Result<std::shared_ptr<TlsContext>> load(const TlsFiles& files, const TlsOptions& options = {});
  // For the simulated devices of tools and benchmarks: takes any certificate, resumes nothing.
  static Result<std::shared_ptr<TlsContext>> for_client();
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* native() const { return context_; }  // for net/ only

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* const context_;
};

// Makes `dir`/tls.key (RSA 2048, mode 0600) and `dir`/tls.crt (ten years, for `host`, localhost and
// 127.0.0.1) unless both exist; returns their paths. The directory must exist. Fails with ServiceUnavailable.
Result<TlsFiles> generate_self_signed(const std::string& dir, const std::string& host);
// Whether an earlier start has made them.
bool has_self_signed(const std::string& dir);

}  // namespace rollcall::net
