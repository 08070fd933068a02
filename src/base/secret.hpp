// A text that must not reach a log or an error message. Streaming or formatting it prints "***". Thread:
// value.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace rollcall {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  // The text itself: for signing, storing, and for the answers that are defined to hold it.
  const std::string& reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

}  // namespace rollcall
