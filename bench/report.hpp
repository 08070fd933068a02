// Tables for people: one run (ratios first, each beside its target, then absolute figures), or two runs side
// by side. Called by main. Thread: main.
#pragma once

#include <string>

#include "bench/results.hpp"

namespace rollcall::bench {

std::string render_run(const RunResults& results);
// What changed from `before` to `after`, with the verdict of statistics.hpp; says so when the machine was not
// the same or not equally fast.
std::string render_comparison(const RunResults& before, const RunResults& after);

}  // namespace rollcall::bench
