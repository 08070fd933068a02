// The rollout tick: which QUEUED tasks go out now (DESIGN 5.8, 5.9). Each running job has slots from its
// pace; tasks whose devices came back go first, then the scan goes on in sequence order. A device's own
// events (came, subscribed, confirmed) bring it into ready_devices, where its open tasks are looked at.
// Idempotent, bounded per round.
#include <algorithm>

#include "base/canary.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

constexpr size_t kReadyDevicesPerRound = 256;
constexpr int64_t kRetryUs = 5'000;

// An unconfirmed SENT task is pushed again, once per connection and at most kPushesPerTaskMax times
// (DESIGN 5.11).
void push_again(State& state, Decision& decision, Session& session, JobState& job, Task& task) {
  if (canary(Canary::NeverPushAgain)) return;
  if (session.has_push(task.key) && !canary(Canary::PushTwice)) return;
  if (!wants_push_again(state, job, task)) return;
  if (!canary(Canary::OneStep)) decision.next_step();
  if (try_push(state, decision, job, task, true) == PushOutcome::NoRoom) state.make_ready(task.device);
}

// Tasks that were cancelled or removed while their device was away (DESIGN 5.16).
void tell_what_waits(State& state, WorkingSet& ws, Decision& decision, DeviceId device, Session& session) {
  static const JobContent notification;  // a custom job's
  const auto* tells = ws.tells.find(device);
  if (!session.tells_due || !tells) return;
  if (!session.reachability || !session.reachability->reaches(notification)) return;
  for (const store::Tell& tell : *tells) {
    decision.emit(session.at.core, TellTask{session.at.connection, session.epoch, tell.key, tell.attempt,
                                            TaskStatus::Cancelled, tell.removed});
    decision.changes.tells_done.push_back(tell);
  }
  session.tells_due = tells->size() == limits::kTellsPerLook;
  state.make_ready(device, session.tells_due);
}

enum class Turn : uint8_t { SlotUsed, Passed, Stop };

// One task whose turn it is.
Turn take_turn(State& state, Decision& decision, JobState& job, Task& task) {
  if (!canary(Canary::OneStep)) decision.next_step();
  const PushOutcome outcome = try_push(state, decision, job, task, false);
  if (outcome == PushOutcome::NoRoom) {
    state.rollout_retry = state.clock.steady() + kRetryUs;
    return Turn::Stop;
  }
  if (outcome == PushOutcome::Pushed) return Turn::SlotUsed;
  if (outcome != PushOutcome::NotConnected || job.job.spec.offline_policy == OfflinePolicy::Wait)
    return Turn::Passed;
  if (state.config.others_check_ms > 0) {  // connected at another process: it is pushed there
    const DeviceId ids[] = {task.device};
    const auto rows = state.store.presence(ids);
    const bool known = rows && !rows->empty() && !state.sessions.presence_unwritten.contains(task.device);
    if (known && rows->front().online) return Turn::Passed;
  }
  const Task before = task;
  const Transition step = transition(task.status, TaskEvent::FailBeforePush, task.attempt, task.pushes);
  if (step.verdict != Verdict::Apply) return Turn::Passed;
  change_task(state, decision, task, before,
              {step.to, Cause::Offline, TaskDetail{"device offline", {}}, false, {}});
  return Turn::SlotUsed;
}

// Tasks behind the scan whose devices can take them now, oldest first. False: stop the round.
Result<bool> roll_returned(State& state, WorkingSet& ws, Decision& decision, JobState& job, int64_t& slots) {
  if (job.returned.empty()) return true;
  std::vector<TaskKey> keys;
  for (int64_t sequence : job.returned) {
    if (static_cast<int64_t>(keys.size()) >= slots) break;
    keys.push_back({job.job.id, sequence});
    ws.tasks.need(keys.back());
  }
  ROLLCALL_TRY_STATUS(ws.load(state.store).map([](bool) {}));
  for (const TaskKey& key : keys) {
    job.returned.erase(key.sequence);
    Task* task = ws.tasks.find(key);
    if (!task || task->status != TaskStatus::Queued) continue;
    const Turn turn = take_turn(state, decision, job, *task);
    if (turn == Turn::Stop) {
      job.returned.insert(key.sequence);
      return false;
    }
    if (turn == Turn::SlotUsed && !canary(Canary::ReturnedIgnorePace)) {
      job.pace.take(1, state.clock.steady());
      --slots;
    }
  }
  return true;
}

// The scan goes on from where it was. False: stop the round.
Result<bool> roll_scan(State& state, WorkingSet& ws, Decision& decision, JobState& job, int64_t& slots) {
  if (job.scan_exhausted || slots <= 0) return true;
  const size_t page = std::clamp<size_t>(static_cast<size_t>(slots) * 2, 64, limits::kSweepRows);
  ROLLCALL_TRY(std::vector<Task> rows, state.store.queued_tasks(job.job.id, job.scan_cursor, page));
  for (const Task& row : rows) {
    if (slots <= 0) return true;
    ws.tasks.keep(row.key, row);
    Task* task = ws.tasks.find(row.key);
    if (task && task->status == TaskStatus::Queued) {
      const Turn turn = take_turn(state, decision, job, *task);
      if (turn == Turn::Stop) return false;
      if (turn == Turn::SlotUsed) {
        job.pace.take(1, state.clock.steady());
        --slots;
      }
    }
    job.scan_cursor = row.key.sequence;
  }
  if (rows.size() < page)
    job.scan_exhausted = true;
  else if (slots > 0)
    state.rollout_more = true;  // a page of devices that are not there: the next batch looks further
  return true;
}

}  // namespace

bool gather_ready(State& state, WorkingSet& ws, std::vector<DeviceId>& devices) {
  while (devices.size() < kReadyDevicesPerRound && !state.ready_devices.empty()) {
    devices.push_back(state.ready_devices.front());
    state.ready_known.erase(state.ready_devices.front());
    state.ready_devices.pop_front();
  }
  bool all = true;
  for (DeviceId device : devices) {
    all = ws.open_tasks.need(device) && all;
    const Session* session = state.sessions.find(device);
    if (session && session->tells_due) all = ws.tells.need(device) && all;
    if (session && session->messages_due) all = gather_messages(ws, device, *session) && all;
  }
  return all;
}

void decide_ready(State& state, WorkingSet& ws, Decision& decision, const std::vector<DeviceId>& devices) {
  for (DeviceId device : devices) {
    Session* session = state.sessions.find(device);
    const auto* keys = ws.open_tasks.find(device);
    if (!session || !keys) continue;
    if (session->messages_due) send_what_waits(state, ws, decision, device, *session);
    if (!session->settled) continue;
    tell_what_waits(state, ws, decision, device, *session);
    for (const TaskKey& key : *keys) {
      Task* task = ws.tasks.find(key);
      JobState* job = task ? state.jobs.find(key.job) : nullptr;
      if (!job) continue;
      const TaskStatus status = effective_status(job->job, task->status);
      if (status == TaskStatus::Sent) push_again(state, decision, *session, *job, *task);
      if (status == TaskStatus::Queued && (job->scan_exhausted || key.sequence <= job->scan_cursor)) {
        job->returned.insert(key.sequence);
        state.jobs.rolling.insert(key.job);
      }
    }
  }
}

Status roll_out(State& state, WorkingSet& ws, Decision& decision) {
  state.rollout_more = false;
  const SteadyUs now = state.clock.steady();
  if (state.rollout_retry && *state.rollout_retry > now) return {};
  state.rollout_retry.reset();
  std::vector<JobId> order(state.jobs.rolling.upper_bound(state.rollout_turn), state.jobs.rolling.end());
  order.insert(order.end(), state.jobs.rolling.begin(), state.jobs.rolling.upper_bound(state.rollout_turn));
  int64_t left = static_cast<int64_t>(state.config.push_slice);
  for (size_t i = 0; i < order.size() && left > 0; ++i) {
    JobState* job = state.jobs.find(order[i]);
    if (!job || !may_push_now(ws, *job) || (job->returned.empty() && job->scan_exhausted)) {
      state.jobs.rolling.erase(order[i]);
      continue;
    }
    // Running jobs share the slice: each gets what the others before it left, at least its even share.
    const int64_t share = std::max<int64_t>(1, left / static_cast<int64_t>(order.size() - i));
    int64_t slots = std::min(job->pace.available(now), share);
    if (slots <= 0) continue;
    const int64_t before = slots;
    ROLLCALL_TRY(bool go_on, roll_returned(state, ws, decision, *job, slots));
    if (go_on) {
      ROLLCALL_TRY(bool scanned, roll_scan(state, ws, decision, *job, slots));
      go_on = scanned;
    }
    left -= before - slots;
    state.rollout_turn = order[i];
    if (!go_on) break;
    const bool candidates = !job->returned.empty() || !job->scan_exhausted;
    if (candidates && job->pace.available(now) > 0) state.rollout_more = true;
  }
  return {};
}

std::optional<SteadyUs> next_slot(const State& state) {
  std::optional<SteadyUs> earliest = state.rollout_retry;
  if (earliest) return earliest;
  const SteadyUs now = state.clock.steady();
  for (JobId id : state.jobs.rolling) {
    const JobState* job = const_cast<State&>(state).jobs.find(id);
    if (!job || !may_push(job->job) || (job->returned.empty() && job->scan_exhausted)) continue;
    const SteadyUs slot = job->pace.next_slot(now);
    if (!earliest || slot < *earliest) earliest = slot;
  }
  return earliest;
}

}  // namespace rollcall::engine
