#include "files/links.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/request_signing.hpp"
#include "base/text.hpp"

namespace rollcall::files {
namespace {

constexpr std::string_view kPath = "/files/";
constexpr size_t kSha256Digits = 64;

std::string value_of(const NameValues& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return {};
}

}  // namespace

bool is_sha256(std::string_view text) noexcept {
  return text.size() == kSha256Digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string FileLinks::sign(std::string_view path, std::string_view expires, std::string_view holder) const {
  std::string text = "GET\n";
  text.append(path).append("\n").append(expires).append("\n").append(holder);
  return hex_lower(hmac(HashKind::Sha256, secret_, text));
}

// The names of the parameters are those of the vendor's links (cloud-api A.5).
std::string FileLinks::link(std::string_view sha256, std::string_view name, std::string_view holder,
                            WallMs until) const {
  const std::string path = std::string(sha256) + "/" + percent_encode(name);
  const std::string expires = std::to_string(until.value / 1000);
  return base_url_ + std::string(kPath) + path + "?Expires=" + expires +
         "&OSSAccessKeyId=" + percent_encode(holder) + "&Signature=" + sign(path, expires, holder);
}

std::optional<FileLinks::Grant> FileLinks::check(std::string_view target, WallMs now) const {
  const size_t mark = target.find('?');
  if (!target.starts_with(kPath) || mark == std::string_view::npos) return std::nullopt;
  const std::string_view path = target.substr(kPath.size(), mark - kPath.size());
  NameValues pairs;
  if (!parse_form(target.substr(mark + 1), 8, pairs)) return std::nullopt;
  const std::string expires = value_of(pairs, "Expires");
  const std::string holder = value_of(pairs, "OSSAccessKeyId");
  if (!constant_time_equal(value_of(pairs, "Signature"), sign(path, expires, holder))) return std::nullopt;
  const auto until = parse_int(expires);
  if (!until || *until * 1000 <= now.value) return std::nullopt;
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos || !is_sha256(path.substr(0, slash))) return std::nullopt;
  NameValues name;
  parse_form("n=" + std::string(path.substr(slash + 1)), 1, name);
  return Grant{std::string(path.substr(0, slash)), value_of(name, "n"), holder};
}

}  // namespace rollcall::files
