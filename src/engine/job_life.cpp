// What is asked of jobs that exist (cloud-api A.2 to A.5; DESIGN 5.14, 5.16, 5.17). Each is one small change
// of the job's phase; what follows for its tasks is a sweep in chunks (upkeep.cpp).
#include <algorithm>
#include <set>

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
  if (!state.jobs.find(id)) decision.revived.push_back({to, from.status, from.modified_at});
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

// Allowed always; a second time there is nothing to do.
Result<Outcome> delete_job(State& state, WorkingSet& ws, Decision& decision, const Job& job) {
  if (job.status != JobStatus::Removing) remove_job(state, ws, decision, job);
  return Outcome(Done{});
}

constexpr size_t kFirstChunksMax = 2;  // of one batch: the rest begin in later ones

// What a rerun changes of the job: it runs again, and its life starts anew (DESIGN 5.14).
Job running_again(const State& state, const Job& job) {
  Job next = job;
  next.status = JobStatus::InProgress;
  next.sweep = Sweep::None;
  next.sweep_cursor = 0;
  next.paused = false;
  next.started_at = state.clock.wall();
  return next;
}

Sweep rerun_sweep(const std::vector<TaskStatus>& statuses) {
  const auto chosen = [&](TaskStatus status) {
    return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
  };
  const bool failed = chosen(TaskStatus::Failed);
  const bool timed_out = chosen(TaskStatus::TimedOut);
  if (failed == timed_out) return Sweep::Rerun;
  return failed ? Sweep::RerunFailed : Sweep::RerunTimedOut;
}

Result<Outcome> rerun_tasks(State& state, WorkingSet& ws, Decision& decision, const Job& job,
                            const RerunJob& command) {
  std::set<TaskKey> chosen(command.tasks.begin(), command.tasks.end());
  for (const TaskKey& key : chosen) {
    const Task* task = key.job == job.id ? ws.tasks.find(key) : nullptr;
    const std::string name = "the task " + state.codec.task_code(key);
    if (!task) return fail(ErrorCode::NotExistedTask, name + " is none of this job");
    const Transition step = transition(task->status, TaskEvent::Rerun, task->attempt, task->pushes);
    if (step.verdict != Verdict::Apply)
      return fail(ErrorCode::InvalidTaskStatus, name + " is " + std::string(task_status_text(task->status)));
    if (task->flags & kTaskUnfit)
      return fail(ErrorCode::InvalidTaskStatus, name + " does not fit its product's thing model");
  }
  put_job(state, ws, decision, job, running_again(state, job));
  for (const TaskKey& key : chosen) {
    Task* task = ws.tasks.find(key);
    const Task before = *task;
    start_again(*task);
    change_task(state, decision, *task, before, {task->status, Cause::Rerun, TaskDetail{}, false, {}});
  }
  return Outcome(Done{});
}

// FAILED and TIMED_OUT tasks run again under their ids (cloud-api A.5). The first chunk of the sweep goes
// with the answer, so that a small job is seen whole from then on.
Result<Outcome> rerun_job(State& state, WorkingSet& ws, Decision& decision, const Job& job,
                          const RerunJob& command) {
  if (!may_rerun(job.status)) return refuse_status(job);
  if (!command.tasks.empty()) return rerun_tasks(state, ws, decision, job, command);
  Job next = running_again(state, job);
  next.sweep = rerun_sweep(command.statuses);
  const uint32_t* rerunnable = ws.rerunnable.find(job.id);
  if (!rerunnable || (*rerunnable & sweep_plan(next.sweep).statuses) == 0)
    return fail(ErrorCode::InvalidJobStatus, "no task of the job is to be run again");
  next.epoch = job.epoch + 1;
  const store::SweepTasks first = sweep_chunk(state, next, state.clock.wall());
  put_job(state, ws, decision, job, std::move(next));
  if (decision.changes.sweep_tasks.size() < kFirstChunksMax) decision.changes.sweep_tasks.push_back(first);
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

// New rates act at once, a new time-out from the next IN_PROGRESS on (DESIGN 5.16).
Result<Outcome> update_job(State& state, WorkingSet& ws, Decision& decision, const Job& job,
                           const UpdateJob& command) {
  if (!may_change(job.status)) return refuse_status(job);
  Job next = job;
  JobSettings& settings = next.settings;
  if (command.description) settings.description = *command.description;
  if (command.maximum_per_minute) {
    settings.maximum_per_minute = *command.maximum_per_minute;
    settings.maximum_per_minute_given = true;
    const int64_t queued = effective_counters(job)[TaskStatus::Queued];
    if (!fits_lifetime(queued, settings.maximum_per_minute, job.spec.lifetime_ms))
      return fail(ErrorCode::InvalidFormattedParameter,
                  "RolloutConfig.maximumPerMinute: " + std::to_string(settings.maximum_per_minute) +
                      " a minute cannot push " + std::to_string(queued) + " tasks within the job's life");
  }
  const bool qos_matters = job.spec.type == JobType::CustomJob || job.spec.type == JobType::Pub;
  if (command.qos && qos_matters) settings.qos = *command.qos;
  if (command.timeout_minutes) {
    const auto effective = effective_timeout_minutes(job.spec.type, command.timeout_minutes);
    if (!effective)
      return fail(ErrorCode::InvalidFormattedParameter,
                  "TimeoutConfig.inProgressTimeoutInMinutes must be from 1 to 3600, but is " +
                      std::to_string(*command.timeout_minutes));
    settings.in_progress_timeout_minutes = *effective;
  }
  const JobSettings wanted = settings;
  put_job(state, ws, decision, job, std::move(next));
  decision.changes.jobs.back().settings = wanted;
  return Outcome(Done{});
}

}  // namespace

// Tasks still to be made are dropped, open ones are ended as if cancelled, then the job is gone (upkeep.cpp).
void remove_job(State& state, WorkingSet& ws, Decision& decision, const Job& job) {
  Job next = job;
  next.status = JobStatus::Removing;
  next.paused = false;
  if (next.sweep != Sweep::Make) {
    next.sweep = job.counters.open() > 0 ? Sweep::Remove : Sweep::None;
    next.sweep_cursor = 0;
  }
  put_job(state, ws, decision, job, std::move(next));
}

bool gather_job_life(State& state, WorkingSet& ws, const JobLifeCommand& command) {
  const JobId id = std::visit([](const auto& c) { return c.job; }, command);
  const bool job = state.jobs.find(id) || ws.jobs.need(id);
  const auto* rerun = std::get_if<RerunJob>(&command);
  if (!rerun) return job;
  bool all = job;
  for (const TaskKey& key : rerun->tasks) all = ws.tasks.need(key) && all;
  if (rerun->tasks.empty()) all = ws.rerunnable.need(id) && all;
  return all;
}

Result<Outcome> decide_job_life(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                const JobLifeCommand& command) {
  const JobId id = std::visit([](const auto& c) { return c.job; }, command);
  const Job* job = present_job(state, ws, actor, id);
  if (!job) return fail(ErrorCode::NotExistedJob);
  const Job from = *job;  // the row in the working set is replaced
  return std::visit(Overload{
                        [&](const CancelJob&) { return cancel_job(state, ws, decision, from); },
                        [&](const DeleteJob&) { return delete_job(state, ws, decision, from); },
                        [&](const RerunJob& c) { return rerun_job(state, ws, decision, from, c); },
                        [&](const PauseJob&) { return set_paused(state, ws, decision, from, true); },
                        [&](const ResumeJob&) { return set_paused(state, ws, decision, from, false); },
                        [&](const UpdateJob& c) { return update_job(state, ws, decision, from, c); },
                    },
                    command);
}

}  // namespace rollcall::engine
