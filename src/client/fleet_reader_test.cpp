#include "client/fleet_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "client/csv.hpp"

namespace rollcall::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// "place kind json" or "place kind !fault" of each row; the last one is the error that ended it.
std::vector<std::string> read_all(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> rows;
  auto reader = FleetReader::open(in);
  if (!reader) return {"error: " + public_message(reader.error())};
  FleetRow row;
  for (;;) {
    const auto any = (*reader)->next(row);
    if (!any) rows.push_back("error: " + public_message(any.error()));
    if (!any || !*any) return rows;
    rows.push_back(row.place + " " + std::string(kind_text(row.kind)) + " " +
                   (row.fault.empty() ? row.json : "!" + row.fault));
  }
}

const std::string kHead = "ProductKey,DeviceName,DeviceSecret\n";

TEST(FleetReader, ReadsCsvWithBomCrlfAndQuotes) {
  EXPECT_THAT(read_all("\xEF\xBB\xBF"
                       "ProductKey,DeviceName,DeviceSecret,Nickname\r\n"
                       "pk,dev1,s1,\"a \"\"b\"\", c\"\r\n"
                       "\r\n"
                       "pk,dev2,s2,\r\n"),
              ElementsAre(R"(line 2 device {"ProductKey":"pk","DeviceName":"dev1","DeviceSecret":"s1",)"
                          R"("Nickname":"a \"b\", c"})",
                          R"(line 4 device {"ProductKey":"pk","DeviceName":"dev2","DeviceSecret":"s2"})"));
}

TEST(FleetReader, ReadsColumnsInAnyOrderAndALastLineWithoutItsEnd) {
  EXPECT_THAT(read_all("devicesecret,Serial,ProductKey,IotId,DeviceName\ns1,sn,pk,iot1,dev1"),
              ElementsAre(R"(line 2 device {"ProductKey":"pk","DeviceName":"dev1","DeviceSecret":"s1",)"
                          R"("IotId":"iot1","Serial":"sn"})"));
}

TEST(FleetReader, PutsAGroupInFrontOfItsFirstDevice) {
  EXPECT_THAT(
      read_all("ProductKey,DeviceName,DeviceSecret,GroupId,GroupName\npk,dev1,s,g1,one\npk,dev2,s,,\n"
               "pk,dev3,s,g1,one\npk,dev4,s,g1,two\npk,dev5,s,,two\n"),
      ElementsAre(
          R"(line 2 group {"GroupId":"g1","GroupName":"one"})",
          R"(line 2 device {"ProductKey":"pk","DeviceName":"dev1","DeviceSecret":"s","Groups":["g1"]})",
          R"(line 3 device {"ProductKey":"pk","DeviceName":"dev2","DeviceSecret":"s"})",
          R"(line 4 device {"ProductKey":"pk","DeviceName":"dev3","DeviceSecret":"s","Groups":["g1"]})",
          R"(line 5 device !GroupName of group g1 was one before)",
          R"(line 6 device !GroupName needs a GroupId)"));
}

TEST(FleetReader, GoesOnBehindABadCsvLine) {
  EXPECT_THAT(read_all(kHead + "pk,dev1\npk,dev2,\"s\"x\npk,\xff,s\npk,dev4,s\n"),
              ElementsAre("line 2 device !2 fields, but the header has 3",
                          "line 3 device !text behind a closing quote", "line 4 device !is not valid UTF-8",
                          R"(line 5 device {"ProductKey":"pk","DeviceName":"dev4","DeviceSecret":"s"})"));
}

TEST(FleetReader, EndsWhereAQuoteDoesNotEnd) {
  EXPECT_THAT(read_all(kHead + "pk,dev1,s\npk,dev2,\"s\npk,dev3,s\n"),
              ElementsAre(HasSubstr("line 2 device"), "error: line 3: a quote that does not end"));
}

TEST(FleetReader, CountsTheLinesInsideQuotes) {
  EXPECT_THAT(read_all("ProductKey,DeviceName,DeviceSecret,Nickname\npk,dev1,s,\"two\nlines\"\npk,dev2\n"),
              ElementsAre(HasSubstr(R"("Nickname":"two\nlines"})"), HasSubstr("line 4 device !2 fields")));
}

TEST(FleetReader, RefusesABadHeader) {
  const auto refusal = [](const std::string& text) { return read_all(text).at(0); };
  EXPECT_THAT(refusal("ProductKey,DeviceName\n"), HasSubstr("column DeviceSecret is missing"));
  EXPECT_THAT(refusal("ProductKey,DeviceName,DeviceSecret,Color\n"), HasSubstr("column Color is not known"));
  EXPECT_THAT(refusal("ProductKey,DeviceName,DeviceSecret,ProductKey\n"), HasSubstr("there twice"));
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal(" \n\n"), HasSubstr("empty"));
  EXPECT_THAT(refusal("\xff\xfe"), HasSubstr("UTF-8"));
  EXPECT_THAT(read_all(kHead), ElementsAre());
}

TEST(FleetReader, ReadsJsonLinesOfEveryKind) {
  EXPECT_THAT(
      read_all("{\"account\":{\"Name\":\"a\"}}\n\n{\"key\":{}}\r\n {\"product\": {\"ProductKey\":\"p\"}} \n"
               "{\"group\":{}}\n{\"device\":{\"Tags\":{}}}\n{\"members\":{}}"),
      ElementsAre(R"(line 1 account {"Name":"a"})", "line 3 key {}", R"(line 4 product {"ProductKey":"p"})",
                  "line 5 group {}", R"(line 6 device {"Tags":{}})", "line 7 members {}"));
}

TEST(FleetReader, GoesOnBehindABadJsonLineAndNeverShowsIt) {
  const auto rows = read_all(
      "{\"device\":{}}\n{\"device\":\"topsecret\"}\n{\"devices\":{}}\n{\"device\":{},\"x\":1}\nno\n{"
      "\"group\":{}}");
  ASSERT_EQ(rows.size(), 6u);
  for (size_t i = 1; i <= 4; ++i) {
    EXPECT_THAT(rows[i], HasSubstr("line " + std::to_string(i + 1) + " device !must be a JSON object"));
    EXPECT_THAT(rows[i], Not(HasSubstr("topsecret")));
  }
  EXPECT_EQ(rows[5], "line 6 group {}");
}

TEST(FleetReader, ReadsADocumentInTheOrderThatItsRowsNeed) {
  EXPECT_THAT(read_all(R"({"devices":[{"DeviceName":"dev1"},7],
    "groups":[{"GroupId":"g1","Devices":[{"DeviceName":"dev1"}],"GroupName":"night"},{"GroupId":"g2"}],
    "products":[{"ProductKey":"pk","NodeType":1.0}]})"),
              ElementsAre(R"(products[0] product {"ProductKey":"pk","NodeType":1.0})",
                          R"(groups[0] group {"GroupId":"g1","GroupName":"night"})",
                          R"(groups[1] group {"GroupId":"g2"})", R"(devices[0] device {"DeviceName":"dev1"})",
                          "devices[1] device !must be a JSON object",
                          R"(groups[0] members {"GroupId":"g1","Devices":[{"DeviceName":"dev1"}]})"));
}

TEST(FleetReader, CutsTheDevicesOfAGroup) {
  std::string text = R"({"groups":[{"GroupId":"g1","Devices":[)";
  for (size_t i = 0; i < kMembersOfARow + 1; ++i) text += i == 0 ? "{}" : ",{}";
  const auto rows = read_all(text + "]}]}");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2], R"(groups[0] members {"GroupId":"g1","Devices":[{}]})");
}

TEST(FleetReader, RefusesADocumentOfAnotherShape) {
  const auto refusal = [](const std::string& text) { return read_all(text).at(0); };
  EXPECT_THAT(refusal(R"({"devices":{}})"), HasSubstr("devices: must be a JSON list"));
  EXPECT_THAT(refusal(R"({"things":[]})"), HasSubstr("things: is not known"));
  EXPECT_THAT(refusal(R"({"devices":[)"), HasSubstr("not valid JSON"));
  EXPECT_EQ(read_all(R"({"groups":[{"GroupId":"g","Devices":5}]})").back(),
            "groups[0] members !Devices must be a JSON list");
}

TEST(CsvRecord, EndsWithItsLineUnlessAQuoteIsOpen) {
  EXPECT_TRUE(csv_record_ends("a,b"));
  EXPECT_TRUE(csv_record_ends("a,\"b\"\"c\""));
  EXPECT_TRUE(csv_record_ends("a,b\"c")) << "a quote inside a field is a character";
  EXPECT_FALSE(csv_record_ends("a,\"b"));
  EXPECT_FALSE(csv_record_ends("\"a\"\""));
}

}  // namespace
}  // namespace rollcall::client
