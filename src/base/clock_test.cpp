#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace rollcall {
namespace {

TEST(UtcText, PrintsMilliseconds) {
  EXPECT_EQ(utc_text(WallMs{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(utc_text(WallMs{1'558'443'836'000}), "2019-05-21T13:03:56.000Z");
  EXPECT_EQ(utc_text(WallMs{1'582'934'400'007}), "2020-02-29T00:00:00.007Z");
  EXPECT_EQ(utc_text(WallMs{951'868'799'999}), "2000-02-29T23:59:59.999Z");
  EXPECT_EQ(utc_text(WallMs{4'107'542'400'000}), "2100-03-01T00:00:00.000Z");  // 2100 is no leap year
}

TEST(UtcText, PrintsTimesBeforeTheEpoch) {
  EXPECT_EQ(utc_text(WallMs{-1}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(utc_text(WallMs{-86'400'000}), "1969-12-31T00:00:00.000Z");
}

TEST(UtcText, SurvivesTheExtremes) {
  EXPECT_FALSE(utc_text(WallMs{INT64_MAX}).empty());
  EXPECT_FALSE(utc_text(WallMs{INT64_MIN}).empty());
}

TEST(LocalText, PrintsTheZoneOfTheVendor) {
  EXPECT_EQ(local_text(WallMs{1'533'534'192'999}, 480), "2018-08-06 13:43:12");
  EXPECT_EQ(local_text(WallMs{0}, 480), "1970-01-01 08:00:00");
  EXPECT_EQ(local_text(WallMs{0}, -60), "1969-12-31 23:00:00");
  EXPECT_EQ(local_text(WallMs{1'546'300'799'000}, 480), "2019-01-01 07:59:59");  // the next year there
}

TEST(ParseUtc, ReadsWhatClientsSend) {
  WallMs time;
  ASSERT_TRUE(parse_utc("2024-03-15T08:30:00Z", time));
  EXPECT_EQ(time.value, 1'710'491'400'000);
  ASSERT_TRUE(parse_utc("1970-01-01T00:00:00Z", time));
  EXPECT_EQ(time.value, 0);
  ASSERT_TRUE(parse_utc("2000-02-29T23:59:59Z", time));
  EXPECT_EQ(time.value, 951'868'799'000);
  ASSERT_TRUE(parse_utc("0000-01-01T00:00:00Z", time));
  EXPECT_LT(time.value, 0);
}

TEST(ParseUtc, UndoesUtcTextForEveryDayOfFourCenturies) {
  for (int64_t day = -70'000; day < 80'000; ++day) {
    const WallMs noon{day * 86'400'000 + 43'200'000};
    std::string text = utc_text(noon);
    text.replace(19, 4, "");
    WallMs back;
    ASSERT_TRUE(parse_utc(text, back)) << text;
    ASSERT_EQ(back, noon) << text;
  }
}

TEST(ParseUtc, RefusesEveryOtherShape) {
  WallMs time{42};
  for (const char* text :
       {"", "2024-03-15", "2024-03-15T08:30:00", "2024-03-15T08:30:00z", "2024-03-15t08:30:00Z",
        "2024-03-15 08:30:00Z", "2024-03-15T08:30:00.000Z", "2024-03-15T08:30:00+0", "2024-3-15T08:30:00Z",
        "2024-03-15T8:30:00Z", " 024-03-15T08:30:00Z", "2024-03-15T08:30:00ZZ", "2024/03/15T08:30:00Z",
        "2024-03-15T08-30-00Z", "-024-03-15T08:30:00Z", "+024-03-15T08:30:00Z", "2024-03-15T08:30:0xZ",
        "1710491400000"})
    EXPECT_FALSE(parse_utc(text, time)) << text;
  EXPECT_EQ(time.value, 42);
}

TEST(ParseUtc, RefusesDatesAndTimesThatDoNotExist) {
  WallMs time;
  for (const char* text :
       {"2024-00-15T08:30:00Z", "2024-13-15T08:30:00Z", "2024-03-00T08:30:00Z", "2024-03-32T08:30:00Z",
        "2024-04-31T08:30:00Z", "2023-02-29T08:30:00Z", "1900-02-29T08:30:00Z", "2024-03-15T24:00:00Z",
        "2024-03-15T08:60:00Z", "2024-03-15T08:30:61Z"})
    EXPECT_FALSE(parse_utc(text, time)) << text;
}

TEST(Clock, ArmedDeadlinesFollowTheSteadyClockOnly) {
  ManualClock clock;
  const SteadyUs armed = arm(clock.wall() + 5'000, clock.wall(), clock.steady());
  EXPECT_EQ(armed - clock.steady(), 5'000'000);
  clock.step_wall_ms(3'600'000);
  EXPECT_EQ(armed - clock.steady(), 5'000'000);
  clock.advance_ms(5'000);
  EXPECT_EQ(armed, clock.steady());
}

TEST(Clock, ManualMicrosecondsAddUpToMilliseconds) {
  ManualClock clock;
  const WallMs start = clock.wall();
  for (int i = 0; i < 3; ++i) clock.advance_us(700);
  EXPECT_EQ(clock.wall() - start, 2);
}

TEST(Clock, TheSystemsClockIsOfThisCenturyAndDoesNotGoBack) {
  const SystemClock clock;
  EXPECT_GT(clock.wall().value, 1'600'000'000'000);
  const SteadyUs before = clock.steady();
  EXPECT_GE(clock.steady(), before);
}

}  // namespace
}  // namespace rollcall
