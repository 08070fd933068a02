// The cases of the benchmark. Server and load share the machine's cores; figures of one run are compared with
// each other only.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace rollcall::bench {

// Ends the program: a figure of a run that went wrong would be worth nothing.
[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

struct Options {
  std::string binary;  // the rollcall program
  size_t devices = 10'000;
  size_t targets = 100'000;  // of the mass creation
  int rounds = 5;
};

// What one round of a case cost.
struct Round {
  double per_second = 0;
  double server_cpu_us = 0;  // per task or message
};

// A server with N connected devices on which rounds are run, one at a time, in turn with its peer's.
class Case {
 public:
  virtual ~Case() = default;
  virtual Round round() = 0;
  virtual double rss_bytes_per_device() const = 0;
};

// A round is one job over all devices: push, IN_PROGRESS with reply, SUCCEEDED with reply, each durable
// before its reply.
std::unique_ptr<Case> start_rollcall_jobs(const Options& options);
// A round is one QoS 1 message of 512 bytes to each subscriber of Mosquitto.
std::unique_ptr<Case> start_mosquitto(const Options& options);

struct MassCreation {
  double answer_ms = 0;       // CreateJob
  double all_tasks_ms = 0;    // from the call until every task exists
  double bare_insert_ms = 0;  // the same rows and indexes, bare SQLite, in the same run
  double others_p50_ms = 0;   // other calls meanwhile
  double others_p99_ms = 0;
  size_t others = 0;
};
MassCreation measure_mass_creation(const Options& options);

}  // namespace rollcall::bench
