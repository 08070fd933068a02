#include "workload.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "client/fleet_setup.hpp"

namespace rollcall::testing {
namespace {

constexpr size_t kProductsPerRound = 2;
constexpr size_t kGroupsPerRound = 2;
constexpr size_t kRecentJobsMax = 80;

struct Operation {
  unsigned weight;
  Workload::Call (Workload::*make)();
};

// Every kind of change that clients ask for. What a call means when it is acknowledged stands in its
// function.
constexpr Operation kOperations[] = {
    {8, &Workload::create_custom_job},
    {3, &Workload::create_property_job},
    {3, &Workload::create_service_job},
    {3, &Workload::create_message_job},
    {2, &Workload::create_side_job},
    {3, &Workload::cancel_job},
    {8, &Workload::register_device},
    {1, &Workload::create_group},
    {5, &Workload::add_to_group},
    {1, &Workload::create_product},
    {1, &Workload::import_model},
    {1, &Workload::publish_model},
    {2, &Workload::check_names},
    {2, &Workload::register_applied},
    {4, &Workload::query},
};

std::string quoted(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

template <class List>
const auto& pick(Random& random, const List& list) {
  return list[random.below(list.size())];
}

}  // namespace

void Workload::begin_round(int round, size_t jobs) {
  round_ = round;
  named_ = 0;
  jobs_left_ = jobs;
  products_left_ = kProductsPerRound;
  groups_left_ = kGroupsPerRound;
  side_devices_.clear();
  recent_groups_.clear();
  open_applies_.clear();
  if (recent_jobs_.size() > kRecentJobsMax)
    recent_jobs_.erase(recent_jobs_.begin(), recent_jobs_.end() - static_cast<long>(kRecentJobsMax));
}

std::optional<ApiCall> Workload::next() {
  unsigned sum = 0;
  for (const Operation& operation : kOperations) sum += operation.weight;
  for (int attempt = 0; attempt < 16; ++attempt) {
    auto at = static_cast<unsigned>(random_.below(sum));
    for (const Operation& operation : kOperations) {
      if (at < operation.weight) {
        if (auto call = (this->*operation.make)()) return call;
        break;
      }
      at -= operation.weight;
    }
  }
  return register_device();
}

ApiCall Workload::acknowledged(std::string action, NameValues parameters, Answered told) {
  auto answered = [this, told = std::move(told)](const client::ApiAnswer& answer) {
    if (!answer.success) {
      facts_.refuse(answer.code, answer.reason());
      return;
    }
    told(answer);
    facts_.acknowledge();
  };
  return {std::move(action), std::move(parameters), std::move(answered)};
}

std::string Workload::name(const char* what) {
  return std::string(what) + "_" + std::to_string(round_) + "_" + std::to_string(++named_);
}

// --- jobs

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
  while (names.size() < std::min(count, fleet_.devices.size())) names.insert(pick(random_, fleet_.devices));
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
  const bool paced = random_.below(4) == 0;
  const std::string qos = random_.below(3) == 0 ? "QoS0" : "QoS1";
  NameValues parameters = {
      {"JobName", fact.name},
      {"Type", type},
      {"JobDocument", document},
      {"TargetConfig", targets},
      {"RolloutConfig", std::string(R"({"maximumPerMinute":)") + (paced ? "30000" : "6000000") +
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
  const std::string& group = pick(random_, recent_groups_);
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
  const std::string id = pick(random_, recent_jobs_);
  JobFact& job = facts_.jobs[id];
  if (job.cancel_asked) return std::nullopt;
  job.cancel_asked = true;
  return acknowledged("CancelJob", {{"JobId", id}},
                      [this, id](const client::ApiAnswer&) { facts_.jobs[id].cancelled = true; });
}

// --- devices and groups

Workload::Call Workload::register_device() {
  if (side_product_.empty()) return create_product();
  const std::string product = side_product_;
  const std::string device = name("device");
  return acknowledged("RegisterDevice", {{"ProductKey", product}, {"DeviceName", device}},
                      [this, product, device](const client::ApiAnswer& answer) {
                        const std::string iot_id = answer.text("Data.IotId");
                        facts_.new_id("device " + iot_id);
                        facts_.devices[{product, device}] = {answer.text("Data.DeviceSecret"), iot_id};
                        if (product == side_product_) side_devices_.push_back(device);
                      });
}

Workload::Call Workload::create_group() {
  if (groups_left_ == 0) return std::nullopt;
  --groups_left_;
  const std::string group = name("group");
  return acknowledged("CreateDeviceGroup", {{"GroupName", group}},
                      [this, group](const client::ApiAnswer& answer) {
                        const std::string id = answer.text("Data.GroupId");
                        facts_.new_id("group " + id);
                        facts_.groups[id].name = group;
                        recent_groups_.push_back(id);
                      });
}

Workload::Call Workload::add_to_group() {
  if (recent_groups_.empty() || side_devices_.empty()) return std::nullopt;
  const std::string group = pick(random_, recent_groups_);
  const std::string product = side_product_;
  std::set<std::string> names;
  for (int i = 0; i < 5; ++i) names.insert(pick(random_, side_devices_));
  NameValues parameters = {{"GroupId", group}};
  size_t number = 0;
  for (const std::string& device : names) {
    const std::string prefix = "Device." + std::to_string(++number) + ".";
    parameters.emplace_back(prefix + "ProductKey", product);
    parameters.emplace_back(prefix + "DeviceName", device);
  }
  return acknowledged("BatchAddDeviceGroupRelations", std::move(parameters),
                      [this, group, product, names](const client::ApiAnswer& answer) {
                        const int64_t members = answer.number("SuccessAddedDeviceCount") +
                                                answer.number("AlreadyRelatedGroupDeviceCount");
                        if (members != static_cast<int64_t>(names.size())) return;
                        for (const std::string& device : names)
                          facts_.groups[group].members.insert(product + "/" + device);
                      });
}

// --- products and thing models

Workload::Call Workload::create_product() {
  if (products_left_ == 0) return std::nullopt;
  --products_left_;
  const std::string product = name("product");
  return acknowledged("CreateProduct",
                      {{"ProductName", product}, {"NodeType", "0"}, {"AliyunCommodityCode", "iothub_senior"}},
                      [this, product](const client::ApiAnswer& answer) {
                        const std::string key = answer.text("Data.ProductKey");
                        facts_.new_id("product " + key);
                        facts_.products[key] = {product, answer.text("Data.ProductSecret"), false, false};
                        side_product_ = key;
                        side_devices_.clear();
                      });
}

Workload::Call Workload::import_model() {
  if (side_product_.empty()) return std::nullopt;
  const std::string key = side_product_;
  return acknowledged("ImportThingModelTsl",
                      {{"ProductKey", key}, {"TslStr", std::string(client::simulated_thing_model())}},
                      [this, key](const client::ApiAnswer&) { facts_.products[key].model_imported = true; });
}

Workload::Call Workload::publish_model() {
  const std::string key = side_product_;
  if (!facts_.products.contains(key) || !facts_.products[key].model_imported) return std::nullopt;
  return acknowledged("PublishThingModel", {{"ProductKey", key}},
                      [this, key](const client::ApiAnswer&) { facts_.products[key].model_published = true; });
}

// --- registration in bulk

Workload::Call Workload::check_names() {
  if (side_product_.empty()) return std::nullopt;
  const std::string product = side_product_;
  std::vector<std::string> names;
  NameValues parameters = {{"ProductKey", product}};
  for (size_t i = 0; i < 1 + random_.below(30); ++i) {
    names.push_back(name("bulk"));
    parameters.emplace_back("DeviceName." + std::to_string(i + 1), names.back());
  }
  return acknowledged("BatchCheckDeviceNames", std::move(parameters),
                      [this, product, names](const client::ApiAnswer& answer) {
                        const int64_t id = answer.number("Data.ApplyId");
                        facts_.new_id("apply " + std::to_string(id));
                        facts_.applies[id] = {product, names};
                        open_applies_.push_back(id);
                      });
}

Workload::Call Workload::register_applied() {
  if (open_applies_.empty()) return std::nullopt;
  const int64_t id = open_applies_.back();
  open_applies_.pop_back();
  return acknowledged("BatchRegisterDeviceWithApplyId",
                      {{"ProductKey", facts_.applies[id].first}, {"ApplyId", std::to_string(id)}},
                      [this, id](const client::ApiAnswer&) { facts_.applied.insert(id); });
}

// --- reads, which are no acknowledgements

Workload::Call Workload::query() {
  if (recent_jobs_.empty()) return std::nullopt;
  const std::string id = pick(random_, recent_jobs_);
  return ApiCall{"QueryJob", {{"JobId", id}}, [this, id](const client::ApiAnswer& answer) {
                   if (!answer.success)
                     facts_.contradictions.push_back("QueryJob of an acknowledged job: " + answer.reason());
                   else if (answer.text("Data.JobName") != facts_.jobs[id].name)
                     facts_.contradictions.push_back("QueryJob gives another job for " + id);
                 }};
}

}  // namespace rollcall::testing
