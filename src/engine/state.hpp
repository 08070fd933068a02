// The engine's memory and what every decision may use. Split from the executor so that each group of
// decisions is a file of its own: products.cpp, devices.cpp, groups.cpp, reports.cpp, create_job.cpp,
// rollout.cpp, upkeep.cpp and others. Thread: engine.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "base/canary.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"
#include "engine/decision.hpp"
#include "engine/engine.hpp"
#include "engine/job_registry.hpp"
#include "engine/sessions.hpp"
#include "engine/working_set.hpp"
#include "model/id_codec.hpp"
#include "model/thing_model.hpp"

namespace rollcall::engine {

// Hands out ids from blocks that were reserved durably; what a crash leaves of a block is never used again.
class IdAllocator {
 public:
  explicit IdAllocator(store::Store& store) : store_(store) {}
  // `kind` and block size belong together; see store::Store::reserve_ids.
  Result<int64_t> next(const char* kind, int64_t block = 256);
  // One above everything that any process was ever given.
  Result<int64_t> next_of_all(const char* kind);
  void forget_blocks() { blocks_.clear(); }

 private:
  struct Block {
    int64_t next = 0;
    int64_t end = 0;
  };
  store::Store& store_;
  std::map<std::string, Block> blocks_;
};

struct State {
  State(store::Store& the_store, const Clock& the_clock, Random& the_random, PushRoom& the_room,
        EngineProbe& the_probe, const EngineConfig& the_config, const IdCodec::Key& key)
      : store(the_store),
        clock(the_clock),
        random(the_random),
        room(the_room),
        probe(the_probe),
        config(the_config),
        codec(key),
        ids(the_store),
        wall_base(the_clock.wall()),
        steady_base(the_clock.steady()) {}

  store::Store& store;
  const Clock& clock;
  Random& random;
  PushRoom& room;
  EngineProbe& probe;
  EngineConfig config;
  IdCodec codec;
  IdAllocator ids;

  // Wall time that a step of the wall clock does not move: deadlines are made and checked with it (DESIGN 3,
  // "Time").
  WallMs wall_base;
  SteadyUs steady_base;
  WallMs even_wall() const {
    if (canary(Canary::WallStepMovesTimers)) return clock.wall();
    return wall_base + (clock.steady() - steady_base) / 1000;
  }

  Sessions sessions;
  JobRegistry jobs;
  // Parsed thing models by product, dropped when a new version is published.
  struct CachedModel {
    std::string version;
    size_t fingerprint = 0;  // of its text: another process may publish a version anew
    std::shared_ptr<const ThingModel> model;
  };
  std::unordered_map<ProductId, CachedModel> models;

  // Devices whose open tasks should be looked at: they came, subscribed, confirmed or were left out for want
  // of room.
  std::deque<DeviceId> ready_devices;
  std::unordered_set<DeviceId> ready_known;
  void make_ready(DeviceId device, bool tells_due = false) {
    const bool any = !jobs.empty() || messages_may_wait() || tells_due;
    if (any && ready_known.insert(device).second) ready_devices.push_back(device);
  }

  // Confirmations not written yet, with the attempt they belong to: nothing waits for them (DESIGN 3), and
  // the device's report usually makes them needless.
  std::unordered_map<TaskKey, int32_t> confirms_unwritten;
  // What devices were told and the store still remembers as to be told.
  std::vector<store::Tell> tells_told;
  // What devices reported and the store does not know yet; at most limits::kValuesUnwrittenBytesMax.
  struct UnwrittenValues {
    LastValueMap values;
    size_t bytes = 0;
  };
  std::unordered_map<DeviceId, UnwrittenValues> values_unwritten;
  size_t values_unwritten_bytes = 0;
  // When unwritten confirmations, values, presence and tells go to the store at the latest.
  std::optional<SteadyUs> lazy_due;
  void note_lazy() {
    if (!lazy_due) lazy_due = clock.steady() + 200'000;
  }

  // Direct calls whose devices have yet to answer; the number of the last message, which grows with time so
  // that it is unlike those of an earlier run.
  AwaitedReplies awaited;
  int64_t last_message = 0;
  // The shift leaves room for a thousand in a millisecond, and Alink ids of the low bits that do not come
  // back within a quarter of an hour.
  int64_t new_message_id() { return last_message = std::max(last_message + 1, even_wall().value << 10); }

  // Messages that wait for devices (offline_messages.cpp): when the first expires that may be there, and
  // those that arrived, or are not wanted any more, and that the store has not forgotten yet.
  std::optional<WallMs> offline_end;
  std::unordered_map<DeviceId, std::vector<store::OfflineRange>> offline_gone;
  // What other processes took in is not known.
  bool messages_may_wait() const { return offline_end.has_value() || config.others_check_ms > 0; }

  // Other processes on the store (others.cpp): when to look next, whether they wrote since the last look
  // began, the job up to which this look has come, and the sessions it has yet to check.
  std::optional<SteadyUs> others_due;
  bool others_wrote = false;
  JobId others_seen_to;
  std::vector<DeviceId> sessions_to_check;
  int64_t process = 0;  // tells connection epochs of processes apart; 0 = alone

  std::optional<WallMs> next_time_out;
  // When to look for jobs that were deleted, or ended, long enough ago (retention.cpp).
  std::optional<SteadyUs> purge_due;
  std::optional<SteadyUs> ended_due;
  SteadyUs client_tokens_looked_at;  // when old ones were forgotten last
  std::deque<Apply> applies_running;
  // When memberships that ended are cleared away next; nullopt: there are none.
  std::optional<SteadyUs> members_due;
  void note_members_left() {
    if (!members_due) members_due = clock.steady() + limits::kMembersKeptMs * 1000;
  }
  JobId rollout_turn;                     // the job after which the next rollout round begins
  bool rollout_more = false;              // the last round left something that can go on at once
  std::optional<SteadyUs> rollout_retry;  // a core had no room for a push: not before this
};

// --- helpers that several decisions share

// The status of a task as everyone sees it: the row's, under the job's phase.
TaskStatus seen_status(State& state, const Task& task);

struct TaskUpdate {
  TaskStatus to{};
  Cause cause{};
  std::optional<TaskDetail> detail;
  bool record_history = false;
  std::optional<WallMs> time_out_at;
  TaskDetail note{};  // for the history alone
};
// Changes the row in the working set and appends the conditional change. Fields other than status (progress,
// flags, pushes, attempt) are taken from `task` as the caller set them; `before` is the row as it was read.
void change_task(State& state, Decision& decision, Task& task, const Task& before, TaskUpdate update);

// A final report on a task that the server has ended: kept in the history; changes nothing but that a rerun
// leaves a late success out (DESIGN 5.13).
void take_late_report(State& state, Decision& decision, Task& task, const JobUpdate& command);

// The task is settled on this session as far as memory goes: its device has answered. Makes room for its next
// tasks; taken back when the commit fails.
void forget_push(State& state, Decision& decision, Session& session, const SessionRef& ref,
                 const TaskKey& key);

// Raises the epoch of `to` and appends its phase as a change of `from`.
void change_job(Decision& decision, const Job& from, Job& to, WallMs now);
// The next chunk of the sweep that the job is in, which works on rows that exist.
store::SweepTasks sweep_chunk(const State& state, const Job& job, WallMs now);
// May the job push at this moment, with what this batch has decided about it?
bool may_push_now(WorkingSet& ws, const JobState& job);

// Deadline of a task that enters IN_PROGRESS now; nullopt when the job has none.
std::optional<WallMs> in_progress_deadline(State& state, const JobState& job);

// What keeps the task's device from being sent it now, room apart; Pushed = nothing.
PushOutcome push_obstacle(State& state, const JobState& job, const Task& task);
// Is this SENT task one that is pushed again when its device can take it (DESIGN 5.11)? Whether the present
// connection has it already is asked of the session.
bool wants_push_again(State& state, const JobState& job, const Task& task);
// Sends the task to its device if that can take it now: changes the row, reserves room and emits PushTask.
// `again`: a repeated push of an unconfirmed task.
PushOutcome try_push(State& state, Decision& decision, JobState& job, Task& task, bool again);

// --- decisions. gather_*: true when everything needed is in the working set; else it was asked for.

bool gather(State& state, WorkingSet& ws, const Command& command);
// Decides one command: appends changes and effects. Fails when the store does: then the whole batch does.
Status decide(State& state, WorkingSet& ws, Decision& decision, const Command& command);

bool gather_api(State& state, WorkingSet& ws, const ApiCommand& command);
Result<Outcome> decide_api(State& state, WorkingSet& ws, Decision& decision, const ApiCommand& command);

// create_job.cpp
bool gather_create_job(State& state, WorkingSet& ws, const Actor& actor, const CreateJob& command);
Result<Outcome> decide_create_job(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                  const CreateJob& command);

// Forgets some of the ClientTokens that are older than 24 hours.
void forget_client_tokens(State& state, Decision& decision);

// access.cpp: accounts and keys.
Result<Outcome> change_access(State& state, WorkingSet& ws, Decision& decision, const ChangeAccess& command);
// One change of a directory on its way, with what is to be written of it; the key that was made or changed.
Result<AccessKey> change_access_in(State& state, const ChangeAccess& command, AccessDirectory& all,
                                   store::AccessChange& writes);
// Lets a changed directory stand; LastAdministratorKey when nobody could administer it.
Result<std::shared_ptr<const AccessDirectory>> put_access(WorkingSet& ws, Decision& decision,
                                                          AccessDirectory&& all,
                                                          store::AccessChange&& writes);

// import_access.cpp
Result<Outcome> decide_import_access(State& state, WorkingSet& ws, Decision& decision,
                                     const ImportAccess& command);

// job_life.cpp: what is asked of jobs that exist.
using JobLifeCommand = std::variant<CancelJob, DeleteJob, RerunJob, PauseJob, ResumeJob, UpdateJob>;
bool gather_job_life(State& state, WorkingSet& ws, const JobLifeCommand& command);
Result<Outcome> decide_job_life(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                const JobLifeCommand& command);

// import_fleet.cpp
bool gather_import(State& state, WorkingSet& ws, const Actor& actor, const ImportFleet& command);
Result<Outcome> decide_import(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const ImportFleet& command);

// explain_task.cpp
bool gather_explain(State& state, WorkingSet& ws, const ExplainTask& command);
Result<Outcome> explain_task(State& state, WorkingSet& ws, const Actor& actor, const ExplainTask& command);

// retire.cpp: devices that are disabled, enabled or deleted.
Result<Outcome> set_thing_enabled(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                  const SetThingEnabled& command);
Result<Outcome> delete_device(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const DeleteDevice& command);
// After the commit: sessions of devices that were disabled or deleted end, and what their open tasks became.
void absorb_devices(State& state, const Decision& decision, const store::CommitResult& result);
// After a commit that failed: the sessions stay.
void undo_devices(State& state, const Decision& decision);

// retention.cpp: deleted jobs, and ended ones, do not stay for ever.
Status arm_retention(State& state);
Status retain(State& state, WorkingSet& ws, Decision& decision);
void note_end(State& state, const store::JobChange& change);
void absorb_purge(State& state, const Decision& decision, const store::CommitResult& result);
void undo_purge(State& state, const Decision& decision);
// job_life.cpp
void remove_job(State& state, WorkingSet& ws, Decision& decision, const Job& job);

// direct.cpp: messages to devices without a job.
bool gather_message(State& state, WorkingSet& ws, const Actor& actor, const SendMessage& command);
Result<Outcome> send_message(State& state, WorkingSet& ws, Decision& decision, const Ticket& ticket,
                             const Actor& actor, const SendMessage& command);
// A device's answer. False: it is for nobody here.
bool take_answer(State& state, Decision& decision, const CommandReply& command);
// Calls whose time is over.
void time_out_calls(State& state, Decision& decision);
// After a commit that failed: who waited goes on waiting, who began to wait does not.
void undo_calls(State& state, const Decision& decision);

// offline_messages.cpp: direct messages with QoS 1 that wait for their devices.
Status arm_offline(State& state);
// Takes a message in for a device that is away, or that will acknowledge it. MessageRateLimit: too many wait.
Status queue_message(State& state, WorkingSet& ws, Decision& decision, const Device& device,
                     const JobContent& content, int64_t message_id);
void open_messages(State& state, Session& session, DeviceId device, bool begins_anew);
// The device's subscriptions changed: what could not be sent may be sent now.
void look_at_messages(State& state, Session& session, DeviceId device);
bool gather_messages(WorkingSet& ws, DeviceId device, const Session& session);
void send_what_waits(State& state, WorkingSet& ws, Decision& decision, DeviceId device, Session& session);
void confirm_message(State& state, Session& session, const PushConfirmed& command);
// Lazily, and what is over.
void forget_messages(State& state, Decision& decision);
void expire_messages(State& state, Decision& decision);
void absorb_messages(State& state, const Decision& decision, const store::CommitResult& result);
void undo_messages(State& state, const Decision& decision);

// sessions.cpp: logins and their ends.
void decide_find(State& state, WorkingSet& ws, Decision& decision, const FindDevice& command);
void decide_open(State& state, WorkingSet& ws, Decision& decision, const OpenSession& command);
void decide_close(State& state, WorkingSet& ws, const CloseSession& command);

// last_values.cpp: what devices last said of their properties.
void take_report(State& state, const PropertyReport& command);
Status write_last_values(State& state, Decision& decision);
void undo_last_values(State& state, const Decision& decision);

// device_facts.cpp: presence, firmware, and the tags that a device gives itself.
bool gather_presence(State& state, WorkingSet& ws, DeviceId device);
// The row as it is now known; what is changed in it is written with the next lazy writes.
Presence& presence_to_write(State& state, WorkingSet& ws, DeviceId device);
void take_firmware(State& state, WorkingSet& ws, const FirmwareReport& command);
bool gather_tags(State& state, WorkingSet& ws, const TagReport& command);
void decide_tags(State& state, WorkingSet& ws, Decision& decision, const TagReport& command);

// registration.cpp: devices that fetch their secret.
bool gather_registration(State& state, WorkingSet& ws, const std::string& product_key,
                         const std::string& device_name);
Result<DeviceIdentity> find_registration(State& state, WorkingSet& ws, const std::string& product_key,
                                         const std::string& device_name, LoginKind kind);
Result<Outcome> decide_registration(State& state, WorkingSet& ws, const FindRegistration& command);
void decide_add(State& state, WorkingSet& ws, Decision& decision, const AddDevice& command);

// A device as callers name it. gather_ref asks for what is missing; find_ref gives the device if it is this
// instance's.
bool gather_ref(State& state, WorkingSet& ws, const DeviceRef& ref);
Device* find_ref(State& state, WorkingSet& ws, InstanceId instance, const DeviceRef& ref);

// reports.cpp: commands of device sessions
bool gather_session(State& state, WorkingSet& ws, const Command& command);
void decide_session(State& state, WorkingSet& ws, Decision& decision, const Command& command);

// rollout.cpp. One round over the running jobs and the ready devices.
bool gather_ready(State& state, WorkingSet& ws, std::vector<DeviceId>& devices);
void decide_ready(State& state, WorkingSet& ws, Decision& decision, const std::vector<DeviceId>& devices);
Status roll_out(State& state, WorkingSet& ws, Decision& decision);
// Earliest moment at which a job may push again, if any job waits for that.
std::optional<SteadyUs> next_slot(const State& state);

// upkeep.cpp: time-outs, scheduled starts, expiry, sweeps, finished jobs, lazy writes.
Status upkeep(State& state, WorkingSet& ws, Decision& decision);
std::optional<SteadyUs> next_upkeep(const State& state);
// Takes over what a commit did: counters, phases, sweep positions, new jobs; effects that follow from sweeps
// are appended.
void absorb(State& state, const Decision& decision, const store::CommitResult& result,
            std::vector<Effect>& effects);
void set_alarms(State& state, JobState& held);
// Later pushes go by the new settings; those on their way keep the content they have.
void take_settings(State& state, JobState& held, const JobSettings& settings);

// others.cpp: other processes on the same store.
// At the start: what is unfinished.
Status take_up_jobs(State& state);
// Brings a job to what is stored: takes it up, lets go of it, or goes on from where another put it.
void reload_job(State& state, JobId id);
// The job, taken up if another process made it a moment ago.
const JobState* held_job(State& state, JobId id);
// Before a command is decided: the job it names, as others have left it.
void refresh_named(State& state, const Command& command);
// Now and then, between batches. Disconnects devices that are elsewhere by now.
Status look_at_others(State& state, std::vector<Effect>& effects);
// Ties each change of a task to the epoch of its job that it was decided on.
void guard(State& state, WorkingSet& ws, Decision& decision);

// Takes back a push that was decided but will not be sent: its reserved room and the session's record of it.
void withdraw(State& state, const Decision& decision, const Effect& effect);
// Puts back what memory had taken for granted when the commit failed.
void undo(State& state, const Decision& decision);
// Takes an unfinished job into the registry (at the start, or when a commit made it).
Status adopt(State& state, Job job);

}  // namespace rollcall::engine
