// The workload's calls about jobs.
#include <algorithm>
#include <set>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "workload.hpp"

namespace rollcall::testing {
namespace {

constexpr int64_t kPaced = 30'000;  // tasks a minute
constexpr int64_t kUnpaced = 6'000'000;

std::string quoted(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

// A few devices, the fleet's group or the whole product.
std::string Workload::some_targets(JobFact& fact) {
  const uint64_t kind = random_.below(6);
  if (kind == 0) {
    fact.target_type = "PRODUCT_KEY";
    return R"({"targetType":"PRODUCT_KEY","targetProduct":)" + quoted(fleet_.product_key) + "}";
  }
  fact.tasks = static_cast<int64_t>(fleet_.devices.size());
  if (kind == 1) {
    fact.target_type = "GROUP_ID";
    return R"({"targetType":"GROUP_ID","targetGroup":)" + quoted(fleet_.group) + "}";
  }
  fact.target_type = "DEVICE_LIST";
  std::set<std::string> names;
  const size_t count = 1 + random_.below(40);
  while (names.size() < std::min(count, fleet_.devices.size())) names.insert(pick(fleet_.devices));
  std::string list;
  for (const std::string& device : names) {
    list += (list.empty() ? "" : ",");
    list += R"({"productKey":)" + quoted(fleet_.product_key) + R"(,"deviceName":)" + quoted(device) + "}";
  }
  fact.tasks = static_cast<int64_t>(names.size());
  return R"({"targetType":"DEVICE_LIST","targetDevices":[)" + list + "]}";
}

ApiCall Workload::new_job(NameValues parameters, JobFact fact) {
  --jobs_left_;
  auto answered = [this, fact = std::move(fact)](const client::ApiAnswer& answer) {
    if (!answer.success) {
      facts_.job_names_refused.insert(fact.name);
      if (facts_.refuse(answer.code, answer.reason())) return;
      facts_.contradictions.push_back("CreateJob " + fact.name + " was refused: " + answer.reason());
      return;
    }
    const std::string id = answer.text("JobId");
    facts_.new_id("job " + id);
    facts_.jobs[id] = fact;
    recent_jobs_.push_back(id);
    facts_.acknowledge();
  };
  return {"CreateJob", std::move(parameters), std::move(answered)};
}

Workload::Call Workload::create_job(const std::string& type, const std::string& document) {
  if (jobs_left_ == 0) return std::nullopt;
  JobFact fact;
  fact.name = name("job");
  fact.type = type;
  fact.document = document;
  const std::string targets = some_targets(fact);
  const int64_t rate = random_.below(4) == 0 ? kPaced : kUnpaced;
  fact.rate = SettingFact<int64_t>(rate);
  const std::string qos = random_.below(3) == 0 ? "QoS0" : "QoS1";
  NameValues parameters = {{"JobName", fact.name},
                           {"Type", type},
                           {"JobDocument", document},
                           {"TargetConfig", targets},
                           {"RolloutConfig", R"({"maximumPerMinute":)" + std::to_string(rate) +
                                                 R"(,"messageQoS":")" + qos + "\"}"}};
  if (type != "PUB") parameters.emplace_back("TimeoutConfig", R"({"inProgressTimeoutInMinutes":1})");
  return new_job(std::move(parameters), std::move(fact));
}

Workload::Call Workload::create_custom_job() {
  return create_job("CUSTOM_JOB", R"({"round":)" + std::to_string(round_) + R"(,"number":1.50})");
}

Workload::Call Workload::create_property_job() {
  return create_job("SET_PROPERTY", R"({"params":{"LightSwitch":1,"Brightness":)" +
                                        std::to_string(random_.below(101)) + "}}");
}

Workload::Call Workload::create_service_job() {
  if (random_.below(2) == 0)
    return create_job("INVOKE_SERVICE", R"({"serviceIdentifier":"SelfTest","params":{"Level":3}})");
  return create_job("INVOKE_SERVICE", R"({"serviceIdentifier":"Restart","params":{"DelaySeconds":5}})");
}

// The content names the job, so that the device's PUBACK can be told from others.
Workload::Call Workload::create_message_job() {
  const std::string content = base64_encode(name("message"));
  return create_job("PUB", R"({"topicShortName":"get","messageContent":)" + quoted(content) + "}");
}

// To devices that are never there: each fails at its turn.
Workload::Call Workload::create_side_job() {
  if (jobs_left_ == 0 || recent_groups_.empty()) return std::nullopt;
  const std::string& group = pick(recent_groups_);
  if (facts_.groups[group].members.empty()) return std::nullopt;
  JobFact fact;
  fact.name = name("side");
  fact.type = "CUSTOM_JOB";
  fact.target_type = "GROUP_ID";
  fact.document = "{}";
  return new_job({{"JobName", fact.name},
                  {"Type", fact.type},
                  {"JobDocument", fact.document},
                  {"OfflinePolicy", "FAIL"},
                  {"TargetConfig", R"({"targetType":"GROUP_ID","targetGroup":)" + quoted(group) + "}"}},
                 fact);
}

Workload::Call Workload::cancel_job() {
  if (recent_jobs_.empty()) return std::nullopt;
  const std::string id = pick(recent_jobs_);
  JobFact& job = facts_.jobs[id];
  if (job.cancel_asked || job.delete_asked) return std::nullopt;
  job.cancel_asked = true;
  return acknowledged("CancelJob", {{"JobId", id}},
                      [this, id](const client::ApiAnswer&) { facts_.jobs[id].cancelled = true; });
}

// Jobs of any age: what ended long ago is deleted, too.
Workload::Call Workload::delete_job() {
  if (facts_.jobs.empty()) return std::nullopt;
  auto at = facts_.jobs.begin();
  std::advance(at, static_cast<long>(random_.below(facts_.jobs.size())));
  if (at->second.delete_asked) return std::nullopt;
  at->second.delete_asked = true;
  const std::string id = at->first;
  return acknowledged("DeleteJob", {{"JobId", id}},
                      [this, id](const client::ApiAnswer&) { facts_.jobs[id].deleted = true; });
}

// Refused while the job runs or has nothing that failed.
Workload::Call Workload::rerun_job() {
  if (recent_jobs_.empty()) return std::nullopt;
  const std::string id = pick(recent_jobs_);
  JobFact& job = facts_.jobs[id];
  if (job.cancel_asked || job.delete_asked) return std::nullopt;
  job.rerun_asked = true;
  return acknowledged("RerunJob", {{"JobId", id}},
                      [this, id](const client::ApiAnswer&) { facts_.jobs[id].rerun = true; });
}

std::string Workload::some_job_to_change() {
  if (recent_jobs_.empty()) return {};
  const std::string id = pick(recent_jobs_);
  const JobFact& job = facts_.jobs[id];
  return job.change_under_way || job.cancel_asked || job.delete_asked ? std::string() : id;
}

ApiCall Workload::job_change(std::string action, const std::string& id, NameValues parameters,
                             std::function<void(JobFact&)> told) {
  facts_.jobs[id].change_under_way = true;
  parameters.emplace_back("JobId", id);
  auto answered = [this, id, told = std::move(told)](const client::ApiAnswer& answer) {
    JobFact& job = facts_.jobs[id];
    job.change_under_way = false;
    if (!answer.success) {
      facts_.refuse(answer.code, answer.reason());
      return;
    }
    told(job);
    facts_.acknowledge();
  };
  return {std::move(action), std::move(parameters), std::move(answered)};
}

Workload::Call Workload::update_job() {
  const std::string id = some_job_to_change();
  if (id.empty()) return std::nullopt;
  const int64_t rate = kPaced + static_cast<int64_t>(random_.below(1'000));
  facts_.jobs[id].rate.ask(rate);
  return job_change("UpdateJob", id,
                    {{"RolloutConfig", R"({"maximumPerMinute":)" + std::to_string(rate) + "}"}},
                    [](JobFact& job) { job.rate.acknowledge(); });
}

Workload::Call Workload::pause_job() {
  const std::string id = some_job_to_change();
  if (id.empty()) return std::nullopt;
  const bool pause = random_.below(3) == 0;
  facts_.jobs[id].paused.ask(pause);
  return job_change(pause ? "PauseJob" : "ResumeJob", id, {}, [](JobFact& job) { job.paused.acknowledge(); });
}

}  // namespace rollcall::testing
