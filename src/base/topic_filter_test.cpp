#include "base/topic_filter.hpp"

#include <gtest/gtest.h>

namespace rollcall {
namespace {

TEST(TopicFilter, MatchesAsTheStandardsExamplesSay) {
  // Clause 4.7.1.2 and 4.7.1.3.
  EXPECT_TRUE(filter_matches("sport/tennis/player1/#", "sport/tennis/player1"));
  EXPECT_TRUE(filter_matches("sport/tennis/player1/#", "sport/tennis/player1/ranking"));
  EXPECT_TRUE(filter_matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
  EXPECT_TRUE(filter_matches("sport/#", "sport"));
  EXPECT_TRUE(filter_matches("#", "a/b"));
  EXPECT_TRUE(filter_matches("sport/tennis/+", "sport/tennis/player1"));
  EXPECT_FALSE(filter_matches("sport/tennis/+", "sport/tennis/player1/ranking"));
  EXPECT_FALSE(filter_matches("sport/+", "sport"));
  EXPECT_TRUE(filter_matches("sport/+", "sport/"));
  EXPECT_TRUE(filter_matches("+/+", "/finance"));
  EXPECT_TRUE(filter_matches("/+", "/finance"));
  EXPECT_FALSE(filter_matches("+", "/finance"));
  EXPECT_TRUE(filter_matches("+/tennis/#", "sport/tennis"));
}

TEST(TopicFilter, MatchesPlainTextExactly) {
  EXPECT_TRUE(filter_matches("a/b", "a/b"));
  EXPECT_FALSE(filter_matches("a/b", "a/bc"));
  EXPECT_FALSE(filter_matches("a/bc", "a/b"));
  EXPECT_FALSE(filter_matches("a/b", "A/b"));
  EXPECT_FALSE(filter_matches("a/b", "a/b/"));
  EXPECT_FALSE(filter_matches("a/b/", "a/b"));
  EXPECT_TRUE(filter_matches("a/b/", "a/b/"));
  EXPECT_TRUE(filter_matches("/", "/"));
}

TEST(TopicFilter, KeepsDollarTopicsFromLeadingWildcards) {
  // [MQTT-4.7.2-1]
  EXPECT_FALSE(filter_matches("#", "$SYS/x"));
  EXPECT_FALSE(filter_matches("+/x", "$SYS/x"));
  EXPECT_TRUE(filter_matches("$SYS/#", "$SYS/x"));
  EXPECT_TRUE(filter_matches("$SYS/+", "$SYS/x"));
}

TEST(TopicFilter, AcceptsOnlyWellPlacedWildcards) {
  for (const char* good : {"#", "+", "a/#", "+/a", "a/+/b", "+/+/#", "/", "a//b", "a b"})
    EXPECT_TRUE(valid_filter(good)) << good;
  for (const char* bad : {"", "a#", "#/a", "a/#/b", "a+", "+a", "a/+b", "##", "++", "a/b#"})
    EXPECT_FALSE(valid_filter(bad)) << bad;
  EXPECT_FALSE(valid_filter(std::string_view("a\0b", 3)));
}

TEST(TopicFilter, AcceptsOnlyTopicNamesWithoutWildcards) {
  EXPECT_TRUE(valid_topic_name("/a b/c"));
  EXPECT_FALSE(valid_topic_name(""));
  EXPECT_FALSE(valid_topic_name("a/+"));
  EXPECT_FALSE(valid_topic_name("#"));
  EXPECT_FALSE(valid_topic_name(std::string_view("a\0", 2)));
}

}  // namespace
}  // namespace rollcall
