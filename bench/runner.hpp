// Works off cases: starts their subjects, does rounds in alternating order and gathers the figures. Thread:
// main; starts processes.
#pragma once

#include "bench/cases.hpp"

namespace rollcall::bench {

// Appends to `results`. A case whose subject ends early is noted as failed, and the next one goes on.
void run_case(const CaseRow& row, const Options& options, RunResults& results);

}  // namespace rollcall::bench
