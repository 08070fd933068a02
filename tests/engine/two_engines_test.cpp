// Two engines on one database, each with connections of its own: what either decides is decided on what it
// read, and the store lets one of two through (DESIGN 3). On PostgreSQL only: SQLite has one writer.
#include <cstdlib>
#include <string_view>

#include "engine/world.hpp"
#include "support/postgresql_server.hpp"

namespace rollcall::testing {
namespace {

constexpr int64_t kSettleMs = 2'100;  // past the wait for a $next after CONNACK
constexpr int kDevices = 40;

class TwoEngines : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* wanted = std::getenv("ROLLCALL_TEST_STORE");
    if (wanted == nullptr || std::string_view(wanted) != "postgresql")
      GTEST_SKIP() << "SQLite has one writer";
    ASSERT_EQ(PostgresqlServer::shared().why_not(), "");
    url = PostgresqlServer::shared().fresh_url();
    first = std::make_unique<World>(engine::EngineConfig(), url);
    product = first->make_product("lamps");
    for (int i = 0; i < kDevices; ++i)
      devices.push_back(first->make_device(product, "lamp-" + std::to_string(i)));
  }
  // Opened when the job is there already: it is told of nothing.
  void open_second() { second = std::make_unique<World>(engine::EngineConfig(), url); }
  World& of(int device) { return device % 2 == 0 ? *first : *second; }
  void pass_ms(int64_t ms) {
    for (int64_t passed = 0; passed < ms; passed += 100) {
      first->pass_ms(100);
      second->pass_ms(100);
    }
  }

  std::string url, product;
  std::vector<DeviceId> devices;
  std::unique_ptr<World> first, second;
};

TEST_F(TwoEngines, FinishOneJobTogether) {
  const JobId job = first->make_job(World::custom_job(product));
  first->pass_ms(100);
  open_second();
  std::vector<FakeDevice*> connected;
  for (int i = 0; i < kDevices; ++i) connected.push_back(&of(i).connect(devices[static_cast<size_t>(i)]));
  pass_ms(kSettleMs);
  for (int i = 0; i < kDevices; ++i) {
    SCOPED_TRACE(i);
    FakeDevice& device = *connected[static_cast<size_t>(i)];
    ASSERT_EQ(device.pushes.size(), 1u);
    of(i).report(device, device.pushes[0].key, TaskEvent::ReportInProgress, 10);
    of(i).report(device, device.pushes[0].key, TaskEvent::ReportSucceeded, 100);
    ASSERT_EQ(device.updates.size(), 2u);
    EXPECT_TRUE(device.updates[1].status);
  }
  pass_ms(1'000);
  EXPECT_EQ(first->job(job).counters[TaskStatus::Succeeded], kDevices);
  EXPECT_EQ(first->job(job).status, JobStatus::Completed);
  first->expect_counters_match(job);
  EXPECT_EQ(first->store->history(0, 1'000)->size(), 3u * kDevices) << "each step once";
}

TEST_F(TwoEngines, CancelUnderneathOneAnother) {
  const JobId job = first->make_job(World::custom_job(product));
  first->pass_ms(100);
  open_second();
  FakeDevice& device = second->connect(devices[1]);
  pass_ms(kSettleMs);
  ASSERT_EQ(device.pushes.size(), 1u);
  ASSERT_TRUE(first->call(engine::CancelJob{job}));
  first->pass_ms(1'000);
  // The other one still believes that the job runs.
  second->report(device, device.pushes[0].key, TaskEvent::ReportSucceeded, 100);
  pass_ms(1'000);
  EXPECT_EQ(first->job(job).status, JobStatus::Cancelled);
  EXPECT_EQ(first->job(job).counters[TaskStatus::Cancelled], kDevices);
  EXPECT_EQ(first->task(device.pushes[0].key).status, TaskStatus::Cancelled);
  first->expect_counters_match(job);
  std::map<TaskKey, int> ends;
  const auto history = *first->store->history(0, 1'000);
  for (const store::HistoryRow& row : history) {
    if (!is_final(row.to) || row.from == row.to) continue;
    EXPECT_EQ(++ends[row.key], 1) << row.key.sequence;
  }
}

}  // namespace
}  // namespace rollcall::testing
