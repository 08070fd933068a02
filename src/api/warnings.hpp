// What a request holds that this server does not know: it is served all the same, but the names are told in
// the header x-rollcall-warning, so that a misspelt parameter is found (DESIGN 5.2). Strict mode turns the
// first one into an error. Thread: value, one per request.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace rollcall::api {

class Warnings {
 public:
  static constexpr size_t kNamesMax = 10;  // named; the others are only counted

  // `path` as the caller wrote it: "Foo" or "RolloutConfig.foo".
  void unknown(std::string_view path) {
    ++count_;
    if (names_.size() < kNamesMax) names_.push_back(excerpt(path));
  }

  bool empty() const noexcept { return count_ == 0; }
  size_t count() const noexcept { return count_; }
  const std::vector<std::string>& names() const noexcept { return names_; }

  // The value of the header: names percent-coded, since they come from outside ("unknown parameters: Foo,
  // RolloutConfig.foo").
  std::string header_text() const {
    std::string text = "unknown parameters: ";
    for (size_t i = 0; i < names_.size(); ++i) {
      if (i > 0) text += ", ";
      text += percent_encode(names_[i]);
    }
    if (count_ > names_.size()) text += " and " + std::to_string(count_ - names_.size()) + " more";
    return text;
  }

 private:
  std::vector<std::string> names_;
  size_t count_ = 0;
};

}  // namespace rollcall::api
