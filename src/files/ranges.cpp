#include "files/ranges.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rollcall::files {

RangeChoice choose_range(std::string_view header, int64_t bytes) noexcept {
  using Kind = RangeChoice::Kind;
  const RangeChoice whole{Kind::Whole, {0, bytes}};
  constexpr std::string_view kUnit = "bytes=";
  if (!ascii_iequal(header.substr(0, kUnit.size()), kUnit)) return whole;
  header.remove_prefix(kUnit.size());
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return whole;
  const std::string_view from = header.substr(0, dash), to = header.substr(dash + 1);
  const auto digits = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!digits(from) || !digits(to)) return whole;
  if (from.empty()) {  // the last bytes
    const auto last = parse_int(to);
    if (!last) return whole;
    const int64_t n = std::min(*last, bytes);
    if (n == 0) return {Kind::Unsatisfiable, {}};
    return {Kind::Part, {bytes - n, n}};
  }
  const auto first = parse_int(from);
  const auto last = to.empty() ? std::optional(bytes - 1) : parse_int(to);
  if (!first || !last || (!to.empty() && *last < *first)) return whole;
  if (*first >= bytes) return {Kind::Unsatisfiable, {}};
  return {Kind::Part, {*first, std::min(*last, bytes - 1) - *first + 1}};
}

}  // namespace rollcall::files
