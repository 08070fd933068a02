// Failures of the actions on accounts, products, devices, groups, thing models and direct calls.
#include <utility>

#include "actions/errors.hpp"
#include "actions/owner.hpp"
#include "base/limits.hpp"

namespace rollcall::testing {
namespace {

std::string code(Owner& o, const char* action, Parameters parameters) {
  const ActionAnswer answer = o.call(kOwnerSelf, action, std::move(parameters));
  return answer.error ? api_code(*answer.error) : std::string();
}

Parameters of_device(const Owner& o, const char* name, Parameters more = {}) {
  Parameters all{{"ProductKey", o.product}, {"DeviceName", name}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}
Parameters of_topic(const Owner& o, const char* name) {
  return {{"ProductKey", o.product}, {"TopicShortName", name}, {"Operation", "PUB"}};
}

// Repeats what makes one more until it is refused.
template <class Make>
std::string until_refused(Make make) {
  Owner o;
  for (int i = 0; i < 2'000; ++i)
    if (std::string refused = make(o, "more" + std::to_string(i)); !refused.empty()) return refused;
  return "";
}

// The spare device is there and has subscribed to nothing.
std::string to_deaf_device(const char* action, Parameters more) {
  Owner o;
  const std::string iot_id = Owner::text(o.must("QueryDeviceDetail", of_device(o, "owner-spare")), "IotId");
  o.world.connect(o.codec.device_id(iot_id).value(), false);
  return code(o, action, of_device(o, "owner-spare", std::move(more)));
}

std::string disabled() {
  Owner o;
  o.must("DisableThing", of_device(o, "owner-spare"));
  return code(o, "SetDeviceProperty", of_device(o, "owner-spare", {{"Items", R"({"power":1})"}}));
}
std::string offline() {
  Owner o;
  return code(o, "SetDeviceProperty", of_device(o, "owner-spare", {{"Items", R"({"power":1})"}}));
}
std::string silent() {
  Owner o;
  o.ports.devices_answer = false;
  return code(o, "RRpc",
              of_device(o, "owner-lamp", {{"RequestBase64Byte", "cGluZw=="}, {"Timeout", "1000"}}));
}
std::string no_room() {
  Owner o;
  o.world.room = 0;
  return code(o, "SetDeviceProperty", of_device(o, "owner-lamp", {{"Items", R"({"power":1})"}}));
}
std::string too_many_tags() {
  Owner o;
  std::string props = "{";
  for (size_t i = 0; i <= limits::kTagsPerDeviceMax; ++i)
    props += (i > 0 ? ",\"t" : "\"t") + std::to_string(i) + "\":\"1\"";
  return code(o, "SaveDeviceProp", of_device(o, "owner-lamp", {{"Props", props + "}"}}));
}
std::string too_many_devices() {
  Owner o;
  Parameters all;
  for (size_t i = 1; i <= limits::kDevicesPerStateCallMax + 1; ++i)
    all.emplace_back("IotId." + std::to_string(i), o.iot_id);
  return code(o, "BatchGetDeviceState", all);
}
std::string released() {
  Owner o;
  o.must("ReleaseProduct", {{"ProductKey", o.product}});
  return code(o, "ImportThingModelTsl", {{"ProductKey", o.product}, {"TslStr", kTsl}});
}
std::string subgroups() {
  Owner o;
  o.must("CreateDeviceGroup", {{"GroupName", "below"}, {"SuperGroupId", o.group}});
  return code(o, "DeleteDeviceGroup", {{"GroupId", o.group}});
}

// One call on a fresh owner's rows.
template <auto kMake>
std::string one() {
  Owner o;
  const auto [action, parameters] = kMake(o);
  return code(o, action, parameters);
}
using Call = std::pair<const char*, Parameters>;

Parameters new_product(const char* field, std::string value) {
  Parameters all{{"ProductName", "another"}, {"NodeType", "0"}};
  for (auto& [name, old] : all)
    if (name == field) {
      old = std::move(value);
      return all;
    }
  all.emplace_back(field, std::move(value));
  return all;
}

}  // namespace

const std::map<ErrorCode, ProduceError>& fleet_errors() {
  using enum ErrorCode;
  static const std::map<ErrorCode, ProduceError> kErrors{
      {NotExistedAccess, one<[](Owner&) -> Call {
         return {"ChangeAccess", {{"Operation", "DeleteKey"}, {"KeyId", "nobody"}}};
       }>},
      {AlreadyExistedAccess, one<[](Owner&) -> Call {
         return {"ChangeAccess",
                 {{"Operation", "CreateAccount"}, {"Account", "default"}, {"Instance", "iot-new"}}};
       }>},
      {LastAdministratorKey, one<[](Owner&) -> Call {
         return {"ChangeAccess", {{"Operation", "DeleteKey"}, {"KeyId", "owner-key"}}};
       }>},
      {AccessCountExceedMax,
       [] {
         return until_refused([](Owner& o, const std::string& name) {
           return code(o, "ChangeAccess", {{"Operation", "CreateKey"}, {"KeyId", name}});
         });
       }},
      {IllegalRequest, one<[](Owner&) -> Call {
         return {"BatchGetDeviceState", {{"DeviceName.1", "owner-lamp"}}};
       }>},
      {InvalidPageParams, one<[](Owner&) -> Call {
         return {"QueryProductList", {{"PageSize", "0"}, {"CurrentPage", "1"}}};
       }>},
      {NotExistedProduct, one<[](Owner&) -> Call {
         return {"QueryProduct", {{"ProductKey", "a1234567890"}}};
       }>},
      {InvalidFormattedProductKey, one<[](Owner&) -> Call {
         return {"QueryProduct", {{"ProductKey", "a b"}}};
       }>},
      {InvalidFormattedProductName, one<[](Owner&) -> Call {
         return {"CreateProduct", new_product("ProductName", "x")};
       }>},
      {InvalidNodeType, one<[](Owner&) -> Call {
         return {"CreateProduct", new_product("NodeType", "7")};
       }>},
      {InvalidAliyunCommodityCode, one<[](Owner&) -> Call {
         return {"CreateProduct", new_product("AliyunCommodityCode", "else")};
       }>},
      {AlreadyExistedProductName, one<[](Owner&) -> Call {
         return {"CreateProduct", new_product("ProductName", "owner_product")};
       }>},
      {LongProductDesc, one<[](Owner&) -> Call {
         return {"CreateProduct", new_product("Description", std::string(101, 'x'))};
       }>},
      {ProductCountExceedMax,
       [] {
         return until_refused([](Owner& o, const std::string& name) {
           return code(o, "CreateProduct", new_product("ProductName", name));
         });
       }},
      {NotExistedTopic, one<[](Owner&) -> Call {
         return {"DeleteProductTopic", {{"TopicId", "99999"}}};
       }>},
      {InvalidFormattedTopicName, one<[](Owner& o) -> Call {
         return {"CreateProductTopic", of_topic(o, "a b")};
       }>},
      {AlreadyExistedTopic, one<[](Owner& o) -> Call {
         return {"CreateProductTopic", of_topic(o, "owner")};
       }>},
      {TopicCountExceedMax,
       [] {
         return until_refused([](Owner& o, const std::string& name) {
           return code(o, "CreateProductTopic", of_topic(o, name.c_str()));
         });
       }},
      {NotSeniorProduct, one<[](Owner& o) -> Call {
         return {"ImportThingModelTsl", {{"ProductKey", o.empty_product}, {"TslStr", kTsl}}};
       }>},
      {InvalidProductStatus, released},
      {ProductHasDevices, one<[](Owner& o) -> Call {
         return {"DeleteProduct", {{"ProductKey", o.product}}};
       }>},
      {NotExistedDevice, one<[](Owner& o) -> Call {
         return {"QueryDeviceDetail", of_device(o, "nobody-here")};
       }>},
      {AlreadyExistedDeviceName, one<[](Owner& o) -> Call {
         return {"RegisterDevice", of_device(o, "owner-lamp")};
       }>},
      {InvalidFormattedDeviceName, one<[](Owner& o) -> Call {
         return {"RegisterDevice", of_device(o, "x y")};
       }>},
      {NullDeviceName, one<[](Owner& o) -> Call {
         return {"QueryDeviceDetail", {{"ProductKey", o.product}}};
       }>},
      {NoneDeviceNameElement, one<[](Owner&) -> Call {
         return {"BatchGetDeviceState", {}};
       }>},
      {InvalidIotId, one<[](Owner&) -> Call {
         return {"QueryDeviceDetail", {{"IotId", "a b"}}};
       }>},
      {DeviceCountExceeded, too_many_devices},
      {InvalidFormattedApplyId, one<[](Owner&) -> Call {
         return {"QueryPageByApplyId", {{"ApplyId", "x"}}};
       }>},
      {DeviceApplyNotFound, one<[](Owner&) -> Call {
         return {"QueryPageByApplyId", {{"ApplyId", "999"}}};
       }>},
      {IncorrectDeviceApply, one<[](Owner& o) -> Call {
         return {"BatchRegisterDeviceWithApplyId", {{"ProductKey", o.product}, {"ApplyId", o.apply}}};
       }>},
      {TooManyTags, too_many_tags},
      {DeviceDisabled, disabled},
      {SetDevicePropertyFailed,
       [] {
         return to_deaf_device("SetDeviceProperty", {{"Items", R"({"power":1})"}});
       }},
      {InvokeThingServiceFailed,
       [] {
         return to_deaf_device("InvokeThingService", {{"Identifier", "blink"}, {"Args", "{}"}});
       }},
      {DeviceOffline, offline},
      {DeviceTimeout, silent},
      {MessageRateLimit, no_room},
      {NullTopicName, one<[](Owner& o) -> Call {
         return {"BatchPub",
                 {{"ProductKey", o.product}, {"DeviceName.1", "owner-lamp"}, {"MessageContent", "aGk="}}};
       }>},
      {MessageContentNotBase64, one<[](Owner& o) -> Call {
         return {"Pub",
                 {{"ProductKey", o.product},
                  {"TopicFullName", "/" + o.product + "/owner-lamp/user/get"},
                  {"MessageContent", "%%%"}}};
       }>},
      {PublishMessageFailed,
       [] {
         Owner o;
         const std::string iot_id =
             Owner::text(o.must("QueryDeviceDetail", of_device(o, "owner-spare")), "IotId");
         o.world.connect(o.codec.device_id(iot_id).value(), false);
         return code(o, "Pub",
                     {{"ProductKey", o.product},
                      {"TopicFullName", "/" + o.product + "/owner-spare/user/get"},
                      {"MessageContent", "aGk="},
                      {"Qos", "1"}});
       }},
      {RrpcFailed,
       [] {
         return to_deaf_device("RRpc", {{"RequestBase64Byte", "aGk="}, {"Timeout", "1000"}});
       }},
      {InvalidTimeoutValue, one<[](Owner& o) -> Call {
         return {"RRpc", of_device(o, "owner-lamp", {{"RequestBase64Byte", "aGk="}, {"Timeout", "1"}})};
       }>},
      {NotExistedGroup, one<[](Owner&) -> Call {
         return {"QueryDeviceGroupInfo", {{"GroupId", "none"}}};
       }>},
      {AlreadyExistedGroupName, one<[](Owner&) -> Call {
         return {"CreateDeviceGroup", {{"GroupName", "owner_group"}}};
       }>},
      {GroupCountExceedMax,
       [] {
         return until_refused([](Owner& o, const std::string& name) {
           return code(o, "CreateDeviceGroup", {{"GroupName", name}});
         });
       }},
      {GroupHasSubgroups, subgroups},
      {InvalidThingModel, one<[](Owner& o) -> Call {
         return {"ImportThingModelTsl",
                 {{"ProductKey", o.product}, {"TslStr", R"({"properties":[{"identifier":"1 2"}]})"}}};
       }>},
      {NotExistedThingModel, one<[](Owner& o) -> Call {
         return {"GetThingModelTsl", {{"ProductKey", o.product}, {"ModelVersion", "v9"}}};
       }>},
  };
  return kErrors;
}

}  // namespace rollcall::testing
