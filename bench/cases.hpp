// The table of cases: `./dev bench --help` prints it and the runner works it off. A case is a row: who is
// measured, which figures are set in relation, and what is aimed at. Called by main and the runner.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/results.hpp"
#include "bench/subject.hpp"

namespace rollcall::bench {

struct SubjectRow {
  const char* name;
  StartSubject start;
};

// Figures are named "subject.value".
struct RatioRow {
  const char* text;
  const char* above;
  const char* below;
  std::optional<Target> target;
};

struct TargetRow {
  const char* figure;
  Target target;
};

struct CaseRow {
  const char* name;  // "group/case"
  const char* what;  // for --help
  std::vector<SubjectRow> subjects;
  std::vector<RatioRow> ratios;
  std::vector<TargetRow> targets;
  int rounds_max = 100;  // fewer than asked for where a round is long
};

std::span<const CaseRow> case_table();
// Those whose group or whole name is `name`.
std::vector<const CaseRow*> find_cases(const std::string& name);

}  // namespace rollcall::bench
