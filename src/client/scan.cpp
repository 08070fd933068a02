#include "client/scan.hpp"

namespace rollcall::client {
namespace {

// Where the value of the first member of that name begins, or npos.
size_t find_value(std::string_view text, std::string_view key) noexcept {
  for (size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    const size_t end = at + key.size();
    if (at > 0 && text[at - 1] == '"' && text.substr(end, 2) == "\":") return end + 2;
  }
  return std::string_view::npos;
}

}  // namespace

std::string_view scan_raw(std::string_view text, std::string_view key) noexcept {
  const size_t begin = find_value(text, key);
  if (begin >= text.size()) return {};
  if (text[begin] == '"') {
    for (size_t end = begin + 1; end < text.size(); ++end) {
      if (text[end] == '\\')
        ++end;
      else if (text[end] == '"')
        return text.substr(begin, end + 1 - begin);
    }
    return {};
  }
  if (text[begin] == '{' || text[begin] == '[') return {};
  const size_t end = text.find_first_of(",}]", begin);
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin);
}

std::string_view scan_text(std::string_view text, std::string_view key) noexcept {
  const std::string_view raw = scan_raw(text, key);
  if (raw.size() < 2 || raw.front() != '"' || raw.find('\\') != std::string_view::npos) return {};
  return raw.substr(1, raw.size() - 2);
}

}  // namespace rollcall::client
