#include "client/scan.hpp"

#include <gtest/gtest.h>

namespace rollcall::client {
namespace {

TEST(Scan, FindsTheFirstMemberOfThatName) {
  const std::string_view text = R"({"id":"7","code":200,"data":{"taskId":"T1"},"taskId":"T2"})";
  EXPECT_EQ(scan_raw(text, "id"), R"("7")");
  EXPECT_EQ(scan_text(text, "id"), "7");
  EXPECT_EQ(scan_raw(text, "code"), "200");
  EXPECT_EQ(scan_text(text, "taskId"), "T1");
}

TEST(Scan, DoesNotTakeAValueOrALongerNameForTheName) {
  EXPECT_EQ(scan_text(R"({"x":"id","myid":"1","id":"2"})", "id"), "2");
  EXPECT_EQ(scan_text(R"({"x":"code"})", "code"), "");
}

TEST(Scan, FindsNothingInCutText) {
  EXPECT_EQ(scan_raw(R"({"id":)", "id"), "");
  EXPECT_EQ(scan_raw(R"({"id":"7)", "id"), "");
  EXPECT_EQ(scan_raw(R"({"id":7)", "id"), "");
  EXPECT_EQ(scan_raw("", "id"), "");
}

TEST(Scan, KeepsEscapesInsideARawStringAndRefusesThemAsText) {
  const std::string_view text = R"({"id":"1|\"a\\","code":1})";
  EXPECT_EQ(scan_raw(text, "id"), R"("1|\"a\\")");
  EXPECT_EQ(scan_text(text, "id"), "");
}

TEST(Scan, DoesNotReadObjectsOrLists) {
  EXPECT_EQ(scan_raw(R"({"data":{"a":1}})", "data"), "");
  EXPECT_EQ(scan_raw(R"({"data":[1]})", "data"), "");
}

}  // namespace
}  // namespace rollcall::client
