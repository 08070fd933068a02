// Direct messages with QoS 1 that wait for their devices (engine/offline_messages.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OfflineMessages : public ::testing::Test {
 protected:
  World world;
  std::string lamps = world.make_product("lamps");
  DeviceId id = world.make_device(lamps, "lamp-1");

  engine::SendMessage message(std::string body, std::string topic = "get") const {
    engine::SendMessage made;
    made.devices.push_back({{}, lamps, "lamp-1"});
    made.qos = MessageQos::Qos1;
    made.body = std::move(body);
    made.topic_short_name = std::move(topic);
    return made;
  }
  void pub(std::string body) {
    const auto outcome = world.call(message(std::move(body)));
    ASSERT_TRUE(outcome) << public_message(outcome.error());
    EXPECT_GT(std::get<engine::MessageSent>(*outcome).message_id, 0);
  }
  FakeDevice& come(bool reachable = true) { return world.connect(id, reachable, true); }
  static std::vector<std::string> bodies(const FakeDevice& device) {
    std::vector<std::string> all;
    for (const engine::PushTask& push : device.pushes) all.push_back(push.content->body);
    return all;
  }
  void acknowledge(FakeDevice& device, size_t nth) {
    world.send(engine::PushConfirmed{device.session(), device.pushes.at(nth).key, 1});
    world.settle();
  }
  // When everything lazy is written.
  int64_t stored() {
    world.pass_ms(2'000);
    return world.store->offline_totals()->messages;
  }
};

TEST_F(OfflineMessages, WaitForADeviceThatIsAwayInTheirOrder) {
  pub("one");
  pub("two");
  EXPECT_EQ(world.store->offline_totals()->messages, 2) << "durable before the answer";
  FakeDevice& device = come();
  EXPECT_THAT(bodies(device), ElementsAre("one", "two")) << "at once: no $next is waited for";
  EXPECT_EQ(device.pushes.front().content->qos, MessageQos::Qos1);
  EXPECT_EQ(device.pushes.front().content->topic_short_name, "get");
  EXPECT_NE(device.pushes.front().direct_id, 0u);
  EXPECT_EQ(stored(), 2) << "until they are acknowledged";
  acknowledge(device, 0);
  acknowledge(device, 1);
  EXPECT_EQ(stored(), 0);
  EXPECT_EQ(world.probe.messages_waiting.value(), 0);
  world.disconnect(device);
  EXPECT_THAT(come().pushes, IsEmpty());
}

TEST_F(OfflineMessages, OutliveACrash) {
  pub("one");
  world.restart();
  EXPECT_EQ(world.probe.messages_waiting.value(), 1);
  FakeDevice& device = come();
  EXPECT_THAT(bodies(device), ElementsAre("one"));
  world.restart();
  FakeDevice& again = come();
  EXPECT_THAT(bodies(again), ElementsAre("one")) << "nobody acknowledged it";
  acknowledge(again, 0);
  EXPECT_EQ(stored(), 0);
  world.restart();
  EXPECT_THAT(come().pushes, IsEmpty());
  pub("two");
  EXPECT_EQ(world.devices.rbegin()->second.pushes.size(), 1u);
}

TEST_F(OfflineMessages, OfADeviceThatIsHereAreSentAtOnceAndAgainUntilAcknowledged) {
  FakeDevice& device = come();
  pub("one");
  pub("two");
  EXPECT_THAT(bodies(device), ElementsAre("one", "two"));
  acknowledge(device, 1);
  world.disconnect(device);
  EXPECT_THAT(bodies(come()), ElementsAre("one"));
}

TEST_F(OfflineMessages, OfWhoKeepsNoSessionAreNotStored) {
  FakeDevice& device = world.connect(id);
  pub("one");
  EXPECT_THAT(bodies(device), ElementsAre("one"));
  EXPECT_FALSE(engine::is_offline_key(device.pushes.front().key));
  EXPECT_EQ(stored(), 0);
}

TEST_F(OfflineMessages, AreGivenUpByACleanSession) {
  pub("one");
  FakeDevice& device = world.connect(id);
  EXPECT_THAT(device.pushes, IsEmpty());
  world.disconnect(device);
  pub("two");
  EXPECT_THAT(bodies(come()), ElementsAre("two"));
  EXPECT_EQ(stored(), 1);
}

TEST_F(OfflineMessages, WaitForTheSubscription) {
  pub("one");
  FakeDevice& device = come(false);
  EXPECT_THAT(device.pushes, IsEmpty());
  pub("two");
  EXPECT_THAT(device.pushes, IsEmpty());
  world.send(engine::SetReachability{device.session(), std::make_shared<FixedReach>(true)});
  world.settle();
  EXPECT_THAT(bodies(device), ElementsAre("one", "two"));
  world.send(engine::SetReachability{device.session(), std::make_shared<FixedReach>(true)});
  world.settle();
  EXPECT_EQ(device.pushes.size(), 2u) << "once on a connection";
}

TEST_F(OfflineMessages, GoOutInWindows) {
  constexpr int kAll = 40;  // more than a look reads, and than may be unconfirmed
  for (int i = 0; i < kAll; ++i) pub(std::to_string(i));
  FakeDevice& device = come();
  EXPECT_EQ(device.pushes.size(), static_cast<size_t>(limits::kUnconfirmedPushesMax));
  for (size_t i = 0; i < kAll; ++i) {
    ASSERT_LT(i, device.pushes.size());
    EXPECT_EQ(device.pushes[i].content->body, std::to_string(i));
    acknowledge(device, i);
  }
  EXPECT_EQ(device.pushes.size(), static_cast<size_t>(kAll));
  EXPECT_EQ(stored(), 0);
}

TEST_F(OfflineMessages, WaitForRoomInTheCore) {
  pub("one");
  world.room = 0;
  FakeDevice& device = world.connect_later(id, true, true);
  for (int i = 0; i < 5; ++i) world.run_once();
  EXPECT_THAT(device.pushes, IsEmpty());
  world.room = 10;
  world.settle();
  EXPECT_THAT(bodies(device), ElementsAre("one"));
}

TEST_F(OfflineMessages, ExpireAfterSevenDays) {
  pub("one");
  world.clock.advance_ms(limits::kOfflineMessageKeepMs - 1'000);
  world.settle();
  pub("two");
  world.clock.advance_ms(2'000);
  FakeDevice& device = world.connect_later(id, true, true);
  world.settle();
  EXPECT_THAT(bodies(device), ElementsAre("two"));
  world.pass_ms(120'000, 1'000);
  EXPECT_EQ(stored(), 1);
  EXPECT_EQ(world.probe.messages_dropped_total.value(), 1u);
  acknowledge(device, 0);
  EXPECT_EQ(stored(), 0);
}

TEST_F(OfflineMessages, AreBoundedPerDevice) {
  for (int64_t i = 0; i < limits::kOfflineMessagesPerDevice; ++i) pub("x");
  auto outcome = world.call(message("one more"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::MessageRateLimit);
  EXPECT_NE(public_message(outcome.error()).find("lamp-1"), std::string::npos);
  engine::SendMessage list = message("to all");
  list.many = true;
  world.make_device(lamps, "lamp-2");
  list.devices.push_back({{}, lamps, "lamp-2"});
  EXPECT_TRUE(world.call(list)) << "a list leaves out who cannot take it";
  EXPECT_EQ(world.store->offline_totals()->messages, limits::kOfflineMessagesPerDevice + 1);
  EXPECT_EQ(world.probe.messages_dropped_total.value(), 2u);

  engine::SendMessage large = message(std::string(limits::kOfflineBytesPerDevice / 2, 'x'));
  large.devices.front().device_name = "lamp-2";
  EXPECT_TRUE(world.call(large));
  outcome = world.call(large);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::MessageRateLimit);
}

// What was acknowledged and is not forgotten yet takes no place.
TEST_F(OfflineMessages, OfABusyDeviceTakeTheirPlaceBackWithThePuback) {
  FakeDevice& device = come();
  const auto rounds = static_cast<size_t>(limits::kOfflineMessagesPerDevice) + 20;
  for (size_t i = 0; i < rounds; ++i) {
    pub("x");
    acknowledge(device, i);
  }
  EXPECT_EQ(device.pushes.size(), rounds);
}

TEST_F(OfflineMessages, OfAListAreOfEachDevice) {
  const DeviceId other = world.make_device(lamps, "lamp-2");
  FakeDevice& here = world.connect(other);
  engine::SendMessage list = message("to all");
  list.many = true;
  list.devices.push_back({{}, lamps, "lamp-2"});
  ASSERT_TRUE(world.call(list));
  EXPECT_THAT(bodies(here), ElementsAre("to all"));
  EXPECT_THAT(bodies(come()), ElementsAre("to all"));
}

TEST_F(OfflineMessages, AreNotTakenForADisabledDeviceAndGoWithADeletedOne) {
  pub("one");
  ASSERT_TRUE(world.call(engine::SetThingEnabled{{{}, lamps, "lamp-1"}, false}));
  const auto outcome = world.call(message("two"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::DeviceDisabled);
  EXPECT_EQ(stored(), 1) << "it may be enabled again";
  ASSERT_TRUE(world.call(engine::DeleteDevice{{{}, lamps, "lamp-1"}}));
  EXPECT_EQ(stored(), 0);
  EXPECT_EQ(world.probe.messages_waiting.value(), 0);
}

TEST_F(OfflineMessages, OfTheSameBatchAsTheLoginArrive) {
  world.ask(message("one"));
  FakeDevice& device = world.connect_later(id, true, true);
  world.ask(message("two"));
  world.settle();
  EXPECT_THAT(bodies(device), ElementsAre("one", "two"));
}

TEST_F(OfflineMessages, ShareTheWindowWithTasks) {
  for (int i = 0; i < 8; ++i) world.make_job(World::custom_job(lamps));
  for (int i = 0; i < 8; ++i) pub(std::to_string(i));
  FakeDevice& device = come();
  world.pass_ms(4'000);
  EXPECT_EQ(device.pushes.size(), static_cast<size_t>(limits::kUnconfirmedPushesMax));
  for (size_t i = 0; i < device.pushes.size(); ++i) {
    acknowledge(device, i);
    world.pass_ms(200);
  }
  EXPECT_EQ(device.pushes.size(), 16u);
}

}  // namespace
}  // namespace rollcall::testing
