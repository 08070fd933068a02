#include "model/last_values.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace rollcall {
namespace {

constexpr WallMs kNow{1'700'000'000'000};

TEST(LastValues, ReadBothFormsOfAReportInTheDevicesSpelling) {
  const auto values = read_property_report(
      R"({"ratio":10.0,"power":{"value": 1,"time":1600000000000},"m:text":"{灯}","late":)"
      R"({"value":2,"time":-1},"struct":{"value":1,"unit":2},"only":{"time":5}})",
      kNow);
  EXPECT_EQ(values.at("ratio"), (LastValue{"10.0", kNow}));
  EXPECT_EQ(values.at("power"), (LastValue{"1", WallMs{1'600'000'000'000}}));
  EXPECT_EQ(values.at("m:text"), (LastValue{R"("{灯}")", kNow}));
  EXPECT_EQ(values.at("late"), (LastValue{"2", kNow}));
  EXPECT_EQ(values.at("struct"), (LastValue{R"({"value":1,"unit":2})", kNow}));
  EXPECT_EQ(values.at("only"), (LastValue{R"({"time":5})", kNow}));
}

TEST(LastValues, LeaveOutWhatNoPropertyCanBe) {
  EXPECT_TRUE(read_property_report("[1]", kNow).empty());
  EXPECT_TRUE(read_property_report("{", kNow).empty());
  EXPECT_TRUE(read_property_report(R"({"":1,"a b":1,"灯":1})", kNow).empty());
  EXPECT_TRUE(read_property_report("{\"" + std::string(82, 'a') + "\":1}", kNow).empty());
  const std::string long_text(limits::kPropertyValueBytesMax, 'x');
  EXPECT_TRUE(read_property_report("{\"a\":\"" + long_text + "\"}", kNow).empty());
}

TEST(LastValues, KeepTheNewestWithinTheirBound) {
  LastValueMap values;
  const std::string text = "\"" + std::string(4'000, 'x') + "\"";
  for (int i = 0; i < 40; ++i) values["p" + std::to_string(i)] = {text, kNow + i};
  const std::string kept = last_values_text(values);
  EXPECT_LE(kept.size(), limits::kLastValuesBytesMax);
  const auto read = read_last_values(kept);
  EXPECT_GT(read.size(), 10u);
  EXPECT_LT(read.size(), 40u);
  EXPECT_TRUE(read.contains("p39"));
  EXPECT_FALSE(read.contains("p0"));
  EXPECT_EQ(read.at("p39"), values.at("p39"));
}

TEST(LastValues, MergeAndReadBack) {
  LastValueMap values = read_property_report(R"({"a":1,"b":2})", kNow);
  merge_last_values(values, read_property_report(R"({"b":3,"c":"\u0000"})", kNow + 5));
  EXPECT_EQ(read_last_values(last_values_text(values)), values);
  EXPECT_EQ(values.at("b"), (LastValue{"3", kNow + 5}));
  EXPECT_TRUE(read_last_values("nonsense").empty());
  EXPECT_EQ(last_values_text({}), "{}");
}

}  // namespace
}  // namespace rollcall
