#include "base/text.hpp"

#include <charconv>

namespace rollcall {
namespace {

// Decodes the code point at `at` and moves behind it; false when it is not valid UTF-8.
bool next_code_point(std::string_view text, size_t& at, uint32_t& out) noexcept {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(at);
  if (first < 0x80) {
    out = first;
    ++at;
    return true;
  }
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4 || at + length > text.size()) return false;
  out = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return false;
    out = (out << 6) | (byte(at + i) & 0x3Fu);
  }
  static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (out < kSmallest[length] || out > 0x10FFFF || (out >= 0xD800 && out <= 0xDFFF)) return false;
  at += length;
  return true;
}

bool is_cjk(uint32_t c) noexcept {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x3134F) ||
         (c >= 0xF900 && c <= 0xFAFF);
}

bool is_ascii_letter_digit(uint32_t c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

std::optional<size_t> utf8_length(std::string_view text) noexcept {
  size_t count = 0;
  uint32_t c = 0;
  for (size_t at = 0; at < text.size(); ++count)
    if (!next_code_point(text, at, c)) return std::nullopt;
  return count;
}

std::optional<size_t> cjk_weighted_length(std::string_view text) noexcept {
  size_t count = 0;
  uint32_t c = 0;
  for (size_t at = 0; at < text.size();) {
    if (!next_code_point(text, at, c)) return std::nullopt;
    count += is_cjk(c) ? 2 : 1;
  }
  return count;
}

bool is_cjk_letters_digits(std::string_view text, std::string_view extra) noexcept {
  uint32_t c = 0;
  for (size_t at = 0; at < text.size();) {
    if (!next_code_point(text, at, c)) return false;
    const bool is_extra = c < 0x80 && extra.find(static_cast<char>(c)) != std::string_view::npos;
    if (!is_cjk(c) && !is_ascii_letter_digit(c) && !is_extra) return false;
  }
  return true;
}

bool is_letters_digits(std::string_view text, std::string_view extra) noexcept {
  for (const char c : text)
    if (!is_ascii_letter_digit(static_cast<uint8_t>(c)) && extra.find(c) == std::string_view::npos)
      return false;
  return true;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

bool ascii_iequal(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::string_view trim(std::string_view text) noexcept {
  static constexpr std::string_view kBlank = " \t\r\n\f\v";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::optional<int64_t> parse_int(std::string_view text) noexcept {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (is_ascii_letter_digit(byte) || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
  return out;
}

std::string form_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
               hex_value(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  uint32_t c = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    if (next_code_point(text, at, c)) {
      out.append(text.substr(begin, at - begin));
    } else {
      out.push_back('?');
      ++at;
    }
  }
  return out;
}

bool holds_control_characters(std::string_view text) noexcept {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f) return true;
  }
  return false;
}

std::string excerpt(std::string_view text, size_t code_points_max) {
  std::string out;
  size_t at = 0;
  for (size_t count = 0; at < text.size(); ++count) {
    if (count == code_points_max) return out + "...";
    const size_t begin = at;
    uint32_t c = 0;
    if (!next_code_point(text, at, c)) {
      out.push_back('?');
      ++at;
    } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
      out.push_back('?');
    } else {
      out.append(text.substr(begin, at - begin));
    }
  }
  return out;
}

}  // namespace rollcall
