#include "base/log.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace rollcall {
namespace {

class Log : public testing::Test {
 protected:
  ~Log() override { log_start(LogLevel::Info, false); }
  // The lines that `write` logs.
  template <class F>
  std::string captured(LogLevel level, bool json, F write) {
    log_start(level, json);
    testing::internal::CaptureStderr();
    write();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, PrintsAnEventWithItsFieldsOnOneLine) {
  const std::string line = captured(LogLevel::Info, false, [] {
    log_info("server.listening", {{"http", "127.0.0.1:80"}, {"cores", 2}, {"name", std::string("a b")}});
  });
  EXPECT_NE(line.find(" info server.listening http=127.0.0.1:80 cores=2 name=\"a b\"\n"), std::string::npos)
      << line;
}

TEST_F(Log, QuotesValuesThatCouldForgeALineOrAField) {
  const std::string line = captured(LogLevel::Info, false, [] {
    log_warn("x", {{"a", "1\n2026 error forged"}, {"b", "c=d"}, {"e", ""}, {"f", "\"\\"}});
  });
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  EXPECT_NE(line.find("a=\"1\\n2026 error forged\" b=\"c=d\" e=\"\" f=\"\\\"\\\\\""), std::string::npos)
      << line;
}

TEST_F(Log, SendsNoControlsAndNoIllFormedTextToATerminal) {
  const std::string line = captured(LogLevel::Info, false, [] {
    log_info("x", {{"a", "\x1b[2J"}, {"b", "\x7f"}, {"c", "\xc2\x9b"}, {"d", "\x9b\xff"}, {"e", "测"}});
  });
  for (const char* bad : {"\x1b", "\x7f", "\xc2\x9b", "\x9b", "\xff"})
    EXPECT_EQ(line.find(bad), std::string::npos) << bad;
  EXPECT_NE(line.find("e=测"), std::string::npos) << line;
}

TEST_F(Log, NeverPrintsASecret) {
  const std::string line = captured(LogLevel::Debug, false, [] {
    log_error("x", {{"key", Secret("hidden")}});
  });
  EXPECT_NE(line.find("key=***"), std::string::npos) << line;
  EXPECT_EQ(line.find("hidden"), std::string::npos);
  std::ostringstream stream;
  stream << Secret("hidden");
  EXPECT_EQ(stream.str(), "***");
}

TEST_F(Log, LeavesOutWhatIsBelowItsLevel) {
  const auto all = [] {
    log_debug("event.a");
    log_info("event.b");
    log_warn("event.c");
    log_error("event.d");
  };
  const std::string some = captured(LogLevel::Warn, false, all);
  EXPECT_EQ(some.find("event.a"), std::string::npos);
  EXPECT_EQ(some.find("event.b"), std::string::npos);
  EXPECT_NE(some.find("event.c"), std::string::npos);
  EXPECT_NE(some.find("event.d"), std::string::npos);
  EXPECT_EQ(log_level(), LogLevel::Warn);
  EXPECT_EQ(captured(LogLevel::Off, false, all), "");
  EXPECT_NE(captured(LogLevel::Debug, false, all).find("event.a"), std::string::npos);
}

TEST_F(Log, TakesFormatCharactersAsText) {
  const std::string line = captured(LogLevel::Info, false, [] { log_info("x", {{"a", "{}%v%n{0}"}}); });
  EXPECT_NE(line.find("a={}%v%n{0}\n"), std::string::npos) << line;
}

TEST_F(Log, PrintsJsonThatParses) {
  const std::string line = captured(LogLevel::Info, true, [] {
    log_info("x.y", {{"a", "q\"\n\xff"}, {"n", -5}});
  });
  const auto parsed = parse_json(line);
  ASSERT_TRUE(parsed) << line;
  EXPECT_EQ(parsed->at("event").as_string(), "x.y");
  EXPECT_EQ(parsed->at("level").as_string(), "info");
  EXPECT_EQ(parsed->at("a").as_string(), "q\"\n?");
  EXPECT_EQ(parsed->at("n").as_string(), "-5");
}

}  // namespace
}  // namespace rollcall
