// `rollcall import` and `rollcall export` against running servers: a fleet of every kind goes in, comes out,
// goes into another server and comes out the same; what is wrong is told of whole, and nothing is written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "failing_server.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr const char* kFleet =
    R"({"account":{"Name":"acme","DefaultInstance":"iot-acme-1"}}
{"instance":{"Code":"iot-acme-2","Account":"acme"}}
{"alias":{"Code":"iot-old","Instance":""}}
{"user":{"Name":"ops","Account":"default","Policy":"iot:Query* CreateJob"}}
{"key":{"KeyId":"LTAIops","KeySecret":"opssecret","Account":"default","User":"ops"}}
{"key":{"KeyId":"LTAIacme","KeySecret":"acmesecret","Account":"acme","Enabled":false}}
{"product":{"ProductKey":"a1Pump","ProductSecret":"ps1","ProductName":"pumps","Released":true,)"
    R"("Tsl":"{\"properties\":[{\"identifier\":\"level\",\"name\":\"Level\",\"accessMode\":\"rw\",)"
    R"(\"dataType\":{\"type\":\"int\",\"specs\":{\"min\":\"0\",\"max\":\"9\"}}}]}",)"
    R"("Topics":[{"Name":"user/cmd","Operation":1,"Description":"orders"}]}}
{"product":{"ProductKey":"a1Plain","ProductSecret":"ps2"}}
{"group":{"GroupId":"g1","GroupName":"north","GroupDesc":"d"}}
{"group":{"GroupId":"g2","GroupName":"north_east","SuperGroupId":"g1"}}
{"device":{"ProductKey":"a1Pump","DeviceName":"pump-1","DeviceSecret":"s1","IotId":"OPx001",)"
    R"("Nickname":"first","Serial":"sn1","Tags":{"room":"101","color":"red"},"Groups":["g1","g2"]}}
{"device":{"ProductKey":"a1Pump","DeviceName":"pump-2","DeviceSecret":"s2","Enabled":false}}
{"device":{"ProductKey":"a1Plain","DeviceName":"plain-1","DeviceSecret":"s3"}}
)";

class ImportVerb : public ::testing::Test {
 protected:
  // Runs `rollcall WORDS` against a server; what it prints is in `output`.
  int run(RollcallServer& server, std::vector<std::string> words) {
    words.insert(words.begin(), binary_under_test());
    const std::string log = path("output" + std::to_string(++runs));
    Process process;
    const client::ApiSettings& settings = server.settings;
    if (!process.start(words, log,
                       {{"ROLLCALL_ENDPOINT", server.http},
                        {"ROLLCALL_ACCESS_KEY_ID", settings.access_key_id},
                        {"ROLLCALL_ACCESS_KEY_SECRET", std::string(settings.access_key_secret.reveal())}}))
      return -1;
    const int status = process.exit_within(60'000).value_or(-2);
    output = read_file(log);
    return status;
  }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::string path(const std::string& name) const { return folder.path() + "/" + name; }

  net::CoreLoop loop;
  ScratchFolder folder;
  std::string output;
  int runs = 0;
};

// The counts of a kind in the table that is printed.
std::string row(const char* kind, int added, int same, int changed, int refused) {
  return "\n" + std::string(kind) + " +" + std::to_string(added) + " +" + std::to_string(same) + " +" +
         std::to_string(changed) + " +" + std::to_string(refused) + "\n";
}

TEST_F(ImportVerb, AFleetOfEveryKindGoesThroughTwoServersUnchanged) {
  RollcallServer first(binary_under_test(), loop);
  const std::string file = write("fleet.jsonl", kFleet);
  ASSERT_EQ(run(first, {"import", file, "--dry-run"}), 0) << output;
  EXPECT_THAT(output, HasSubstr("nothing was written"));
  EXPECT_EQ(first.client()->require("QueryProductList", {{"PageSize", "10"}})->number("Data.Total"), 0);
  ASSERT_EQ(run(first, {"import", file}), 0) << output;
  EXPECT_THAT(output, ::testing::ContainsRegex(row("device", 3, 0, 0, 0)));
  EXPECT_THAT(output, ::testing::ContainsRegex(row("key", 2, 0, 0, 0)));
  ASSERT_EQ(run(first, {"import", file}), 0) << output;
  for (const char* kind : {"account", "instance", "alias", "user"})
    EXPECT_THAT(output, ::testing::ContainsRegex(row(kind, 0, 1, 0, 0)));
  EXPECT_THAT(output, ::testing::ContainsRegex(row("device", 0, 3, 0, 0)));
  ASSERT_EQ(run(first, {"export", "--access", "--out", path("one.jsonl")}), 0) << output;
  EXPECT_EQ(std::filesystem::status(path("one.jsonl")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

  RollcallServer second(binary_under_test(), loop);
  ASSERT_EQ(run(second, {"import", path("one.jsonl")}), 0) << output;
  second.settings = first.settings;  // its key came along
  ASSERT_EQ(run(second, {"export", "--access", "--out", path("two.jsonl")}), 0) << output;
  // The second one's own first key is there beside.
  const std::string one = read_file(path("one.jsonl"));
  std::string two;
  std::istringstream lines(read_file(path("two.jsonl")));
  for (std::string line; std::getline(lines, line);)
    if (one.find(line) != std::string::npos || line.find(R"("Administrator":true)") == std::string::npos)
      two += line + "\n";
  EXPECT_EQ(one, two);

  const auto device = second.client()->require("QueryDeviceDetail", {{"IotId", "OPx001"}});
  EXPECT_EQ(device->text("Data.DeviceName"), "pump-1");
  EXPECT_EQ(device->text("Data.DeviceSecret"), "s1");
  EXPECT_EQ(second.client()->require("QueryDeviceListByDeviceGroup", {{"GroupId", "g2"}})->number("Total"),
            1);
}

TEST_F(ImportVerb, TellsOfEverythingThatIsWrongAndWritesNothing) {
  RollcallServer server(binary_under_test(), loop);
  ASSERT_EQ(run(server, {"import", write("fleet.jsonl", kFleet)}), 0) << output;
  const std::string bad = write("bad.jsonl", R"({"product":{"ProductKey":"a1New","ProductName":"bad name"}}
{"device":{"ProductKey":"a1Pump","DeviceName":"pump-2","DeviceSecret":"s2"}}
{"device":{"ProductKey":"nope","DeviceName":"pump-3","DeviceSecret":"s2"}}
{"device":{"ProductKey":"a1Pump","DeviceName":"pump-4","DeviceSecret":"topsecret","Groups":["g9"]}}
{"device":{"ProductKey":"a1Pump","DeviceName":"pump-4","DeviceSecret":"s3"}}
nonsense
{"group":{"GroupId":"g2","GroupName":"renamed"}}
{"key":{"KeyId":"LTAIops","KeySecret":"opssecret","Account":"acme"}}
{"device":{"ProductKey":"a1Pump","DeviceName":"pump-5","DeviceSecret":"s3","X":1}}
{"device":{"ProductKey":"a1Pump","DeviceName":"pump-6","DeviceSecret":"s6"}}
)");
  ASSERT_EQ(run(server, {"export", "--access", "--out", path("before.jsonl")}), 0) << output;
  EXPECT_EQ(run(server, {"import", bad}), 1);
  for (int line = 1; line <= 9; ++line)
    EXPECT_THAT(output, HasSubstr(", line " + std::to_string(line) + ": ")) << line;
  EXPECT_THAT(output, Not(HasSubstr(", line 10: ")));
  EXPECT_THAT(output, ::testing::ContainsRegex(row("device", 1, 0, 0, 6)));
  EXPECT_THAT(output, HasSubstr("nothing was written"));
  EXPECT_THAT(output, Not(HasSubstr("topsecret")));
  ASSERT_EQ(run(server, {"export", "--access", "--out", path("after.jsonl")}), 0) << output;
  EXPECT_EQ(read_file(path("before.jsonl")), read_file(path("after.jsonl")));
}

TEST_F(ImportVerb, TakesMoreThanAChunkWithItsProductsAndGroups) {
  RollcallServer server(binary_under_test(), loop);
  std::string csv = "ProductKey,DeviceName,DeviceSecret,GroupId\n";
  for (int i = 0; i < 2'500; ++i)
    csv += "a1Lamp,lamp-" + std::to_string(i) + ",s" + std::to_string(i) + (i % 2 == 0 ? ",g1\n" : ",\n");
  EXPECT_EQ(run(server, {"import", write("lamps.csv", csv)}), 1) << "there is no such product";
  EXPECT_THAT(output, HasSubstr("and 2480 more; nothing was written"));
  EXPECT_EQ(run(server, {"import", write("product.jsonl", R"({"product":{"ProductKey":"a1Lamp"}})")}), 0);
  ASSERT_EQ(run(server, {"import", path("lamps.csv")}), 0) << output;
  EXPECT_THAT(output, ::testing::ContainsRegex(row("device", 2500, 0, 0, 0)));
  // The product and the group of a chunk may have come with an earlier one, of the same file.
  RollcallServer other(binary_under_test(), loop);
  ASSERT_EQ(run(server, {"export", "--out", path("lamps.jsonl")}), 0) << output;
  ASSERT_EQ(run(other, {"import", path("lamps.jsonl")}), 0) << output;
  EXPECT_EQ(other.client()->require("QueryDeviceListByDeviceGroup", {{"GroupId", "g1"}})->number("Total"),
            1'250);
}

TEST_F(ImportVerb, SaysWhatIsWrongWithAFile) {
  RollcallServer server(binary_under_test(), loop);
  EXPECT_EQ(run(server, {"import", path("none")}), 1);
  EXPECT_THAT(output, HasSubstr("cannot read"));
  EXPECT_EQ(run(server, {"import", folder.path()}), 1);
  EXPECT_THAT(output, HasSubstr("cannot read"));
  EXPECT_EQ(run(server, {"import", write("empty", "")}), 1);
  EXPECT_THAT(output, HasSubstr("is empty"));
  EXPECT_EQ(run(server, {"import", write("head", "ProductKey,DeviceName,DeviceSecret\n")}), 1);
  EXPECT_THAT(output, HasSubstr("holds no device"));
  EXPECT_EQ(run(server, {"export", "--out", path("no/such/folder")}), 1);
  EXPECT_THAT(output, HasSubstr("cannot write"));
}

}  // namespace
}  // namespace rollcall::testing
