// No row of another account or instance is ever visible or changeable: every action of the table is called
// with the ids of somebody's rows, from another instance of the same account and from another account.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "actions/calls.hpp"
#include "actions/owner.hpp"

namespace rollcall::testing {
namespace {

constexpr InstanceId kSameAccount{2};
constexpr InstanceId kOtherAccount{3};

// Every name the owner gave begins so; an answer to somebody else never holds it.
constexpr const char* kMark = "owner";

// What an action says of rows that are not there.
bool says_not_there(ErrorCode code) {
  switch (code) {
    case ErrorCode::NotExistedProduct:
    case ErrorCode::NotExistedDevice:
    case ErrorCode::NotExistedGroup:
    case ErrorCode::NotExistedJob:
    case ErrorCode::NotExistedTask:
    case ErrorCode::DeviceApplyNotFound:
    case ErrorCode::NotExistedTopic:
    case ErrorCode::InvalidFormattedParameter:  // ImportFleet names the entry
      return true;
    default:
      return false;
  }
}

void expect_hidden(Owner& owner, Somebody who, const std::string& action, const Case& one) {
  const std::string before = owner.picture();
  const ActionAnswer answer = owner.call(who, action, one.parameters(owner));
  if (one.elsewhere == Elsewhere::Refused) {
    ASSERT_TRUE(answer.error) << api::render_json(answer.fields);
    EXPECT_TRUE(says_not_there(answer.error->code)) << api_code(*answer.error);
  }
  EXPECT_THAT(api::render_json(answer.fields), ::testing::Not(::testing::HasSubstr(kMark)));
  EXPECT_EQ(owner.picture(), before);
}

TEST(Isolation, EveryActionOfTheTableIsTried) {
  for (const api::ActionRow& row : api::action_table())
    EXPECT_TRUE(action_calls().contains(std::string(row.name))) << row.name << " needs a case in this test";
}

TEST(Isolation, OnlyWhatStandsAboveAccountsIsForAdministrators) {
  for (const auto& [action, one] : action_calls())
    EXPECT_EQ(api::find_action(action)->administrator, one.elsewhere == Elsewhere::Administrator) << action;
}

TEST(Isolation, NothingOfAnotherInstanceOrAccountIsSeenOrChanged) {
  for (const auto& [action, one] : action_calls()) {
    if (one.elsewhere == Elsewhere::Administrator) continue;
    SCOPED_TRACE(action);
    Owner owner;
    expect_hidden(owner, {kSameAccount, kFirstAccount}, action, one);
    expect_hidden(owner, {kOtherAccount, AccountId{2}}, action, one);
    // The same call finds the rows where they are: what was refused was refused for the caller's sake.
    const ActionAnswer answer = owner.call(kOwnerSelf, action, one.parameters(owner));
    EXPECT_FALSE(answer.error && says_not_there(answer.error->code)) << api::render_json(answer.fields);
  }
}

TEST(Isolation, ANameMayBeTakenInEachInstance) {
  Owner owner;
  for (const InstanceId instance : {kSameAccount, kOtherAccount}) {
    const Somebody who{instance, kFirstAccount};
    EXPECT_FALSE(
        owner.call(who, "CreateProduct", {{"ProductName", "owner_product"}, {"NodeType", "0"}}).error);
    EXPECT_FALSE(owner.call(who, "CreateDeviceGroup", {{"GroupName", "owner_group"}}).error);
  }
}

}  // namespace
}  // namespace rollcall::testing
