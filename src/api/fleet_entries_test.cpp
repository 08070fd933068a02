#include "api/fleet_entries.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rollcall::api {
namespace {

using namespace std::string_literals;

const IdCodec codec{IdCodec::Key{1, 2, 3}};

TEST(FleetEntries, ReadsProductsDevicesAndGroupsWithTheirIdentities) {
  const auto fleet = read_fleet_entries(R"({
    "products":[{"ProductKey":"a1bCdEf","ProductSecret":"ps","ProductName":"lamp","NodeType":1,
                 "DataFormat":0,"NetType":"CELLULAR",
                 "ValidateType":2,"Description":"d","Tsl":"{}"},
                {"ProductKey":"plain"}],
    "devices":[{"ProductKey":"a1bCdEf","DeviceName":"lamp-1","DeviceSecret":"s1",
                 "IotId":"OPx00101","Nickname":"front"},
               {"ProductKey":"a1bCdEf","DeviceName":"lamp-2","DeviceSecret":"s2","IotId":null}],
    "groups":[{"GroupId":"rY201","GroupName":"night","GroupDesc":"g",
                 "Devices":[{"ProductKey":"a1bCdEf","DeviceName":"lamp-1"}]}]})",
                                        codec);
  ASSERT_TRUE(fleet) << fleet.error().message;
  ASSERT_EQ(fleet->products.size(), 2u);
  const auto& lamp = fleet->products[0];
  EXPECT_EQ(lamp.key, "a1bCdEf");
  EXPECT_EQ(lamp.secret->reveal(), "ps");
  EXPECT_EQ(lamp.name, "lamp");
  EXPECT_EQ(lamp.node_type, 1);
  EXPECT_EQ(lamp.data_format, 0);
  EXPECT_EQ(lamp.net_type, 6);
  EXPECT_EQ(lamp.validate_type, 2);
  EXPECT_EQ(lamp.tsl, "{}");
  EXPECT_FALSE(fleet->products[1].name || fleet->products[1].has_thing_model || fleet->products[1].topics)
      << "what is not given is not changed";
  ASSERT_EQ(fleet->devices.size(), 2u);
  EXPECT_EQ(fleet->devices[0].product_key, "a1bCdEf");
  EXPECT_EQ(fleet->devices[0].device.name, "lamp-1");
  EXPECT_EQ(fleet->devices[0].device.secret.reveal(), "s1");
  EXPECT_EQ(fleet->devices[0].device.foreign_iot_id, "OPx00101");
  EXPECT_EQ(fleet->devices[0].device.nickname, "front");
  EXPECT_EQ(fleet->devices[1].device.foreign_iot_id, "");
  ASSERT_EQ(fleet->groups.size(), 1u);
  EXPECT_EQ(fleet->groups[0].code, "rY201");
  EXPECT_EQ(fleet->groups[0].name, "night");
  ASSERT_EQ(fleet->groups[0].devices.size(), 1u);
  EXPECT_EQ(fleet->groups[0].devices[0].device_name, "lamp-1");
  EXPECT_FALSE(fleet->dry_run);
}

TEST(FleetEntries, TakesAnEmptyFleet) {
  const auto fleet = read_fleet_entries(R"({"devices":null})", codec);
  ASSERT_TRUE(fleet);
  EXPECT_TRUE(fleet->products.empty() && fleet->devices.empty() && fleet->groups.empty());
}

TEST(FleetEntries, NamesThePlaceOfWhatIsWrong) {
  struct Bad {
    const char* text;
    ErrorCode code;
    const char* names;
  };
  const Bad rows[] = {
      {"no", ErrorCode::InvalidFormattedParameter, "Entries"},
      {"[]", ErrorCode::InvalidFormattedParameter, "Entries"},
      {R"({"Devices":[]})", ErrorCode::InvalidFormattedParameter, "Entries.Devices"},
      {R"({"devices":{}})", ErrorCode::InvalidFormattedParameter, "devices"},
      {R"({"devices":[5]})", ErrorCode::InvalidFormattedParameter, "devices[0]"},
      {R"({"devices":[{"ProductKey":"p","DeviceSecret":"s"}]})", ErrorCode::InvalidFormattedParameter,
       "devices[0].DeviceName"},
      {R"({"devices":[{"ProductKey":"p","DeviceName":"lamp-1"}]})", ErrorCode::InvalidFormattedParameter,
       "devices[0].DeviceSecret"},
      {R"({"devices":[{"ProductKey":"p","DeviceName":"a b c d","DeviceSecret":"s"}]})",
       ErrorCode::InvalidFormattedDeviceName, "devices[0].DeviceName"},
      {R"({"devices":[{"ProductKey":"p/q","DeviceName":"lamp-1","DeviceSecret":"s"}]})",
       ErrorCode::InvalidFormattedProductKey, "devices[0].ProductKey"},
      {R"({"devices":[{"ProductKey":"p","DeviceName":"lamp-1","DeviceSecret":"s","IotId":"a b"}]})",
       ErrorCode::InvalidIotId, "devices[0].IotId"},
      {R"({"devices":[{"ProductKey":"p","DeviceName":"lamp-1","DeviceSecret":7}]})",
       ErrorCode::InvalidFormattedParameter, "devices[0].DeviceSecret"},
      {R"({"devices":[{"ProductKey":"p","DeviceName":"lamp-1","deviceSecret":"s"}]})",
       ErrorCode::InvalidFormattedParameter, "devices[0].deviceSecret"},
      {R"({"products":[{"ProductKey":"p","ProductName":"lamp","NodeType":2}]})",
       ErrorCode::InvalidFormattedParameter, "products[0].NodeType"},
      {R"({"products":[{"ProductKey":"p","ProductName":"a/"}]})", ErrorCode::InvalidFormattedProductName,
       "products[0].ProductName"},
      {R"({"products":[{"ProductKey":"p","ProductName":"lamp","NetType":"5G"}]})",
       ErrorCode::InvalidFormattedParameter, "products[0].NetType"},
      {R"({"products":[{"ProductKey":"p","ProductName":"lamp","AliyunCommodityCode":"x"}]})",
       ErrorCode::InvalidAliyunCommodityCode, "products[0].AliyunCommodityCode"},
      {R"({"groups":[{"GroupId":"g","GroupName":"night","Devices":[{"ProductKey":"p"}]}]})",
       ErrorCode::InvalidFormattedParameter, "groups[0].Devices[0].DeviceName"},
      {R"({"groups":[{"GroupName":"night"}]})", ErrorCode::InvalidFormattedParameter, "groups[0].GroupId"},
  };
  for (const Bad& row : rows) {
    const auto fleet = read_fleet_entries(row.text, codec);
    ASSERT_FALSE(fleet) << row.text;
    EXPECT_EQ(fleet.error().code, row.code) << row.text << ": " << fleet.error().message;
    EXPECT_NE(public_message(fleet.error()).find(row.names), std::string::npos) << fleet.error().message;
  }
}

TEST(FleetEntries, ReadsTopicsTagsGroupsAndSwitches) {
  const auto fleet = read_fleet_entries(R"({
    "products":[{"ProductKey":"p","Released":true,"Id2":false,
                 "Topics":[{"Name":"user/get","Operation":1,"Description":"d"}]}],
    "groups":[{"GroupId":"g2","SuperGroupId":"g1"}],
    "devices":[{"ProductKey":"p","DeviceName":"lamp-1","DeviceSecret":"s","Serial":"sn_1","Enabled":false,
                "Tags":{"room":"101"},"Groups":["g1","g2"]}]})",
                                        codec);
  ASSERT_TRUE(fleet) << public_message(fleet.error());
  EXPECT_EQ(fleet->products[0].released, true);
  EXPECT_EQ(fleet->products[0].id2, false);
  ASSERT_EQ(fleet->products[0].topics->size(), 1u);
  EXPECT_EQ(fleet->products[0].topics->front().operation, TopicOperation::Subscribe);
  EXPECT_EQ(fleet->groups[0].parent_code, "g1");
  EXPECT_FALSE(fleet->groups[0].name);
  EXPECT_FALSE(fleet->devices[0].device.enabled);
  EXPECT_EQ(fleet->devices[0].device.serial, "sn_1");
  EXPECT_EQ(fleet->devices[0].tags, (std::vector<DeviceTag>{{"room", "101"}}));
  EXPECT_EQ(fleet->devices[0].groups, (std::vector<std::string>{"g1", "g2"}));
}

TEST(FleetEntries, ReadsWhatTasksAreCalledElsewhere) {
  const std::string ours = codec.task_code({JobId{3}, 7});
  const auto fleet =
      read_fleet_entries(R"({"tasks":[{"TaskId":")" + ours + R"(","ForeignTaskId":"Ab9"}]})", codec);
  ASSERT_TRUE(fleet) << public_message(fleet.error());
  EXPECT_EQ(fleet->tasks[0].key, (TaskKey{JobId{3}, 7}));
  EXPECT_EQ(fleet->tasks[0].foreign_id, "Ab9");
  for (const std::string& bad :
       {R"({"TaskId":"Ab9","ForeignTaskId":"x"})"s, R"({"TaskId":")" + ours + R"("})",
        R"({"TaskId":")" + ours + R"(","ForeignTaskId":")" + ours + "\"}",
        R"({"TaskId":")" + ours + R"(","ForeignTaskId":"a b"})"})
    EXPECT_FALSE(read_fleet_entries(R"({"tasks":[)" + bad + "]}", codec)) << bad;
}

TEST(FleetEntries, ADryRunLeavesOutWhatIsWrongAndTellsOfIt) {
  const auto fleet = read_fleet_entries(
      R"({"devices":[{"ProductKey":"p"},{"ProductKey":"p","DeviceName":"lamp-1","DeviceSecret":"s"},7],)"
      R"("knownProducts":["p"]})",
      codec, true);
  ASSERT_TRUE(fleet) << public_message(fleet.error());
  ASSERT_EQ(fleet->devices.size(), 1u);
  EXPECT_EQ(fleet->devices[0].place, "devices[1]");
  EXPECT_EQ(fleet->refused.devices.refused, 2);
  ASSERT_EQ(fleet->refused.refusals.size(), 2u);
  EXPECT_EQ(fleet->refused.refusals[1].place, "devices[2]");
  EXPECT_EQ(fleet->known_products, std::vector<std::string>{"p"});
}

TEST(FleetEntries, RefusesMoreThanAChunk) {
  std::string text = R"({"devices":[)";
  for (int i = 0; i <= 2000; ++i) text += (i > 0 ? ",{" : "{") + std::string("}");
  const auto fleet = read_fleet_entries(text + "]}", codec);
  ASSERT_FALSE(fleet);
  EXPECT_EQ(fleet.error().code, ErrorCode::DeviceCountExceeded);
}

TEST(FleetEntries, TakesAnEmptyGroupNameForNone) {
  const auto fleet =
      read_fleet_entries(R"({"groups":[{"GroupId":"g1","GroupName":""},{"GroupId":"g2","GroupName":"0"}]})",
                         IdCodec(IdCodec::Key{}), false);
  ASSERT_TRUE(fleet);
  ASSERT_EQ(fleet->groups.size(), 2u);
  EXPECT_FALSE(fleet->groups[0].name);
  EXPECT_EQ(fleet->groups[1].name, "0");
}

}  // namespace
}  // namespace rollcall::api
