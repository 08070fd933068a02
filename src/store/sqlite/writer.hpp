// Turns a ChangeSet into the statements of one transaction. Writer::commit is the whole write path of the
// embedded store; its parts write fleets (writer_fleet.cpp), jobs (writer_job.cpp), tasks
// (writer_task.cpp) and the end of all (writer_purge.cpp) and share the ledger, which gathers what follows
// from rows that were hit: history and counters. A part that fails leaves its failure in the connection;
// commit() then rolls everything back. Thread: the connection's.
#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "store/sqlite/access.hpp"
#include "store/sqlite/blocks.hpp"
#include "store/sqlite/offline_messages.hpp"
#include "store/sqlite/queries.hpp"
#include "store/sqlite/statement.hpp"

namespace rollcall::store {

// What a history row holds besides its position.
struct HistoryEntry {
  TaskKey key;
  DeviceId device;
  int32_t attempt = 1;
  TaskStatus from{};
  TaskStatus to{};
  Cause cause{};
  WallMs at;
  int32_t progress = -1;
  std::string_view message;
  std::string_view status_details;
  int64_t previous = 0;  // position of the task's last row before this one; 0 = none
};

class Ledger {
 public:
  explicit Ledger(Connection& connection);
  void begin();
  void roll_back() { next_position_ = first_position_; }
  // Where the next row will be. The task's row must be given it as its last_event.
  int64_t next_position() const { return next_position_; }
  void add_history(const HistoryEntry& entry);
  // The same with `previous` as the task's row has it now.
  void add_history_of_row(const HistoryEntry& entry);
  // Takes the last row back.
  void drop_last_history();
  // Leaves out positions up to this one.
  void go_on_at(int64_t position) { next_position_ = position; }
  // A row was made, a row went from one status to another: its block follows, and with the second its job.
  void made(const TaskKey& key, TaskStatus status) { blocks_.made(key, status); }
  void move(const TaskKey& key, TaskStatus from, TaskStatus to);
  // The change of a job's counters in this transaction so far; valid until begin().
  TaskCounters& moved(JobId job);
  // Writes every job's counters once and says what they are now, and the blocks'.
  void flush_counters(CommitResult& result);
  void forget_blocks(JobId job) { blocks_.forget(job); }

 private:
  template <class... Rest>
  void insert(Statement& statement, const HistoryEntry& entry, const Rest&... rest);

  Connection& connection_;
  Statement last_position_, insert_history_, insert_history_of_row_, drop_history_, add_counters_;
  std::string detail_;
  Blocks blocks_;
  std::unordered_map<JobId, TaskCounters> moved_;
  JobId last_job_;
  TaskCounters* last_ = nullptr;
  int64_t first_position_ = 0;
  int64_t next_position_ = 0;  // 0 = not read yet
};

class TaskWriter {
 public:
  TaskWriter(Connection& connection, JobTimes& times, Ledger& ledger);
  void change_all(const std::vector<TaskChange>& changes, CommitResult& result);
  void insert(const Task& task, int64_t job_created_ms, int64_t last_event = 0);
  // A new task that fails at once for `reason` (DESIGN 5.7); the job counts it as QUEUED so far.
  void insert_unfit(Task task, int64_t job_created_ms, std::string_view reason);
  void sweep(const SweepTasks& sweep, int64_t end_sequence, int64_t job_created_ms, SweepResult& result);
  void forget_tells(const std::vector<Tell>& tells);
  void forget_time_outs(WallMs until, const std::vector<TaskKey>& keys);
  // Ends every open task of a device that was deleted.
  void end_all_of(const DeviceChange& deleted, CommitResult& result);

 private:
  bool change(const TaskChange& change, int64_t job_created_ms);
  int32_t epoch_of(JobId job);
  void put_detail(const TaskKey& key, const TaskDetail& detail);

  Connection& connection_;
  JobTimes& times_;
  Ledger& ledger_;
  Statement insert_, change_open_, change_status_, change_noted_, change_rest_, epoch_, put_detail_,
      delete_detail_;
  Statement add_time_out_, due_, delete_time_out_, sweep_rows_, sweep_, sweep_again_;
  Statement add_tell_, delete_tell_, open_of_device_, end_;
  std::vector<uint32_t> order_;
};

class JobWriter {
 public:
  JobWriter(Connection& connection, JobTimes& times, Ledger& ledger, TaskWriter& tasks);
  void create(const NewJob& job);
  bool change(const JobChange& change);
  MakeResult make(const MakeTasks& make);
  SweepResult sweep(const SweepTasks& sweep);

 private:
  // Epoch and rows of a job; false when it is not there.
  bool phase(JobId job, int32_t& epoch, int64_t& tasks_made, int64_t& cursor);
  void make_targets(const NewJob& job);
  void drop_missing(const MakeTasks& make, int64_t tasks_made);

  Connection& connection_;
  JobTimes& times_;
  Ledger& ledger_;
  TaskWriter& tasks_;
  Statement insert_job_, insert_counter_, insert_spec_, insert_unfit_;
  Statement change_, change_settings_, phase_, counted_, made_, swept_;
  Statement group_members_, product_members_;
};

// Takes away what is left of deleted jobs (writer_purge.cpp).
class PurgeWriter {
 public:
  PurgeWriter(Connection& connection, Ledger& ledger);
  PurgeResult purge(const PurgeJobs& purge);

 private:
  int64_t purge_tasks(JobId job, size_t tasks_max);
  void forget_history(int64_t last_event);

  Connection& connection_;
  Ledger& ledger_;
  Statement oldest_, begin_, keep_positions_, tasks_, drop_event_, drop_tell_, drop_tasks_;
  Statement drop_aliases_, drop_details_;
  Statement drop_spec_, drop_counter_, drop_unfit_, end_;
};

class FleetWriter {
 public:
  explicit FleetWriter(Connection& connection);
  // Everything of the change set that is not a job or a task, presence excepted.
  void write(const ChangeSet& changes, CommitResult& result);
  void write_presence(const std::vector<Presence>& presence);
  void write_last_values(const ChangeSet& changes);
  // Checks and takes the seals of what is agreed with other processes.
  void agree(const ChangeSet& changes);

 private:
  bool is_above(int64_t number, std::string_view seal);
  bool counts(Statement& statement, int64_t id, int64_t devices);
  void write_devices(const std::vector<NewDevice>& devices);
  void write_members(const std::vector<NewGroupMember>& members);
  bool change_device(const DeviceChange& change);
  void leave_groups(const DeviceChange& deleted);
  void write_apply(const NewApply& apply);
  bool write_progress(const ApplyProgress& progress);
  void write_model(const PutThingModel& model);
  bool change_product(const ProductChange& change);

  Connection& connection_;
  Statement insert_product_, put_product_, insert_device_, put_device_, count_devices_;
  Statement insert_group_, insert_member_, count_members_, count_group_product_;
  Statement insert_apply_, insert_apply_item_, progress_apply_, made_apply_item_;
  Statement put_thing_model_, publish_draft_, insert_access_key_, put_presence_;
  Statement change_device_, groups_of_device_, leave_group_, put_values_, put_alias_, drop_values_;
  Statement seal_, put_seal_, product_devices_, group_devices_;
  Statement change_product_, forget_models_, forget_topics_, drop_old_models_;
};

// Groups that change or go, nicknames, tags, topic classes (writer_listing.cpp).
class ListingWriter {
 public:
  explicit ListingWriter(Connection& connection);
  // Ends memberships: those that are stored, or those made by the same change set before they end.
  void leave(const std::vector<MemberLeaves>& leaving, bool made_now);
  void write(const ChangeSet& changes);
  void purge(const PurgeMembers& purge, CommitResult& result);

 private:
  void change_topics(const std::vector<TopicChange>& topics);
  Statement describe_group_, delete_group_, leave_, count_members_, count_group_product_;
  Statement nickname_, put_tag_, drop_tag_, insert_topic_, change_topic_, delete_topic_;
  Statement left_members_, delete_member_, emptied_group_, delete_members_, group_is_empty_,
      delete_group_products_, left_over_;
};

class Writer {
 public:
  Writer(Connection& connection, JobTimes& times);
  Result<CommitResult> commit(const ChangeSet& changes);

 private:
  void write(const ChangeSet& changes, CommitResult& result);
  void bury();

  Connection& connection_;
  JobTimes& times_;
  Statement begin_, commit_, roll_back_, bury_;
  Ledger ledger_;
  TaskWriter tasks_;
  JobWriter jobs_;
  PurgeWriter purge_;
  FleetWriter fleet_;
  ListingWriter listing_;
  AccessWriter access_;
  OfflineWriter offline_;
};

}  // namespace rollcall::store
