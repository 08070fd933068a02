#include "files/ranges.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rollcall::files {
namespace {

std::string of_ten(std::string_view header) {
  const RangeChoice choice = choose_range(header, 10);
  if (choice.kind == RangeChoice::Kind::Unsatisfiable) return "416";
  const std::string range = std::to_string(choice.range.first) + "+" + std::to_string(choice.range.bytes);
  return choice.kind == RangeChoice::Kind::Whole ? "whole " + range : range;
}

TEST(Ranges, AreThoseOfTheRfc) {
  EXPECT_EQ(of_ten("bytes=0-0"), "0+1");
  EXPECT_EQ(of_ten("bytes=2-5"), "2+4");
  EXPECT_EQ(of_ten("Bytes=7-"), "7+3");
  EXPECT_EQ(of_ten("bytes=-3"), "7+3");
  EXPECT_EQ(of_ten("bytes=-30"), "0+10");
  EXPECT_EQ(of_ten("bytes=9-99999999999"), "9+1");
}

TEST(Ranges, CannotBeBehindTheEnd) {
  EXPECT_EQ(of_ten("bytes=10-"), "416");
  EXPECT_EQ(of_ten("bytes=10-12"), "416");
  EXPECT_EQ(of_ten("bytes=-0"), "416");
  EXPECT_EQ(choose_range("bytes=0-", 0).kind, RangeChoice::Kind::Unsatisfiable);
  EXPECT_EQ(choose_range("bytes=-5", 0).kind, RangeChoice::Kind::Unsatisfiable);
}

TEST(Ranges, ThatDoNotReadAreNotThere) {
  for (const char* header :
       {"", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=5-2", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2",
        "bytes= 1-2", "bytes=1--2", "bytes=99999999999999999999-", "bytes=+1-2"})
    EXPECT_EQ(of_ten(header), "whole 0+10") << header;
}

}  // namespace
}  // namespace rollcall::files
