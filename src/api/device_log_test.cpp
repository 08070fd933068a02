#include <gtest/gtest.h>

#include "api/fake_ports.hpp"

namespace rollcall::api {
namespace {

struct FakeLog final : DeviceLogPort {
  std::string asked;
  std::vector<DeviceLogEntry> device_log(const Device& device, std::string_view product_key,
                                         size_t entries_max) override {
    asked = device.name + "&" + std::string(product_key) + " " + std::to_string(entries_max);
    return {{WallMs{1'000}, DeviceLogKind::LoginRefused, "", "signature mismatch"},
            {WallMs{0}, DeviceLogKind::Uplink, "/a/b", "QoS 0, 1 bytes: x"}};
  }
};

engine::DevicesFound found() {
  engine::DevicesFound::Found lamp;
  lamp.device.name = "lamp1";
  lamp.product.key = "p1";
  return {{lamp}};
}

TEST(ListDeviceLogs, ShowsWhatTheGatewayRemembers) {
  FakeSurroundings s;
  FakeLog log;
  s.context.device_log = &log;
  s.engine.outcome = found();
  const ActionAnswer answer = s.run("ListDeviceLogs", {{"IotId", "x"}});
  ASSERT_FALSE(answer.error);
  EXPECT_EQ(log.asked, "lamp1&p1 100");
  EXPECT_EQ(render_json(answer.fields),
            R"({"Data":{"List":{"DeviceLog":[{"UtcTime":"1970-01-01T00:00:01.000Z","Kind":"LOGIN_REFUSED",)"
            R"("Topic":"","Message":"signature mismatch"},{"UtcTime":"1970-01-01T00:00:00.000Z",)"
            R"("Kind":"UPLINK","Topic":"/a/b","Message":"QoS 0, 1 bytes: x"}]}}})");
}

TEST(ListDeviceLogs, AsksForNothingOfADeviceThatIsNotThere) {
  FakeSurroundings s;
  FakeLog log;
  s.context.device_log = &log;
  s.engine.outcome = engine::DevicesFound{{std::nullopt}};
  const ActionAnswer answer = s.run("ListDeviceLogs", {{"IotId", "x"}});
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, ErrorCode::NotExistedDevice);
  EXPECT_EQ(log.asked, "");
}

}  // namespace
}  // namespace rollcall::api
