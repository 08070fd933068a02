#include "net/signals.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <vector>

#include "net/test_peer.hpp"

namespace rollcall::net {
namespace {

TEST(Signals, AreToldOnTheLoopOnceAndNotInsideTheHandler) {
  for (const int number : {SIGINT, SIGTERM}) {
    CoreLoop loop;
    std::vector<int> seen;
    const SignalWatch watch(loop, [&](int n) { seen.push_back(n); });
    std::raise(number);
    EXPECT_TRUE(seen.empty());
    ASSERT_TRUE(eventually(loop, [&] { return !seen.empty(); }));
    EXPECT_EQ(seen, std::vector<int>{number});
  }
}

void raise_twice() {
  CoreLoop loop;
  const SignalWatch watch(loop, [](int) {});
  std::raise(SIGTERM);
  std::raise(SIGINT);
}

TEST(SignalsDeathTest, ASecondSignalEndsTheProcessEvenWhenTheLoopHangs) {
  EXPECT_EXIT(raise_twice(), testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace rollcall::net
