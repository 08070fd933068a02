// Two bugs that the fuzzers must find: one for each sanitizer, in code that is built as the product is and
// not as the fuzzers are. Thread: any; pure.
#pragma once

#include <string_view>

namespace rollcall::fuzz {

// Reads one byte behind a copy of a text that begins with a certain word.
int read_behind(std::string_view text);
// Overflows on a number that is written behind a certain word.
int add_too_much(std::string_view text);

}  // namespace rollcall::fuzz
