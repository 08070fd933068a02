#include "bench/results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/report.hpp"

namespace rollcall::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RunResults sample_run(double rate) {
  RunResults run;
  run.commit = "abc123";
  run.kernel = "6.1";
  run.processor = "Some \"CPU\"";
  run.cores = 2;
  run.options = "devices 10";
  Figure speed;
  speed.name = "engine/jobs rollcall.jobs_per_s";
  speed.higher_is_better = true;
  speed.samples = {rate, rate * 1.01, rate * 0.99};
  Figure share;
  share.name = "engine/jobs jobs / messages";
  share.ratio = true;
  share.higher_is_better = true;
  share.target = Target{Target::Bound::AtLeast, 0.5};
  share.samples = {0.4, 0.45, 0.42};
  Figure wait;
  wait.name = "engine/latency rollcall.p99_ms";
  wait.target = Target{Target::Bound::AtMost, 20};
  wait.samples = {12.5};
  run.figures = {speed, share, wait};
  return run;
}

TEST(BenchResults, ComeBackFromJsonAsTheyWent) {
  const RunResults run = sample_run(1234.5);
  const auto back = from_json(to_json(run));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->commit, run.commit);
  EXPECT_EQ(back->processor, run.processor);
  EXPECT_EQ(back->cores, 2);
  EXPECT_EQ(back->options, run.options);
  ASSERT_EQ(back->figures.size(), 3U);
  EXPECT_EQ(back->figures[0].name, run.figures[0].name);
  EXPECT_TRUE(back->figures[0].higher_is_better);
  EXPECT_FALSE(back->figures[0].target.has_value());
  EXPECT_NEAR(back->figures[0].samples[1], 1234.5 * 1.01, 0.01);
  EXPECT_TRUE(back->figures[1].ratio);
  ASSERT_TRUE(back->figures[1].target.has_value());
  EXPECT_EQ(back->figures[1].target->bound, Target::Bound::AtLeast);
  EXPECT_EQ(back->figures[1].target->value, 0.5);
  EXPECT_EQ(back->figures[2].target->bound, Target::Bound::AtMost);
}

TEST(BenchResults, RefuseWhatIsNoResult) {
  EXPECT_FALSE(from_json("[]"));
  EXPECT_FALSE(from_json("{}"));
  EXPECT_FALSE(from_json(R"({"figures":[{"name":"x"}]})"));
  EXPECT_FALSE(from_json(R"({"figures":[{"name":"x","samples":["1"]}]})"));
  EXPECT_TRUE(from_json(R"({"figures":[{"name":"x","samples":[1]}]})"));
}

TEST(BenchReport, PutsRatiosAndTargetsFirstAndNamesWhatIsMissed) {
  const std::string text = render_run(sample_run(1000));
  EXPECT_LT(text.find("jobs / messages"), text.find("rollcall.jobs_per_s"));
  EXPECT_LT(text.find("p99_ms"), text.find("rollcall.jobs_per_s"));
  const size_t missed = text.find("MISSED");
  ASSERT_NE(missed, std::string::npos);
  EXPECT_GT(missed, text.find("jobs / messages"));
  EXPECT_LT(missed, text.find("p99_ms"));
  EXPECT_EQ(text.find("MISSED", missed + 1), std::string::npos);
}

TEST(BenchReport, WarnsOfARunThatWasNotAlone) {
  RunResults run = sample_run(1000);
  EXPECT_THAT(render_run(run), Not(HasSubstr("NOISY")));
  Figure share;
  share.name = kCpuShare;
  share.samples = {0.4, 0.97, 0.5};
  run.figures.push_back(share);
  EXPECT_THAT(render_run(run),
              HasSubstr("NOISY: other processes left 50 % of a core to a busy loop (least 40"));
  EXPECT_THAT(render_comparison(sample_run(1000), run), HasSubstr("NOISY"));
  run.figures.back().samples = {0.99, 0.98, 0.7};
  EXPECT_THAT(render_run(run), Not(HasSubstr("NOISY")));
}

TEST(BenchReport, SaysWhichFigureWasNotMeasured) {
  RunResults run = sample_run(1000);
  run.figures[1].samples.clear();
  const std::string text = render_run(run);
  EXPECT_THAT(text, HasSubstr("not measured"));
  EXPECT_THAT(text, Not(HasSubstr("MISSED")));
}

TEST(BenchReport, ComparesByTheDirectionThatIsBetter) {
  const std::string faster = render_comparison(sample_run(1000), sample_run(1500));
  EXPECT_THAT(faster, HasSubstr("1.50 [1.4"));
  EXPECT_THAT(faster, HasSubstr("BETTER\n"));
  EXPECT_THAT(faster, Not(HasSubstr("WORSE\n")));
  EXPECT_THAT(faster, HasSubstr("too few rounds to say"));
  EXPECT_THAT(render_comparison(sample_run(1500), sample_run(1000)), HasSubstr("WORSE\n"));
}

TEST(BenchReport, SaysThatTwoRunsCannotBeCompared) {
  RunResults other = sample_run(1000);
  other.options = "devices 20";
  other.processor = "another";
  other.figures.pop_back();
  const std::string text = render_comparison(sample_run(1000), other);
  EXPECT_THAT(text, HasSubstr("options differ"));
  EXPECT_THAT(text, HasSubstr("machines differ"));
  EXPECT_THAT(text, HasSubstr("only in A: engine/latency rollcall.p99_ms"));
}

TEST(BenchResults, KnowRatesByTheirNames) {
  EXPECT_TRUE(is_rate("x.jobs_per_s"));
  EXPECT_FALSE(is_rate("x.p99_ms"));
  EXPECT_TRUE(is_met({Target::Bound::AtLeast, 2}, 2));
  EXPECT_FALSE(is_met({Target::Bound::AtMost, 2}, 2.1));
}

}  // namespace
}  // namespace rollcall::bench
