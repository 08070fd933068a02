// Accounts, instances, sub-users, keys, and the tokens of CreateJob.
#include "base/limits.hpp"
#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr AccountId kOther{2};

AccessKey key_value(const std::string& id, const std::string& user) {
  AccessKey key;
  key.id = id;
  key.secret = Secret("secret of " + id);
  key.instance = InstanceId{2};
  key.created_at = WallMs{5};
  key.account = kOther;
  key.user = user;
  return key;
}

ChangeSet other_account() {
  ChangeSet changes;
  changes.access.put_accounts = {{kOther, "other", InstanceId{2}, WallMs{5}}};
  changes.access.put_instances = {{InstanceId{2}, kOther, "iot-other", WallMs{5}}};
  changes.access.put_aliases = {{"iot-old", InstanceId{2}}};
  changes.access.put_users = {{kOther, "viewer", "Query*", WallMs{6}}};
  changes.access.put_keys = {key_value("k1", ""), key_value("k2", "viewer")};
  return changes;
}

ClientToken token_value(const std::string& token, JobId job, WallMs at) {
  return {{kOther, token}, std::string("\0\xff digest", 9), job, at};
}

TEST_P(StoreContract, AFreshStoreHasOneAccountWithOneInstance) {
  const auto all = store().access();
  ASSERT_TRUE(all);
  EXPECT_THAT(all->accounts, ElementsAre(Account{kFirstAccount, "default", kFirstInstance, WallMs{0}}));
  EXPECT_THAT(all->instances, ElementsAre(Instance{kFirstInstance, kFirstAccount, "", WallMs{0}}));
  EXPECT_THAT(all->users, IsEmpty());
  EXPECT_THAT(all->keys, IsEmpty());
}

TEST_P(StoreContract, KeepsAccountsAndTheirKeys) {
  commit(other_account());
  if (GetParam().durable) reopen();
  const auto all = store().access();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->accounts.size(), 2u);
  EXPECT_EQ(all->accounts[1], (Account{kOther, "other", InstanceId{2}, WallMs{5}}));
  EXPECT_EQ(all->instances[1], (Instance{InstanceId{2}, kOther, "iot-other", WallMs{5}}));
  EXPECT_THAT(all->aliases, ElementsAre(InstanceAlias{"iot-old", InstanceId{2}}));
  EXPECT_THAT(all->users, ElementsAre(SubUser{kOther, "viewer", "Query*", WallMs{6}}));
  ASSERT_EQ(all->keys.size(), 2u);
  EXPECT_EQ(all->keys[1].secret.reveal(), "secret of k2");
  EXPECT_EQ(all->keys[1].account, kOther);
  EXPECT_EQ(all->keys[1].user, "viewer");
  EXPECT_FALSE(all->keys[1].administrator);
}

TEST_P(StoreContract, PuttingAgainReplacesAndRemovingTakesAway) {
  commit(other_account());
  ChangeSet changes;
  changes.access.put_accounts = {{kOther, "other", kFirstInstance, WallMs{5}}};
  changes.access.put_users = {{kOther, "viewer", "*", WallMs{6}}};
  AccessKey key = key_value("k1", "");
  key.secret = Secret("new");
  key.enabled = false;
  changes.access.put_keys = {key};
  changes.access.removed_keys = {"k2", "never"};
  changes.access.removed_aliases = {"iot-old"};
  commit(changes);
  auto all = store().access();
  EXPECT_EQ(all->accounts[1].default_instance, kFirstInstance);
  EXPECT_EQ(all->users[0].policy, "*");
  ASSERT_EQ(all->keys.size(), 1u);
  EXPECT_EQ(all->keys[0].secret.reveal(), "new");
  EXPECT_FALSE(all->keys[0].enabled);
  EXPECT_THAT(all->aliases, IsEmpty());
  ChangeSet gone;
  gone.access.removed_users = {{kOther, "viewer"}};
  commit(gone);
  EXPECT_THAT(store().access()->users, IsEmpty());
}

TEST_P(StoreContract, TwoAccountsCannotHaveOneNameNorTwoInstancesOneCode) {
  commit(other_account());
  ChangeSet name;
  name.access.put_accounts = {{AccountId{3}, "other", InstanceId{2}, WallMs{7}}};
  EXPECT_TRUE(commit_refused(name).detail.starts_with("constraint:"));
  ChangeSet code;
  code.access.put_instances = {{InstanceId{3}, kOther, "iot-other", WallMs{7}}};
  EXPECT_TRUE(commit_refused(code).detail.starts_with("constraint:"));
}

TEST_P(StoreContract, RemembersClientTokensOfEachAccount) {
  ChangeSet changes;
  changes.client_tokens = {token_value("t", JobId{7}, WallMs{1'000})};
  commit(changes);
  if (GetParam().durable) reopen();
  const std::vector<ClientTokenKey> asked{{kOther, "t"}, {kFirstAccount, "t"}, {kOther, "T"}};
  EXPECT_THAT(*store().client_tokens(asked), ElementsAre(token_value("t", JobId{7}, WallMs{1'000})));
  ChangeSet again;
  again.client_tokens = {token_value("t", JobId{8}, WallMs{2'000})};
  commit(again);
  EXPECT_THAT(*store().client_tokens(asked), ElementsAre(token_value("t", JobId{8}, WallMs{2'000})));
}

TEST_P(StoreContract, ForgetsOldClientTokensOldestFirstAndInChunks) {
  ChangeSet changes;
  std::vector<ClientTokenKey> asked;
  for (int i = 0; i < 5; ++i) {
    changes.client_tokens.push_back(token_value("t" + std::to_string(i), JobId{i + 1}, WallMs{1'000 + i}));
    asked.push_back(changes.client_tokens.back().key);
  }
  commit(changes);
  ChangeSet forget;
  forget.forget_client_tokens = {WallMs{1'003}, 3};
  commit(forget);
  auto left = *store().client_tokens(asked);
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].job, JobId{4});
  commit(forget);
  left = *store().client_tokens(asked);
  ASSERT_EQ(left.size(), 1u) << "the last one is too young";
  EXPECT_EQ(left[0].job, JobId{5});
}

}  // namespace
}  // namespace rollcall::store
