#include "client/fleet_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/json.hpp"

namespace rollcall::client {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string refusal(const std::string& text) {
  const auto file = read_fleet_file(text);
  return file ? "" : file.error().message;
}

TEST(FleetFile, ReadsCsvWithBomCrlfAndQuotes) {
  const auto file = read_fleet_file(
      "\xEF\xBB\xBF"
      "ProductKey,DeviceName,DeviceSecret,Nickname\r\n"
      "pk,dev1,s1,\"a \"\"b\"\", c\"\r\n"
      "\r\n"
      "pk,dev2,s2,\r\n");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->devices, 2u);
  ASSERT_EQ(file->chunks.size(), 1u);
  EXPECT_EQ(file->chunks[0].entries,
            R"({"products":[],"devices":[)"
            R"({"ProductKey":"pk","DeviceName":"dev1","DeviceSecret":"s1","Nickname":"a \"b\", c"},)"
            R"({"ProductKey":"pk","DeviceName":"dev2","DeviceSecret":"s2"}],"groups":[]})");
}

TEST(FleetFile, ReadsColumnsInAnyOrderAndALastLineWithoutItsEnd) {
  const auto file = read_fleet_file("devicesecret,ProductKey,IotId,DeviceName\ns1,pk,iot1,dev1");
  ASSERT_TRUE(file);
  EXPECT_THAT(file->chunks[0].entries,
              HasSubstr(R"({"ProductKey":"pk","DeviceName":"dev1","DeviceSecret":"s1","IotId":"iot1"})"));
}

TEST(FleetFile, MakesGroupsOfTheGroupColumn) {
  const auto file =
      read_fleet_file("ProductKey,DeviceName,DeviceSecret,GroupId\npk,dev1,s,g1\npk,dev2,s,\npk,dev3,s,g1\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->groups, 1u);
  EXPECT_THAT(
      file->chunks[0].entries,
      HasSubstr(R"("groups":[{"GroupId":"g1","GroupName":"g1","Devices":[)"
                R"({"ProductKey":"pk","DeviceName":"dev1"},{"ProductKey":"pk","DeviceName":"dev3"}]}])"));
}

TEST(FleetFile, NamesLineAndFieldOfABadCsvLine) {
  const std::string head = "ProductKey,DeviceName,DeviceSecret\n";
  EXPECT_THAT(refusal(head + "pk,dev1,s\npk,dev2\n"), HasSubstr("line 3: 2 fields"));
  EXPECT_THAT(refusal(head + "pk,dev1,\n"), HasSubstr("line 2: DeviceSecret"));
  EXPECT_THAT(refusal(head + ",dev1,s\n"), HasSubstr("line 2: ProductKey"));
  EXPECT_THAT(refusal(head + "pk,d/1x,s\n"), HasSubstr("line 2: DeviceName"));
  EXPECT_THAT(refusal(head + "pk,abc,s\n"), HasSubstr("line 2: DeviceName"));
  EXPECT_THAT(refusal(head + "pk,dev1,\"s\npk,dev2,s\n"), HasSubstr("line 2: a quote that does not end"));
  EXPECT_THAT(refusal(head + "pk,dev1,\"s\"x\n"), HasSubstr("line 2: text behind a closing quote"));
  EXPECT_THAT(refusal(head + "pk,dev1,s\npk,dev1,s\n"), HasSubstr("line 3: device pk/dev1 is in line 2"));
}

TEST(FleetFile, CountsTheLinesInsideQuotes) {
  const std::string text = "ProductKey,DeviceName,DeviceSecret,Nickname\npk,dev1,s,\"two\nlines\"\npk,,s,\n";
  EXPECT_THAT(refusal(text), HasSubstr("line 4: DeviceName"));
}

TEST(FleetFile, RefusesABadHeader) {
  EXPECT_THAT(refusal("ProductKey,DeviceName\n"), HasSubstr("column DeviceSecret is missing"));
  EXPECT_THAT(refusal("ProductKey,DeviceName,DeviceSecret,Color\n"), HasSubstr("column Color is not known"));
  EXPECT_THAT(refusal("ProductKey,DeviceName,DeviceSecret,ProductKey\n"), HasSubstr("there twice"));
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal("ProductKey,DeviceName,DeviceSecret\n"), HasSubstr("holds no device"));
  EXPECT_THAT(refusal("\xff\xfe"), HasSubstr("UTF-8"));
}

TEST(FleetFile, NeverShowsASecretInARefusal) {
  EXPECT_THAT(refusal("ProductKey,DeviceName,DeviceSecret\npk,x,topsecret\n"), Not(HasSubstr("topsecret")));
}

TEST(FleetFile, ReadsJsonAndKeepsProductsAsWritten) {
  const auto file = read_fleet_file(R"({"products":[{"ProductKey":"pk","Tsl":"{}","NodeType":1.0}],
    "devices":[{"ProductKey":"pk","DeviceName":"dev1","DeviceSecret":"s","IotId":"i1"}],
    "groups":[{"GroupId":"g1","GroupName":"night","Devices":[{"ProductKey":"pk","DeviceName":"dev1"}]}]})");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->products, 1u);
  EXPECT_EQ(file->groups, 1u);
  ASSERT_EQ(file->chunks.size(), 2u);
  EXPECT_THAT(file->chunks[0].entries,
              HasSubstr(R"("products":[{"ProductKey":"pk","Tsl":"{}","NodeType":1.0}])"));
  EXPECT_THAT(file->chunks[1].entries, HasSubstr(R"("GroupName":"night")"));
  for (const auto& chunk : file->chunks) EXPECT_TRUE(parse_json(chunk.entries)) << chunk.entries;
}

TEST(FleetFile, NamesThePlaceOfABadJsonEntry) {
  EXPECT_THAT(refusal(R"({"devices":[{"ProductKey":"pk","DeviceName":"dev1"}]})"),
              HasSubstr("devices[0]: DeviceSecret"));
  EXPECT_THAT(refusal(R"({"devices":[{"ProductKey":7}]})"), HasSubstr("devices[0].ProductKey"));
  EXPECT_THAT(refusal(R"({"devices":[{"Secret":"x"}]})"), HasSubstr("devices[0].Secret"));
  EXPECT_THAT(refusal(R"({"devices":{}})"), HasSubstr("devices: must be a JSON list"));
  EXPECT_THAT(refusal(R"({"things":[]})"), HasSubstr("things: is not known"));
  EXPECT_THAT(refusal(R"({"products":[{}]})"), HasSubstr("products[0].ProductKey"));
  EXPECT_THAT(refusal(R"({"groups":[{"GroupName":"x"}]})"), HasSubstr("groups[0].GroupId"));
  EXPECT_THAT(refusal(R"({"devices":[)"), HasSubstr("not valid JSON"));
}

TEST(FleetFile, CutsChunksAndRepeatsWhatTheirDevicesNeed) {
  std::string text = R"({"products":[{"ProductKey":"pk"},{"ProductKey":"alone"}],"devices":[)";
  for (int i = 0; i < 1'500; ++i) {
    if (i > 0) text += ',';
    text += R"({"ProductKey":"pk","DeviceName":"dev)" + std::to_string(i) + R"(","DeviceSecret":"s"})";
  }
  const auto file = read_fleet_file(text + "]}");
  ASSERT_TRUE(file);
  ASSERT_EQ(file->chunks.size(), 3u);
  EXPECT_EQ(file->chunks[0].repeated, 0u);
  EXPECT_EQ(file->chunks[1].repeated, 1u);
  EXPECT_EQ(file->chunks[1].first_place, "devices[1000]");
  EXPECT_THAT(file->chunks[1].entries, HasSubstr(R"("products":[{"ProductKey":"pk"}])"));
  EXPECT_THAT(file->chunks[2].entries, HasSubstr(R"("products":[{"ProductKey":"alone"}])"));
  EXPECT_EQ(file->products, 2u);
}

}  // namespace
}  // namespace rollcall::client
