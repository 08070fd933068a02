// What must be true of the server, whatever happens to it (DESIGN 3 and 5): checked from outside, against
// what devices and operators were told and did, and against what the store has committed, after every batch
// and again after every restart. It has its own tables and does not ask the code it judges. The first
// violation ends the run. Thread: the world's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "engine/effects.hpp"
#include "model/id_codec.hpp"
#include "model/job.hpp"
#include "sim/network.hpp"
#include "sim/plan.hpp"
#include "sim/trace.hpp"
#include "store/store.hpp"

namespace rollcall::sim {

// What a device said about a task; its number travels in the statusDetails of the report.
struct Report {
  DeviceId device;
  TaskKey key;
  TaskEvent event{};
  uint64_t connection = 0;  // the last one it was sent on
  int32_t attempt = 0;      // of the task as the store had it when it was first sent
  bool own_task = true;     // false: a lie about somebody else's
  bool applied = false;
};

// What the world knows of a job from those who asked for it. Jobs are named job_<marker>, and the marker
// stands in the document, so that rows and messages say whose they are even when the answer to CreateJob was
// lost.
struct JobFacts {
  std::string marker;
  JobId id;  // none until a row was seen or CreateJob answered
  JobType type{};
  bool acknowledged = false;
  std::set<DeviceId> must;          // once acknowledged: targets it must have ...
  std::set<DeviceId> may;           // ... others it may have: they came or went meanwhile
  bool may_have_strangers = false;  // devices were registered whose ids nobody was told
  struct Rate {
    int64_t per_minute = 0;
    bool answered = false;
    SteadyUs until{INT64_MAX};
  };
  std::vector<Rate> rates;
  int64_t timeout_minutes_min = 0;  // the shortest that was ever asked for
  bool cancel_asked = false, cancelled = false, rerun_asked = false;
  bool delete_asked = false, deleted = false;
  SteadyUs kept_since;                           // not deleted, or not ended, until then at least
  bool gone = false;                             // nothing is left of it but its number
  bool said_gone = false;                        // an operator was told so while no server ran
  bool paused = false;                           // acknowledged, and no ResumeJob asked for since
  int resumes_asked = 0, resumes_under_way = 0;  // RerunJob resumes, too
  std::deque<SteadyUs> pushes;
};

class Truth {
 public:
  Truth(const Plan& plan, const Clock& clock, Trace& trace, Network& network)
      : plan_(plan), clock_(clock), trace_(trace), network_(network) {}

  void violated(std::string what);
  void violated(const TaskKey& key, const std::string& what);
  const std::string& violation() const { return violation_; }
  bool holds() const { return violation_.empty(); }
  std::optional<TaskKey> about() const { return about_; }

  // --- the process
  void process_started(store::Store& store, const IdCodec::Key& key, WallMs even_wall);
  void process_ended();
  void before_run(WallMs even_wall);
  // Reads what was committed since the last time, and judges it.
  void after_run(WallMs even_wall, const std::vector<engine::Effect>& effects);
  // Every row and counter against each other and against the history. With a store that answers.
  void check_all();
  // For the end, when all is well and everybody answers: what may still be open.
  void check_at_rest(bool every_job_over);
  bool jobs_are_open() const;
  // The device has had that connection for some time.
  void check_online(DeviceId device, uint64_t connection);

  // --- devices
  DeviceId device_of(const std::string& iot_id) const;
  TaskKey task_of(std::string_view code) const;
  JobId job_of(std::string_view code) const;
  void device_exists(DeviceId device, const std::string& product_key, const std::string& name);
  int64_t report_sent(Report report);
  void report_sent_again(int64_t number, uint64_t connection);
  void report_answered(int64_t number, int code);
  void report_packet_acknowledged(int64_t number);
  // A reply to a property set, a service call, or a PUBACK of a PUB message.
  void answer_sent(DeviceId device, uint32_t alink_id) { answers_.insert({device, alink_id}); }
  // The task, and its attempt, that an answer under this Alink id would settle now.
  std::optional<std::pair<TaskKey, int32_t>> task_with_alink_id(DeviceId device, const std::string& marker,
                                                                const std::string& alink_id_text) const;
  void command_answer_acknowledged(const TaskKey& key, int32_t attempt);
  void message_taken(DeviceId device, const std::string& marker) { taken_.insert({device, marker}); }
  void property_shown(DeviceId device) { shown_.insert(device); }
  // A task reached a device, pushed or fetched.
  void task_received(DeviceId device, const TaskKey& key, const std::string& marker);
  // A command or message of a job reached a device; the task by job.
  std::optional<TaskKey> command_received(DeviceId device, const std::string& marker);
  int32_t attempt_of(const TaskKey& key) const;

  // --- operators
  JobFacts& job_asked(const std::string& marker);
  void job_made(JobFacts& facts, JobId job);
  // nullptr for a job that nobody asked for, or whose row is gone.
  JobFacts* job(JobId job);
  const std::map<JobId, JobFacts*>& jobs() const { return jobs_; }
  void device_disabling_asked(DeviceId device) { disabled_devices_.insert(device); }
  void device_deletion_asked(DeviceId device) { deleted_devices_.insert(device); }
  std::optional<TaskStatus> status_of(const TaskKey& key) const;
  std::optional<DeviceId> owner_of(const TaskKey& key) const;
  bool all_rows_made(JobId job) const;
  // By somebody's call, or because it ended long ago.
  bool may_be_deleted(const JobFacts& facts) const { return facts.delete_asked || plan_.keep_ended_ms > 0; }
  // Is nothing left of it? Judges the moment when that is seen first.
  bool is_gone(JobId job);
  // An answer says that nothing is left of it. One that comes when its server is down is judged later.
  bool may_be_gone(JobId job);
  size_t tasks_at_least(const JobFacts& facts) const;
  std::string code_of(const TaskKey& key) const;
  // Tasks of a job that have a history, with the number of its rows.
  std::map<TaskKey, size_t> events_known(JobId job) const;
  // All events of a task as an operator was told them, the members joined by "|".
  void events_listed(const TaskKey& key, const std::vector<std::string>& events);
  int64_t rows_seen() const { return static_cast<int64_t>(rows_.size()); }
  int64_t reports_sent() const { return static_cast<int64_t>(reports_.size()); }

 private:
  struct Track {
    DeviceId device;
    TaskStatus status = TaskStatus::Queued;
    int32_t attempt = 1;
    int pushes = 0;            // in this attempt
    int notes = 0;             // likewise
    std::vector<size_t> rows;  // of rows_
    WallMs progress_at;        // of the last row about progress
    WallMs started_at;         // IN_PROGRESS since, as the process counts time; 0 = nobody saw it
  };

  void read_history(bool live);
  void judge(const store::HistoryRow& row, bool live);
  void judge_report(const store::HistoryRow& row, Track& track, bool live);
  void judge_push(const store::HistoryRow& row, Track& track, bool live);
  void judge_pace(JobFacts& facts, const TaskKey& key);
  void judge_server_end(const store::HistoryRow& row, Track& track, bool live);
  void note_sessions(const std::vector<engine::Effect>& effects);
  bool speaks_now(DeviceId device, uint64_t connection) const;
  const Job* job_row(JobId job);
  // The job's rows lag behind what it says (DESIGN 3).
  bool sweeping(JobId job);
  void bind(JobFacts& facts, JobId job);
  std::optional<TaskKey> task_of_device(JobId job, DeviceId device) const;
  void check_job(const Job& job);
  void check_nothing_is_left();
  void check_tasks(const Job& job);
  void check_nobody_waits(const Job& job);
  bool reflected(const Report& report) const;
  const Track* find(const TaskKey& key) const;

  const Plan& plan_;
  const Clock& clock_;
  Trace& trace_;
  Network& network_;
  store::Store* store_ = nullptr;
  std::unique_ptr<IdCodec> codec_;  // its key is the store's and never changes
  std::string violation_;
  std::optional<TaskKey> about_;

  std::vector<store::HistoryRow> rows_;
  std::map<TaskKey, Track> tasks_;
  std::map<std::string, JobFacts> asked_;  // by marker
  std::map<JobId, JobFacts*> jobs_;
  std::map<DeviceId, std::pair<std::string, std::string>> devices_;
  std::set<DeviceId> deleted_devices_, disabled_devices_;  // somebody asked for it
  std::vector<Report> reports_;
  std::set<int64_t> owed_;  // acknowledged packets of reports whose effect was not seen yet
  std::set<std::pair<DeviceId, uint32_t>> answers_;
  std::set<std::pair<DeviceId, std::string>> taken_;
  std::set<DeviceId> shown_;
  std::unordered_map<DeviceId, uint64_t> speaker_, speaker_before_;  // the connection that has the session
  std::map<JobId, std::optional<Job>> job_rows_;                     // read in this batch
  WallMs even_wall_, even_wall_after_;                               // when the batch began and ended
  SteadyUs run_started_;
};

}  // namespace rollcall::sim
