#include "model/access.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rollcall {
namespace {

TEST(Policy, AllowsActionsByNameAndByBeginning) {
  EXPECT_TRUE(policy_allows("QueryJob", "QueryJob"));
  EXPECT_TRUE(policy_allows("iot:QueryJob", "QueryJob"));
  EXPECT_TRUE(policy_allows("CreateJob iot:Query*", "QueryTask"));
  EXPECT_TRUE(policy_allows("*", "DeleteJob"));
  EXPECT_TRUE(policy_allows("  iot:*  ", "DeleteJob"));
}

TEST(Policy, AllowsNothingElse) {
  EXPECT_FALSE(policy_allows("", "QueryJob"));
  EXPECT_FALSE(policy_allows("QueryJob", "QueryJobStatistics"));
  EXPECT_FALSE(policy_allows("QueryJobStatistics", "QueryJob"));
  EXPECT_FALSE(policy_allows("queryjob", "QueryJob"));
  EXPECT_FALSE(policy_allows("Query*", "ListJob"));
}

TEST(Policy, IsRefusedWhenItIsIllFormed) {
  for (const char* good : {"*", "Query*", "iot:QueryJob CreateJob", " A  B "})
    EXPECT_TRUE(check_policy(good)) << good;
  for (const char* bad : {"", "  ", "Query*Job", "**", "iot:", "ecs:Query*", "A,B", "A\nB", "查询"})
    EXPECT_FALSE(check_policy(bad)) << bad;
  EXPECT_TRUE(check_policy(std::string(64, 'A') + "*"));
  EXPECT_FALSE(check_policy(std::string(65, 'A')));
  std::string many;
  for (int i = 0; i < 101; ++i) many += "A ";
  EXPECT_FALSE(check_policy(many));
}

TEST(AccessDirectory, FindsAnInstanceByItsCodeOrAnAlias) {
  AccessDirectory all;
  all.instances = {{kFirstInstance, kFirstAccount, "", {}}, {InstanceId{2}, kFirstAccount, "iot-a", {}}};
  all.aliases = {{"iot-b", InstanceId{2}}, {"iot-c", kFirstInstance}};
  EXPECT_EQ(all.instance("iot-a")->id, InstanceId{2});
  EXPECT_EQ(all.instance("iot-b")->id, InstanceId{2});
  EXPECT_EQ(all.instance("iot-c")->id, kFirstInstance);
  EXPECT_EQ(all.instance("iot-d"), nullptr);
  EXPECT_EQ(all.instance(""), nullptr) << "the first one has no code";
}

}  // namespace
}  // namespace rollcall
