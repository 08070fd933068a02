#include "model/id_codec.hpp"

#include <limits>

#include "base/check.hpp"

namespace rollcall {
namespace {

// Kinds: the first byte of the plain block. The last three bytes are zero, so that a made-up code of the
// right length and suffix decodes with a probability of 2^-32 (a job, device or group: 2^-64, as four more
// bytes are zero).
enum Kind : uint8_t { kJob = 1, kTask = 2, kDevice = 3, kGroup = 4, kToken = 5, kTokenEnd = 6 };
constexpr size_t kDigits = 22;  // 62^22 > 2^128
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// The first two digits of the suffix are the version of the format.
std::string_view suffix_of(uint8_t kind) {
  switch (kind) {
    case kJob:
      return "010001";
    case kTask:
      return "010101";
    case kDevice:
      return "000101";
    case kGroup:
      return "010201";
    default:
      return "";
  }
}

std::string print(const BlockCipher::Block& block) {
  unsigned __int128 number = 0;
  for (const uint8_t byte : block) number = (number << 8) | byte;
  std::string out(kDigits, '0');
  for (size_t i = kDigits; i-- > 0;) {
    out[i] = kAlphabet[static_cast<size_t>(number % 62)];
    number /= 62;
  }
  return out;
}

bool parse(std::string_view text, BlockCipher::Block& block) {
  unsigned __int128 number = 0;
  for (const char c : text) {
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return false;
    const unsigned __int128 next = number * 62 + digit;
    if (number > (~static_cast<unsigned __int128>(0) - digit) / 62) return false;  // more than 128 bits
    number = next;
  }
  for (size_t i = block.size(); i-- > 0;) {
    block[i] = static_cast<uint8_t>(number & 0xFF);
    number >>= 8;
  }
  return true;
}

}  // namespace

IdCodec::IdCodec(const Key& key) : cipher_(key) {}

// Plain block: kind (1), high (8, big endian), low (4), zero (3).
std::string IdCodec::encode(uint8_t kind, int64_t high, int64_t low) const {
  ROLLCALL_CHECK(low >= 0 && low <= std::numeric_limits<uint32_t>::max());
  BlockCipher::Block plain{};
  plain[0] = kind;
  for (int i = 0; i < 8; ++i)
    plain[1 + static_cast<size_t>(i)] = static_cast<uint8_t>(static_cast<uint64_t>(high) >> (56 - 8 * i));
  for (int i = 0; i < 4; ++i)
    plain[9 + static_cast<size_t>(i)] = static_cast<uint8_t>(static_cast<uint64_t>(low) >> (24 - 8 * i));
  return print(cipher_.encrypt(plain)) + std::string(suffix_of(kind));
}

bool IdCodec::decode(std::string_view code, uint8_t kind, int64_t& high, int64_t& low) const {
  const std::string_view suffix = suffix_of(kind);
  if (code.size() != kDigits + suffix.size() || !code.ends_with(suffix)) return false;
  BlockCipher::Block block;
  if (!parse(code.substr(0, kDigits), block)) return false;
  const BlockCipher::Block plain = cipher_.decrypt(block);
  if (plain[0] != kind || plain[13] != 0 || plain[14] != 0 || plain[15] != 0) return false;
  uint64_t high_bits = 0, low_bits = 0;
  for (size_t i = 0; i < 8; ++i) high_bits = (high_bits << 8) | plain[1 + i];
  for (size_t i = 0; i < 4; ++i) low_bits = (low_bits << 8) | plain[9 + i];
  high = static_cast<int64_t>(high_bits);
  low = static_cast<int64_t>(low_bits);
  return high > 0 || (high == 0 && (kind == kToken || kind == kTokenEnd));
}

std::string IdCodec::job_code(JobId id) const { return encode(kJob, id.value, 0); }
std::string IdCodec::task_code(const TaskKey& key) const {
  return encode(kTask, key.job.value, key.sequence);
}
std::string IdCodec::iot_id(DeviceId id) const { return encode(kDevice, id.value, 0); }
std::string IdCodec::group_code(GroupId id) const { return encode(kGroup, id.value, 0); }

std::optional<JobId> IdCodec::job_id(std::string_view code) const {
  int64_t high = 0, low = 0;
  if (!decode(code, kJob, high, low) || low != 0) return std::nullopt;
  return JobId{high};
}

std::optional<TaskKey> IdCodec::task_key(std::string_view code) const {
  int64_t high = 0, low = 0;
  if (!decode(code, kTask, high, low)) return std::nullopt;
  return TaskKey{JobId{high}, low};
}

std::optional<DeviceId> IdCodec::device_id(std::string_view code) const {
  int64_t high = 0, low = 0;
  if (!decode(code, kDevice, high, low) || low != 0) return std::nullopt;
  return DeviceId{high};
}

std::optional<GroupId> IdCodec::group_id(std::string_view code) const {
  int64_t high = 0, low = 0;
  if (!decode(code, kGroup, high, low) || low != 0) return std::nullopt;
  return GroupId{high};
}

// A token is two blocks: the position, and the query's hash with the expiry in seconds.
std::string IdCodec::next_token(const NextToken& token) const {
  return encode(kToken, token.position, token.query_hash) +
         encode(kTokenEnd, token.expires_at.value / 1000, token.query_hash);
}

std::optional<NextToken> IdCodec::parse_next_token(std::string_view code) const {
  if (code.size() != 2 * kDigits) return std::nullopt;
  int64_t position = 0, first_hash = 0, expires = 0, second_hash = 0;
  if (!decode(code.substr(0, kDigits), kToken, position, first_hash)) return std::nullopt;
  if (!decode(code.substr(kDigits), kTokenEnd, expires, second_hash) || first_hash != second_hash)
    return std::nullopt;
  if (expires > std::numeric_limits<int64_t>::max() / 1000) return std::nullopt;
  return NextToken{position, static_cast<uint32_t>(first_hash), WallMs{expires * 1000}};
}

uint32_t alink_id(JobId job, int32_t attempt) noexcept {
  return static_cast<uint32_t>(static_cast<uint64_t>(job.value) * 16 + static_cast<uint64_t>(attempt & 15));
}

}  // namespace rollcall
