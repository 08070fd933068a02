// What happens without being asked for: time-outs, scheduled starts, the end of a job's life, long sweeps in
// chunks, batch registrations, finished jobs, and lazy writes (DESIGN 3, 5.15). Every step is idempotent and
// bounded.
#include <algorithm>

#include "base/canary.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

constexpr int kSweepsPerRound = 2;

Status load_all(State& state, WorkingSet& ws) {
  return ws.load(state.store).map([](bool) {});
}

// --- time-outs

Status time_out_tasks(State& state, WorkingSet& ws, Decision& decision) {
  const WallMs now = state.even_wall();
  if (!state.next_time_out || *state.next_time_out > now) return {};
  ROLLCALL_TRY(std::vector<store::DueTimeOut> due, state.store.due_time_outs(now, limits::kSweepRows));
  for (const store::DueTimeOut& entry : due) {
    ws.tasks.need(entry.key);
    // Made by another process a moment ago: its clocks are ours as well.
    if (state.config.others_check_ms > 0 && !state.jobs.find(entry.key.job)) reload_job(state, entry.key.job);
  }
  ROLLCALL_TRY_STATUS(load_all(state, ws));
  for (const store::DueTimeOut& entry : due) {
    decision.changes.time_outs_done.push_back(entry.key);
    decision.changes.time_outs_done_until = entry.deadline;  // earliest first: the last one is the latest
    Task* task = ws.tasks.find(entry.key);
    const JobState* job = state.jobs.find(entry.key.job);
    const bool stale = task && task->attempt != entry.attempt && !canary(Canary::TimeOutIgnoresAttempt);
    if (!task || !job || stale) continue;
    const Transition step =
        transition(seen_status(state, *task), TaskEvent::TimeOut, task->attempt, task->pushes);
    if (step.verdict != Verdict::Apply) continue;
    const Task before = *task;
    const std::string reason = job->content->sync_service
                                   ? "the device did not answer within 8 seconds"
                                   : "no final report within " +
                                         std::to_string(job->job.settings.in_progress_timeout_minutes) +
                                         " minute(s)";
    change_task(state, decision, *task, before,
                {step.to, Cause::TimedOut, TaskDetail{reason, {}}, false, {}});
    if (Session* session = state.sessions.find(task->device))
      forget_push(state, decision, *session, {session->at, task->device, session->epoch}, task->key);
  }
  state.next_time_out.reset();  // absorb() asks for the next one
  return {};
}

// --- jobs

bool is_due(const State& state, const std::optional<SteadyUs>& alarm) {
  return alarm && *alarm <= state.clock.steady();
}

store::MakeTasks make_chunk(const State& state, const Job& job, WallMs now) {
  return {job.id,
          job.epoch,
          job.spec.target_type,
          job.spec.target_product,
          job.spec.target_group,
          job.sweep_cursor,
          canary(Canary::NoSnapshot) ? INT64_MAX : job.spec.target_snapshot,
          job.tasks_made,
          job.counters.total(),
          state.config.sweep_rows,
          now,
          &job.spec.unfit_products};
}

// A deleted job makes nothing more: a chunk without members takes what was still to be made off its counters.
store::MakeTasks make_nothing(const State& state, const Job& job, WallMs now) {
  store::MakeTasks make = make_chunk(state, job, now);
  make.snapshot = make.after;
  return make;
}

void start(const State& state, const JobState& held, Job& next, WallMs now) {
  const bool wait = held.start_due && !is_due(state, held.start_due);
  next.status = wait ? JobStatus::Waiting : JobStatus::InProgress;
  if (!wait) next.started_at = now;
}

// The sweep of a job found no row left: what follows.
void end_sweep(const State& state, const JobState& held, Job& next, WallMs now) {
  const Job& job = held.job;
  next.sweep = Sweep::None;
  next.sweep_cursor = 0;
  if (job.sweep != Sweep::Make) return;
  if (job.status == JobStatus::Cancelling)
    next.sweep = Sweep::Cancel;
  else if (job.status == JobStatus::Removing)
    next.sweep = Sweep::Remove;
  else
    start(state, held, next, now);
}

// One step of a job. True when a chunk of a sweep was started: the caller bounds these.
bool step_job(State& state, Decision& decision, JobState& held) {
  const Job& job = held.job;
  const WallMs now = state.clock.wall();
  Job next = job;
  if (job.sweep != Sweep::None && !held.sweep_done) {
    if (job.sweep != Sweep::Make)
      decision.changes.sweep_tasks.push_back(sweep_chunk(state, job, now));
    else if (job.status == JobStatus::Removing)
      decision.changes.make_tasks.push_back(make_nothing(state, job, job.created_at));
    else
      decision.changes.make_tasks.push_back(make_chunk(state, job, job.created_at));
    return true;
  }
  if (job.sweep == Sweep::Make || is_rerun(job.sweep)) {
    end_sweep(state, held, next, now);
    change_job(decision, job, next, now);
  } else if (job.status == JobStatus::Removing) {
    end_sweep(state, held, next, now);
    change_job(decision, job, next, now);
    decision.changes.jobs.back().deleted = true;
  } else if (job.status == JobStatus::Cancelling) {
    next.status = JobStatus::Cancelled;
    next.sweep = Sweep::None;
    change_job(decision, job, next, now);
  } else if (job.status == JobStatus::Waiting && is_due(state, held.start_due)) {
    start(state, held, next, now);
    change_job(decision, job, next, now);
  } else if (job.status == JobStatus::InProgress && job.counters.open() == 0) {
    next.status = job.sweep == Sweep::Expire ? JobStatus::TimedOut : JobStatus::Completed;
    next.sweep = Sweep::None;
    next.paused = false;
    change_job(decision, job, next, now);
  } else if (job.status == JobStatus::InProgress && job.sweep == Sweep::None &&
             is_due(state, held.life_due)) {
    next.sweep = Sweep::Expire;
    next.sweep_cursor = 0;
    change_job(decision, job, next, now);
  }
  return false;
}

void step_jobs(State& state, Decision& decision) {
  JobRegistry& jobs = state.jobs;
  const SteadyUs now = state.clock.steady();
  while (!jobs.alarms.empty() && jobs.alarms.begin()->first <= now) {
    jobs.to_look_at.insert(jobs.alarms.begin()->second);
    jobs.alarms.erase(jobs.alarms.begin());
  }
  int sweeps = 0;
  std::vector<JobId> looked_at;
  for (JobId id : jobs.to_look_at) {
    if (sweeps == kSweepsPerRound || looked_at.size() == 256) break;
    looked_at.push_back(id);
    if (JobState* held = jobs.find(id))
      if (step_job(state, decision, *held)) ++sweeps;
  }
  for (JobId id : looked_at) jobs.to_look_at.erase(id);
}

// --- batch registrations, in chunks

Status register_chunk(State& state, WorkingSet& ws, Decision& decision) {
  if (state.applies_running.empty()) return {};
  Apply& apply = state.applies_running.front();
  ws.products.need(apply.product);
  ws.apply_items.need({apply.id, apply.cursor});
  ROLLCALL_TRY_STATUS(load_all(state, ws));
  const auto* items = ws.apply_items.find({apply.id, apply.cursor});
  const Product* product = ws.products.find(apply.product);
  const std::vector<store::ApplyItem> chunk = items && product ? *items : std::vector<store::ApplyItem>();
  for (const store::ApplyItem& item : chunk) ws.device_names.need({apply.product, item.device_name});
  ROLLCALL_TRY_STATUS(load_all(state, ws));
  store::ApplyProgress progress{apply.id, apply.cursor, apply.cursor, ApplyStatus::Creating, {}};
  for (const store::ApplyItem& item : chunk) {
    const int64_t index = progress.cursor++;
    if (ws.device_names.find({apply.product, item.device_name}))
      continue;  // somebody was faster: that device is not ours to show
    Device device;
    ROLLCALL_TRY(device.id.value, state.ids.next("device", 10'000));
    device.product = apply.product;
    device.name = item.device_name;
    device.nickname = item.nickname;
    device.secret = item.secret ? *item.secret : Secret(state.random.hex(16));
    device.serial = item.serial;
    device.created_at = state.clock.wall();
    ws.device_names.put({apply.product, device.name}, device.id);
    progress.made.emplace_back(index, device.id);
    decision.changes.new_devices.push_back({std::move(device), product->key});
  }
  if (chunk.empty() || progress.cursor >= apply.count) progress.status = ApplyStatus::Created;
  decision.changes.apply_progress.push_back(std::move(progress));
  return {};
}

// --- lazy writes

// What a device was told it need not hear again; one that went away meanwhile hears it once more.
void forget_tells(State& state, Decision& decision) {
  auto& told = state.tells_told;
  for (size_t i = 0; i < limits::kSweepRows && !told.empty(); ++i) {
    if (state.sessions.find(told.back().device)) decision.changes.tells_done.push_back(told.back());
    told.pop_back();
  }
}

Status write_lazily(State& state, WorkingSet& ws, Decision& decision) {
  if (!state.lazy_due || *state.lazy_due > state.clock.steady()) return {};
  forget_tells(state, decision);
  forget_messages(state, decision);
  auto& unwritten = state.sessions.presence_unwritten;
  for (auto it = unwritten.begin();
       it != unwritten.end() && decision.changes.presence.size() < limits::kSweepRows;) {
    decision.changes.presence.push_back(it->second);
    it = unwritten.erase(it);
  }
  std::sort(decision.changes.presence.begin(), decision.changes.presence.end(),
            [](const Presence& a, const Presence& b) { return a.device < b.device; });
  std::vector<std::pair<TaskKey, int32_t>> confirms;
  auto& pending = state.confirms_unwritten;
  for (auto it = pending.begin(); it != pending.end() && confirms.size() < limits::kSweepRows; ++it) {
    confirms.emplace_back(it->first, it->second);
    ws.tasks.need(it->first);
  }
  ROLLCALL_TRY_STATUS(load_all(state, ws));
  ROLLCALL_TRY_STATUS(write_last_values(state, decision));
  // Only now: a store that does not read must not cost what is known.
  for (const auto& [key, attempt] : confirms) pending.erase(key);
  for (const auto& [key, attempt] : confirms) {
    Task* task = ws.tasks.find(key);
    if (!task || task->attempt != attempt || task->status != TaskStatus::Sent ||
        (task->flags & kTaskConfirmed))
      continue;
    const Task before = *task;
    task->flags |= kTaskConfirmed;
    change_task(state, decision, *task, before, {task->status, Cause::Confirmed, {}, false, {}});
  }
  state.lazy_due.reset();
  if (!unwritten.empty() || !pending.empty() || !state.values_unwritten.empty() ||
      !state.tells_told.empty() || !state.offline_gone.empty())
    state.note_lazy();
  return {};
}

// Memberships that ended, once nobody can want them any more.
void clear_members(State& state, Decision& decision) {
  if (!state.members_due || *state.members_due > state.clock.steady()) return;
  state.members_due.reset();  // absorb() says when to look again
  const WallMs until{state.clock.wall().value - limits::kMembersKeptMs};
  decision.changes.purge_members = store::PurgeMembers{until, state.config.sweep_rows};
}

void settle_sessions(State& state) {
  auto& settling = state.sessions.settling;
  const SteadyUs now = state.clock.steady();
  while (!settling.empty() && settling.front().due <= now) {
    const Sessions::Settling entry = settling.front();
    settling.pop_front();
    Session* session = state.sessions.find(entry.device);
    if (!session || session->epoch != entry.epoch || session->settled) continue;
    session->settled = true;
    state.make_ready(entry.device, session->tells_due);
  }
}

}  // namespace

Status upkeep(State& state, WorkingSet& ws, Decision& decision) {
  settle_sessions(state);
  time_out_calls(state, decision);
  ROLLCALL_TRY_STATUS(time_out_tasks(state, ws, decision));
  step_jobs(state, decision);
  ROLLCALL_TRY_STATUS(register_chunk(state, ws, decision));
  ROLLCALL_TRY_STATUS(retain(state, ws, decision));
  clear_members(state, decision);
  expire_messages(state, decision);
  // Nothing wakes up for this: while nothing happens, nothing needs the room either.
  if (state.clock.steady() - state.client_tokens_looked_at >= limits::kClientTokensLookEveryUs)
    forget_client_tokens(state, decision);
  return write_lazily(state, ws, decision);
}

std::optional<SteadyUs> next_upkeep(const State& state) {
  std::optional<SteadyUs> earliest;
  const auto consider = [&](SteadyUs when) {
    if (!earliest || when < *earliest) earliest = when;
  };
  const WallMs even = state.even_wall();
  const SteadyUs now = state.clock.steady();
  if (state.next_time_out) consider(arm(*state.next_time_out, even, now));
  if (!state.jobs.alarms.empty()) consider(state.jobs.alarms.begin()->first);
  if (!state.jobs.to_look_at.empty() || !state.applies_running.empty() || !state.ready_devices.empty())
    consider(now);
  if (state.lazy_due) consider(*state.lazy_due);
  if (const auto due = state.awaited.next_due()) consider(*due);
  if (state.purge_due) consider(*state.purge_due);
  if (state.ended_due) consider(*state.ended_due);
  if (state.others_due) consider(*state.others_due);
  if (state.members_due) consider(*state.members_due);
  if (state.offline_end) consider(arm(*state.offline_end, even, now));
  if (!state.sessions.settling.empty()) consider(state.sessions.settling.front().due);
  return earliest;
}

}  // namespace rollcall::engine
