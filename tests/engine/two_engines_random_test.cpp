// Two engines on one store while devices, callers and restarts come as a seed has it, each engine also in the
// moment between what the other decides and commits; then a quiet end in which everything has to finish.
// After each step the rows are held against the history, the counters and what was acknowledged (DESIGN 3).
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>

#include "engine/two_engines_judge.hpp"
#include "engine/world.hpp"
#include "support/postgresql_server.hpp"

namespace rollcall::testing {
namespace {

constexpr int kDevices = 8;
constexpr int kSteps = 120;

bool on_postgresql() {
  const char* wanted = std::getenv("ROLLCALL_TEST_STORE");
  return wanted != nullptr && std::string_view(wanted) == "postgresql";
}

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Asked {
  int world = 0;
  uint64_t ticket = 0;
  JobId job;
  enum class Call { Create, Cancel, Delete, Pause, Register, Join, Other } call{};
  std::string text;
  size_t number = 0;  // Join: of the device; Create: how many were surely targets when it was asked
  int64_t asked = 0;  // when, in asks
  TargetType target = TargetType::DeviceList;
};

// Devices of a product or a group in the order in which it was known that they are there, and when somebody
// first asked for it.
using Members = std::vector<std::pair<DeviceId, int64_t>>;
// A job over such a list: so many of them are its targets, and none that was asked for later.
struct Targets {
  const Members* members = nullptr;
  size_t surely = 0;
  int64_t answered = 0;
};

class Pair {
 public:
  explicit Pair(uint64_t seed) : random_(seed), seed_(seed), judge_(seed) {
    engine::EngineConfig config;
    config.others_check_ms = 1'000;
    config.sweep_rows = 3;
    config.next_wait_ms = 200;
    path_ = place();
    for (auto& world : worlds_) world = std::make_unique<World>(config, path_);
    product_ = worlds_[0]->make_product("lamps");
    for (int i = 0; i < kDevices; ++i)
      learn_device(worlds_[dice(2)]->make_device(product_, "lamp-" + std::to_string(i)), 0);
    engine::CreateGroup group;
    group.group.name = "lamps_of_one";
    auto made = worlds_[0]->call(std::move(group));
    EXPECT_TRUE(made);
    if (made) group_ = std::get<engine::GroupMade>(*made).group.code;
    for (int i = 0; i < 2; ++i) worlds_[i]->set_before_commit([this, i] { between(i); });
  }
  ~Pair() {
    for (auto& world : worlds_) world.reset();
    if (on_postgresql()) return;
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path_.substr(kShared.size()) + end);
  }

  void run() {
    for (int i = 0; i < kSteps && holds(); ++i) {
      step();
      check();
    }
    end();
  }

 private:
  static bool holds() { return !::testing::Test::HasFailure(); }
  size_t dice(uint64_t sides) { return static_cast<size_t>(random_.below(sides)); }
  bool chance(int percent) { return dice(100) < static_cast<size_t>(percent); }
  std::string place() const {
    if (on_postgresql()) return PostgresqlServer::shared().fresh_url();
    return std::string(kShared) + ::testing::TempDir() + "two_engines_" + std::to_string(::getpid()) + "_" +
           std::to_string(seed_);
  }
  World& any() { return *worlds_[dice(2)]; }

  // The other engine works between a decision and its commit.
  void between(int world) {
    if (inside_ || quiet_ || !chance(40)) return;
    inside_ = true;
    const int other = 1 - world;
    learn_jobs();
    for (size_t i = dice(3); i > 0; --i) act(other);
    // Often not to the end: what it has begun is there to be seen, and to go on with.
    if (chance(50))
      worlds_[other]->settle();
    else
      worlds_[other]->run_once();
    inside_ = false;
  }

  void learn_jobs() {
    for (size_t i = 0; i < asked_.size(); ++i) {
      if (asked_[i].call != Asked::Call::Create) continue;
      auto answer = worlds_[asked_[i].world]->answer(asked_[i].ticket);
      if (!answer) continue;
      if (*answer) learn_job(asked_[i], std::get<engine::JobMade>(**answer).job);
      asked_.erase(asked_.begin() + static_cast<long>(i--));
    }
  }

  void learn_job(const Asked& asked, JobId job) {
    jobs_.push_back(job);
    if (asked.target == TargetType::DeviceList) return;
    const Members* members = asked.target == TargetType::Group ? &in_group_ : &in_product_;
    targets_[job] = {members, asked.number, asks_};
  }
  void learn_device(DeviceId device, int64_t asked) {
    devices_.push_back(device);
    at_.emplace_back();
    in_product_.emplace_back(device, asked);
  }

  // Batch by batch, in any order, with something new now and then.
  void settle_both() {
    for (int i = 0; i < 40; ++i) {
      const int world = static_cast<int>(dice(2));
      worlds_[world]->run_once();
      if (!quiet_ && chance(10)) {
        learn_jobs();
        act(world);
      }
    }
    for (const int i : {0, 1, 0}) worlds_[i]->settle();
  }

  void pass(int64_t ms) {
    const int first = static_cast<int>(dice(2));
    for (const int i : {first, 1 - first}) worlds_[i]->clock.advance_ms(ms);
    settle_both();
    collect();
  }

  void step() {
    for (size_t i = dice(4); i > 0; --i) act(static_cast<int>(dice(2)));
    if (chance(2)) restart(static_cast<int>(dice(2)));
    const int64_t lengths[] = {1, 50, 200, 400, 1'500, 20'000};
    pass(lengths[chance(4) ? 5 : dice(5)]);
  }

  void restart(int world) {
    worlds_[world]->restart();
    for (auto& [at, slot] : at_)
      if (at == world) slot = 0;
    std::erase_if(asked_, [&](const Asked& asked) { return asked.world == world; });
  }

  void act(int world) {
    switch (dice(10)) {
      case 0:
      case 1:
        return connect(dice(devices_.size()), world);
      case 2:
        return disconnect(dice(devices_.size()));
      case 3:
        return ask_job(world);
      case 4:
        if (chance(40)) return grow(world);
        return ask_any(world);
      default:
        return speak(dice(devices_.size()));
    }
  }

  void connect(size_t device, int world) {
    FakeDevice& fake = worlds_[world]->connect_later(devices_[device], true);
    at_[device] = {world, fake.at.connection.slot};
  }

  FakeDevice* fake_of(size_t device) {
    const auto& [world, slot] = at_[device];
    if (slot == 0) return nullptr;
    auto it = worlds_[world]->devices.find(slot);
    return it == worlds_[world]->devices.end() || !it->second.connected ? nullptr : &it->second;
  }

  void disconnect(size_t device) {
    FakeDevice* fake = fake_of(device);
    if (fake == nullptr) return;
    // Now and then nobody notices: the other side finds out by itself.
    if (chance(70)) worlds_[at_[device].first]->send(engine::CloseSession{fake->session()});
    at_[device].second = 0;
  }

  void speak(size_t device) {
    FakeDevice* fake = fake_of(device);
    if (fake == nullptr) return;
    World& world = *worlds_[at_[device].first];
    std::vector<std::pair<TaskKey, int32_t>> known;
    for (const auto& push : fake->pushes) known.emplace_back(push.key, push.attempt);
    for (const auto& get : fake->gets)
      for (const auto& item : get.items) known.emplace_back(item.key, 0);
    if (known.empty() || chance(20)) {
      world.send(engine::JobGet{fake->session(), engine::GetKind::Next, {}, {"\"1\"", "$next", 0}});
      return;
    }
    const auto [key, attempt] = known[dice(known.size())];
    if (attempt != 0 && chance(30)) {
      world.send(engine::PushConfirmed{fake->session(), key, attempt});
      return;
    }
    const TaskEvent events[] = {TaskEvent::ReportInProgress, TaskEvent::ReportSucceeded,
                                TaskEvent::ReportFailed, TaskEvent::ReportRejected};
    report(world, *fake, key, events[dice(4)]);
  }

  static void report(World& world, FakeDevice& fake, const TaskKey& key, TaskEvent event) {
    engine::JobUpdate update;
    update.session = fake.session();
    update.key = key;
    update.event = event;
    update.echo.id_json = "\"1\"";
    world.send(std::move(update));
  }

  // A new device, or one that joins the group.
  void grow(int world) {
    World& w = *worlds_[world];
    if (chance(40)) {
      if (devices_.size() >= 3 * kDevices) return;
      const std::string name = "later-" + std::to_string(++registered_);
      note(world, w.ask(engine::RegisterDevice{product_, name, ""}), {}, Asked::Call::Register, "register");
    } else {
      const size_t device = dice(kDevices);
      engine::AddGroupDevices add{group_, {{"", product_, "lamp-" + std::to_string(device)}}};
      note(world, w.ask(std::move(add)), {}, Asked::Call::Join, "join");
      asked_.back().number = device;
    }
    asked_.back().asked = ++asks_;
  }

  void note(int world, uint64_t ticket, JobId job, Asked::Call call, std::string text) {
    asked_.push_back({world, ticket, job, call, std::move(text)});
  }

  void ask_job(int world) {
    if (jobs_.size() >= 12) return;
    const int64_t rates[] = {50, 600, 60'000'000};
    engine::CreateJob job = World::custom_job(product_, rates[dice(3)]);
    job.settings.in_progress_timeout_minutes = 1;
    if (chance(30)) {
      job.spec.target_type = TargetType::DeviceList;
      job.spec.target_product_key.clear();
      for (int i = 0; i < kDevices; ++i)
        if (chance(60)) job.targets.push_back({"", product_, "lamp-" + std::to_string(i)});
      if (job.targets.empty()) return;
    }
    TargetType target = job.targets.empty() ? TargetType::Product : TargetType::DeviceList;
    if (target == TargetType::Product && chance(40) && !in_group_.empty()) {
      target = job.spec.target_type = TargetType::Group;
      job.spec.target_product_key.clear();
      job.spec.target_group_code = group_;
    }
    note(world, worlds_[world]->ask(std::move(job)), {}, Asked::Call::Create, "create");
    asked_.back().target = target;
    asked_.back().number = (target == TargetType::Group ? in_group_ : in_product_).size();
  }

  void ask_any(int world) {
    if (jobs_.empty()) return;
    const JobId job = chance(50) ? jobs_.back() : jobs_[dice(jobs_.size())];
    World& w = *worlds_[world];
    switch (dice(9)) {
      case 0:
        return note(world, w.ask(engine::CancelJob{job}), job, Asked::Call::Cancel, "cancel");
      case 1:
        return note(world, w.ask(engine::DeleteJob{job}), job, Asked::Call::Delete, "delete");
      case 2:
      case 3:
        return note(world, w.ask(engine::PauseJob{job}), job, Asked::Call::Pause, "pause");
      case 4:
      case 5:
        unpause(job);
        return note(world, w.ask(engine::ResumeJob{job}), job, Asked::Call::Other, "resume");
      case 6: {
        engine::UpdateJob update;
        update.job = job;
        update.maximum_per_minute = chance(50) ? 50 : 60'000'000;
        return note(world, w.ask(update), job, Asked::Call::Other, "update");
      }
      default:
        unpause(job);
        return note(world, w.ask(engine::RerunJob{job, {}, {}}), job, Asked::Call::Other, "rerun");
    }
  }
  void unpause(JobId job) {
    judge_.promises[job].paused_since = -1;
    unpaused_[job] = ++asks_;
  }

  // What was answered since: from now on it has to hold.
  void collect() {
    judge_.read(*worlds_[0]->store);
    learn_jobs();
    for (size_t i = 0; i < asked_.size();) {
      const Asked asked = asked_[i];
      auto answer = worlds_[asked.world]->answer(asked.ticket);
      if (!answer) {
        ADD_FAILURE() << "seed " << seed_ << ": no answer to " << asked.text;
        return;
      }
      asked_.erase(asked_.begin() + static_cast<long>(i));
      if (!*answer) continue;
      if (asked.call == Asked::Call::Register)
        learn_device(std::get<engine::DeviceMade>(**answer).device.id, asked.asked);
      const auto* added = std::get_if<engine::GroupDevicesAdded>(&**answer);
      if (asked.call == Asked::Call::Join && added != nullptr && added->added == 1)
        in_group_.emplace_back(devices_[asked.number], asked.asked);
      Promise& promise = judge_.promises[asked.job];
      const bool over = asked.call == Asked::Call::Cancel || asked.call == Asked::Call::Delete;
      if (over && promise.over_since < 0) promise.over_since = judge_.position();
      if (asked.call == Asked::Call::Pause && !open_resume(asked.job))
        promise.paused_since = judge_.position();
    }
  }
  // A ResumeJob or RerunJob that was asked in the same step may have come after it.
  bool open_resume(JobId job) const {
    auto it = unpaused_.find(job);
    return it != unpaused_.end() && it->second > asks_before_step_;
  }

  void check() {
    asks_before_step_ = asks_;
    judge_.read(*worlds_[0]->store);
    for (const JobId id : jobs_) {
      const JobId ids[] = {id};
      const auto rows = worlds_[0]->store->jobs(ids);
      ASSERT_TRUE(rows);
      if (rows->empty()) {
        EXPECT_GE(judge_.promises[id].over_since, 0) << "seed " << seed_ << ": a job is gone";
        continue;
      }
      judge_.check_job(*worlds_[0]->store, rows->front());
      check_targets(rows->front());
    }
    for (auto& world : worlds_) judge_.check_pushes(*world);
  }

  void check_targets(const Job& job) {
    auto it = targets_.find(job.id);
    if (it == targets_.end() || job.sweep == Sweep::Make || job.status == JobStatus::Removing) return;
    const auto rows = worlds_[0]->store->list_tasks_of_job(job.id, {}, -1, 500);
    ASSERT_TRUE(rows);
    std::set<DeviceId> has;
    for (const store::TaskView& view : *rows) has.insert(view.task.device);
    EXPECT_EQ(has.size(), rows->size()) << "seed " << seed_ << ": two tasks for one device";
    const auto& [members, surely, answered] = it->second;
    for (size_t i = 0; i < members->size(); ++i) {
      const auto& [device, asked] = (*members)[i];
      if (i < surely) {
        EXPECT_TRUE(has.contains(device)) << "seed " << seed_ << ": job " << job.id.value
                                          << " has no task for " << device.value << ", which was there";
      } else if (asked > answered) {
        EXPECT_FALSE(has.contains(device)) << "seed " << seed_ << ": job " << job.id.value
                                           << " has a task for " << device.value << ", which came later";
      }
    }
  }

  // Everybody is there and answers.
  void end() {
    quiet_ = true;
    for (const JobId job : jobs_) {
      unpause(job);
      const int one = static_cast<int>(dice(2));  // the other one has to notice
      note(one, worlds_[one]->ask(engine::ResumeJob{job}), job, Asked::Call::Other, "resume");
      engine::UpdateJob update;
      update.job = job;
      update.maximum_per_minute = 60'000'000;
      pass(10);
      note(one, worlds_[one]->ask(update), job, Asked::Call::Other, "update");
      pass(10);
    }
    for (size_t i = 0; i < devices_.size(); ++i) connect(i, static_cast<int>(dice(2)));
    pass(3'000);
    for (int round = 0; round < 60 && holds(); ++round) {
      for (size_t i = 0; i < devices_.size(); ++i) answer_all(i);
      pass(1'000);
      check();
      const auto open = worlds_[0]->store->unfinished_jobs();
      ASSERT_TRUE(open);
      if (open->empty()) return check_presence();
      if (round < 59) continue;
      for (const Job& job : *open)
        ADD_FAILURE() << "seed " << seed_ << ": job " << job.id.value
                      << " does not end: " << job_status_text(job.status) << " sweep "
                      << static_cast<int>(job.sweep) << " queued " << job.counters[TaskStatus::Queued]
                      << " sent " << job.counters[TaskStatus::Sent] << " in progress "
                      << job.counters[TaskStatus::InProgress] << " paused " << job.paused;
    }
  }

  void answer_all(size_t device) {
    FakeDevice* fake = fake_of(device);
    if (fake == nullptr) return connect(device, static_cast<int>(dice(2)));
    World& world = *worlds_[at_[device].first];
    std::set<TaskKey> keys;
    for (const auto& push : fake->pushes) keys.insert(push.key);
    for (const auto& get : fake->gets)
      for (const auto& item : get.items) keys.insert(item.key);
    for (const TaskKey& key : keys) {
      const auto it = judge_.tracks().find(key);
      if (it == judge_.tracks().end() || is_open(it->second.status))
        report(world, *fake, key, TaskEvent::ReportSucceeded);
    }
    world.send(engine::JobGet{fake->session(), engine::GetKind::Next, {}, {"\"1\"", "$next", 0}});
  }

  void check_presence() {
    pass(1'500);
    pass(1'500);
    for (size_t i = 0; i < devices_.size(); ++i) {
      if (fake_of(i) == nullptr) continue;
      const DeviceId ids[] = {devices_[i]};
      const auto rows = worlds_[0]->store->presence(ids);
      ASSERT_TRUE(rows);
      ASSERT_EQ(rows->size(), 1u);
      EXPECT_TRUE(rows->front().online) << "seed " << seed_ << ": device " << i << " is connected";
    }
  }

  SeededRandom random_;
  uint64_t seed_;
  Judge judge_;
  std::string path_, product_;
  std::unique_ptr<World> worlds_[2];
  std::vector<DeviceId> devices_;
  std::string group_;
  Members in_product_, in_group_;
  std::map<JobId, Targets> targets_;
  int registered_ = 0;
  std::vector<std::pair<int, uint32_t>> at_;  // world and slot of each device; slot 0: nowhere
  std::vector<JobId> jobs_;
  std::vector<Asked> asked_;
  std::map<JobId, int64_t> unpaused_;
  int64_t asks_ = 0;
  int64_t asks_before_step_ = 0;
  bool inside_ = false;
  bool quiet_ = false;
};

TEST(TwoEnginesAtRandom, LoseNothingRepeatNothingAndFinish) {
  if (on_postgresql()) {
    ASSERT_EQ(PostgresqlServer::shared().why_not(), "");
  }
  const uint64_t first = from_environment("ROLLCALL_TWO_ENGINES_SEED", 1);
  const uint64_t seeds = from_environment("ROLLCALL_TWO_ENGINES_SEEDS", on_postgresql() ? 5 : 60);
  for (uint64_t seed = first; seed < first + seeds && !HasFailure(); ++seed) Pair(seed).run();
}

}  // namespace
}  // namespace rollcall::testing
