#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace rollcall {

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "rollcall: bug: check failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace rollcall
