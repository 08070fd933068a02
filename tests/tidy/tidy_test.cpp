// The tidy rules on snippets: each rule fires where it should and stays quiet beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidy/rules.hpp"
#include "tidy/source_text.hpp"

namespace rollcall::tidy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> check(std::string_view path, std::string_view text) {
  return check_source(path, text);
}

TEST(TidyIncludes, RefusesAnEdgeThatTheTableDoesNotHave) {
  EXPECT_THAT(check("src/mqtt/a.cpp", "#include \"engine/engine.hpp\"\n"),
              ElementsAre("src/mqtt/a.cpp:1: include of engine/ from mqtt/, use only: base"));
  EXPECT_THAT(check("src/base/a.cpp", "\n#include \"model/job.hpp\"\n"),
              ElementsAre("src/base/a.cpp:2: include of model/ from base/, use only: nothing"));
}

TEST(TidyIncludes, AcceptsEdgesOfTheTableAndTheOwnFolder) {
  EXPECT_THAT(check("src/gateway/a.cpp", "#include \"gateway/b.hpp\"\n#include \"mqtt/packet.hpp\"\n"),
              IsEmpty());
}

TEST(TidyIncludes, RefusesAStoresInsideOutsideStoreAndServer) {
  EXPECT_THAT(check("src/engine/a.cpp", "#include \"store/sqlite/db.hpp\"\n"),
              ElementsAre(HasSubstr("use store/store.hpp")));
  EXPECT_THAT(check("src/server/a.cpp", "#include \"store/sqlite/db.hpp\"\n"), IsEmpty());
}

TEST(TidyIncludes, RefusesAsioOutsideNet) {
  EXPECT_THAT(check("src/server/a.cpp", "#include <boost/asio/ip/tcp.hpp>\n"),
              ElementsAre(HasSubstr("<boost/asio/ip/tcp.hpp> outside net")));
  EXPECT_THAT(check("src/net/a.cpp", "#include <boost/asio/ip/tcp.hpp>\n"), IsEmpty());
}

TEST(TidyIncludes, RefusesAPathThatDoesNotStartAtSrc) {
  EXPECT_THAT(check("src/base/a.cpp", "#include \"b.hpp\"\n"),
              ElementsAre(HasSubstr("use the path from src/")));
  EXPECT_THAT(check("src/base/a.cpp", "#include \"../base/b.hpp\"\n"),
              ElementsAre(HasSubstr("use the path from src/")));
}

TEST(TidyIncludes, IgnoresACommentedInclude) {
  EXPECT_THAT(check("src/base/a.cpp", "// #include \"model/job.hpp\"\n"), IsEmpty());
}

TEST(TidyIncludes, RefusesAnUnknownFolder) {
  EXPECT_THAT(check("src/utils/a.cpp", "int x;\n"), ElementsAre(HasSubstr("folder unknown")));
}

TEST(TidyBannedWords, RefusesHiddenClocksOutsideBaseAndNet) {
  const std::string_view text = "auto t = std::chrono::steady_clock::now();\n";
  EXPECT_THAT(check("src/engine/a.cpp", text),
              ElementsAre(HasSubstr("a.cpp:1: a hidden clock, use the Clock&")));
  EXPECT_THAT(check("src/base/clock.cpp", text), IsEmpty());
  EXPECT_THAT(check("src/net/timer.cpp", text), IsEmpty());
  EXPECT_THAT(check("src/engine/a_bench.cpp", text), IsEmpty());
}

TEST(TidyBannedWords, RefusesHiddenRandomness) {
  EXPECT_THAT(check("src/api/a.cpp", "int x = rand();\n"), ElementsAre(HasSubstr("hidden randomness")));
  EXPECT_THAT(check("src/api/a.cpp", "std::random_device d;\n"), ElementsAre(HasSubstr("hidden randomness")));
  EXPECT_THAT(check("src/api/a.cpp", "int operand(int);\n"), IsEmpty());
}

TEST(TidyBannedWords, RefusesSleeps) {
  EXPECT_THAT(check("src/engine/a_test.cpp", "std::this_thread::sleep_for(x);\n"),
              ElementsAre(HasSubstr("a sleep")));
  EXPECT_THAT(check("src/engine/a.cpp", "sleep (1);\n"), ElementsAre(HasSubstr("a sleep")));
}

TEST(TidyBannedWords, RefusesLocksAndAtomicsOutsideTheirFiles) {
  EXPECT_THAT(check("src/engine/a.cpp", "std::mutex m;\n"), ElementsAre(HasSubstr("a lock")));
  EXPECT_THAT(check("src/gateway/a.cpp", "std::atomic<int> n;\n"), ElementsAre(HasSubstr("an atomic")));
  EXPECT_THAT(check("src/net/stream.cpp", "std::mutex m;\n"), ElementsAre(HasSubstr("a lock")));
  EXPECT_THAT(check("src/server/a.cpp", "std::mutex m;\nstd::atomic<int> n;\n"), IsEmpty());
}

TEST(TidyBannedWords, IgnoresCommentsAndText) {
  EXPECT_THAT(check("src/engine/a.cpp", "// no std::mutex here\nauto s = \"rand()\";\n/* sleep(1) */\n"),
              IsEmpty());
  EXPECT_THAT(check("src/engine/a.cpp", "auto s = R\"(std::mutex)\";\n"), IsEmpty());
}

TEST(TidyLayout, RefusesLongLinesCountedInCodePoints) {
  EXPECT_THAT(check("src/base/a.cpp", "// " + std::string(107, 'a') + "\n"), IsEmpty());
  EXPECT_THAT(check("src/base/a.cpp", "// " + std::string(108, 'a') + "\n"),
              ElementsAre(HasSubstr("line of 111 columns")));
  std::string wide;
  for (int i = 0; i < 107; ++i) wide += "\xE4\xBD\x9C";
  EXPECT_THAT(check("src/base/a.cpp", "// " + wide + "\n"), IsEmpty());
}

TEST(TidyLayout, RefusesLongFiles) {
  std::string text;
  for (int i = 0; i < 601; ++i) text += "int a;\n";
  EXPECT_THAT(check("src/base/a.cpp", text), ElementsAre(HasSubstr("a.cpp:601: file of 601 lines")));
}

TEST(TidyLayout, RefusesTabsCarriageReturnsAndAMissingLastLineFeed) {
  EXPECT_THAT(check("src/base/a.cpp", "\tint a;\n"), ElementsAre(HasSubstr("tab, use spaces")));
  EXPECT_THAT(check("src/base/a.cpp", "int a;\r\n"), ElementsAre(HasSubstr("carriage return")));
  EXPECT_THAT(check("src/base/a.cpp", "int a;"), ElementsAre(HasSubstr("no line feed")));
}

TEST(TidyLayout, RefusesUnfinishedWork) {
  const std::string mark = std::string("TO") + "DO";
  EXPECT_THAT(check("tests/system/a.cpp", "// " + mark + ": later\n"),
              ElementsAre(HasSubstr("use an issue")));
}

TEST(TidyHeader, WantsAGuardAndAnOpeningComment) {
  EXPECT_THAT(check("src/base/a.hpp", "// What it is.\n// Who calls it.\n#pragma once\n"), IsEmpty());
  EXPECT_THAT(check("src/base/a.hpp", "#pragma once\n// What it is.\nint a;\n"), IsEmpty());
  EXPECT_THAT(check("src/base/a.hpp", "// What it is.\nint a;\n"),
              ElementsAre(HasSubstr("use #pragma once")));
  EXPECT_THAT(check("src/base/a.hpp", "#pragma once\n\nint a;\n"),
              ElementsAre(HasSubstr("use 2 to 8 lines")));
}

TEST(TidyCoAwait, RefusesACapturingLambdaInTheStatement) {
  EXPECT_THAT(check("src/net/a.cpp", "void f() {\n  co_await run([&x] { g(x); });\n}\n"),
              Contains(HasSubstr("a.cpp:2: capturing lambda")));
  EXPECT_THAT(check("src/net/a.cpp", "void f() {\n  co_await run([] { g(); });\n}\n"), IsEmpty());
  EXPECT_THAT(check("src/net/a.cpp", "void f() {\n  auto l = [&x] { g(x); };\n  co_await run(l);\n}\n"),
              IsEmpty());
}

TEST(TidyCoAwait, RefusesABracedTemporaryInTheStatement) {
  EXPECT_THAT(check("src/net/a.cpp", "void f() {\n  co_await run(Options{1, 2});\n}\n"),
              ElementsAre(HasSubstr("a.cpp:2: braced temporary")));
  EXPECT_THAT(check("src/net/a.cpp", "void f() {\n  co_await run({.a = 1});\n}\n"),
              ElementsAre(HasSubstr("braced temporary")));
  EXPECT_THAT(check("src/net/a.cpp", "void f() {\n  g(Options{1}, co_await run());\n}\n"),
              ElementsAre(HasSubstr("braced temporary")));
}

TEST(TidyCoAwait, AcceptsSubscriptsBlocksAndNamedLocals) {
  EXPECT_THAT(check("src/net/a.cpp", "void f() {\n  if (co_await run(list[i])) {\n    g();\n  }\n}\n"),
              IsEmpty());
  EXPECT_THAT(check("src/net/a.cpp", "void f() {\n  Options o{1};\n  auto r = co_await run(o);\n}\n"),
              IsEmpty());
}

TEST(TidyMachinePaths, RefusesPathsThatOnlyOneMachineHas) {
  const std::string path = std::string("/ro") + "ot/x";
  EXPECT_THAT(check_any_text("docs/A.md", "one\nsee " + path + "\n"),
              ElementsAre("docs/A.md:2: path of one machine, use a path inside the checkout"));
  EXPECT_THAT(check_any_text("docs/A.md", "see tests" + path + " and /usr/share\n"), IsEmpty());
}

TEST(TidySourceText, BlanksLiteralsButKeepsPositions) {
  EXPECT_EQ(blank_comments_and_literals("a(\"x;\\\"y\"); // c\nb"), "a(\"     \");     \nb");
  EXPECT_EQ(blank_comments_and_literals("1'000 'x'"), "1'000 ' '");
}

}  // namespace
}  // namespace rollcall::tidy
