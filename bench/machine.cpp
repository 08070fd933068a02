#include "bench/machine.hpp"

#include <fcntl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/clock.hpp"
#include "bench/statistics.hpp"
#include "support/child_process.hpp"

namespace rollcall::bench {
namespace {

constexpr int kSyncs = 100;
constexpr uint64_t kLoopSteps = 10'000'000;

std::string processor_name() {
  const std::string text = testing::read_file("/proc/cpuinfo");
  const size_t at = text.find("model name");
  const size_t colon = at == std::string::npos ? at : text.find(": ", at);
  if (colon == std::string::npos) return "unknown processor";
  return text.substr(colon + 2, text.find('\n', colon) - colon - 2);
}

}  // namespace

void describe_machine(RunResults& results) {
  utsname names{};
  uname(&names);
  results.kernel = names.release;
  results.processor = processor_name();
  results.cores = std::thread::hardware_concurrency();
}

std::vector<double> time_syncs(const std::string& folder, int syncs) {
  const std::string path = folder + "/syncs";
  const int file = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) give_up("cannot write to " + folder);
  const std::string block(4096, 'x');
  const SystemClock clock;
  std::vector<double> times;
  for (int i = 0; i < syncs; ++i) {
    const SteadyUs begin = clock.steady();
    if (write(file, block.data(), block.size()) < 0 || fdatasync(file) != 0) give_up("cannot sync " + path);
    times.push_back(static_cast<double>(clock.steady() - begin));
  }
  close(file);
  unlink(path.c_str());
  return times;
}

Values calibrate(const std::string& folder) {
  const SystemClock clock;
  const SteadyUs begin = clock.steady();
  const int64_t cpu_before_us = own_cpu_us();
  // Each step waits for the one before, so that only the clock frequency and other processes matter.
  volatile uint64_t seed = 88172645463325252ULL;
  uint64_t state = seed;
  for (uint64_t i = 0; i < kLoopSteps; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
  }
  seed = state;
  const double loop_ms = static_cast<double>(clock.steady() - begin) / 1e3;
  const double cpu_ms = static_cast<double>(own_cpu_us() - cpu_before_us) / 1e3;
  const std::vector<double> syncs = time_syncs(folder, kSyncs);
  return {{"cpu_loop_ms", loop_ms},
          {"cpu_share", loop_ms > 0 ? std::min(cpu_ms / loop_ms, 1.0) : 0},
          {"fdatasync_p50_ms", percentile(syncs, 0.5) / 1e3},
          {"fdatasync_p99_ms", percentile(syncs, 0.99) / 1e3}};
}

int64_t own_cpu_us() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

}  // namespace rollcall::bench
