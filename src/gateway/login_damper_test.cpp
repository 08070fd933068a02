#include "gateway/login_damper.hpp"

#include <gtest/gtest.h>

#include "gateway/test_gateway.hpp"

namespace rollcall::gateway {
namespace {

constexpr SteadyUs seconds(int64_t s) { return SteadyUs{s * 1'000'000}; }

TEST(LoginDamper, LetsAFewFailuresPassAndThenDoublesThePause) {
  LoginDamper damper;
  for (int i = 0; i < limits::kLoginFailuresFree; ++i) {
    EXPECT_FALSE(damper.refuses("10.0.0.1:1", "dev&pk", seconds(i)));
    damper.failed("10.0.0.1:2", "dev&pk", seconds(i));
  }
  EXPECT_FALSE(damper.refuses("10.0.0.1:1", "dev&pk", seconds(10)));
  int64_t now = 10;
  for (const int64_t pause : {1, 2, 4, 8, 16, 32, 60, 60}) {
    damper.failed("10.0.0.1:1", "dev&pk", seconds(now));
    EXPECT_TRUE(damper.refuses("10.0.0.1:9", "dev&pk", seconds(now + pause - 1)));
    EXPECT_FALSE(damper.refuses("10.0.0.1:9", "dev&pk", seconds(now + pause)));
    now += pause;
  }
}

TEST(LoginDamper, KeepsDevicesAndAddressesApart) {
  LoginDamper damper;
  for (int i = 0; i < 20; ++i) damper.failed("10.0.0.1:1", "dev&pk", seconds(1));
  EXPECT_TRUE(damper.refuses("10.0.0.1:1", "dev&pk", seconds(2)));
  EXPECT_FALSE(damper.refuses("10.0.0.1:1", "other&pk", seconds(2)));
  EXPECT_FALSE(damper.refuses("10.0.0.2:1", "dev&pk", seconds(2)));
}

TEST(LoginDamper, ForgetsAfterASuccessAndAfterAWhile) {
  LoginDamper damper;
  for (int i = 0; i < 20; ++i) damper.failed("10.0.0.1:1", "dev&pk", seconds(1));
  damper.succeeded("10.0.0.1:1", "dev&pk");
  EXPECT_FALSE(damper.refuses("10.0.0.1:1", "dev&pk", seconds(2)));
  for (int i = 0; i < 20; ++i) damper.failed("10.0.0.1:1", "dev&pk", seconds(3));
  const SteadyUs later = seconds(4 + limits::kLoginFailuresKeptSeconds);
  damper.failed("10.0.0.1:1", "dev&pk", later);
  EXPECT_FALSE(damper.refuses("10.0.0.1:1", "dev&pk", later));
}

using GatewayDamper = test::Gateway;

TEST_F(GatewayDamper, RefusesWithoutLookingAfterTooManyFailures) {
  for (uint32_t i = 0; i < 7; ++i) {
    core.on_open(ref(i), "10.0.0.7:4711");
    send(ref(i), connect_packet("", 60, "dev1", "wrong"));
    found(ref(i));
    EXPECT_EQ(received(i), i < 6 ? "CONNACK 4\n" : "CONNACK 3\n");
  }
  EXPECT_EQ(probe.logins_damped.value(), 1u);
  asked();
  core.on_open(ref(8), "10.0.0.8:4711");
  send(ref(8), connect_packet(""));
  EXPECT_EQ(asked(), "find dev1&a1pk\n");
}

TEST_F(GatewayDamper, LetsTheDeviceInWhenThePauseIsOver) {
  for (uint32_t i = 0; i < 6; ++i) {
    core.on_open(ref(i), "10.0.0.7:4711");
    send(ref(i), connect_packet("", 60, "dev1", "wrong"));
    found(ref(i));
  }
  clock.advance_ms(1'000);
  asked();
  core.on_open(ref(9), "10.0.0.7:4711");
  send(ref(9), connect_packet(""));
  EXPECT_EQ(asked(), "find dev1&a1pk\n");
}

}  // namespace
}  // namespace rollcall::gateway
