// What other processes do on the same store (DESIGN 3: every write is conditional). Conditions keep them from
// undoing each other; here memory is brought up to what they did: at once where a condition failed or a job
// is named, else by a look every EngineConfig::others_check_ms, of a page of marks and a page of sessions.
// An engine that is alone does none of this.
#include <algorithm>
#include <unordered_map>

#include "base/canary.hpp"
#include "base/log.hpp"
#include "base/overload.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

constexpr size_t kMarksPerLook = 1'000;
constexpr size_t kSessionsPerLook = 1'000;

bool is_shared(const State& state) { return state.config.others_check_ms > 0; }

// The job is over or gone by another's doing: its pushes are settled, and devices may have to be told, of
// which the store keeps a list.
void leave_job(State& state, JobId id) {
  for (const auto& [device, unused] : state.sessions) {
    Session* session = state.sessions.find(device);
    std::erase_if(session->pushes, [&](const Push& push) { return push.key.job == id; });
    session->tells_due = true;
    state.make_ready(device, true);
  }
  state.jobs.remove(id);
  if (!arm_retention(state)) state.purge_due = state.clock.steady();  // asked again when it is looked at
}

void take_row(State& state, JobState& held, Job row) {
  const bool moved = held.job.epoch != row.epoch || held.job.sweep_cursor != row.sweep_cursor ||
                     held.job.tasks_made != row.tasks_made;
  const bool phase = held.job.epoch != row.epoch;
  const bool started = held.job.started_at != row.started_at;
  const JobSettings settings = row.settings;
  const JobSettings before = held.job.settings;
  state.probe.jobs[static_cast<size_t>(held.job.status)].add(-1);
  state.probe.jobs[static_cast<size_t>(row.status)].add(1);
  held.job = std::move(row);
  held.job.settings = before;
  take_settings(state, held, settings);
  if (moved) held.sweep_done = false;
  if (phase) {  // what was decided on the old one did not happen, or tasks are QUEUED again: look at all
    held.scan_cursor = -1;
    held.scan_exhausted = false;
  }
  if (started) set_alarms(state, held);
}

void compare(State& state, const std::vector<store::JobMark>& marks, JobId after, bool last_page) {
  std::vector<JobId> changed;
  auto it = state.jobs.all().upper_bound(after);
  for (const store::JobMark& mark : marks) {
    for (; it != state.jobs.all().end() && it->first < mark.id; ++it) changed.push_back(it->first);
    JobState* held = state.jobs.find(mark.id);
    if (held) ++it;
    const bool same = held && held->job.epoch == mark.epoch && held->job.sweep_cursor == mark.sweep_cursor &&
                      held->job.tasks_made == mark.tasks_made;
    if (!same) {
      changed.push_back(mark.id);
      continue;
    }
    held->job.counters = mark.counters;
    if (mark.counters.open() == 0) state.jobs.to_look_at.insert(mark.id);
  }
  for (; last_page && it != state.jobs.all().end(); ++it) changed.push_back(it->first);
  for (const JobId id : changed) reload_job(state, id);
}

// A device that logged in at another process has left this one; one that another process marked offline when
// it started is here.
void check_session(State& state, DeviceId device, const Presence& stored, std::vector<Effect>& effects) {
  Session* session = state.sessions.find(device);
  if (!session || state.sessions.presence_unwritten.contains(device)) return;
  if (stored.connection_epoch > session->epoch) {
    effects.push_back(
        {session->at.core, Disconnect{session->at.connection, session->epoch, OfflineReason::TakenOver}});
    state.sessions.close(device);
    state.probe.devices_connected.add(-1);
    return;
  }
  if (stored.online) return;
  Presence presence = stored;
  presence.device = device;
  presence.online = true;
  presence.offline_reason = OfflineReason::Unknown;
  presence.connection_epoch = session->epoch;
  presence.changed_at = state.clock.wall();
  state.sessions.presence_unwritten[device] = presence;
  state.note_lazy();
}

Status check_sessions(State& state, std::vector<Effect>& effects) {
  std::vector<DeviceId>& left = state.sessions_to_check;
  std::vector<DeviceId> page;
  while (!left.empty() && page.size() < kSessionsPerLook) {
    page.push_back(left.back());
    left.pop_back();
  }
  if (page.empty()) return {};
  ROLLCALL_TRY(auto rows, state.store.presence(page));
  for (const Presence& row : rows) check_session(state, row.device, row, effects);
  ROLLCALL_TRY(auto tallies, state.store.offline_tallies(page));  // messages taken in by another process
  for (const store::OfflineTally& tally : tallies)
    if (Session* session = state.sessions.find(tally.device)) look_at_messages(state, *session, tally.device);
  return {};
}

}  // namespace

void reload_job(State& state, JobId id) {
  if (canary(Canary::StaleCounters)) return;
  const JobId ids[] = {id};
  auto rows = state.store.jobs(ids);
  if (!rows) return;
  JobState* held = state.jobs.find(id);
  if (rows->empty()) {
    if (!held) return;
    state.probe.jobs[static_cast<size_t>(held->job.status)].add(-1);
    return leave_job(state, id);
  }
  Job& row = rows->front();
  if (!held) {
    if (is_final(row.status)) return;
    if (Status status = adopt(state, std::move(row)); !status)
      log_error("job.unreadable", {{"job", id.value}, {"error", public_message(status.error())}});
    // What others push of it is not known: the first push waits its spacing.
    if (JobState* adopted = state.jobs.find(id)) adopted->pace.take(1, state.clock.steady());
    return;
  }
  take_row(state, *held, std::move(row));
  if (is_final(held->job.status)) return leave_job(state, id);
  state.jobs.to_look_at.insert(id);
  if (may_push(held->job)) state.jobs.rolling.insert(id);
}

const JobState* held_job(State& state, JobId id) {
  if (is_shared(state) && !state.jobs.find(id)) reload_job(state, id);
  return state.jobs.find(id);
}

Status take_up_jobs(State& state) {
  if (state.config.others_check_ms > 0) {
    ROLLCALL_TRY(state.process, state.store.reserve_ids("process", 1));
  }
  state.note_members_left();  // perhaps: the first look finds out
  ROLLCALL_TRY(auto jobs, state.store.unfinished_jobs());
  for (Job& job : jobs) {
    const JobId id = job.id;
    if (Status status = adopt(state, std::move(job)); !status)
      log_error("job.unreadable", {{"job", id.value}, {"error", public_message(status.error())}});
    // What was pushed just before the restart is forgotten: the first push waits its spacing, so that no
    // window holds one more.
    JobState* held = state.jobs.find(id);
    if (held && !canary(Canary::RestartForgetsPace)) held->pace.take(1, state.clock.steady());
    if (canary(Canary::SweepForgotten)) state.jobs.to_look_at.erase(id);
  }
  return {};
}

void refresh_named(State& state, const Command& command) {
  if (!is_shared(state)) return;
  const auto unknown = [&](const TaskKey& key) {
    if (key.job && !state.jobs.find(key.job)) reload_job(state, key.job);
  };
  std::visit(Overload{
                 [&](const ApiCommand& api) {
                   std::visit(Overload{
                                  [&](const CancelJob& c) { reload_job(state, c.job); },
                                  [&](const DeleteJob& c) { reload_job(state, c.job); },
                                  [&](const RerunJob& c) { reload_job(state, c.job); },
                                  [&](const PauseJob& c) { reload_job(state, c.job); },
                                  [&](const ResumeJob& c) { reload_job(state, c.job); },
                                  [&](const UpdateJob& c) { reload_job(state, c.job); },
                                  [&](const ExplainTask& c) { reload_job(state, c.key.job); },
                                  [](const auto&) {},
                              },
                              api.what);
                 },
                 [&](const JobUpdate& c) { unknown(c.key); },
                 [&](const JobGet& c) { unknown(c.key); },
                 [&](const PushConfirmed& c) { unknown(c.key); },
                 [&](const PushWritten& c) { unknown(c.key); },
                 [&](const PropertySeen& c) { unknown(c.key); },
                 [](const auto&) {},
             },
             command);
}

Status look_at_others(State& state, std::vector<Effect>& effects) {
  if (!is_shared(state)) return {};
  const SteadyUs now = state.clock.steady();
  if (state.others_due && *state.others_due > now) return {};
  state.others_due = now + state.config.others_check_ms * 1'000;
  ROLLCALL_TRY(const bool wrote, state.store.others_wrote());
  state.others_wrote = state.others_wrote || wrote;
  if (state.others_wrote && state.sessions_to_check.empty())
    for (const auto& [device, session] : state.sessions) state.sessions_to_check.push_back(device);
  ROLLCALL_TRY_STATUS(check_sessions(state, effects));
  const bool under_way = state.others_seen_to.value != 0;
  if (!state.others_wrote && !under_way) return {};
  if (!under_way) state.others_wrote = false;
  const JobId after = state.others_seen_to;
  ROLLCALL_TRY(const auto marks, state.store.job_marks(after, kMarksPerLook));
  const bool last_page = marks.size() < kMarksPerLook;
  state.others_seen_to = last_page ? JobId{} : marks.back().id;
  compare(state, marks, after, last_page);
  ROLLCALL_TRY(state.next_time_out, state.store.earliest_time_out());
  return {};
}

namespace {

void agree(const State& state, const WorkingSet& ws, store::ChangeSet& changes) {
  if (!is_shared(state)) return;
  if (changes.new_jobs.empty() && changes.new_devices.empty() && changes.new_members.empty() &&
      changes.leaving.empty())
    return;
  store::Agreements& all = changes.agreements.emplace();
  for (const store::NewJob& made : changes.new_jobs) {
    const JobSpec& spec = made.job.spec;
    if (spec.target_type == TargetType::Product) {
      all.device_seal = std::max(all.device_seal, spec.target_snapshot);
      if (auto it = ws.product_counts_read.find(spec.target_product); it != ws.product_counts_read.end())
        all.product_counts.emplace_back(*it);
    } else if (spec.target_type == TargetType::Group) {
      all.join_seal = std::max(all.join_seal, spec.target_snapshot);
      if (auto it = ws.group_counts_read.find(spec.target_group); it != ws.group_counts_read.end())
        all.group_counts.emplace_back(*it);
    }
  }
}

}  // namespace

void guard(State& state, WorkingSet& ws, Decision& decision) {
  agree(state, ws, decision.changes);
  std::unordered_map<JobId, int32_t> epochs;
  for (const store::NewJob& made : decision.changes.new_jobs) epochs[made.job.id] = made.job.epoch;
  for (const store::JobChange& change : decision.changes.jobs) epochs[change.id] = change.epoch;
  for (store::TaskChange& change : decision.changes.tasks) {
    const JobId id = change.task.key.job;
    // The end of a clock is forgotten in the same transaction, a confirmation in memory: neither may be lost
    // because the job moved on.
    if (change.cause == Cause::TimedOut || change.cause == Cause::Confirmed) continue;
    auto [it, fresh] = epochs.try_emplace(id, -1);
    if (fresh) {
      if (const JobState* held = state.jobs.find(id))
        it->second = held->job.epoch;
      else if (const Job* row = ws.jobs.find(id))
        it->second = row->epoch;
    }
    change.job_epoch = it->second;
  }
}

}  // namespace rollcall::engine
