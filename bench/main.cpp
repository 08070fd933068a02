// rollcall_bench: runs cases and prints one table, ratios first; or compares the JSON of two runs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "bench/beast_wall.hpp"
#include "bench/epoll_wall.hpp"
#include "bench/machine.hpp"
#include "bench/report.hpp"
#include "bench/runner.hpp"
#include "support/child_process.hpp"

namespace rollcall::bench {
namespace {

struct CommandLine {
  Options options;
  std::vector<std::string> names;
  std::vector<std::string> compared;
  std::string json_path, commit = "unknown";
  bool smoke = false, quick = false, large = false, is_long = false;
};

// Sizes that a developer waits for (quick), and sizes that only show that a case still runs (smoke).
void set_sizes(const CommandLine& given, Options& options) {
  if (given.quick) {
    options.devices = 2'000;
    options.targets = 20'000;
    options.tasks = 20'000;
    options.pace_devices = 100;
    options.api_seconds = 0.3;
    options.rounds = 3;
  }
  if (given.smoke) {
    options.devices = 40;
    options.targets = 500;
    options.tasks = 1'000;
    options.pace_devices = 20;
    options.reports_per_second = 500;
    options.api_seconds = 0.05;
    options.settle_ms = 0;
    options.rounds = 1;
  }
  if (given.large) options.targets = 1'000'000;
  if (given.is_long) options.pace_devices = 10'000;
}

std::string cases_text() {
  std::string out = "Cases (name one, or its group):\n";
  for (const CaseRow& row : case_table()) out += fmt::format("  {:<18} {}\n", row.name, row.what);
  return out;
}

int compare(const std::vector<std::string>& paths) {
  std::vector<RunResults> runs;
  for (const std::string& path : paths) {
    auto run = from_json(testing::read_file(path));
    if (!run) {
      std::fprintf(stderr, "bench: %s: %s\n", path.c_str(), public_message(run.error()).c_str());
      return 2;
    }
    runs.push_back(std::move(*run));
  }
  std::fputs(render_comparison(runs[0], runs[1]).c_str(), stdout);
  return 0;
}

int run(const CommandLine& given) {
  std::vector<const CaseRow*> rows;
  for (const std::string& name : given.names) {
    const auto found = find_cases(name);
    if (found.empty()) {
      std::fprintf(stderr, "bench: there is no case or group '%s'\n%s", name.c_str(), cases_text().c_str());
      return 2;
    }
    rows.insert(rows.end(), found.begin(), found.end());
  }
  if (given.names.empty())
    for (const CaseRow& row : case_table()) rows.push_back(&row);
  RunResults results;
  describe_machine(results);
  const Options& options = given.options;
  results.commit = given.commit;
  results.options = fmt::format("devices {}, targets {}, tasks {}, rounds {}", options.devices,
                                options.targets, options.tasks, options.rounds);
  for (const CaseRow* row : rows) run_case(*row, options, results);
  std::fputs(render_run(results).c_str(), stdout);
  if (!given.json_path.empty()) std::ofstream(given.json_path) << to_json(results);
  return results.failures.empty() ? 0 : 1;
}

int main_of(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--epoll-wall")
    return run_epoll_wall(static_cast<uint16_t>(std::stoi(argv[2])));
  if (argc == 3 && std::string_view(argv[1]) == "--beast-wall")
    return run_beast_wall(static_cast<uint16_t>(std::stoi(argv[2])));
  CommandLine given;
  CLI::App app("Benchmarks of Rollcall beside peers and walls; prints ratios first.", "./dev bench");
  app.footer(cases_text());
  Options& options = given.options;
  app.add_option("case", given.names, "cases or groups; none: all");
  app.add_flag("--quick", given.quick, "smaller sizes, under two minutes");
  app.add_flag("--smoke", given.smoke, "tiny sizes: does every case still run?");
  app.add_flag("--large", given.large, "mass operations and restart over a million devices");
  app.add_flag("--long", given.is_long, "the pace over ten minutes");
  size_t devices = 0, targets = 0, tasks = 0;
  int rounds = 0;
  app.add_option("--devices", devices, "connected devices");
  app.add_option("--targets", targets, "devices of mass operations");
  app.add_option("--tasks", tasks, "tasks of the bare store");
  app.add_option("--rounds", rounds, "rounds, in alternating order")->check(CLI::Range(1, 1'000));
  app.add_option("--json", given.json_path, "write every sample to this file");
  app.add_option("--compare", given.compared, "two such files: what changed?")->expected(2);
  app.add_option("--binary", options.binary, "the rollcall program")->group("");
  app.add_option("--commit", given.commit, "what is measured, for the JSON")->group("");
  CLI11_PARSE(app, argc, argv);
  if (!given.compared.empty()) return compare(given.compared);
  set_sizes(given, options);
  if (devices > 0) options.devices = devices;
  if (targets > 0) options.targets = targets;
  if (tasks > 0) options.tasks = tasks;
  if (rounds > 0) options.rounds = rounds;
  return run(given);
}

}  // namespace
}  // namespace rollcall::bench

int main(int argc, char** argv) { return rollcall::bench::main_of(argc, argv); }
