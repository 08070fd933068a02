// The machine under the run: what it is, and how fast it was just now. A fixed loop of the processor and a
// row of fdatasyncs are measured before every round, so that a noisy run shows. Thread: main.
#pragma once

#include "bench/results.hpp"
#include "bench/subject.hpp"

namespace rollcall::bench {

// Fills in kernel, processor and cores.
void describe_machine(RunResults& results);

// Microseconds of `syncs` appends of 4 KiB with fdatasync each, to a new file in `folder`.
std::vector<double> time_syncs(const std::string& folder, int syncs);

// cpu_loop_ms, cpu_share (how much of a core the loop was given), fdatasync_p50_ms and fdatasync_p99_ms.
Values calibrate(const std::string& folder);

// Processor time of this process so far, user and system.
int64_t own_cpu_us();

}  // namespace rollcall::bench
