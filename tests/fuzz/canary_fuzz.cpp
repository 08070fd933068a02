// Reads one byte behind its buffer when the input begins with a short word: found in seconds by a fuzzer that
// works.
#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || data[0] != 'b' || data[1] != 'i' || data[2] != 'r' || data[3] != 'd') return 0;
  const std::vector<std::uint8_t> copy(data, data + size);
  const volatile std::uint8_t* end = copy.data() + copy.size();
  const std::uint8_t behind = *end;
  static_cast<void>(behind);
  return 0;
}
