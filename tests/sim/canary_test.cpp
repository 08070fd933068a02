// Every known bug is found within its budget of seeds, and only because of itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>

#include "sim/canaries.hpp"

namespace rollcall::sim {

void PrintTo(const CanaryRow& row, std::ostream* out) { *out << row.trap; }

namespace {

class CanaryTest : public testing::TestWithParam<CanaryRow> {};

TEST_P(CanaryTest, IsFound) {
#ifndef ROLLCALL_CANARIES
  GTEST_SKIP() << "this build has no canaries";
#endif
  const Hunt hunted = hunt(GetParam(), 1);
  EXPECT_EQ(hunted.without, "") << "seed " << hunted.seed << " fails without the bug, too";
  EXPECT_NE(hunted.seed, 0U) << "not found within " << GetParam().seeds_max << " seeds";
}

std::string name_of(const testing::TestParamInfo<CanaryRow>& info) {
  std::string name(info.param.name);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Known, CanaryTest, testing::ValuesIn(canary_rows().begin(), canary_rows().end()),
                         name_of);

}  // namespace
}  // namespace rollcall::sim
