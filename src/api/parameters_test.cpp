#include "api/parameters.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace rollcall::api {
namespace {

using Values = std::vector<std::string_view>;

Parameters one(const char* name) {
  NameValues pairs;
  pairs.emplace_back(name, "v");
  return Parameters(std::move(pairs));
}

TEST(Parameters, FindNamesByTheLetter) {
  const Parameters parameters({{"A", "1"}, {"b", ""}, {"", "x"}});
  EXPECT_EQ(parameters.get("A"), "1");
  EXPECT_EQ(parameters.get("b"), "");
  EXPECT_EQ(parameters.get(""), "x");
  EXPECT_FALSE(parameters.get("a"));
  EXPECT_FALSE(parameters.get("AA"));
  EXPECT_FALSE(Parameters().get("A"));
}

// wire-protocol 1.2: the form comes behind the query and wins.
TEST(Parameters, TakeTheLastOfEqualNames) {
  const Parameters parameters({{"A", "query"}, {"B", "1"}, {"A", "form"}});
  EXPECT_EQ(parameters.get("A"), "form");
  EXPECT_EQ(parameters.all().size(), 2u);
}

// wire-protocol 3.3
TEST(Parameters, ReadAListInTheOrderOfItsNumbersAndOverGaps) {
  const Parameters parameters(
      {{"N.10", "j"}, {"N.2", "b"}, {"N.1", "a"}, {"N.7", ""}, {"Nx.1", "no"}, {"N", "no"}});
  EXPECT_EQ(parameters.list("N"), (Values{"a", "b", "", "j"}));
  EXPECT_EQ(parameters.list("M"), Values{});
}

TEST(Parameters, IgnoreListNumbersThatAreNone) {
  for (const char* name : {"N.", "N.0", "N.01", "N.-1", "N.+1", "N.x", "N.1x", "N.1.", "N.1.F", "N. 1",
                           "N.4294967296", "N.99999999999999999999", "N..1", "n.1", "N.1e3"})
    EXPECT_EQ(one(name).list("N"), Values{}) << name;
  EXPECT_EQ(one("N.4294967295").list("N"), Values{"v"});
}

TEST(Parameters, ReadAListOfObjects) {
  const Parameters parameters({{"T.2.Key", "k2"},
                               {"T.1.Key", "k1"},
                               {"T.1.Value", "v1"},
                               {"T.10.Key", "k10"},
                               {"T.1", "no"},
                               {"T.1.", "no"}});
  const auto objects = parameters.objects("T");
  ASSERT_EQ(objects.size(), 3u);
  EXPECT_EQ(field_of(objects[0], "Key"), "k1");
  EXPECT_EQ(field_of(objects[0], "Value"), "v1");
  EXPECT_EQ(field_of(objects[1], "Key"), "k2");
  EXPECT_EQ(field_of(objects[1], "Value"), "");
  EXPECT_EQ(field_of(objects[2], "Key"), "k10");
}

TEST(Parameters, IgnoreObjectsWithoutANumberOrAField) {
  for (const char* name : {"T", "T.", "T.1", "T.1.", "T.x.Key", "T.0.Key", "T.01.Key", "T.1Key", "T..Key",
                           "T.-1.Key", "T.4294967296.Key"})
    EXPECT_TRUE(one(name).objects("T").empty()) << name;
}

TEST(Parameters, KeepNestedFieldNamesWhole) {
  const Parameters parameters = one("T.1.Sub.1");
  EXPECT_EQ(field_of(parameters.objects("T").at(0), "Sub.1"), "v");
}

TEST(Parameters, HoldTenThousandNames) {
  NameValues pairs;
  for (size_t i = limits::kDeviceNamesPerCheckMax; i > 0; --i)
    pairs.emplace_back("DeviceName." + std::to_string(i), "d" + std::to_string(i));
  const auto names = Parameters(std::move(pairs)).list("DeviceName").size();
  EXPECT_EQ(names, limits::kDeviceNamesPerCheckMax);
}

TEST(Parameters, OrderTenThousandNamesByNumber) {
  NameValues pairs;
  for (size_t i = 10'000; i > 0; --i) pairs.emplace_back("N." + std::to_string(i), std::to_string(i));
  const Parameters parameters(std::move(pairs));
  const Values values = parameters.list("N");
  ASSERT_EQ(values.size(), 10'000u);
  for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], std::to_string(i + 1));
}

}  // namespace
}  // namespace rollcall::api
