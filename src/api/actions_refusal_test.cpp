// Requests that actions refuse before anything reaches the engine or a reader.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "api/fake_ports.hpp"

namespace rollcall::api {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct BadCall {
  const char* action;
  Pairs parameters;
  ErrorCode code;
};

TEST(Actions, RefuseBadValuesBeforeTheyReachTheEngine) {
  const FakeSurroundings names;
  const std::string group = names.codec.group_code(GroupId{3});
  const std::string job = names.codec.job_code(JobId{42});
  const std::string task = names.codec.task_code({JobId{42}, 1});
  Pairs many_names{{"ProductKey", "p1"}};
  for (int i = 1; i <= 10'001; ++i)
    many_names.emplace_back("DeviceName." + std::to_string(i), "dev-" + std::to_string(i));
  Pairs many_devices{{"ProductKey", "p1"}};
  for (int i = 1; i <= 51; ++i) many_devices.emplace_back("DeviceName." + std::to_string(i), "d");
  Pairs many_relations{{"GroupId", group}};
  for (int i = 1; i <= 201; ++i) {
    many_relations.emplace_back("Device." + std::to_string(i) + ".ProductKey", "p1");
    many_relations.emplace_back("Device." + std::to_string(i) + ".DeviceName", "d");
  }
  Pairs many_features{{"ProductKey", "p1"}};
  for (int i = 1; i <= 11; ++i) many_features.emplace_back("PropertyIdentifier." + std::to_string(i), "a");
  Pairs many_tasks{{"JobId", job}};
  for (int i = 1; i <= 201; ++i)
    many_tasks.emplace_back("TaskId." + std::to_string(i), names.codec.task_code({JobId{42}, i}));
  const auto product = [](std::string name, std::string value) {
    return Pairs{{"ProductName", "lamp"}, {"NodeType", "0"}, {std::move(name), std::move(value)}};
  };
  const std::vector<BadCall> rows = {
      {"CreateProduct", {{"ProductName", "abc"}, {"NodeType", "0"}}, ErrorCode::InvalidFormattedProductName},
      {"CreateProduct",
       {{"ProductName", "灯灯灯灯灯灯灯灯灯灯灯灯灯灯灯灯"}, {"NodeType", "0"}},
       ErrorCode::InvalidFormattedProductName},
      {"CreateProduct", {{"ProductName", "lamp"}, {"NodeType", "2"}}, ErrorCode::InvalidNodeType},
      {"CreateProduct", product("DataFormat", "2"), ErrorCode::InvalidFormattedParameter},
      {"CreateProduct", product("ValidateType", "3"), ErrorCode::InvalidFormattedParameter},
      {"CreateProduct", product("AliyunCommodityCode", "x"), ErrorCode::InvalidAliyunCommodityCode},
      {"CreateProduct", product("AuthType", "x509"), ErrorCode::InvalidFormattedParameter},
      {"CreateProduct", product("Id2", "true"), ErrorCode::InvalidFormattedParameter},
      {"CreateProduct", product("NetType", "5G"), ErrorCode::InvalidFormattedParameter},
      {"CreateProduct", product("Description", std::string(101, 'd')), ErrorCode::LongProductDesc},
      {"CreateProduct", product("CategoryKey", std::string(65, 'c')), ErrorCode::InvalidFormattedParameter},
      {"QueryProduct", {{"ProductKey", "a/b"}}, ErrorCode::InvalidFormattedProductKey},
      {"QueryProduct", {{"ProductKey", std::string(65, 'k')}}, ErrorCode::InvalidFormattedProductKey},
      {"QueryProductList", {{"PageSize", "201"}, {"CurrentPage", "1"}}, ErrorCode::InvalidPageParams},
      {"QueryProductList", {{"PageSize", "0"}, {"CurrentPage", "1"}}, ErrorCode::InvalidPageParams},
      {"QueryProductList", {{"PageSize", "10"}, {"CurrentPage", "0"}}, ErrorCode::InvalidPageParams},
      {"QueryProductList",
       {{"PageSize", "10"}, {"CurrentPage", "1"}, {"AliyunCommodityCode", "x"}},
       ErrorCode::InvalidAliyunCommodityCode},
      {"RegisterDevice",
       {{"ProductKey", "p1"}, {"DeviceName", "abc"}},
       ErrorCode::InvalidFormattedDeviceName},
      {"RegisterDevice",
       {{"ProductKey", "p1"}, {"DeviceName", "灯灯灯灯"}},
       ErrorCode::InvalidFormattedDeviceName},
      {"RegisterDevice", {{"ProductKey", "p1"}, {"Nickname", "a-b-c"}}, ErrorCode::InvalidFormattedParameter},
      {"QueryDeviceDetail", {}, ErrorCode::IllegalRequest},
      {"QueryDeviceDetail", {{"DeviceName", "d"}}, ErrorCode::IllegalRequest},
      {"QueryDeviceDetail", {{"ProductKey", "p1"}}, ErrorCode::NullDeviceName},
      {"GetDeviceStatus", {{"IotId", "a b"}}, ErrorCode::InvalidIotId},
      {"BatchGetDeviceState", {}, ErrorCode::NoneDeviceNameElement},
      {"BatchGetDeviceState", {{"DeviceName.1", "d"}}, ErrorCode::IllegalRequest},
      {"BatchGetDeviceState", {{"IotId.1", "a b"}}, ErrorCode::InvalidIotId},
      {"BatchGetDeviceState", many_devices, ErrorCode::DeviceCountExceeded},
      {"BatchCheckDeviceNames", {{"ProductKey", "p1"}}, ErrorCode::NoneDeviceNameElement},
      {"BatchCheckDeviceNames", many_names, ErrorCode::DeviceCountExceeded},
      {"BatchCheckDeviceNames",
       {{"ProductKey", "p1"}, {"DeviceName.1", "lamp-1"}, {"DeviceNameList.1.DeviceName", "lamp-2"}},
       ErrorCode::IllegalRequest},
      {"BatchRegisterDeviceWithApplyId",
       {{"ProductKey", "p1"}, {"ApplyId", "0"}},
       ErrorCode::DeviceApplyNotFound},
      {"QueryPageByApplyId", {{"ApplyId", "-5"}}, ErrorCode::DeviceApplyNotFound},
      {"QueryPageByApplyId", {{"ApplyId", "5"}, {"PageSize", "51"}}, ErrorCode::InvalidPageParams},
      {"CreateDeviceGroup", {{"GroupName", "a"}}, ErrorCode::InvalidFormattedParameter},
      {"CreateDeviceGroup",
       {{"GroupName", "night"}, {"GroupDesc", std::string(101, 'd')}},
       ErrorCode::InvalidFormattedParameter},
      {"BatchAddDeviceGroupRelations", {{"GroupId", group}}, ErrorCode::NoneDeviceNameElement},
      {"BatchAddDeviceGroupRelations",
       {{"GroupId", group}, {"Device.1.ProductKey", "p1"}},
       ErrorCode::InvalidFormattedParameter},
      {"BatchAddDeviceGroupRelations", many_relations, ErrorCode::DeviceCountExceeded},
      {"ImportThingModelTsl",
       {{"ProductKey", "p1"}, {"TslStr", std::string(512 * 1024 + 1, ' ')}},
       ErrorCode::InvalidThingModel},
      {"ImportThingModelTsl",
       {{"ProductKey", "p1"}, {"TslStr", "{}"}, {"FunctionBlockId", "engine-1"}},
       ErrorCode::InvalidFormattedParameter},
      {"PublishThingModel",
       {{"ProductKey", "p1"}, {"ModelVersion", "v 1"}},
       ErrorCode::InvalidFormattedParameter},
      {"PublishThingModel",
       {{"ProductKey", "p1"}, {"ModelVersion", "12345678901234567"}},
       ErrorCode::InvalidFormattedParameter},
      {"GetThingModelTsl",
       {{"ProductKey", "p1"}, {"ModelVersion", "a/b"}},
       ErrorCode::InvalidFormattedParameter},
      {"GetThingModelTsl",
       {{"ProductKey", "p1"}, {"FunctionBlockId", "engine-1"}},
       ErrorCode::InvalidFormattedParameter},
      {"GetThingModelTsl",
       {{"ProductKey", "p1"}, {"FunctionBlockId", std::string(31, 'x')}},
       ErrorCode::InvalidFormattedParameter},
      {"QueryThingModel", {{"ProductKey", "a/b"}}, ErrorCode::InvalidFormattedProductKey},
      {"CreateThingModel", {{"ProductKey", "p1"}}, ErrorCode::InvalidFormattedParameter},
      {"CreateThingModel",
       {{"ProductKey", "a/b"}, {"ThingModelJson", "{}"}},
       ErrorCode::InvalidFormattedProductKey},
      {"CreateThingModel",
       {{"ProductKey", "p1"}, {"ThingModelJson", "{}"}, {"FunctionBlockName", "abc"}},
       ErrorCode::InvalidFormattedParameter},
      {"CreateThingModel",
       {{"ProductKey", "p1"}, {"ThingModelJson", std::string(512 * 1024 + 1, ' ')}},
       ErrorCode::InvalidThingModel},
      {"UpdateThingModel",
       {{"ProductKey", "p1"}, {"ThingModelJson", "{}"}},
       ErrorCode::InvalidFormattedParameter},
      {"UpdateThingModel", {{"ProductKey", "p1"}, {"Identifier", "a"}}, ErrorCode::InvalidFormattedParameter},
      {"DeleteThingModel", {{"ProductKey", "p1"}}, ErrorCode::InvalidFormattedParameter},
      {"DeleteThingModel", many_features, ErrorCode::InvalidFormattedParameter},
      {"UpdateProduct",
       {{"ProductKey", "p1"}, {"ProductName", "abc"}},
       ErrorCode::InvalidFormattedProductName},
      {"UpdateProduct",
       {{"ProductKey", "a/b"}, {"ProductName", "lamp"}},
       ErrorCode::InvalidFormattedProductKey},
      {"UpdateProduct",
       {{"ProductKey", "p1"}, {"ProductName", "lamp"}, {"Description", std::string(101, 'd')}},
       ErrorCode::LongProductDesc},
      {"DeleteProduct", {{"ProductKey", "a/b"}}, ErrorCode::InvalidFormattedProductKey},
      {"ReleaseProduct", {{"ProductKey", "a/b"}}, ErrorCode::InvalidFormattedProductKey},
      {"CancelReleaseProduct", {{"ProductKey", "a/b"}}, ErrorCode::InvalidFormattedProductKey},
      {"ResetThing", {{"ProductKey", "p1"}}, ErrorCode::NullDeviceName},
      {"CancelJob", {{"JobId", "nope"}}, ErrorCode::NotExistedJob},
      {"CancelJob", {{"JobId", task}}, ErrorCode::NotExistedJob},
      {"DeleteJob", {{"JobId", "nope"}}, ErrorCode::NotExistedJob},
      {"RerunJob", {{"JobId", "nope"}}, ErrorCode::NotExistedJob},
      {"RerunJob", {{"JobId", job}, {"Status.1", "SUCCEEDED"}}, ErrorCode::InvalidFormattedParameter},
      {"RerunJob", {{"JobId", job}, {"Status.1", "failed"}}, ErrorCode::InvalidFormattedParameter},
      {"RerunJob", {{"JobId", job}, {"Status", "FAILED"}}, ErrorCode::InvalidFormattedParameter},
      {"RerunJob", {{"JobId", job}, {"TaskId", task}}, ErrorCode::InvalidFormattedParameter},
      {"RerunJob", {{"JobId", job}, {"TaskId.1", job}}, ErrorCode::NotExistedTask},
      {"RerunJob",
       {{"JobId", job}, {"TaskId.1", names.codec.task_code({JobId{43}, 1})}},
       ErrorCode::NotExistedTask},
      {"RerunJob",
       {{"JobId", job}, {"TaskId.1", task}, {"Status.1", "FAILED"}},
       ErrorCode::InvalidFormattedParameter},
      {"RerunJob", many_tasks, ErrorCode::InvalidFormattedParameter},
      {"UpdateJob", {{"JobId", "nope"}}, ErrorCode::NotExistedJob},
      {"UpdateJob",
       {{"JobId", job}, {"Description", std::string(101, 'd')}},
       ErrorCode::InvalidFormattedParameter},
      {"UpdateJob",
       {{"JobId", job}, {"RolloutConfig", R"({"maximumPerMinute":49})"}},
       ErrorCode::InvalidFormattedParameter},
      {"UpdateJob",
       {{"JobId", job}, {"RolloutConfig", R"({"maximumPerMinute":1001})"}},
       ErrorCode::InvalidFormattedParameter},
      {"UpdateJob",
       {{"JobId", job}, {"RolloutConfig", R"({"maximumPerMinute":"200"})"}},
       ErrorCode::InvalidFormattedParameter},
      {"UpdateJob",
       {{"JobId", job}, {"RolloutConfig", R"({"messageQoS":"QoS2"})"}},
       ErrorCode::InvalidFormattedParameter},
      {"UpdateJob", {{"JobId", job}, {"RolloutConfig", "[]"}}, ErrorCode::InvalidFormattedParameter},
      {"UpdateJob",
       {{"JobId", job}, {"TimeoutConfig", R"({"inProgressTimeoutInMinutes":0})"}},
       ErrorCode::InvalidFormattedParameter},
      {"UpdateJob",
       {{"JobId", job}, {"TimeoutConfig", R"({"inProgressTimeoutInMinutes":3601})"}},
       ErrorCode::InvalidFormattedParameter},
      {"UpdateJob",
       {{"JobId", job}, {"TimeoutConfig", R"({"inProgressTimeoutInMinutes":1.5})"}},
       ErrorCode::InvalidFormattedParameter},
      {"UpdateJob",
       {{"JobId", job},
        {"TimeoutConfig", R"({"inProgressTimeoutInMinutes":1,"INPROGRESSTIMEOUTINMINUTES":2})"}},
       ErrorCode::InvalidFormattedParameter},
      {"UpdateJob",
       {{"JobId", job}, {"TimeoutConfig", std::string(8'193, ' ')}},
       ErrorCode::InvalidFormattedParameter},
      {"PauseJob", {{"JobId", "nope"}}, ErrorCode::NotExistedJob},
      {"ResumeJob", {{"JobId", task}}, ErrorCode::NotExistedJob},
      {"QueryJob", {{"JobId", job + "x"}}, ErrorCode::NotExistedJob},
      {"QueryJobStatistics", {{"JobId", "nope"}}, ErrorCode::NotExistedJob},
      {"ListJob", {{"PageSize", "51"}, {"CurrentPage", "1"}}, ErrorCode::InvalidPageParams},
      {"ListJob",
       {{"PageSize", "10"}, {"CurrentPage", "1"}, {"Status", "SENT"}},
       ErrorCode::InvalidFormattedParameter},
      {"QueryTask", {{"TaskId", job}}, ErrorCode::NotExistedTask},
      {"ListTaskEvents", {}, ErrorCode::IllegalRequest},
      {"ListTaskEvents", {{"JobId", job}, {"TaskId", task}}, ErrorCode::IllegalRequest},
      {"ListTaskEvents", {{"JobId", job}, {"Device", R"({"iotId":"x"})"}}, ErrorCode::IllegalRequest},
      {"ListTaskEvents", {{"JobId", job}, {"Limit", "0"}}, ErrorCode::InvalidPageParams},
      {"ListTaskEvents", {{"JobId", job}, {"Limit", "51"}}, ErrorCode::InvalidPageParams},
      {"ListTaskEvents", {{"JobId", "nope"}}, ErrorCode::NotExistedJob},
      {"ListTaskEvents", {{"TaskId", job}}, ErrorCode::NotExistedTask},
      {"ListTaskEvents", {{"Device", R"({"productKey":"x"})"}}, ErrorCode::InvalidFormattedParameter},
      {"ListTaskEvents", {{"JobId", job}, {"NextToken", "nope"}}, ErrorCode::InvalidNextToken},
      {"ListTask", {{"Limit", "0"}, {"JobId", job}}, ErrorCode::InvalidPageParams},
      {"ListTask", {{"Limit", "51"}, {"JobId", job}}, ErrorCode::InvalidPageParams},
      {"ListTask", {{"Limit", "10"}}, ErrorCode::IllegalRequest},
      {"ListTask", {{"Limit", "10"}, {"Device", R"({"iotId":null})"}}, ErrorCode::IllegalRequest},
      {"ListTask",
       {{"Limit", "10"}, {"JobId", job}, {"Device", R"({"IotId":"x"})"}},
       ErrorCode::IllegalRequest},
      {"ListTask", {{"Limit", "10"}, {"JobId", "nope"}}, ErrorCode::NotExistedJob},
      {"ListTask",
       {{"Limit", "10"}, {"Device", R"({"ProductKey":"p"})"}},
       ErrorCode::InvalidFormattedParameter},
      {"ListTask", {{"Limit", "10"}, {"Device", "[]"}}, ErrorCode::InvalidFormattedParameter},
      {"ListTask",
       {{"Limit", "10"}, {"Device", R"({"IotId":"a","iotid":"b"})"}},
       ErrorCode::InvalidFormattedParameter},
      {"ListTask",
       {{"Limit", "10"}, {"JobId", job}, {"Status", "WAITING"}},
       ErrorCode::InvalidFormattedParameter},
      {"ListTask", {{"Limit", "10"}, {"JobId", job}, {"NextToken", "nope"}}, ErrorCode::InvalidNextToken},
      {"ImportFleet", {{"Entries", "{"}}, ErrorCode::InvalidFormattedParameter},
      {"ImportAccess", {{"Entries", "{"}}, ErrorCode::InvalidFormattedParameter},
      {"ExportFleet", {{"Kind", "Device"}}, ErrorCode::InvalidFormattedParameter},
      {"ExportDevices", {{"ProductKey", "p1"}, {"Limit", "1001"}}, ErrorCode::InvalidPageParams},
  };
  for (const BadCall& row : rows) {
    FakeSurroundings s;
    const ActionAnswer answer = s.run(row.action, row.parameters);
    ASSERT_TRUE(answer.error) << row.action;
    EXPECT_EQ(answer.error->code, row.code) << row.action << ": " << public_message(*answer.error);
    EXPECT_TRUE(s.engine.requests.empty()) << row.action;
    EXPECT_EQ(s.queries.runs, 0) << row.action;
  }
}

}  // namespace
}  // namespace rollcall::api
