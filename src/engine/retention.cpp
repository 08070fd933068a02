// What happens to jobs that are over: an ended one is deleted after keep_ended_ms as if DeleteJob had been
// called, and what is left of a deleted one is taken away after keep_deleted_ms, in chunks with pauses
// between them, so that nobody waits for it (DESIGN 5.16, ADR 0010).
#include <algorithm>

#include "base/canary.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

constexpr size_t kPurgeTasks = 500;  // with some three history rows each, about limits::kSweepRows
constexpr int64_t kPurgePauseUs = 50'000;
constexpr int64_t kRetryUs = 1'000'000;
constexpr size_t kEndedJobsMax = 16;  // deleted in one batch

// Neither a step of the wall clock nor its drift makes anything go before its time.
WallMs cautious_wall(const State& state) { return std::min(state.even_wall(), state.clock.wall()); }

void arm_at(const State& state, std::optional<SteadyUs>& due, WallMs when) {
  const SteadyUs at = arm(when, cautious_wall(state), state.clock.steady());
  if (!due || at < *due) due = at;
}

Status arm_purge(State& state) {
  ROLLCALL_TRY(const auto earliest, state.store.earliest_deletion());
  if (earliest) arm_at(state, state.purge_due, *earliest + state.config.keep_deleted_ms);
  return {};
}

Status arm_ended(State& state) {
  if (state.config.keep_ended_ms == 0) return {};
  ROLLCALL_TRY(const auto earliest, state.store.earliest_end());
  if (earliest) arm_at(state, state.ended_due, *earliest + state.config.keep_ended_ms);
  return {};
}

bool is_due(const State& state, const std::optional<SteadyUs>& due) {
  return due && *due <= state.clock.steady();
}

void pause(const State& state, std::optional<SteadyUs>& due, int64_t us) { due = state.clock.steady() + us; }

Status delete_ended(State& state, WorkingSet& ws, Decision& decision) {
  if (!is_due(state, state.ended_due)) return {};
  state.ended_due.reset();
  const WallMs until = cautious_wall(state) + -state.config.keep_ended_ms;
  ROLLCALL_TRY(const auto ended, state.store.ended_jobs(until, kEndedJobsMax));
  if (ended.empty()) return arm_ended(state);
  for (const JobId id : ended) ws.jobs.need(id);
  ROLLCALL_TRY_STATUS(ws.load(state.store).map([](bool) {}));
  for (const JobId id : ended) {
    // Taken up again by a rerun of this batch or an earlier one: it is not over.
    const Job* job = state.jobs.find(id) ? nullptr : ws.jobs.find(id);
    if (!job || !is_final(job->status)) continue;
    const Job from = *job;
    remove_job(state, ws, decision, from);
    decision.next_step();
  }
  pause(state, state.ended_due, kPurgePauseUs);  // what is still there then is looked at again
  return {};
}

}  // namespace

Status arm_retention(State& state) {
  ROLLCALL_TRY_STATUS(arm_purge(state));
  return arm_ended(state);
}

Status retain(State& state, WorkingSet& ws, Decision& decision) {
  ROLLCALL_TRY_STATUS(delete_ended(state, ws, decision));
  if (!is_due(state, state.purge_due)) return {};
  state.purge_due.reset();
  const int64_t keep_ms = canary(Canary::PurgedEarly) ? 0 : state.config.keep_deleted_ms;
  decision.changes.purge = store::PurgeJobs{cautious_wall(state) + -keep_ms, kPurgeTasks};
  return {};
}

void note_end(State& state, const store::JobChange& change) {
  if (change.deleted) {
    arm_at(state, state.purge_due, change.modified_at + state.config.keep_deleted_ms);
    if (canary(Canary::PurgedEarly)) pause(state, state.purge_due, kRetryUs);
  } else if (is_final(change.status) && state.config.keep_ended_ms > 0) {
    arm_at(state, state.ended_due, change.modified_at + state.config.keep_ended_ms);
  }
}

void absorb_purge(State& state, const Decision& decision, const store::CommitResult& result) {
  if (!decision.changes.purge) return;
  if (result.purged.job) return pause(state, state.purge_due, kPurgePauseUs);
  if (!arm_purge(state)) pause(state, state.purge_due, kRetryUs);
}

void undo_purge(State& state, const Decision& decision) {
  if (decision.changes.purge) pause(state, state.purge_due, kRetryUs);
}

}  // namespace rollcall::engine
