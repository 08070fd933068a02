#include "alink/device_info.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace rollcall::alink {
namespace {

std::string tags(std::string_view params) {
  Request request;
  request.params = params;
  const auto read = read_tags_update(request);
  if (!read) return public_message(read.error());
  std::string out;
  for (const DeviceTag& tag : *read) out += tag.name + "=" + tag.value + ";";
  return out;
}

TEST(DeviceInfo, ReadsTagsAndLeavesThoseOfTheSystemOut) {
  EXPECT_EQ(tags(R"([{"attrKey":"a","attrValue":"b"},{"attrKey":"n","attrValue":7},)"
                 R"({"attrKey":"s","attrValue":"x","domain":"SYSTEM"}])"),
            "a=b;n=7;");
  EXPECT_EQ(tags("[]"), "");
}

TEST(DeviceInfo, NamesWhatIsWrongWithTags) {
  EXPECT_EQ(tags(R"({"attrKey":"a"})"), R"(params is an array of {"attrKey":..})");
  EXPECT_EQ(tags(""), R"(params is an array of {"attrKey":..})");
  EXPECT_EQ(tags("[1]"), "params [0] is an object");
  EXPECT_EQ(tags(R"([{"attrKey":"a","attrValue":"b"},{"attrValue":"b"}])"),
            "params [1].attrKey is absent or no text");
  EXPECT_EQ(tags(R"([{"attrKey":"a","attrValue":{}}])"), "params [0].attrValue is absent or no text");
  std::string many = "[";
  for (size_t i = 0; i <= limits::kTagsPerDeviceMax; ++i) many += R"({"attrKey":"a","attrValue":"b"},)";
  many.back() = ']';
  EXPECT_EQ(tags(many), "params has at most 100 elements");
}

TEST(DeviceInfo, ReadsNamesOfTagsToDelete) {
  Request request;
  request.params = R"([{"attrKey":"a"},{"attrKey":"b"}])";
  EXPECT_EQ(read_tags_delete(request), (std::vector<std::string>{"a", "b"}));
}

TEST(DeviceInfo, ReadsTheFirmwareOfTheDefaultModule) {
  EXPECT_EQ(read_firmware_inform(R"({"id":"1","params":{"version":"1.2"}})"), "1.2");
  EXPECT_EQ(read_firmware_inform(R"({"id":"1","params":{"version":"1.2","module":"default"}})"), "1.2");
  EXPECT_EQ(read_firmware_inform(R"({"id":"1","params":{"version":"1.2","module":"mcu"}})"), std::nullopt);
  EXPECT_EQ(read_firmware_inform(R"({"id":"1","params":{"version":""}})"), std::nullopt);
  EXPECT_EQ(read_firmware_inform(R"({"id":"1","params":{"version":")" + std::string(65, 'x') + "\"}}"),
            std::nullopt);
  EXPECT_EQ(read_firmware_inform("no JSON"), std::nullopt);
}

}  // namespace
}  // namespace rollcall::alink
