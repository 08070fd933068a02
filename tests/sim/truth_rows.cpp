// The committed rows against each other, and against what was promised.
#include <algorithm>

#include "base/limits.hpp"
#include "sim/truth.hpp"

namespace rollcall::sim {

const Truth::Track* Truth::find(const TaskKey& key) const {
  auto it = tasks_.find(key);
  return it == tasks_.end() ? nullptr : &it->second;
}

std::optional<TaskStatus> Truth::status_of(const TaskKey& key) const {
  const Track* track = find(key);
  return track ? std::optional(track->status) : std::nullopt;
}

JobFacts& Truth::job_asked(const std::string& marker) {
  JobFacts& facts = asked_[marker];
  facts.marker = marker;
  return facts;
}

void Truth::bind(JobFacts& facts, JobId id) {
  auto [it, fresh] = jobs_.emplace(id, &facts);
  if (it->second != &facts || (facts.id && facts.id != id))
    return violated("one id for two jobs, or two for one: " + std::to_string(id.value));
  facts.id = id;
}

void Truth::job_made(JobFacts& facts, JobId id) {
  if (!id) return violated("CreateJob was answered with a code that does not decode");
  bind(facts, id);
  facts.acknowledged = true;
}

JobFacts* Truth::job(JobId id) {
  if (auto it = jobs_.find(id); it != jobs_.end()) return it->second;
  const Job* row = job_row(id);
  auto it = row && row->spec.name.starts_with("job_") ? asked_.find(row->spec.name.substr(4)) : asked_.end();
  if (it == asked_.end()) return nullptr;
  bind(it->second, id);
  return &it->second;
}

bool Truth::all_rows_made(JobId id) const {
  const JobId ids[] = {id};
  const auto rows = store_ ? store_->jobs(ids) : Result<std::vector<Job>>();
  return rows && !rows->empty() && rows->front().tasks_made == rows->front().counters.total();
}

bool Truth::is_gone(JobId id) {
  JobFacts* facts = job(id);
  if (!facts || !store_) return false;
  if (facts->gone) return true;
  const auto owner = store_->instance_of_job(id);
  if (!owner) return false;
  const std::string name = "job " + std::to_string(id.value);
  if (*owner) {
    if (facts->said_gone) violated(name + " was said to be gone and is there");
    return false;
  }
  facts->gone = true;
  if (!may_be_deleted(*facts)) {
    violated(name + " is gone and nobody deleted it");
  } else if (plan_.wall_steps_per_minute == 0) {
    // A start after a crash counts again from what is stored; the wall clock is even here.
    const int64_t kept_us = clock_.steady() - facts->kept_since;
    if (kept_us < plan_.keep_deleted_ms * 1'000)
      violated(name + " was taken away " + std::to_string(kept_us / 1'000) + " ms after it was deleted");
  }
  return true;
}

bool Truth::may_be_gone(JobId id) {
  JobFacts* facts = job(id);
  if (facts && !store_) facts->said_gone = true;
  return (facts && facts->said_gone) || is_gone(id);
}

// Long after the last deletion.
void Truth::check_nothing_is_left() {
  const auto earliest = store_->earliest_deletion();
  if (!earliest || plan_.wall_steps_per_minute > 0) return;
  if (*earliest && even_wall_after_ - **earliest > plan_.keep_deleted_ms + 60'000)
    return violated("a job that was deleted long ago is still there");
  for (const auto& [id, facts] : jobs_) {
    if (!facts->gone) continue;
    const auto page = store_->list_tasks_of_job(id, {}, -1, 1);
    if (page && !page->empty()) return violated(page->front().task.key, "its job is gone and it is there");
  }
  for (int64_t after = 0;;) {
    const auto page = store_->history(after, 500);
    if (!page || page->empty()) return;
    for (const store::HistoryRow& row : *page) {
      const JobFacts* facts = job(row.key.job);
      if (facts && facts->gone) return violated(row.key, "its job is gone and its history is there");
    }
    after = page->back().position;
  }
}

// A device that is deleted before its task was made gets none, and a job that is removed loses them.
size_t Truth::tasks_at_least(const JobFacts& facts) const {
  if (may_be_deleted(facts)) return 0;
  const auto n = std::count_if(facts.must.begin(), facts.must.end(),
                               [this](DeviceId device) { return !deleted_devices_.contains(device); });
  return static_cast<size_t>(n);
}

void Truth::check_all() {
  if (!store_ || !holds()) return;
  job_rows_.clear();
  std::map<JobId, Job> present;
  auto unfinished = store_->unfinished_jobs();
  if (!unfinished) return;
  for (Job& job : *unfinished) present.emplace(job.id, std::move(job));
  for (const auto& [id, facts] : jobs_) {
    const JobId ids[] = {id};
    auto rows = store_->jobs(ids);
    if (!rows) return;
    if (rows->empty() && !may_be_deleted(*facts))
      return violated("job " + std::to_string(id.value) + " was acknowledged and is gone");
    const bool ended = !rows->empty() && is_final(rows->front().status);
    if (!rows->empty() && !(ended && plan_.keep_ended_ms > 0)) facts->kept_since = clock_.steady();
    is_gone(id);
    if (!holds()) return;
    if (!rows->empty() && facts->deleted && rows->front().status != JobStatus::Removing)
      return violated("job " + std::to_string(id.value) + " was deleted and is there");
    if (!rows->empty()) present.insert_or_assign(id, std::move(rows->front()));
  }
  for (const auto& [id, job] : present) {
    check_job(job);
    if (holds()) check_tasks(job);
    if (!holds()) return;
  }
  std::vector<DeviceId> ids;
  for (const auto& [device, names] : devices_)
    if (!deleted_devices_.contains(device)) ids.push_back(device);
  if (auto rows = store_->devices(ids); rows && rows->size() != ids.size())
    violated("of " + std::to_string(ids.size()) + " acknowledged devices the store has " +
             std::to_string(rows->size()));
}

void Truth::check_job(const Job& job) {
  const std::string name = "job " + std::to_string(job.id.value);
  const bool over = is_final(job.status);
  if (over && job.counters.open() > 0)
    return violated(name + " is " + std::string(job_status_text(job.status)) + " with " +
                    std::to_string(job.counters.open()) + " open tasks");
  if (over && job.sweep != Sweep::None) return violated(name + " is over with a sweep under way");
  for (const int64_t n : job.counters.by_status)
    if (n < 0) return violated(name + " has a negative counter");
  const JobFacts* facts = this->job(job.id);
  if (!facts || !facts->acknowledged) return;
  const auto total = static_cast<size_t>(job.counters.total());
  const size_t most = facts->may_have_strangers ? SIZE_MAX : facts->must.size() + facts->may.size();
  const size_t least = tasks_at_least(*facts);
  if (total < least || total > most)
    return violated(name + " has " + std::to_string(total) + " tasks for " + std::to_string(least) +
                    " targets");
  if (facts->cancelled && !may_be_deleted(*facts) && job.status != JobStatus::Cancelling &&
      job.status != JobStatus::Cancelled)
    violated(name + " is " + std::string(job_status_text(job.status)) +
             " although CancelJob was acknowledged");
}

void Truth::check_tasks(const Job& job) {
  TaskCounters counted;
  int64_t after = -1;
  int64_t rows_read = 0;
  std::set<DeviceId> devices;
  const JobFacts* facts = this->job(job.id);
  while (true) {
    auto page = store_->list_tasks_of_job(job.id, {}, after, 200);
    if (!page) return;
    if (page->empty()) break;
    for (const store::TaskView& view : *page) {
      const Task& task = view.task;
      ++counted[task.status];
      ++rows_read;
      const Track* track = find(task.key);
      const TaskStatus expected = track ? track->status : TaskStatus::Queued;
      const int32_t attempt = track ? track->attempt : 1;
      if (task.status != expected)
        return violated(task.key, "the row says " + std::string(task_status_text(task.status)) +
                                      ", its history " + std::string(task_status_text(expected)));
      if (task.attempt != attempt) return violated(task.key, "row and history disagree about the attempt");
      if (!devices.insert(task.device).second)
        return violated(task.key, "its device has two tasks of this job");
      const bool known = facts && facts->acknowledged && !facts->may_have_strangers;
      if (known && !facts->must.contains(task.device) && !facts->may.contains(task.device))
        return violated(task.key, "its device was not a target when the job was made");
      after = task.key.sequence;
    }
  }
  if (rows_read != job.tasks_made)
    return violated("job " + std::to_string(job.id.value) + " has " + std::to_string(rows_read) +
                    " rows and counts " + std::to_string(job.tasks_made));
  for (size_t value = 1; value <= kTaskStatusCount; ++value) {
    const TaskStatus statuses[] = {static_cast<TaskStatus>(value)};
    const auto listed = store_->list_tasks_of_job(job.id, statuses, -1, static_cast<size_t>(rows_read) + 1);
    if (!listed) return;
    if (static_cast<int64_t>(listed->size()) != counted[statuses[0]])
      return violated("job " + std::to_string(job.id.value) + ": another number is listed as " +
                      std::string(task_status_text(statuses[0])) + " than has it");
  }
  // Tasks that are still to be made count as QUEUED.
  counted[TaskStatus::Queued] += job.counters.total() - rows_read;
  if (!(counted == job.counters))
    violated("job " + std::to_string(job.id.value) + ": counters differ from rows");
}

// Of a job that runs, when every device that somebody knows the secret of is there and answers.
void Truth::check_nobody_waits(const Job& job) {
  auto page = store_->list_tasks_of_job(job.id, {}, -1, 500);
  if (!page) return;
  for (const store::TaskView& view : *page) {
    const Task& task = view.task;
    if (is_final(task.status) || !devices_.contains(task.device) || deleted_devices_.contains(task.device))
      continue;
    const bool unheard = job.spec.type == JobType::Pub && job.settings.qos == MessageQos::Qos1 &&
                         task.pushes < limits::kPushesPerTaskMax;
    if (task.status == TaskStatus::Queued || job.spec.type == JobType::CustomJob || unheard)
      return violated(task.key, "is still " + std::string(task_status_text(task.status)) +
                                    " although its device is there and answers");
  }
}

void Truth::check_online(DeviceId device, uint64_t connection) {
  if (deleted_devices_.contains(device) || disabled_devices_.contains(device)) return;
  auto it = speaker_.find(device);
  if (!store_ || it == speaker_.end() || it->second != connection) return;
  const DeviceId ids[] = {device};
  const auto rows = store_->presence(ids);
  if (rows && (rows->empty() || !rows->front().online))
    violated("device " + std::to_string(device.value) + " is connected and the store says that it is not");
}

bool Truth::jobs_are_open() const {
  const auto unfinished = store_ ? store_->unfinished_jobs() : Result<std::vector<Job>>();
  return unfinished && !unfinished->empty();
}

void Truth::check_at_rest(bool every_job_over) {
  if (!store_ || !holds()) return;
  check_all();
  auto unfinished = store_->unfinished_jobs();
  if (!unfinished) return violated("a healthy store does not read");
  for (const Job& job : *unfinished) {
    const std::string name =
        "job " + std::to_string(job.id.value) + " (" + std::string(job_status_text(job.status)) + ")";
    if (every_job_over) return violated(name + " does not end");
    // One that has yet to start ends then, whatever became of its tasks.
    const bool may_be_empty = job.status == JobStatus::Removing || job.status == JobStatus::Waiting;
    if (job.counters.open() == 0 && !may_be_empty)
      return violated(name + " has no open task and does not end");
    if (job.status == JobStatus::Initializing || job.status == JobStatus::Cancelling ||
        job.status == JobStatus::Removing)
      return violated(name + " makes no progress");
    if (job.status == JobStatus::Waiting || job.paused) continue;
    check_nobody_waits(job);
  }
  if (every_job_over) check_nothing_is_left();
  for (const int64_t number : owed_)
    if (!reflected(reports_[static_cast<size_t>(number)]))
      return violated(reports_[static_cast<size_t>(number)].key,
                      "report " + std::to_string(number) + " was acknowledged and has no effect");
}

}  // namespace rollcall::sim
