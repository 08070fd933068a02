#include "client/csv.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rollcall::client {
namespace {

tl::unexpected<Error> bad(size_t line, const char* why) {
  return fail(ErrorCode::InvalidFormattedParameter, fmt::format("line {}: {}", line, why));
}

}  // namespace

bool csv_record_ends(std::string_view text) {
  bool quoted = false;
  bool begins = true;  // at the first character of a field
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"')
      ++i;
    else if (quoted)
      quoted = c != '"';
    else
      quoted = begins && c == '"';
    begins = !quoted && c == ',';
  }
  return !quoted;
}

Result<std::vector<std::string>> read_csv_record(std::string_view& text, size_t& line) {
  std::vector<std::string> fields(1);
  const size_t first_line = line;
  bool quoted = false;
  bool closed = false;  // the field ended with its quote
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        fields.back() += c;
        ++i;
      } else {
        quoted = false;
        closed = true;
      }
      continue;
    }
    if (c == '\n' || (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n')) break;
    if (c == ',') {
      fields.emplace_back();
      closed = false;
    } else if (closed) {
      return bad(line, "text behind a closing quote");
    } else if (c == '"' && fields.back().empty()) {
      quoted = true;
    } else {
      fields.back() += c;
    }
  }
  if (quoted) return bad(first_line, "a quote that does not end");
  if (i < text.size() && text[i] == '\r') {
    ++i;
    ++line;
  }
  text.remove_prefix(std::min(text.size(), i + 1));
  return fields;
}

}  // namespace rollcall::client
