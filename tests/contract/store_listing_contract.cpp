// Lists and counts of a fleet, memberships that end, tags and topic classes.
#include "base/limits.hpp"
#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int64_t> ids_of(const std::vector<DeviceRow>& rows) {
  std::vector<int64_t> ids;
  for (const DeviceRow& row : rows) ids.push_back(row.device.id.value);
  return ids;
}

std::vector<int64_t> values(const std::vector<DeviceId>& devices) {
  std::vector<int64_t> ids;
  for (const DeviceId device : devices) ids.push_back(device.value);
  return ids;
}

Presence present(DeviceId device, bool online, bool active, WallMs now) {
  return {device, online, 1, active ? now : WallMs{0}, now, now, "a:1"};
}

TEST_P(StoreContract, ListsTheDevicesOfAProductNewestFirst) {
  const ProductId lamps = add_product("lamps");
  const ProductId doors = add_product("doors");
  const auto lamp = add_devices(lamps, 5);
  add_devices(doors, 1);
  ChangeSet changes;
  changes.presence.push_back(present(lamp[4], true, true, now));
  changes.devices.push_back({lamp[2], lamps, true, true, true, now});
  commit(changes);

  const auto all = store().newest_devices(lamps, {}, 0, 10);
  ASSERT_TRUE(all);
  EXPECT_THAT(ids_of(*all), ElementsAre(lamp[4].value, lamp[3].value, lamp[1].value, lamp[0].value));
  EXPECT_TRUE((*all)[0].presence.online);
  EXPECT_EQ((*all)[1].presence.activated_at.value, 0);
  EXPECT_EQ((*all)[1].presence.device, lamp[3]);
  EXPECT_THAT(ids_of(*store().newest_devices(lamps, {}, 1, 2)), ElementsAre(lamp[3].value, lamp[1].value));
  EXPECT_THAT(ids_of(*store().newest_devices(lamps, lamp[3], 0, 2)),
              ElementsAre(lamp[1].value, lamp[0].value));
  EXPECT_THAT(*store().newest_devices(ProductId{999}, {}, 0, 2), IsEmpty());
}

TEST_P(StoreContract, LooksThroughDevicesForAStatus) {
  const ProductId lamps = add_product("lamps");
  const ProductId doors = add_product("doors");
  const auto lamp = add_devices(lamps, 6);
  const auto door = add_devices(doors, 1);
  ChangeSet changes;
  changes.presence = {present(lamp[0], true, true, now), present(lamp[1], false, true, now),
                      present(lamp[2], false, true, now), present(door[0], true, true, now)};
  changes.devices.push_back({lamp[2], lamps, true, false, false, now});
  commit(changes);
  const auto scan = [&](ProductId product, DeviceStatus status, DeviceId before, size_t seen, size_t limit) {
    auto found = store().scan_devices(InstanceId{1}, product, status, before, seen, limit);
    return std::pair(ids_of(found->devices), found->next ? found->next->value : 0);
  };
  using Seen = std::pair<std::vector<int64_t>, int64_t>;
  EXPECT_EQ(scan(lamps, DeviceStatus::Online, {}, 100, 10), (Seen{{lamp[0].value}, 0}));
  EXPECT_EQ(scan(lamps, DeviceStatus::Offline, {}, 100, 10), (Seen{{lamp[1].value}, 0}));
  EXPECT_EQ(scan(lamps, DeviceStatus::Disabled, {}, 100, 10), (Seen{{lamp[2].value}, 0}));
  EXPECT_EQ(scan(lamps, DeviceStatus::Unactive, {}, 100, 2),
            (Seen{{lamp[5].value, lamp[4].value}, lamp[4].value}));
  EXPECT_EQ(scan(lamps, DeviceStatus::Unactive, lamp[4], 100, 2), (Seen{{lamp[3].value}, 0}));
  // Nothing among the two that were looked at: the next look goes on behind them.
  EXPECT_EQ(scan(lamps, DeviceStatus::Online, {}, 2, 10), (Seen{{}, lamp[4].value}));
  EXPECT_EQ(scan({}, DeviceStatus::Online, {}, 100, 10), (Seen{{door[0].value, lamp[0].value}, 0}));
  auto elsewhere = store().scan_devices(InstanceId{2}, {}, DeviceStatus::Online, {}, 100, 10);
  EXPECT_THAT(ids_of(elsewhere->devices), IsEmpty());
}

// The counts themselves are compared with the rows after every test of this suite.
TEST_P(StoreContract, CountsWhoIsActiveOnlineAndDisabled) {
  const ProductId lamps = add_product("lamps");
  const auto lamp = add_devices(lamps, 4);
  const GroupId group = add_group("floor_1", {lamp[0]}, lamps);
  ChangeSet changes;
  changes.presence = {present(lamp[0], true, true, now), present(lamp[1], true, true, now),
                      present(lamp[2], false, false, now)};
  commit(changes);
  join(group, {lamp[1], lamp[2]}, lamps);
  EXPECT_EQ(*store().group_tally(group), (DeviceTally{3, 2, 2, 0, 0}));
  EXPECT_EQ(*store().product_tally(lamps), (DeviceTally{4, 2, 2, 0, 0}));

  ChangeSet closed;
  closed.presence = {present(lamp[0], false, true, now)};
  closed.devices.push_back({lamp[0], lamps, true, false, false, now});
  closed.devices.push_back({lamp[3], lamps, true, false, false, now});
  commit(closed);
  EXPECT_EQ(*store().group_tally(group), (DeviceTally{3, 2, 1, 0, 0}));
  EXPECT_EQ(*store().product_tally(lamps), (DeviceTally{4, 2, 1, 2, 1}));
  EXPECT_EQ(*store().instance_tally(InstanceId{1}), (DeviceTally{4, 2, 1, 2, 1}));
  EXPECT_EQ(*store().instance_tally(InstanceId{2}), DeviceTally{});
  check_invariants();

  ASSERT_TRUE(store().mark_all_offline(now + 5));
  EXPECT_EQ(*store().group_tally(group), (DeviceTally{3, 2, 0, 0, 0}));
  ChangeSet gone;
  gone.devices.push_back({lamp[0], lamps, false, false, true, now});
  gone.devices.push_back({lamp[3], lamps, false, true, false, now});
  commit(gone);
  EXPECT_EQ(*store().product_tally(lamps), (DeviceTally{3, 1, 0, 0, 0}));
  EXPECT_EQ(*store().group_tally(group), (DeviceTally{2, 1, 0, 0, 0}));
}

TEST_P(StoreContract, ListsGroupsAndTheirDevices) {
  const ProductId lamps = add_product("lamps");
  const auto lamp = add_devices(lamps, 3);
  const GroupId first = add_group("floor_1", {lamp[2], lamp[0], lamp[1]}, lamps);
  const GroupId second = add_group("floor_2", {lamp[0]}, lamps);
  const auto names = [&](std::optional<GroupId> parent, std::optional<std::string_view> name, int64_t offset,
                         size_t limit) {
    const auto page = store().list_groups(InstanceId{1}, parent, name, offset, limit);
    std::vector<std::string> found{std::to_string(page->total)};
    for (const Group& group : page->groups) found.push_back(group.name);
    return found;
  };
  EXPECT_THAT(names({}, {}, 0, 10), ElementsAre("2", "floor_2", "floor_1"));
  EXPECT_THAT(names({}, {}, 1, 10), ElementsAre("2", "floor_1"));
  EXPECT_THAT(names({}, "floor_1", 0, 10), ElementsAre("1", "floor_1"));
  EXPECT_THAT(names(first, {}, 0, 10), ElementsAre("0"));
  EXPECT_EQ(*store().subgroup_count(first), 0);
  ChangeSet changes;
  Group below;
  below.id = GroupId{next_id++};
  below.instance = InstanceId{1};
  below.code = "below";
  below.name = "room_1";
  below.parent = first;
  changes.new_groups.push_back({below});
  commit(changes);
  EXPECT_EQ(*store().subgroup_count(first), 1);
  EXPECT_THAT(names(first, {}, 0, 10), ElementsAre("1", "room_1"));

  EXPECT_THAT(values(*store().group_devices(first, 0, 10)),
              ElementsAre(lamp[2].value, lamp[0].value, lamp[1].value));
  EXPECT_THAT(values(*store().group_devices(first, 1, 1)), ElementsAre(lamp[0].value));
  const auto of_device = store().groups_of_device(lamp[0]);
  ASSERT_EQ(of_device->size(), 2u);
  EXPECT_EQ((*of_device)[0].id, second);
  EXPECT_THAT(*store().groups_of_devices(std::vector{lamp[0], DeviceId{9999}, lamp[1]}),
              ElementsAre(std::pair{lamp[0], first}, std::pair{lamp[0], second}, std::pair{lamp[1], first}));
}

TEST_P(StoreContract, KeepsMembersThatLeftForOlderSnapshots) {
  const ProductId lamps = add_product("lamps");
  const auto lamp = add_devices(lamps, 3);
  const GroupId group = add_group("floor_1", {lamp[0], lamp[1], lamp[2]}, lamps);
  const int64_t snapshot = next_join++;
  const JobId older = add_job_to_make(TargetType::Group, {}, group, 3, snapshot);
  ChangeSet left;
  left.leaving.push_back({group, lamp[1], lamps, next_join++, now});
  left.leaving.push_back({group, DeviceId{9999}, lamps, next_join++, now});  // was no member
  commit(left);
  EXPECT_EQ(store().groups(std::vector{group})->front().device_count, 2);
  EXPECT_FALSE(store().memberships(group, std::vector{lamp[1]})->front().in_group);
  const JobId newer = add_job_to_make(TargetType::Group, {}, group, 2, next_join++);
  join(group, {lamp[1]}, lamps);  // again, too late for both

  ChangeSet make;
  make.make_tasks.push_back(make_value(older, 2));
  make.make_tasks.push_back(make_value(newer, 10));
  commit(make);
  make.make_tasks = {make_value(older, 10)};
  EXPECT_TRUE(commit(make).made[0].exhausted);
  const auto devices_of = [&](JobId job) {
    std::vector<int64_t> ids;
    for (const TaskView& row : all_tasks(job)) ids.push_back(row.task.device.value);
    return ids;
  };
  EXPECT_THAT(devices_of(older), ElementsAre(lamp[0].value, lamp[1].value, lamp[2].value));
  EXPECT_THAT(devices_of(newer), ElementsAre(lamp[0].value, lamp[2].value));
}

TEST_P(StoreContract, LetsADeviceJoinAndLeaveInOneCommit) {
  const ProductId lamps = add_product("lamps");
  const auto lamp = add_devices(lamps, 2);
  const GroupId group = add_group("floor_1", {lamp[0]}, lamps);
  ChangeSet changes;
  changes.leaving.push_back({group, lamp[0], lamps, next_join++, now});
  changes.new_members.push_back({group, lamp[0], next_join++, lamps});  // left, and is back
  changes.new_members.push_back({group, lamp[1], next_join++, lamps});
  changes.leaving.push_back({group, lamp[1], lamps, next_join++, now});  // came, and is gone
  commit(changes);
  EXPECT_THAT(values(*store().group_devices(group, 0, 10)), ElementsAre(lamp[0].value));
  EXPECT_EQ(store().groups(std::vector{group})->front().device_count, 1);
}

TEST_P(StoreContract, ClearsMembershipsAwayWhenNoJobWantsThem) {
  const ProductId lamps = add_product("lamps");
  const auto lamp = add_devices(lamps, 5);
  const GroupId group = add_group("floor_1", lamp, lamps);
  const GroupId other = add_group("floor_2", lamp, lamps);
  const JobId job = add_job_to_make(TargetType::Group, {}, group, 5, next_join++);
  ChangeSet changes;
  changes.groups.push_back({group, {}, true, now});
  changes.leaving.push_back({other, lamp[0], lamps, next_join++, now});
  commit(changes);
  EXPECT_THAT(*store().groups(std::vector{group}), IsEmpty());
  EXPECT_THAT(*store().groups_by_code(std::vector<std::string>{"code of floor_1"}), IsEmpty());
  EXPECT_EQ(store().memberships(other, std::vector{lamp[1]})->front().groups, 1);

  ChangeSet purge;
  purge.purge_members = PurgeMembers{now + (-1), 100};
  EXPECT_EQ(commit(purge).members_purged, 0u) << "too young";
  purge.purge_members = PurgeMembers{now, 100};
  const CommitResult first = commit(purge);
  EXPECT_EQ(first.members_purged, 1u) << "the one that left; the job still wants the others";
  EXPECT_TRUE(first.members_left_over);

  ChangeSet make;
  make.make_tasks.push_back(make_value(job, 100));
  EXPECT_EQ(commit(make).made[0].rows_made, 5);
  const Job made = this->job(job);
  JobChange change;
  change.id = job;
  change.from_epoch = made.epoch;
  change.from_sweep_cursor = made.sweep_cursor;
  change.from_tasks_made = made.tasks_made;
  change.status = JobStatus::InProgress;
  change.sweep_cursor = 0;
  change.tasks_made = made.tasks_made;
  change.epoch = made.epoch + 1;
  change.modified_at = now;
  ChangeSet started;
  started.jobs = {change};
  commit(started);

  purge.purge_members = PurgeMembers{now, 2};
  CommitResult result = commit(purge);
  EXPECT_EQ(result.members_purged, 2u);
  EXPECT_TRUE(result.members_left_over);
  commit(purge);
  result = commit(purge);
  EXPECT_EQ(result.members_purged, 1u);
  EXPECT_FALSE(result.members_left_over);
  EXPECT_EQ(all_tasks(job).size(), 5u);
  // Name and code are free.
  add_group("floor_1", {lamp[0]}, lamps);
}

TEST_P(StoreContract, ForgetsADeletedDeviceInGroupsThatItLeft) {
  const ProductId lamps = add_product("lamps");
  const auto lamp = add_devices(lamps, 2);
  const GroupId group = add_group("floor_1", lamp, lamps);
  const JobId job = add_job_to_make(TargetType::Group, {}, group, 2, next_join++);
  ChangeSet changes;
  changes.leaving.push_back({group, lamp[0], lamps, next_join++, now});
  commit(changes);
  ChangeSet gone;
  gone.devices.push_back({lamp[0], lamps, true, true, true, now});
  commit(gone);
  EXPECT_EQ(store().groups(std::vector{group})->front().device_count, 1);
  ChangeSet make;
  make.make_tasks.push_back(make_value(job, 100));
  EXPECT_EQ(commit(make).made[0].rows_made, 1);
}

TEST_P(StoreContract, DescribesGroupsAndNicknamesDevices) {
  const ProductId lamps = add_product("lamps");
  const auto lamp = add_devices(lamps, 2);
  const GroupId group = add_group("floor_1", {}, lamps);
  ChangeSet changes;
  changes.groups.push_back({group, "darker", false, now});
  changes.nicknames.push_back({lamp[0], "杆上的灯", now + 7});
  commit(changes);
  EXPECT_EQ(store().groups(std::vector{group})->front().description, "darker");
  EXPECT_EQ(store().devices(lamp)->front().nickname, "杆上的灯");
  EXPECT_EQ(store().devices(lamp)->front().modified_at, now + 7);
  changes.nicknames = {{lamp[0], "", now + 8}};
  changes.groups = {{group, "", false, now}};
  commit(changes);
  EXPECT_EQ(store().devices(lamp)->front().nickname, "");
  EXPECT_EQ(store().groups(std::vector{group})->front().description, "");
}

TEST_P(StoreContract, KeepsTagsAndFindsDevicesByThem) {
  const ProductId lamps = add_product("lamps");
  const auto lamp = add_devices(lamps, 3);
  ChangeSet changes;
  changes.tags.push_back({lamp[0], InstanceId{1}, {{"room", "101"}, {"color", "red"}}, {}});
  changes.tags.push_back({lamp[1], InstanceId{1}, {{"room", "101"}}, {}});
  changes.tags.push_back({lamp[2], InstanceId{1}, {{"room", "102"}, {"color", "red"}}, {}});
  changes.tags.push_back({DeviceId{9999}, InstanceId{1}, {{"room", "101"}}, {}});
  commit(changes);
  const std::vector<std::pair<DeviceId, DeviceTag>> in_order{{lamp[2], {"color", "red"}},
                                                             {lamp[2], {"room", "102"}},
                                                             {lamp[0], {"color", "red"}},
                                                             {lamp[0], {"room", "101"}}};
  EXPECT_EQ(*store().device_tags(std::vector{lamp[2], DeviceId{9999}, lamp[0]}), in_order);
  const auto find = [&](std::vector<DeviceTag> tags, int64_t offset = 0, size_t limit = 10) {
    const auto found = store().devices_by_tags(InstanceId{1}, tags, offset, limit);
    std::vector<int64_t> ids = values(found->devices);
    ids.insert(ids.begin(), found->total);
    return ids;
  };
  EXPECT_THAT(find({{"room", "101"}}), ElementsAre(2, lamp[1].value, lamp[0].value));
  EXPECT_THAT(find({{"room", "101"}}, 1, 1), ElementsAre(2, lamp[0].value));
  EXPECT_THAT(find({{"room", ""}}), ElementsAre(3, lamp[2].value, lamp[1].value, lamp[0].value));
  EXPECT_THAT(find({{"room", "101"}, {"color", "red"}}), ElementsAre(1, lamp[0].value));
  EXPECT_THAT(find({{"room", ""}, {"color", ""}}), ElementsAre(2, lamp[2].value, lamp[0].value));
  EXPECT_THAT(find({{"room", "103"}}), ElementsAre(0));
  EXPECT_THAT(find({}), ElementsAre(0));
  EXPECT_EQ(store().devices_by_tags(InstanceId{2}, std::vector<DeviceTag>{{"room", "101"}}, 0, 9)->total, 0);

  ChangeSet later;
  later.tags.push_back({lamp[0], InstanceId{1}, {{"room", "103"}}, {}});
  later.tags.push_back({lamp[0], InstanceId{1}, {}, "color"});
  later.devices.push_back({lamp[2], lamps, true, true, true, now});
  commit(later);
  EXPECT_THAT(*store().device_tags(std::vector{lamp[0]}),
              ElementsAre(std::pair{lamp[0], DeviceTag{"room", "103"}}));
  EXPECT_THAT(find({{"color", "red"}}), ElementsAre(0));
}

TEST_P(StoreContract, KeepsTopicClasses) {
  const ProductId lamps = add_product("lamps");
  ChangeSet changes;
  changes.new_topics.push_back({TopicId{500}, lamps, "user/get", TopicOperation::Subscribe, ""});
  changes.new_topics.push_back({TopicId{501}, lamps, "user/up", TopicOperation::Both, "说明"});
  commit(changes);
  EXPECT_EQ(*store().product_topics(lamps), (std::vector<ProductTopic>{changes.new_topics}));
  EXPECT_EQ(**store().product_topic(TopicId{501}), changes.new_topics[1]);
  EXPECT_FALSE(store().product_topic(TopicId{502})->has_value());
  EXPECT_TRUE(commit_refused(changes).detail.starts_with("constraint:"));

  const ProductTopic renamed{TopicId{500}, lamps, "user/other", TopicOperation::Publish, "x"};
  ChangeSet later;
  later.topics.push_back({renamed, false});
  later.topics.push_back({changes.new_topics[1], true});
  later.new_topics.push_back({TopicId{502}, lamps, "user/get", TopicOperation::Publish, ""});
  commit(later);
  EXPECT_THAT(*store().product_topics(lamps), ElementsAre(renamed, later.new_topics[0]));
}

TEST_P(StoreContract, BringsImportedDevicesAlong) {
  const ProductId lamps = add_product("lamps");
  ChangeSet changes;
  NewApply created;
  created.apply = {ApplyId{9}, lamps, InstanceId{1}, ApplyStatus::Checked, 2, 0, now};
  created.names = {{"dev_a", ""}, {"dev_b", ""}};
  created.brought = {{Secret("one"), "SN1"}, {Secret("two"), ""}};
  changes.new_applies.push_back(created);
  Device device = device_value(lamps, "imported");
  device.serial = "SN7";
  changes.new_devices.push_back({device, ""});
  commit(changes);
  const auto items = store().apply_items(ApplyId{9}, 0, 10);
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ((*items)[0].secret->reveal(), "one");
  EXPECT_EQ((*items)[0].serial, "SN1");
  EXPECT_EQ((*items)[1].serial, "");
  EXPECT_EQ(store().devices(std::vector{device.id})->front().serial, "SN7");
  EXPECT_EQ(store().devices(std::vector{device.id})->front().modified_at.value, 0);
}

}  // namespace
}  // namespace rollcall::store
