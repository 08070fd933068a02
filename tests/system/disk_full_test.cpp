// The disk fills up under load: the server refuses with the reason and is not ready, loses nothing that it
// acknowledged, and goes on by itself, without a restart, once there is room again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "api_lanes.hpp"
#include "client/fleet_setup.hpp"
#include "failing_server.hpp"
#include "small_disk.hpp"
#include "store_audit.hpp"
#include "witness_fleet.hpp"
#include "workload.hpp"

namespace rollcall::testing {
namespace {

constexpr int64_t kDiskBytes = 24 << 20;
constexpr int64_t kTakenBytes = 16 << 20;
constexpr size_t kDevices = 60;
constexpr uint64_t kRefusals = 100;
constexpr uint64_t kAcknowledgementsAfter = 1'000;

class DiskFull : public ::testing::Test {
 protected:
  void prepare() {
    auto api = server_.server.client();
    auto fleet = client::prepare_fleet(*api, server_.server.random, {"full", "full-", kDevices},
                                       [](const std::string&) {});
    ASSERT_TRUE(fleet) << public_message(fleet.error());
    auto group = api->require("CreateDeviceGroup", {{"GroupName", "everything"}});
    ASSERT_TRUE(group) << public_message(group.error());
    WorkloadFleet where{fleet->product_key, group->text("Data.GroupId"), {}};
    NameValues parameters = {{"GroupId", where.group}};
    for (const auto& [name, secret] : fleet->devices) {
      where.devices.push_back(name);
      const std::string prefix = "Device." + std::to_string(where.devices.size()) + ".";
      parameters.emplace_back(prefix + "ProductKey", where.product_key);
      parameters.emplace_back(prefix + "DeviceName", name);
    }
    ASSERT_TRUE(api->require("BatchAddDeviceGroupRelations", parameters));
    devices_ =
        std::make_unique<WitnessFleet>(loop_, facts_, where.product_key, fleet->devices, client::Behaviour());
    workload_ = std::make_unique<Workload>(facts_, random_, std::move(where));
    workload_->begin_round(1, 1'000'000);
    lanes_ = std::make_unique<ApiLanes>(loop_, 4, [this] { return workload_->next(); });
    facts_.store_may_fail = true;
  }

  void run_until_full() {
    if (!disk_.mounted()) server_.disk->room_bytes = kDiskBytes - kTakenBytes;
    devices_->serve(server_.server.mqtt);
    lanes_->serve(server_.server.settings);
    ASSERT_TRUE(loop_.run_until([&] { return facts_.store_refusals >= kRefusals; }, 120'000))
        << facts_.acknowledgements << " acknowledgements and no end of the disk";
    EXPECT_NE(facts_.last_refusal.find("full"), std::string::npos) << facts_.last_refusal;
    EXPECT_TRUE(server_.await_readiness(503, 10'000)) << "ready with a full disk";
    EXPECT_NE(server_.server.log().find("full"), std::string::npos) << "no line in the log says why";
    EXPECT_TRUE(server_.server.process.running());
    full_at_ = facts_.acknowledgements;
  }

  // Not a byte more. A full file system may still take what fits into blocks that a file already has, such
  // as those behind the last good frame of a log: the library refuses that as well.
  void leave_no_room() {
    if (disk_.mounted()) disk_.fill();
    server_.disk->room_bytes = 0;
  }

  void make_room() {
    if (disk_.mounted()) disk_.free_room();
    server_.disk.heal();
  }

  void free_and_go_on() {
    make_room();
    EXPECT_TRUE(server_.await_readiness(200, 20'000)) << "not ready although there is room\n"
                                                      << server_.server.log();
    const uint64_t before = facts_.acknowledgements;
    EXPECT_TRUE(
        loop_.run_until([&] { return facts_.acknowledgements >= before + kAcknowledgementsAfter; }, 30'000))
        << "no acknowledgements although there is room: " << facts_.last_refusal;
  }

  void kill() {
    server_.server.process.kill_hard();
    devices_->rest();
    lanes_->rest();
    EXPECT_TRUE(
        loop_.run_until([&] { return devices_->connections() + lanes_->connections() == 0; }, 20'000));
  }

  void compare() {
    const AuditResult result = audit_store(server_.server.data(), place_.path() + "/copy", facts_, {});
    for (const std::string& problem : result.problems) ADD_FAILURE() << problem;
    std::printf(
        "full after %llu acknowledgements, %llu calls refused, %llu acknowledged later; %llu compared\n",
        static_cast<unsigned long long>(full_at_), static_cast<unsigned long long>(facts_.store_refusals),
        static_cast<unsigned long long>(facts_.acknowledgements - full_at_),
        static_cast<unsigned long long>(result.compared));
  }

  net::CoreLoop loop_;
  ScratchFolder place_;
  SmallDisk disk_{place_.path() + "/disk", kDiskBytes, kTakenBytes};
  FailingServer server_{binary_under_test(), loop_, place_.path() + "/disk/data"};
  SeededRandom random_{SystemRandom().next_u64()};
  Facts facts_;
  std::unique_ptr<WitnessFleet> devices_;
  std::unique_ptr<Workload> workload_;
  std::unique_ptr<ApiLanes> lanes_;
  uint64_t full_at_ = 0;
};

TEST_F(DiskFull, IsRefusedInWordsAndGoneWithoutARestart) {
  std::printf("the disk is %s\n", disk_.kind());
  server_.server.start_again();
  prepare();
  if (HasFatalFailure()) return;
  run_until_full();
  if (HasFatalFailure()) return;
  free_and_go_on();
  kill();
  compare();
  server_.server.start_again();
  EXPECT_EQ(server_.readiness(), 200);
  EXPECT_EQ(server_.server.process.stop_within(20'000), 0);
}

TEST_F(DiskFull, IsNamedByAStartThatFails) {
  server_.server.start_again();
  prepare();
  if (HasFatalFailure()) return;
  run_until_full();
  if (HasFatalFailure()) return;
  kill();
  leave_no_room();
  server_.server.launch();
  ASSERT_FALSE(server_.server.await_ready(20'000)) << "a start writes, and there is no room";
  EXPECT_EQ(server_.server.process.exit_within(0), 1);
  const std::string log = server_.server.log();
  const std::string words = log.substr(std::min(log.rfind("\nrollcall: The "), log.size()));
  EXPECT_TRUE(words.find("is full") < words.size() || words.find("No space left") < words.size()) << log;
  make_room();
  server_.server.start_again();
  EXPECT_EQ(server_.readiness(), 200);
  EXPECT_EQ(server_.server.process.stop_within(20'000), 0);
  compare();
}

}  // namespace
}  // namespace rollcall::testing
