// Decisions about what devices say: subscriptions, requests, reports, confirmations (device-protocol 4, 5;
// DESIGN 5.9 to 5.14).
#include <algorithm>

#include "base/canary.hpp"
#include "base/overload.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

void settle(State& state, const SessionRef& ref, Session& session) {
  if (session.settled) return;
  session.settled = true;
  state.make_ready(ref.device, session.tells_due);
}

// The device is known to have the task.
void confirm(State& state, Session& session, const SessionRef& ref, Task& task) {
  if (session.forget_push(task.key)) state.make_ready(ref.device);
  if (task.flags & kTaskConfirmed) return;
  if (task.status != TaskStatus::Sent) return;
  state.confirms_unwritten[task.key] = task.attempt;
  state.note_lazy();
}

// The task of a TaskId: of ours, or of another platform's that stands for one (DESIGN 5.22).
template <class AboutTask>
TaskKey key_of(WorkingSet& ws, const AboutTask& command) {
  if (command.key.job) return command.key;
  const TaskKey* key = ws.task_aliases.find(command.echo.task_code);
  return key ? *key : TaskKey();
}

// --- thing/job/get

// The task that `$next` gives: an IN_PROGRESS one, else the oldest SENT one, else the oldest QUEUED one that
// its job may push at this moment (DESIGN 5.10).
Task* next_task(State& state, WorkingSet& ws, DeviceId device) {
  const auto* keys = ws.open_tasks.find(device);
  if (!keys) return nullptr;
  Task* sent = nullptr;
  Task* queued = nullptr;
  for (const TaskKey& key : *keys) {
    Task* task = ws.tasks.find(key);
    JobState* job = task ? state.jobs.find(key.job) : nullptr;
    if (!job || job->content->type != JobType::CustomJob) continue;
    const TaskStatus status = effective_status(job->job, task->status);
    if (status == TaskStatus::InProgress) return task;
    if (status == TaskStatus::Sent && !sent) sent = task;
    if (status == TaskStatus::Queued && !queued && may_push_now(ws, *job) &&
        (job->pace.available(state.clock.steady()) > 0 || canary(Canary::NextIgnoresPace)))
      queued = task;
  }
  return sent ? sent : queued;
}

// Marks a QUEUED task as SENT because its device fetched it; takes a slot of the pace.
void fetch(State& state, Decision& decision, JobState& job, Task& task) {
  const Task before = task;
  const Transition step = transition(task.status, TaskEvent::Push, task.attempt, task.pushes);
  if (step.verdict != Verdict::Apply) return;
  if (!canary(Canary::NextIgnoresPace)) job.pace.take(1, state.clock.steady());
  if (task.pushes < 255) ++task.pushes;
  task.flags |= kTaskConfirmed;
  change_task(state, decision, task, before, {step.to, Cause::Fetched, {}, false, {}});
}

void decide_get(State& state, WorkingSet& ws, Decision& decision, const JobGet& command) {
  Session* session = state.sessions.find(command.session);
  if (!session) return;
  JobGetReply reply{session->at.connection, command.kind, command.echo, {}};
  if (command.kind == GetKind::List) {
    std::vector<const Task*> listed;
    if (const auto* keys = ws.open_tasks.find(command.session.device)) {
      for (const TaskKey& key : *keys) {
        const Task* task = ws.tasks.find(key);
        const JobState* job = task ? state.jobs.find(key.job) : nullptr;
        if (job && job->content->type == JobType::CustomJob && is_open(seen_status(state, *task)))
          listed.push_back(task);
      }
    }
    std::stable_sort(listed.begin(), listed.end(), [](const Task* a, const Task* b) {
      return (a->status == TaskStatus::InProgress) > (b->status == TaskStatus::InProgress);
    });
    if (listed.size() > limits::kTaskListMax) listed.resize(limits::kTaskListMax);
    for (const Task* task : listed) reply.items.push_back({task->key, seen_status(state, *task), nullptr});
    decision.emit(session->at.core, std::move(reply));
    return;
  }
  Task* task = command.kind == GetKind::Next ? next_task(state, ws, command.session.device)
                                             : ws.tasks.find(key_of(ws, command));
  if (command.kind == GetKind::One && task && task->device != command.session.device) task = nullptr;
  JobState* job = task ? state.jobs.find(task->key.job) : nullptr;
  std::shared_ptr<const JobContent> content = job ? job->content : nullptr;
  if (task && !content) {  // a finished job's task, asked for by its id
    if (const Job* stored = ws.jobs.find(task->key.job))
      if (auto made = make_content(*stored)) content = *made;
  }
  const bool custom = content && content->type == JobType::CustomJob;
  if (task && custom && task->status == TaskStatus::Queued && job &&
      seen_status(state, *task) == TaskStatus::Queued) {
    if (may_push_now(ws, *job) && job->pace.available(state.clock.steady()) > 0)
      fetch(state, decision, *job, *task);
    else
      task = nullptr;  // its turn has not come: the push follows (DESIGN 5.10)
  } else if (task && custom) {
    confirm(state, *session, command.session, *task);
  }
  if (task && custom) reply.items.push_back({task->key, seen_status(state, *task), content});
  decision.emit(session->at.core, std::move(reply));
  settle(state, command.session, *session);
}

// --- thing/job/update

Status decide_report(State& state, Decision& decision, Task& task, const JobUpdate& command) {
  const JobState* job = state.jobs.find(task.key.job);
  const Task before = task;
  // A success for a task that a rerun has not reached yet is one of the new attempt (DESIGN 5.14).
  const bool early = job && is_rerun(job->job.sweep) && command.event == TaskEvent::ReportSucceeded &&
                     takes(sweep_plan(job->job.sweep), task);
  if (early) start_again(task);
  const TaskStatus seen = seen_status(state, task);
  const Transition step = transition(seen, command.event, task.attempt, task.pushes);
  if (step.verdict == Verdict::Refuse)
    return fail(ErrorCode::InvalidTaskStatus, "the task is " + std::string(task_status_text(seen)));
  if (step.verdict == Verdict::Repeat) return {};
  if (step.verdict == Verdict::Late) {
    take_late_report(state, decision, task, command);
    return {};
  }
  TaskUpdate update{step.to, Cause::Reported, {}, false, {}};
  task.flags |= kTaskConfirmed;
  if (auto confirm = state.confirms_unwritten.extract(task.key))
    decision.forgotten_confirms.emplace_back(confirm.key(), confirm.mapped());
  if (command.progress) task.progress = *command.progress;
  if (early) update.detail = TaskDetail{};
  if (!command.status_details.empty()) update.detail = TaskDetail{{}, command.status_details};
  if (step.to == TaskStatus::InProgress && before.status != TaskStatus::InProgress && job)
    update.time_out_at = in_progress_deadline(state, *job);
  if (step.to == before.status) {  // a progress report: thinned in the history (DESIGN 3)
    if (task.progress == before.progress && !update.detail) return {};
    const bool noted = note_progress(task, before, state.clock.wall());
    update.record_history = noted || canary(Canary::ProgressNotThinned);
  }
  change_task(state, decision, task, before, std::move(update));
  return {};
}

void decide_update(State& state, WorkingSet& ws, Decision& decision, const JobUpdate& command) {
  Session* session = state.sessions.find(command.session);
  if (!session) return;
  const TaskKey key = key_of(ws, command);
  Task* task = key.job ? ws.tasks.find(key) : nullptr;
  Status status;
  // The rows of a deleted job may still be there; they are nobody's.
  const bool gone = task && !state.jobs.find(task->key.job) && !ws.jobs.find(task->key.job);
  if (!task || gone || task->device != command.session.device) {
    status = fail(ErrorCode::NotExistedTask, "no such task for this device");
  } else {
    forget_push(state, decision, *session, command.session, task->key);
    status = decide_report(state, decision, *task, command);
  }
  decision.emit(session->at.core, JobUpdateReply{session->at.connection, command.echo, std::move(status)});
}

// --- answers to property sets, service calls and PUB messages

Task* find_answered(WorkingSet& ws, DeviceId device, uint32_t id) {
  const auto* keys = ws.open_tasks.find(device);
  if (!keys) return nullptr;
  for (const TaskKey& key : *keys) {
    Task* task = ws.tasks.find(key);
    if (!task || task->status != TaskStatus::InProgress) continue;
    if (alink_id(key.job, task->attempt) == id) return task;
    if (canary(Canary::AnswerOfOldAttempt) && alink_id(key.job, task->attempt - 1) == id) return task;
  }
  return nullptr;
}

void finish_command(State& state, Decision& decision, Session& session, const SessionRef& ref, Task& task,
                    bool success, Cause cause, TaskDetail detail) {
  forget_push(state, decision, session, ref, task.key);
  const TaskStatus seen = seen_status(state, task);
  const Transition step = transition(seen, success ? TaskEvent::ReportSucceeded : TaskEvent::ReportFailed,
                                     task.attempt, task.pushes);
  if (step.verdict != Verdict::Apply) return;
  const Task before = task;
  task.flags |= kTaskConfirmed;
  TaskUpdate update{step.to, cause, {}, false, {}};
  if (detail != TaskDetail{}) update.detail = std::move(detail);
  change_task(state, decision, task, before, std::move(update));
}

void decide_reply(State& state, WorkingSet& ws, Decision& decision, const CommandReply& command) {
  Session* session = state.sessions.find(command.session);
  if (!session) return;
  if (take_answer(state, decision, command)) {
    // That was all: ids of direct calls are nobody else's.
  } else if (Task* task = find_answered(ws, command.session.device, command.alink_id)) {
    const JobState* job = held_job(state, task->key.job);
    const JobType type = job ? job->content->type : JobType::CustomJob;
    if (type == JobType::SetProperty || type == JobType::InvokeService) {
      TaskDetail detail;
      if (command.code != 200) {
        detail.message = "code " + std::to_string(command.code);
        if (!command.message.empty()) detail.message += ": " + command.message;
        if (detail.message.size() > limits::kTaskDetailBytesMax)
          detail.message.resize(limits::kTaskDetailBytesMax);
      }
      if (type == JobType::InvokeService && command.data.size() <= limits::kTaskDetailBytesMax &&
          command.data != "{}")
        detail.status_details = command.data;
      finish_command(state, decision, *session, command.session, *task, command.code == 200, Cause::Answered,
                     std::move(detail));
    }
  }
  if (command.echo.packet_id != 0)
    decision.emit(session->at.core, Ack{session->at.connection, command.echo.packet_id});
}

bool is_pub(State& state, JobId id) {
  const JobState* job = state.jobs.find(id);
  return job && job->content->type == JobType::Pub;
}

// PUBACK or notify_reply: the success of a PUB task. For the others it is news only as long as the push is
// open, and which device it went to is known from that: the row is not needed.
void decide_confirmed(State& state, WorkingSet& ws, Decision& decision, const PushConfirmed& command) {
  Session* session = state.sessions.find(command.session);
  if (!session) return;
  if (is_offline_key(command.key)) return confirm_message(state, *session, command);
  if (is_pub(state, command.key.job)) {
    Task* task = ws.tasks.find(command.key);
    if (task && task->device == command.session.device && task->attempt == command.attempt)
      finish_command(state, decision, *session, command.session, *task, true, Cause::Answered, {});
    return;
  }
  if (!session->forget_push(command.key, command.attempt)) return;
  state.make_ready(command.session.device);
  state.confirms_unwritten[command.key] = command.attempt;
  state.note_lazy();
}

// A QoS 0 PUB message left the connection: its success (DESIGN 5.12).
void decide_written(State& state, WorkingSet& ws, Decision& decision, const PushWritten& command) {
  Session* session = state.sessions.find(command.session);
  Task* task = ws.tasks.find(command.key);
  const JobState* job = state.jobs.find(command.key.job);
  if (!session || !task || !job || task->device != command.session.device || task->attempt != command.attempt)
    return;
  if (job->content->type != JobType::Pub || job->content->qos != MessageQos::Qos0) return;
  finish_command(state, decision, *session, command.session, *task, true, Cause::Answered, {});
}

void decide_seen(State& state, WorkingSet& ws, Decision& decision, const PropertySeen& command) {
  Session* session = state.sessions.find(command.session);
  Task* task = ws.tasks.find(command.key);
  if (!session || !task || task->device != command.session.device || task->attempt != command.attempt) return;
  if (task->status != TaskStatus::InProgress) return;
  finish_command(state, decision, *session, command.session, *task, true, Cause::PropertySeen, {});
}

bool gather_update(State& state, WorkingSet& ws, const JobUpdate& command) {
  if (!command.key.job && !ws.task_aliases.need(command.echo.task_code)) return false;
  const TaskKey key = key_of(ws, command);
  if (!key.job) return true;
  if (!ws.tasks.need(key)) return false;
  const bool job_wanted = ws.tasks.find(key) && !state.jobs.find(key.job);
  return !job_wanted || ws.jobs.need(key.job);
}

bool gather_get(State& state, WorkingSet& ws, const JobGet& command) {
  if (command.kind != GetKind::One) return ws.open_tasks.need(command.session.device);
  if (!command.key.job && !ws.task_aliases.need(command.echo.task_code)) return false;
  const TaskKey key = key_of(ws, command);
  if (!key.job) return true;
  if (!ws.tasks.need(key)) return false;
  return state.jobs.find(key.job) || ws.jobs.need(key.job);
}

}  // namespace

bool gather_session(State& state, WorkingSet& ws, const Command& command) {
  return std::visit(
      Overload{
          [&](const AddDevice& c) { return gather_registration(state, ws, c.product_key, c.device_name); },
          [&](const FindDevice& c) {
            if (c.kind == LoginKind::Register || c.kind == LoginKind::RegisterNew)
              return gather_registration(state, ws, c.product_key, c.device_name);
            if (!ws.product_keys.need(c.product_key)) return false;
            const ProductId* product = ws.product_keys.find(c.product_key);
            return !product || ws.device_names.need({*product, c.device_name});
          },
          [&](const OpenSession& c) {
            const bool device = ws.devices.need(c.device);
            return gather_presence(state, ws, c.device) && device;
          },
          [&](const CloseSession& c) { return gather_presence(state, ws, c.session.device); },
          [&](const TagReport& c) { return gather_tags(state, ws, c); },
          [&](const FirmwareReport& c) { return gather_presence(state, ws, c.session.device); },
          [&](const JobGet& c) { return gather_get(state, ws, c); },
          [&](const JobUpdate& c) { return gather_update(state, ws, c); },
          [&](const PushConfirmed& c) { return !is_pub(state, c.key.job) || ws.tasks.need(c.key); },
          [&](const PushWritten& c) { return ws.tasks.need(c.key); },
          [&](const CommandReply& c) { return ws.open_tasks.need(c.session.device); },
          [&](const PropertySeen& c) { return ws.tasks.need(c.key); },
          [](const auto&) { return true; },
      },
      command);
}

void decide_session(State& state, WorkingSet& ws, Decision& decision, const Command& command) {
  std::visit(Overload{
                 [&](const FindDevice& c) { decide_find(state, ws, decision, c); },
                 [&](const AddDevice& c) { decide_add(state, ws, decision, c); },
                 [&](const OpenSession& c) { decide_open(state, ws, decision, c); },
                 [&](const SetReachability& c) {
                   if (Session* session = state.sessions.find(c.session)) {
                     session->reachability = c.reachability;
                     look_at_messages(state, *session, c.session.device);
                     state.make_ready(c.session.device, session->tells_due);
                   }
                 },
                 [&](const CloseSession& c) { decide_close(state, ws, c); },
                 [&](const JobGet& c) { decide_get(state, ws, decision, c); },
                 [&](const JobUpdate& c) { decide_update(state, ws, decision, c); },
                 [&](const PushConfirmed& c) { decide_confirmed(state, ws, decision, c); },
                 [&](const PushWritten& c) { decide_written(state, ws, decision, c); },
                 [&](const CommandReply& c) { decide_reply(state, ws, decision, c); },
                 [&](const PropertySeen& c) { decide_seen(state, ws, decision, c); },
                 [&](const PropertyReport& c) { take_report(state, c); },
                 [&](const TagReport& c) { decide_tags(state, ws, decision, c); },
                 [&](const FirmwareReport& c) { take_firmware(state, ws, c); },
                 [](const ApiCommand&) {},
             },
             command);
}

}  // namespace rollcall::engine
