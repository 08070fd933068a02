// ExplainTask: gathers the facts of one task as they are at this moment. It changes nothing.
#include <algorithm>

#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

constexpr int64_t kCountMax = 1'000'000;

WallMs wall_of(const State& state, SteadyUs when) {
  return state.clock.wall() + (when - state.clock.steady()) / 1000;
}

// Where the task stands in its job's order: the very places that roll_out goes through. Nothing when its turn
// was there already and it waits for its device alone.
std::optional<int64_t> tasks_ahead(const JobState& job, int64_t sequence) {
  const auto it = job.returned.lower_bound(sequence);
  if (it != job.returned.end() && *it == sequence)
    return std::min<int64_t>(kCountMax, std::distance(job.returned.begin(), it));
  if (job.scan_exhausted || sequence <= job.scan_cursor) return std::nullopt;
  return sequence - job.scan_cursor - 1 + static_cast<int64_t>(job.returned.size());
}

void add_device_facts(State& state, WorkingSet& ws, JobState& job, TaskFacts& facts) {
  const Task& task = facts.task;
  facts.obstacle = push_obstacle(state, job, task);
  if (const Device* device = ws.devices.find(task.device)) facts.device_enabled = device->enabled;
  const Session* session = state.sessions.find(task.device);
  if (!session) {
    Presence presence;
    if (auto it = state.sessions.presence_unwritten.find(task.device);
        it != state.sessions.presence_unwritten.end())
      presence = it->second;
    else if (const Presence* stored = ws.presence.find(task.device))
      presence = *stored;
    if (presence.activated_at.value != 0) facts.offline_since = presence.changed_at;
    return;
  }
  facts.unconfirmed = static_cast<int64_t>(session->pushes.size());
  facts.pushed_here = session->has_push(task.key);
  for (const Sessions::Settling& entry : state.sessions.settling)
    if (entry.device == task.device && entry.epoch == session->epoch)
      facts.settled_at = wall_of(state, entry.due);
  if (facts.obstacle != PushOutcome::Pushed) return;
  if (state.room.reserve(session->at.core, 1))
    state.room.release(session->at.core, 1);
  else
    facts.obstacle = PushOutcome::NoRoom;
}

void add_job_facts(State& state, const JobState& held, TaskFacts& facts) {
  const Job& job = held.job;
  facts.job_status = job.status;
  facts.job_paused = job.paused;
  facts.job_may_push = may_push(job);
  facts.job_waits_for_offline = job.spec.offline_policy == OfflinePolicy::Wait;
  facts.scheduled_at = job.spec.scheduled_at;
  facts.ahead = tasks_ahead(held, facts.task.key.sequence);
  if (facts.ahead && facts.job_may_push) {
    const SteadyUs turn = held.pace.slot_after(*facts.ahead, state.clock.steady());
    if (*facts.ahead > 0 || turn > state.clock.steady()) facts.turn_at = wall_of(state, turn);
  }
  if (held.content->sync_service)
    facts.deadline = facts.task.modified_at + 8'000;
  else if (job.settings.in_progress_timeout_minutes > 0)
    facts.deadline = facts.task.modified_at + job.settings.in_progress_timeout_minutes * 60'000;
}

}  // namespace

bool gather_explain(State& state, WorkingSet& ws, const ExplainTask& command) {
  if (!ws.tasks.need(command.key)) return false;
  const Task* task = ws.tasks.find(command.key);
  if (!task) return true;
  bool all = state.jobs.find(command.key.job) || ws.jobs.need(command.key.job);
  all = ws.devices.need(task->device) && all;
  all = ws.presence.need(task->device) && all;
  return (is_open(task->status) || ws.task_details.need(command.key)) && all;
}

Result<Outcome> explain_task(State& state, WorkingSet& ws, const Actor& actor, const ExplainTask& command) {
  const Task* task = ws.tasks.find(command.key);
  JobState* held = state.jobs.find(command.key.job);
  const Job* job = held ? &held->job : ws.jobs.find(command.key.job);
  if (!task || !job || job->instance != actor.instance) return fail(ErrorCode::NotExistedTask);
  TaskFacts facts;
  facts.task = *task;
  facts.status = effective_status(*job, task->status);
  if (const TaskDetail* detail = ws.task_details.find(command.key)) facts.message = detail->message;
  if (held && is_open(facts.status)) {
    add_job_facts(state, *held, facts);
    add_device_facts(state, ws, *held, facts);
    const auto confirmed = state.confirms_unwritten.find(task->key);
    facts.confirmed = (task->flags & kTaskConfirmed) != 0 ||
                      (confirmed != state.confirms_unwritten.end() && confirmed->second == task->attempt);
    facts.wants_push_again = wants_push_again(state, *held, *task);
  }
  return Outcome(TaskExplained{*task, facts.status, explain(facts)});
}

}  // namespace rollcall::engine
