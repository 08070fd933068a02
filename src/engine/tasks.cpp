// The few ways in which the engine changes a task or a job's phase, shared by every decision.
#include "base/canary.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {

Result<int64_t> IdAllocator::next(const char* kind, int64_t block_size) {
  Block& block = blocks_[kind];
  if (block.next == block.end) {
    ROLLCALL_TRY(int64_t first, store_.reserve_ids(kind, canary(Canary::IdsNotDurable) ? 1 : block_size));
    block.next = first;
    block.end = first + block_size;
  }
  return block.next++;
}

Result<int64_t> IdAllocator::next_of_all(const char* kind) {
  blocks_.erase(kind);
  return store_.reserve_ids(kind, 1);
}

TaskStatus seen_status(State& state, const Task& task) {
  const JobState* job = state.jobs.find(task.key.job);
  if (canary(Canary::RowStatusWhileSweeping)) return task.status;
  return job ? effective_status(job->job, task.status) : task.status;
}

void change_task(State& state, Decision& decision, Task& task, const Task& before, TaskUpdate update) {
  store::TaskChange change;
  task.status = update.to;
  task.modified_at = state.clock.wall();
  if (update.detail) {
    const bool empty = *update.detail == TaskDetail{};
    task.flags = static_cast<uint8_t>(empty ? task.flags & ~kTaskHasDetail : task.flags | kTaskHasDetail);
  }
  change.task = task;
  change.from_status = before.status;
  change.from_attempt = before.attempt;
  change.cause = update.cause;
  change.record_history = update.record_history;
  change.detail = std::move(update.detail);
  change.note = std::move(update.note);
  change.time_out_at = update.time_out_at;
  decision.changes.tasks.push_back(std::move(change));
}

void take_late_report(State& state, Decision& decision, Task& task, const JobUpdate& command) {
  const Task before = task;
  if (command.event == TaskEvent::ReportSucceeded) task.flags |= kTaskLateSuccess;
  // While the sweep that ends the task has not reached its row, the history has no end yet to be late for.
  const bool noted = is_final(task.status) && note_late_report(task);
  if (!noted && task.flags == before.flags) return;
  const TaskStatus said = transition(TaskStatus::InProgress, command.event, 1, 1).to;
  TaskDetail note{"the device reported " + std::string(task_status_text(said)), command.status_details};
  change_task(state, decision, task, before, {task.status, Cause::LateReport, {}, noted, {}, note});
}

void forget_push(State& state, Decision& decision, Session& session, const SessionRef& ref,
                 const TaskKey& key) {
  const auto push = session.forget_push(key);
  if (!push) return;
  decision.forgotten_pushes.emplace_back(ref, *push);
  state.make_ready(ref.device);
}

bool may_push_now(WorkingSet& ws, const JobState& job) {
  const Job* decided = ws.jobs.find(job.job.id);
  return may_push(decided ? *decided : job.job);
}

void change_job(Decision& decision, const Job& from, Job& to, WallMs now) {
  to.epoch = from.epoch + 1;
  to.modified_at = now;
  store::JobChange change;
  change.id = to.id;
  change.from_epoch = from.epoch;
  change.from_sweep_cursor = from.sweep_cursor;
  change.from_tasks_made = from.tasks_made;
  change.status = to.status;
  change.sweep = to.sweep;
  change.sweep_cursor = to.sweep_cursor;
  change.tasks_made = to.tasks_made;
  change.epoch = to.epoch;
  change.paused = to.paused;
  change.modified_at = to.modified_at;
  change.started_at = to.started_at;
  decision.changes.jobs.push_back(std::move(change));
}

store::SweepTasks sweep_chunk(const State& state, const Job& job, WallMs now) {
  const SweepPlan plan = sweep_plan(job.sweep);
  store::SweepTasks sweep;
  sweep.job = job.id;
  sweep.from_epoch = job.epoch;
  sweep.first_sequence = job.sweep_cursor;
  sweep.rows_max = state.config.sweep_rows;
  sweep.statuses = plan.statuses;
  sweep.without = plan.without;
  sweep.to = plan.to;
  sweep.cause = plan.cause;
  sweep.now = now;
  // Only custom jobs have a message for it (DESIGN 5.16).
  sweep.tell = plan.to == TaskStatus::Cancelled && job.spec.type == JobType::CustomJob;
  return sweep;
}

std::optional<WallMs> in_progress_deadline(State& state, const JobState& job) {
  const int64_t minutes = job.job.settings.in_progress_timeout_minutes;
  if (job.content->sync_service) return state.even_wall() + limits::kSyncServiceMs;
  if (minutes <= 0) return std::nullopt;
  return state.even_wall() + minutes * 60'000;
}

PushOutcome push_obstacle(State& state, const JobState& job, const Task& task) {
  const Session* session = state.sessions.find(task.device);
  if (!session || session->leaving) return PushOutcome::NotConnected;
  if (!session->settled) return PushOutcome::NotReady;
  const bool reached = session->reachability && session->reachability->reaches(*job.content);
  if (!reached && !canary(Canary::PushUnsubscribed)) return PushOutcome::Unreachable;
  const bool busy = session->pushes.size() >= static_cast<size_t>(limits::kUnconfirmedPushesMax);
  if (busy && !canary(Canary::NoPushCap)) return PushOutcome::DeviceBusy;
  return PushOutcome::Pushed;
}

bool wants_push_again(State& state, const JobState& job, const Task& task) {
  if ((task.flags & kTaskConfirmed) || task.pushes >= limits::kPushesPerTaskMax) return false;
  const JobContent& content = *job.content;
  const bool confirmable =
      content.type == JobType::CustomJob || (content.type == JobType::Pub && content.qos == MessageQos::Qos1);
  if (!confirmable) return false;
  const auto confirmed = state.confirms_unwritten.find(task.key);
  return confirmed == state.confirms_unwritten.end() || confirmed->second != task.attempt;
}

PushOutcome try_push(State& state, Decision& decision, JobState& job, Task& task, bool again) {
  if (const PushOutcome obstacle = push_obstacle(state, job, task); obstacle != PushOutcome::Pushed)
    return obstacle;
  Session* session = state.sessions.find(task.device);
  if (!canary(Canary::PushWithoutRoom) && !state.room.reserve(session->at.core, 1))
    return PushOutcome::NoRoom;

  const Task before = task;
  const bool command =
      job.content->type == JobType::SetProperty || job.content->type == JobType::InvokeService;
  const Transition step = transition(before.status, command ? TaskEvent::PushCommand : TaskEvent::Push,
                                     before.attempt, before.pushes);
  if (step.verdict != Verdict::Apply) {
    state.room.release(session->at.core, 1);
    return PushOutcome::NotReady;
  }
  if (task.pushes < 255) ++task.pushes;
  TaskUpdate update{step.to, again ? Cause::PushedAgain : Cause::Pushed, {}, again, {}};
  if (command) update.time_out_at = in_progress_deadline(state, job);
  change_task(state, decision, task, before, std::move(update));
  session->pushes.push_back(Push{task.key, task.attempt});
  const JobState& shared = canary(Canary::WrongContent) ? state.jobs.all().begin()->second : job;
  decision.emit(session->at.core,
                PushTask{session->at.connection, session->epoch, task.key, task.attempt, shared.content});
  return PushOutcome::Pushed;
}

}  // namespace rollcall::engine
