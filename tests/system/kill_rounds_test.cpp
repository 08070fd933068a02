// kill -9 in rounds: one data folder lives through many servers, each killed at an arbitrary moment under
// load, some while they start. The clients' devices and callers know what was acknowledged to them, and after
// each death the rows are compared with that. ROLLCALL_CRASH_ROUNDS and ROLLCALL_CRASH_SEED choose how long
// and which; a failure names its seed and keeps the data folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "api_lanes.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "client/fleet_setup.hpp"
#include "failing_server.hpp"
#include "store_audit.hpp"
#include "support/postgresql_server.hpp"
#include "support/rollcall_server.hpp"
#include "witness_fleet.hpp"
#include "workload.hpp"

namespace rollcall::testing {
namespace {

constexpr size_t kDevices = 300;
constexpr size_t kLanes = 6;
constexpr size_t kJobsPerRound = 60;
constexpr int64_t kRoundMs = 60'000;
constexpr size_t kJobsComparedByCalls = 12;
constexpr int kRoundsPerLine = 20;
constexpr int kRoundsToWaitFor = 20;  // a longer run waits for time-outs at its end

int64_t setting(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? parse_int(text).value_or(otherwise) : otherwise;
}

// Writes that the process has asked the kernel for so far: how far a start has come, without a clock.
int64_t writes_of(pid_t pid) {
  const std::string text = read_file("/proc/" + std::to_string(pid) + "/io");
  const size_t at = text.find("syscw: ");
  return at == std::string::npos ? 0
                                 : parse_int(text.substr(at + 7, text.find('\n', at) - at - 7)).value_or(0);
}

class KillRounds {
 public:
  // `store`: empty for a data folder.
  KillRounds(int rounds, uint64_t seed, const std::string& store)
      : rounds_(rounds),
        random_(seed),
        server_(binary_under_test(), loop_, {.next_wait_ms = 50, .store = store}) {}

  void run() {
    prepare();
    for (int round = 1; round <= rounds_ && !::testing::Test::HasFailure(); ++round) {
      round_ = round;
      workload_->begin_round(round, kJobsPerRound);
      if (random_.below(3) == 0) kill_in_start();
      if (random_.below(6) == 0) kill_in_start();
      if (!start()) return;
      compare_by_calls();
      work_until_killed();
      compare_rows({});
      if (round % kRoundsPerLine == 0) report();
    }
    if (!::testing::Test::HasFailure()) finish();
    report();
  }

  void keep_data() {
    server_.folder.keep();
    std::printf("the data folder is kept: %s\n", server_.data().c_str());
  }

 private:
  // The fleet, and a group of all of it.
  void prepare() {
    auto api = server_.client();
    auto fleet =
        client::prepare_fleet(*api, server_.random, {"crash", "crash-", kDevices}, [](const std::string&) {});
    ASSERT_TRUE(fleet) << public_message(fleet.error());
    product_ = fleet->product_key;
    WorkloadFleet where{product_, {}, {}};
    auto group = api->require("CreateDeviceGroup", {{"GroupName", "everything"}});
    ASSERT_TRUE(group) << public_message(group.error());
    where.group = group->text("Data.GroupId");
    facts_.groups[where.group].name = "everything";
    for (size_t begin = 0; begin < kDevices; begin += 100) {
      NameValues parameters = {{"GroupId", where.group}};
      for (size_t i = begin; i < begin + 100; ++i) {
        const std::string prefix = "Device." + std::to_string(i - begin + 1) + ".";
        parameters.emplace_back(prefix + "ProductKey", where.product_key);
        parameters.emplace_back(prefix + "DeviceName", fleet->devices[i].first);
        facts_.groups[where.group].members.insert(where.product_key + "/" + fleet->devices[i].first);
      }
      ASSERT_TRUE(api->require("BatchAddDeviceGroupRelations", parameters));
    }
    for (const auto& [name, secret] : fleet->devices) where.devices.push_back(name);
    client::Behaviour behaviour;
    behaviour.failing = behaviour.rejecting = 0.05;
    behaviour.seed = random_.next_u64();
    devices_ = std::make_unique<WitnessFleet>(loop_, facts_, where.product_key, fleet->devices, behaviour);
    workload_ = std::make_unique<Workload>(facts_, random_, std::move(where));
    lanes_ = std::make_unique<ApiLanes>(loop_, kLanes, [this] { return workload_->next(); });
  }

  // Kills a server before it is ready, once it has asked for so many writes.
  void kill_in_start() {
    server_.process.kill_hard();
    server_.launch();
    const int64_t moment = static_cast<int64_t>(random_.below(40));
    const pid_t pid = server_.process.pid();
    loop_.run_until([&] { return writes_of(pid) >= moment || !server_.process.running(); }, 1'000);
    EXPECT_TRUE(server_.process.running()) << "a start failed: " << server_.log();
    server_.process.kill_hard();
    ++kills_;
    ++start_kills_;
  }

  bool start() {
    server_.process.kill_hard();
    server_.launch();
    const bool ready = server_.await_ready(20'000);
    EXPECT_TRUE(ready) << "round " << round_ << ": the server did not start\n" << server_.log();
    return ready;
  }

  // Load on all sides until the k-th acknowledgement, then SIGKILL from inside its reception.
  void work_until_killed() {
    constexpr std::array<uint64_t, 4> kMost = {60, 1'500, 12'000, 12'000};
    const uint64_t most = kMost[random_.below(kMost.size())];
    const uint64_t kill_at = facts_.acknowledgements + 1 + random_.below(most);
    bool killed = false;
    facts_.on_acknowledgement = [&] {
      if (killed || facts_.acknowledgements < kill_at) return;
      killed = true;
      server_.process.kill_hard();
      devices_->rest();
      lanes_->rest();
    };
    devices_->serve(server_.mqtt);
    lanes_->serve(server_.settings);
    EXPECT_TRUE(loop_.run_until([&] { return killed; }, kRoundMs))
        << "round " << round_ << ": " << facts_.acknowledgements << " acknowledgements, "
        << devices_->online() << " devices online\n"
        << server_.log();
    if (!killed) server_.process.kill_hard();
    ++kills_;
    // What was on its way when the process died still counts: it had been acknowledged.
    devices_->rest();
    lanes_->rest();
    EXPECT_TRUE(
        loop_.run_until([&] { return devices_->connections() + lanes_->connections() == 0; }, 20'000));
    facts_.on_acknowledgement = nullptr;
  }

  void compare_rows(const AuditOptions& options) {
    const std::string& store = server_.options.store.empty() ? server_.data() : server_.options.store;
    const AuditResult result = audit_store(store, server_.folder.path() + "/copy", facts_, options);
    for (const std::string& problem : result.problems) ADD_FAILURE() << "round " << round_ << ": " << problem;
    compared_ += result.compared;
    last_ = result;
  }

  // The same through the front door, for some jobs: while nothing moves, the statistics are the list's.
  void compare_by_calls() {
    auto api = server_.client();
    std::vector<std::string> codes;
    for (const auto& [code, fact] : facts_.jobs)
      if (!fact.delete_asked) codes.push_back(code);
    for (size_t i = 0; i < kJobsComparedByCalls && !codes.empty(); ++i)
      compare_job(*api, codes[random_.below(codes.size())]);
    if (facts_.devices.empty()) return;
    auto device = facts_.devices.begin();
    std::advance(device, static_cast<long>(random_.below(facts_.devices.size())));
    auto detail = api->require("QueryDeviceDetail",
                               {{"ProductKey", device->first.first}, {"DeviceName", device->first.second}});
    ASSERT_TRUE(detail) << public_message(detail.error());
    EXPECT_EQ(detail->text("Data.DeviceSecret"), device->second.secret);
  }

  void compare_job(client::ApiClient& api, const std::string& code) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      auto before = api.require("QueryJobStatistics", {{"JobId", code}});
      ASSERT_TRUE(before) << facts_.jobs[code].name << ": " << public_message(before.error());
      std::map<std::string, int64_t> listed;
      int64_t rows = 0;
      list_tasks(api, code, listed, rows);
      auto after = api.require("QueryJobStatistics", {{"JobId", code}});
      auto job = api.require("QueryJob", {{"JobId", code}});
      ASSERT_TRUE(after && job);
      const std::string status = job->text("Data.Status");
      const bool making = status == "INITIALIZING" || status == "CANCELLING";  // rows come later than counts
      if (before->raw("Data") != after->raw("Data") || making) continue;
      EXPECT_EQ(after->number("Data.Total"), rows) << facts_.jobs[code].name;
      EXPECT_EQ(after->number("Data.Queued"), listed["QUEUED"]);
      EXPECT_EQ(after->number("Data.Sent"), listed["SENT"]);
      EXPECT_EQ(after->number("Data.InProgress"), listed["IN_PROGRESS"]);
      EXPECT_EQ(after->number("Data.Succeeded"), listed["SUCCEEDED"]);
      EXPECT_EQ(after->number("Data.Failed"), listed["FAILED"]);
      EXPECT_EQ(after->number("Data.Rejected"), listed["REJECTED"]);
      EXPECT_EQ(after->number("Data.TimeOut"), listed["TIMED_OUT"]);
      EXPECT_EQ(after->number("Data.Cancelled"), listed["CANCELLED"]);
      return;
    }
    ++never_still_;
  }

  static void list_tasks(client::ApiClient& api, const std::string& code,
                         std::map<std::string, int64_t>& listed, int64_t& rows) {
    std::string token;
    do {
      NameValues parameters = {{"JobId", code}, {"Limit", "50"}};
      if (!token.empty()) parameters.emplace_back("NextToken", token);
      auto page = api.require("ListTask", parameters);
      ASSERT_TRUE(page) << public_message(page.error());
      for (std::string_view task : json_elements(page->raw("Data.data"))) {
        ++listed[json_unquote(json_member(task, "Status").value_or("")).value_or("")];
        ++rows;
      }
      token = page->text("NextToken");
    } while (!token.empty());
  }

  // The last server lives until every job has ended, then everything is counted.
  void finish() {
    round_ = rounds_ + 1;
    if (!start()) return;
    devices_->serve(server_.mqtt);
    auto api = server_.client();
    EXPECT_TRUE(loop_.run_until([&] { return devices_->online() == devices_->size(); }, 30'000));
    resume_all(*api);
    EXPECT_TRUE(loop_.run_until([&] { return count_tasks(*api, "Data.Queued") == 0; }, 60'000))
        << server_.log();
    push_last_message(*api);
    EXPECT_TRUE(loop_.run_until([&] { return count_tasks(*api, "Data.InProgress") == 0; }, 90'000))
        << server_.log();
    cancel_what_stays(*api);
    EXPECT_TRUE(loop_.run_until([&] { return open_jobs(*api).empty(); }, 30'000)) << server_.log();
    devices_->rest();
    EXPECT_EQ(server_.process.stop_within(20'000), 0) << "a clean stop";
    compare_rows({.all_ended = true});
  }

  std::vector<std::string> open_jobs(client::ApiClient& api) {
    std::vector<std::string> codes;
    for (const char* status : {"INITIALIZING", "WAITING", "IN_PROGRESS", "CANCELLING"}) {
      for (int number = 1, pages = 1; number <= pages; ++number) {
        auto page = api.require(
            "ListJob", {{"PageSize", "50"}, {"CurrentPage", std::to_string(number)}, {"Status", status}});
        EXPECT_TRUE(page);
        if (!page) return codes;
        pages = static_cast<int>((page->number("Total") + 49) / 50);
        for (std::string_view job : json_elements(page->raw("Data.data")))
          codes.push_back(json_unquote(json_member(job, "JobId").value_or("")).value_or(""));
      }
    }
    return codes;
  }

  // Also those whose pause nobody heard of.
  void resume_all(client::ApiClient& api) {
    for (const std::string& code : open_jobs(api)) {
      if (auto fact = facts_.jobs.find(code); fact != facts_.jobs.end()) fact->second.paused.ask(false);
      auto answer = api.call("ResumeJob", {{"JobId", code}});
      ASSERT_TRUE(answer) << public_message(answer.error());
      EXPECT_TRUE(answer->success || answer->code == "iot.job.InvalidJobStatus")
          << answer->reason();  // ended
    }
  }

  // Of open jobs, but for property sets and service calls IN_PROGRESS in short runs: where the answer was
  // lost they end with their time-out of a minute, for which only long runs wait.
  int64_t count_tasks(client::ApiClient& api, const char* counter) {
    int64_t sum = 0;
    for (const std::string& code : open_jobs(api)) {
      auto job = api.require("QueryJob", {{"JobId", code}});
      auto statistics = api.require("QueryJobStatistics", {{"JobId", code}});
      EXPECT_TRUE(job && statistics);
      if (!job || !statistics) return 0;
      const bool custom = job->text("Data.Type") == "CUSTOM_JOB" || job->text("Data.Type") == "PUB";
      if (counter == std::string_view("Data.Queued") || custom || rounds_ >= kRoundsToWaitFor)
        sum += statistics->number(counter);
    }
    return sum;
  }

  // Devices take messages in order: when all have this one, they have had everything that was pushed before.
  void push_last_message(client::ApiClient& api) {
    auto made = api.require(
        "CreateJob",
        {{"JobName", "last_message"},
         {"Type", "PUB"},
         {"JobDocument", R"({"topicShortName":"get","messageContent":"bGFzdA=="})"},
         {"RolloutConfig", R"({"maximumPerMinute":6000000,"messageQoS":"QoS1"})"},
         {"TargetConfig", R"({"targetType":"PRODUCT_KEY","targetProduct":")" + product_ + "\"}"}});
    ASSERT_TRUE(made) << public_message(made.error());
    EXPECT_TRUE(loop_.run_until(
        [&] {
          auto job = api.require("QueryJob", {{"JobId", made->text("JobId")}});
          return job && job->text("Data.Status") == "COMPLETED";
        },
        30'000));
  }

  // What is open now stays so by rule: a QoS 0 message that was on its way in a crash stays SENT (DESIGN
  // 5.12), and so does what was pushed five times into crashes (DESIGN 5.11). The rows tell whether it is so.
  void cancel_what_stays(client::ApiClient& api) {
    for (const std::string& code : open_jobs(api)) {
      facts_.cancelled_at_the_end.insert(code);
      if (facts_.jobs.contains(code)) facts_.jobs[code].cancel_asked = true;
      EXPECT_TRUE(api.require("CancelJob", {{"JobId", code}}));
    }
  }

  void report() const {
    std::printf(
        "%d of %d rounds, %d kills (%d in a start), %llu acknowledgements, %llu compared, %llu calls "
        "without an answer; %llu jobs (%zu cancelled at the end), %llu tasks, %llu lines of history\n",
        std::min(round_, rounds_), rounds_, kills_, start_kills_,
        static_cast<unsigned long long>(facts_.acknowledgements), static_cast<unsigned long long>(compared_),
        static_cast<unsigned long long>(lanes_ ? lanes_->unanswered() : 0),
        static_cast<unsigned long long>(last_.jobs), facts_.cancelled_at_the_end.size(),
        static_cast<unsigned long long>(last_.tasks), static_cast<unsigned long long>(last_.history));
    std::fflush(stdout);
  }

  const int rounds_;
  net::CoreLoop loop_;
  SeededRandom random_;
  Facts facts_;
  RollcallServer server_;
  std::unique_ptr<WitnessFleet> devices_;
  std::unique_ptr<Workload> workload_;
  std::unique_ptr<ApiLanes> lanes_;
  AuditResult last_;
  std::string product_;
  int round_ = 0;
  int kills_ = 0;
  int start_kills_ = 0;
  int never_still_ = 0;
  uint64_t compared_ = 0;
};

void run_rounds(int rounds, const std::string& store) {
  SystemRandom chance;
  const auto seed = static_cast<uint64_t>(
      setting("ROLLCALL_CRASH_SEED", static_cast<int64_t>(chance.below(1'000'000'000))));
  std::printf("seed %llu, %d rounds\n", static_cast<unsigned long long>(seed), rounds);
  std::fflush(stdout);  // known even if nothing comes after it
  KillRounds test(rounds, seed, store);
  test.run();
  if (!::testing::Test::HasFailure()) return;
  std::printf("again with: ROLLCALL_CRASH_SEED=%llu\n", static_cast<unsigned long long>(seed));
  test.keep_data();
}

TEST(KillRounds, LoseNothingThatWasAcknowledged) {
  run_rounds(static_cast<int>(setting("ROLLCALL_CRASH_ROUNDS", 6)), "");
}

// The server dies, the database does not: what the server's sessions had begun ends as the database says.
TEST(KillRounds, LoseNothingThatWasAcknowledgedOnPostgresql) {
  PostgresqlServer database;
  ASSERT_EQ(database.why_not(), "");
  run_rounds(static_cast<int>(setting("ROLLCALL_CRASH_ROUNDS", 4)), database.fresh_url());
}

}  // namespace
}  // namespace rollcall::testing
