// After a commit: what memory takes over from it, and what follows from it (DESIGN 3: counters, history and
// effects derive only from rows that were hit).
#include <algorithm>
#include <set>

#include "base/canary.hpp"
#include "base/log.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

bool contains(const std::vector<uint32_t>& sorted, size_t index) {
  return std::find(sorted.begin(), sorted.end(), static_cast<uint32_t>(index)) != sorted.end();
}

void count_job(State& state, JobStatus status, int64_t n) {
  state.probe.jobs[static_cast<size_t>(status)].add(n);
}

}  // namespace

void set_alarms(State& state, JobState& held) {
  const Job& job = held.job;
  const auto armed = [&](WallMs when) {
    const SteadyUs due = arm(when, state.clock.wall(), state.clock.steady());
    state.jobs.alarms.emplace(due, job.id);
    return due;
  };
  if (job.started_at.value == 0 && job.spec.scheduled_at) held.start_due = armed(*job.spec.scheduled_at);
  if (const auto end = life_end(job)) held.life_due = armed(*end);
}

void take_settings(State& state, JobState& held, const JobSettings& settings) {
  const bool qos_changed = held.job.settings.qos != settings.qos;
  held.job.settings = settings;
  held.pace.set_rate(settings.maximum_per_minute, state.clock.steady());
  if (!qos_changed) return;
  auto content = std::make_shared<JobContent>(*held.content);
  content->qos = settings.qos;
  held.content = std::move(content);
}

namespace {

// A job that had ended is taken up again.
void revive(State& state, const Decision& decision, const store::JobChange& change) {
  for (const auto& [job, from, ended_at] : decision.revived) {
    if (job.id != change.id || job.epoch != change.epoch) continue;
    if (ended_at >= state.wall_base) count_job(state, from, -1);  // it was counted when it ended
    if (Status status = adopt(state, job); !status)
      log_error("job.unreadable", {{"job", job.id.value}, {"error", public_message(status.error())}});
    // What was pushed before it ended is forgotten: as after a restart, the first push waits its spacing.
    if (JobState* held = state.jobs.find(job.id)) held->pace.take(1, state.clock.steady());
  }
}

void absorb_job(State& state, const Decision& decision, const store::JobChange& change) {
  JobState* held = state.jobs.find(change.id);
  if (!held) return revive(state, decision, change);
  Job& job = held->job;
  note_end(state, change);
  count_job(state, job.status, -1);
  if (change.deleted) {
    log_info("job.deleted", {{"job", job.id.value}, {"name", job.spec.name}});
    state.jobs.remove(change.id);
    return;
  }
  count_job(state, change.status, 1);
  if (job.sweep != change.sweep) held->sweep_done = false;
  job.status = change.status;
  job.sweep = change.sweep;
  job.sweep_cursor = change.sweep_cursor;
  job.tasks_made = change.tasks_made;
  job.epoch = change.epoch;
  job.paused = change.paused;
  job.modified_at = change.modified_at;
  const bool started = job.started_at != change.started_at;
  job.started_at = change.started_at;
  if (started) set_alarms(state, *held);
  if (change.settings) take_settings(state, *held, *change.settings);
  if (is_final(job.status)) {
    log_info("job.ended",
             {{"job", job.id.value}, {"name", job.spec.name}, {"status", job_status_text(job.status)}});
    state.jobs.remove(change.id);
    return;
  }
  state.jobs.to_look_at.insert(change.id);
  if (may_push(job)) {
    held->pace.set_rate(job.settings.maximum_per_minute, state.clock.steady());
    state.jobs.rolling.insert(change.id);
  }
}

// Devices that hold a task of a cancelled or deleted custom job are told (DESIGN 5.16).
void tell_swept(State& state, const store::SweepResult& result, std::vector<Effect>& effects) {
  const JobState* held = state.jobs.find(result.job);
  if (!held) return;
  const bool removed = held->job.sweep == Sweep::Remove;
  const bool tell =
      (removed || held->job.sweep == Sweep::Cancel) && held->content->type == JobType::CustomJob;
  for (const store::SweptTask& task : result.swept) {
    Session* session = state.sessions.find(task.device);
    if (!session) continue;
    if (session->forget_push(task.key)) state.make_ready(task.device);
    if (!tell || task.from == TaskStatus::Queued) continue;
    if (!session->reachability || !session->reachability->reaches(*held->content)) {
      session->tells_due = true;  // when it subscribes
      continue;
    }
    effects.push_back({session->at.core, TellTask{session->at.connection, session->epoch, task.key,
                                                  task.attempt, TaskStatus::Cancelled, removed}});
    state.tells_told.push_back({task.device, task.key, task.attempt, removed});
    state.note_lazy();
  }
}

void absorb_tasks(State& state, const Decision& decision, const store::CommitResult& result) {
  const auto& changes = decision.changes.tasks;
  std::set<JobId> moved;  // by another writer: the task, and with it the counters, or the job
  for (size_t i = 0; i < changes.size(); ++i) {
    const store::TaskChange& change = changes[i];
    if (!result.missed_tasks.empty() && contains(result.missed_tasks, i)) {
      moved.insert(change.task.key.job);
      continue;
    }
    if (change.task.status != change.from_status)
      state.probe.tasks_total[static_cast<size_t>(change.task.status)].add();
    if (change.time_out_at && (!state.next_time_out || *change.time_out_at < *state.next_time_out))
      state.next_time_out = change.time_out_at;
  }
  for (const JobId job : moved) reload_job(state, job);
}

// Another process went on with the registration that this one is carrying out.
void reload_apply(State& state, ApplyId id) {
  if (state.applies_running.empty() || state.applies_running.front().id != id) return;
  const ApplyId ids[] = {id};
  auto rows = state.store.applies(ids);
  if (!rows) return;
  if (rows->empty() || rows->front().status != ApplyStatus::Creating)
    state.applies_running.pop_front();
  else
    state.applies_running.front() = rows->front();
}

}  // namespace

void withdraw(State& state, const Decision& decision, const Effect& effect) {
  const auto* push = std::get_if<PushTask>(&effect.what);
  if (!push) return;
  state.room.release(effect.core, 1);
  for (const store::TaskChange& change : decision.changes.tasks)
    if (change.task.key == push->key)
      if (Session* session = state.sessions.find(change.task.device)) session->forget_push(push->key);
}

namespace {

JobContent bare_content(const Job& job) {
  JobContent content;
  content.job = job.id;
  content.type = job.spec.type;
  return content;
}

}  // namespace

Status adopt(State& state, Job job) {
  auto made = make_content(job);
  // A job that is on its way out goes there even when its document no longer reads.
  if (!made && job.status != JobStatus::Removing && job.status != JobStatus::Cancelling)
    return fail(std::move(made.error()));
  std::shared_ptr<const JobContent> content =
      made ? *made : std::make_shared<const JobContent>(bare_content(job));
  count_job(state, job.status, 1);
  const Pace pace(job.settings.maximum_per_minute, state.clock.steady());
  JobState held{std::move(job), std::move(content), pace, -1, false, {}, {}, false, {}};
  set_alarms(state, held);
  const JobId id = held.job.id;
  const bool rolling = may_push(held.job);
  state.jobs.add(std::move(held));
  state.jobs.to_look_at.insert(id);
  if (rolling) state.jobs.rolling.insert(id);
  return {};
}

void absorb(State& state, const Decision& decision, const store::CommitResult& result,
            std::vector<Effect>& effects) {
  for (const store::NewJob& made : decision.changes.new_jobs) {
    log_info(
        "job.created",
        {{"job", made.job.id.value}, {"name", made.job.spec.name}, {"tasks", made.job.counters.total()}});
    if (Status status = adopt(state, made.job); !status)
      log_error("job.unreadable", {{"job", made.job.id.value}, {"error", public_message(status.error())}});
  }
  for (size_t i = 0; i < decision.changes.jobs.size(); ++i) {
    if (contains(result.missed_jobs, i))
      reload_job(state, decision.changes.jobs[i].id);
    else
      absorb_job(state, decision, decision.changes.jobs[i]);
  }
  for (const store::MakeResult& made : result.made) {
    JobState* held = state.jobs.find(made.job);
    if (!held) continue;
    state.jobs.to_look_at.insert(made.job);
    if (!made.hit) {
      reload_job(state, made.job);
      continue;
    }
    held->job.tasks_made += made.rows_made;
    if (made.rows_made > 0) held->job.sweep_cursor = made.last_member;
    held->sweep_done = made.exhausted;
    state.probe.tasks_total[static_cast<size_t>(TaskStatus::Failed)].add(
        static_cast<uint64_t>(made.rows_failed));
  }
  for (const store::SweepResult& swept : result.swept) {
    JobState* held = state.jobs.find(swept.job);
    if (!held) continue;
    state.jobs.to_look_at.insert(swept.job);
    if (!swept.hit) {
      reload_job(state, swept.job);
      continue;
    }
    tell_swept(state, swept, effects);
    held->job.sweep_cursor = swept.next_sequence;
    held->sweep_done = swept.exhausted;
    const TaskStatus to = sweep_plan(held->job.sweep).to;
    state.probe.tasks_total[static_cast<size_t>(to)].add(swept.swept.size());
  }
  for (const auto& [id, counters] : result.counters) {
    if (JobState* held = state.jobs.find(id)) {
      held->job.counters = counters;
      if (counters.open() == 0) state.jobs.to_look_at.insert(id);
    }
  }
  if (decision.changes.purge_members && result.members_left_over) {
    state.note_members_left();
    if (result.members_purged >= decision.changes.purge_members->rows_max)
      state.members_due = state.clock.steady();
  }
  absorb_tasks(state, decision, result);
  absorb_devices(state, decision, result);
  absorb_messages(state, decision, result);
  absorb_purge(state, decision, result);
  for (size_t i = 0; i < decision.changes.apply_progress.size(); ++i) {
    const store::ApplyProgress& progress = decision.changes.apply_progress[i];
    if (contains(result.missed_applies, i)) {
      reload_apply(state, progress.id);
    } else if (!state.applies_running.empty() && state.applies_running.front().id == progress.id) {
      state.applies_running.front().cursor = progress.cursor;
      if (progress.status == ApplyStatus::Created) state.applies_running.pop_front();
    } else if (progress.status == ApplyStatus::Creating) {
      const ApplyId ids[] = {progress.id};
      if (auto rows = state.store.applies(ids); rows && !rows->empty())
        state.applies_running.push_back(rows->front());
    }
  }
  if (!decision.changes.time_outs_done.empty())
    if (auto earliest = state.store.earliest_time_out()) state.next_time_out = *earliest;
}

void undo(State& state, const Decision& decision) {
  if (canary(Canary::UndoForgets)) return;
  for (const store::TaskChange& change : decision.changes.tasks) {
    if (change.cause == Cause::Confirmed) state.confirms_unwritten[change.task.key] = change.task.attempt;
    if (change.from_status != TaskStatus::Queued) continue;
    if (JobState* job = state.jobs.find(change.task.key.job)) {
      job->scan_cursor = -1;  // look again from the start: QUEUED rows are found by index
      job->scan_exhausted = false;
      state.jobs.rolling.insert(change.task.key.job);
    }
  }
  for (const Effect& effect : decision.effects) withdraw(state, decision, effect);
  for (const auto& [ref, push] : decision.forgotten_pushes) {
    Session* session = state.sessions.find(ref);
    if (session && !session->has_push(push.key) && !canary(Canary::ForgottenPushes))
      session->pushes.push_back(push);
  }
  for (const DeviceId device : decision.looked_at) state.make_ready(device);
  if (!canary(Canary::ForgottenConfirms))
    for (const auto& [key, attempt] : decision.forgotten_confirms) state.confirms_unwritten[key] = attempt;
  for (const store::Tell& tell : decision.changes.tells_done) {
    if (Session* session = state.sessions.find(tell.device)) {
      session->tells_due = true;
      state.make_ready(tell.device, true);
    }
  }
  undo_devices(state, decision);
  undo_calls(state, decision);
  undo_messages(state, decision);
  undo_last_values(state, decision);
  undo_purge(state, decision);
  if (decision.changes.purge_members) state.note_members_left();
  for (const Presence& presence : decision.changes.presence)
    state.sessions.presence_unwritten.try_emplace(presence.device, presence);
  if (!decision.changes.presence.empty() || !state.confirms_unwritten.empty()) state.note_lazy();
  for (const store::MakeTasks& make : decision.changes.make_tasks) state.jobs.to_look_at.insert(make.job);
  for (const store::SweepTasks& sweep : decision.changes.sweep_tasks) state.jobs.to_look_at.insert(sweep.job);
  for (const store::JobChange& change : decision.changes.jobs) state.jobs.to_look_at.insert(change.id);
  if (!decision.changes.time_outs_done.empty()) state.next_time_out = decision.changes.time_outs_done_until;
}

}  // namespace rollcall::engine
