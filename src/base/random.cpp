#include "base/random.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "base/crypto.hpp"

namespace rollcall {

uint64_t Random::next_u64() {
  uint64_t value = 0;
  fill(std::span(reinterpret_cast<uint8_t*>(&value), sizeof value));
  return value;
}

uint64_t Random::below(uint64_t bound) {
  ROLLCALL_CHECK(bound > 0);
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;  // values at or above would favour small results
  uint64_t value = next_u64();
  while (value >= limit) value = next_u64();
  return value % bound;
}

std::string Random::alphanumeric(size_t length) {
  static constexpr char kLetters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out(length, '\0');
  for (char& c : out) c = kLetters[below(62)];
  return out;
}

std::string Random::hex(size_t bytes) {
  std::string raw(bytes, '\0');
  fill(std::span(reinterpret_cast<uint8_t*>(raw.data()), raw.size()));
  return hex_lower(raw);
}

std::string Random::uuid_upper() {
  uint8_t raw[16];
  fill(raw);
  raw[6] = static_cast<uint8_t>((raw[6] & 0x0F) | 0x40);
  raw[8] = static_cast<uint8_t>((raw[8] & 0x3F) | 0x80);
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(36);
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out.push_back(kDigits[raw[i] >> 4]);
    out.push_back(kDigits[raw[i] & 15]);
  }
  return out;
}

void SystemRandom::fill(std::span<uint8_t> out) {
  if (out.size() > sizeof buffer_) {
    ROLLCALL_CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
    return;
  }
  if (out.size() > available_) {
    ROLLCALL_CHECK(RAND_bytes(buffer_, sizeof buffer_) == 1);
    available_ = sizeof buffer_;
  }
  uint8_t* from = buffer_ + sizeof buffer_ - available_;
  std::copy_n(from, out.size(), out.begin());
  std::fill_n(from, out.size(), uint8_t{0});
  available_ -= out.size();
}

SeededRandom::SeededRandom(uint64_t seed) {
  for (uint64_t& word : state_) {  // splitmix64 spreads a small seed
    seed += 0x9E3779B97F4A7C15ull;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    word = z ^ (z >> 31);
  }
}

uint64_t SeededRandom::step() {
  const auto rotate = [](uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
  const uint64_t result = rotate(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotate(state_[3], 45);
  return result;
}

void SeededRandom::fill(std::span<uint8_t> out) {
  size_t at = 0;
  while (at < out.size()) {
    const uint64_t word = step();
    const size_t count = std::min(sizeof word, out.size() - at);
    std::memcpy(out.data() + at, &word, count);
    at += count;
  }
}

}  // namespace rollcall
