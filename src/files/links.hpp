// Links to stored files, for whoever holds them until their time is over: signed, so that none can be
// guessed, changed or prolonged, and complete, so that a download asks no store. Thread: any; immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace rollcall::files {

// 64 lower-case hex digits.
bool is_sha256(std::string_view text) noexcept;

class FileLinks {
 public:
  // `secret`: what signs. `base_url`: "http://host:port" or with a path, without a slash at its end.
  FileLinks(std::string secret, std::string base_url)
      : secret_(std::move(secret)), base_url_(std::move(base_url)) {}

  // `name` is what a client may call the file; `holder` says whom the link is for, such as a JobId.
  std::string link(std::string_view sha256, std::string_view name, std::string_view holder,
                   WallMs until) const;

  struct Grant {
    std::string sha256;
    std::string name;
    std::string holder;
  };
  // `target` as a request names it. nullopt: not signed here, changed, or its time is over.
  std::optional<Grant> check(std::string_view target, WallMs now) const;

  const std::string& base_url() const noexcept { return base_url_; }

 private:
  std::string sign(std::string_view path, std::string_view expires, std::string_view holder) const;
  std::string secret_;
  std::string base_url_;
};

}  // namespace rollcall::files
