// Runs worlds from seeds: rollcall_sim_run [--seeds N] [--seed S] [--hours H] [--devices D] [--jobs J]
// [--trace] [--commit TEXT] [--world CANARY: in its kind of world], or hunts the known bugs: rollcall_sim_run
// --canaries. Ends with 0 when every run was clean. A failing run prints its seed, how to run it again, and
// the end of its trace.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "sim/canaries.hpp"
#include "sim/world.hpp"

namespace {

using rollcall::sim::Outcome;
using rollcall::sim::World;

struct Options {
  uint64_t seed = 1;
  uint64_t seeds = 100;
  double hours = 0;  // of virtual time, at least; 0: the seeds decide
  int devices = 0;   // of each world; 0: the seeds decide
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  bool trace = false;
  bool canaries = false;
  std::string commit = "this tree";
  const rollcall::sim::CanaryRow* canary = nullptr;  // whose kind of world it is
};

struct Sum {
  std::mutex mutex;
  uint64_t runs = 0;
  double hours = 0;
  int64_t rows = 0, reports = 0, calls = 0, calls_succeeded = 0;
  uint64_t crashes = 0, disk_faults = 0;
  std::vector<uint64_t> failed;
};

constexpr size_t kLastLines = 60;

rollcall::sim::Plan plan_of(const Options& options, uint64_t seed) {
  rollcall::sim::Plan plan =
      options.canary ? world_of(*options.canary, seed) : rollcall::sim::make_plan(seed);
  if (options.devices > 0) plan.devices = options.devices;
  return plan;
}

// The lines about the task, and the last ones.
void print_trace(const World& world, const Outcome& outcome, bool whole) {
  const auto& lines = world.trace().lines();
  std::string task;
  if (outcome.about)
    task =
        " " + std::to_string(outcome.about->job.value) + "/" + std::to_string(outcome.about->sequence) + " ";
  const size_t last = lines.size() > kLastLines ? lines.size() - kLastLines : 0;
  for (size_t i = 0; i < lines.size(); ++i)
    if (whole || i >= last || (!task.empty() && lines[i].find(task) != std::string::npos))
      std::printf("    %s\n", lines[i].c_str());
}

void print_failure(const Options& options, uint64_t seed, const Outcome& outcome) {
  std::string again_command = "./dev sim --seeds 1 --trace --seed " + std::to_string(seed);
  if (options.canary) again_command += " --world '" + std::string(options.canary->name) + "'";
  std::printf("\nFAILED: seed %llu of %s\n  %s\n  run it again: %s\n", static_cast<unsigned long long>(seed),
              options.commit.c_str(), outcome.violation.c_str(), again_command.c_str());
  World again(plan_of(options, seed), seed, true);
  const Outcome second = again.run();
  if (second.trace_hash != outcome.trace_hash)
    std::printf("  THE SECOND RUN WENT ANOTHER WAY: something in it is not decided by the seed\n");
  print_trace(again, second, options.trace);
  std::fflush(stdout);
}

void work(const Options& options, std::atomic<uint64_t>& next, Sum& sum) {
  while (true) {
    const uint64_t index = next.fetch_add(1);
    {
      std::lock_guard lock(sum.mutex);
      if (index >= options.seeds && sum.hours >= options.hours) return;
      if (sum.failed.size() >= 5) return;
    }
    const uint64_t seed = options.seed + index;
    World world(plan_of(options, seed), seed, false);
    const Outcome outcome = world.run();
    std::lock_guard lock(sum.mutex);
    ++sum.runs;
    sum.hours += static_cast<double>(outcome.virtual_ms) / 3'600'000;
    sum.rows += outcome.rows;
    sum.reports += outcome.reports;
    sum.calls += outcome.calls;
    sum.calls_succeeded += outcome.calls_succeeded;
    sum.crashes += outcome.crashes;
    sum.disk_faults += outcome.disk_faults;
    if (!outcome.clean) {
      sum.failed.push_back(seed);
      print_failure(options, seed, outcome);
    }
    if (sum.runs % 1'000 == 0) {
      std::printf("  %llu seeds, %.0f hours\n", static_cast<unsigned long long>(sum.runs), sum.hours);
      std::fflush(stdout);
    }
  }
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--trace" || name == "--canaries") {
      (name == "--trace" ? options.trace : options.canaries) = true;
      continue;
    }
    if (i + 1 >= argc) return false;
    const char* value = argv[++i];
    if (name == "--seed")
      options.seed = std::strtoull(value, nullptr, 10);
    else if (name == "--seeds")
      options.seeds = std::strtoull(value, nullptr, 10);
    else if (name == "--devices")
      options.devices = std::atoi(value);
    else if (name == "--hours")
      options.hours = std::strtod(value, nullptr);
    else if (name == "--jobs")
      options.jobs = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    else if (name == "--world" && rollcall::sim::find_canary(value))
      options.canary = rollcall::sim::find_canary(value);
    else if (name == "--commit")
      options.commit = value;
    else
      return false;
  }
  return options.jobs > 0 && options.jobs <= 256;
}

// Every known bug must be found within its budget, and the world be well without it.
int hunt_canaries(const Options& options) {
  int missed = 0;
  for (const rollcall::sim::CanaryRow& row : rollcall::sim::canary_rows()) {
    const auto hunt = rollcall::sim::hunt(row, options.seed);
    if (!hunt.found()) ++missed;
    std::string said = "NOT FOUND within " + std::to_string(row.seeds_max) + " seeds";
    if (hunt.found())
      said = "seed " + std::to_string(hunt.seed) + ": " + hunt.violation;
    else if (!hunt.without.empty())
      said = "SEED " + std::to_string(hunt.seed) + " FAILS WITHOUT IT, TOO: " + hunt.without;
    std::printf("%-26s %s\n", std::string(row.name).c_str(), said.c_str());
    std::fflush(stdout);
  }
  std::printf("%zu canaries, %d not found\n", rollcall::sim::canary_rows().size(), missed);
  return missed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: --seeds N --seed S --hours H --devices D --jobs J --trace --world CANARY, or "
                 "--canaries --seed "
                 "S; at most 256 jobs\n");
    return 2;
  }
  rollcall::log_start(rollcall::LogLevel::Off, false);
  if (options.canaries) return hunt_canaries(options);
  std::atomic<uint64_t> next{0};
  Sum sum;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.jobs; ++i) threads.emplace_back([&] { work(options, next, sum); });
  for (std::thread& thread : threads) thread.join();
  std::printf(
      "%llu seeds, %.1f virtual hours, %lld history rows, %lld reports, %lld calls (%lld succeeded), "
      "%llu crashes, %llu disk faults, %zu failed\n",
      static_cast<unsigned long long>(sum.runs), sum.hours, static_cast<long long>(sum.rows),
      static_cast<long long>(sum.reports), static_cast<long long>(sum.calls),
      static_cast<long long>(sum.calls_succeeded), static_cast<unsigned long long>(sum.crashes),
      static_cast<unsigned long long>(sum.disk_faults), sum.failed.size());
  return sum.failed.empty() ? 0 : 1;
}
