#include "base/topic_filter.hpp"

#include <cstddef>

namespace rollcall {

bool valid_topic_name(std::string_view topic) noexcept {
  return !topic.empty() && topic.size() <= 65535 &&
         topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos;
}

bool valid_filter(std::string_view filter) noexcept {
  if (filter.empty() || filter.size() > 65535) return false;
  for (size_t i = 0; i < filter.size(); ++i) {
    const char c = filter[i];
    if (c == '\0') return false;
    if (c != '+' && c != '#') continue;
    if (i > 0 && filter[i - 1] != '/') return false;
    const bool last = i + 1 == filter.size();
    if (c == '#' && !last) return false;
    if (c == '+' && !last && filter[i + 1] != '/') return false;
  }
  return true;
}

bool filter_matches(std::string_view filter, std::string_view topic) noexcept {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  size_t f = 0;
  size_t t = 0;
  while (f < filter.size()) {
    if (filter[f] == '#') return true;
    if (filter[f] == '+') {
      while (t < topic.size() && topic[t] != '/') ++t;
      ++f;
    } else {
      while (f < filter.size() && filter[f] != '/') {
        if (t >= topic.size() || topic[t] != filter[f]) return false;
        ++f;
        ++t;
      }
    }
    // Both stand behind a level now; "sport/#" matches "sport" too (clause 4.7.1.2).
    const bool topic_ended = t == topic.size();
    if (f == filter.size()) return topic_ended;
    if (topic_ended) return filter.substr(f) == "/#";
    if (topic[t] != '/') return false;
    ++f;
    ++t;
    if (f == filter.size()) return t == topic.size();
  }
  return t == topic.size();
}

}  // namespace rollcall
