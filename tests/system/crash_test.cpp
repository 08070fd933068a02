// kill -9 in the middle of a job: every acknowledged report is still there and the job completes.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "client/fleet_setup.hpp"
#include "failing_server.hpp"
#include "job_calls.hpp"
#include "recording_fleet.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::testing {
namespace {

TEST(Crash, KillInTheMiddleOfTenThousandTasksLosesNothingAcknowledged) {
  constexpr size_t kDevices = 10'000;
  net::CoreLoop loop;
  RollcallServer server(binary_under_test(), loop);
  auto api = server.client();
  auto prepared =
      client::prepare_fleet(*api, server.random, {"crash", "crash-", kDevices}, [](const std::string&) {});
  ASSERT_TRUE(prepared) << public_message(prepared.error());
  RecordingFleet fleet(loop, server.mqtt, prepared->product_key, prepared->devices);
  fleet.start();
  ASSERT_TRUE(loop.run_until([&] { return fleet.online() == kDevices; }, 60'000))
      << fleet.online() << " online";

  const std::string job = create_job(*api, prepared->product_key, "600000000");
  for (const size_t kill_at : {size_t{1'500}, size_t{6'000}}) {
    ASSERT_TRUE(loop.run_until([&] { return fleet.acknowledged().size() >= kill_at; }, 60'000));
    server.process.kill_hard();
    // What was on its way when the process died still counts: it had been acknowledged.
    loop.run_until([&] { return fleet.online() == 0; }, 10'000);
    const std::set<std::string> acknowledged = fleet.acknowledged();
    ASSERT_LT(acknowledged.size(), kDevices) << "the job was over before the kill";
    server.start_again();
    api = server.client();
    const std::set<std::string> stored = tasks_with_status(*api, job, "SUCCEEDED");
    for (const std::string& task : acknowledged)
      ASSERT_TRUE(stored.contains(task)) << task << " was acknowledged and is lost";
  }
  ASSERT_TRUE(loop.run_until([&] { return fleet.acknowledged().size() == kDevices; }, 120'000))
      << fleet.acknowledged().size() << " acknowledged, " << fleet.refused() << " refused\n"
      << server.log();
  auto statistics = api->require("QueryJobStatistics", {{"JobId", job}});
  ASSERT_TRUE(statistics);
  EXPECT_EQ(statistics->number("Data.Total"), static_cast<int64_t>(kDevices));
  EXPECT_EQ(statistics->number("Data.Succeeded"), static_cast<int64_t>(kDevices));
  EXPECT_TRUE(loop.run_until(
      [&] {
        auto answer = api->require("QueryJob", {{"JobId", job}});
        return answer && answer->text("Data.Status") == "COMPLETED";
      },
      10'000));
  EXPECT_EQ(server.process.stop(), 0) << "a clean stop";
}

TEST(Crash, GoesOnMakingTheTasksOfAJobAfterAKill) {
  constexpr size_t kDevices = 30'000;
  net::CoreLoop loop;
  RollcallServer server(binary_under_test(), loop);
  auto api = server.client();
  auto prepared =
      client::prepare_fleet(*api, server.random, {"made", "made-", kDevices}, [](const std::string&) {});
  ASSERT_TRUE(prepared) << public_message(prepared.error());
  const std::string job = create_job(*api, prepared->product_key, "1000");
  server.process.kill_hard();  // at some point of the making
  server.start_again();
  api = server.client();
  ASSERT_TRUE(loop.run_until(
      [&] {
        auto answer = api->require("QueryJob", {{"JobId", job}});
        return answer && answer->text("Data.Status") == "IN_PROGRESS";
      },
      60'000));
  EXPECT_EQ(tasks_with_status(*api, job, "QUEUED").size(), kDevices);
  auto statistics = api->require("QueryJobStatistics", {{"JobId", job}});
  ASSERT_TRUE(statistics);
  EXPECT_EQ(statistics->number("Data.Total"), static_cast<int64_t>(kDevices));
}

TEST(Stop, EndsCleanlyWithDevicesConnectedAndRefusesASecondServerOnTheSameData) {
  net::CoreLoop loop;
  RollcallServer server(binary_under_test(), loop);
  auto api = server.client();
  auto prepared =
      client::prepare_fleet(*api, server.random, {"stop", "stop-", 50}, [](const std::string&) {});
  ASSERT_TRUE(prepared) << public_message(prepared.error());
  RecordingFleet fleet(loop, server.mqtt, prepared->product_key, prepared->devices);
  fleet.start();
  ASSERT_TRUE(loop.run_until([&] { return fleet.online() == 50; }, 30'000));

  Process second;
  const std::string log = server.folder.path() + "/second.log";
  second.start({binary_under_test(), "serve", "--data", server.folder.path() + "/data", "--http",
                "127.0.0.1:0", "--mqtt", "127.0.0.1:0"},
               log);
  EXPECT_TRUE(loop.run_until([&] { return !second.running(); }, 10'000)) << "the second server kept running";
  EXPECT_NE(read_file(log).find("rollcall:"), std::string::npos) << read_file(log);

  EXPECT_EQ(server.process.stop(), 0);
  server.start_again();
  EXPECT_TRUE(loop.run_until([&] { return fleet.online() == 50; }, 30'000)) << "the devices come back";
  EXPECT_EQ(server.process.stop(), 0);
}

}  // namespace
}  // namespace rollcall::testing
