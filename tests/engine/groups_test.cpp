// Groups that lose devices or go while jobs that target them are being made, and what becomes of tags, topic
// classes, nicknames and registrations in bulk.
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

engine::DeviceRef ref(const std::string& product, const std::string& name) { return {{}, product, name}; }

class GroupsTest : public ::testing::Test {
 protected:
  void make(engine::EngineConfig config = {}) {
    world = std::make_unique<World>(config);
    product = world->make_product("lamp");
    for (int i = 0; i < 5; ++i) {
      names.push_back("lamp-" + std::to_string(i));
      world->make_device(product, names.back());
    }
    auto made = world->call(engine::CreateGroup{group_value("night"), ""});
    ASSERT_TRUE(made);
    group = std::get<engine::GroupMade>(*made).group.code;
    std::vector<engine::DeviceRef> all;
    for (const auto& name : names) all.push_back(ref(product, name));
    ASSERT_TRUE(world->call(engine::AddGroupDevices{group, all}));
  }
  static Group group_value(const std::string& name) {
    Group value;
    value.name = name;
    return value;
  }
  engine::CreateJob group_job() {
    engine::CreateJob job = World::custom_job(product);
    job.spec.target_type = TargetType::Group;
    job.spec.target_product_key.clear();
    job.spec.target_group_code = group;
    return job;
  }
  // Not a batch more than it takes to be answered.
  Result<engine::Outcome> wait_for(uint64_t ticket) {
    for (;;) {
      if (auto answer = world->answer(ticket)) return std::move(*answer);
      world->run_once();
    }
  }
  engine::Queries queries() { return engine::Queries(*world->store); }
  ErrorCode refusal(decltype(engine::ApiCommand::what) what, InstanceId instance = InstanceId{1}) {
    auto outcome = world->call(std::move(what), instance);
    EXPECT_FALSE(outcome);
    return outcome ? ErrorCode::InternalError : outcome.error().code;
  }

  std::unique_ptr<World> world;
  std::string product, group;
  std::vector<std::string> names;
};

TEST_F(GroupsTest, AJobKeepsItsDevicesWhenTheyLeaveAndTheGroupGoes) {
  engine::EngineConfig config;
  config.sweep_rows = 2;
  make(config);
  const JobId job = std::get<engine::JobMade>(*wait_for(world->ask(group_job()))).job;
  EXPECT_LT(world->job(job).tasks_made, 5);
  // Its tasks are still to be made.
  world->ask(engine::RemoveGroupDevices{group, {ref(product, names[4])}});
  ASSERT_TRUE(wait_for(world->ask(engine::DeleteGroup{group})));
  EXPECT_LT(world->job(job).tasks_made, 5);
  world->settle();
  EXPECT_EQ(world->job(job).tasks_made, 5);
  EXPECT_EQ(world->job(job).counters.total(), 5);
  world->expect_counters_match(job);
  EXPECT_EQ(refusal(group_job()), ErrorCode::NotExistedGroup);

  world->pass_ms(2 * limits::kMembersKeptMs, 10'000);
  const auto device = queries().device(InstanceId{1}, product, names[0]);
  EXPECT_EQ(queries().groups_of_device(InstanceId{1}, product, names[0])->size(), 0u);
  const DeviceId ids[] = {device->id};
  EXPECT_EQ(world->store->memberships(GroupId{1}, ids)->front().groups, 0);
  store::ChangeSet purge;
  purge.purge_members = store::PurgeMembers{world->clock.wall(), 100};
  world->store->submit(purge);
  std::optional<Result<store::CommitResult>> result;
  while (!result) result = world->store->poll();
  EXPECT_EQ((*result)->members_purged, 0u) << "all were cleared away already";
  EXPECT_FALSE((*result)->members_left_over);
}

TEST_F(GroupsTest, AnEngineThatStartsAgainClearsAwayWhatAnotherLeft) {
  make();
  ASSERT_TRUE(world->call(engine::DeleteGroup{group}));
  world->restart();
  world->pass_ms(2 * limits::kMembersKeptMs, 10'000);
  store::ChangeSet purge;
  purge.purge_members = store::PurgeMembers{world->clock.wall(), 100};
  world->store->submit(purge);
  std::optional<Result<store::CommitResult>> result;
  while (!result) result = world->store->poll();
  EXPECT_EQ((*result)->members_purged, 0u);
}

TEST_F(GroupsTest, RemovesWhatIsInTheGroupAndCountsTheRest) {
  make();
  auto outcome = world->call(engine::RemoveGroupDevices{
      group,
      {ref(product, names[0]), ref(product, names[0]), ref(product, "ghost"), ref(product, names[1])}});
  const auto& removed = std::get<engine::GroupDevicesRemoved>(*outcome);
  EXPECT_EQ(removed.valid, 2);
  EXPECT_EQ(removed.removed, 2);
  outcome = world->call(engine::RemoveGroupDevices{group, {ref(product, names[0])}});
  EXPECT_EQ(std::get<engine::GroupDevicesRemoved>(*outcome).removed, 0);
  EXPECT_EQ(queries().group_info(InstanceId{1}, group)->tally.devices, 3);
  auto added = world->call(engine::AddGroupDevices{group, {ref(product, names[0])}});
  EXPECT_EQ(std::get<engine::GroupDevicesAdded>(*added).added, 1);
  EXPECT_EQ(queries().devices_of_group(InstanceId{1}, group, 1, 10)->devices.size(), 4u);
}

TEST_F(GroupsTest, RefusesToDeleteAGroupWithGroupsBelowIt) {
  make();
  auto below = world->call(engine::CreateGroup{group_value("below"), group});
  const std::string code = std::get<engine::GroupMade>(*below).group.code;
  EXPECT_EQ(refusal(engine::DeleteGroup{group}), ErrorCode::GroupHasSubgroups);
  EXPECT_TRUE(queries().group_info(InstanceId{1}, group));
  EXPECT_TRUE(world->call(engine::DeleteGroup{code}));
  EXPECT_TRUE(world->call(engine::DeleteGroup{group}));
  EXPECT_EQ(refusal(engine::DeleteGroup{group}), ErrorCode::NotExistedGroup);
  EXPECT_TRUE(world->call(engine::CreateGroup{group_value("night"), ""})) << "the name is free";
}

TEST_F(GroupsTest, AnotherInstanceSeesAndChangesNothing) {
  make();
  const InstanceId other{2};
  const engine::DeviceRef lamp = ref(product, names[0]);
  EXPECT_EQ(refusal(engine::DeleteGroup{group}, other), ErrorCode::NotExistedGroup);
  EXPECT_EQ(refusal(engine::UpdateGroup{group, "x"}, other), ErrorCode::NotExistedGroup);
  EXPECT_EQ(refusal(engine::RemoveGroupDevices{group, {lamp}}, other), ErrorCode::NotExistedGroup);
  EXPECT_EQ(refusal(engine::SaveTags{lamp, {{"a", "b"}}}, other), ErrorCode::NotExistedDevice);
  EXPECT_EQ(refusal(engine::DeleteTag{lamp, "a"}, other), ErrorCode::NotExistedDevice);
  EXPECT_EQ(refusal(engine::SetNicknames{{{lamp, "nick"}}}, other), ErrorCode::NotExistedDevice);
  EXPECT_EQ(refusal(engine::RegisterMany{product, 1}, other), ErrorCode::NotExistedProduct);
  EXPECT_EQ(refusal(engine::ImportMany{product, {{"lamp-9", Secret("s"), ""}}}, other),
            ErrorCode::NotExistedProduct);
  EXPECT_EQ(refusal(engine::QueryDevices{{lamp}, product}, other), ErrorCode::NotExistedProduct);
  EXPECT_EQ(refusal(engine::CreateTopic{product, {}}, other), ErrorCode::NotExistedProduct);
  const TopicId topic = queries().product_topics(InstanceId{1}, product)->topics.front().id;
  EXPECT_EQ(refusal(engine::DeleteTopic{topic}, other), ErrorCode::NotExistedTopic);
  ProductTopic changed;
  changed.id = topic;
  EXPECT_EQ(refusal(engine::UpdateTopic{changed}, other), ErrorCode::NotExistedTopic);

  auto reads = queries();
  EXPECT_FALSE(reads.group_info(other, group));
  EXPECT_FALSE(reads.device_tally(other, product, ""));
  EXPECT_FALSE(reads.device_tally(other, "", group));
  EXPECT_EQ(reads.device_tally(other, "", "")->devices, 0);
  EXPECT_FALSE(reads.devices_of_product(other, product, 1, 10, {}));
  EXPECT_FALSE(reads.devices_of_status(other, product, DeviceStatus::Unactive, 1, 10));
  EXPECT_EQ(reads.devices_of_status(other, "", DeviceStatus::Unactive, 1, 10)->devices.size(), 0u);
  EXPECT_FALSE(reads.devices_of_group(other, group, 1, 10));
  EXPECT_FALSE(reads.groups_of_device(other, product, names[0]));
  EXPECT_FALSE(reads.product_topics(other, product));
  EXPECT_EQ(reads.list_groups(other, {}, 1, 10)->total, 0);
}

TEST_F(GroupsTest, RegistersManyInChunksAndReportsNamesTakenMeanwhile) {
  make();
  auto made = world->call(engine::RegisterMany{product, 2'500});
  const ApplyId apply = std::get<engine::ApplyMade>(*made).apply;
  world->settle();
  EXPECT_EQ(queries().apply_report(InstanceId{1}, product, apply)->status, ApplyStatus::Created);
  EXPECT_EQ(queries().device_tally(InstanceId{1}, product, "")->devices, 2'505);

  const auto brought = wait_for(
      world->ask(engine::ImportMany{product, {{"new-1", Secret("s1"), "SN"}, {"new-2", Secret("s2"), ""}}}));
  // Whoever comes between is first.
  world->ask(engine::RegisterDevice{product, "new-2", ""});
  world->settle();
  const ApplyId second = std::get<engine::ApplyMade>(*brought).apply;
  const auto report = queries().apply_report(InstanceId{1}, product, second);
  ASSERT_TRUE(report) << public_message(report.error()) << report.error().detail;
  EXPECT_EQ(report->status, ApplyStatus::Created);
  EXPECT_EQ(report->failed, !report->invalid.empty());
  const auto device = queries().device(InstanceId{1}, product, "new-1");
  EXPECT_EQ(device->secret.reveal(), "s1");
  EXPECT_EQ(device->serial, "SN");

  auto refused =
      world->call(engine::ImportMany{product, {{"new-1", Secret("s1"), ""}, {"new-3", Secret(""), "-"}}});
  const auto& why = std::get<engine::ImportRefused>(*refused);
  EXPECT_EQ(why.invalid_names, std::vector<std::string>{"new-1"});
  EXPECT_EQ(why.invalid_secrets.size(), 1u);
  EXPECT_EQ(why.invalid_serials, std::vector<std::string>{"-"});
  EXPECT_FALSE(queries().device(InstanceId{1}, product, "new-3"));
}

TEST_F(GroupsTest, KeepsTagsWithinTheirLimit) {
  make();
  const engine::DeviceRef lamp = ref(product, names[0]);
  std::vector<DeviceTag> many;
  for (size_t i = 0; i < limits::kTagsPerDeviceMax; ++i) many.push_back({"key" + std::to_string(i), "v"});
  ASSERT_TRUE(world->call(engine::SaveTags{lamp, many}));
  EXPECT_EQ(refusal(engine::SaveTags{lamp, {{"one.more", "v"}}}), ErrorCode::TooManyTags);
  EXPECT_TRUE(world->call(engine::SaveTags{lamp, {{"key7", "other"}}}));
  EXPECT_TRUE(world->call(engine::DeleteTag{lamp, "key0"}));
  EXPECT_TRUE(world->call(engine::DeleteTag{lamp, "key0"})) << "nothing is left to do";
  EXPECT_TRUE(world->call(engine::SaveTags{lamp, {{"one.more", "v"}}}));
  const auto device = queries().device(InstanceId{1}, product, names[0]);
  EXPECT_EQ(queries().device_tags(*device)->size(), limits::kTagsPerDeviceMax);
}

TEST_F(GroupsTest, CountsTheTopicClassesOfOneBatch) {
  make();
  std::vector<uint64_t> asked;
  for (int i = 0; i < 60; ++i) {
    ProductTopic topic;
    topic.name = "user/t" + std::to_string(i % 55);
    asked.push_back(world->ask(engine::CreateTopic{product, topic}));
  }
  world->settle();
  int made = 0, full = 0, twice = 0;
  for (const uint64_t ticket : asked) {
    const auto answer = *world->answer(ticket);
    if (answer) ++made;
    if (!answer && answer.error().code == ErrorCode::TopicCountExceedMax) ++full;
    if (!answer && answer.error().code == ErrorCode::AlreadyExistedTopic) ++twice;
  }
  EXPECT_EQ(made, 47);  // beside the three that every product has
  EXPECT_EQ(full, 8);
  EXPECT_EQ(twice, 5);
  EXPECT_EQ(queries().product_topics(InstanceId{1}, product)->topics.size(), 50u);
}

TEST_F(GroupsTest, PagesThroughManyDevicesByToken) {
  make();
  world->call(engine::RegisterMany{product, 300});
  world->settle();
  size_t seen = 0;
  std::optional<int64_t> position;
  do {
    const auto page = queries().devices_of_product(InstanceId{1}, product, 1, 50, position);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->total, 305);
    seen += page->devices.size();
    position = page->next_position;
  } while (position);
  EXPECT_EQ(seen, 305u);
  EXPECT_EQ(queries().devices_of_product(InstanceId{1}, product, 201, 50, {}).error().code,
            ErrorCode::InvalidPageParams);
  EXPECT_EQ(
      queries().devices_of_status(InstanceId{1}, product, DeviceStatus::Unactive, 7, 50)->devices.size(), 5u);
}

}  // namespace
}  // namespace rollcall::testing
