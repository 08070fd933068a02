#include "base/lru_map.hpp"

#include <gtest/gtest.h>

namespace rollcall {
namespace {

TEST(LruMap, PushesOutWhatWasNotUsedForLongest) {
  LruMap<int> map(2);
  map.use("a") = 1;
  map.use("b") = 2;
  EXPECT_EQ(map.use("a"), 1);
  map.use("c") = 3;
  EXPECT_EQ(map.find("b"), nullptr);
  ASSERT_NE(map.find("a"), nullptr);
  EXPECT_EQ(*map.find("a"), 1);
  EXPECT_EQ(map.size(), 2u);
}

TEST(LruMap, FindingIsNoUse) {
  LruMap<int> map(2);
  map.use("a");
  map.use("b");
  map.find("a");
  map.use("c");
  EXPECT_EQ(map.find("a"), nullptr);
}

TEST(LruMap, ForgetsAnErasedEntryAndMakesItAnew) {
  LruMap<int> map(2);
  map.use("a") = 1;
  map.erase("a");
  map.erase("never there");
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.use("a"), 0);
}

}  // namespace
}  // namespace rollcall
