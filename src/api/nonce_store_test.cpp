#include <gtest/gtest.h>

#include "api/signature.hpp"

namespace rollcall::api {
namespace {

constexpr WallMs kNow{1'710'491'400'000};

TEST(NonceStore, KeepsTheNoncesOfEachKeyApart) {
  NonceStore store;
  EXPECT_TRUE(store.use("a", "bc", kNow));
  EXPECT_TRUE(store.use("ab", "c", kNow));
  EXPECT_TRUE(store.use("b", "bc", kNow));
  EXPECT_FALSE(store.use("a", "bc", kNow));
  EXPECT_EQ(store.size(), 3u);
}

TEST(NonceStore, RemembersLongNoncesWhole) {
  NonceStore store;
  const std::string nonce(100'000, 'x');
  EXPECT_TRUE(store.use("k", nonce + "1", kNow));
  EXPECT_TRUE(store.use("k", nonce + "2", kNow));
  EXPECT_FALSE(store.use("k", nonce + "1", kNow));
}

TEST(NonceStore, ForgetsANonceOnlyAfterItsTime) {
  NonceStore store;
  EXPECT_TRUE(store.use("k", "n", kNow));
  EXPECT_FALSE(store.use("k", "n", kNow + limits::kNonceKeepMs));
  EXPECT_TRUE(store.use("k", "n", kNow + (limits::kNonceKeepMs + 1)));
  EXPECT_EQ(store.size(), 1u);
  // What was signed at the far end of the window is too old by then.
  EXPECT_GE(limits::kNonceKeepMs, 2 * limits::kSignatureWindowMs);
}

TEST(NonceStore, RefusesRatherThanForgetsWhenItIsFull) {
  NonceStore store(3);
  for (const char* nonce : {"1", "2", "3"}) EXPECT_TRUE(store.use("k", nonce, kNow));
  EXPECT_EQ(store.use("k", "4", kNow + 1).error().code, ErrorCode::ServiceUnavailable);
  EXPECT_EQ(store.use("k", "1", kNow + 1).error().code, ErrorCode::SignatureNonceUsed);
  EXPECT_TRUE(store.use("k", "4", kNow + (limits::kNonceKeepMs + 1)));
}

TEST(NonceStore, ForgetsNothingWhenTheClockStepsBack) {
  NonceStore store;
  EXPECT_TRUE(store.use("k", "n", kNow));
  EXPECT_TRUE(store.use("k", "m", kNow + -3'600'000));
  EXPECT_FALSE(store.use("k", "n", kNow + -3'600'000));
  EXPECT_FALSE(store.use("k", "m", kNow));
}

}  // namespace
}  // namespace rollcall::api
