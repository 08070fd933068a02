// A case in a process of its own, so that two loads of 10,000 connections each fit under one limit of open
// files. Made before any thread is. Thread: main.
#pragma once

#include <functional>
#include <memory>

#include "bench/cases.hpp"

namespace rollcall::bench {

std::unique_ptr<Case> in_child(const Options& options, std::unique_ptr<Case> (*start)(const Options&));

}  // namespace rollcall::bench
