// Subjects around very many tasks: mass operations beside bare loops over as many rows, restart, and single
// calls of the API. Used by cases.cpp. Thread: the child's main.
#pragma once

#include "bench/subject.hpp"

namespace rollcall::bench {

// The operations stand in a table in mass_operations.cpp; each gives NAME_answer_ms, NAME_ms (until all rows
// are done), NAME_others_p99_ms (calls by others meanwhile) and NAME_others_share: the last divided by what
// is allowed, 50 ms or ten times the fdatasync p99 of the moment.
std::unique_ptr<Subject> start_mass_operations(const Options& options);
// NAME_ms of the same operations by bare loops.
std::unique_ptr<Subject> start_bare_operations(const Options& options);
// kill -9 with all tasks open, then the time until the server is ready again.
std::unique_ptr<Subject> start_restart(const Options& options);
// Single calls one after the other, beside /healthz, which does nothing.
std::unique_ptr<Subject> start_calls(const Options& options);
// `rollcall import` of so many new devices, and of the same file again.
std::unique_ptr<Subject> start_fleet_import(const Options& options);

}  // namespace rollcall::bench
