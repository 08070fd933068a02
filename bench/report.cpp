#include "bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/statistics.hpp"

namespace rollcall::bench {
namespace {

// Three significant places, and no exponent.
std::string number(double value) {
  const double size = value < 0 ? -value : value;
  if (size >= 100) return fmt::format("{:.0f}", value);
  return size >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

std::string line(const Figure& figure) {
  if (figure.samples.empty()) return fmt::format("{:<74} not measured\n", figure.name);
  const double middle = median(figure.samples);
  std::string text = fmt::format("{:<74} {:>9}", figure.name, number(middle));
  if (figure.samples.size() > 1)
    text += fmt::format(" ({}-{})", number(minimum(figure.samples)), number(maximum(figure.samples)));
  if (!figure.target) return text + "\n";
  return fmt::format("{:<104} target: {}{}\n", text, target_text(*figure.target),
                     is_met(*figure.target, middle) ? "" : "   MISSED");
}

const Figure* find(const RunResults& results, const std::string& name) {
  const auto at = std::find_if(results.figures.begin(), results.figures.end(),
                               [&](const Figure& figure) { return figure.name == name; });
  return at == results.figures.end() ? nullptr : &*at;
}

// Under this share of a core the run was not alone.
constexpr double kQuietShare = 0.9;

std::string warn_of_noise(const RunResults& results) {
  const Figure* share = find(results, kCpuShare);
  if (share == nullptr || median(share->samples) >= kQuietShare) return {};
  return fmt::format(
      "NOISY: other processes left {:.0f} % of a core to a busy loop (least {:.0f} %). Rates and times say "
      "little, CPU costs more.\n",
      median(share->samples) * 100, minimum(share->samples) * 100);
}

std::string verdict_text(Verdict verdict, bool higher_is_better) {
  switch (verdict) {
    case Verdict::TooFewRounds:
      return "too few rounds to say";
    case Verdict::NoDifference:
      return "no difference beyond the noise";
    case Verdict::Higher:
      return higher_is_better ? "BETTER" : "WORSE";
    case Verdict::Lower:
      return higher_is_better ? "WORSE" : "BETTER";
  }
  return {};
}

std::string describe(const RunResults& results) {
  return fmt::format("{}   {} cores, {}, Linux {}   {}\n", results.commit, results.cores, results.processor,
                     results.kernel, results.options);
}

void append_compared(std::string& out, const Figure& a, const Figure& b) {
  const RatioInterval interval = bootstrap_ratio(a.samples, b.samples, 1);
  out += fmt::format("{:<74} {:>9} {:>9}  {:.2f} [{:.2f}-{:.2f}]  {}\n", a.name, number(median(a.samples)),
                     number(median(b.samples)), interval.ratio, interval.low, interval.high,
                     verdict_text(judge(a.samples, b.samples, interval), a.higher_is_better));
}

}  // namespace

std::string render_run(const RunResults& results) {
  std::string out = describe(results) + "Medians (min-max). Server and load share the machine.\n";
  out += warn_of_noise(results);
  for (const bool ratios : {true, false}) {
    out += ratios ? "\nRatios and figures that have a target\n" : "\nAbsolute figures\n";
    for (const Figure& figure : results.figures)
      if ((figure.ratio || figure.target.has_value()) == ratios) out += line(figure);
  }
  for (const std::string& failure : results.failures) out += "FAILED " + failure + "\n";
  return out;
}

std::string render_comparison(const RunResults& before, const RunResults& after) {
  std::string out = "A  " + describe(before) + "B  " + describe(after);
  if (before.options != after.options) out += "The options differ: sizes are not the same.\n";
  if (before.processor != after.processor || before.cores != after.cores)
    out += "The machines differ: only ratios mean something.\n";
  for (const RunResults* run : {&before, &after}) out += warn_of_noise(*run);
  out += fmt::format("\n{:<74} {:>9} {:>9}  B/A of medians [95 % bootstrap interval]\n", "", "A", "B");
  for (const bool ratios : {true, false}) {
    for (const Figure& a : before.figures) {
      if (a.ratio != ratios) continue;
      if (const Figure* b = find(after, a.name)) append_compared(out, a, *b);
    }
    if (ratios) out += "\n";
  }
  for (const Figure& a : before.figures)
    if (find(after, a.name) == nullptr) out += "only in A: " + a.name + "\n";
  for (const Figure& b : after.figures)
    if (find(before, b.name) == nullptr) out += "only in B: " + b.name + "\n";
  return out +
         "\nBETTER or WORSE: the min-max ranges lie apart and the interval excludes 1. When a figure of "
         "`machine`"
         "\ndiffers, the machine was not equally fast: trust ratios only.\n";
}

}  // namespace rollcall::bench
