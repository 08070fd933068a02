// What a run measured: figures with every sample, and the circumstances. Written as JSON, read again to
// compare two runs. A figure's name ends in its unit (jobs_per_s, p99_ms, rss_bytes), which also says what is
// better: only rates and shares of a core are better when higher. Made by the runner, used by report and
// compare. Thread: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rollcall::bench {

struct Target {
  enum class Bound : uint8_t { AtLeast, AtMost };
  Bound bound = Bound::AtMost;
  double value = 0;
};
bool is_met(const Target& target, double value);
std::string target_text(const Target& target);  // "at least 0.5"

struct Figure {
  std::string name;    // "engine/jobs rollcall.random_jobs_per_s"
  bool ratio = false;  // of two figures of the same round
  bool higher_is_better = false;
  std::optional<Target> target;
  std::vector<double> samples;  // one a round
};

// Of an absolute figure, by its name: is more better?
bool is_rate(std::string_view name);
// What the runner calls the share of a core that other processes left to it.
inline constexpr const char* kCpuShare = "machine cpu_share";

struct RunResults {
  std::string commit;
  std::string kernel;
  std::string processor;
  int64_t cores = 0;
  std::string options;  // as text: only runs with equal ones can be compared
  std::vector<Figure> figures;
  std::vector<std::string> failures;  // cases that ended early, with the reason
};

std::string to_json(const RunResults& results);
// Error: InvalidFormattedParameter, saying what is missing.
Result<RunResults> from_json(std::string_view text);

}  // namespace rollcall::bench
