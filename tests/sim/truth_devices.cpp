// What devices were told, against what is stored.
#include "sim/truth.hpp"

namespace rollcall::sim {
namespace {

TaskStatus wanted(TaskEvent event) {
  switch (event) {
    case TaskEvent::ReportSucceeded:
      return TaskStatus::Succeeded;
    case TaskEvent::ReportFailed:
      return TaskStatus::Failed;
    case TaskEvent::ReportRejected:
      return TaskStatus::Rejected;
    default:
      return TaskStatus::InProgress;
  }
}

}  // namespace

DeviceId Truth::device_of(const std::string& iot_id) const {
  return codec_ ? codec_->device_id(iot_id).value_or(DeviceId()) : DeviceId();
}

TaskKey Truth::task_of(std::string_view code) const {
  return codec_ ? codec_->task_key(code).value_or(TaskKey()) : TaskKey();
}

JobId Truth::job_of(std::string_view code) const {
  return codec_ ? codec_->job_id(code).value_or(JobId()) : JobId();
}

void Truth::device_exists(DeviceId device, const std::string& product_key, const std::string& name) {
  if (!device) return;
  if (!devices_.emplace(device, std::pair(product_key, name)).second)
    violated("the id of a device was given twice: " + std::to_string(device.value));
}

std::optional<DeviceId> Truth::owner_of(const TaskKey& key) const {
  if (const Track* track = find(key)) return track->device;
  return std::nullopt;
}

int64_t Truth::report_sent(Report report) {
  const Track* track = find(report.key);
  report.attempt = track ? track->attempt : 1;
  reports_.push_back(report);
  return reports_sent() - 1;
}

void Truth::report_sent_again(int64_t number, uint64_t connection) {
  reports_[static_cast<size_t>(number)].connection = connection;
}

// Does the store show that the report counted, or that it came too late to?
bool Truth::reflected(const Report& report) const {
  const Track* track = find(report.key);
  if (!track) return false;
  if (track->attempt != report.attempt || is_final(track->status)) return true;
  return !is_final(wanted(report.event)) && track->status == TaskStatus::InProgress;
}

void Truth::report_answered(int64_t number, int code) {
  const Report& report = reports_[static_cast<size_t>(number)];
  owed_.erase(number);
  if (code != 200) return;
  if (!report.own_task) return violated(report.key, "a lie about another device's task was accepted");
  if (!reflected(report) && !sweeping(report.key.job))
    violated(report.key, "report " + std::to_string(number) + " was answered 200 and is not stored");
}

// A PUBACK says that the report is stored, or that a refusal comes with it.
void Truth::report_packet_acknowledged(int64_t number) {
  const Report& report = reports_[static_cast<size_t>(number)];
  if (!report.own_task || reflected(report)) return;
  const JobFacts* facts = job(report.key.job);
  const bool refusable = !may_refuse_nothing(plan_) || deleted_devices_.contains(report.device) || !facts ||
                         facts->rerun_asked || sweeping(report.key.job);
  if (!refusable)
    return violated(report.key, "report " + std::to_string(number) + " was acknowledged and is not stored");
  owed_.insert(number);
}

bool Truth::sweeping(JobId id) {
  const JobFacts* facts = job(id);
  const Job* row = job_row(id);
  return !row || row->sweep != Sweep::None || (facts && (facts->cancel_asked || may_be_deleted(*facts)));
}

int32_t Truth::attempt_of(const TaskKey& key) const {
  const Track* track = find(key);
  return track ? track->attempt : 1;
}

std::optional<TaskKey> Truth::task_of_device(JobId job, DeviceId device) const {
  for (auto it = tasks_.lower_bound(TaskKey{job, 0}); it != tasks_.end() && it->first.job == job; ++it)
    if (it->second.device == device) return it->first;
  return std::nullopt;
}

std::optional<std::pair<TaskKey, int32_t>> Truth::task_with_alink_id(DeviceId device,
                                                                     const std::string& marker,
                                                                     const std::string& alink_id_text) const {
  auto it = asked_.find(marker);
  const JobFacts* facts = it == asked_.end() || !it->second.id ? nullptr : &it->second;
  const auto key = facts ? task_of_device(facts->id, device) : std::nullopt;
  const Track* track = key ? find(*key) : nullptr;
  if (!track || track->status != TaskStatus::InProgress) return std::nullopt;
  if (std::to_string(alink_id(key->job, track->attempt)) != alink_id_text) return std::nullopt;
  return std::pair(*key, track->attempt);
}

void Truth::command_answer_acknowledged(const TaskKey& key, int32_t attempt) {
  const Track* track = find(key);
  if (track && track->attempt == attempt && !is_final(track->status) && !sweeping(key.job))
    violated(key, "its device's answer was acknowledged and is not stored");
}

std::optional<TaskKey> Truth::command_received(DeviceId device, const std::string& marker) {
  auto it = asked_.find(marker);
  if (it == asked_.end()) {
    violated("a device was sent a message that nobody asked for: " + marker);
    return std::nullopt;
  }
  const JobFacts& facts = it->second;
  const auto key = facts.id ? task_of_device(facts.id, device) : std::nullopt;
  if (!key) violated("a device was sent the message of job_" + marker + ", which has no such task in store");
  return key;
}

void Truth::task_received(DeviceId device, const TaskKey& key, const std::string& marker) {
  if (!key.job) return violated("a device was sent a task code that does not decode");
  const Track* track = find(key);
  if (track && track->device != device) return violated(key, "its message went to another device");
  const JobFacts* facts = job(key.job);
  if (facts && facts->marker != marker)
    return violated(key, "its document is another job's: " + marker + " instead of " + facts->marker);
  if (track && track->status == TaskStatus::Queued && track->attempt == 1)
    violated(key, "reached its device before that was stored");
  if (!track) violated(key, "reached its device before that was stored");
}

}  // namespace rollcall::sim
