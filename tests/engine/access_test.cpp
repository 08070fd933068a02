// Accounts, instances, sub-users and keys as an administrator changes them.
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

using Operation = engine::ChangeAccess::Operation;

class Access : public ::testing::Test {
 protected:
  void SetUp() override {
    engine::ChangeAccess admin = change(Operation::CreateKey);
    admin.key_id = "admin";
    admin.administrator = true;
    ASSERT_TRUE(world.call(admin));
  }

  static engine::ChangeAccess change(Operation operation, const std::string& account = "default") {
    engine::ChangeAccess command;
    command.operation = operation;
    command.account = account;
    return command;
  }
  engine::ChangeAccess of_key(Operation operation, const std::string& id) {
    engine::ChangeAccess command = change(operation);
    command.key_id = id;
    return command;
  }
  engine::ChangeAccess user(Operation operation, const std::string& name, const std::string& policy = "") {
    engine::ChangeAccess command = change(operation, "other");
    command.user = name;
    command.policy = policy;
    return command;
  }
  engine::ChangeAccess instance(Operation operation, const std::string& account, const std::string& code,
                                const std::string& alias = "") {
    engine::ChangeAccess command = change(operation, account);
    command.instance = code;
    command.alias = alias;
    return command;
  }
  // What it was refused with; none when it was done.
  std::optional<ErrorCode> refusal(const engine::ChangeAccess& command) {
    const auto outcome = world.call(command);
    if (!outcome) return outcome.error().code;
    const auto& changed = std::get<engine::AccessChanged>(*outcome);
    made = changed.key;
    EXPECT_EQ(changed.directory->keys.size(), stored().keys.size());
    EXPECT_EQ(changed.directory->accounts, stored().accounts);
    return std::nullopt;
  }
  AccessDirectory stored() { return *world.store->access(); }

  World world;
  AccessKey made;
};

TEST_F(Access, AnAccountComesWithItsDefaultInstance) {
  EXPECT_FALSE(refusal(instance(Operation::CreateAccount, "other", "iot-other")));
  const AccessDirectory all = stored();
  const Account* other = all.account_named("other");
  ASSERT_TRUE(other);
  EXPECT_EQ(all.instance("iot-other")->id, other->default_instance);
  EXPECT_EQ(refusal(instance(Operation::CreateAccount, "other", "iot-x")), ErrorCode::AlreadyExistedAccess);
  EXPECT_EQ(refusal(instance(Operation::CreateAccount, "third", "iot-other")),
            ErrorCode::AlreadyExistedAccess);
  EXPECT_EQ(refusal(instance(Operation::CreateAccount, "a b", "iot-x")),
            ErrorCode::InvalidFormattedParameter);
}

TEST_F(Access, InstancesHaveAliasesAndOneOfThemIsTheDefault) {
  EXPECT_FALSE(refusal(instance(Operation::CreateInstance, "default", "iot-two")));
  EXPECT_FALSE(refusal(instance(Operation::AddAlias, "default", "iot-two", "iot-cn-old")));
  EXPECT_FALSE(refusal(instance(Operation::AddAlias, "default", "", "iot-first")));
  EXPECT_EQ(stored().instance("iot-cn-old")->id, stored().instance("iot-two")->id);
  EXPECT_EQ(stored().instance("iot-first")->id, kFirstInstance);
  EXPECT_EQ(refusal(instance(Operation::CreateInstance, "default", "iot-first")),
            ErrorCode::AlreadyExistedAccess)
      << "an alias is taken as well";
  EXPECT_FALSE(refusal(instance(Operation::SetDefaultInstance, "default", "iot-cn-old")));
  EXPECT_EQ(stored().account(kFirstAccount)->default_instance, stored().instance("iot-two")->id);
  EXPECT_FALSE(refusal(instance(Operation::DeleteAlias, "default", "", "iot-cn-old")));
  EXPECT_EQ(refusal(instance(Operation::DeleteAlias, "default", "", "iot-cn-old")),
            ErrorCode::NotExistedAccess);
  EXPECT_FALSE(refusal(instance(Operation::CreateAccount, "other", "iot-other")));
  EXPECT_EQ(refusal(instance(Operation::SetDefaultInstance, "default", "iot-other")),
            ErrorCode::NotExistedAccess)
      << "it is another account's";
}

TEST_F(Access, SubUsersHaveAPolicyAndTheirKeysGoWithThem) {
  EXPECT_FALSE(refusal(instance(Operation::CreateAccount, "other", "iot-other")));
  EXPECT_EQ(refusal(user(Operation::PutUser, "viewer", "Query Job*x")), ErrorCode::InvalidFormattedParameter);
  EXPECT_FALSE(refusal(user(Operation::PutUser, "viewer", "iot:Query*")));
  EXPECT_FALSE(refusal(user(Operation::PutUser, "viewer", "ListJob")));
  EXPECT_EQ(stored().users.size(), 1u);
  EXPECT_EQ(stored().users[0].policy, "ListJob");
  EXPECT_FALSE(refusal(user(Operation::CreateKey, "viewer")));
  EXPECT_EQ(stored().key(made.id)->user, "viewer");
  engine::ChangeAccess admin = user(Operation::CreateKey, "viewer");
  admin.administrator = true;
  EXPECT_EQ(refusal(admin), ErrorCode::InvalidFormattedParameter);
  EXPECT_EQ(refusal(user(Operation::CreateKey, "nobody")), ErrorCode::NotExistedAccess);
  EXPECT_FALSE(refusal(user(Operation::DeleteUser, "viewer")));
  EXPECT_EQ(stored().keys.size(), 1u) << "the administrator's";
}

TEST_F(Access, KeysAreAddedDisabledRotatedAndDeleted) {
  engine::ChangeAccess known = of_key(Operation::CreateKey, "LTAIold");
  known.secret = Secret("old secret");
  EXPECT_FALSE(refusal(known));
  EXPECT_EQ(stored().key("LTAIold")->secret.reveal(), "old secret");
  EXPECT_EQ(refusal(known), ErrorCode::AlreadyExistedAccess);
  EXPECT_FALSE(refusal(of_key(Operation::DisableKey, "LTAIold")));
  EXPECT_FALSE(stored().key("LTAIold")->enabled);
  EXPECT_FALSE(refusal(of_key(Operation::EnableKey, "LTAIold")));
  EXPECT_FALSE(refusal(of_key(Operation::RotateKey, "LTAIold")));
  EXPECT_NE(made.secret.reveal(), "old secret");
  EXPECT_EQ(stored().key("LTAIold")->secret.reveal(), made.secret.reveal());
  EXPECT_FALSE(refusal(of_key(Operation::DeleteKey, "LTAIold")));
  EXPECT_EQ(refusal(of_key(Operation::DeleteKey, "LTAIold")), ErrorCode::NotExistedAccess);
}

TEST_F(Access, TheLastAdministratorStays) {
  EXPECT_EQ(refusal(of_key(Operation::DisableKey, "admin")), ErrorCode::LastAdministratorKey);
  EXPECT_EQ(refusal(of_key(Operation::DeleteKey, "admin")), ErrorCode::LastAdministratorKey);
  engine::ChangeAccess second = of_key(Operation::CreateKey, "admin2");
  second.administrator = true;
  EXPECT_FALSE(refusal(second));
  EXPECT_FALSE(refusal(of_key(Operation::DisableKey, "admin")));
  EXPECT_EQ(refusal(of_key(Operation::DeleteKey, "admin2")), ErrorCode::LastAdministratorKey)
      << "a disabled one does not count";
  EXPECT_FALSE(refusal(of_key(Operation::RotateKey, "admin2")));
}

TEST_F(Access, WhatIsMadeAndDeletedInOneBatchIsGone) {
  for (const Operation operation : {Operation::CreateKey, Operation::DeleteKey}) {
    engine::ApiCommand command;
    command.what = of_key(operation, "brief");
    command.actor.instance = kFirstInstance;
    world.send(std::move(command));
  }
  world.settle();
  EXPECT_EQ(stored().key("brief"), nullptr);
}

}  // namespace
}  // namespace rollcall::testing
