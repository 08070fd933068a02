// The names of the algorithms that devices sign with (device-protocol 1.2, 3.1). Thread: any; pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/crypto.hpp"
#include "base/text.hpp"

namespace rollcall {

// In any case; "sha256" stands for hmacsha256.
inline std::optional<HashKind> parse_sign_method(std::string_view name) noexcept {
  if (ascii_iequal(name, "hmacmd5")) return HashKind::Md5;
  if (ascii_iequal(name, "hmacsha1")) return HashKind::Sha1;
  if (ascii_iequal(name, "hmacsha256") || ascii_iequal(name, "sha256")) return HashKind::Sha256;
  return std::nullopt;
}

}  // namespace rollcall
