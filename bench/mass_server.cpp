#include "bench/mass_server.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "client/fleet_setup.hpp"

namespace rollcall::bench {
namespace {

constexpr int64_t kPatienceMs = 600'000;
constexpr size_t kNamesACall = 10'000;  // cloud-api C.2

std::string name_of(size_t number) { return client::device_name("mass-", number); }

}  // namespace

MassServer::MassServer(const Options& options) : server(options.binary, loop), api_(server.client()) {
  register_devices(options.targets);
}

client::ApiAnswer MassServer::call(const std::string& action, const NameValues& parameters) {
  auto answer = api_->require(action, parameters);
  if (!answer) give_up(public_message(answer.error()));
  return std::move(*answer);
}

bool MassServer::knows(const std::string& action) {
  const auto answer = api_->call(action, {});
  return answer && answer->code != "InvalidAction.NotFound";
}

void MassServer::register_devices(size_t count) {
  product_key = call("CreateProduct", {{"ProductName", "mass"}, {"NodeType", "0"}}).text("ProductKey");
  for (size_t first = 0; first < count; first += kNamesACall) {
    const size_t last = std::min(count, first + kNamesACall);
    NameValues names = {{"ProductKey", product_key}};
    for (size_t i = first; i < last; ++i)
      names.emplace_back(fmt::format("DeviceName.{}", i - first + 1), name_of(i + 1));
    const std::string apply = call("BatchCheckDeviceNames", names).text("Data.ApplyId");
    call("BatchRegisterDeviceWithApplyId", {{"ProductKey", product_key}, {"ApplyId", apply}});
    const auto registered = [&] {
      return call("QueryPageByApplyId", {{"ApplyId", apply}, {"PageSize", "1"}, {"CurrentPage", "1"}})
                 .number("Total") == static_cast<int64_t>(last - first);
    };
    if (!loop.run_until(registered, kPatienceMs)) give_up("the devices were not registered");
  }
}

NameValues MassServer::job_parameters(const NameValues& extra) const {
  NameValues parameters = {
      {"JobName", "mass_job"},
      {"Type", "CUSTOM_JOB"},
      {"JobDocument", R"({"a":1})"},
      {"TargetConfig", fmt::format(R"({{"targetType":"PRODUCT_KEY","targetProduct":"{}"}})", product_key)},
      {"RolloutConfig", R"({"maximumPerMinute":600000000})"}};
  parameters.insert(parameters.end(), extra.begin(), extra.end());
  return parameters;
}

std::string MassServer::make_job() {
  const std::string job = call("CreateJob", job_parameters()).text("JobId");
  await_job(job, "");
  return job;
}

void MassServer::await_job(const std::string& job, const std::string& status) {
  std::string seen;
  const auto done = [&] {
    const auto answer = api_->call("QueryJob", {{"JobId", job}});
    if (!answer) give_up(public_message(answer.error()));
    seen = answer->success ? answer->text("Data.Status") : "gone";
    if (!status.empty()) return seen == status;
    return seen != "INITIALIZING" && seen != "CANCELLING" && seen != "REMOVING";
  };
  if (!loop.run_until(done, kPatienceMs)) give_up("a job stayed " + seen);
}

Bystanders::Bystanders(MassServer& mass) : mass_(mass), thread_([this] { call_on(); }) {}

Bystanders::~Bystanders() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

std::vector<double> Bystanders::finish() {
  stop_ = true;
  thread_.join();
  if (!refusal_.empty()) give_up("another call was refused: " + refusal_);
  return std::move(latencies_ms_);
}

void Bystanders::call_on() {
  const SystemClock clock;
  SystemRandom random;
  client::ApiClient api(mass_.server.settings, clock, random);
  for (size_t i = 0; !stop_; ++i) {
    const SteadyUs begin = clock.steady();
    const auto answer = i % 2 == 0
                            ? api.require("QueryProduct", {{"ProductKey", mass_.product_key}})
                            : api.require("GetDeviceStatus", {{"ProductKey", mass_.product_key},
                                                              {"DeviceName", name_of(1 + i / 2 % 100)}});
    if (!answer) {
      refusal_ = public_message(answer.error());
      return;
    }
    latencies_ms_.push_back(static_cast<double>(clock.steady() - begin) / 1e3);
  }
}

}  // namespace rollcall::bench
