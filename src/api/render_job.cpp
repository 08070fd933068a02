#include "api/render_job.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace rollcall::api {
namespace {

std::string_view qos_text(MessageQos qos) noexcept { return qos == MessageQos::Qos1 ? "QoS1" : "QoS0"; }

// What QueryJob and ListJob have in common.
void add_head(Node& out, const Job& job, const IdCodec& codec) {
  out.add("JobId", codec.job_code(job.id));
  out.add("JobName", job.spec.name);
  out.add("Description", job.settings.description);
  out.add("Type", job_type_text(job.spec.type));
  out.add("Status", job_status_text(job.status));
  if (job.spec.scheduled_at) out.add("ScheduledTime", job.spec.scheduled_at->value);
  out.add("UtcCreate", utc_text(job.created_at));
  out.add("UtcModified", utc_text(job.modified_at));
}

Node render_target(const engine::JobInfo& info) {
  const JobSpec& spec = info.job.spec;
  Node out;
  out.add("TargetType", target_type_text(spec.target_type));
  switch (spec.target_type) {
    case TargetType::Product:
      out.add("TargetProduct", spec.target_product_key);
      break;
    case TargetType::Group:
      out.add("TargetGroup", spec.target_group_code);
      break;
    case TargetType::DeviceList: {
      std::vector<Node> devices;
      devices.reserve(info.targets.size());
      for (const auto& [product_key, device_name] : info.targets) {
        Node device;
        device.add("ProductKey", product_key);
        device.add("DeviceName", device_name);
        devices.push_back(std::move(device));
      }
      out.add_list("TargetDevices", "targetDevices", std::move(devices));  // lower-case t (cloud-api 0.3)
      break;
    }
  }
  return out;
}

// What QueryTask and ListTask have in common.
Node render_task_head(const engine::TaskInfo& info, const IdCodec& codec) {
  Node out;
  out.add("TaskId", codec.task_code(info.task.key));
  out.add("JobId", codec.job_code(info.task.key.job));
  out.add("JobName", info.job_name);
  out.add("IotId", iot_id_of(codec, info.task.device, info.foreign_iot_id));
  out.add("ProductKey", info.product_key);
  out.add("DeviceName", info.device_name);
  out.add("Status", task_status_text(info.task.status));
  out.add("Progress", std::to_string(std::max(info.task.progress, 0)));  // a text (cloud-api A.9)
  return out;
}

void add_task_times(Node& out, const Task& task) {
  out.add("UtcQueueTime", utc_text(task.queued_at));
  out.add("UtcModified", utc_text(task.modified_at));
}

}  // namespace

std::string iot_id_of(const IdCodec& codec, DeviceId device, const std::string& foreign_iot_id) {
  return foreign_iot_id.empty() ? codec.iot_id(device) : foreign_iot_id;
}

Node render_job(const engine::JobInfo& info, const IdCodec& codec) {
  const Job& job = info.job;
  Node data;
  add_head(data, job, codec);
  data.add("JobDocument", job.spec.document);
  Node rollout;
  rollout.add("MaximumPerMinute", job.settings.maximum_per_minute);
  if (job.spec.type == JobType::CustomJob || job.spec.type == JobType::Pub)
    rollout.add("MessageQoS", qos_text(job.settings.qos));
  data.add("RolloutConfig", std::move(rollout));
  if (job.settings.in_progress_timeout_minutes > 0) {
    Node timeout;
    timeout.add("InProgressTimeoutInMinutes", job.settings.in_progress_timeout_minutes);
    data.add("TimeoutConfig", std::move(timeout));
  }
  data.add("TargetConfig", render_target(info));
  if (job.paused) data.add("Paused", true);  // extension (DESIGN 5.17)
  Node fields;
  fields.add("Data", std::move(data));
  return fields;
}

Node render_job_list(const engine::JobList& list, int64_t page, int64_t page_size, const IdCodec& codec) {
  std::vector<Node> jobs;
  jobs.reserve(list.jobs.size());
  for (const Job& job : list.jobs) {
    Node out;
    add_head(out, job, codec);
    jobs.push_back(std::move(out));
  }
  Node fields;
  fields.add("Page", page);
  fields.add("PageSize", page_size);
  fields.add("Total", list.total);
  fields.add_list("Data", "data", std::move(jobs));  // lower case (cloud-api 0.3)
  return fields;
}

Node render_job_statistics(const Job& job) {
  const TaskCounters& counters = job.counters;
  Node data;
  data.add("Queued", counters[TaskStatus::Queued]);
  data.add("Sent", counters[TaskStatus::Sent]);
  data.add("InProgress", counters[TaskStatus::InProgress]);
  data.add("Succeeded", counters[TaskStatus::Succeeded]);
  data.add("Failed", counters[TaskStatus::Failed]);
  data.add("Rejected", counters[TaskStatus::Rejected]);
  data.add("TimeOut", counters[TaskStatus::TimedOut]);  // not TimedOut (cloud-api A.8)
  data.add("Cancelled", counters[TaskStatus::Cancelled]);
  data.add("Total", counters.total());
  Node fields;
  fields.add("Data", std::move(data));
  return fields;
}

Node render_task(const engine::TaskInfo& info, const IdCodec& codec) {
  Node data = render_task_head(info, codec);
  data.add("StatusDetail", info.detail.status_details);  // singular here (cloud-api A.10)
  data.add("Message", info.detail.message);
  add_task_times(data, info.task);
  Node fields;
  fields.add("Data", std::move(data));
  return fields;
}

Node render_task_page(const engine::TaskPage& page, const std::optional<std::string>& next_token,
                      const IdCodec& codec) {
  std::vector<Node> tasks;
  tasks.reserve(page.tasks.size());
  for (const engine::TaskInfo& info : page.tasks) {
    Node out = render_task_head(info, codec);
    add_task_times(out, info.task);
    tasks.push_back(std::move(out));
  }
  Node fields;
  if (next_token) fields.add("NextToken", *next_token);
  fields.add_list("Data", "data", std::move(tasks));  // lower case (cloud-api 0.3)
  return fields;
}

Node render_event_page(const engine::EventPage& page, const std::optional<std::string>& next_token,
                       const IdCodec& codec) {
  std::vector<Node> events;
  events.reserve(page.events.size());
  for (const engine::EventInfo& event : page.events) {
    Node out;
    out.add("UtcTime", utc_text(event.at));
    out.add("Cause", event.cause ? cause_text(*event.cause) : "CREATED");
    if (event.from) out.add("From", task_status_text(*event.from));
    out.add("To", task_status_text(event.to));
    out.add("Attempt", event.attempt);
    if (event.progress >= 0) out.add("Progress", std::to_string(event.progress));
    if (!event.detail.message.empty()) out.add("Message", event.detail.message);
    if (!event.detail.status_details.empty()) out.add("StatusDetail", event.detail.status_details);
    out.add("TaskId", codec.task_code(event.key));
    out.add("JobId", codec.job_code(event.key.job));
    out.add("IotId", iot_id_of(codec, event.device, event.foreign_iot_id));
    out.add("ProductKey", event.product_key);
    out.add("DeviceName", event.device_name);
    events.push_back(std::move(out));
  }
  Node fields;
  if (next_token) fields.add("NextToken", *next_token);
  fields.add_list("Data", "Event", std::move(events));
  return fields;
}

Node render_explanation(const engine::TaskExplained& explained, const IdCodec& codec) {
  std::vector<Node> reasons;
  for (const engine::Reason& reason : explained.reasons) {
    Node out;
    out.add("Code", engine::wait_reason_text(reason.reason));
    out.add("Text", reason.text);
    if (reason.since) out.add("UtcSince", utc_text(*reason.since));
    if (reason.until) out.add("UtcUntil", utc_text(*reason.until));
    reasons.push_back(std::move(out));
  }
  Node data;
  data.add("TaskId", codec.task_code(explained.task.key));
  data.add("Status", task_status_text(explained.status));
  data.add("Attempt", explained.task.attempt);
  data.add("Pushes", explained.task.pushes);
  data.add_list("Reasons", "Reason", std::move(reasons));
  Node fields;
  fields.add("Data", std::move(data));
  return fields;
}

}  // namespace rollcall::api
