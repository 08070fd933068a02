// Queries::events, what ListTaskEvents answers, on the real engine and a real store.
#include "engine/big_job.hpp"

namespace rollcall::testing {
namespace {

using engine::EventInfo;
using engine::EventScope;

// Page by page until the end.
std::vector<EventInfo> events(World& world, const EventScope& scope, size_t page_size = 50) {
  engine::Queries queries(*world.store);
  std::vector<EventInfo> all;
  for (std::optional<int64_t> cursor;;) {
    auto page = queries.events(InstanceId{1}, scope, cursor, page_size);
    if (!page) throw std::runtime_error(public_message(page.error()));
    EXPECT_LE(page->events.size(), page_size);
    EXPECT_TRUE(!page->next_cursor || page->events.size() == page_size);
    for (EventInfo& event : page->events) all.push_back(std::move(event));
    if (!page->next_cursor) return all;
    cursor = page->next_cursor;
  }
}

std::string text_of(const EventInfo& event) {
  const std::string from = event.from ? std::string(task_status_text(*event.from)) : "";
  return from + ">" + std::string(task_status_text(event.to)) + " " +
         (event.cause ? std::string(cause_text(*event.cause)) : "CREATED");
}

std::vector<std::string> texts(const std::vector<EventInfo>& events) {
  std::vector<std::string> out;
  for (const EventInfo& event : events) out.push_back(text_of(event));
  return out;
}

using Texts = std::vector<std::string>;

std::optional<ErrorCode> refusal(World& world, const EventScope& scope, std::optional<int64_t> cursor = {},
                                 InstanceId instance = InstanceId{1}) {
  engine::Queries queries(*world.store);
  const auto page = queries.events(instance, scope, cursor, 10);
  if (page) return std::nullopt;
  return page.error().code;
}

TEST(TaskEvents, TellAWholeLifeFromTheCreationOn) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  FakeDevice& device = world.connect(lamp);
  const WallMs created = world.clock.wall();
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(kSettleMs);
  const TaskKey key{job, 0};
  world.report(device, key, TaskEvent::ReportInProgress, 5);
  world.pass_ms(12'000);
  world.send(engine::JobUpdate{
      device.session(), key, TaskEvent::ReportInProgress, 40, R"({"step":"write"})", {"\"1\"", "code", 0}});
  world.pass_ms(1'000);
  world.report(device, key, TaskEvent::ReportSucceeded, 100);
  world.settle();

  const auto life = events(world, key);
  EXPECT_EQ(texts(life), (Texts{">QUEUED CREATED", "QUEUED>SENT PUSHED", "SENT>IN_PROGRESS REPORTED",
                                "IN_PROGRESS>IN_PROGRESS REPORTED", "IN_PROGRESS>SUCCEEDED REPORTED"}));
  EXPECT_EQ(life[0].at, created);
  EXPECT_EQ(life[3].progress, 40);
  EXPECT_EQ(life[3].detail.status_details, R"({"step":"write"})");
  EXPECT_EQ(life[4].progress, 100);
  for (size_t i = 1; i < life.size(); ++i) EXPECT_LE(life[i - 1].at, life[i].at);
  for (const EventInfo& event : life) {
    EXPECT_EQ(event.device, lamp);
    EXPECT_EQ(event.device_name, "lamp-1");
    EXPECT_EQ(event.product_key, product);
    EXPECT_EQ(event.attempt, 1);
  }
}

TEST(TaskEvents, OfAJobAreThoseOfItsTasksInQueueOrderHoweverTheyArePaged) {
  World world;
  const std::string product = world.make_product("lamps");
  std::vector<FakeDevice*> lamps;
  for (int i = 0; i < 5; ++i) {
    const DeviceId id = world.make_device(product, "lamp-" + std::to_string(i));
    if (i != 3) lamps.push_back(&world.connect(id));
  }
  const JobId other = world.make_job(World::custom_job(product));
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(kSettleMs);
  for (FakeDevice* lamp : lamps)
    for (const engine::PushTask& push : lamp->pushes) {
      world.report(*lamp, push.key, TaskEvent::ReportInProgress, 1);
      world.report(*lamp, push.key, TaskEvent::ReportFailed);
    }
  ASSERT_TRUE(world.call(engine::CancelJob{job}));
  world.pass_ms(100);

  std::vector<EventInfo> one_by_one;
  for (int64_t sequence = 0; sequence < 5; ++sequence)
    for (EventInfo& event : events(world, TaskKey{job, sequence})) one_by_one.push_back(std::move(event));
  ASSERT_EQ(one_by_one.size(), 4u * 4 + 2);
  for (const size_t page_size : {1, 2, 3, 4, 5, 17, 18, 19, 50}) {
    const auto all = events(world, job, page_size);
    EXPECT_EQ(texts(all), texts(one_by_one)) << page_size;
    for (size_t i = 0; i < all.size() && i < one_by_one.size(); ++i)
      EXPECT_EQ(all[i].key, one_by_one[i].key) << page_size;
  }
  EXPECT_EQ(events(world, TaskKey{other, 3}).size(), 1u) << "nothing but made";
}

TEST(TaskEvents, OfADeviceBeginWithItsNewestJobAndKnowDeletedOnes) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  world.make_device(product, "lamp-2");
  FakeDevice& device = world.connect(lamp);
  const JobId first = world.make_job(World::custom_job(product));
  const JobId second = world.make_job(World::custom_job(product));
  world.pass_ms(kSettleMs);
  world.report(device, {first, 0}, TaskEvent::ReportRejected);
  ASSERT_TRUE(world.call(engine::DeleteJob{second}));
  world.pass_ms(100);
  const Texts expected{">QUEUED CREATED", "QUEUED>SENT PUSHED", "SENT>CANCELLED JOB_DELETED",
                       ">QUEUED CREATED", "QUEUED>SENT PUSHED", "SENT>REJECTED REPORTED"};
  for (const size_t page_size : {1, 2, 3, 4, 6, 7})
    EXPECT_EQ(texts(events(world, lamp, page_size)), expected);
  EXPECT_EQ(events(world, TaskKey{second, 0}).size(), 3u);
  EXPECT_EQ(events(world, second).size(), 5u);
}

TEST(TaskEvents, KeepEarlierAttempts) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(kSettleMs);
  world.report(device, {job, 0}, TaskEvent::ReportFailed);
  world.pass_ms(100);
  ASSERT_TRUE(world.call(engine::RerunJob{job, {}, {}}));
  world.pass_ms(100);
  world.report(device, {job, 0}, TaskEvent::ReportSucceeded);
  world.settle();
  const auto life = events(world, TaskKey{job, 0});
  EXPECT_EQ(texts(life), (Texts{">QUEUED CREATED", "QUEUED>SENT PUSHED", "SENT>FAILED REPORTED",
                                "FAILED>QUEUED JOB_RERUN", "QUEUED>SENT PUSHED", "SENT>SUCCEEDED REPORTED"}));
  EXPECT_EQ(life[2].attempt, 1);
  EXPECT_EQ(life[3].attempt, 2);
  EXPECT_EQ(life[5].attempt, 2);
}

TEST(TaskEvents, AreNobodyElses) {
  World world;
  const std::string product = world.make_product("lamps");
  world.make_device(product, "lamp-1");
  const JobId job = world.make_job(World::custom_job(product));
  const JobId other = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  EXPECT_EQ(refusal(world, job, {}, InstanceId{2}), ErrorCode::NotExistedJob);
  EXPECT_EQ(refusal(world, TaskKey{job, 0}, {}, InstanceId{2}), ErrorCode::NotExistedTask);
  EXPECT_EQ(refusal(world, JobId{99}), ErrorCode::NotExistedJob);
  EXPECT_EQ(refusal(world, TaskKey{job, 7}), ErrorCode::NotExistedTask);
  EXPECT_EQ(refusal(world, TaskKey{JobId{99}, 0}), ErrorCode::NotExistedTask);

  ASSERT_TRUE(world.call(engine::CancelJob{other}));
  world.pass_ms(100);
  const auto rows = world.store->history(0, 10);
  ASSERT_EQ(rows->size(), 1u);
  const int64_t cursor = rows->front().position * 2;
  EXPECT_EQ(refusal(world, other, cursor), std::nullopt);
  EXPECT_EQ(refusal(world, job, cursor), ErrorCode::InvalidNextToken);
  EXPECT_EQ(refusal(world, TaskKey{job, 0}, cursor), ErrorCode::InvalidNextToken);
  EXPECT_EQ(refusal(world, other, cursor + 2), ErrorCode::InvalidNextToken);
}

TEST(TaskEvents, HoldProgressOnceInTenSecondsAlsoOverARestart) {
  World world;
  const std::string product = world.make_product("lamps");
  const DeviceId lamp = world.make_device(product, "lamp-1");
  engine::CreateJob create = World::custom_job(product);
  create.settings.in_progress_timeout_minutes = 600;
  const JobId job = world.make_job(create);
  const TaskKey key{job, 0};
  FakeDevice* device = &world.connect(lamp);
  world.pass_ms(kSettleMs);
  world.report(*device, key, TaskEvent::ReportInProgress, 0);
  for (int i = 1; i <= 90; ++i) {
    world.pass_ms(9'000, 1'000);
    if (i % 30 == 0) {
      world.restart();
      device = &world.connect(lamp);
    }
    world.report(*device, key, TaskEvent::ReportInProgress, i);
  }
  const auto life = events(world, key);
  ASSERT_EQ(life.size(), 3u + 45);
  for (size_t i = 3; i < life.size(); ++i) {
    EXPECT_EQ(text_of(life[i]), "IN_PROGRESS>IN_PROGRESS REPORTED");
    EXPECT_GE(life[i].at - life[i - 1].at, 10'000);
    EXPECT_EQ(life[i].progress, static_cast<int32_t>(i - 2) * 2);
  }
  for (int i = 0; i < 90; ++i) {
    world.pass_ms(10'000, 1'000);
    world.report(*device, key, TaskEvent::ReportInProgress, i);
  }
  EXPECT_EQ(events(world, key).size(), 3u + 64);
}

TEST(TaskEvents, SayWhatCameTooLateAndBoundIt) {
  World world;
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(kSettleMs);
  const TaskKey key{job, 0};
  ASSERT_TRUE(world.call(engine::CancelJob{job}));
  world.pass_ms(100);
  for (int i = 0; i < 70; ++i) world.report(device, key, TaskEvent::ReportFailed);
  world.report(device, key, TaskEvent::ReportSucceeded);
  EXPECT_TRUE(device.updates.back().status);
  const auto life = events(world, key);
  ASSERT_EQ(life.size(), 3u + 64);
  EXPECT_EQ(text_of(life.back()), "CANCELLED>CANCELLED LATE_REPORT");
  EXPECT_EQ(life.back().detail.message, "the device reported FAILED");
  EXPECT_EQ(world.detail(key), TaskDetail{});
  EXPECT_TRUE(world.task(key).flags & kTaskLateSuccess);
}

}  // namespace
}  // namespace rollcall::testing
