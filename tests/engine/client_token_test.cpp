// CreateJob with a ClientToken: the same call again is the same job, also after a restart and in one batch.
#include "base/limits.hpp"
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

class ClientTokens : public ::testing::Test {
 protected:
  void SetUp() override {
    product = world.make_product("lamps");
    world.make_device(product, "lamp-1");
  }

  engine::CreateJob request(const std::string& token, const std::string& digest = "digest") {
    engine::CreateJob job = World::custom_job(product);
    job.client_token = token;
    job.request_digest = digest;
    return job;
  }
  // The job, or none when it was refused.
  JobId make(const std::string& token, const std::string& digest = "digest",
             AccountId account = kFirstAccount) {
    auto made = world.call(request(token, digest), kFirstInstance, account);
    refused = made ? std::optional<ErrorCode>() : made.error().code;
    return made ? std::get<engine::JobMade>(*made).job : JobId{};
  }
  int64_t jobs() { return world.store->list_jobs(kFirstInstance, {}, 0, 1)->total; }

  World world;
  std::string product;
  std::optional<ErrorCode> refused;
};

TEST_F(ClientTokens, TheSameCallAgainIsTheSameJob) {
  const JobId first = make("token");
  EXPECT_EQ(make("token"), first);
  EXPECT_NE(make("other"), first);
  EXPECT_NE(make(""), make("")) << "without a token each call makes a job";
  EXPECT_EQ(jobs(), 4);
}

TEST_F(ClientTokens, OtherParametersAreRefused) {
  const JobId first = make("token");
  EXPECT_FALSE(make("token", "another"));
  EXPECT_EQ(refused, ErrorCode::IdempotentParameterMismatch);
  EXPECT_EQ(jobs(), 1);
  EXPECT_EQ(make("token"), first) << "the refused call changed nothing";
}

TEST_F(ClientTokens, AnAccountDoesNotSeeAnothersTokens) {
  const JobId first = make("token");
  EXPECT_NE(make("token", "another", AccountId{2}), first);
  EXPECT_FALSE(refused);
}

TEST_F(ClientTokens, SurviveARestart) {
  const JobId first = make("token");
  world.restart();
  EXPECT_EQ(make("token"), first);
  EXPECT_FALSE(make("token", "another"));
}

TEST_F(ClientTokens, TwoCallsInOneBatchMakeOneJob) {
  for (int i = 0; i < 2; ++i) {
    engine::ApiCommand command;
    command.what = request("token");
    command.actor.instance = kFirstInstance;
    world.send(std::move(command));
  }
  world.settle();
  EXPECT_EQ(jobs(), 1);
}

TEST_F(ClientTokens, AreForgottenAfterADay) {
  const JobId first = make("token");
  world.clock.advance_ms(limits::kClientTokenKeepMs - 1);
  EXPECT_EQ(make("token"), first);
  world.clock.advance_ms(1);
  const JobId second = make("token", "another");
  EXPECT_TRUE(second);
  EXPECT_NE(second, first);
  world.clock.advance_ms(limits::kClientTokenKeepMs);
  make("unlike");  // any batch does it
  world.settle();
  const std::vector<store::ClientTokenKey> old{{kFirstAccount, "token"}};
  EXPECT_TRUE(world.store->client_tokens(old)->empty());
}

TEST_F(ClientTokens, ARefusedCallLeavesNoToken) {
  engine::CreateJob bad = request("token");
  bad.spec.target_product_key = "a1nothing";
  EXPECT_FALSE(world.call(bad));
  EXPECT_TRUE(make("token", "another"));
}

}  // namespace
}  // namespace rollcall::testing
