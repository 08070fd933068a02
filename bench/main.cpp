// rollcall_bench: prints one table; ratios first, each against a peer or a limit measured in the same run.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench/cases.hpp"
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

void print_series(const char* name, const Series& series) {
  std::printf("%-44s %9.0f (%.0f-%.0f) /s   server CPU %5.1f us each   RSS %5.0f B per idle device\n", name,
              median(series.per_second), minimum(series.per_second), maximum(series.per_second),
              median(series.server_cpu_us), series.rss_bytes_per_device);
}

void run(const Options& options) {
  std::printf("%zu devices, %d rounds, medians (min-max); server and load share the machine\n\n",
              options.devices, options.rounds);
  const Series peer = measure_mosquitto(options);
  const Series jobs = measure_rollcall_jobs(options);
  const Series peer_again = measure_mosquitto(options);
  const double peer_rate = (median(peer.per_second) + median(peer_again.per_second)) / 2;
  const MassCreation mass = measure_mass_creation(options);

  std::printf("ratio  jobs per second / messages Mosquitto delivers   %.2f   (at least 0.40)\n",
              median(jobs.per_second) / peer_rate);
  std::printf("ratio  all tasks of %zu exist / bare SQLite insert     %.2f   (at most 4)\n\n",
              options.targets, mass.all_tasks_ms / mass.bare_insert_ms);
  print_series("Mosquitto, one QoS 1 message each", peer);
  print_series("Rollcall, whole durable job each", jobs);
  print_series("Mosquitto again", peer_again);
  std::printf("RSS per idle device: %.2f KiB (at most 2.5)\n\n", jobs.rss_bytes_per_device / 1024);
  std::printf(
      "CreateJob on %zu devices answers in %.1f ms (under 100); all tasks exist after %.0f ms, bare insert "
      "%.0f ms\n",
      options.targets, mass.answer_ms, mass.all_tasks_ms, mass.bare_insert_ms);
  std::printf("%zu other calls meanwhile: p50 %.1f ms, p99 %.1f ms (under 50)\n", mass.others,
              mass.others_p50_ms, mass.others_p99_ms);
}

}  // namespace
}  // namespace rollcall::bench

int main(int argc, char** argv) {
  rollcall::bench::run(rollcall::bench::read_options(argc, argv));
  return 0;
}
