// ROLLCALL_CHECK: a bug found, not an error. Stays on in release builds and aborts with the place.
// Never on input from outside: that is an Error (base/result.hpp).
#pragma once

namespace rollcall {
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;
}

#define ROLLCALL_CHECK(condition)                               \
  do {                                                          \
    if (!(condition)) [[unlikely]]                              \
      ::rollcall::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
