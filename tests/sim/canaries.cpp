#include "sim/canaries.hpp"

#include "sim/world.hpp"

namespace rollcall::sim {
namespace {

void calm_disk(Plan& plan) {
  plan.bad_spells_per_minute = 0;
  plan.full_per_minute = 0;
}
void failing_disk(Plan& plan) {
  plan.bad_spells_per_minute = 2;
  plan.disk_fault = 0.2;
  plan.meddling = 0;
}
void crashing(Plan& plan) {
  calm_disk(plan);
  plan.crash_per_minute = 2;
  plan.crash_in_write = 0.3;
}
void meddled(Plan& plan) {
  calm_disk(plan);
  plan.meddling = 0.3;
}
// Pushes to many devices in the same batches as reports of others.
void meddled_crowd(Plan& plan) {
  meddled(plan);
  plan.meddling = 0.6;
  plan.devices = 25;
  plan.jobs_per_minute = 15;
  plan.jobs_max = 60;
  plan.between_batches_us = 50'000;
  plan.withholds_puback = 0.8;
  plan.late = 0.6;
  plan.cut_per_minute = 4;
  plan.crash_per_minute = 0;
  plan.kill_per_minute = 0;
  plan.job_lifetime_ms = 30 * 60'000;
}
void stepped_clock(Plan& plan) {
  plan.wall_steps_per_minute = 2;
  plan.late = 0.6;
}
void small_mailboxes(Plan& plan) { plan.mailbox_entries = 10; }
void qos1(Plan& plan) {
  plan.qos1_reports = 1;
  plan.cut_per_minute = 3;
  plan.crash_per_minute = 1.5;
  plan.thread_delay_us_max = 400'000;
  plan.meddling = 0;
  plan.mailbox_entries = 4'096;
  calm_disk(plan);
}
void interfered(Plan& plan) {
  plan.sweep_rows = 1;
  plan.between_batches_us = 50'000;
  plan.devices = 30;
  plan.meddling_calls_per_minute = 15;
  plan.late = 0.5;
}
void growing(Plan& plan) {
  plan.groups = 1;
  plan.sweep_rows = 1;
  plan.devices = 20;
  plan.thread_delay_us_max = 400'000;
  plan.jobs_per_minute = 8;
}
void many_jobs(Plan& plan) {
  plan.jobs_per_minute = 30;
  plan.jobs_max = 40;
  plan.devices = 3;
  plan.withholds_puback = 1;
  plan.silent = 1;
}
void quick_network(Plan& plan) {
  plan.latency_us_max = 20'000;
  plan.thread_delay_us_max = 500;
  plan.asks_next = 1;
  plan.offline_share = 0.6;
  plan.cut_per_minute = 2;
  calm_disk(plan);
}
void twins(Plan& plan) {
  plan.twin = 0.6;
  plan.latency_us_max = 2'000'000;
  plan.cut_per_minute = 2;
  plan.half_open = 0.5;
  calm_disk(plan);
}
void failing_late(Plan& plan) {
  failing_disk(plan);
  plan.withholds_puback = 0.5;
  plan.late = 0.6;
}
void failing_twins(Plan& plan) {
  failing_disk(plan);
  plan.minutes = 10;
  plan.slow_disk = 0;
  plan.twin = 0.6;
  plan.cut_per_minute = 0.2;
  plan.half_open = 0;
  plan.slow_reader = 0;
  plan.explicit_subscriber = 0;
  plan.crash_per_minute = 0;
  plan.kill_per_minute = 0;
}
void dying_disk(Plan& plan) {
  failing_disk(plan);
  plan.kill_per_minute = 2;
  plan.crash_per_minute = 2;
}
void rerunning(Plan& plan) {
  calm_disk(plan);
  plan.minutes = 10;
  plan.reruns = 0.8;
  plan.command_jobs = 0;
  plan.devices = 6;
  plan.jobs_max = 12;
  plan.meddling_calls_per_minute = 20;
  plan.late = 0.5;
  plan.silent = 0.3;
  plan.qos1_reports = 1;
}
void answering_again(Plan& plan) {
  rerunning(plan);
  plan.repeating = 1;
  plan.command_jobs = 1;
}
void crowded(Plan& plan) {
  plan.devices = 50;
  plan.jobs_per_minute = 4;
  plan.offline_share = 0.5;
  plan.cut_per_minute = 2;
  plan.asks_next = 1;
}
void restarting(Plan& plan) {
  plan.kill_per_minute = 3;
  plan.devices = 40;
  plan.offline_share = 0;
  calm_disk(plan);
}
void sweeping(Plan& plan) {
  interfered(plan);
  calm_disk(plan);
  plan.kill_per_minute = 2;
  plan.devices = 30;
}
void deleting(Plan& plan) {
  plan.meddling_calls_per_minute = 20;
  plan.wall_steps_per_minute = 0;
  plan.keep_deleted_ms = 120'000;
  plan.minutes = 6;
}
void pausing(Plan& plan) { plan.meddling_calls_per_minute = 30; }
void reading(Plan& plan) { plan.reads_per_minute = 20; }
void busy(Plan& plan) {
  plan.minutes = 15;
  plan.devices = 40;
  plan.jobs_per_minute = 10;
  plan.jobs_max = 150;
}
void subscribers(Plan& plan) { plan.explicit_subscriber = 0.8; }
void cutting(Plan& plan) {
  plan.cut_per_minute = 3;
  plan.withholds_puback = 0.5;
}
void poisoned(Plan& plan) {
  calm_disk(plan);
  plan.poison_per_minute = 20;
  plan.thread_delay_us_max = 400'000;
  plan.jobs_per_minute = 8;
  plan.reads_per_minute = 0;
  plan.lost_answers = 0;
}

constexpr CanaryRow kRows[] = {
    {Canary::PubackBeforeCommit, "puback before commit", "durable before acknowledged", qos1},
    {Canary::AnswerFailedCommits, "answer failed commits", "durable before acknowledged", failing_disk},
    {Canary::BisectForgetsHalf, "bisect forgets half", "one poison command alone is refused", poisoned},
    {Canary::UndoForgets, "undo forgets", "a failed commit changes nothing in memory either", failing_disk},
    {Canary::CountRequested, "count requested", "counters derive from rows that were hit", meddled},
    {Canary::LosersNotReloaded, "losers not reloaded", "losers are reloaded and decided again", meddled},
    {Canary::PushWithoutRoom, "push without room", "room is reserved before SENT", small_mailboxes},
    {Canary::IdsNotDurable, "ids not durable", "ids are never reused", crashing},
    {Canary::RowStatusWhileSweeping, "row status while sweeping", "effective status is phase and row",
     interfered},
    {Canary::NoSnapshot, "no snapshot", "the target set is fixed at creation", growing},
    {Canary::SweepForgotten, "sweep forgotten", "sweeps are resumable", sweeping},
    {Canary::PurgedEarly, "purged early", "what is left of a deleted job stays for its time", deleting},
    {Canary::WallStepMovesTimers, "wall step moves timers", "a wall step moves nothing that is armed",
     stepped_clock},
    {Canary::TimeOutIgnoresAttempt, "time-out ignores attempt", "time-outs are checked with their attempt",
     rerunning, 1'000},
    {Canary::PushTwice, "push twice", "at most one push per task and connection", cutting},
    {Canary::NeverPushAgain, "never push again", "an unconfirmed task is pushed on the next connection",
     cutting},
    {Canary::PushUnsubscribed, "push unsubscribed", "reachable only when deliverable", subscribers},
    {Canary::PushBeforeNext, "push before next", "after CONNACK wait for a $next", quick_network},
    {Canary::NoPushCap, "no push cap", "at most 10 unconfirmed pushes", many_jobs},
    {Canary::LateCloseEndsSession, "late close ends session", "an old close does not touch the new session",
     twins},
    {Canary::StaleSessionSpeaks, "stale session speaks", "a connection epoch goes with every message", twins},
    {Canary::AnswerOfOldAttempt, "answer of old attempt", "the Alink id derives from job and attempt",
     answering_again},
    {Canary::WrongContent, "wrong content", "pushes share their own job's document", nullptr},
    {Canary::RerunTakesOldReport, "rerun takes old report",
     "after a rerun only SUCCEEDED counts until pushed", rerunning},
    {Canary::ReturnedIgnorePace, "returned ignore pace", "the pace is never exceeded", crowded},
    {Canary::NextIgnoresPace, "next ignores pace", "$next cannot outrun the pace", crowded},
    {Canary::PushWhilePaused, "push while paused", "no pushes while paused", pausing},
    {Canary::PaceCatchesUp, "pace catches up", "lateness is carried up to 300 ms", crowded},
    {Canary::RestartForgetsPace, "restart forgets pace", "the pace is never exceeded", restarting},
    {Canary::ProgressNotThinned, "progress not thinned", "progress is thinned in the history", nullptr},
    {Canary::PageSkipsRow, "page skips row", "lists page by key", reading},
    {Canary::NeverCheckpoint, "never checkpoint", "the log is bounded", busy},
    // Found by a seed, once. Seeds change their meaning with every throw of the dice that is added; a bug
    // that can be switched on stays found.
    {Canary::ForgottenPushes, "forgotten pushes", "a failed commit changes nothing in memory", failing_late},
    {Canary::ForgottenConfirms, "forgotten confirms", "a failed commit changes nothing in memory",
     failing_late},
    {Canary::GhostSession, "ghost session", "an old connection is told that it is over", failing_twins},
    {Canary::StaleCounters, "stale counters", "losers are reloaded", meddled},
    {Canary::OneStep, "one step", "a push that is stored is sent", meddled_crowd},
    {Canary::UnsyncedLog, "unsynced log", "what is acknowledged is on the disk", dying_disk},
};

void switch_to([[maybe_unused]] Canary canary) {
#ifdef ROLLCALL_CANARIES
  active_canary = canary;
#endif
}

}  // namespace

std::span<const CanaryRow> canary_rows() noexcept { return kRows; }

const CanaryRow* find_canary(std::string_view name) noexcept {
  for (const CanaryRow& row : kRows)
    if (row.name == name) return &row;
  return nullptr;
}

Plan world_of(const CanaryRow& row, uint64_t seed) {
  Plan plan = make_plan(seed);
  if (row.tune) row.tune(plan);
  return plan;
}

Hunt hunt(const CanaryRow& row, uint64_t first_seed) {
  Hunt result;
  for (uint64_t i = 0; i < row.seeds_max && result.seed == 0; ++i) {
    const Plan plan = world_of(row, first_seed + i);
    const auto live = [&](Canary canary) {
      switch_to(canary);
      const Outcome outcome = World(plan, first_seed + i, false).run();
      switch_to(Canary::None);
      return outcome.clean ? std::string() : outcome.violation;
    };
    result.violation = live(row.canary);
    if (result.violation.empty()) continue;
    result.seed = first_seed + i;
    result.without = live(Canary::None);
  }
  return result;
}

}  // namespace rollcall::sim
