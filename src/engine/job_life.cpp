// What is asked of jobs that exist (cloud-api A.2 to A.5; DESIGN 5.14, 5.16, 5.17). Each is one small change
// of the job's phase; what follows for its tasks is a sweep in chunks (upkeep.cpp).
#include "base/overload.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

// The job as this batch has left it, if it is this instance's.
const Job* present_job(State& state, WorkingSet& ws, const Actor& actor, JobId id) {
  const Job* job = ws.jobs.find(id);  // decided in this batch already, or finished
  if (!job)
    if (const JobState* held = state.jobs.find(id)) job = &held->job;
  return job && job->instance == actor.instance ? job : nullptr;
}

tl::unexpected<Error> refuse_status(const Job& job) {
  return fail(ErrorCode::InvalidJobStatus, "the job is " + std::string(job_status_text(job.status)));
}

void put_job(State& state, WorkingSet& ws, Decision& decision, const Job& from, Job to) {
  change_job(decision, from, to, state.clock.wall());
  const JobId id = to.id;
  ws.jobs.put(id, std::move(to));
}

Result<Outcome> cancel_job(State& state, WorkingSet& ws, Decision& decision, const Job& job) {
  if (!may_cancel(job.status)) return refuse_status(job);
  Job next = job;
  next.status = JobStatus::Cancelling;
  next.paused = false;
  if (next.sweep != Sweep::Make) {  // tasks still to be made are made first, then cancelled
    next.sweep = Sweep::Cancel;
    next.sweep_cursor = 0;
  }
  put_job(state, ws, decision, job, std::move(next));
  return Outcome(Done{});
}

// Pausing a paused job, or resuming one that is not, changes nothing and is no error.
Result<Outcome> set_paused(State& state, WorkingSet& ws, Decision& decision, const Job& job, bool paused) {
  if (!may_change(job.status)) return refuse_status(job);
  if (job.paused == paused) return Outcome(Done{});
  Job next = job;
  next.paused = paused;
  put_job(state, ws, decision, job, std::move(next));
  return Outcome(Done{});
}

}  // namespace

bool gather_job_life(State& state, WorkingSet& ws, const JobLifeCommand& command) {
  const JobId id = std::visit([](const auto& c) { return c.job; }, command);
  return state.jobs.find(id) || ws.jobs.need(id);
}

Result<Outcome> decide_job_life(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                const JobLifeCommand& command) {
  const JobId id = std::visit([](const auto& c) { return c.job; }, command);
  const Job* job = present_job(state, ws, actor, id);
  if (!job) return fail(ErrorCode::NotExistedJob);
  const Job from = *job;  // the row in the working set is replaced
  return std::visit(Overload{
                        [&](const CancelJob&) { return cancel_job(state, ws, decision, from); },
                        [&](const PauseJob&) { return set_paused(state, ws, decision, from, true); },
                        [&](const ResumeJob&) { return set_paused(state, ws, decision, from, false); },
                    },
                    command);
}

}  // namespace rollcall::engine
