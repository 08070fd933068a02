#include "net/address.hpp"

#include <gtest/gtest.h>

namespace rollcall::net {
namespace {

TEST(Address, ParsesAndPrintsTheSameText) {
  for (const char* text :
       {"127.0.0.1:1883", "localhost:80", "[::1]:443", "iot.cn-shanghai.example.com:65535", "h:0"}) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
}

TEST(Address, TakesTheDefaultPortOnlyWhenNoneIsWritten) {
  EXPECT_EQ(parse_address("example.com", 8080)->text(), "example.com:8080");
  EXPECT_EQ(parse_address("[::1]", 8080)->text(), "[::1]:8080");
  EXPECT_EQ(parse_address("example.com:1", 8080)->text(), "example.com:1");
  EXPECT_FALSE(parse_address("example.com"));
}

TEST(Address, LeavesTheHostOutForEveryIpv4Address) {
  EXPECT_EQ(parse_address(":1883")->text(), "0.0.0.0:1883");
}

TEST(Address, RefusesWhatIsNotAnAddress) {
  for (const char* text :
       {"", ":", "h:", "h:65536", "h:-1", "h:+1", "h:1x", "h: 1", "::1:80", "[::1:80", "[h]:80", "[::1]80",
        "[::1]:", "[]:80", "a b:80", "a/b:80", "h:000080", "user@h:80"}) {
    const auto address = parse_address(text, -1);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, ErrorCode::InvalidFormattedParameter);
    EXPECT_FALSE(address.error().message.empty());
  }
}

TEST(Address, ResolvesLiteralsWithoutALookUpAndLocalhostToLoopback) {
  EXPECT_EQ(resolve(Address{"127.0.0.9", 7})->text(), "127.0.0.9:7");
  EXPECT_EQ(resolve(Address{"::1", 7})->text(), "[::1]:7");
  const auto local = resolve(Address{"localhost", 7});
  ASSERT_TRUE(local) << "this machine does not know localhost";
  EXPECT_EQ(local->host, "127.0.0.1");
}

TEST(Address, TellsThatAHostIsUnknown) {
  const auto address = resolve(Address{"no-such-host.invalid", 7});
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().code, ErrorCode::ServiceUnavailable);
}

}  // namespace
}  // namespace rollcall::net
