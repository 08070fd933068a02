// A store that cannot write: nothing is acknowledged, the engine rests instead of hammering the disk, and
// goes on by itself.
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "engine/world.hpp"

namespace rollcall::testing {
namespace {

// While it lives, no file of this process can grow past `bytes`: writes fail as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &old_); }

 private:
  rlimit old_{};
};

class ScratchFile {
 public:
  ScratchFile() {
    std::string name = (std::filesystem::temp_directory_path() / "rollcall-fault-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~ScratchFile() { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/store.db"; }

 private:
  std::string folder_;
};

TEST(StoreFaults, AcknowledgeNothingRestAndRecover) {
  ScratchFile file;
  World world({}, file.path());
  const std::string product = world.make_product("lamps");
  FakeDevice& device = world.connect(world.make_device(product, "lamp-1"));
  world.pass_ms(2'100);
  const JobId job = world.make_job(World::custom_job(product));
  world.pass_ms(100);
  const TaskKey key = device.pushes.at(0).key;
  {
    FullDisk full(4'096);
    auto made = world.call(engine::RegisterDevice{product, "lamp-2", ""});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::SystemException);
    world.report(device, key, TaskEvent::ReportSucceeded);
    ASSERT_FALSE(device.updates.empty());
    EXPECT_FALSE(device.updates.back().status) << "acknowledged what was not stored";
    EXPECT_EQ(device.updates.back().echo.packet_id, 0);
    ASSERT_FALSE(world.call(engine::CancelJob{job}));
    EXPECT_EQ(world.probe.store_healthy.value(), 0);
  }
  world.pass_ms(2'000);
  EXPECT_EQ(world.probe.store_healthy.value(), 1) << "ready again without anybody's change";
  world.report(device, key, TaskEvent::ReportSucceeded);
  world.pass_ms(100);
  EXPECT_TRUE(device.updates.back().status);
  EXPECT_EQ(world.job(job).status, JobStatus::Completed);
  EXPECT_EQ(world.probe.store_healthy.value(), 1);
  EXPECT_TRUE(world.call(engine::RegisterDevice{product, "lamp-2", ""}));
  world.expect_counters_match(job);
}

// Ids are reserved while deciding: a command that gets only some of those it needs leaves nothing behind.
TEST(StoreFaults, LeaveNoHalfOfACommandBehind) {
  ScratchFile file;
  World world({}, file.path());
  world.refuse_ids("topic");
  engine::CreateProduct create;
  create.product.name = "lamps";
  const auto refused = world.call(create);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::SystemException);
  EXPECT_NE(public_message(refused.error()).find("full"), std::string::npos);
  EXPECT_EQ(world.probe.store_healthy.value(), 0);
  world.refuse_ids("");
  world.pass_ms(2'000);
  EXPECT_EQ(world.probe.store_healthy.value(), 1);
  EXPECT_TRUE(world.call(create)) << "nobody has that name";
}

TEST(StoreFaults, TakeNoMessageInAndLoseNoneThatWaits) {
  ScratchFile file;
  World world({}, file.path());
  engine::SendMessage pub;
  pub.devices.push_back({{}, world.make_product("lamps"), "lamp-1"});
  const DeviceId id = world.make_device(pub.devices.front().product_key, "lamp-1");
  pub.qos = MessageQos::Qos1;
  pub.topic_short_name = "get";
  pub.body = "one";
  ASSERT_TRUE(world.call(pub));
  FakeDevice* device = nullptr;
  {
    FullDisk full(4'096);
    pub.body = "two";
    const auto refused = world.call(pub);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::SystemException);
    device = &world.connect(id, true, true);
    world.pass_ms(3'000);
  }
  world.pass_ms(3'000);
  ASSERT_EQ(device->pushes.size(), 1u) << "once on a connection, whatever failed meanwhile";
  EXPECT_EQ(device->pushes.front().content->body, "one");
  {
    FullDisk full(4'096);
    world.send(engine::PushConfirmed{device->session(), device->pushes.front().key, 1});
    world.pass_ms(3'000);
    EXPECT_EQ(world.store->offline_totals()->messages, 1);
  }
  world.pass_ms(3'000);
  EXPECT_EQ(world.store->offline_totals()->messages, 0);
  EXPECT_EQ(world.probe.messages_waiting.value(), 0);
}

}  // namespace
}  // namespace rollcall::testing
