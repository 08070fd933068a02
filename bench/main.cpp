// rollcall_bench: prints one table; ratios first, each against a peer or a limit measured in the same run.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bench/cases.hpp"
#include "bench/child_case.hpp"
#include "bench/statistics.hpp"

namespace rollcall::bench {
namespace {

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--binary") == 0) options.binary = argv[i + 1];
    if (std::strcmp(argv[i], "--devices") == 0)
      options.devices = static_cast<size_t>(std::atoll(argv[i + 1]));
    if (std::strcmp(argv[i], "--targets") == 0)
      options.targets = static_cast<size_t>(std::atoll(argv[i + 1]));
    if (std::strcmp(argv[i], "--rounds") == 0) options.rounds = std::atoi(argv[i + 1]);
  }
  if (options.binary.empty() || options.devices == 0 || options.rounds < 1) {
    std::fprintf(stderr,
                 "usage: rollcall_bench --binary PATH [--devices 10000] [--targets 100000] [--rounds 5]\n");
    std::exit(2);
  }
  return options;
}

struct Series {
  std::vector<double> per_second, cpu_us;
  void add(const Round& round) {
    per_second.push_back(round.per_second);
    cpu_us.push_back(round.server_cpu_us);
  }
};

void print_series(const char* name, const Series& series, double rss_bytes_per_device) {
  std::printf("%-34s %8.0f (%.0f-%.0f) /s   server CPU %5.1f us each   RSS %5.0f B per idle device\n", name,
              median(series.per_second), minimum(series.per_second), maximum(series.per_second),
              median(series.cpu_us), rss_bytes_per_device);
}

// Rounds of the two servers alternate, so that what else the machine does falls on both.
void run(const Options& options) {
  std::printf("%zu devices, %d paired rounds, medians (min-max); servers and load share the machine\n\n",
              options.devices, options.rounds);
  auto peer = in_child(options, start_mosquitto);
  auto jobs = in_child(options, start_rollcall_jobs);
  Series peer_series, job_series;
  std::vector<double> ratios, cpu_ratios;
  for (int i = 0; i < options.rounds; ++i) {
    const Round a = peer->round();
    const Round b = jobs->round();
    peer_series.add(a);
    job_series.add(b);
    ratios.push_back(b.per_second / a.per_second);
    cpu_ratios.push_back(b.server_cpu_us / a.server_cpu_us);
  }
  const double peer_rss = peer->rss_bytes_per_device();
  const double job_rss = jobs->rss_bytes_per_device();
  peer.reset();
  jobs.reset();
  const MassCreation mass = measure_mass_creation(options);

  std::printf("jobs per second / messages Mosquitto delivers    %.2f (%.2f-%.2f)   target: at least 0.40\n",
              median(ratios), minimum(ratios), maximum(ratios));
  std::printf("server CPU per job / per Mosquitto message       %.2f (%.2f-%.2f)\n", median(cpu_ratios),
              minimum(cpu_ratios), maximum(cpu_ratios));
  std::printf("RSS per idle device                              %.2f KiB           target: at most 2.5\n",
              job_rss / 1024);
  std::printf("CreateJob on %-7zu devices answers after       %.1f ms            target: under 100\n",
              options.targets, mass.answer_ms);
  std::printf("all its tasks exist / bare SQLite insert         %.2f               target: at most 4\n",
              mass.all_tasks_ms / mass.bare_insert_ms);
  std::printf("other calls meanwhile (%zu), p99                 %.1f ms            target: under 50\n\n",
              mass.others, mass.others_p99_ms);
  print_series("Mosquitto, one QoS 1 message each", peer_series, peer_rss);
  print_series("Rollcall, one durable job each", job_series, job_rss);
  std::printf("all tasks exist after %.0f ms, bare insert %.0f ms; other calls p50 %.1f ms\n",
              mass.all_tasks_ms, mass.bare_insert_ms, mass.others_p50_ms);
}

}  // namespace
}  // namespace rollcall::bench

int main(int argc, char** argv) {
  rollcall::bench::run(rollcall::bench::read_options(argc, argv));
  return 0;
}
