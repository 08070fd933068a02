// What devices last said of their properties.
#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

TEST_P(StoreContract, KeepsTheLastValuesOfDevicesUntilTheyAreDeleted) {
  const ProductId product = add_product("p");
  const auto devices = add_devices(product, 2);
  ChangeSet changes;
  changes.last_values = {
      {devices[0], R"({"a":1})"}, {devices[1], R"({"b":"灯"})"}, {DeviceId{999}, "nobody's"}};
  commit(changes);
  changes.last_values = {{devices[0], R"({"a":2})"}};
  EXPECT_FALSE(changes.empty());
  commit(changes);
  if (GetParam().durable) reopen();
  const std::vector<DeviceId> asked{devices[1], DeviceId{999}, devices[0]};
  auto rows = store().last_values(asked);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].device, devices[1]);
  EXPECT_EQ((*rows)[0].reported, R"({"b":"灯"})");
  EXPECT_EQ((*rows)[1].reported, R"({"a":2})");

  ChangeSet removal;
  removal.devices = {{devices[0], product, true, true, true, now}};
  commit(removal);
  changes.last_values = {{devices[0], "late"}};
  commit(changes);
  rows = store().last_values(asked);
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->front().device, devices[1]);
}

TEST_P(StoreContract, KeepsWhatTasksAreCalledElsewhere) {
  ChangeSet changes;
  changes.task_aliases = {{"a", {JobId{1}, 5}}, {"b", {JobId{1}, 6}}, {"a", {JobId{2}, 7}}};
  EXPECT_FALSE(changes.empty());
  commit(changes);
  changes.task_aliases = {{"b", {JobId{1}, 8}}};
  commit(changes);
  if (GetParam().durable) reopen();
  const std::vector<std::string> asked{"b", "none", std::string("a\0", 2), "a"};
  const auto rows = store().task_aliases(asked);
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, (std::vector<TaskAlias>{{"b", {JobId{1}, 8}}, {"a", {JobId{2}, 7}}}));
}

}  // namespace
}  // namespace rollcall::store
