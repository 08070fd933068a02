// Which part of a file a request asks for (RFC 9110 section 14). Thread: any; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rollcall::files {

struct Range {
  int64_t first = 0;
  int64_t bytes = 0;
};

struct RangeChoice {
  enum class Kind : uint8_t { Whole, Part, Unsatisfiable } kind = Kind::Whole;
  Range range;
};

// Of a file of that size. What does not read, names several ranges or is not in bytes is not there: the whole
// file is the answer, as section 14.2 allows.
RangeChoice choose_range(std::string_view header, int64_t bytes) noexcept;

}  // namespace rollcall::files
