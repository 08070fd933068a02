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

}  // namespace
}  // namespace rollcall::testing
