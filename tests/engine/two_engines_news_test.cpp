// What one engine hears of what another did a moment ago, before it has looked: nothing is acknowledged
// without an effect.
#include <unistd.h>

#include <filesystem>

#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

constexpr int64_t kSettleMs = 2'100;  // past the wait for a $next after CONNACK

class TwoEnginesNews : public ::testing::Test {
 protected:
  void SetUp() override {
    engine::EngineConfig config;
    config.others_check_ms = 3'600'000;  // it does not look by itself
    first = std::make_unique<World>(config, std::string(kShared) + file);
    second = std::make_unique<World>(config, std::string(kShared) + file);
    product = first->make_product("lamps");
    device = first->make_device(product, "lamp-1");
    second->pass_ms(100);
  }
  void TearDown() override {
    first.reset();
    second.reset();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file + end);
  }
  // Made and pushed by the first one; then the device comes to the second one.
  JobId push_and_move(engine::CreateJob create) {
    FakeDevice& before = first->connect(device);
    first->pass_ms(kSettleMs);
    const JobId job = first->make_job(std::move(create));
    first->pass_ms(100);
    EXPECT_EQ(before.pushes.size(), 1u);
    there = &second->connect(device);
    return job;
  }

  const std::string file = ::testing::TempDir() + "two_engines_news_" + std::to_string(::getpid());
  std::unique_ptr<World> first, second;
  std::string product;
  DeviceId device;
  FakeDevice* there = nullptr;
};

TEST_F(TwoEnginesNews, AReplyEndsATaskThatTheOtherPushed) {
  engine::CreateJob create = World::custom_job(product);
  create.spec.type = JobType::SetProperty;
  create.spec.document = R"({"params":{"power":1}})";
  const JobId job = push_and_move(create);
  second->send(engine::CommandReply{there->session(), alink_id(job, 1), 200, "{}", "success", {}});
  second->pass_ms(100);
  EXPECT_EQ(second->task({job, 0}).status, TaskStatus::Succeeded);
}

TEST_F(TwoEnginesNews, AConfirmationEndsAMessageThatTheOtherPushed) {
  engine::CreateJob create = World::custom_job(product);
  create.spec.type = JobType::Pub;
  create.spec.document = R"({"topicShortName":"a","messageContent":"aGk="})";
  create.settings.qos = MessageQos::Qos1;
  const JobId job = push_and_move(create);
  second->send(engine::PushConfirmed{there->session(), {job, 0}, 1});
  second->pass_ms(100);
  EXPECT_EQ(second->task({job, 0}).status, TaskStatus::Succeeded);
}

TEST_F(TwoEnginesNews, AReportEndsATaskThatTheOtherPushed) {
  const JobId job = push_and_move(World::custom_job(product));
  second->report(*there, {job, 0}, TaskEvent::ReportSucceeded);
  second->pass_ms(100);
  ASSERT_EQ(there->updates.size(), 1u);
  EXPECT_TRUE(there->updates[0].status);
  EXPECT_EQ(second->task({job, 0}).status, TaskStatus::Succeeded);
}

// A call that came in where the device is not.
TEST_F(TwoEnginesNews, AMessageReachesADeviceThatIsAtTheOther) {
  engine::EngineConfig config;
  config.others_check_ms = 100;
  second = std::make_unique<World>(config, std::string(kShared) + file);
  there = &second->connect(device, true, true);
  second->pass_ms(500);
  engine::SendMessage pub;
  pub.devices.push_back({{}, product, "lamp-1"});
  pub.qos = MessageQos::Qos1;
  pub.topic_short_name = "get";
  pub.body = "one";
  ASSERT_TRUE(first->call(pub));
  second->pass_ms(500);
  ASSERT_EQ(there->pushes.size(), 1u);
  EXPECT_EQ(there->pushes.front().content->body, "one");
  second->send(engine::PushConfirmed{there->session(), there->pushes.front().key, 1});
  second->pass_ms(2'000);
  EXPECT_EQ(second->store->offline_totals()->messages, 0);
  EXPECT_EQ(there->pushes.size(), 1u);
}

}  // namespace
}  // namespace rollcall::testing
