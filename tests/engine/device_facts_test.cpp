// Presence with its reason, firmware and tags of devices, as devices bring them about.
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

class DeviceFacts : public ::testing::Test {
 protected:
  World world;
  std::string product = world.make_product("lamps");
  DeviceId device = world.make_device(product, "lamp1");

  Presence stored() {
    world.pass_ms(2'000);
    const DeviceId ids[] = {device};
    const auto rows = world.store->presence(ids);
    return rows && !rows->empty() ? rows->front() : Presence();
  }
  std::vector<DeviceTag> tags() {
    const DeviceId ids[] = {device};
    const auto rows = world.store->device_tags(ids);
    std::vector<DeviceTag> found;
    for (const auto& [owner, tag] : *rows) found.push_back(tag);
    return found;
  }
};

TEST_F(DeviceFacts, PresenceTellsWhyTheLastConnectionEnded) {
  FakeDevice& first = world.connect(device);
  EXPECT_EQ(stored().offline_reason, OfflineReason::Unknown);
  world.send(engine::CloseSession{first.session(), OfflineReason::KeepAlive});
  EXPECT_FALSE(stored().online);
  EXPECT_EQ(stored().offline_reason, OfflineReason::KeepAlive);
  world.connect(device);
  EXPECT_TRUE(stored().online);
  EXPECT_EQ(stored().offline_reason, OfflineReason::Unknown);
}

TEST_F(DeviceFacts, ADisabledDeviceIsOfflineForThatReason) {
  world.connect(device);
  ASSERT_TRUE(world.call(engine::SetThingEnabled{{"", product, "lamp1"}, false}));
  EXPECT_EQ(stored().offline_reason, OfflineReason::Disabled);
}

TEST_F(DeviceFacts, WhoWasOnlineWhenTheServerDiedIsOfflineForThat) {
  world.connect(device);
  EXPECT_TRUE(stored().online);
  world.restart();
  EXPECT_FALSE(stored().online);
  EXPECT_EQ(stored().offline_reason, OfflineReason::ServerDied);
}

TEST_F(DeviceFacts, FirmwareIsKeptOverConnectionsAndRestarts) {
  FakeDevice& first = world.connect(device);
  world.send(engine::FirmwareReport{first.session(), "1.0"});
  world.send(engine::FirmwareReport{first.session(), "1.1"});
  EXPECT_EQ(stored().firmware_version, "1.1");
  world.restart();
  world.connect(device);
  EXPECT_EQ(stored().firmware_version, "1.1");
}

TEST_F(DeviceFacts, AnOldConnectionSaysNothing) {
  const engine::SessionRef old = world.connect(device).session();
  world.connect(device);
  world.send(engine::FirmwareReport{old, "0.9"});
  world.send(engine::TagReport{old, {{"k", "v"}}, {}, {}});
  EXPECT_EQ(stored().firmware_version, "");
  EXPECT_TRUE(tags().empty());
}

TEST_F(DeviceFacts, TagsOfTheDeviceAreThoseOfTheApi) {
  FakeDevice& lamp = world.connect(device);
  world.send(engine::TagReport{lamp.session(), {{"room", "7"}, {"floor", "1"}}, {}, {"\"1\"", "", 4}});
  world.settle();
  ASSERT_EQ(lamp.tag_replies.size(), 1u);
  EXPECT_TRUE(lamp.tag_replies[0].status);
  EXPECT_EQ(lamp.tag_replies[0].echo.packet_id, 4);
  EXPECT_EQ(tags(), (std::vector<DeviceTag>{{"floor", "1"}, {"room", "7"}}));
  world.send(engine::TagReport{lamp.session(), {}, {"room", "never there"}, {}});
  world.settle();
  EXPECT_EQ(tags(), (std::vector<DeviceTag>{{"floor", "1"}}));
}

TEST_F(DeviceFacts, ABadTagChangesNothingAndSaysWhy) {
  FakeDevice& lamp = world.connect(device);
  world.send(engine::TagReport{lamp.session(), {{"room", "7"}, {"no blanks", "1"}}, {}, {}});
  std::vector<DeviceTag> many;
  for (size_t i = 0; i <= limits::kTagsPerDeviceMax; ++i) many.push_back({"t" + std::to_string(i), "v"});
  world.send(engine::TagReport{lamp.session(), many, {}, {}});
  world.settle();
  ASSERT_EQ(lamp.tag_replies.size(), 2u);
  EXPECT_NE(public_message(lamp.tag_replies[0].status.error()).find("no blanks"), std::string::npos);
  EXPECT_EQ(lamp.tag_replies[1].status.error().code, ErrorCode::TooManyTags);
  EXPECT_TRUE(tags().empty());
}

}  // namespace
}  // namespace rollcall::testing
