#include "model/fleet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

struct Rule {
  const char* title;
  Status (*check)(std::string_view);
  ErrorCode code;
  size_t min;
  size_t max;
  size_t chinese_weight;
};

// The names of Chinese characters, letters, digits and '_' (cloud-api A.1, C.1 to C.3).
const Rule kTextRules[] = {
    {"ProductName", check_product_name, ErrorCode::InvalidFormattedProductName, 4, 30, 2},
    {"Nickname", check_nickname, ErrorCode::InvalidFormattedParameter, 4, 64, 2},
    {"GroupName", check_group_name, ErrorCode::InvalidFormattedParameter, 4, 30, 2},
    {"JobName", check_job_name, ErrorCode::InvalidFormattedJobName, 4, 30, 1},
};

TEST(TextNames, TakeTheirShortestAndLongest) {
  for (const Rule& rule : kTextRules) {
    EXPECT_TRUE(rule.check(repeat("a", rule.min))) << rule.title;
    EXPECT_TRUE(rule.check(repeat("Z", rule.max))) << rule.title;
    EXPECT_TRUE(rule.check(repeat("灯", rule.min / rule.chinese_weight))) << rule.title;
    EXPECT_TRUE(rule.check(repeat("灯", rule.max / rule.chinese_weight))) << rule.title;
    EXPECT_TRUE(rule.check("Lamp_灯_09")) << rule.title;
  }
}

TEST(TextNames, RefuseWrongLengthsNamingParameterRuleAndValue) {
  for (const Rule& rule : kTextRules) {
    for (const std::string& name : {std::string(), repeat("a", rule.min - 1), repeat("a", rule.max + 1),
                                    repeat("灯", rule.max / rule.chinese_weight + 1)}) {
      const Status status = rule.check(name);
      ASSERT_FALSE(status) << rule.title << " " << name;
      EXPECT_EQ(status.error().code, rule.code);
      EXPECT_THAT(status.error().message,
                  AllOf(HasSubstr(rule.title),
                        HasSubstr(std::to_string(rule.min) + " to " + std::to_string(rule.max)),
                        HasSubstr("\"" + name.substr(0, 4))));
    }
  }
}

TEST(TextNames, RefuseForeignCharacters) {
  for (const Rule& rule : kTextRules)
    for (const char* name : {"lamp one", "lamp-one", "lamp.one", "lamp\tx", "Lämpchen", "lamp/one", "лампа",
                             "lamp😀", "\xC3\x28xxxx", "lamp\xFF"})
      EXPECT_FALSE(rule.check(name)) << rule.title << " " << name;
}

TEST(DeviceName, TakesLettersDigitsAndFiveMarks) {
  for (const std::string& name :
       {std::string("lamp"), std::string("aB-_@.:9"), repeat("x", 32), std::string("----")})
    EXPECT_TRUE(check_device_name(name)) << name;
}

TEST(DeviceName, RefusesLengthsAndOtherCharacters) {
  for (const std::string& name :
       {std::string(), std::string("abc"), repeat("x", 33), std::string("lamp one"), std::string("lamp/1"),
        std::string("lamp+1"), std::string("lamp#1"), std::string("灯灯灯灯"), std::string("lamp\0x", 6),
        std::string("lamp$1")}) {
    const Status status = check_device_name(name);
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code, ErrorCode::InvalidFormattedDeviceName);
    EXPECT_THAT(status.error().message, HasSubstr("DeviceName"));
  }
}

TEST(Description, HasAtMostHundredCharactersOfAnyKind) {
  EXPECT_TRUE(check_description(""));
  EXPECT_TRUE(check_description(repeat("a", 100)));
  EXPECT_TRUE(check_description(repeat("灯", 100)));
  EXPECT_TRUE(check_description("two lines\nand <marks> & 😀"));
  for (const std::string& text : {repeat("a", 101), repeat("灯", 101), std::string("\xFF")}) {
    const Status status = check_description(text);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::InvalidFormattedParameter);
    EXPECT_THAT(status.error().message, AllOf(HasSubstr("Description"), HasSubstr("100")));
  }
}

}  // namespace
}  // namespace rollcall
