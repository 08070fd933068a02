// Every N-th write or sync of the data folder fails, for every N of a short life of a server: start, product,
// devices, a job that its devices carry out, a job that is cancelled, stop. Whatever fails, the server must
// answer with an error or refuse to start with a reason, be not ready while it takes no commits, recover
// without a restart, and have on a healthy disk all that it acknowledged. ROLLCALL_CRASH_STRIDE=1 takes every
// N, otherwise a few of them that change from run to run.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "failing_server.hpp"
#include "store_audit.hpp"
#include "witness_fleet.hpp"

namespace rollcall::testing {
namespace {

constexpr int64_t kAnswerMs = 10'000;  // a call that takes longer hangs
constexpr uint64_t kForGood = UINT64_MAX;
constexpr uint64_t kStride = 53;

struct Plan {
  const char* name;
  DiskFault fault;
  uint64_t count;  // of operations that fail
  bool killed;     // ends by SIGKILL instead of SIGTERM
};

constexpr std::array kPlans = {
    Plan{"EIO once", DiskFault::Eio, 1, false},
    Plan{"EIO once, then killed", DiskFault::Eio, 1, true},
    Plan{"ENOSPC once", DiskFault::Enospc, 1, false},
    Plan{"torn once, then killed", DiskFault::Torn, 1, true},
    Plan{"short once", DiskFault::Short, 1, false},
    Plan{"EIO from then on", DiskFault::Eio, kForGood, false},
    Plan{"ENOSPC from then on, then killed", DiskFault::Enospc, kForGood, true},
    Plan{"killed", DiskFault::Kill, 1, false},
};

// The life of one server with the N-th operation failing, and what is left of it.
class Life {
 public:
  Life(const Plan& plan, uint64_t nth) : plan_(plan), server_(binary_under_test(), loop_) {
    if (nth > 0) server_.disk.fail(nth, plan.count, plan.fault);
  }

  void run() {
    server_.server.launch();
    if (!server_.server.await_ready(20'000)) {
      end_of_start();
    } else {
      api_ = server_.server.client();
      live();
      end();
    }
    operations_ = server_.disk->operations;
    after_life();
  }

  uint64_t operations() const { return operations_; }
  uint64_t refusals() const { return refusals_; }
  std::string failure() { return server_.disk->first_failure; }
  std::string log() const { return server_.server.log(); }

 private:
  bool for_good() const { return plan_.count == kForGood; }
  bool killing() const { return plan_.fault == DiskFault::Kill; }
  bool running() { return server_.server.process.running(); }

  // The server did not come up: it must have said why, and not have crashed.
  void end_of_start() {
    ASSERT_FALSE(running()) << "the start hangs";
    const auto status = server_.server.process.exit_within(0);
    if (killing()) return;
    EXPECT_EQ(status, 1) << "a start that fails ends with status 1";
    EXPECT_NE(log().find("rollcall: "), std::string::npos) << "a start failed without a word";
    EXPECT_EQ(log().find("system exception"), std::string::npos) << "a start failed without a reason";
  }

  void live() {
    std::string key;
    if (!call("CreateProduct", {{"ProductName", "lamps"}, {"NodeType", "0"}},
              [&](const client::ApiAnswer& answer) {
                key = answer.text("Data.ProductKey");
                facts_.new_id(key);
                facts_.products[key] = {"lamps", answer.text("Data.ProductSecret"), false, false};
              }))
      return;
    std::vector<std::pair<std::string, Secret>> devices;
    for (const char* name : {"lamp_one", "lamp_two", "lamp_away"}) {
      if (!call("RegisterDevice", {{"ProductKey", key}, {"DeviceName", name}},
                [&](const client::ApiAnswer& answer) {
                  const std::string secret = answer.text("Data.DeviceSecret");
                  facts_.new_id(answer.text("Data.IotId"));
                  facts_.devices[{key, name}] = {secret, answer.text("Data.IotId")};
                  devices.emplace_back(name, Secret(secret));
                }))
        return;
    }
    devices.pop_back();
    fleet_ = std::make_unique<WitnessFleet>(loop_, facts_, key, devices, client::Behaviour());
    fleet_->serve(server_.server.mqtt);
    if (!job_to(key, {"lamp_one", "lamp_two"}, "done_job") || !wait_for_end(last_job_)) return;
    if (!job_to(key, {"lamp_away"}, "cancelled_job")) return;
    facts_.jobs[last_job_].cancel_asked = true;
    call("CancelJob", {{"JobId", last_job_}},
         [&](const client::ApiAnswer&) { facts_.jobs[last_job_].cancelled = true; });
  }

  bool job_to(const std::string& key, const std::vector<std::string>& names, const std::string& name) {
    std::string list;
    for (const std::string& device : names)
      list +=
          (list.empty() ? "" : ",") + (R"({"productKey":")" + key) + R"(","deviceName":")" + device + "\"}";
    JobFact fact{name, "CUSTOM_JOB", "DEVICE_LIST", "{}", static_cast<int64_t>(names.size())};
    return call("CreateJob",
                {{"JobName", name},
                 {"Type", fact.type},
                 {"JobDocument", "{}"},
                 {"RolloutConfig", R"({"maximumPerMinute":600000})"},
                 {"TargetConfig", R"({"targetType":"DEVICE_LIST","targetDevices":[)" + list + "]}"}},
                [&](const client::ApiAnswer& answer) {
                  last_job_ = answer.text("JobId");
                  facts_.new_id(last_job_);
                  facts_.jobs[last_job_] = fact;
                });
  }

  // Calls until it succeeds. What fails must say so in time; false when the server is gone, as it may be when
  // it was to be killed.
  bool call(const std::string& action, const NameValues& parameters,
            const std::function<void(const client::ApiAnswer&)>& told) {
    for (int attempt = 0; attempt < 5; ++attempt) {
      const SteadyUs begin = clock_.steady();
      const auto answer = api_->call(action, parameters);
      EXPECT_LT(clock_.steady() - begin, kAnswerMs * 1000) << action << " hangs";
      if (!answer && killing()) loop_.run_until([&] { return !running(); }, 5'000);
      if (!running()) {
        EXPECT_TRUE(killing()) << action << " ended the server";
        return false;
      }
      if (answer && answer->success) {
        told(*answer);
        return true;
      }
      ++refusals_;
      EXPECT_TRUE(answer) << action << " had no answer: " << public_message(answer.error());
      const std::string code = answer ? answer->code : "ServiceUnavailable";
      EXPECT_TRUE(code == "iot.system.SystemException" || code == "ServiceUnavailable")
          << action << ": " << answer->reason();
      recover(attempt);
    }
    ADD_FAILURE() << action << " fails for ever";
    return false;
  }

  // A store that takes no commits is not ready; one that has healed is, without a call's help.
  void recover(int attempt) {
    if (for_good()) {
      EXPECT_TRUE(server_.await_readiness(503, kAnswerMs)) << "ready without a disk";
      if (attempt == 0) return;  // and a second call fails, too
      server_.disk.heal();
    }
    EXPECT_TRUE(server_.await_readiness(200, kAnswerMs)) << "not ready again after the disk has healed";
  }

  bool wait_for_end(const std::string& job) {
    const auto ended = [&] {
      if (!running()) return true;
      auto answer = api_->call("QueryJob", {{"JobId", job}});
      return answer && answer->text("Data.Status") == "COMPLETED";
    };
    const auto trouble = [&] {
      return for_good() && server_.disk->failures > 0 && server_.disk->fail_from != 0;
    };
    bool done = false;
    EXPECT_TRUE(loop_.run_until([&] { return (done = ended()) || trouble(); }, 30'000))
        << "no end, no trouble";
    if (!done && trouble()) {
      EXPECT_TRUE(loop_.run_until([&] { return server_.readiness() == 503 || (done = ended()); }, kAnswerMs))
          << "ready without a disk";
      server_.disk.heal();
      EXPECT_TRUE(done || server_.await_readiness(200, kAnswerMs)) << "not ready again after healing";
    }
    EXPECT_TRUE(done || loop_.run_until(ended, 30'000)) << "the job does not end";
    EXPECT_TRUE(running() || killing()) << "the server ended";
    return running() && !HasFatalFailure();
  }
  static bool HasFatalFailure() { return ::testing::Test::HasFatalFailure(); }

  void end() {
    if (fleet_) fleet_->rest();
    if (plan_.killed || !running()) return server_.server.process.kill_hard();
    const auto status = server_.server.process.stop_within(kAnswerMs);
    ASSERT_TRUE(status) << "the stop hangs";
    EXPECT_TRUE(killing() || *status >= 0) << "the stop crashed";
  }

  // On a healthy disk the next server starts, and has it all.
  void after_life() {
    EXPECT_TRUE(loop_.run_until([&] { return !fleet_ || fleet_->connections() == 0; }, 10'000));
    server_.use_healthy_disk();
    server_.server.launch();
    ASSERT_TRUE(server_.server.await_ready(20'000)) << "no start on a healthy disk";
    EXPECT_EQ(server_.readiness(), 200);
    const std::string key = read_file(server_.server.data() + "/access-key");
    EXPECT_NE(key.find("=" + server_.server.settings.access_key_id + "\n"), std::string::npos)
        << "the administrator never got the access key";
    EXPECT_EQ(server_.server.process.stop_within(kAnswerMs), 0);
    const AuditResult result =
        audit_store(server_.server.data(), server_.server.folder.path() + "/copy", facts_, {});
    for (const std::string& problem : result.problems) ADD_FAILURE() << problem;
  }

  const Plan plan_;
  net::CoreLoop loop_;
  SystemClock clock_;
  FailingServer server_;
  Facts facts_;
  std::unique_ptr<client::ApiClient> api_;
  std::unique_ptr<WitnessFleet> fleet_;
  std::string last_job_;
  uint64_t operations_ = 0;
  uint64_t refusals_ = 0;
};

uint64_t number_from(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<uint64_t>(parse_int(text).value_or(0));
}

class DiskFaults : public ::testing::TestWithParam<size_t> {};

TEST_P(DiskFaults, CostNothingThatWasAcknowledged) {
  Life healthy({"none", DiskFault::Eio, 0, false}, 0);
  healthy.run();
  ASSERT_FALSE(HasFailure());
  const uint64_t operations = healthy.operations();
  ASSERT_GT(operations, 100u);

  const Plan& plan = kPlans[GetParam()];
  SystemRandom chance;
  const uint64_t stride = std::max<uint64_t>(number_from("ROLLCALL_CRASH_STRIDE", kStride), 1);
  const uint64_t first = number_from("ROLLCALL_CRASH_FIRST", 1 + chance.below(stride));
  uint64_t lives = 0, refusals = 0;
  for (uint64_t nth = first; nth <= operations && !HasFailure(); nth += stride, ++lives) {
    Life life(plan, nth);
    life.run();
    refusals += life.refusals();
    if (HasFailure())
      std::printf("%s at operation %llu (%s)\n%s\n", plan.name, static_cast<unsigned long long>(nth),
                  life.failure().c_str(), life.log().c_str());
  }
  std::printf("%s: %llu of %llu operations failed, %llu calls refused\n", plan.name,
              static_cast<unsigned long long>(lives), static_cast<unsigned long long>(operations),
              static_cast<unsigned long long>(refusals));
}

INSTANTIATE_TEST_SUITE_P(Every, DiskFaults, ::testing::Range<size_t>(0, kPlans.size()));

}  // namespace
}  // namespace rollcall::testing
