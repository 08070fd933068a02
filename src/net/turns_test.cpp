#include "net/turns.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "net/test_peer.hpp"

namespace rollcall::net {
namespace {

TEST(Turns, DoesSoMuchInARoundAndTheRestInOrderLater) {
  CoreLoop loop;
  Turns turns(loop, 2);
  std::vector<int> done;
  size_t most_in_a_round = 0, at_round = 0;
  loop.after_poll([&] {
    most_in_a_round = std::max(most_in_a_round, done.size() - at_round);
    at_round = done.size();
  });
  loop.post([&] {
    for (int i = 0; i < 7; ++i) turns.take([&done, i] { done.push_back(i); });
    EXPECT_EQ(done.size(), 2u);
    EXPECT_EQ(turns.waiting(), 5u);
  });
  ASSERT_TRUE(eventually(loop, [&] { return done.size() == 7; }));
  EXPECT_EQ(done, (std::vector<int>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(most_in_a_round, 2u);
}

TEST(Turns, DropsWhatWaitsWithItself) {
  CoreLoop loop;
  auto turns = std::make_unique<Turns>(loop, 1);
  const auto held = std::make_shared<int>(0);
  for (int i = 0; i < 3; ++i) turns->take([held] { ++*held; });
  loop.run_until([] { return true; }, 0);
  turns.reset();
  bool later = false;
  loop.post([&] { later = true; });
  ASSERT_TRUE(eventually(loop, [&] { return later; }));
  EXPECT_EQ(*held, 1);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace rollcall::net
