#include "net/tls.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

namespace rollcall::net {

using boost::system::error_code;

namespace {

constexpr int kRsaBits = 2048;
constexpr long kValidSeconds = 10L * 365 * 24 * 3600;
constexpr long kClockSkewSeconds = 24 * 3600;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Deleter<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

tl::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::ServiceUnavailable, std::move(message));
}

std::string last_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? (code == 0 ? "no reason is given" : std::strerror(ERR_GET_REASON(code))) : text;
}

void set_protocol(SSL_CTX* context, const TlsOptions& options) {
  SSL_CTX_set_min_proto_version(context, options.old_versions ? TLS1_VERSION : TLS1_2_VERSION);
  // Level 0 is what TLS 1.0 and 1.1 need: their handshake is signed with SHA-1.
  if (options.old_versions) SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0");
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // 34 KiB less per idle connection
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Clients keep what resumes a session, in a ticket; one is enough for a device. Nothing is kept here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  constexpr std::array<unsigned char, 8> kSessionContext{'r', 'o', 'l', 'l', 'c', 'a', 'l', 'l'};
  SSL_CTX_set_session_id_context(context, kSessionContext.data(), kSessionContext.size());
}

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// The host becomes part of an expression in which commas and colons have a meaning of their own.
bool is_certificate_host(const std::string& host) {
  error_code ec;
  boost::asio::ip::make_address(host, ec);
  if (!ec) return true;
  return !host.empty() && host.size() <= 64 &&
         host.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_*") ==
             std::string::npos;
}

std::string alternative_names(const std::string& host) {
  error_code ec;
  boost::asio::ip::make_address(host, ec);
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  if (host != "localhost" && host != "127.0.0.1" && host != "::1") names += (ec ? ",DNS:" : ",IP:") + host;
  return names;
}

CertificatePtr make_certificate(EVP_PKEY* key, const std::string& host) {
  CertificatePtr certificate(X509_new());
  if (!certificate) return nullptr;
  std::array<unsigned char, 16> serial = {};
  if (RAND_bytes(serial.data(), serial.size()) != 1) return nullptr;
  serial[0] = (serial[0] & 0x7f) | 0x01;  // positive and not zero
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
  X509* const x = certificate.get();
  X509_NAME* const name = X509_get_subject_name(x);
  const auto* common_name = reinterpret_cast<const unsigned char*>(host.c_str());
  const bool ok =
      number && X509_set_version(x, X509_VERSION_3) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x)) != nullptr &&
      X509_gmtime_adj(X509_getm_notBefore(x), -kClockSkewSeconds) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(x), kValidSeconds) != nullptr && X509_set_pubkey(x, key) == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common_name, -1, -1, 0) == 1 &&
      X509_set_issuer_name(x, name) == 1 && add_extension(x, NID_basic_constraints, "critical,CA:TRUE") &&
      add_extension(x, NID_subject_alt_name, alternative_names(host)) &&
      add_extension(x, NID_ext_key_usage, "serverAuth") && X509_sign(x, key, EVP_sha256()) != 0;
  return ok ? std::move(certificate) : nullptr;
}

std::string pem_text(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return length > 0 ? std::string(data, static_cast<size_t>(length)) : std::string();
}

// Written beside and renamed, so that a crash leaves no half file; never readable by others in between.
Status write_file(const std::string& path, std::string_view text, mode_t mode) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return refuse("cannot create " + fresh + ": " + std::strerror(errno));
  const bool written =
      ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int saved_errno = errno;
  ::close(fd);
  if (!written) return refuse("cannot write " + fresh + ": " + std::strerror(saved_errno));
  if (::rename(fresh.c_str(), path.c_str()) != 0)
    return refuse("cannot rename " + fresh + ": " + std::strerror(errno));
  return {};
}

}  // namespace

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Result<std::shared_ptr<TlsContext>> TlsContext::load(const TlsFiles& files, const TlsOptions& options) {
  ERR_clear_error();
  SSL_CTX* const native = SSL_CTX_new(TLS_server_method());
  if (native == nullptr) return refuse("TLS is not available: " + last_reason());
  std::shared_ptr<TlsContext> context(new TlsContext(native));
  set_protocol(native, options);
  if (SSL_CTX_use_certificate_chain_file(native, files.certificate_path.c_str()) != 1)
    return refuse("the certificate " + files.certificate_path + " cannot be used: " + last_reason());
  if (SSL_CTX_use_PrivateKey_file(native, files.key_path.c_str(), SSL_FILETYPE_PEM) != 1)
    return refuse("the key " + files.key_path + " cannot be used: " + last_reason());
  if (SSL_CTX_check_private_key(native) != 1)
    return refuse("the key " + files.key_path + " does not belong to " + files.certificate_path);
  if (!options.client_ca_path.empty()) {
    const char* const path = options.client_ca_path.c_str();
    STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(path);
    if (names == nullptr || SSL_CTX_load_verify_locations(native, path, nullptr) != 1) {
      sk_X509_NAME_pop_free(names, X509_NAME_free);
      return refuse("the authorities of devices in " + options.client_ca_path +
                    " cannot be used: " + last_reason());
    }
    SSL_CTX_set_client_CA_list(native, names);  // takes them
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

Result<std::shared_ptr<TlsContext>> TlsContext::for_client() {
  SSL_CTX* const native = SSL_CTX_new(TLS_client_method());
  if (native == nullptr) return refuse("TLS is not available: " + last_reason());
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  return std::shared_ptr<TlsContext>(new TlsContext(native));
}

bool has_self_signed(const std::string& dir) {
  std::error_code ignored;
  return std::filesystem::exists(dir + "/tls.crt", ignored) &&
         std::filesystem::exists(dir + "/tls.key", ignored);
}

Result<TlsFiles> generate_self_signed(const std::string& dir, const std::string& host) {
  TlsFiles files{dir + "/tls.crt", dir + "/tls.key"};
  if (has_self_signed(dir)) return files;
  if (!is_certificate_host(host)) return refuse("'" + host + "' is no host to make a certificate for");
  const KeyPtr key(EVP_RSA_gen(kRsaBits));
  if (!key) return refuse("no key could be generated");
  const CertificatePtr certificate = make_certificate(key.get(), host);
  if (!certificate) return refuse("no certificate could be made for '" + host + "'");
  const BioPtr key_pem(BIO_new(BIO_s_mem()));
  const BioPtr certificate_pem(BIO_new(BIO_s_mem()));
  if (!key_pem || !certificate_pem ||
      PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_pem.get(), certificate.get()) != 1)
    return refuse("the key could not be encoded");
  ROLLCALL_TRY_STATUS(write_file(files.key_path, pem_text(key_pem.get()), 0600));
  ROLLCALL_TRY_STATUS(write_file(files.certificate_path, pem_text(certificate_pem.get()), 0644));
  return files;
}

}  // namespace rollcall::net
