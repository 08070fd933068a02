// The table of canaries: which known bug, what it breaks, in what kind of world it shows, and how many seeds
// the simulator has to find it. Used by the tests and by ./dev sim --canaries. Thread: one hunt at a time;
// the switch is the process's.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/canary.hpp"
#include "sim/plan.hpp"

namespace rollcall::sim {

struct CanaryRow {
  Canary canary{};
  std::string_view name;
  std::string_view trap;     // the rule that it breaks
  void (*tune)(Plan& plan);  // the troubles that bring it out; null: any world
  uint64_t seeds_max = 300;
};
std::span<const CanaryRow> canary_rows() noexcept;
const CanaryRow* find_canary(std::string_view name) noexcept;  // nullptr: no such
// The world in which a seed looks for it.
Plan world_of(const CanaryRow& row, uint64_t seed);

struct Hunt {
  uint64_t seed = 0;      // the first that showed the bug; 0: none within the budget
  std::string violation;  // what it broke
  std::string without;    // what breaks in the same world without the bug: must be nothing
  bool found() const { return seed != 0 && without.empty(); }
};
Hunt hunt(const CanaryRow& row, uint64_t first_seed);

}  // namespace rollcall::sim
