// The digest of what comes in pieces. Thread: one at a time.
#pragma once

#include <string>
#include <string_view>

#include "base/crypto.hpp"

namespace rollcall {

class RunningDigest {
 public:
  explicit RunningDigest(HashKind kind);
  ~RunningDigest();
  RunningDigest(const RunningDigest&) = delete;
  RunningDigest& operator=(const RunningDigest&) = delete;
  void add(std::string_view bytes);
  // Raw bytes, as digest() gives; once.
  std::string finish();

 private:
  void* context_;
};

}  // namespace rollcall
