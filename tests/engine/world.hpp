// A small world around the real engine and a real store: virtual time, devices that are lists of what they
// were sent. Everything happens in one thread and on demand; nothing sleeps.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "engine/engine.hpp"
#include "engine/queries.hpp"
#include "model/id_codec.hpp"
#include "store/store.hpp"

namespace rollcall::testing {

// Reaches everything, or nothing.
class FixedReach final : public Reachability {
 public:
  explicit FixedReach(bool reaches_all) : reaches_all_(reaches_all) {}
  bool reaches(const JobContent&) const override { return reaches_all_; }

 private:
  bool reaches_all_;
};

// One connection of a device and what it got.
struct FakeDevice {
  DeviceId id;
  engine::DeviceConnection at;
  int64_t epoch = 0;
  bool connected = false;
  std::vector<engine::PushTask> pushes;
  std::vector<engine::TellTask> told;
  std::vector<engine::JobGetReply> gets;
  std::vector<engine::JobUpdateReply> updates;
  std::vector<engine::TagReply> tag_replies;
  engine::SessionRef session() const { return {at, id, epoch}; }
};

// A store that is new: in memory, or on PostgreSQL when the tests run there.
inline constexpr const char* kAnyStore = "";
// Before the path of a SQLite file: without its lock, so that several worlds have it open, and without syncs.
inline constexpr std::string_view kShared = "shared:";

class World : public engine::PushRoom {
 public:
  explicit World(engine::EngineConfig config = {}, std::string path = kAnyStore);
  ~World() override;

  // Closes the engine as a crash would and opens it again on the same store. Devices are gone.
  void restart();

  Result<engine::Outcome> call(decltype(engine::ApiCommand::what) what, InstanceId instance = InstanceId{1},
                               AccountId account = AccountId{1});
  // Runs until nothing is left to do at this moment.
  void settle();
  // One batch. True: there is more to do at once.
  bool run_once();
  // Lets time pass in steps, running whatever becomes due.
  void pass_ms(int64_t ms, int64_t step_ms = 100);
  void send(engine::Command command);
  // Without running: the answer is there when the engine has given it.
  uint64_t ask(decltype(engine::ApiCommand::what) what, InstanceId instance = InstanceId{1},
               AccountId account = AccountId{1});
  std::optional<Result<engine::Outcome>> answer(uint64_t ticket);
  // What happens between each decision and its commit; stays over restarts.
  void set_before_commit(std::function<void()> what);
  // The store cannot reserve ids of that kind; empty: it can.
  void refuse_ids(const std::string& kind);

  std::string make_product(const std::string& name, const std::string& tsl = {});
  DeviceId make_device(const std::string& product_key, const std::string& name);
  // With `keeps` it wants its session kept: what waits for it, and what it does not acknowledge.
  FakeDevice& connect(DeviceId id, bool reachable = true, bool keeps = false);
  // Without running.
  FakeDevice& connect_later(DeviceId id, bool reachable = true, bool keeps = false);
  void disconnect(FakeDevice& device);
  JobId make_job(engine::CreateJob job);

  // A custom job over a product, with the pace lifted unless said otherwise.
  static engine::CreateJob custom_job(const std::string& product_key, int64_t per_minute = 60'000'000);
  void report(FakeDevice& device, const TaskKey& key, TaskEvent event, int32_t progress = -1);
  void get_next(FakeDevice& device);

  Job job(JobId id);
  Task task(const TaskKey& key);
  TaskDetail detail(const TaskKey& key);
  // Counts the rows and compares them with the job's counters.
  void expect_counters_match(JobId id);

  bool reserve(uint16_t, size_t pushes) override {
    if (room < pushes) return false;
    room -= pushes;
    return true;
  }
  void release(uint16_t, size_t pushes) override { room += pushes; }
  size_t room = 1'000'000;

  ManualClock clock;
  SeededRandom random{7};
  engine::EngineConfig config;
  engine::EngineProbe probe;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<engine::Engine> engine;
  std::map<uint32_t, FakeDevice> devices;  // by connection slot
  std::vector<engine::Disconnect> disconnects;
  std::vector<engine::DeviceFound> founds;

 private:
  void take(std::vector<engine::Effect>& effects);
  void open_store_again();
  std::string path_;
  std::function<void()> before_commit_;
  uint64_t next_ticket_ = 1;
  uint32_t next_slot_ = 1;
  std::map<uint64_t, Result<engine::Outcome>> answers_;
};

}  // namespace rollcall::testing
