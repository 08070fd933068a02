#include "client/call_arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string refusal(const std::vector<std::string>& words) {
  const auto read = read_call_arguments(words);
  return read ? "" : read.error().message;
}

TEST(CallArguments, ReadParametersAndOwnOptionsInAnyOrder) {
  const auto read =
      read_call_arguments({"--endpoint", "h:1", "CreateJob", "--JobName", "n", "--DeviceName.1=a",
                           "--JobDocument", "{\"a\":1}", "--format", "XML"});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->action, "CreateJob");
  EXPECT_EQ(read->endpoint, "h:1");
  EXPECT_EQ(read->format, "XML");
  EXPECT_THAT(read->parameters,
              ElementsAre(Pair("JobName", "n"), Pair("DeviceName.1", "a"), Pair("JobDocument", "{\"a\":1}")));
}

TEST(CallArguments, TakeValuesThatLookLikeOptions) {
  const auto read = read_call_arguments({"Pub", "--MessageContent", "--x", "--Qos", "-1", "--Empty", ""});
  ASSERT_TRUE(read);
  EXPECT_THAT(read->parameters,
              ElementsAre(Pair("MessageContent", "--x"), Pair("Qos", "-1"), Pair("Empty", "")));
}

TEST(CallArguments, RefuseWhatCannotBeMeant) {
  EXPECT_THAT(refusal({}), HasSubstr("action is missing"));
  EXPECT_THAT(refusal({"--JobId", "x"}), HasSubstr("action is missing"));
  EXPECT_THAT(refusal({"QueryJob", "--JobId"}), HasSubstr("--JobId needs a value"));
  EXPECT_THAT(refusal({"QueryJob", "stray"}), HasSubstr("unexpected \"stray\""));
  EXPECT_THAT(refusal({"queryJob"}), HasSubstr("not the name of an action"));
  EXPECT_THAT(refusal({"QueryJob", "--jobId", "x"}), HasSubstr("unknown option --jobId"));
  EXPECT_THAT(refusal({"QueryJob", "--JobId", "x", "--JobId", "y"}), HasSubstr("given twice"));
  EXPECT_THAT(refusal({"QueryJob", "--format", "yaml"}), HasSubstr("json or xml"));
  EXPECT_THAT(refusal({"QueryJob", "--signature", "v2"}), HasSubstr("v1 or v3"));
}

TEST(CallArguments, AskForHelp) {
  const auto read = read_call_arguments({"--help"});
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->help);
}

}  // namespace
}  // namespace rollcall::client
