// A fuzzer that must fail: UBSan has to end the run at an overflow.
#include <cstddef>
#include <cstdint>

#include "fuzz/support/canary.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const volatile int result = rollcall::fuzz::add_too_much({reinterpret_cast<const char*>(data), size});
  static_cast<void>(result);
  return 0;
}
