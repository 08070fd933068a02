// Each action from its parameters to the command or query it makes, and back to its fields.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "api/actions/rows.hpp"
#include "api/fake_ports.hpp"
#include "api/good_listing_calls.hpp"
#include "api/render_support.hpp"

namespace rollcall::api {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs job_parameters() {
  return {{"JobName", "oneJob"},
          {"Type", "CUSTOM_JOB"},
          {"JobDocument", R"({"a":1})"},
          {"TargetConfig", R"({"targetType":"PRODUCT_KEY","targetProduct":"p1"})"}};
}

std::vector<GoodCall> good_calls(const FakeSurroundings& s) {
  const std::string job = s.codec.job_code(JobId{42});
  const std::string task = s.codec.task_code({JobId{42}, 1});
  const std::string group = s.codec.group_code(GroupId{3});
  Group made_group;
  made_group.code = group;
  engine::DevicesFound found;
  found.devices = {engine::DevicesFound::Found{}};
  engine::AccessChanged changed;
  changed.directory = std::make_shared<AccessDirectory>();
  std::vector<GoodCall> calls = {
      {"CreateProduct", {{"ProductName", "lamp"}, {"NodeType", "0"}}, engine::ProductMade{}},
      {"QueryProduct", {{"ProductKey", "p1"}}, {}},
      {"UpdateProduct", {{"ProductKey", "p1"}, {"ProductName", "lamp"}}, engine::Done{}},
      {"DeleteProduct", {{"ProductKey", "p1"}}, engine::Done{}},
      {"ReleaseProduct", {{"ProductKey", "p1"}}, engine::Done{}},
      {"CancelReleaseProduct", {{"ProductKey", "p1"}}, engine::Done{}},
      {"CreateThingModel", {{"ProductKey", "p1"}, {"ThingModelJson", "{}"}}, engine::Done{}},
      {"UpdateThingModel",
       {{"ProductKey", "p1"}, {"Identifier", "a"}, {"ThingModelJson", "{}"}},
       engine::Done{}},
      {"DeleteThingModel", {{"ProductKey", "p1"}, {"EventIdentifier.1", "a"}}, engine::Done{}},
      {"GetThingModelTslPublished", {{"ProductKey", "p1"}, {"Simple", "true"}}, {}},
      {"QueryThingModel", {{"ProductKey", "p1"}, {"FunctionBlockId", "zone"}}, {}},
      {"QueryThingModelPublished", {{"ProductKey", "p1"}, {"ModelVersion", "1.0"}}, {}},
      {"ResetThing", {{"IotId", "x"}}, found},
      {"QueryProductList", {{"PageSize", "200"}, {"CurrentPage", "1"}}, {}},
      {"RegisterDevice", {{"ProductKey", "p1"}}, engine::DeviceMade{}},
      {"QueryDeviceDetail", {{"IotId", "x"}}, found},
      {"GetDeviceStatus", {{"ProductKey", "p1"}, {"DeviceName", "d"}}, found},
      {"BatchGetDeviceState", {{"IotId.1", "x"}}, found},
      {"BatchCheckDeviceNames", {{"ProductKey", "p1"}, {"DeviceName.1", "lamp-1"}}, engine::ApplyMade{}},
      {"BatchRegisterDeviceWithApplyId", {{"ProductKey", "p1"}, {"ApplyId", "5"}}, engine::ApplyMade{}},
      {"QueryPageByApplyId", {{"ApplyId", "5"}}, {}},
      {"CreateDeviceGroup", {{"GroupName", "night"}}, engine::GroupMade{made_group}},
      {"BatchAddDeviceGroupRelations",
       {{"GroupId", group}, {"Device.1.ProductKey", "p1"}, {"Device.1.DeviceName", "d"}},
       engine::GroupDevicesAdded{}},
      {"ImportThingModelTsl", {{"ProductKey", "p1"}, {"TslStr", "{}"}}, engine::Done{}},
      {"PublishThingModel", {{"ProductKey", "p1"}}, engine::Done{}},
      {"GetThingModelTsl", {{"ProductKey", "p1"}}, {}},
      {"CreateJob", job_parameters(), engine::JobMade{JobId{42}}},
      {"CancelJob", {{"JobId", job}}, engine::Done{}},
      {"DeleteJob", {{"JobId", job}}, engine::Done{}},
      {"PauseJob", {{"JobId", job}}, engine::Done{}},
      {"RerunJob", {{"JobId", job}}, engine::Done{}},
      {"ResumeJob", {{"JobId", job}}, engine::Done{}},
      {"UpdateJob", {{"JobId", job}, {"Description", "text"}}, engine::Done{}},
      {"QueryJob", {{"JobId", job}}, {}},
      {"ListJob", {{"PageSize", "50"}, {"CurrentPage", "1"}}, {}},
      {"QueryJobStatistics", {{"JobId", job}}, {}},
      {"ListTask", {{"Limit", "50"}, {"JobId", job}}, {}},
      {"ListTaskEvents", {{"TaskId", task}}, {}},
      {"QueryTask", {{"TaskId", task}}, {}},
      {"ExplainTask", {{"TaskId", task}}, engine::TaskExplained{}},
      {"DisableThing", {{"IotId", "x"}}, engine::Done{}},
      {"EnableThing", {{"ProductKey", "p1"}, {"DeviceName", "d"}}, engine::Done{}},
      {"DeleteDevice", {{"IotId", "x"}}, engine::Done{}},
      {"ImportFleet", {{"Entries", "{}"}}, engine::FleetImported{}},
      {"ImportAccess", {{"Entries", "{}"}}, engine::AccessImported{}},
      {"ExportFleet", {{"Kind", "device"}}, {}},
      {"QueryDevicePropertyStatus", {{"IotId", "x"}}, {}},
      {"ExportDevices", {{"ProductKey", "p1"}}, {}},
      {"ChangeAccess", {{"Operation", "CreateAccount"}, {"Account", "two"}}, changed},
      {"ListAccess", {}, {}},
  };
  for (GoodCall& call : good_listing_calls(group)) calls.push_back(std::move(call));
  return calls;
}

TEST(Actions, ReachTheEngineOrAReaderOnceForTheActorsInstance) {
  const FakeSurroundings names;
  ASSERT_EQ(good_calls(names).size() + direct_actions().size(), action_table().size());
  for (const GoodCall& good : good_calls(names)) {
    FakeSurroundings s;
    s.engine.outcome = good.outcome;
    const ActionAnswer answer = s.run(good.action, good.parameters);
    EXPECT_FALSE(answer.error) << good.action << ": " << (answer.error ? public_message(*answer.error) : "");
    EXPECT_TRUE(s.warnings.empty()) << good.action;
    EXPECT_EQ(s.engine.requests.size(), good.outcome ? 1u : 0u) << good.action;
    EXPECT_EQ(s.queries.runs, good.outcome ? 0 : 1) << good.action;
    for (const auto& actor : s.engine.actors) EXPECT_EQ(actor.instance, InstanceId{7}) << good.action;
  }
}

TEST(Actions, HandOnTheErrorsOfTheEngineAndOfReaders) {
  const FakeSurroundings names;
  for (const GoodCall& good : good_calls(names)) {
    FakeSurroundings s;
    s.engine.error = Error(ErrorCode::NotExistedProduct, "The product p1 does not exist.");
    s.queries.answer = fail(s.engine.error);
    const ActionAnswer answer = s.run(good.action, good.parameters);
    ASSERT_TRUE(answer.error) << good.action;
    EXPECT_EQ(answer.error->code, ErrorCode::NotExistedProduct) << good.action;
    EXPECT_EQ(answer.error->message, "The product p1 does not exist.") << good.action;
  }
}

TEST(Actions, AreRefusedWhenTheEngineOrTheReadersAreBusy) {
  const FakeSurroundings names;
  for (const GoodCall& good : good_calls(names)) {
    FakeSurroundings s;
    s.engine.full = true;
    s.queries.full = true;
    const ActionAnswer answer = s.run(good.action, good.parameters);
    ASSERT_TRUE(answer.error) << good.action;
    EXPECT_EQ(answer.error->code, ErrorCode::ServiceUnavailable) << good.action;
  }
}

TEST(Actions, NameUnknownParametersAndServeTheRequest) {
  const FakeSurroundings names;
  for (const GoodCall& good : good_calls(names)) {
    FakeSurroundings s;
    s.engine.outcome = good.outcome;
    Pairs parameters = good.parameters;
    parameters.emplace_back("Misspelt", "x");
    EXPECT_FALSE(s.run(good.action, parameters).error) << good.action;
    EXPECT_EQ(s.warnings.header_text(), "unknown parameters: Misspelt") << good.action;
  }
}

TEST(CreateProductAction, HandsAllItsFieldsToTheEngine) {
  FakeSurroundings s;
  s.engine.outcome = engine::ProductMade{};
  ASSERT_FALSE(s.run("CreateProduct", {{"ProductName", "灯_lamp"},
                                       {"NodeType", "1"},
                                       {"DataFormat", "0"},
                                       {"AliyunCommodityCode", "iothub_senior"},
                                       {"Description", "d"},
                                       {"ProtocolType", "modbus"},
                                       {"NetType", "ETHERNET"},
                                       {"AuthType", "secret"},
                                       {"Id2", "false"},
                                       {"CategoryKey", "Lighting"},
                                       {"PublishAuto", "true"},
                                       {"ValidateType", "2"}})
                   .error);
  const Product& product = s.only<engine::CreateProduct>().product;
  EXPECT_EQ(product.name, "灯_lamp");
  EXPECT_EQ(product.node_type, 1);
  EXPECT_EQ(product.data_format, 0);
  EXPECT_TRUE(product.has_thing_model);
  EXPECT_EQ(product.description, "d");
  EXPECT_EQ(product.protocol_type, "modbus");
  EXPECT_EQ(product.net_type, 7);
  EXPECT_EQ(product.category_key, "Lighting");
  EXPECT_EQ(product.validate_type, 2);
}

TEST(DeviceActions, LetTheIotIdWinOverThePair) {
  FakeSurroundings s;
  engine::DevicesFound found;
  found.devices = {engine::DevicesFound::Found{}};
  s.engine.outcome = found;
  ASSERT_FALSE(s.run("QueryDeviceDetail", {{"IotId", "x"}, {"ProductKey", "p"}, {"DeviceName", "d"}}).error);
  EXPECT_EQ(s.only<engine::QueryDevices>().devices.at(0).iot_id, "x");
}

TEST(DeviceActions, TellThatADeviceDoesNotExist) {
  for (const char* action : {"QueryDeviceDetail", "GetDeviceStatus"}) {
    FakeSurroundings s;
    engine::DevicesFound found;
    found.devices = {std::nullopt};
    s.engine.outcome = found;
    const auto answer = s.run(action, {{"ProductKey", "p"}, {"DeviceName", "d"}});
    ASSERT_TRUE(answer.error) << action;
    EXPECT_EQ(answer.error->code, ErrorCode::NotExistedDevice);
  }
}

TEST(DeviceActions, AskForStatesByNameInTheOrderOfTheirNumbers) {
  FakeSurroundings s;
  s.engine.outcome = engine::DevicesFound{};
  ASSERT_FALSE(
      s.run("BatchGetDeviceState", {{"DeviceName.2", "b"}, {"ProductKey", "p"}, {"DeviceName.1", "a"}})
          .error);
  const auto& devices = s.only<engine::QueryDevices>().devices;
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].product_key, "p");
  EXPECT_EQ(devices[0].device_name, "a");
  EXPECT_EQ(devices[1].device_name, "b");
}

TEST(BatchRegistration, TakesNamesWithNicknames) {
  FakeSurroundings s;
  s.engine.outcome = engine::ApplyMade{ApplyId{77}};
  const auto answer = s.run("BatchCheckDeviceNames", {{"ProductKey", "p"},
                                                      {"DeviceNameList.1.DeviceName", "lamp-1"},
                                                      {"DeviceNameList.1.DeviceNickname", "front"},
                                                      {"DeviceNameList.2.DeviceName", "lamp-2"}});
  ASSERT_FALSE(answer.error);
  EXPECT_EQ(json_text(answer.fields), R"({"Data":{"ApplyId":77}})");
  const auto& names = s.only<engine::CheckDeviceNames>().names;
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0], (std::pair<std::string, std::string>{"lamp-1", "front"}));
  EXPECT_EQ(names[1], (std::pair<std::string, std::string>{"lamp-2", ""}));
}

TEST(BatchRegistration, FailsWithTheListsOfRefusedNames) {
  FakeSurroundings s;
  engine::NamesRefused refused;
  refused.invalid_names = {"a b"};
  s.engine.outcome = refused;
  const auto answer = s.run("BatchCheckDeviceNames", {{"ProductKey", "p"}, {"DeviceName.1", "a b"}});
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, ErrorCode::InvalidFormattedDeviceName);
  EXPECT_NE(json_text(answer.fields).find(R"("InvalidDeviceName":["a b"])"), std::string::npos);
}

TEST(GroupActions, HandParentAndMembersToTheEngine) {
  FakeSurroundings s;
  s.engine.outcome = engine::GroupMade{};
  const std::string code = s.codec.group_code(GroupId{3});
  ASSERT_FALSE(
      s.run("CreateDeviceGroup", {{"GroupName", "night"}, {"GroupDesc", "d"}, {"SuperGroupId", code}}).error);
  EXPECT_EQ(s.only<engine::CreateGroup>().group.name, "night");
  EXPECT_EQ(s.only<engine::CreateGroup>().parent_code, code);
  FakeSurroundings t;
  t.engine.outcome = engine::GroupDevicesAdded{2, 1, 1, 0};
  const auto answer = t.run("BatchAddDeviceGroupRelations", {{"GroupId", code},
                                                             {"Device.1.ProductKey", "p"},
                                                             {"Device.1.DeviceName", "a"},
                                                             {"Device.2.ProductKey", "p"},
                                                             {"Device.2.DeviceName", "b"}});
  ASSERT_FALSE(answer.error);
  EXPECT_EQ(t.only<engine::AddGroupDevices>().group_code, code);
  EXPECT_EQ(t.only<engine::AddGroupDevices>().devices.size(), 2u);
}

TEST(JobActions, AnswerTheJobIdAtTheTopLevel) {
  FakeSurroundings s;
  s.engine.outcome = engine::JobMade{JobId{42}};
  const auto answer = s.run("CreateJob", job_parameters());
  ASSERT_FALSE(answer.error);
  EXPECT_EQ(json_text(answer.fields), R"({"JobId":")" + s.codec.job_code(JobId{42}) + "\"}");
  EXPECT_EQ(xml_text(answer.fields), "<JobId>" + s.codec.job_code(JobId{42}) + "</JobId>");
}

TEST(JobActions, CancelTheJobThatIsNamed) {
  FakeSurroundings s;
  s.engine.outcome = engine::Done{};
  const auto answer = s.run("CancelJob", {{"JobId", s.codec.job_code(JobId{42})}});
  ASSERT_FALSE(answer.error);
  EXPECT_EQ(json_text(answer.fields), "{}");
  EXPECT_EQ(s.only<engine::CancelJob>().job, JobId{42});
}

TEST(JobActions, DeleteTheJobThatIsNamed) {
  FakeSurroundings s;
  s.engine.outcome = engine::Done{};
  const auto answer = s.run("DeleteJob", {{"JobId", s.codec.job_code(JobId{42})}});
  ASSERT_FALSE(answer.error);
  EXPECT_EQ(json_text(answer.fields), "{}");
  EXPECT_EQ(s.only<engine::DeleteJob>().job, JobId{42});
}

TEST(JobActions, UpdateHandsOnWhatIsGivenAndNothingElse) {
  FakeSurroundings s;
  s.engine.outcome = engine::Done{};
  const std::string job = s.codec.job_code(JobId{42});
  auto answer = s.run("UpdateJob", {{"JobId", job},
                                    {"Description", "by night"},
                                    {"RolloutConfig", R"({"MaximumPerMinute":200,"messageqos":"qos0"})"},
                                    {"TimeoutConfig", R"({"inProgressTimeoutInMinutes":3600})"}});
  ASSERT_FALSE(answer.error) << public_message(*answer.error);
  EXPECT_EQ(json_text(answer.fields), "{}");
  const auto& all = s.only<engine::UpdateJob>();
  EXPECT_EQ(all.job, JobId{42});
  EXPECT_EQ(all.description, "by night");
  EXPECT_EQ(all.maximum_per_minute, 200);
  EXPECT_EQ(all.qos, MessageQos::Qos0);
  EXPECT_EQ(all.timeout_minutes, 3600);

  FakeSurroundings t;
  t.engine.outcome = engine::Done{};
  answer = t.run("UpdateJob", {{"JobId", job},
                               {"Description", ""},
                               {"RolloutConfig", R"({"maximumPerMinute":null,"messageQoS":"","batch":1})"},
                               {"TimeoutConfig", "{}"}});
  ASSERT_FALSE(answer.error) << public_message(*answer.error);
  const auto& none = t.only<engine::UpdateJob>();
  EXPECT_FALSE(none.description || none.maximum_per_minute || none.qos || none.timeout_minutes);
  EXPECT_EQ(t.warnings.count(), 1u) << t.warnings.header_text();
}

TEST(JobActions, RerunAWholeJobOrWhatIsChosenOfIt) {
  const FakeSurroundings names;
  const std::string job = names.codec.job_code(JobId{42});
  const auto read = [&](Pairs more) {
    FakeSurroundings s;
    s.engine.outcome = engine::Done{};
    more.emplace_back("JobId", job);
    const auto answer = s.run("RerunJob", more);
    EXPECT_FALSE(answer.error);
    EXPECT_EQ(json_text(answer.fields), "{}");
    EXPECT_TRUE(s.warnings.empty()) << s.warnings.header_text();
    return s.only<engine::RerunJob>();
  };
  const engine::RerunJob whole = read({});
  EXPECT_EQ(whole.job, JobId{42});
  EXPECT_TRUE(whole.statuses.empty() && whole.tasks.empty());
  const engine::RerunJob statuses = read({{"Status.1", "TIMED_OUT"}, {"Status.2", "FAILED"}});
  EXPECT_EQ(statuses.statuses, (std::vector<TaskStatus>{TaskStatus::TimedOut, TaskStatus::Failed}));
  const TaskKey key{JobId{42}, 7};
  const engine::RerunJob tasks = read({{"TaskId.1", names.codec.task_code(key)}});
  EXPECT_EQ(tasks.tasks, (std::vector<TaskKey>{key}));
}

TEST(JobActions, PauseAndResumeTheJobThatIsNamed) {
  for (const char* action : {"PauseJob", "ResumeJob"}) {
    FakeSurroundings s;
    s.engine.outcome = engine::Done{};
    const auto answer = s.run(action, {{"JobId", s.codec.job_code(JobId{42})}});
    ASSERT_FALSE(answer.error) << action;
    EXPECT_EQ(json_text(answer.fields), "{}");
    if (std::string_view(action) == "PauseJob")
      EXPECT_EQ(s.only<engine::PauseJob>().job, JobId{42});
    else
      EXPECT_EQ(s.only<engine::ResumeJob>().job, JobId{42});
  }
}

TEST(DeviceActions, DisableEnableAndDeleteTheDeviceThatIsNamed) {
  for (const char* action : {"DisableThing", "EnableThing", "DeleteDevice"}) {
    FakeSurroundings s;
    s.engine.outcome = engine::Done{};
    const auto answer = s.run(action, {{"ProductKey", "p1"}, {"DeviceName", "lamp-1"}});
    ASSERT_FALSE(answer.error) << action;
    EXPECT_EQ(json_text(answer.fields), "{}");
    if (std::string_view(action) == "DeleteDevice") {
      EXPECT_EQ(s.only<engine::DeleteDevice>().device.device_name, "lamp-1");
    } else {
      EXPECT_EQ(s.only<engine::SetThingEnabled>().device.product_key, "p1");
      EXPECT_EQ(s.only<engine::SetThingEnabled>().enabled, std::string_view(action) == "EnableThing");
    }
    EXPECT_EQ(s.run(action, {}).error->code, ErrorCode::IllegalRequest) << action;
    EXPECT_EQ(s.run(action, {{"ProductKey", "p1"}}).error->code, ErrorCode::NullDeviceName) << action;
    EXPECT_EQ(s.engine.requests.size(), 1u) << action;
  }
}

TEST(ExplainTaskAction, NamesTheReasonsInTheirOrder) {
  FakeSurroundings s;
  engine::TaskExplained explained;
  explained.task.key = {JobId{42}, 1};
  explained.status = TaskStatus::Queued;
  explained.reasons = {
      {engine::WaitReason::JobPaused, "the job is paused", {}, {}},
      {engine::WaitReason::Pace, "next", WallMs{1'700'000'000'000}, WallMs{1'700'000'060'000}}};
  s.engine.outcome = explained;
  const std::string code = s.codec.task_code({JobId{42}, 1});
  const auto answer = s.run("ExplainTask", {{"TaskId", code}});
  ASSERT_FALSE(answer.error);
  EXPECT_EQ(s.only<engine::ExplainTask>().key, (TaskKey{JobId{42}, 1}));
  EXPECT_EQ(json_text(answer.fields),
            "{\"Data\":{\"TaskId\":\"" + code +
                "\",\"Status\":\"QUEUED\",\"Attempt\":1,\"Pushes\":0,\"Reasons\":{\"Reason\":["
                "{\"Code\":\"JOB_PAUSED\",\"Text\":\"the job is paused\"},"
                "{\"Code\":\"PACE\",\"Text\":\"next\",\"UtcSince\":\"2023-11-14T22:13:20.000Z\","
                "\"UtcUntil\":\"2023-11-14T22:14:20.000Z\"}]}}}");
  EXPECT_EQ(s.run("ExplainTask", {{"TaskId", "nonsense"}}).error->code, ErrorCode::NotExistedTask);
  EXPECT_EQ(s.run("ExplainTask", {}).error->code, ErrorCode::Missing);
}

TEST(ListTaskAction, RefusesATokenOfAnotherQueryOrOneThatExpired) {
  FakeSurroundings s;
  const std::string job = s.codec.job_code(JobId{42});
  const std::string foreign = s.codec.next_token({5, 1234, WallMs{1'700'000'060'000}});
  const auto answer = s.run("ListTask", {{"Limit", "10"}, {"JobId", job}, {"NextToken", foreign}});
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, ErrorCode::InvalidNextToken);
  EXPECT_NE(answer.error->message.find("this query"), std::string::npos);
}

TEST(ImportFleetAction, HandsTheFleetToTheEngine) {
  FakeSurroundings s;
  engine::FleetImported imported;
  imported.devices = {1, 2, 3, 1};
  imported.refusals = {{"devices[0]", "no"}};
  s.engine.outcome = imported;
  const auto answer =
      s.run("ImportFleet",
            {{"Entries", R"({"devices":[{"ProductKey":"p","DeviceName":"lamp-1","DeviceSecret":"s"}]})"},
             {"DryRun", "true"}});
  ASSERT_FALSE(answer.error) << public_message(*answer.error);
  EXPECT_TRUE(s.only<engine::ImportFleet>().dry_run);
  EXPECT_EQ(s.only<engine::ImportFleet>().devices.size(), 1u);
  EXPECT_EQ(json_text(answer.fields),
            R"({"Data":{"DryRun":true,"Products":{"Added":0,"Changed":0,"Same":0,"Refused":0},)"
            R"("Groups":{"Added":0,"Changed":0,"Same":0,"Refused":0},)"
            R"("Devices":{"Added":1,"Changed":3,"Same":2,"Refused":1},)"
            R"("Tasks":{"Added":0,"Changed":0,"Same":0,"Refused":0},)"
            R"("Refusals":{"Refusal":[{"Place":"devices[0]","Why":"no"}]}}})");
}

}  // namespace
}  // namespace rollcall::api
