// Signed reads over kept-alive connections, of Rollcall and of the bare server, by the same generator. Used
// by cases.cpp. Thread: the child's main.
#pragma once

#include "bench/subject.hpp"

namespace rollcall::bench {

// requests_per_s and cpu_us flat out, p50_ms and p99_ms at half of that rate: QueryJob and QueryJobStatistics
// in turn.
std::unique_ptr<Subject> start_requests(const Options& options);
std::unique_ptr<Subject> start_bare_requests(const Options& options);

}  // namespace rollcall::bench
