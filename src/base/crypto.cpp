#include "base/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/check.hpp"

namespace rollcall {
namespace {

const char* hash_name(HashKind kind) {
  switch (kind) {
    case HashKind::Md5:
      return "MD5";
    case HashKind::Sha1:
      return "SHA1";
    case HashKind::Sha256:
      return "SHA256";
  }
  return "";
}

// One HMAC context per kind and thread; only the key is set anew for each call (performance: three times
// cheaper).
class HmacContext {
 public:
  explicit HmacContext(HashKind kind) {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    ROLLCALL_CHECK(mac != nullptr);
    context_ = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    ROLLCALL_CHECK(context_ != nullptr);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(hash_name(kind)), 0),
        OSSL_PARAM_construct_end()};
    ROLLCALL_CHECK(EVP_MAC_CTX_set_params(context_, parameters) == 1);
  }
  ~HmacContext() { EVP_MAC_CTX_free(context_); }
  HmacContext(const HmacContext&) = delete;
  HmacContext& operator=(const HmacContext&) = delete;

  std::string run(std::string_view key, std::string_view data) {
    static const unsigned char kNothing = 0;  // a null key pointer would mean "keep the old key"
    const auto* key_bytes = key.empty() ? &kNothing : reinterpret_cast<const unsigned char*>(key.data());
    unsigned char out[EVP_MAX_MD_SIZE];
    size_t length = 0;
    ROLLCALL_CHECK(EVP_MAC_init(context_, key_bytes, key.size(), nullptr) == 1);
    ROLLCALL_CHECK(
        EVP_MAC_update(context_, reinterpret_cast<const unsigned char*>(data.data()), data.size()) == 1);
    ROLLCALL_CHECK(EVP_MAC_final(context_, out, &length, sizeof out) == 1);
    return std::string(reinterpret_cast<char*>(out), length);
  }

 private:
  EVP_MAC_CTX* context_;
};

// One digest context and fetched algorithm per kind and thread: a fetch for each call costs more than a short
// hash.
class DigestContext {
 public:
  explicit DigestContext(HashKind kind)
      : algorithm_(EVP_MD_fetch(nullptr, hash_name(kind), nullptr)), context_(EVP_MD_CTX_new()) {
    ROLLCALL_CHECK(algorithm_ != nullptr && context_ != nullptr);
  }
  ~DigestContext() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  DigestContext(const DigestContext&) = delete;
  DigestContext& operator=(const DigestContext&) = delete;

  std::string run(std::string_view data) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    ROLLCALL_CHECK(EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1);
    ROLLCALL_CHECK(EVP_DigestUpdate(context_, data.data(), data.size()) == 1);
    ROLLCALL_CHECK(EVP_DigestFinal_ex(context_, out, &length) == 1);
    return std::string(reinterpret_cast<char*>(out), length);
  }

 private:
  EVP_MD* algorithm_;
  EVP_MD_CTX* context_;
};

EVP_CIPHER_CTX* make_cipher(const BlockCipher::Block& key, bool encrypt) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  ROLLCALL_CHECK(context != nullptr);
  ROLLCALL_CHECK(
      EVP_CipherInit_ex(context, EVP_aes_128_ecb(), nullptr, key.data(), nullptr, encrypt ? 1 : 0) == 1);
  EVP_CIPHER_CTX_set_padding(context, 0);
  return context;
}

BlockCipher::Block run_cipher(void* context, const BlockCipher::Block& in) {
  BlockCipher::Block out;
  int length = 0;
  ROLLCALL_CHECK(
      EVP_CipherUpdate(static_cast<EVP_CIPHER_CTX*>(context), out.data(), &length, in.data(), 16) == 1);
  ROLLCALL_CHECK(length == 16);
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string digest(HashKind kind, std::string_view data) {
  thread_local DigestContext contexts[3] = {DigestContext(HashKind::Md5), DigestContext(HashKind::Sha1),
                                            DigestContext(HashKind::Sha256)};
  return contexts[static_cast<size_t>(kind)].run(data);
}

std::string hmac(HashKind kind, std::string_view key, std::string_view data) {
  thread_local HmacContext contexts[3] = {HmacContext(HashKind::Md5), HmacContext(HashKind::Sha1),
                                          HmacContext(HashKind::Sha256)};
  return contexts[static_cast<size_t>(kind)].run(key, data);
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

std::string hex_lower(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(length));
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  size_t padding = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (c == '=') {
      if (i + 2 < text.size()) return std::nullopt;
      ++padding;
    } else if (!digit || padding > 0) {
      return std::nullopt;
    }
  }
  std::string out(text.size() / 4 * 3 + 1, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  out.resize(static_cast<size_t>(length) - padding);
  return out;
}

BlockCipher::BlockCipher(const Block& key)
    : encrypt_context_(make_cipher(key, true)), decrypt_context_(make_cipher(key, false)) {}
BlockCipher::~BlockCipher() {
  EVP_CIPHER_CTX_free(static_cast<EVP_CIPHER_CTX*>(encrypt_context_));
  EVP_CIPHER_CTX_free(static_cast<EVP_CIPHER_CTX*>(decrypt_context_));
}
BlockCipher::Block BlockCipher::encrypt(const Block& plain) const {
  return run_cipher(encrypt_context_, plain);
}
BlockCipher::Block BlockCipher::decrypt(const Block& cipher) const {
  return run_cipher(decrypt_context_, cipher);
}

}  // namespace rollcall
