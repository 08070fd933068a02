// Dynamic registration as the engine decides it (device-protocol 3).
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

class DynamicRegistrationTest : public ::testing::Test {
 protected:
  World world;
  std::string product = world.make_product("lamps");

  void offer(DynamicRegistration registration) {
    ASSERT_TRUE(world.call(engine::UpdateProduct{product, "lamps", std::nullopt, registration}));
  }
  std::string ask(const std::string& name) {
    auto answer = world.call(engine::FindRegistration{product, name});
    if (!answer) return public_message(answer.error());
    return std::get<engine::RegistrationFound>(*answer).device_secret.reveal();
  }
  std::string secret_of(DeviceId device) {
    return world.store->devices(std::array{device})->front().secret.reveal();
  }
  Result<engine::DeviceIdentity> find(const std::string& name, LoginKind kind) {
    world.founds.clear();
    world.send(engine::FindDevice{{0, {900, 1}}, product, name, kind});
    world.settle();
    return world.founds.at(0).identity;
  }
  Result<engine::DeviceIdentity> add(const std::string& name) {
    world.founds.clear();
    world.send(engine::AddDevice{{0, {900, 1}}, product, name});
    world.settle();
    return world.founds.at(0).identity;
  }
};

TEST_F(DynamicRegistrationTest, IsOffUnlessTheProductOffersIt) {
  world.make_device(product, "lamp1");
  EXPECT_NE(ask("lamp1").find("dynamic registration is off"), std::string::npos);
  EXPECT_FALSE(find("lamp1", LoginKind::Register));
  EXPECT_FALSE(add("lamp2"));
}

TEST_F(DynamicRegistrationTest, GivesTheSecretAgainAndAgainUntilTheDeviceWasConnected) {
  offer(DynamicRegistration::Preregistered);
  const DeviceId lamp = world.make_device(product, "lamp1");
  EXPECT_EQ(ask("lamp1"), secret_of(lamp));
  EXPECT_EQ(ask("lamp1"), secret_of(lamp));
  EXPECT_EQ(find("lamp1", LoginKind::Register)->secret.reveal(), secret_of(lamp));
  world.connect(lamp);
  EXPECT_NE(ask("lamp1").find("was connected already"), std::string::npos);
  world.pass_ms(2'000);  // presence is written lazily
  world.restart();
  EXPECT_NE(ask("lamp1").find("was connected already"), std::string::npos);
}

TEST_F(DynamicRegistrationTest, KnowsNoDeviceThatIsNotThereOrDisabled) {
  offer(DynamicRegistration::Preregistered);
  world.make_device(product, "lamp1");
  ASSERT_TRUE(world.call(engine::SetThingEnabled{{"", product, "lamp1"}, false}));
  EXPECT_EQ(find("lamp1", LoginKind::Register).error().code, ErrorCode::DeviceDisabled);
  EXPECT_EQ(find("lamp2", LoginKind::Register).error().code, ErrorCode::NotExistedDevice);
  EXPECT_FALSE(find("lamp2", LoginKind::RegisterNew));
  EXPECT_FALSE(world.call(engine::FindRegistration{"nothing", "lamp1"}));
}

TEST_F(DynamicRegistrationTest, AddsADeviceOnceWhereAnyoneMay) {
  offer(DynamicRegistration::Anyone);
  const auto unknown = find("lamp1", LoginKind::RegisterNew);
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->device);
  const auto added = add("lamp1");
  ASSERT_TRUE(added && added->device);
  EXPECT_EQ(add("lamp1")->device, added->device);
  EXPECT_EQ(add("lamp1")->secret.reveal(), secret_of(added->device));
  EXPECT_FALSE(add("no"));  // too short for a name
  world.restart();
  EXPECT_EQ(find("lamp1", LoginKind::Session)->device, added->device);
}

}  // namespace
}  // namespace rollcall::testing
