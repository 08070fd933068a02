// Parameters with which the actions about lists, groups, tags and topic classes succeed, for the tests that
// run every action. Thread: the test's.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/effects.hpp"

namespace rollcall::api {

// Parameters with which an action succeeds, and the outcome that its command is given.
struct GoodCall {
  const char* action;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::optional<engine::Outcome> outcome;  // absent: the action is a query
};

inline std::vector<GoodCall> good_listing_calls(const std::string& group) {
  return {
      {"BatchRegisterDevice", {{"ProductKey", "p1"}, {"Count", "10000"}}, engine::ApplyMade{}},
      {"QueryBatchRegisterDeviceStatus", {{"ProductKey", "p1"}, {"ApplyId", "5"}}, {}},
      {"QueryDevice", {{"ProductKey", "p1"}, {"PageSize", "50"}}, {}},
      {"QueryDeviceByStatus", {{"Status", "8"}}, {}},
      {"QueryDeviceStatistics", {}, {}},
      {"BatchQueryDeviceDetail", {{"ProductKey", "p1"}, {"DeviceName.1", "d"}}, engine::DevicesFound{}},
      {"BatchUpdateDeviceNickname", {{"DeviceNicknameInfo.1.IotId", "x"}}, engine::Done{}},
      {"ImportDevice",
       {{"ProductKey", "p1"}, {"DeviceName", "lamp-1"}, {"DeviceSecret", "s"}},
       engine::DeviceMade{}},
      {"BatchImportDevice",
       {{"ProductKey", "p1"}, {"DeviceList.1.DeviceName", "lamp-1"}, {"DeviceList.1.DeviceSecret", "s"}},
       engine::ApplyMade{}},
      {"UpdateDeviceGroup", {{"GroupId", group}, {"GroupDesc", ""}}, engine::Done{}},
      {"DeleteDeviceGroup", {{"GroupId", group}}, engine::Done{}},
      {"QueryDeviceGroupInfo", {{"GroupId", group}, {"GroupType", "LINK_PLATFORM"}}, {}},
      {"QueryDeviceGroupList", {{"PageSize", "200"}, {"GroupTypes.1", "LINK_PLATFORM"}}, {}},
      {"BatchDeleteDeviceGroupRelations",
       {{"GroupId", group}, {"Device.1.ProductKey", "p1"}, {"Device.1.DeviceName", "d"}},
       engine::GroupDevicesRemoved{}},
      {"QueryDeviceListByDeviceGroup", {{"GroupId", group}}, {}},
      {"QueryDeviceGroupByDevice", {{"ProductKey", "p1"}, {"DeviceName", "d"}}, {}},
      {"SaveDeviceProp", {{"IotId", "x"}, {"Props", R"({"room":"101","floor":2})"}}, engine::Done{}},
      {"QueryDeviceProp", {{"IotId", "x"}}, {}},
      {"ListDeviceLogs",
       {{"IotId", "x"}, {"Limit", "1"}},
       engine::DevicesFound{{engine::DevicesFound::Found{}}}},
      {"DeleteDeviceProp", {{"IotId", "x"}, {"PropKey", "room"}}, engine::Done{}},
      {"QueryDeviceByTags", {{"Tag.1.TagKey", "room"}}, {}},
      {"CreateProductTopic",
       {{"ProductKey", "p1"}, {"TopicShortName", "a/b"}, {"Operation", "ALL"}},
       engine::TopicMade{}},
      {"QueryProductTopic", {{"ProductKey", "p1"}}, {}},
      {"UpdateProductTopic",
       {{"TopicId", "5"}, {"TopicShortName", "+/#"}, {"Operation", "SUB"}},
       engine::Done{}},
      {"DeleteProductTopic", {{"TopicId", "5"}}, engine::Done{}},
  };
}

}  // namespace rollcall::api
