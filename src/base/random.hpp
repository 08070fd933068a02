// Randomness, passed in so that a seed replays a run. Thread: one owner per object.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace rollcall {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<uint8_t> out) = 0;
  uint64_t next_u64();
  // Uniform in [0, bound); bound > 0.
  uint64_t below(uint64_t bound);
  // `length` characters of [0-9A-Za-z].
  std::string alphanumeric(size_t length);
  // Lower-case hex of `bytes` random bytes.
  std::string hex(size_t bytes);
  // "E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565": version 4, upper case, as RequestId is (wire-protocol 1.7).
  std::string uuid_upper();
};

// Cryptographic randomness from OpenSSL, buffered.
class SystemRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override;

 private:
  uint8_t buffer_[1024];
  size_t available_ = 0;
};

// Reproducible randomness (xoshiro-style); for tests, the simulator and `rollcall simulate`. Never for
// secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed);
  void fill(std::span<uint8_t> out) override;

 private:
  uint64_t state_[4];
  uint64_t step();
};

}  // namespace rollcall
