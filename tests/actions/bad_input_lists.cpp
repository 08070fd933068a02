// How often each list may be given (cloud-api A to C).
#include "actions/bad_input.hpp"

namespace rollcall::testing {
namespace {

using enum ErrorCode;

const Parameters kNames{{"", "device-#"}};
const Parameters kPairs{{"ProductKey", "@product"}, {"DeviceName", "device-#"}};

}  // namespace

std::span<const CountRow> count_rows() {
  static const std::vector<CountRow> kRows{
      {"BatchGetDeviceState", "DeviceName", 50, DeviceCountExceeded, NoneDeviceNameElement, kNames},
      {"BatchGetDeviceState",
       "IotId",
       50,
       DeviceCountExceeded,
       NoneDeviceNameElement,
       {{"", "@iot_id"}},
       {{"DeviceName.1", ""}}},
      {"BatchQueryDeviceDetail", "DeviceName", 100, DeviceCountExceeded, NoneDeviceNameElement, kNames},
      {"BatchCheckDeviceNames", "DeviceName", 10'000, DeviceCountExceeded, NoneDeviceNameElement, kNames},
      {"BatchCheckDeviceNames",
       "DeviceNameList",
       10'000,
       DeviceCountExceeded,
       NoneDeviceNameElement,
       {{"DeviceName", "device-#"}},
       {{"DeviceName.1", ""}}},
      {"BatchImportDevice",
       "DeviceList",
       10'000,
       DeviceCountExceeded,
       NoneDeviceNameElement,
       {{"DeviceName", "device-#"}, {"DeviceSecret", "secret"}}},
      {"BatchUpdateDeviceNickname",
       "DeviceNicknameInfo",
       100,
       DeviceCountExceeded,
       NoneDeviceNameElement,
       {{"IotId", "@iot_id"}, {"Nickname", "nick_#"}}},
      {"BatchAddDeviceGroupRelations", "Device", 200, DeviceCountExceeded, NoneDeviceNameElement, kPairs},
      {"BatchDeleteDeviceGroupRelations", "Device", 200, DeviceCountExceeded, NoneDeviceNameElement, kPairs},
      {"SetDevicesProperty", "DeviceName", 100, DeviceCountExceeded, NoneDeviceNameElement, kNames},
      {"InvokeThingsService", "DeviceName", 100, DeviceCountExceeded, NoneDeviceNameElement, kNames},
      {"BatchPub", "DeviceName", 100, DeviceCountExceeded, NoneDeviceNameElement, kNames},
      {"Pub", "UserProp", 20, kBadFormat, InternalError, {{"Key", "k#"}, {"Value", "v"}}},
      {"BatchPub", "UserProp", 20, kBadFormat, InternalError, {{"Key", "k#"}, {"Value", "v"}}},
      {"QueryDeviceByTags", "Tag", 10, kBadFormat, kBadFormat, {{"TagKey", "k#"}, {"TagValue", "v"}}},
      {"RerunJob", "TaskId", 200, kBadFormat, InternalError, {{"", "@ended_task"}}},
      {"DeleteThingModel", "PropertyIdentifier", 10, kBadFormat, kBadFormat, {{"", "p#"}}},
      {"DeleteThingModel",
       "ServiceIdentifier",
       10,
       kBadFormat,
       kBadFormat,
       {{"", "p#"}},
       {{"PropertyIdentifier.1", ""}}},
      {"DeleteThingModel",
       "EventIdentifier",
       10,
       kBadFormat,
       kBadFormat,
       {{"", "p#"}},
       {{"PropertyIdentifier.1", ""}}},
  };
  return kRows;
}

}  // namespace rollcall::testing
