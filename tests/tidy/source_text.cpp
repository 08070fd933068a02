#include "tidy/source_text.hpp"

#include <algorithm>
#include <cctype>

namespace rollcall::tidy {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

void blank(std::string& text, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < std::min(to, text.size()); ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
}

/// Offset just behind a quoted literal that opens at `open`.
std::size_t end_of_quoted(std::string_view text, std::size_t open) {
  const char quote = text[open];
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote || text[i] == '\n') {
      return i + 1;
    }
  }
  return text.size();
}

/// Offset just behind R"delimiter(...)delimiter" whose quote stands at `quote`.
std::size_t end_of_raw(std::string_view text, std::size_t quote) {
  const std::size_t paren = text.find('(', quote);
  if (paren == std::string_view::npos) return text.size();
  const std::string closing = ")" + std::string(text.substr(quote + 1, paren - quote - 1)) + "\"";
  const std::size_t end = text.find(closing, paren);
  return end == std::string_view::npos ? text.size() : end + closing.size();
}

bool is_include_line(std::string_view text, std::size_t offset) {
  const std::size_t start =
      text.rfind('\n', offset) == std::string_view::npos ? 0 : text.rfind('\n', offset) + 1;
  return text.substr(start).starts_with("#include");
}

}  // namespace

std::string blank_comments_and_literals(std::string_view text) {
  std::string out(text);
  std::size_t i = 0;
  while (i < text.size()) {
    const std::string_view rest = text.substr(i);
    std::size_t end = i + 1;
    if (rest.starts_with("//")) {
      end = std::min(text.find('\n', i), text.size());
      blank(out, i, end);
    } else if (rest.starts_with("/*")) {
      const std::size_t close = text.find("*/", i + 2);
      end = close == std::string_view::npos ? text.size() : close + 2;
      blank(out, i, end);
    } else if (rest.starts_with("R\"") && (i == 0 || !is_word(text[i - 1]))) {
      end = end_of_raw(text, i + 1);
      blank(out, i + 2, end - 1);
    } else if (text[i] == '"') {
      end = end_of_quoted(text, i);
      if (!is_include_line(text, i)) blank(out, i + 1, end - 1);
    } else if (text[i] == '\'' && (i == 0 || !is_word(text[i - 1]))) {  // else a digit separator
      end = end_of_quoted(text, i);
      blank(out, i + 1, end - 1);
    }
    i = end;
  }
  return out;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::size_t count_columns(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(
      line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

}  // namespace rollcall::tidy
