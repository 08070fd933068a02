#include "net/http_head.hpp"

#include <cstring>

#include "base/text.hpp"

namespace rollcall::net {

namespace {

constexpr size_t kFieldNameBytesMax = 1'024;
constexpr size_t kFieldValueBytesMax = 65'000;  // the parser's own bound is 65,533 and throws

// What the checks of single fields have to remember of a head.
struct Seen {
  size_t fields = 0;
  int hosts = 0;
  int content_lengths = 0;
  int transfer_encodings = 0;
};

bool is_token_character(unsigned char c) {
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
  return c != 0 && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr;
}

bool is_digits(std::string_view text) {
  if (text.empty() || text.size() > 18) return false;
  for (const char c : text)
    if (c < '0' || c > '9') return false;
  return true;
}

std::optional<HeadRefusal> check_field(std::string_view line, Seen& seen) {
  if (line[0] == ' ' || line[0] == '\t') return HeadRefusal{400, "a header is folded over lines"};
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return HeadRefusal{400, "a header has no name"};
  const std::string_view name = line.substr(0, colon);
  for (const char c : name)
    if (!is_token_character(static_cast<unsigned char>(c)))
      return HeadRefusal{400, "a header's name is not valid"};
  std::string_view value = line.substr(colon + 1);
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
      return HeadRefusal{400, "a header holds a control character"};
  }
  if (name.size() > kFieldNameBytesMax || value.size() > kFieldValueBytesMax)
    return HeadRefusal{431, "a header is too long"};
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  if (ascii_iequal(name, "host") && ++seen.hosts > 1) return HeadRefusal{400, "there are two Host headers"};
  if (ascii_iequal(name, "content-length")) {
    if (++seen.content_lengths > 1) return HeadRefusal{400, "there are two Content-Length headers"};
    if (!is_digits(value)) return HeadRefusal{400, "Content-Length is not a number"};
  }
  if (ascii_iequal(name, "transfer-encoding")) {
    if (++seen.transfer_encodings > 1) return HeadRefusal{400, "there are two Transfer-Encoding headers"};
    if (!ascii_iequal(value, "chunked"))
      return HeadRefusal{400, "only the transfer coding 'chunked' is known"};
  }
  return std::nullopt;
}

}  // namespace

HeadScanner::Found HeadScanner::scan(std::string_view bytes) {
  if (!bytes.empty() && !is_token_character(static_cast<unsigned char>(bytes[0]))) return Found::Broken;
  while (scanned_ < bytes.size()) {
    const void* found = std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_);
    if (found == nullptr) {
      scanned_ = bytes.size();
      return Found::NeedMore;
    }
    const size_t line_feed = static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
    if (line_feed == line_start_ || bytes[line_feed - 1] != '\r') return Found::Broken;
    const bool blank = line_feed - 1 == line_start_;
    scanned_ = line_start_ = line_feed + 1;
    if (blank) {
      head_bytes_ = scanned_;
      return Found::End;
    }
  }
  return Found::NeedMore;
}

std::optional<HeadRefusal> check_request_head(std::string_view head, size_t headers_max) {
  size_t end = head.find("\r\n");
  if (end == std::string_view::npos) return HeadRefusal{400, "the request line has no end"};
  const std::string_view request_line = head.substr(0, end);
  for (const char c : request_line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return HeadRefusal{400, "the request line holds a control character"};
  }
  const bool http_11 = request_line.ends_with(" HTTP/1.1");
  if (!http_11 && !request_line.ends_with(" HTTP/1.0")) {
    const bool other_version = request_line.find(" HTTP/") != std::string_view::npos;
    return other_version ? HeadRefusal{505, "this version of HTTP is not known"}
                         : HeadRefusal{400, "the request line is not valid"};
  }
  Seen seen;
  for (size_t start = end + 2; start < head.size(); start = end + 2) {
    end = head.find("\r\n", start);
    if (end == std::string_view::npos) return HeadRefusal{400, "a header has no end"};
    if (end == start) break;
    if (++seen.fields > headers_max) return HeadRefusal{431, "there are too many headers"};
    if (auto refusal = check_field(head.substr(start, end - start), seen)) return refusal;
  }
  if (seen.content_lengths > 0 && seen.transfer_encodings > 0)
    return HeadRefusal{400, "there are both Content-Length and Transfer-Encoding"};
  if (!http_11 && seen.transfer_encodings > 0) return HeadRefusal{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (http_11 && seen.hosts == 0) return HeadRefusal{400, "the Host header is missing"};
  return std::nullopt;
}

}  // namespace rollcall::net
