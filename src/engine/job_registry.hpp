// The jobs that are not final, with what only memory knows of them: the shared content of their pushes, the
// pace, and how far the rollout has looked. Thread: engine.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/result.hpp"
#include "model/job.hpp"
#include "model/job_document.hpp"
#include "model/pace.hpp"

namespace rollcall::engine {

struct JobState {
  Job job;  // as of the last commit
  std::shared_ptr<const JobContent> content;
  Pace pace;
  int64_t scan_cursor = -1;     // every QUEUED task up to here had its turn looked at
  bool scan_exhausted = false;  // no QUEUED task lay behind scan_cursor at the last look
  // Armed once, when the job was made or read: a step of the wall clock does not move them (DESIGN 3,
  // "Time").
  std::optional<SteadyUs> start_due;  // scheduled and not started yet
  std::optional<SteadyUs> life_due;
  bool sweep_done = false;     // the present sweep found no row left
  std::set<int64_t> returned;  // tasks behind the cursor whose device can take them now
};

// The content of a job's pushes, made from what is stored. Error: InvalidFormattedParameter (a document that
// no longer reads).
inline Result<std::shared_ptr<const JobContent>> make_content(const Job& job) {
  ROLLCALL_TRY(JobContent content, read_job_document(job.spec.type, job.spec.document));
  content.job = job.id;
  content.qos = job.settings.qos;
  content.sync_service = job.spec.sync_service;
  if (!job.spec.wire_params.empty()) content.body = job.spec.wire_params;
  return std::make_shared<const JobContent>(std::move(content));
}

class JobRegistry {
 public:
  JobState* find(JobId id) {
    auto it = jobs_.find(id);
    return it == jobs_.end() ? nullptr : &it->second;
  }
  void add(JobState state) {
    const JobId id = state.job.id;
    jobs_.insert_or_assign(id, std::move(state));
  }
  void remove(JobId id) {
    jobs_.erase(id);
    rolling.erase(id);
  }
  // Oldest first.
  std::map<JobId, JobState>& all() { return jobs_; }
  bool empty() const { return jobs_.empty(); }

  // Jobs that may have something to push; the rollout visits only these.
  std::set<JobId> rolling;
  // Jobs to look at because counters or phase moved, or a sweep has more to do.
  std::set<JobId> to_look_at;
  // When a job must be looked at: its scheduled start or the end of its life.
  std::multimap<SteadyUs, JobId> alarms;

 private:
  std::map<JobId, JobState> jobs_;
};

}  // namespace rollcall::engine
