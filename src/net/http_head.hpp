// What must be true of a request's head before anything else looks at it: the checks that keep two readers of
// one stream from disagreeing about where a request ends (RFC 9112 sections 2.2, 5.1, 5.2, 6.1, 6.3, 11.2).
// Pure; called by the HTTP connection. Thread: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace rollcall::net {

// Finds the end of a head that arrives in pieces; each byte is looked at once.
class HeadScanner {
 public:
  enum class Found { NeedMore, End, Broken };
  // `bytes` holds everything since the head's first byte. With End, head_bytes() is its length with the blank
  // line.
  Found scan(std::string_view bytes);
  size_t head_bytes() const { return head_bytes_; }
  void reset() { *this = HeadScanner(); }

 private:
  size_t scanned_ = 0;  // no line feed before this is unseen
  size_t line_start_ = 0;
  size_t head_bytes_ = 0;
};

struct HeadRefusal {
  int status = 400;
  std::string_view reason;
};

// Nullopt when the head (request line, fields, blank line) is acceptable.
std::optional<HeadRefusal> check_request_head(std::string_view head, size_t headers_max);

}  // namespace rollcall::net
