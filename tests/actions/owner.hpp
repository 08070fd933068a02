// Somebody who has one row of each kind, made by the actions of the API on a World: what tests of every
// action start from. One thread.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/action_table.hpp"
#include "base/result.hpp"
#include "engine/world.hpp"

namespace rollcall::testing {

using api::ActionAnswer;
using Parameters = std::vector<std::pair<std::string, std::string>>;

inline constexpr InstanceId kOwner{1};

inline constexpr char kTsl[] = R"({"properties":[{"identifier":"power","accessMode":"rw",
  "dataType":{"type":"bool","specs":{"0":"off","1":"on"}}}],
  "services":[{"identifier":"blink","callType":"sync","inputData":[],"outputData":[]}]})";

// The ports of the API in front of a World.
class Ports final : public api::EnginePort, public api::QueryPort {
 public:
  explicit Ports(World& world) : world_(world) {}
  bool submit(engine::Actor actor, api::ApiRequest request, api::EnginePort::Done done) override {
    const uint64_t ticket = world_.ask(std::move(request), actor.instance, actor.account);
    world_.settle();
    if (auto answered = world_.answer(ticket)) {
      done(std::move(*answered));
      return true;
    }
    if (devices_answer)
      answer_call();
    else
      world_.pass_ms(10'000, 1'000);
    done(world_.answer(ticket).value());
    return true;
  }
  bool run(Query query, api::QueryPort::Done done) override {
    engine::Queries queries(*world_.store);
    done(query(queries));
    return true;
  }

  bool devices_answer = true;  // calls that are for an answer get one at once

 private:
  // The caller waits for a device, which answers now.
  void answer_call() {
    for (auto& [slot, device] : world_.devices) {
      if (device.pushes.empty() || !device.pushes.back().awaited) continue;
      engine::CommandReply reply;
      reply.session = device.session();
      reply.alink_id = device.pushes.back().direct_id;
      reply.data = "{}";
      if (device.pushes.back().content->raw_rrpc) reply.payload = "pong";
      world_.send(std::move(reply));
      world_.settle();
    }
  }

  World& world_;
};

struct Somebody {
  InstanceId instance;
  AccountId account;
};
inline constexpr Somebody kOwnerSelf{kOwner, kFirstAccount};

// The owner's rows, one of each kind, made by the API itself.
class Owner {
 public:
  Owner() {
    AccessKey administrator;
    administrator.id = "owner-key";
    administrator.secret = Secret("owner-secret");
    administrator.instance = kOwner;
    administrator.administrator = true;
    EXPECT_TRUE(world.call(engine::CreateAccessKey{administrator}));
    product = text(
        must("CreateProduct",
             {{"ProductName", "owner_product"}, {"NodeType", "0"}, {"AliyunCommodityCode", "iothub_senior"}}),
        "ProductKey");
    must("ImportThingModelTsl", {{"ProductKey", product}, {"TslStr", kTsl}});
    must("PublishThingModel", {{"ProductKey", product}, {"ModelVersion", "v1"}});
    iot_id = text(must("RegisterDevice", {{"ProductKey", product}, {"DeviceName", "owner-lamp"}}), "IotId");
    must("RegisterDevice", {{"ProductKey", product}, {"DeviceName", "owner-spare"}});
    group = text(must("CreateDeviceGroup", {{"GroupName", "owner_group"}}), "GroupId");
    apply = text(must("BatchCheckDeviceNames", {{"ProductKey", product}, {"DeviceName.1", "owner-b1"}}),
                 "ApplyId");
    must("BatchRegisterDeviceWithApplyId", {{"ProductKey", product}, {"ApplyId", apply}});
    checked = text(must("BatchCheckDeviceNames", {{"ProductKey", product}, {"DeviceName.1", "owner-b2"}}),
                   "ApplyId");
    empty_product =
        text(must("CreateProduct", {{"ProductName", "owner_empty"}, {"NodeType", "0"}}), "ProductKey");
    must("BatchAddDeviceGroupRelations",
         {{"GroupId", group}, {"Device.1.ProductKey", product}, {"Device.1.DeviceName", "owner-lamp"}});
    must("SaveDeviceProp",
         {{"ProductKey", product}, {"DeviceName", "owner-lamp"}, {"Props", R"({"owner":"owner-red"})"}});
    topic = text(must("CreateProductTopic",
                      {{"ProductKey", product}, {"TopicShortName", "owner"}, {"Operation", "ALL"}}),
                 "TopicId");
    job = text(must("CreateJob", job_parameters("owner-lamp")), "JobId");
    world.settle();
    Parameters failing = job_parameters("owner-spare");
    failing.emplace_back("OfflinePolicy", "FAIL");
    ended_job = text(must("CreateJob", failing), "JobId");
    world.settle();
    ended_task = text(must("ListTask", {{"JobId", ended_job}, {"Limit", "10"}}), "TaskId");
    const std::string tasks = must("ListTask", {{"JobId", job}, {"Limit", "10"}});
    task = text(tasks, "TaskId");
    world.connect(codec.device_id(iot_id).value());
    world.settle();
  }

  Parameters job_parameters(const std::string& device) const {
    return {{"JobName", "owner_job"},
            {"Type", "CUSTOM_JOB"},
            {"JobDocument", R"({"owner-content":1})"},
            {"TargetConfig", R"({"targetType":"DEVICE_LIST","targetDevices":[{"productKey":")" + product +
                                 R"(","deviceName":")" + device + "\"}]}"}};
  }

  // As the service carries an action out behind its checks of the caller.
  ActionAnswer call(Somebody who, const std::string& action, Parameters parameters) {
    const api::ActionRow* row = api::find_action(action);
    api::Call call{{who.instance, "key", "127.0.0.1", "request", who.account},
                   api::Parameters(std::move(parameters)),
                   world.clock.wall(),
                   {}};
    if (auto status = api::check_parameters(*row, call); !status) return {api::Node(), status.error()};
    std::optional<ActionAnswer> answer;
    row->handle(context, call, [&answer](ActionAnswer&& given) { answer = std::move(given); });
    world.settle();
    return answer.value();
  }
  // Of the owner; the answer as JSON.
  std::string must(const std::string& action, Parameters parameters) {
    const ActionAnswer answer = call(kOwnerSelf, action, std::move(parameters));
    EXPECT_FALSE(answer.error) << action << ": " << (answer.error ? public_message(*answer.error) : "");
    return api::render_json(answer.fields);
  }
  // The first field of this name in an answer.
  static std::string text(const std::string& json, const std::string& name) {
    const size_t at = json.find("\"" + name + "\":");
    EXPECT_NE(at, std::string::npos) << name << " in " << json;
    const size_t begin = at + name.size() + 3 + (json[at + name.size() + 3] == '"' ? 1 : 0);
    return json.substr(begin, json.find_first_of("\",}", begin) - begin);
  }

  // All that the owner sees.
  std::string picture() {
    const Parameters page{{"PageSize", "50"}, {"CurrentPage", "1"}};
    const Parameters device{{"ProductKey", product}, {"DeviceName", "owner-lamp"}};
    std::string all = must("QueryProduct", {{"ProductKey", product}});
    all += must("QueryProductList", page) + must("QueryDeviceDetail", device) + must("ListJob", page);
    all += must("GetThingModelTsl", {{"ProductKey", product}});
    all += must("GetThingModelTsl", {{"ProductKey", product}, {"ModelVersion", "v1"}});
    all += must("QueryJob", {{"JobId", job}}) + must("QueryJobStatistics", {{"JobId", job}});
    all += must("QueryTask", {{"TaskId", task}}) + must("ListTaskEvents", {{"JobId", job}});
    all += must("ExportDevices", {{"ProductKey", product}}) + must("QueryDeviceProp", device);
    all += must("QueryDeviceGroupList", page) + must("QueryDeviceGroupInfo", {{"GroupId", group}});
    all += must("QueryDeviceListByDeviceGroup", {{"GroupId", group}});
    all += must("QueryProductTopic", {{"ProductKey", product}});
    return all;
  }

  World world;
  Ports ports{world};
  IdCodec::Key key = world.store->id_key().value();
  IdCodec codec{key};
  api::ApiConfig config;
  api::ActionContext context{ports, ports, codec, key, config};
  std::string product, iot_id, group, topic, job, task;
  std::string empty_product;  // without devices
  std::string apply;          // a registration that is carried out
  std::string checked;        // one that is not
  std::string ended_job;      // its task failed
  std::string ended_task;
};

}  // namespace rollcall::testing
