// What the engine asks the store to change: one ChangeSet = one transaction (DESIGN 3). Every change of an
// existing row is conditional on what was read; the store says which conditions failed and derives counters
// and history from the rows that it did hit. Thread: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/access.hpp"
#include "model/fleet.hpp"
#include "model/job.hpp"
#include "model/task.hpp"

namespace rollcall::store {

// Changes one task if it still has (from_status, from_attempt). The job's counters move from from_status to
// task.status. A history row is written when the status or attempt changes or `record_history` is set.
struct TaskChange {
  Task task;  // the row after the change
  TaskStatus from_status{};
  int32_t from_attempt = 1;
  // The epoch that the job has to have by now, the JobChanges of the same set included: what the job's phase
  // made of the task was decided on it. -1 = any.
  int32_t job_epoch = -1;
  Cause cause{};
  bool record_history = false;       // progress reports and late reports: no change of status, yet remembered
  std::optional<TaskDetail> detail;  // replaces the side row, and kTaskHasDetail with it; absent = leave it
  TaskDetail note;                   // for the history alone; not looked at when there is a detail
  std::optional<WallMs> time_out_at;  // appended to the time-out list for (task, attempt)
};

// Replaces a job's phase if its epoch is still from_epoch and nobody went on with its sweep meanwhile: chunks
// move the cursor and the number of tasks made, not the epoch. Counters are not touched by this.
struct JobChange {
  JobId id;
  int32_t from_epoch = 0;
  int64_t from_sweep_cursor = 0;
  int64_t from_tasks_made = 0;
  JobStatus status{};
  Sweep sweep = Sweep::None;
  int64_t sweep_cursor = 0;
  int64_t tasks_made = 0;
  int32_t epoch = 0;
  bool paused = false;
  WallMs modified_at;
  WallMs started_at;
  // UpdateJob replaces these; absent = leave.
  std::optional<JobSettings> settings;
  // The job is gone: its number stays taken and its history stays, no read shows it or its tasks any more.
  bool deleted = false;
};

struct NewJob {
  Job job;
  // DEVICE_LIST: made in the same transaction, in this order, all QUEUED (tasks_made and the counters are set
  // from them, and TaskChanges of the same set may go on from there); else empty.
  std::vector<DeviceId> targets;
};

// Makes the next tasks of a job from its group or product: members in join order after `after`, up to the
// job's snapshot. Tasks of unfit products are made FAILED with their reason (counters and history follow).
// Conditional on the job's epoch and on first_sequence being its tasks_made; the epoch stays. The job's
// sweep_cursor and tasks_made move in the same transaction, so that a crash repeats nothing.
struct MakeTasks {
  JobId job;
  int32_t from_epoch = 0;
  TargetType target_type{};
  ProductId product;
  GroupId group;
  int64_t after = 0;
  int64_t snapshot = 0;
  int64_t first_sequence = 0;
  int64_t expected_total =
      0;  // when members run out before that many rows exist, the missing ones leave the QUEUED counter
  size_t rows_max = 0;
  WallMs now;
  const std::vector<std::pair<ProductId, std::string>>* unfit = nullptr;  // owned by the caller for the call
};

// Takes every task with first_sequence <= sequence < first_sequence + rows_max (rows that exist) to `to`,
// which is a final status, or QUEUED: then the task starts again, and what its last attempt left beside it
// goes. Counters and history follow the rows hit, and the job's sweep_cursor moves to the result's
// next_sequence in the same transaction; the epoch, on which this is conditional, stays. `statuses`: rows to
// take (bit 1 << status); `without`: but none with one of these flags.
struct SweepTasks {
  JobId job;
  int32_t from_epoch = 0;
  int64_t first_sequence = 0;
  size_t rows_max = 0;
  uint32_t statuses = 0;
  uint8_t without = 0;
  TaskStatus to{};
  Cause cause{};
  WallMs now;
  bool tell = false;  // remember a Tell for each row that was SENT or IN_PROGRESS
};

// A device is still to be told that a task it was sent is over; kept until it was told (DESIGN 5.16).
struct Tell {
  DeviceId device;
  TaskKey key;
  int32_t attempt = 1;
  bool removed = false;  // the job was deleted, else cancelled
  bool operator==(const Tell&) const = default;
};

// A direct message with QoS 1 that its device has not acknowledged (engine/offline_messages.cpp). Its body
// and name are those of a JobContent of that type: for PUB the bytes and the short name of the topic, for
// SET_PROPERTY and INVOKE_SERVICE the parameters for the wire and the service.
struct OfflineMessage {
  DeviceId device;
  int64_t id = 0;  // grows with the time of the call; of a list of devices each has it
  WallMs expires_at;
  JobType type{};
  std::string name;
  std::string body;
  bool operator==(const OfflineMessage&) const = default;
};
// Messages of one device with first <= id <= last.
struct OfflineRange {
  DeviceId device;
  int64_t first = 0;
  int64_t last = 0;
  bool operator==(const OfflineRange&) const = default;
};
// Forgets at most so many messages whose time is over, those that ended first.
struct ExpireOffline {
  WallMs until;
  size_t rows_max = 0;
};

struct NewProduct {
  Product product;
};
struct NewDevice {
  Device device;
  std::string product_key;  // for error texts only
};
struct NewGroup {
  Group group;
};
struct NewGroupMember {
  GroupId group;
  DeviceId device;
  int64_t join_number = 0;
  ProductId product;
};
// A device of ImportDevice: its own secret and serial number.
struct Brought {
  Secret secret;
  std::string serial;
};
struct NewApply {
  Apply apply;
  std::vector<std::pair<std::string, std::string>> names;  // DeviceName, Nickname
  std::vector<Brought> brought;                            // one for each name, or none
};
struct ApplyProgress {
  ApplyId id;
  int64_t from_cursor = 0;
  int64_t cursor = 0;
  ApplyStatus status{};
  std::vector<std::pair<int64_t, DeviceId>> made;  // index in the application -> device
};
// version "" is the draft; publishing copies it: a version without a text takes the draft's. The same version
// again replaces it and becomes the latest.
struct PutThingModel {
  ProductId product;
  std::string version;
  std::string tsl;
  std::string description;
  WallMs now;
};
// Enables, disables or deletes a device if it is there and was enabled as from_enabled says. A deletion
// leaves a tombstone, takes the device out of its groups (their counters and the product's follow) and ends,
// as the last step of the transaction, every open task of it, also one that the same change set made:
// CANCELLED, or what the job's phase had made of it already. That is at most one row for each unfinished job.
struct DeviceChange {
  DeviceId id;
  ProductId product;
  bool from_enabled = true;
  bool enabled = true;
  bool deleted = false;
  WallMs now;
};
// Takes away, a chunk a time, what is left of the job that was deleted longest ago: its tasks, what came with
// them, their history, and last what it was about. Its number stays taken. From the first chunk on no read
// shows anything of it, so that nothing is ever seen in part.
struct PurgeJobs {
  WallMs deleted_until;  // only jobs deleted at this time or earlier
  size_t tasks_max = 0;  // of a chunk; each with its whole history
};
// Changes name, description, status and revision of a product if its revision is still from_revision, and
// puts or publishes a thing model with it, of whose versions the last limits::kModelVersionsMax are kept. A
// deletion needs a product without devices; it leaves a tombstone and takes thing models and topic classes.
struct ProductChange {
  Product product;  // the row after the change, with a new revision
  int64_t from_revision = 0;
  bool deleted = false;
  WallMs now;
  std::optional<PutThingModel> model;
};
// Fields a fleet import may fill in later for something that exists; conditional on the row existing.
struct PutProduct {
  Product product;
};
struct PutDevice {
  Device device;
};

// What processes on one store owe each other beyond the conditions of single rows; when something of it does
// not hold, the whole set fails with "stale:", to be decided anew. Said by engines that are not alone.
struct Agreements {
  // How many devices there were when new jobs took them for their targets.
  std::vector<std::pair<ProductId, int64_t>> product_counts;
  std::vector<std::pair<GroupId, int64_t>> group_counts;
  // Snapshots that new jobs took: from now on nothing new has a device id, or a join number, up to these.
  // What the set itself makes must be above what earlier sets said. 0: none.
  int64_t device_seal = 0;
  int64_t join_seal = 0;
};

// A group that is there gets another description, or is gone with all its memberships: its own row says so at
// once, those of its members are cleared away by PurgeMembers.
struct GroupChange {
  GroupId id;
  std::optional<std::string> description;
  bool deleted = false;
  WallMs now;
};
// A device leaves a group that it is in; the group's counters follow. The row stays for the jobs whose
// snapshot is older than left_number.
struct MemberLeaves {
  GroupId group;
  DeviceId device;
  ProductId product;
  int64_t left_number = 0;
  WallMs now;
};
// Clears memberships away that ended by `until` and that no job which is still being made may want: at most
// so many of devices that left, and as many of a group that is gone.
struct PurgeMembers {
  WallMs until;
  size_t rows_max = 0;
};
struct NicknameChange {
  DeviceId id;
  std::string nickname;
  WallMs now;
};
// Tags that a device gets, or gets another value of, and one that it loses.
struct TagChange {
  DeviceId device;
  InstanceId instance;
  std::vector<DeviceTag> put;
  std::string dropped;  // empty: none
};
// A topic class that is there gets another name, operation and description, or goes.
struct TopicChange {
  ProductTopic topic;
  bool deleted = false;
};

// What is put replaces what has the same key; what is removed may be gone already. The engine is the only
// one to change these and has read all of them before.
struct AccessChange {
  std::vector<Account> put_accounts;
  std::vector<Instance> put_instances;
  std::vector<InstanceAlias> put_aliases;
  std::vector<SubUser> put_users;
  std::vector<AccessKey> put_keys;
  std::vector<std::string> removed_aliases;
  std::vector<std::pair<AccountId, std::string>> removed_users;
  std::vector<std::string> removed_keys;
  bool empty() const;
};

// CreateJob with a ClientToken: the job it made, and a digest of what was asked for.
struct ClientTokenKey {
  AccountId account;
  std::string token;
  bool operator==(const ClientTokenKey&) const = default;
};
struct ClientToken {
  ClientTokenKey key;  // put: replaces an older one
  std::string digest;
  JobId job;
  WallMs created_at;
  bool operator==(const ClientToken&) const = default;
};
// Forgets at most `rows_max` tokens made at or before `until`, the oldest first.
struct ForgetClientTokens {
  WallMs until;
  size_t rows_max = 0;
};
// What a device last said of its properties (model/last_values.hpp). Not written for one that is deleted,
// and gone with it.
struct LastValues {
  DeviceId device;
  std::string reported;
};

// A TaskId of another platform that a device may still report (DESIGN 5.22). Put: stands for this task from
// now on. Gone with what is left of a deleted job.
struct TaskAlias {
  std::string code;
  TaskKey key;
  bool operator==(const TaskAlias&) const = default;
};

struct ChangeSet {
  std::vector<NewProduct> new_products;
  std::vector<PutProduct> put_products;
  std::vector<NewDevice> new_devices;  // product counters follow
  std::vector<PutDevice> put_devices;
  std::vector<DeviceChange> devices;  // in this order; one of a new device comes after it
  std::vector<NewGroup> new_groups;
  std::vector<NewGroupMember> new_members;  // group counters follow
  std::vector<NewApply> new_applies;
  std::vector<ApplyProgress> apply_progress;
  std::vector<PutThingModel> thing_models;
  std::vector<ProductChange> products;  // in this order, after everything above
  std::vector<AccessKey> new_access_keys;
  AccessChange access;
  std::vector<ClientToken> client_tokens;
  std::optional<ForgetClientTokens> forget_client_tokens;
  // groups, names, tags, topic classes (writer_listing.cpp)
  std::vector<GroupChange> groups;
  std::vector<MemberLeaves> leaving;
  std::vector<NicknameChange> nicknames;
  std::vector<TagChange> tags;
  std::vector<ProductTopic> new_topics;
  std::vector<TopicChange> topics;
  std::optional<PurgeMembers> purge_members;
  std::vector<NewJob> new_jobs;
  std::vector<JobChange> jobs;
  std::vector<MakeTasks> make_tasks;
  std::vector<SweepTasks> sweep_tasks;
  std::vector<TaskChange> tasks;  // the store sorts its work by (job, sequence)
  std::vector<Tell> tells_done;   // forgotten, by device and task
  // Not kept for a device that is not there; gone with it.
  std::vector<OfflineMessage> offline_messages;
  std::vector<OfflineRange> offline_gone;  // after the new ones
  std::optional<ExpireOffline> expire_offline;
  std::vector<Presence> presence;  // written when connection_epoch is not older than the stored one
  std::vector<LastValues> last_values;
  std::vector<TaskAlias> task_aliases;
  std::optional<WallMs> time_outs_done_until;  // forget time-out entries with deadline <= this ...
  std::vector<TaskKey> time_outs_done;         // ... of these tasks only, as due_time_outs gave them
  std::optional<PurgeJobs> purge;
  std::optional<Agreements> agreements;
  bool empty() const;
};

// A task that a sweep took, or that the deletion of its device ended: what the engine needs to tell its
// device.
struct SweptTask {
  TaskKey key;
  DeviceId device;
  TaskStatus from{};
  int32_t attempt = 1;  // after the sweep
};

struct MakeResult {
  JobId job;
  bool hit = false;  // false: the epoch had moved on
  int64_t rows_made = 0;
  int64_t last_member = 0;  // the join number or device id of the last member taken
  bool exhausted = false;   // no member is left
  int64_t rows_failed = 0;  // of rows_made, unfit ones
};

struct SweepResult {
  JobId job;
  bool hit = false;
  int64_t next_sequence = 0;  // where to go on
  bool exhausted = false;     // no row is left at or after next_sequence
  std::vector<SweptTask> swept;
};

struct PurgeResult {
  JobId job;  // none: no job was deleted that long ago
  int64_t tasks = 0;
};

// What a committed ChangeSet did.
struct CommitResult {
  std::vector<uint32_t>
      missed_tasks;  // indexes into ChangeSet::tasks whose condition failed; their changes did not happen
  std::vector<uint32_t> missed_jobs;                  // likewise for ChangeSet::jobs
  std::vector<uint32_t> missed_applies;               // likewise for ChangeSet::apply_progress
  std::vector<uint32_t> missed_devices;               // likewise for ChangeSet::devices
  std::vector<uint32_t> missed_products;              // likewise for ChangeSet::products
  std::vector<std::pair<TaskKey, TaskStatus>> ended;  // open tasks of deleted devices, and what they are now
  bool members_left_over = false;  // of purge_members: there is more to clear away, at once or later
  size_t members_purged = 0;
  std::vector<MakeResult> made;                          // one per ChangeSet::make_tasks
  std::vector<SweepResult> swept;                        // one per ChangeSet::sweep_tasks
  std::vector<std::pair<JobId, TaskCounters>> counters;  // of every job whose counters this transaction moved
  PurgeResult purged;
  int64_t offline_gone = 0;     // messages of offline_gone that were there
  int64_t offline_expired = 0;  // of expire_offline
};

// One row of the append-only history, in the order of writing.
struct HistoryRow {
  int64_t position = 0;  // grows, with gaps; where a reader goes on
  TaskKey key;
  DeviceId device;
  int32_t attempt = 1;
  TaskStatus from{};
  TaskStatus to{};  // equal to from: a progress report or a late one
  Cause cause{};
  WallMs at;
  int32_t progress = -1;
  TaskDetail detail;  // what came with the change
};

struct DueTimeOut {
  WallMs deadline;
  TaskKey key;
  int32_t attempt = 1;
};

}  // namespace rollcall::store
