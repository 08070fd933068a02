#include "base/json.hpp"

#include <algorithm>

namespace rollcall {
namespace {

// Walks over JSON text that is known to be well formed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  size_t at() const { return at_; }
  bool done() const { return at_ >= text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  void blanks() {
    while (!done() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
  }
  bool take(char c) {
    blanks();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  // The raw text of the value that begins here.
  std::string_view value() {
    blanks();
    const size_t begin = at_;
    if (peek() == '"') {
      string();
    } else if (peek() == '{' || peek() == '[') {
      nested();
    } else {
      while (!done() && std::string_view(",]} \t\r\n").find(peek()) == std::string_view::npos) ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

 private:
  void string() {
    const size_t end = text_.size();
    size_t at = at_ + 1;
    while (at < end && text_[at] != '"') at += text_[at] == '\\' ? 2 : 1;
    at_ = std::min(at + 1, end);
  }
  void nested() {
    size_t depth = 0;
    while (!done()) {
      const char c = peek();
      if (c == '"') {
        string();
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (c >> 6)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (c >> 12)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (c >> 18)));
    out.push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

// Four hex digits at `at`; false when they are not there.
bool read_hex4(std::string_view raw, size_t at, uint32_t& out) {
  if (at + 4 > raw.size()) return false;
  out = 0;
  for (size_t i = at; i < at + 4; ++i) {
    const char c = raw[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return false;
    out = out * 16 + static_cast<uint32_t>(digit);
  }
  return true;
}

}  // namespace

std::string compact_json(std::string_view text, bool escape_braces) {
  std::string out;
  out.reserve(text.size());
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!in_string) {
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
      in_string = c == '"';
      out.push_back(c);
    } else if (c == '\\' && i + 1 < text.size()) {
      if (escape_braces && text[i + 1] == '/') {
        out.push_back('/');
      } else {
        out.push_back(c);
        out.push_back(text[i + 1]);
      }
      ++i;
    } else if (escape_braces && (c == '{' || c == '}')) {
      out += c == '{' ? "\\u007b" : "\\u007d";
    } else {
      in_string = c != '"';
      out.push_back(c);
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::string_view>> json_members(std::string_view text) {
  std::vector<std::pair<std::string, std::string_view>> members;
  Scanner scanner(text);
  if (!scanner.take('{') || scanner.take('}')) return members;
  do {
    auto key = json_unquote(scanner.value());
    if (!key || !scanner.take(':')) return {};
    const std::string_view value = scanner.value();
    if (value.empty()) return {};
    members.emplace_back(std::move(*key), value);
  } while (scanner.take(','));
  return members;
}

std::vector<std::string_view> json_elements(std::string_view text) {
  std::vector<std::string_view> elements;
  Scanner scanner(text);
  if (!scanner.take('[') || scanner.take(']')) return elements;
  do {
    const std::string_view value = scanner.value();
    if (value.empty()) return {};
    elements.push_back(value);
  } while (scanner.take(','));
  return elements;
}

void json_pick(std::string_view text, std::span<const std::string_view> keys,
               std::span<std::string_view> values) {
  std::fill(values.begin(), values.end(), std::string_view());
  Scanner scanner(text);
  if (!scanner.take('{') || scanner.take('}')) return;
  do {
    const std::string_view quoted = scanner.value();
    if (quoted.size() < 2 || !scanner.take(':')) return;
    const std::string_view value = scanner.value();
    std::string_view key = quoted.substr(1, quoted.size() - 2);
    std::optional<std::string> decoded;
    if (key.find('\\') != std::string_view::npos) {
      decoded = json_unquote(quoted);
      if (!decoded) return;
      key = *decoded;
    }
    const auto found = std::find(keys.begin(), keys.end(), key);
    if (found == keys.end()) continue;
    std::string_view& place = values[static_cast<size_t>(found - keys.begin())];
    if (place.empty()) place = value;
  } while (scanner.take(','));
}

std::optional<std::string_view> json_member(std::string_view text, std::string_view key) {
  std::string_view value;
  json_pick(text, std::span(&key, 1), std::span(&value, 1));
  return value.empty() ? std::nullopt : std::optional(value);
}

std::optional<std::string> json_unquote(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return std::nullopt;
  const std::string_view inner = raw.substr(1, raw.size() - 2);
  if (inner.find('\\') == std::string_view::npos && inner.find('"') == std::string_view::npos)
    return std::string(inner);
  std::string out;
  for (size_t i = 1; i + 1 < raw.size(); ++i) {
    if (raw[i] == '"') return std::nullopt;  // the literal ends before its end
    if (raw[i] != '\\') {
      out.push_back(raw[i]);
      continue;
    }
    if (++i + 1 >= raw.size()) return std::nullopt;
    switch (raw[i]) {
      case 'n':
        out.push_back('\n');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case '"':
      case '\\':
      case '/':
        out.push_back(raw[i]);
        break;
      case 'u': {
        uint32_t c = 0;
        if (!read_hex4(raw, i + 1, c)) return std::nullopt;
        i += 4;
        uint32_t low = 0;
        if (c >= 0xD800 && c < 0xDC00 && i + 2 < raw.size() && raw[i + 1] == '\\' && raw[i + 2] == 'u' &&
            read_hex4(raw, i + 3, low) && low >= 0xDC00 && low < 0xE000) {
          c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
          i += 6;
        }
        if (c >= 0xD800 && c < 0xE000) return std::nullopt;
        append_utf8(out, c);
        break;
      }
      default:
        return std::nullopt;
    }
  }
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out.push_back('"');
  size_t plain = 0;  // from here on nothing was written yet
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '"' && c != '\\' && static_cast<uint8_t>(c) >= 0x20) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
        out.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
    }
  }
  out.append(text, plain);
  out.push_back('"');
}

}  // namespace rollcall
