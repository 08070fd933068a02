#include "sim/plan.hpp"

namespace rollcall::sim {
namespace {

// On with that probability, then somewhere between low and high.
double sometimes(Dice& dice, double probability, double low, double high) {
  if (!dice.chance(probability)) return 0;
  return low + (high - low) * static_cast<double>(dice.between(0, 1000)) / 1000.0;
}

}  // namespace

Plan make_plan(uint64_t seed) {
  Dice dice(seed ^ 0x5eed0f0dd5);
  Plan plan;
  plan.products = static_cast<int>(dice.between(1, 2));
  plan.devices = static_cast<int>(dice.chance(0.15) ? dice.between(20, 60) : dice.between(2, 14));
  plan.groups = static_cast<int>(dice.between(0, 2));
  plan.minutes = dice.chance(0.1) ? dice.between(10, 30) : dice.between(2, 6);
  plan.cores = static_cast<uint16_t>(dice.between(1, 2));

  if (dice.chance(0.15)) plan.mailbox_entries = static_cast<size_t>(dice.between(4, 40));
  if (dice.chance(0.6)) plan.sweep_rows = static_cast<size_t>(dice.between(1, 9));
  if (dice.chance(0.3)) plan.push_slice = static_cast<size_t>(dice.between(1, 5));
  if (dice.chance(0.3)) plan.thread_delay_us_max = dice.between(1'000, 400'000);
  if (dice.chance(0.2)) plan.between_batches_us = dice.between(1'000, 50'000);
  plan.job_lifetime_ms = dice.chance(0.3) ? dice.between(2, 5) * 60'000 : dice.between(10, 30) * 60'000;
  plan.meddling = sometimes(dice, 0.2, 0.01, 0.3);
  plan.poison_per_minute = sometimes(dice, 0.2, 0.5, 6);

  if (dice.chance(0.3)) plan.latency_us_max = dice.between(100'000, 5'000'000);
  plan.cut_per_minute = sometimes(dice, 0.5, 0.1, 3);
  plan.half_open = sometimes(dice, 0.5, 0.1, 0.9);
  plan.slow_reader = sometimes(dice, 0.2, 0.02, 0.3);
  plan.lost_answers = sometimes(dice, 0.3, 0.02, 0.3);

  plan.crash_per_minute = sometimes(dice, 0.3, 0.1, 1.5);
  plan.kill_per_minute = sometimes(dice, 0.2, 0.1, 1.5);
  plan.crash_in_write = sometimes(dice, 0.6, 0.2, 0.9);
  plan.bad_spells_per_minute = sometimes(dice, 0.25, 0.2, 1.5);
  plan.disk_fault = sometimes(dice, 0.9, 0.01, 0.5);
  plan.full_per_minute = sometimes(dice, 0.15, 0.2, 1);
  plan.slow_disk = sometimes(dice, 0.3, 0.001, 0.1);
  // The other process is a stand-in: its change counts only when ours, right behind it, is committed too.
  if (!has_sound_disk(plan)) plan.meddling = 0;
  plan.wall_steps_per_minute = sometimes(dice, 0.2, 0.1, 1);

  plan.silent = sometimes(dice, 0.5, 0.05, 0.5);
  plan.lying = sometimes(dice, 0.3, 0.05, 0.5);
  plan.repeating = sometimes(dice, 0.4, 0.05, 0.5);
  plan.asks_next = sometimes(dice, 0.8, 0.1, 1);
  plan.explicit_subscriber = sometimes(dice, 0.4, 0.1, 0.8);
  plan.twin = sometimes(dice, 0.3, 0.05, 0.3);
  plan.late = sometimes(dice, 0.5, 0.05, 0.6);
  plan.contrary = sometimes(dice, 0.3, 0.2, 1);
  plan.qos1_reports = sometimes(dice, 0.8, 0.2, 1);
  plan.withholds_puback = sometimes(dice, 0.3, 0.05, 0.8);
  plan.offline_share = sometimes(dice, 0.6, 0.05, 0.6);

  plan.jobs_per_minute = static_cast<double>(dice.between(1, 8));
  plan.meddling_calls_per_minute = static_cast<double>(dice.between(0, 12));
  plan.reads_per_minute = static_cast<double>(dice.between(0, 8));
  if (dice.chance(0.25)) plan.keep_deleted_ms = dice.between(0, 5 * 60'000);
  if (dice.chance(0.1)) plan.keep_ended_ms = dice.between(2 * 60'000, 10 * 60'000);
  plan.jobs_max = static_cast<int>(dice.chance(0.2) ? dice.between(25, 60) : dice.between(2, 25));
  return plan;
}

}  // namespace rollcall::sim
