#include "bench/runner.hpp"

#include <algorithm>
#include <cstdio>
#include <deque>

#include "base/clock.hpp"
#include "bench/child_subject.hpp"
#include "bench/machine.hpp"
#include "support/child_process.hpp"

namespace rollcall::bench {
namespace {

Figure& figure_named(std::vector<Figure>& figures, const std::string& name) {
  const auto at =
      std::find_if(figures.begin(), figures.end(), [&](const Figure& one) { return one.name == name; });
  if (at != figures.end()) return *at;
  Figure& added = figures.emplace_back();
  added.name = name;
  added.higher_is_better = is_rate(name);
  return added;
}

void add_values(std::vector<Figure>& figures, const std::string& prefix, const Values& values) {
  for (const auto& [name, value] : values) figure_named(figures, prefix + name).samples.push_back(value);
}

// The samples of both belong to the same rounds, so their quotients are paired; a figure that is taken once
// goes with every round.
Figure make_ratio(const RatioRow& row, std::vector<Figure>& figures) {
  const Figure above = figure_named(figures, row.above);
  const Figure below = figure_named(figures, row.below);
  Figure ratio;
  ratio.name = row.text;
  ratio.ratio = true;
  ratio.higher_is_better = above.higher_is_better;
  ratio.target = row.target;
  const size_t rounds = std::max(above.samples.size(), below.samples.size());
  if (above.samples.empty() || below.samples.empty()) return ratio;
  for (size_t i = 0; i < rounds; ++i) {
    const double divisor = below.samples[std::min(i, below.samples.size() - 1)];
    if (divisor != 0) ratio.samples.push_back(above.samples[std::min(i, above.samples.size() - 1)] / divisor);
  }
  return ratio;
}

// Runs the rounds into `figures`; the name of the subject that ended early, or nothing.
std::string do_rounds(const CaseRow& row, const Options& options, std::vector<Figure>& figures,
                      std::vector<Figure>& machine) {
  const testing::ScratchFolder folder;
  const SystemClock clock;
  const SteadyUs begin = clock.steady();
  std::deque<ChildSubject> subjects;
  for (const SubjectRow& subject : row.subjects) subjects.emplace_back(options, subject.start);
  const auto name = [&](size_t at) { return std::string(row.subjects[at].name); };
  for (size_t at = 0; at < subjects.size(); ++at) {
    const auto values = subjects[at].once();
    if (!values) return name(at);
    add_values(figures, name(at) + ".", *values);
  }
  const int rounds = std::min(options.rounds, row.rounds_max);
  for (int round = 0; round < rounds; ++round) {
    add_values(machine, "machine ", calibrate(folder.path()));
    for (size_t i = 0; i < subjects.size(); ++i) {
      const size_t at = round % 2 == 0 ? i : subjects.size() - 1 - i;
      const auto values = subjects[at].round();
      if (!values) return name(at);
      add_values(figures, name(at) + ".", *values);
    }
    std::fprintf(stderr, "%s: round %d of %d after %.1f s\n", row.name, round + 1, rounds,
                 static_cast<double>(clock.steady() - begin) / 1e6);
  }
  return {};
}

}  // namespace

void run_case(const CaseRow& row, const Options& options, RunResults& results) {
  std::vector<Figure> figures;
  const std::string ended = do_rounds(row, options, figures, results.figures);
  if (!ended.empty()) results.failures.push_back(std::string(row.name) + ": " + ended + " ended early");
  for (const TargetRow& target : row.targets) figure_named(figures, target.figure).target = target.target;
  const std::string prefix = std::string(row.name) + " ";
  for (const RatioRow& ratio : row.ratios) {
    results.figures.push_back(make_ratio(ratio, figures));
    results.figures.back().name = prefix + ratio.text;
  }
  for (Figure& figure : figures) {
    if (figure.samples.empty() && !figure.target) continue;
    figure.name = prefix + figure.name;
    results.figures.push_back(std::move(figure));
  }
}

}  // namespace rollcall::bench
