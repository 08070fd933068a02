// Feeds arbitrary texts to the decoders of codes: no over-read, and what decodes is what the encoder writes.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/id_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rollcall;
  static const IdCodec codec({7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7});
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto require = [&](bool holds) {
    if (!holds) std::abort();
  };
  if (const auto id = codec.job_id(text)) require(codec.job_code(*id) == text);
  if (const auto key = codec.task_key(text)) require(codec.task_code(*key) == text);
  if (const auto id = codec.device_id(text)) require(codec.iot_id(*id) == text);
  if (const auto id = codec.group_id(text)) require(codec.group_code(*id) == text);
  if (const auto token = codec.parse_next_token(text)) require(codec.next_token(*token) == text);
  // The bytes as a number: encoding and decoding again gives it back.
  int64_t number = 0;
  for (size_t i = 0; i < size && i < 8; ++i) number = number * 128 + (data[i] & 127);
  if (number > 0) require(codec.job_id(codec.job_code(JobId{number})) == JobId{number});
  return 0;
}
