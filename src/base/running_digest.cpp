#include "base/running_digest.hpp"

#include <openssl/evp.h>

#include "base/check.hpp"

namespace rollcall {
namespace {

const EVP_MD* algorithm(HashKind kind) {
  switch (kind) {
    case HashKind::Md5:
      return EVP_md5();
    case HashKind::Sha1:
      return EVP_sha1();
    case HashKind::Sha256:
      break;
  }
  return EVP_sha256();
}

EVP_MD_CTX* raw(void* context) { return static_cast<EVP_MD_CTX*>(context); }

}  // namespace

RunningDigest::RunningDigest(HashKind kind) : context_(EVP_MD_CTX_new()) {
  ROLLCALL_CHECK(context_ != nullptr && EVP_DigestInit_ex(raw(context_), algorithm(kind), nullptr) == 1);
}

RunningDigest::~RunningDigest() { EVP_MD_CTX_free(raw(context_)); }

void RunningDigest::add(std::string_view bytes) {
  ROLLCALL_CHECK(EVP_DigestUpdate(raw(context_), bytes.data(), bytes.size()) == 1);
}

std::string RunningDigest::finish() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  ROLLCALL_CHECK(EVP_DigestFinal_ex(raw(context_), bytes, &size) == 1);
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace rollcall
