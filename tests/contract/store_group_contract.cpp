#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int64_t> ids_of(const auto& rows) {
  std::vector<int64_t> ids;
  for (const auto& row : rows) ids.push_back(row.id.value);
  return ids;
}

TEST_P(StoreContract, KeepsPresenceOfTheNewestConnectionOnly) {
  Presence presence{DeviceId{5}, true, 3, now, now, now, "10.0.0.1:5000"};
  ChangeSet changes;
  changes.presence.push_back(presence);
  commit(changes);
  const std::vector<DeviceId> ids{DeviceId{4}, DeviceId{5}};

  // The late close of an older connection.
  changes.presence[0] = {DeviceId{5}, false, 2, now, now, now + 9, "10.0.0.9:1"};
  commit(changes);
  ASSERT_EQ(store().presence(ids)->size(), 1u);
  EXPECT_TRUE(store().presence(ids)->front().online);
  EXPECT_EQ(store().presence(ids)->front().address, "10.0.0.1:5000");

  // The same connection's close, which does not know the activation.
  changes.presence[0] = {DeviceId{5}, false, 3, WallMs{0}, now + 1, now + 10, "", OfflineReason::KeepAlive,
                         "1.0 é"};
  commit(changes);
  const Presence stored = store().presence(ids)->front();
  EXPECT_FALSE(stored.online);
  EXPECT_EQ(stored.connection_epoch, 3);
  EXPECT_EQ(stored.activated_at, now);
  EXPECT_EQ(stored.online_at, now + 1);
  EXPECT_EQ(stored.changed_at, now + 10);
  EXPECT_EQ(stored.address, "");
  EXPECT_EQ(stored.offline_reason, OfflineReason::KeepAlive);
  EXPECT_EQ(stored.firmware_version, "1.0 é");
}

TEST_P(StoreContract, MarksEverybodyOffline) {
  ChangeSet changes;
  changes.presence.push_back({DeviceId{1}, true, 1, now, now, now, "a"});
  changes.presence.push_back({DeviceId{2}, false, 1, now, now, now, "b"});
  commit(changes);
  ASSERT_TRUE(store().mark_all_offline(now + 100));
  const std::vector<DeviceId> ids{DeviceId{1}, DeviceId{2}};
  const auto rows = store().presence(ids);
  EXPECT_FALSE((*rows)[0].online);
  EXPECT_EQ((*rows)[0].changed_at, now + 100);
  EXPECT_EQ((*rows)[0].offline_reason, OfflineReason::ServerDied);
  EXPECT_EQ((*rows)[1].offline_reason, OfflineReason::Unknown);
  EXPECT_EQ((*rows)[1].changed_at, now);
}

TEST_P(StoreContract, ReturnsGroupsAndTheirMembers) {
  const ProductId lamps = add_product("lamps");
  const ProductId doors = add_product("doors");
  const auto lamp = add_devices(lamps, 3);
  const auto door = add_devices(doors, 2);
  const GroupId group = add_group("floor_1", {lamp[0], lamp[1]}, lamps);
  join(group, {door[0]}, doors);
  const GroupId other = add_group("floor_2", {lamp[0]}, lamps);

  const std::vector<std::string> codes{"code of floor_2", "no", "code of floor_1"};
  EXPECT_THAT(ids_of(*store().groups_by_code(codes)), ElementsAre(other.value, group.value));
  const std::vector<GroupId> ids{group, GroupId{12345}};
  ASSERT_EQ(store().groups(ids)->size(), 1u);
  EXPECT_EQ(store().groups(ids)->front().device_count, 3);
  EXPECT_EQ(store().groups(ids)->front().description, "what floor_1 is");
  EXPECT_EQ((*store().group_by_name(InstanceId{1}, "floor_2"))->id, other);
  EXPECT_FALSE(store().group_by_name(InstanceId{1}, "floor_3")->has_value());
  EXPECT_EQ(*store().group_count(InstanceId{1}), 2);
  EXPECT_THAT(*store().group_products(group),
              ElementsAre(std::pair(lamps, int64_t{2}), std::pair(doors, int64_t{1})));

  const std::vector<DeviceId> devices{lamp[0], lamp[2], door[0]};
  const auto rows = store().memberships(group, devices);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_TRUE((*rows)[0].in_group);
  EXPECT_EQ((*rows)[0].groups, 2);
  EXPECT_FALSE((*rows)[1].in_group);
  EXPECT_EQ((*rows)[1].groups, 0);
  EXPECT_TRUE((*rows)[2].in_group);
  EXPECT_EQ((*rows)[2].device, door[0]);
}

TEST_P(StoreContract, WorksOffAnApplication) {
  ChangeSet changes;
  NewApply created;
  created.apply = {ApplyId{9}, ProductId{1}, InstanceId{1}, ApplyStatus::Checked, 3, 0, now};
  created.names = {{"dev_a", "nick"}, {"dev_b", ""}, {"dev_c", ""}};
  changes.new_applies.push_back(created);
  commit(changes);
  EXPECT_THAT(*store().unfinished_applies(), IsEmpty());

  ChangeSet progress;
  progress.apply_progress.push_back({ApplyId{9}, 0, 0, ApplyStatus::Creating, {}});
  EXPECT_THAT(commit(progress).missed_applies, IsEmpty());
  EXPECT_THAT(ids_of(*store().unfinished_applies()), ElementsAre(9));
  progress.apply_progress[0] = {
      ApplyId{9}, 0, 2, ApplyStatus::Creating, {{0, DeviceId{70}}, {1, DeviceId{71}}}};
  EXPECT_THAT(commit(progress).missed_applies, IsEmpty());
  // Again from the same cursor: somebody was faster.
  progress.apply_progress[0].made = {{2, DeviceId{99}}};
  EXPECT_THAT(commit(progress).missed_applies, ElementsAre(0));
  progress.apply_progress[0] = {ApplyId{10}, 0, 1, ApplyStatus::Created, {}};
  EXPECT_THAT(commit(progress).missed_applies, ElementsAre(0));

  const std::vector<ApplyId> ids{ApplyId{9}};
  const Apply stored = store().applies(ids)->front();
  EXPECT_EQ(stored.status, ApplyStatus::Creating);
  EXPECT_EQ(stored.cursor, 2);
  EXPECT_EQ(stored.count, 3);
  const auto items = store().apply_items(ApplyId{9}, 0, 10);
  ASSERT_EQ(items->size(), 3u);
  EXPECT_EQ((*items)[0].device_name, "dev_a");
  EXPECT_EQ((*items)[0].nickname, "nick");
  EXPECT_EQ((*items)[0].device, DeviceId{70});
  EXPECT_EQ((*items)[1].device, DeviceId{71});
  EXPECT_EQ((*items)[2].device, DeviceId{});
  EXPECT_EQ(store().apply_items(ApplyId{9}, 2, 10)->size(), 1u);

  progress.apply_progress[0] = {ApplyId{9}, 2, 3, ApplyStatus::Created, {{2, DeviceId{72}}}};
  commit(progress);
  EXPECT_THAT(*store().unfinished_applies(), IsEmpty());
}

TEST_P(StoreContract, KeepsADraftAndPublishedThingModels) {
  const ProductId product{1};
  EXPECT_FALSE(store().thing_model(product, "")->has_value());
  EXPECT_FALSE(store().latest_thing_model(product)->has_value());
  const auto put = [&](const std::string& version, const std::string& tsl) {
    ChangeSet changes;
    changes.thing_models.push_back({product, version, tsl, "about", now});
    commit(changes);
  };
  put("", "draft one");
  EXPECT_EQ((*store().thing_model(product, ""))->tsl, "draft one");
  EXPECT_FALSE(store().latest_thing_model(product)->has_value());
  put("10.0", "ten");
  put("9.0", "nine");
  EXPECT_EQ((*store().latest_thing_model(product))->version, "9.0");
  put("", "draft two");
  EXPECT_EQ((*store().latest_thing_model(product))->tsl, "nine");
  EXPECT_EQ((*store().thing_model(product, ""))->tsl, "draft two");
  EXPECT_EQ((*store().thing_model(product, "10.0"))->tsl, "ten");
  put("10.0", "ten again");
  EXPECT_EQ((*store().latest_thing_model(product))->tsl, "ten again");
  // Publishing without a text takes the draft's.
  put("11.0", "");
  EXPECT_EQ((*store().latest_thing_model(product))->tsl, "draft two");
  EXPECT_FALSE(store().thing_model(ProductId{2}, "10.0")->has_value());
}

}  // namespace
}  // namespace rollcall::store
