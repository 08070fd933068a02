// What one seed makes of the world: how large it is, who lives there, how badly everything behaves. Each seed
// turns most troubles off and some on, so that one kind of failure does not hide another. Values only.
#pragma once

#include <cstdint>

#include "sim/dice.hpp"

namespace rollcall::sim {

struct Plan {
  // the world
  int products = 1;
  int devices = 8;  // at the start
  int groups = 1;
  int64_t minutes = 5;  // of trouble; the quiet end comes on top
  uint16_t cores = 1;

  // the server
  size_t mailbox_entries = 4096;  // of each mailbox between threads
  size_t sweep_rows = 2'000;      // rows of one chunk of a long sweep
  size_t push_slice = 1'024;
  int64_t between_batches_us = 20;
  int64_t thread_delay_us_max = 500;  // between a mailbox being filled and its owner looking
  int64_t job_lifetime_ms = 20 * 60'000;
  int64_t keep_deleted_ms = 30LL * 24 * 3'600'000;
  int64_t keep_ended_ms = 0;
  double poison_per_minute = 0;  // calls whose commit the store refuses as a conflict
  double meddling = 0;           // chance per commit that another process changes a row first

  // the network
  int64_t latency_us_max = 20'000;
  double cut_per_minute = 0;  // per connection
  double half_open = 0;       // share of the cuts that the server does not hear of
  double slow_reader = 0;     // share of the connections whose client stops reading for a while
  double lost_answers = 0;    // share of the HTTP answers that never arrive

  // the disk and the process
  double crash_per_minute = 0;  // power cut
  double kill_per_minute = 0;   // kill -9
  double crash_in_write = 0;    // share of those that happen in the middle of a write
  double disk_fault = 0;        // per operation, while a bad spell lasts
  double bad_spells_per_minute = 0;
  double full_per_minute = 0;
  double slow_disk = 0;  // per operation
  double wall_steps_per_minute = 0;

  // devices: shares of the fleet, or chances per occasion
  double silent = 0;               // holds a task and never answers
  double lying = 0;                // reports on tasks that are not its own, nonsense, impossible statuses
  double repeating = 0;            // says everything twice
  double asks_next = 0.5;          // `$next` right behind CONNECT
  double explicit_subscriber = 0;  // no _ss=1; subscribes by itself, some time
  double twin = 0;                 // a second client with the same identity
  double late = 0;                 // reports after a pause in which much may happen
  double contrary = 0;             // answers CANCELLED with IN_PROGRESS
  double qos1_reports = 0.5;
  double withholds_puback = 0;
  double offline_share = 0.2;

  // operators
  double jobs_per_minute = 3;
  double meddling_calls_per_minute = 4;  // cancel, pause, update, rerun, delete, disable ...
  double reads_per_minute = 4;
  double command_jobs = 0.2;  // share of the jobs that set a property or call a service
  double reruns = 0.3;        // share of the calls that meddle
  int jobs_max = 25;
};

// No operation of the disk fails, unless the power does.
inline bool has_sound_disk(const Plan& plan) {
  return plan.bad_spells_per_minute == 0 && plan.full_per_minute == 0;
}

// Nor does anything else make the server refuse what a device rightly says.
inline bool may_refuse_nothing(const Plan& plan) {
  return has_sound_disk(plan) && plan.meddling == 0 && plan.mailbox_entries >= 1'000;
}

Plan make_plan(uint64_t seed);

}  // namespace rollcall::sim
