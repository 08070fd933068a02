// Digests, HMACs and text codings. HMAC contexts are kept per thread and only re-keyed (performance.md 4:
// three times cheaper than a one-shot call). Thread: any; no shared state.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rollcall {

enum class HashKind : uint8_t { Md5, Sha1, Sha256 };

// Raw digest bytes (16, 20 or 32).
std::string digest(HashKind kind, std::string_view data);
// Raw HMAC bytes. An empty key is legal.
std::string hmac(HashKind kind, std::string_view key, std::string_view data);
// Compares in time that depends on the length only.
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

std::string hex_lower(std::string_view bytes);
// Either case; nullopt on odd length or a foreign character.
std::optional<std::string> hex_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);
// Standard alphabet with padding, nothing else; nullopt otherwise.
std::optional<std::string> base64_decode(std::string_view text);

// One AES-128 block, both ways: the keyed permutation behind JobId and TaskId (model/id_codec.hpp). Owns its
// contexts; one object per thread.
class BlockCipher {
 public:
  using Block = std::array<uint8_t, 16>;
  explicit BlockCipher(const Block& key);
  ~BlockCipher();
  BlockCipher(const BlockCipher&) = delete;
  BlockCipher& operator=(const BlockCipher&) = delete;
  Block encrypt(const Block& plain) const;
  Block decrypt(const Block& cipher) const;

 private:
  void* encrypt_context_;
  void* decrypt_context_;
};

}  // namespace rollcall
