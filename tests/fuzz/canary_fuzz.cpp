// A fuzzer that must fail: ASan has to see a read behind a buffer.
#include <cstddef>
#include <cstdint>

#include "fuzz/support/canary.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const volatile int result = rollcall::fuzz::read_behind({reinterpret_cast<const char*>(data), size});
  static_cast<void>(result);
  return 0;
}
