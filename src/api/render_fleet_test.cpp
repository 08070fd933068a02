#include "api/render_fleet.hpp"

#include <gtest/gtest.h>

#include "api/render_support.hpp"

namespace rollcall::api {
namespace {

constexpr WallMs kCreated{1'558'442'636'000};  // 2019-05-21T12:43:56.000Z
constexpr WallMs kOnline{1'558'442'700'500};

const IdCodec& codec() {
  static const IdCodec made(IdCodec::Key{1, 2, 3});
  return made;
}

Product lamp() {
  Product product;
  product.key = "p1AbcDEFgh1";
  product.name = "lamp";
  product.secret = Secret("s3cr3t");
  product.has_thing_model = true;
  product.device_count = 12;
  product.created_at = kCreated;
  return product;
}

FoundDevice lamp_1() {
  FoundDevice found;
  found.product = lamp();
  found.device.id = DeviceId{9};
  found.device.name = "lamp-1";
  found.device.secret = Secret("0f9e");
  found.device.nickname = "front";
  found.device.created_at = kCreated;
  found.presence.online = true;
  found.presence.activated_at = kCreated;
  found.presence.online_at = kOnline;
  found.presence.changed_at = kOnline;
  found.presence.address = "192.0.2.7:54321";
  return found;
}

TEST(RenderProduct, ShowsTheKeyTwiceAfterCreation) {
  EXPECT_EQ(json_text(render_product_made(lamp())),
            R"({"ProductKey":"p1AbcDEFgh1","Data":{"ProductKey":"p1AbcDEFgh1","ProductName":"lamp",)"
            R"("ProductSecret":"s3cr3t",)"
            R"("NodeType":0,"DataFormat":1,"AuthType":"secret","Id2":false,"ProtocolType":"",)"
            R"("Description":"","AliyunCommodityCode":"iothub_senior"}})");
}

TEST(RenderProduct, ShowsAllThatQueryProductHas) {
  Product product = lamp();
  product.status = ProductStatus::Released;
  product.has_thing_model = false;
  EXPECT_EQ(json_text(render_product(product)),
            R"({"Data":{"ProductKey":"p1AbcDEFgh1","ProductName":"lamp","ProductSecret":"s3cr3t",)"
            R"("ProductStatus":"RELEASE_STATUS",)"
            R"("NodeType":0,"DataFormat":1,"AliyunCommodityCode":"iothub","AuthType":"secret",)"
            R"("Id2":false,"NetType":3,"ProtocolType":"",)"
            R"("CategoryKey":"","CategoryName":"","ValidateType":1,"Description":"","DeviceCount":12,)"
            R"("GmtCreate":1558442636000,"Owner":true}})");
  EXPECT_NE(json_text(render_product(lamp())).find(R"("ProductStatus":"DEVELOPMENT_STATUS")"),
            std::string::npos);
}

TEST(RenderProduct, ListsProductsUnderListProductInfo) {
  const engine::ProductList list{{lamp()}, 21};
  const Node fields = render_product_list(list, 2, 10);
  EXPECT_EQ(json_text(fields),
            R"({"Data":{"CurrentPage":2,"PageSize":10,"PageCount":3,"Total":21,)"
            R"("List":{"ProductInfo":[{"ProductKey":"p1AbcDEFgh1",)"
            R"("ProductName":"lamp","NodeType":0,"DataFormat":1,"AuthType":"secret","Description":"",)"
            R"("DeviceCount":12,"GmtCreate":1558442636000}]}}})");
  EXPECT_EQ(xml_text(fields),
            "<Data><CurrentPage>2</CurrentPage><PageSize>10</PageSize><PageCount>3</PageCount><Total>21</"
            "Total><List><ProductInfo>"
            "<ProductKey>p1AbcDEFgh1</ProductKey><ProductName>lamp</ProductName><NodeType>0</"
            "NodeType><DataFormat>1</DataFormat>"
            "<AuthType>secret</AuthType><Description></Description><DeviceCount>12</"
            "DeviceCount><GmtCreate>1558442636000</GmtCreate>"
            "</ProductInfo></List></Data>");
}

TEST(RenderDevice, ShowsSecretAndIotIdAfterRegistration) {
  const engine::DeviceMade made{lamp_1().device, "p1AbcDEFgh1"};
  EXPECT_EQ(json_text(render_device_made(made, codec())),
            R"({"Data":{"ProductKey":"p1AbcDEFgh1","DeviceName":"lamp-1","DeviceSecret":"0f9e","IotId":")" +
                codec().iot_id(DeviceId{9}) + R"(","Nickname":"front"}})");
}

TEST(RenderDevice, TellsTheStatusFromDeviceAndPresence) {
  FoundDevice found = lamp_1();
  EXPECT_EQ(device_status_text(found.device, found.presence), "ONLINE");
  found.presence.online = false;
  EXPECT_EQ(device_status_text(found.device, found.presence), "OFFLINE");
  EXPECT_EQ(device_status_text(found.device, Presence()), "UNACTIVE");
  found.device.enabled = false;
  EXPECT_EQ(device_status_text(found.device, found.presence), "DISABLE");
}

TEST(RenderDevice, ShowsGmtTextsInTheVendorsZoneAndUtcTextsInUtc) {
  EXPECT_EQ(json_text(render_device_detail(lamp_1(), codec(), {})),
            R"({"Data":{"IotId":")" + codec().iot_id(DeviceId{9}) +
                R"(","ProductKey":"p1AbcDEFgh1","ProductName":"lamp","DeviceName":"lamp-1",)"
                R"("DeviceSecret":"0f9e","Nickname":"front",)"
                R"("Status":"ONLINE","NodeType":0,"Region":"cn-shanghai","IpAddress":"192.0.2.7",)"
                R"("FirmwareVersion":"","Owner":true,)"
                R"("UtcCreate":"2019-05-21T12:43:56.000Z","UtcActive":"2019-05-21T12:43:56.000Z",)"
                R"("UtcOnline":"2019-05-21T12:45:00.500Z",)"
                R"("GmtCreate":"2019-05-21 20:43:56","GmtActive":"2019-05-21 20:43:56",)"
                R"("GmtOnline":"2019-05-21 20:45:00"}})");
}

TEST(RenderDevice, LeavesTimesEmptyForADeviceThatNeverConnected) {
  FoundDevice found = lamp_1();
  found.presence = {};
  found.device.foreign_iot_id = "OPx00101";
  const std::string text = json_text(render_device_detail(found, codec(), {}));
  EXPECT_NE(text.find(R"("Status":"UNACTIVE")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("UtcActive":"","UtcOnline":"")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("GmtActive":"","GmtOnline":"")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("IotId":"OPx00101")"), std::string::npos) << text;
  EXPECT_EQ(json_text(render_device_status(found)),
            R"({"Data":{"Status":"UNACTIVE","Timestamp":1558442636000}})");
}

TEST(RenderDevice, StripsThePortOfEachKindOfAddress) {
  FoundDevice found = lamp_1();
  for (const auto& [peer, host] :
       {std::pair{"[2001:db8::1]:443", "2001:db8::1"}, std::pair{"2001:db8::1", "2001:db8::1"},
        std::pair{"192.0.2.7", "192.0.2.7"}, std::pair{"[broken", "[broken"}}) {
    found.presence.address = peer;
    EXPECT_NE(json_text(render_device_detail(found, codec(), {}))
                  .find(R"("IpAddress":")" + std::string(host) + "\""),
              std::string::npos)
        << peer;
  }
}

TEST(RenderDevice, ListsStatesAndLeavesOutUnknownDevices) {
  engine::DevicesFound found;
  found.devices = {std::nullopt, lamp_1()};
  EXPECT_EQ(json_text(render_device_states(found, codec(), {})),
            R"({"DeviceStatusList":{"DeviceStatus":[{"IotId":")" + codec().iot_id(DeviceId{9}) +
                R"(","DeviceName":"lamp-1","Status":"ONLINE","LastOnlineTime":"2019-05-21 20:45:00",)"
                R"("Timestamp":1558442700500,"AsAddress":"192.0.2.7"}]}})");
  EXPECT_EQ(json_text(render_device_states({}, codec(), {})), R"({"DeviceStatusList":{"DeviceStatus":[]}})");
}

TEST(RenderBatch, KeepsTheVendorsSpellingOfRefusedNames) {
  engine::NamesRefused refused;
  refused.invalid_names = {"a b"};
  refused.invalid_nicknames = {"x"};
  refused.repeated_names = {"twice"};
  refused.details = {{"a b", "x", "bad|worse"}};
  const Node fields = render_names_refused(refused);
  EXPECT_EQ(json_text(fields),
            R"({"Data":{"InvalidDeviceNameList":{"InvalidDeviceName":["a b"]},)"
            R"("InvalidDeviceNicknameList":{"InvalidDeviceNickname":["x"]},)"
            R"("InvalidDetailList":{"InvalidDetailList":[{"DeviceName":"a b","NickName":"x",)"
            R"("ErrorMsg":"bad|worse"}]},)"
            R"("RepeatedDeviceNameList":{"RepeatDevieNameList":["twice"]}}})");
  EXPECT_NE(xml_text(fields).find("<RepeatedDeviceNameList><RepeatDevieNameList>twice</RepeatDevieNameList></"
                                  "RepeatedDeviceNameList>"),
            std::string::npos);
}

TEST(RenderBatch, ShowsTheDevicesOfAnApplication) {
  engine::ApplyPage list;
  list.items = {{"lamp-1", lamp_1().device}};
  list.total = 51;
  EXPECT_EQ(
      json_text(render_apply_page(list, 2, 50, codec())),
      R"({"Page":2,"PageSize":50,"PageCount":2,"Total":51,)"
      R"("ApplyDeviceList":{"ApplyDeviceInfo":[{"DeviceName":"lamp-1","DeviceSecret":"0f9e","IotId":")" +
          codec().iot_id(DeviceId{9}) + R"("}]}})");
  EXPECT_EQ(json_text(render_apply(ApplyId{77})), R"({"Data":{"ApplyId":77}})");
}

TEST(RenderGroup, ShowsTheGroupAndWhatWasAdded) {
  Group group;
  group.code = "rY201";
  group.name = "night";
  group.description = "d";
  group.created_at = kCreated;
  EXPECT_EQ(json_text(render_group(group)),
            R"({"Data":{"GroupId":"rY201","GroupName":"night","GroupDesc":"d",)"
            R"("UtcCreate":"2019-05-21T12:43:56.000Z"}})");
  EXPECT_EQ(json_text(render_group_added({5, 3, 1, 1})),
            R"({"ValidDeviceCount":5,"SuccessAddedDeviceCount":3,"AlreadyRelatedGroupDeviceCount":1,)"
            R"("ExceedTenGroupDeviceCount":1})");
}

TEST(RenderFleet, ShowsTheThingModelAsTextAndTheImportAsNumbers) {
  EXPECT_EQ(json_text(render_thing_model(R"({"a":1})")), R"({"Data":{"TslStr":"{\"a\":1}","TslUri":""}})");
  EXPECT_EQ(json_text(render_tally({1, 2, 3, 4})), R"({"Added":1,"Changed":3,"Same":2,"Refused":4})");
}

}  // namespace
}  // namespace rollcall::api
