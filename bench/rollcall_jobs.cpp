#include "bench/cases.hpp"
#include "client/fleet.hpp"
#include "client/fleet_setup.hpp"
#include "net/address.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::bench {
namespace {

std::string create_job(client::ApiClient& api, const std::string& product_key) {
  const std::string document = "{\"command\":\"noop\",\"fill\":\"" + std::string(400, 'x') + "\"}";
  auto answer = api.require(
      "CreateJob",
      {{"JobName", "bench_job"},
       {"Type", "CUSTOM_JOB"},
       {"JobDocument", document},
       {"TargetConfig", "{\"targetType\":\"PRODUCT_KEY\",\"targetProduct\":\"" + product_key + "\"}"},
       {"RolloutConfig", "{\"maximumPerMinute\":600000000}"}});
  if (!answer) give_up(public_message(answer.error()));
  return answer->text("JobId");
}

class RollcallJobs final : public Case {
 public:
  explicit RollcallJobs(const Options& options) : devices_(options.devices), server_(options.binary, loop_) {
    api_ = server_.client();
    auto prepared = client::prepare_fleet(*api_, server_.random, {"bench", "bench-", devices_},
                                          [](const std::string&) {});
    if (!prepared) give_up(public_message(prepared.error()));
    product_key_ = prepared->product_key;
    // A fresh process: memory that the registration left behind must not hide what connections take.
    server_.process.stop();
    server_.start_again();
    api_ = server_.client();
    const int64_t rss_before = server_.process.rss_bytes();

    client::DeviceSettings settings;
    settings.product_key = product_key_;
    client::FleetOptions fleet_options;
    fleet_options.server = *net::parse_address(server_.mqtt);
    fleet_options.devices = devices_;
    fleet_ = std::make_unique<client::Fleet>(loop_, settings, fleet_options);
    for (auto& [name, secret] : prepared->devices) fleet_->add(name, secret);
    fleet_->start();
    if (!loop_.run_until([&] { return fleet_->all_connected(); }, 120'000))
      give_up("the devices did not all connect");
    loop_.run_until([] { return false; },
                    3'000);  // past the wait for a $next after CONNACK, and the lazy writes
    rss_bytes_per_device_ =
        static_cast<double>(server_.process.rss_bytes() - rss_before) / static_cast<double>(devices_);
  }

  Round round() override {
    const uint64_t goal = fleet_->counters().jobs.succeeded + devices_;
    const int64_t cpu_before = server_.process.cpu_us();
    const SteadyUs begin = server_.clock.steady();
    create_job(*api_, product_key_);
    if (!loop_.run_until([&] { return fleet_->counters().jobs.succeeded >= goal; }, 120'000))
      give_up("the job did not finish");
    const auto devices = static_cast<double>(devices_);
    return {devices * 1e6 / static_cast<double>(server_.clock.steady() - begin),
            static_cast<double>(server_.process.cpu_us() - cpu_before) / devices};
  }
  double rss_bytes_per_device() const override { return rss_bytes_per_device_; }

 private:
  const size_t devices_;
  net::CoreLoop loop_;
  testing::RollcallServer server_;
  std::unique_ptr<client::ApiClient> api_;
  std::string product_key_;
  std::unique_ptr<client::Fleet> fleet_;
  double rss_bytes_per_device_ = 0;
};

}  // namespace

std::unique_ptr<Case> start_rollcall_jobs(const Options& options) {
  return std::make_unique<RollcallJobs>(options);
}

}  // namespace rollcall::bench
