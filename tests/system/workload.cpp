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
    {2, &Workload::delete_job},
    {3, &Workload::rerun_job},
    {2, &Workload::update_job},
    {2, &Workload::pause_job},
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
  for (auto& [id, job] : facts_.jobs) job.change_under_way = false;  // whoever was to answer is dead
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
  const std::string group = pick(recent_groups_);
  const std::string product = side_product_;
  std::set<std::string> names;
  for (int i = 0; i < 5; ++i) names.insert(pick(side_devices_));
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
  const std::string id = pick(recent_jobs_);
  return ApiCall{"QueryJob", {{"JobId", id}}, [this, id](const client::ApiAnswer& answer) {
                   if (facts_.jobs[id].delete_asked) return;
                   if (!answer.success)
                     facts_.contradictions.push_back("QueryJob of an acknowledged job: " + answer.reason());
                   else if (answer.text("Data.JobName") != facts_.jobs[id].name)
                     facts_.contradictions.push_back("QueryJob gives another job for " + id);
                 }};
}

}  // namespace rollcall::testing
