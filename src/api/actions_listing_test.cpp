// Requests about lists, groups, tags and topic classes that are refused before anything reaches the engine or
// a reader, and how the answers look.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "api/fake_ports.hpp"
#include "api/render_listing.hpp"
#include "api/render_support.hpp"

namespace rollcall::api {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct BadCall {
  const char* action;
  Pairs parameters;
  ErrorCode code;
};

constexpr ErrorCode kBad = ErrorCode::InvalidFormattedParameter;

Pairs topic(std::string name, std::string operation, std::string description = "") {
  return {{"ProductKey", "p1"},
          {"TopicShortName", std::move(name)},
          {"Operation", std::move(operation)},
          {"Desc", std::move(description)}};
}

Pairs import(std::string secret, std::string serial = "") {
  return {{"ProductKey", "p1"},
          {"DeviceName", "lamp-1"},
          {"DeviceSecret", std::move(secret)},
          {"Sn", std::move(serial)}};
}

Pairs repeated(const char* list, const char* field, int count, Pairs pairs = {{"ProductKey", "p1"}}) {
  for (int i = 1; i <= count; ++i) {
    const std::string dot = std::string(field).empty() ? "" : ".";
    pairs.emplace_back(std::string(list) + "." + std::to_string(i) + dot + field,
                       "name-" + std::to_string(i));
  }
  return pairs;
}

std::vector<BadCall> bad_device_calls() {
  return {
      {"BatchRegisterDevice", {{"ProductKey", "p1"}, {"Count", "0"}}, kBad},
      {"BatchRegisterDevice", {{"ProductKey", "p1"}, {"Count", "10001"}}, kBad},
      {"BatchRegisterDevice", {{"ProductKey", "p1"}, {"Count", "many"}}, kBad},
      {"BatchRegisterDevice", {{"ProductKey", "p/1"}, {"Count", "1"}}, ErrorCode::InvalidFormattedProductKey},
      {"BatchRegisterDevice", {{"Count", "1"}}, ErrorCode::Missing},
      {"QueryBatchRegisterDeviceStatus",
       {{"ProductKey", "p1"}, {"ApplyId", "0"}},
       ErrorCode::DeviceApplyNotFound},
      {"QueryDevice", {{"ProductKey", "p1"}, {"PageSize", "51"}}, ErrorCode::InvalidPageParams},
      {"QueryDevice", {{"ProductKey", "p1"}, {"CurrentPage", "0"}}, ErrorCode::InvalidPageParams},
      {"QueryDevice", {{"ProductKey", "p1"}, {"NextToken", "nope"}}, ErrorCode::InvalidNextToken},
      {"QueryDeviceByStatus", {{"Status", "2"}}, kBad},
      {"QueryDeviceByStatus", {{"Status", "ONLINE"}}, kBad},
      {"QueryDeviceByStatus", {}, ErrorCode::Missing},
      {"QueryDeviceStatistics", {{"ProductKey", "p1"}, {"GroupId", "g"}}, ErrorCode::IllegalRequest},
      {"BatchQueryDeviceDetail", {{"ProductKey", "p1"}}, ErrorCode::NoneDeviceNameElement},
      {"BatchQueryDeviceDetail", repeated("DeviceName", "", 101), ErrorCode::DeviceCountExceeded},
      {"BatchUpdateDeviceNickname", {}, ErrorCode::NoneDeviceNameElement},
      {"BatchUpdateDeviceNickname", {{"DeviceNicknameInfo.1.ProductKey", "p1"}}, kBad},
      {"BatchUpdateDeviceNickname",
       {{"DeviceNicknameInfo.1.IotId", "x"}, {"DeviceNicknameInfo.1.Nickname", "a-b-c"}},
       kBad},
      {"BatchUpdateDeviceNickname", repeated("DeviceNicknameInfo", "IotId", 101),
       ErrorCode::DeviceCountExceeded},
      {"ImportDevice", import(""), ErrorCode::Missing},
      {"ImportDevice", import(std::string(33, 's')), kBad},
      {"ImportDevice", import("with blank"), kBad},
      {"ImportDevice", import("s", "S-N"), kBad},
      {"ImportDevice", import("s", std::string(65, 'S')), kBad},
      {"BatchImportDevice", {{"ProductKey", "p1"}}, ErrorCode::NoneDeviceNameElement},
      {"BatchImportDevice", repeated("DeviceList", "DeviceName", 10'001), ErrorCode::DeviceCountExceeded},
      {"RegisterDevice", {{"ProductKey", "p1"}, {"DevEui", "1122334455667788"}}, kBad},
  };
}

std::vector<BadCall> bad_group_calls() {
  return {
      {"UpdateDeviceGroup", {{"GroupId", "g"}, {"GroupDesc", std::string(101, 'd')}}, kBad},
      {"UpdateDeviceGroup", {{"GroupId", "g"}, {"GroupType", "ROUND"}}, kBad},
      {"UpdateDeviceGroup",
       {{"GroupId", "g"}, {"GroupType", "LINK_PLATFORM_DYNAMIC"}},
       ErrorCode::NotExistedGroup},
      {"DeleteDeviceGroup", {}, ErrorCode::Missing},
      {"QueryDeviceGroupInfo", {{"GroupId", "g"}, {"GroupType", "ROUND"}}, kBad},
      {"QueryDeviceGroupList", {{"PageSize", "201"}}, ErrorCode::InvalidPageParams},
      {"BatchDeleteDeviceGroupRelations", {{"GroupId", "g"}}, ErrorCode::NoneDeviceNameElement},
      {"BatchDeleteDeviceGroupRelations", {{"GroupId", "g"}, {"Device.1.DeviceName", "d"}}, kBad},
      {"QueryDeviceListByDeviceGroup", {{"GroupId", "g"}, {"PageSize", "51"}}, ErrorCode::InvalidPageParams},
      {"QueryDeviceGroupByDevice", {{"ProductKey", "p1"}}, ErrorCode::Missing},
  };
}

std::vector<BadCall> bad_tag_and_topic_calls() {
  const auto props = [](std::string text) { return Pairs{{"IotId", "x"}, {"Props", std::move(text)}}; };
  std::string many = "{";
  for (int i = 0; i < 101; ++i) many += (i ? "," : "") + std::string("\"k") + std::to_string(i) + "\":\"v\"";
  return {
      {"SaveDeviceProp", {{"Props", "{}"}}, ErrorCode::IllegalRequest},
      {"SaveDeviceProp", props("{}"), kBad},
      {"SaveDeviceProp", props("[]"), kBad},
      {"SaveDeviceProp", props("{"), kBad},
      {"SaveDeviceProp", props(R"({"a":{}})"), kBad},
      {"SaveDeviceProp", props(R"({"a":null})"), kBad},
      {"SaveDeviceProp", props(R"({"a":""})"), kBad},
      {"SaveDeviceProp", props(R"({"":"v"})"), kBad},
      {"SaveDeviceProp", props(R"({"a b":"v"})"), kBad},
      {"SaveDeviceProp", props(R"({"a":"1","a":"2"})"), kBad},
      {"SaveDeviceProp", props("{\"a\":\"" + std::string(129, 'v') + "\"}"), kBad},
      {"SaveDeviceProp", props("{\"" + std::string(33, 'k') + "\":\"v\"}"), kBad},
      {"SaveDeviceProp", props("{\"a\":\"" + std::string(5'200, 'v') + "\"}"), kBad},
      {"SaveDeviceProp", props(many + "}"), ErrorCode::TooManyTags},
      {"DeleteDeviceProp", {{"IotId", "x"}}, ErrorCode::Missing},
      {"QueryDeviceByTags", {}, kBad},
      {"QueryDeviceByTags", {{"Tag.1.TagValue", "v"}}, kBad},
      {"QueryDeviceByTags", repeated("Tag", "TagKey", 11, {}), kBad},
      {"CreateProductTopic", topic("a", "WRITE"), kBad},
      {"CreateProductTopic", topic("a", "PUB", std::string(101, 'd')), kBad},
      {"CreateProductTopic", topic("a//b", "PUB"), ErrorCode::InvalidFormattedTopicName},
      {"CreateProductTopic", topic("/a", "PUB"), ErrorCode::InvalidFormattedTopicName},
      {"CreateProductTopic", topic("a-b", "PUB"), ErrorCode::InvalidFormattedTopicName},
      {"CreateProductTopic", topic("a/+", "ALL"), ErrorCode::InvalidFormattedTopicName},
      {"CreateProductTopic", topic("#/a", "SUB"), ErrorCode::InvalidFormattedTopicName},
      {"CreateProductTopic", topic(std::string(129, 'a'), "SUB"), ErrorCode::InvalidFormattedTopicName},
      {"UpdateProductTopic",
       {{"TopicId", "x"}, {"TopicShortName", "a"}, {"Operation", "PUB"}},
       ErrorCode::NotExistedTopic},
      {"DeleteProductTopic", {{"TopicId", "-1"}}, ErrorCode::NotExistedTopic},
  };
}

TEST(ListingActions, RefuseBadValuesBeforeTheyReachTheEngine) {
  for (const auto& rows : {bad_device_calls(), bad_group_calls(), bad_tag_and_topic_calls()}) {
    for (const BadCall& row : rows) {
      FakeSurroundings s;
      const ActionAnswer answer = s.run(row.action, row.parameters);
      ASSERT_TRUE(answer.error) << row.action;
      EXPECT_EQ(answer.error->code, row.code) << row.action << ": " << public_message(*answer.error);
      EXPECT_TRUE(s.engine.requests.empty()) << row.action;
      EXPECT_EQ(s.queries.runs, 0) << row.action;
    }
  }
}

TEST(ListingActions, ReadTheirCommands) {
  FakeSurroundings s;
  s.engine.outcome = engine::Done{};
  s.run("SaveDeviceProp", {{"IotId", "x"}, {"Props", R"({"room":"灯 1","floor":2})"}});
  EXPECT_EQ(s.only<engine::SaveTags>().tags, (std::vector<DeviceTag>{{"room", "灯 1"}, {"floor", "2"}}));
  FakeSurroundings t;
  t.engine.outcome = engine::TopicMade{TopicId{77}};
  const auto made = t.run("CreateProductTopic", topic("listen/#", "SUB", "说明"));
  EXPECT_EQ(json_text(made.fields), R"({"TopicId":77})");
  EXPECT_EQ(t.only<engine::CreateTopic>().topic,
            (ProductTopic{{}, {}, "user/listen/#", TopicOperation::Subscribe, "说明"}));
}

TEST(ListingActions, ImportsThatAreRefusedSayWhichAndWhy) {
  FakeSurroundings s;
  engine::ImportRefused refused;
  refused.invalid_names = {"a"};
  refused.repeated_names = {"lamp-2"};
  refused.details = {{"a", "s", "", "too short"}};
  s.engine.outcome = refused;
  const auto answer = s.run("BatchImportDevice", {{"ProductKey", "p1"}, {"DeviceList.1.DeviceName", "a"}});
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, ErrorCode::InvalidFormattedDeviceName);
  EXPECT_EQ(json_text(answer.fields),
            R"({"Data":{"InvalidDeviceNameList":{"invalidDeviceName":["a"]},)"
            R"("InvalidDeviceSecretList":{"invalidDeviceSecret":[]},"InvalidSnList":{"invalidSn":[]},)"
            R"("RepeatedDeviceNameList":{"repeatedDeviceName":["lamp-2"]},)"
            R"("InvalidDetailList":{"InvalidDetailList":[{"DeviceName":"a","DeviceSecret":"s","Sn":"",)"
            R"("ErrorMsg":"too short"}]}}})");
}

engine::DeviceList one_lamp() {
  engine::ListedDevice lamp;
  lamp.device.name = "lamp-1";
  lamp.device.foreign_iot_id = "iot1";
  lamp.device.secret = Secret("0f9e");
  lamp.device.created_at = WallMs{1'550'628'969'000};  // 2019-02-20T02:16:09Z, a Wednesday
  lamp.device.modified_at = WallMs{1'550'715'369'000};
  lamp.presence.activated_at = WallMs{1};
  lamp.product_key = "p1";
  lamp.product_name = "lamp";
  return {{lamp}, 11, std::nullopt};
}

TEST(RenderListing, ShowsDevicesAsTheVendorDoes) {
  const IdCodec codec(IdCodec::Key{1, 2, 3});
  EXPECT_EQ(json_text(render_device_page(one_lamp(), {2, 10}, "t0ken", codec)),
            R"({"Page":2,"PageSize":10,"PageCount":2,"Total":11,"NextToken":"t0ken","Data":{"DeviceInfo":[)"
            R"({"IotId":"iot1","ProductKey":"p1","DeviceName":"lamp-1","DeviceSecret":"0f9e","Nickname":"",)"
            R"("DeviceStatus":"OFFLINE","UtcCreate":"2019-02-20T02:16:09.000Z",)"
            R"("UtcModified":"2019-02-21T02:16:09.000Z","GmtCreate":"Wed, 20-Feb-2019 02:16:09 GMT",)"
            R"("GmtModified":"Thu, 21-Feb-2019 02:16:09 GMT"}]}})");
  EXPECT_EQ(xml_text(render_simple_devices(one_lamp(), {1, 20}, codec)),
            "<Page>1</Page><PageSize>20</PageSize><PageCount>1</PageCount><Total>11</Total><Data>"
            "<SimpleDeviceInfo><ProductKey>p1</ProductKey><ProductName>lamp</ProductName>"
            "<DeviceName>lamp-1</DeviceName><IotId>iot1</IotId></SimpleDeviceInfo></Data>");
  const std::string by_status = json_text(render_devices_of_status(one_lamp(), {1, 20}, codec));
  EXPECT_NE(by_status.find(R"("Data":{"SimpleDeviceInfo":[{)"), std::string::npos);
  EXPECT_NE(by_status.find(R"("Status":"OFFLINE")"), std::string::npos);
}

TEST(RenderListing, ShowsGroupsTagsTopicsAndCounts) {
  Group group;
  group.code = "g1";
  group.name = "night";
  group.description = "<lamps>";
  group.created_at = WallMs{1'550'628'969'000};
  EXPECT_EQ(json_text(render_group_info({group, {5, 3, 2, 0, 0}})),
            R"({"Data":{"GroupId":"g1","GroupName":"night","GroupDesc":"<lamps>",)"
            R"("UtcCreate":"2019-02-20T02:16:09.000Z","DeviceCount":5,"DeviceActive":3,"DeviceOnline":2}})");
  EXPECT_EQ(xml_text(render_groups_of_device({group})),
            "<GroupInfos><GroupInfo><GroupId>g1</GroupId><GroupName>night</GroupName>"
            "<GroupType>LINK_PLATFORM</GroupType><GroupDesc>&lt;lamps&gt;</GroupDesc>"
            "<UtcCreate>2019-02-20T02:16:09.000Z</UtcCreate></GroupInfo></GroupInfos>");
  EXPECT_EQ(json_text(render_group_list({{}, 0}, {1, 10})),
            R"({"CurrentPage":1,"PageSize":10,"PageCount":0,"Total":0,"Data":{"GroupInfo":[]}})");
  EXPECT_EQ(json_text(render_device_tally({5, 3, 2, 0, 0})),
            R"({"Data":{"deviceCount":5,"activeCount":3,"onlineCount":2}})");
  EXPECT_EQ(json_text(render_tags({{"room", "1\"1"}, {"b", "c"}})),
            R"({"Props":"{\"room\":\"1\\\"1\",\"b\":\"c\"}"})");
  EXPECT_EQ(xml_text(render_topics({"p1", {{TopicId{7}, {}, "user/get", TopicOperation::Subscribe, "d"}}})),
            "<Data><ProductTopicInfo><Id>7</Id><ProductKey>p1</ProductKey>"
            "<TopicShortName>/p1/${deviceName}/user/get</TopicShortName><Operation>1</Operation>"
            "<Desc>d</Desc></ProductTopicInfo></Data>");
  engine::ApplyReport report{ApplyStatus::Created, true, {"a"}, {"b"}};
  EXPECT_EQ(json_text(render_apply_report(report)),
            R"({"Data":{"Status":"CREATE_FAILED","ValidList":{"Name":["a"]},"InvalidList":{"Name":["b"]},)"
            R"("InvalidDetailList":{"invalidDetailList":[{"DeviceName":"b","NickName":"",)"
            R"("ErrorMsg":"the DeviceName exists already"}]}}})");
  report = {ApplyStatus::Creating, false, {}, {}};
  EXPECT_NE(json_text(render_apply_report(report)).find(R"("Status":"CREATE",)"), std::string::npos);
}

}  // namespace
}  // namespace rollcall::api
