// For the fuzzers: an input that is read in parts, and the check that stops them. Not part of the server.
// Thread: values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace rollcall::fuzz {

// What a fuzzer asserts: an aborted run is a finding.
inline void demand(bool condition) {
  if (!condition) std::abort();
}

// Reads choices as bytes and texts as lines, so that seeds can be written as text files.
class Input {
 public:
  // Of the allocation of its own, so that the sanitizer sees a read past the end.
  Input(const uint8_t* data, size_t size)
      : bytes_(reinterpret_cast<const char*>(data), size), rest_(bytes_) {}
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  bool empty() const { return rest_.empty(); }
  // 0 at the end.
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  // Up to the next line feed, which is dropped.
  std::string_view line() {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    return line;
  }
  std::string_view take(size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() { return take(rest_.size()); }

 private:
  std::string bytes_;
  std::string_view rest_;
};

}  // namespace rollcall::fuzz
