#include "fuzz/support/canary.hpp"

#include <limits>
#include <vector>

namespace rollcall::fuzz {

// One comparison at a time: only a program that counts coverage, here, gets through them within seconds.
int read_behind(std::string_view text) {
  if (text.size() < 4 || text[0] != 'b' || text[1] != 'i' || text[2] != 'r' || text[3] != 'd') return 0;
  const std::vector<char> copy(text.begin(), text.end());
  const volatile char* end = copy.data() + copy.size();
  return *end;
}

int add_too_much(std::string_view text) {
  if (text.size() < 4 || text[0] != 'm' || text[1] != 'o' || text[2] != 'r' || text[3] != 'e') return 0;
  volatile int most = std::numeric_limits<int>::max();
  return most + static_cast<int>(text.size());
}

}  // namespace rollcall::fuzz
