#include "base/running_digest.hpp"

#include <gtest/gtest.h>

namespace rollcall {
namespace {

TEST(RunningDigest, IsThatOfTheWhole) {
  const std::string text(100'000, 'x');
  for (const HashKind kind : {HashKind::Md5, HashKind::Sha1, HashKind::Sha256}) {
    RunningDigest running(kind);
    for (size_t at = 0, piece = 0; at < text.size(); at += piece++)
      running.add(std::string_view(text).substr(at, piece));
    EXPECT_EQ(running.finish(), digest(kind, text));
    EXPECT_EQ(RunningDigest(kind).finish(), digest(kind, ""));
  }
}

}  // namespace
}  // namespace rollcall
