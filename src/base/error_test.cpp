#include <gtest/gtest.h>

#include <set>

#include "base/result.hpp"
#include "base/text.hpp"

namespace rollcall {
namespace {

TEST(ErrorTable, HasOneRowPerCodeInOrder) {
  ASSERT_GT(error_count(), 0u);
  for (size_t i = 0; i < error_count(); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_EQ(error_row(code).code, code);
  }
}

TEST(ErrorTable, NamesEachApiCodeOnceAndWithAText) {
  std::set<std::string_view> seen;
  for (size_t i = 0; i < error_count(); ++i) {
    const ErrorRow& row = error_row(static_cast<ErrorCode>(i));
    EXPECT_TRUE(seen.insert(row.api_code).second) << row.api_code;
    EXPECT_TRUE(is_letters_digits(row.api_code, ".")) << row.api_code;
    EXPECT_FALSE(row.english.empty()) << row.name;
    EXPECT_FALSE(row.chinese.empty()) << row.name;
    EXPECT_TRUE(utf8_length(row.chinese)) << row.name;
  }
}

// wire-protocol 0.9: a business failure has HTTP 200 and a code of the product, a gateway failure 4xx or 5xx.
TEST(ErrorTable, GivesBusinessCodesHttp200AndGatewayCodesAnother) {
  for (size_t i = 0; i < error_count(); ++i) {
    const ErrorRow& row = error_row(static_cast<ErrorCode>(i));
    if (row.api_code.starts_with("iot."))
      EXPECT_EQ(row.http_status, 200) << row.name;
    else
      EXPECT_TRUE(row.http_status >= 400 && row.http_status < 600) << row.name;
  }
}

// wire-protocol 1.6
TEST(Error, NamesTheMissingParameterInCodeAndText) {
  Error error(ErrorCode::Missing);
  error.parameter = "ProductKey";
  EXPECT_EQ(api_code(error), "MissingProductKey");
  EXPECT_EQ(public_message(error), "ProductKey is mandatory for this action.");
}

TEST(Error, PrefersItsOwnMessageToTheTables) {
  EXPECT_EQ(public_message(Error(ErrorCode::NotExistedJob)), "The job does not exist.");
  EXPECT_EQ(public_message(Error(ErrorCode::NotExistedJob), true), "任务不存在");
  EXPECT_EQ(public_message(Error(ErrorCode::NotExistedJob, "no job 7"), true), "no job 7");
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(ErrorCode::IllegalRequest, "odd");
  return value / 2;
}
Result<int> quarter(int value) {
  ROLLCALL_TRY(const int once, half(value));
  ROLLCALL_TRY(const int twice, half(once));
  return twice;
}

TEST(Result, TryHandsTheErrorToTheCaller) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_EQ(quarter(7).error().code, ErrorCode::IllegalRequest);
}

TEST(CheckDeathTest, NamesTheConditionAndThePlace) {
  EXPECT_DEATH(error_row(static_cast<ErrorCode>(60'000)), "check failed: .*error.cpp");
}

}  // namespace
}  // namespace rollcall
