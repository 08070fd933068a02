#include "actions/calls.hpp"

namespace rollcall::testing {
namespace {

Parameters of_product(const Owner& o) { return {{"ProductKey", o.product}}; }
Parameters of_device(const Owner& o) { return {{"ProductKey", o.product}, {"DeviceName", "owner-lamp"}}; }
Parameters of_devices(const Owner& o) { return {{"ProductKey", o.product}, {"DeviceName.1", "owner-lamp"}}; }
Parameters of_iot_id(const Owner& o) { return {{"IotId", o.iot_id}}; }
Parameters of_job(const Owner& o) { return {{"JobId", o.job}}; }
Parameters of_task(const Owner& o) { return {{"TaskId", o.task}}; }
Parameters of_page(const Owner&) { return {{"PageSize", "50"}, {"CurrentPage", "1"}}; }
Parameters of_apply(const Owner& o) { return {{"ProductKey", o.product}, {"ApplyId", o.apply}}; }
Parameters of_group(const Owner& o) { return {{"GroupId", o.group}}; }
Parameters nothing(const Owner&) { return {}; }

// The parameters of one thing and what an action wants beside them.
template <auto kBase>
Parameters with(const Owner& o, Parameters more) {
  Parameters all = kBase(o);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}
Parameters member(const Owner& o) {
  return with<of_group>(o, {{"Device.1.ProductKey", o.product}, {"Device.1.DeviceName", "owner-lamp"}});
}
constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";
constexpr const char* kProperty =
    R"({"properties":[{"identifier":"power","name":"power","rwFlag":"READ_WRITE","required":false,
    "dataType":"BOOL","dataSpecsList":[{"dataType":"BOOL","name":"off","value":"0"},
    {"dataType":"BOOL","name":"on","value":"1"}]}]})";
constexpr const char* kNewProperty =
    R"({"properties":[{"identifier":"night","name":"night","rwFlag":"READ_WRITE","required":false,
    "dataType":"BOOL","dataSpecsList":[{"dataType":"BOOL","name":"off","value":"0"},
    {"dataType":"BOOL","name":"on","value":"1"}]}]})";
}  // namespace

const std::multimap<std::string, Case>& action_calls() {
  using enum Elsewhere;
  static const std::multimap<std::string, Case> kCases{
      {"BatchPub",
       {Refused,
        [](const Owner& o) {
          return with<of_devices>(o, {{"TopicShortName", "get"}, {"MessageContent", "aGVsbG8="}});
        }}},
      {"InvokeThingService",
       {Refused,
        [](const Owner& o) {
          return with<of_device>(o, {{"Identifier", "blink"}, {"Args", "{}"}});
        }}},
      {"InvokeThingService",
       {Refused,
        [](const Owner& o) {
          return with<of_iot_id>(o, {{"Identifier", "blink"}, {"Args", "{}"}});
        }}},
      {"InvokeThingsService",
       {Refused,
        [](const Owner& o) {
          return with<of_devices>(o, {{"Identifier", "blink"}, {"Args", "{}"}});
        }}},
      {"Pub",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(o, {{"TopicFullName", "/" + o.product + "/owner-lamp/user/get"},
                                      {"MessageContent", "aGVsbG8="}});
        }}},
      {"RRpc",
       {Refused,
        [](const Owner& o) {
          return with<of_device>(o, {{"RequestBase64Byte", "cGluZw=="}, {"Timeout", "1000"}});
        }}},
      {"SetDeviceProperty",
       {Refused,
        [](const Owner& o) {
          return with<of_device>(o, {{"Items", R"({"power":1})"}});
        }}},
      {"SetDeviceProperty",
       {Refused,
        [](const Owner& o) {
          return with<of_iot_id>(o, {{"Items", R"({"power":1})"}});
        }}},
      {"SetDevicesProperty",
       {Refused,
        [](const Owner& o) {
          return with<of_devices>(o, {{"Items", R"({"power":1})"}});
        }}},
      {"QueryDevicePropertyStatus", {Refused, of_device}},
      {"QueryDevicePropertyStatus", {Refused, of_iot_id}},
      {"BatchDeleteDeviceGroupRelations", {Refused, member}},
      {"BatchQueryDeviceDetail", {Refused, of_devices}},
      {"CancelReleaseProduct", {Refused, of_product}},
      {"DeleteDeviceGroup", {Refused, of_group}},
      {"DeleteProduct",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"ProductKey", o.empty_product}};
        }}},
      {"GetThingModelTslPublished", {Refused, of_product}},
      {"QueryBatchRegisterDeviceStatus", {Refused, of_apply}},
      {"QueryDevice", {Refused, of_product}},
      {"QueryDeviceGroupByDevice", {Refused, of_device}},
      {"QueryDeviceGroupInfo", {Refused, of_group}},
      {"QueryDeviceGroupList", {Own, of_page}},
      {"QueryDeviceListByDeviceGroup", {Refused, of_group}},
      {"QueryDeviceProp", {Refused, of_device}},
      {"QueryDeviceProp", {Refused, of_iot_id}},
      {"QueryDeviceStatistics", {Own, nothing}},
      {"QueryDeviceStatistics", {Refused, of_product}},
      {"QueryDeviceStatistics", {Refused, of_group}},
      {"QueryProductTopic", {Refused, of_product}},
      {"QueryThingModel", {Refused, of_product}},
      {"QueryThingModelPublished", {Refused, of_product}},
      {"ReleaseProduct", {Refused, of_product}},
      {"ResetThing", {Refused, of_device}},
      {"BatchImportDevice",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(
              o, {{"DeviceList.1.DeviceName", "owner-new"}, {"DeviceList.1.DeviceSecret", kSecret}});
        }}},
      {"BatchRegisterDevice",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(o, {{"Count", "1"}});
        }}},
      {"CreateProductTopic",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(o, {{"TopicShortName", "more"}, {"Operation", "PUB"}});
        }}},
      {"CreateThingModel",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(o, {{"ThingModelJson", kNewProperty}});
        }}},
      {"DeleteDeviceProp",
       {Refused,
        [](const Owner& o) {
          return with<of_device>(o, {{"PropKey", "owner"}});
        }}},
      {"DeleteThingModel",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(o, {{"PropertyIdentifier.1", "power"}});
        }}},
      {"ImportDevice",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(o, {{"DeviceName", "owner-new"}, {"DeviceSecret", kSecret}});
        }}},
      {"QueryDeviceByStatus",
       {Own,
        [](const Owner& o) {
          return with<nothing>(o, {{"Status", "0"}});
        }}},
      {"QueryDeviceByStatus",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(o, {{"Status", "0"}});
        }}},
      {"QueryDeviceByTags",
       {Own,
        [](const Owner& o) {
          return with<nothing>(o, {{"Tag.1.TagKey", "owner"}, {"Tag.1.TagValue", "owner-red"}});
        }}},
      {"QueryDeviceGroupList",
       {Refused,
        [](const Owner& o) {
          return with<of_page>(o, {{"SuperGroupId", o.group}});
        }}},
      {"ListDeviceLogs", {Refused, [](const Owner& o) { return with<of_device>(o, {}); }}},
      {"SaveDeviceProp",
       {Refused,
        [](const Owner& o) {
          return with<of_device>(o, {{"Props", R"({"mine":"1"})"}});
        }}},
      {"UpdateDeviceGroup",
       {Refused,
        [](const Owner& o) {
          return with<of_group>(o, {{"GroupDesc", "changed"}});
        }}},
      {"UpdateProduct",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(o, {{"ProductName", "changed"}});
        }}},
      {"DeleteProductTopic",
       {Refused,
        [](const Owner& o) {
          return with<nothing>(o, {{"TopicId", o.topic}});
        }}},
      {"UpdateProductTopic",
       {Refused,
        [](const Owner& o) {
          return with<nothing>(o,
                               {{"TopicId", o.topic}, {"TopicShortName", "changed"}, {"Operation", "PUB"}});
        }}},
      {"UpdateThingModel",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(o, {{"Identifier", "power"}, {"ThingModelJson", kProperty}});
        }}},
      {"BatchUpdateDeviceNickname",
       {Refused,
        [](const Owner& o) {
          return with<nothing>(
              o, {{"DeviceNicknameInfo.1.IotId", o.iot_id}, {"DeviceNicknameInfo.1.Nickname", "changed"}});
        }}},
      {"BatchAddDeviceGroupRelations", {Refused, member}},
      {"BatchCheckDeviceNames",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"ProductKey", o.product}, {"DeviceName.1", "owner-b2"}};
        }}},
      {"BatchGetDeviceState", {Own, of_devices}},
      {"BatchRegisterDeviceWithApplyId",
       {Refused,
        [](const Owner& o) {
          return with<of_product>(o, {{"ApplyId", o.checked}});
        }}},
      {"CancelJob", {Refused, of_job}},
      {"ChangeAccess",
       {Administrator,
        [](const Owner&) -> Parameters {
          return {{"Operation", "CreateAccount"}, {"Account", "second"}, {"Instance", "iot-second"}};
        }}},
      {"CreateDeviceGroup",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"GroupName", "child"}, {"SuperGroupId", o.group}};
        }}},
      {"CreateDeviceGroup",
       {Own,
        [](const Owner&) -> Parameters {
          return {{"GroupName", "mine"}};
        }}},
      {"CreateJob", {Refused, [](const Owner& o) { return o.job_parameters("owner-lamp"); }}},
      {"CreateJob",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"JobName", "another"},
                  {"Type", "CUSTOM_JOB"},
                  {"JobDocument", "{}"},
                  {"TargetConfig", R"({"targetType":"PRODUCT_KEY","targetProduct":")" + o.product + "\"}"}};
        }}},
      {"CreateProduct",
       {Own,
        [](const Owner&) -> Parameters {
          return {{"ProductName", "mine"}, {"NodeType", "0"}};
        }}},
      {"DeleteDevice", {Refused, of_device}},
      {"DeleteDevice", {Refused, of_iot_id}},
      {"DeleteJob", {Refused, of_job}},
      {"DisableThing", {Refused, of_device}},
      {"DisableThing", {Refused, of_iot_id}},
      {"EnableThing", {Refused, of_device}},
      {"ExplainTask", {Refused, of_task}},
      {"ExportDevices", {Refused, of_product}},
      {"ExportFleet",
       {Own,
        [](const Owner&) -> Parameters {
          return {{"Kind", "product"}};
        }}},
      {"ExportFleet",
       {Own,
        [](const Owner&) -> Parameters {
          return {{"Kind", "group"}};
        }}},
      {"ExportFleet",
       {Own,
        [](const Owner&) -> Parameters {
          return {{"Kind", "device"}};
        }}},
      {"GetDeviceStatus", {Refused, of_device}},
      {"GetDeviceStatus", {Refused, of_iot_id}},
      {"GetThingModelTsl", {Refused, of_product}},
      {"ImportAccess",
       {Administrator,
        [](const Owner&) -> Parameters {
          return {{"Entries", R"({"users":[{"Name":"ops","Account":"default","Policy":"iot:Query*"}]})"}};
        }}},
      {"ImportFleet",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"Entries", R"({"devices":[{"ProductKey":")" + o.product +
                                  R"(","DeviceName":"owner-new","DeviceSecret":")" + kSecret + "\"}]}"}};
        }}},
      {"ImportThingModelTsl",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"ProductKey", o.product}, {"TslStr", kTsl}};
        }}},
      {"ListAccess", {Administrator, nothing}},
      {"ListJob", {Own, of_page}},
      {"ListTask",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"JobId", o.job}, {"Limit", "10"}};
        }}},
      {"ListTask",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"Device", R"({"iotId":")" + o.iot_id + "\"}"}, {"Limit", "10"}};
        }}},
      {"ListTaskEvents", {Refused, of_task}},
      {"ListTaskEvents", {Refused, of_job}},
      {"PauseJob", {Refused, of_job}},
      {"PublishThingModel", {Refused, of_product}},
      {"QueryDeviceDetail", {Refused, of_device}},
      {"QueryDeviceDetail", {Refused, of_iot_id}},
      {"QueryJob", {Refused, of_job}},
      {"QueryJobStatistics", {Refused, of_job}},
      {"QueryPageByApplyId",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"ApplyId", o.apply}};
        }}},
      {"QueryProduct", {Refused, of_product}},
      {"QueryProductList", {Own, of_page}},
      {"QueryTask", {Refused, of_task}},
      {"RegisterDevice",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"ProductKey", o.product}, {"DeviceName", "owner-new"}};
        }}},
      {"RerunJob",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"JobId", o.ended_job}};
        }}},
      {"ResumeJob", {Refused, of_job}},
      {"UpdateJob",
       {Refused,
        [](const Owner& o) -> Parameters {
          return {{"JobId", o.job}, {"Description", "changed"}};
        }}},
  };
  return kCases;
}

}  // namespace rollcall::testing
