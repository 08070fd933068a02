// The decoders of codes under arbitrary texts, and under codes that were given out and then damaged: what
// decodes is what the encoder writes, a code is of one kind only, and a damaged one is none (the odds are
// 2^-32).
//
// Input: a choice, a place, a digit, eight bytes of numbers; the rest is a code by itself.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fuzz_input.hpp"
#include "model/id_codec.hpp"

namespace {

using namespace rollcall;
using fuzz::demand;

const IdCodec& codec() {
  static const IdCodec made({7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7});
  return made;
}

// As how many kinds does the text decode? Whatever it is, the encoder gives the same text back.
int kinds(const std::string& text) {
  int count = 0;
  const auto is = [&](bool same) {
    demand(same);
    ++count;
  };
  if (const auto id = codec().job_id(text)) is(codec().job_code(*id) == text && id->value > 0);
  if (const auto key = codec().task_key(text)) is(codec().task_code(*key) == text && key->job.value > 0);
  if (const auto id = codec().device_id(text)) is(codec().iot_id(*id) == text && id->value > 0);
  if (const auto id = codec().group_id(text)) is(codec().group_code(*id) == text && id->value > 0);
  if (const auto token = codec().parse_next_token(text)) is(codec().next_token(*token) == text);
  return count;
}

std::string encode(uint8_t choice, int64_t number, uint32_t low) {
  const int64_t id = number == 0 ? 1 : number;
  switch (choice % 5) {
    case 0:
      return codec().job_code(JobId{id});
    case 1:
      return codec().task_code(TaskKey{JobId{id}, low});
    case 2:
      return codec().iot_id(DeviceId{id});
    case 3:
      return codec().group_code(GroupId{id});
    default:
      return codec().next_token({number, low, WallMs{static_cast<int64_t>(low) * 1000}});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  const size_t place = input.byte();
  const char digit = static_cast<char>(input.byte());
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | input.byte();
  std::string code = encode(choice, static_cast<int64_t>(number >> 1), static_cast<uint32_t>(number));
  demand(kinds(code) == 1);
  if (code[place % code.size()] != digit) {
    code[place % code.size()] = digit;
    demand(kinds(code) == 0);
  }
  demand(kinds(code.substr(place % code.size())) == 0 || place % code.size() == 0);
  demand(kinds(code + digit) == 0);
  kinds(std::string(input.rest()));
  return 0;
}
