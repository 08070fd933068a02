// Products, groups, applications and imports, and jobs over them, decided by the real engine on a real store.
#include "base/overload.hpp"
#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

constexpr char kLampTsl[] = R"({"properties":[
  {"identifier":"power","accessMode":"rw","dataType":{"type":"bool","specs":{"0":"off","1":"on"}}},
  {"identifier":"level","accessMode":"rw","dataType":{"type":"float","specs":{"min":"0","max":"100"}}},
  {"identifier":"heat","accessMode":"r","dataType":{"type":"int","specs":{}}}],
  "services":[{"identifier":"blink","callType":"async","inputData":[
    {"identifier":"times","dataType":{"type":"int","specs":{"min":"1","max":"9"}}}]},
   {"identifier":"ping","callType":"sync","inputData":[]}]})";

engine::CreateJob set_property(const std::string& product, const std::string& params) {
  engine::CreateJob job = World::custom_job(product);
  job.spec.type = JobType::SetProperty;
  job.spec.document = "{\"params\":" + params + "}";
  job.spec.offline_policy = OfflinePolicy::Fail;
  return job;
}

std::string make_group(World& world, const std::string& name) {
  engine::CreateGroup create;
  create.group.name = name;
  auto made = world.call(create);
  return std::get<engine::GroupMade>(*made).group.code;
}

engine::GroupDevicesAdded add(World& world, const std::string& group, const std::string& product,
                              const std::vector<std::string>& names) {
  engine::AddGroupDevices command;
  command.group_code = group;
  for (const std::string& name : names) command.devices.push_back({{}, product, name});
  return std::get<engine::GroupDevicesAdded>(*world.call(command));
}

ErrorCode refused(World& world, engine::CreateJob job) {
  auto made = world.call(std::move(job));
  return made ? ErrorCode::InternalError : made.error().code;
}

TEST(JobTargets, RefusesWhatSelectsNothingOrTooMuch) {
  engine::EngineConfig config;
  config.job_targets_max = 2;
  World world(config);
  const std::string product = world.make_product("lamps");
  EXPECT_EQ(refused(world, World::custom_job(product)), ErrorCode::NoTarget);
  EXPECT_EQ(refused(world, World::custom_job("a1nothing")), ErrorCode::NotExistedProduct);
  for (int i = 0; i < 3; ++i) world.make_device(product, "lamp-" + std::to_string(i));
  EXPECT_EQ(refused(world, World::custom_job(product)), ErrorCode::TooManyTargets);
  engine::CreateJob group = World::custom_job(product);
  group.spec.target_type = TargetType::Group;
  group.spec.target_group_code = "nope";
  EXPECT_EQ(refused(world, group), ErrorCode::NotExistedGroup);
}

TEST(JobTargets, NamesUnknownDevicesAndCountsDuplicatesOnce) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  engine::CreateJob list = World::custom_job(product);
  list.spec.target_type = TargetType::DeviceList;
  list.targets = {{{}, product, "lamp-1"}, {{}, product, "ghost"}};
  auto made = world.call(list);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::NotExistedDevice);
  EXPECT_NE(made.error().message.find("ghost"), std::string::npos);
  auto key = world.store->id_key();
  list.targets = {{{}, product, "lamp-1"}, {IdCodec(*key).iot_id(lamp), {}, {}}};
  const JobId job = world.make_job(list);
  EXPECT_EQ(world.job(job).counters.total(), 1);
  EXPECT_EQ(world.job(job).status, JobStatus::InProgress);
}

TEST(JobTargets, TakesNoDevicesThatCameAfterTheJob) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  engine::CreateJob create = World::custom_job(product);
  create.spec.scheduled_at = world.clock.wall() + 600'000;
  const JobId job = world.make_job(create);
  world.make_device(product, "lamp-2");
  world.pass_ms(700'000, 10'000);
  EXPECT_EQ(world.job(job).counters.total(), 1);
  world.expect_counters_match(job);
}

TEST(JobTargets, MakesTheTasksOfALargeGroupInChunks) {
  World world;
  const std::string product = world.make_product("lamps");
  const std::string group = make_group(world, "night_lamps");
  std::vector<std::string> names;
  for (int i = 0; i < 4'500; ++i) {
    names.push_back("lamp-" + std::to_string(10'000 + i));
    world.make_device(product, names.back());
  }
  EXPECT_EQ(add(world, group, product, names).added, 4'500);
  EXPECT_EQ(add(world, group, product, names).already, 4'500);
  engine::CreateJob create = World::custom_job(product);
  create.spec.target_type = TargetType::Group;
  create.spec.target_group_code = group;
  const JobId job = world.make_job(create);
  world.pass_ms(200);
  EXPECT_EQ(world.job(job).tasks_made, 4'500);
  EXPECT_EQ(world.job(job).status, JobStatus::InProgress);
  world.expect_counters_match(job);
  ASSERT_TRUE(world.call(engine::CancelJob{job}));
  world.pass_ms(200);
  EXPECT_EQ(world.job(job).status, JobStatus::Cancelled);
  EXPECT_EQ(world.job(job).counters[TaskStatus::Cancelled], 4'500);
  world.expect_counters_match(job);
}

TEST(JobTargets, RefusesAPaceThatCannotReachEverybodyInTheJobsLife) {
  World world;
  const std::string product = world.make_product("lamps");
  for (int i = 0; i < 200; ++i) world.make_device(product, "lamp-" + std::to_string(i));
  engine::CreateJob create = World::custom_job(product, 1);
  create.spec.lifetime_ms = 3'600'000;
  EXPECT_EQ(refused(world, create), ErrorCode::InvalidFormattedParameter);
}

TEST(ThingModelJobs, RefusesWhatTheModelDoesNotTakeWithThePath) {
  World world;
  const std::string product = world.make_product("lamps", kLampTsl);
  world.make_device(product, "lamp-1");
  for (const char* params : {R"({"nothing":1})", R"({"heat":1})", R"({"level":101})", R"({"power":2})"}) {
    auto made = world.call(set_property(product, params));
    ASSERT_FALSE(made) << params;
    EXPECT_EQ(made.error().code, ErrorCode::InvalidFormattedParameter) << params;
    EXPECT_NE(made.error().message.find("params."), std::string::npos) << made.error().message;
  }
}

TEST(ThingModelJobs, SendsNumbersAsTheCallerWroteThem) {
  World world;
  const std::string product = world.make_product("lamps", kLampTsl);
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(2'100);
  world.make_job(set_property(product, R"({ "level" : 10.0, "power": "1" })"));
  world.pass_ms(100);
  ASSERT_EQ(device.pushes.size(), 1u);
  EXPECT_EQ(device.pushes[0].content->body, R"({"level":10.0,"power":1})");
}

TEST(ThingModelJobs, FailsTheTasksOfProductsThatDoNotFitAndRunsTheOthers) {
  World world;
  const std::string lamps = world.make_product("lamps", kLampTsl);
  const std::string doors = world.make_product(
      "doors",
      R"({"properties":[{"identifier":"open","accessMode":"rw","dataType":{"type":"bool","specs":{}}}]})");
  world.make_device(lamps, "lamp-1");
  world.make_device(doors, "door-1");
  for (const TargetType type : {TargetType::DeviceList, TargetType::Group}) {
    engine::CreateJob create = set_property(lamps, R"({"power":1})");
    create.spec.offline_policy = OfflinePolicy::Wait;
    create.spec.target_type = type;
    create.targets = {{{}, lamps, "lamp-1"}, {{}, doors, "door-1"}};
    if (type == TargetType::Group) {
      create.spec.target_group_code = make_group(world, "both_kinds");
      add(world, create.spec.target_group_code, lamps, {"lamp-1"});
      add(world, create.spec.target_group_code, doors, {"door-1"});
    }
    const JobId job = world.make_job(create);
    world.pass_ms(200);
    EXPECT_EQ(world.job(job).counters[TaskStatus::Queued], 1);
    EXPECT_EQ(world.job(job).counters[TaskStatus::Failed], 1);
    EXPECT_NE(world.detail({job, 1}).message.find("power"), std::string::npos)
        << world.detail({job, 1}).message;
    world.expect_counters_match(job);
  }
}

TEST(ThingModelJobs, EndsASynchronousCallAfterEightSeconds) {
  World world;
  const std::string product = world.make_product("lamps", kLampTsl);
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(2'100);
  engine::CreateJob create = World::custom_job(product);
  create.spec.type = JobType::InvokeService;
  create.spec.document = R"({"serviceIdentifier":"ping","params":{}})";
  const JobId job = world.make_job(create);
  world.pass_ms(100);
  ASSERT_EQ(device.pushes.size(), 1u);
  EXPECT_TRUE(device.pushes[0].content->sync_service);
  world.pass_ms(7'800);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::InProgress);
  world.pass_ms(500);
  EXPECT_EQ(world.task({job, 0}).status, TaskStatus::TimedOut);
}

TEST(Registration, RegistersAnApplicationInChunksAndShowsItsDevices) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "taken");
  engine::CheckDeviceNames check{product, {{"taken", ""}, {"x", ""}, {"lamp-1", ""}, {"lamp-1", ""}}};
  auto refused_names = world.call(check);
  ASSERT_TRUE(refused_names);
  ASSERT_TRUE(std::holds_alternative<engine::NamesRefused>(*refused_names));
  EXPECT_EQ(std::get<engine::NamesRefused>(*refused_names).details.size(), 3u);

  check.names.clear();
  for (int i = 0; i < 2'500; ++i) check.names.emplace_back("lamp-" + std::to_string(10'000 + i), "");
  const ApplyId apply = std::get<engine::ApplyMade>(*world.call(check)).apply;
  ASSERT_TRUE(world.call(engine::RegisterApplied{product, apply}));
  world.pass_ms(200);
  engine::Queries queries(*world.store);
  auto page = queries.apply_page(InstanceId{1}, apply, 50, 50);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 2'500);
  ASSERT_EQ(page->items.size(), 50u);
  EXPECT_EQ(page->items.back().device.name, "lamp-12499");
  EXPECT_FALSE(page->items.back().device.secret.empty());
  EXPECT_EQ(queries.product(InstanceId{1}, product)->device_count, 2'501);
  auto again = world.call(engine::RegisterApplied{product, apply});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::IncorrectDeviceApply);
}

engine::ImportFleet small_fleet() {
  engine::ImportFleet fleet;
  engine::ImportFleet::ProductEntry product;
  product.key = "a1Foreign01";
  product.name = "foreign";
  product.secret = Secret("ps");
  product.place = "products[0]";
  fleet.products.push_back(product);
  engine::ImportFleet::DeviceEntry device;
  device.product_key = "a1Foreign01";
  device.device.name = "pump-1";
  device.device.secret = Secret("ds");
  device.device.foreign_iot_id = "OPx000101";
  device.tags = {{"room", "101"}};
  device.groups = {"rY2foreign01"};
  device.place = "devices[0]";
  fleet.devices.push_back(device);
  engine::ImportFleet::GroupEntry group;
  group.code = "rY2foreign01";
  group.name = "pumps_north";
  group.place = "groups[0]";
  fleet.groups.push_back(group);
  return fleet;
}

engine::FleetImported import(World& world, const engine::ImportFleet& fleet) {
  auto done = world.call(fleet);
  EXPECT_TRUE(done) << public_message(done.error());
  return done ? std::get<engine::FleetImported>(*done) : engine::FleetImported();
}

// added, same, changed, refused
std::vector<int64_t> counts(const engine::ImportTally& tally) {
  return {tally.added, tally.same, tally.changed, tally.refused};
}

using Counts = std::vector<int64_t>;

TEST(Import, ChecksWithoutWritingThenWritesAndIsRepeatable) {
  World world;
  engine::ImportFleet fleet = small_fleet();
  fleet.dry_run = true;
  EXPECT_EQ(counts(import(world, fleet).devices), (Counts{1, 0, 0, 0}));
  EXPECT_FALSE(engine::Queries(*world.store).product(InstanceId{1}, "a1Foreign01"));
  fleet.dry_run = false;
  const auto first = import(world, fleet);
  EXPECT_EQ(counts(first.products), (Counts{1, 0, 0, 0}));
  EXPECT_EQ(counts(first.groups), (Counts{1, 0, 0, 0}));
  EXPECT_EQ(counts(first.devices), (Counts{1, 0, 0, 0}));
  const auto second = import(world, fleet);
  EXPECT_EQ(counts(second.products), (Counts{0, 1, 0, 0}));
  EXPECT_EQ(counts(second.groups), (Counts{0, 1, 0, 0}));
  EXPECT_EQ(counts(second.devices), (Counts{0, 1, 0, 0}));
  const auto device = engine::Queries(*world.store).device_by_foreign_iot_id(InstanceId{1}, "OPx000101");
  EXPECT_EQ(device->secret.reveal(), "ds");
  EXPECT_EQ(engine::Queries(*world.store).device_tags(*device)->front(), (DeviceTag{"room", "101"}));
}

TEST(Import, ChangesWhatIsGivenAndKeepsWhatIsNot) {
  World world;
  import(world, small_fleet());
  engine::ImportFleet again;
  again.products.emplace_back().key = "a1Foreign01";
  again.products[0].description = "pumps of the north";
  again.devices = small_fleet().devices;
  again.devices[0].tags = {{"room", "102"}, {"color", "red"}};
  again.devices[0].device.nickname = "first";
  again.groups.emplace_back().code = "rY2foreign01";
  again.groups[0].description = "all of them";
  const auto result = import(world, again);
  EXPECT_EQ(counts(result.products), (Counts{0, 0, 1, 0}));
  EXPECT_EQ(counts(result.groups), (Counts{0, 0, 1, 0}));
  EXPECT_EQ(counts(result.devices), (Counts{0, 0, 1, 0}));
  engine::Queries reads(*world.store);
  const auto product = reads.product(InstanceId{1}, "a1Foreign01");
  EXPECT_EQ(product->name, "foreign");
  EXPECT_EQ(product->secret.reveal(), "ps");
  EXPECT_EQ(product->description, "pumps of the north");
  const auto device = reads.device(InstanceId{1}, "a1Foreign01", "pump-1");
  EXPECT_EQ(device->nickname, "first");
  EXPECT_EQ(reads.device_tags(*device)->size(), 2u);
  EXPECT_EQ(reads.group_info(InstanceId{1}, "rY2foreign01")->group.name, "pumps_north");
  EXPECT_EQ(counts(import(world, again).devices), (Counts{0, 1, 0, 0}));
}

TEST(Import, ADryRunTellsOfEveryRowAndKnowsWhatIsToCome) {
  World world;
  import(world, small_fleet());
  engine::ImportFleet fleet;
  fleet.dry_run = true;
  fleet.known_products = {"a1Coming"};
  fleet.known_groups = {"coming"};
  const auto add = [&](const char* product, const char* name, std::vector<std::string> groups) {
    auto& entry = fleet.devices.emplace_back();
    entry.product_key = product;
    entry.device.name = name;
    entry.device.secret = Secret("s");
    entry.groups = std::move(groups);
    entry.place = "devices[" + std::to_string(fleet.devices.size() - 1) + "]";
  };
  add("a1Coming", "lamp-1", {"coming"});
  add("a1Foreign01", "lamp-2", {"coming", "rY2foreign01"});
  add("a1Nowhere", "lamp-3", {});
  add("a1Coming", "lamp-4", {"none"});
  add("a1Foreign01", "pump-1", {});
  fleet.devices.back().device.enabled = false;
  const auto result = import(world, fleet);
  EXPECT_EQ(counts(result.devices), (Counts{2, 0, 0, 3}));
  ASSERT_EQ(result.refusals.size(), 3u);
  EXPECT_EQ(result.refusals[0].place, "devices[2]");
  EXPECT_EQ(result.refusals[1].why, "the group none does not exist");
  EXPECT_EQ(result.refusals[2].place, "devices[4]");
  fleet.dry_run = false;
  const auto refused = world.call(fleet);
  ASSERT_FALSE(refused) << "what is to come counts in a dry run only";
  EXPECT_EQ(public_message(refused.error()), "devices[0]: the product a1Coming does not exist");
}

TEST(Import, KeepsGroupIdsSoThatJobsAndMembersFindThem) {
  World world;
  ASSERT_TRUE(world.call(small_fleet()));
  world.make_device("a1Foreign01", "pump-2");
  EXPECT_EQ(add(world, "rY2foreign01", "a1Foreign01", {"pump-1", "pump-2"}).added, 1);
  engine::CreateJob create = World::custom_job("");
  create.spec.target_type = TargetType::Group;
  create.spec.target_group_code = "rY2foreign01";
  const JobId job = world.make_job(create);
  world.pass_ms(100);
  EXPECT_EQ(world.job(job).counters.total(), 2);
}

TEST(Import, RefusesAChunkWholeAndSaysWhere) {
  World world;
  engine::ImportFleet fleet = small_fleet();
  fleet.devices.push_back(fleet.devices[0]);
  fleet.devices[1].device.name = "pump-2";
  fleet.devices[1].place = "devices[1]";
  auto result = world.call(fleet);
  ASSERT_FALSE(result);
  EXPECT_EQ(public_message(result.error()), "devices[1]: the IotId belongs to another device");
  EXPECT_FALSE(engine::Queries(*world.store).product(InstanceId{1}, "a1Foreign01"));
}

TEST(Instances, SeeNothingOfEachOther) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  const JobId job = world.make_job(World::custom_job(product));
  const InstanceId other{2};
  EXPECT_EQ(world.call(engine::RegisterDevice{product, "lamp-2", ""}, other).error().code,
            ErrorCode::NotExistedProduct);
  EXPECT_EQ(world.call(World::custom_job(product), other).error().code, ErrorCode::NotExistedProduct);
  EXPECT_EQ(world.call(engine::CancelJob{job}, other).error().code, ErrorCode::NotExistedJob);
  auto found = world.call(engine::QueryDevices{{{{}, product, "lamp-1"}}}, other);
  EXPECT_FALSE(std::get<engine::DevicesFound>(*found).devices.at(0));
  engine::Queries queries(*world.store);
  EXPECT_EQ(queries.job(other, job).error().code, ErrorCode::NotExistedJob);
  EXPECT_EQ(queries.task(other, {job, 0}).error().code, ErrorCode::NotExistedTask);
  EXPECT_EQ(queries.product(other, product).error().code, ErrorCode::NotExistedProduct);
}

TEST(Pace, NeverPushesMoreThanItsRateInAnySlidingMinute) {
  World world;
  const std::string product = world.make_product("lamps");
  std::vector<FakeDevice*> devices;
  for (int i = 0; i < 300; ++i)
    devices.push_back(&world.connect(world.make_device(product, "lamp-" + std::to_string(i))));
  world.pass_ms(2'100);
  const JobId job = world.make_job(World::custom_job(product, 100));
  std::vector<int64_t> pushed_at_ms;
  size_t seen = 0;
  for (int step = 0; step < 2'100; ++step) {
    world.pass_ms(100);
    size_t now = 0;
    for (const FakeDevice* device : devices) now += device->pushes.size();
    for (; seen < now; ++seen) pushed_at_ms.push_back(step * 100);
  }
  ASSERT_EQ(pushed_at_ms.size(), 300u);
  for (size_t i = 100; i < pushed_at_ms.size(); ++i)
    EXPECT_GE(pushed_at_ms[i] - pushed_at_ms[i - 100], 59'900);
  EXPECT_LE(pushed_at_ms.back(), 182'000) << "at most one per cent slower than asked for";
  EXPECT_EQ(world.job(job).counters[TaskStatus::Sent], 300);
}

}  // namespace
}  // namespace rollcall::testing
