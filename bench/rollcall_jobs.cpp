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

}  // namespace

Series measure_rollcall_jobs(const Options& options) {
  net::CoreLoop loop;
  testing::RollcallServer server(options.binary, loop);
  auto api = server.client();
  auto prepared = client::prepare_fleet(*api, server.random, {"bench", "bench-", options.devices},
                                        [](const std::string&) {});
  if (!prepared) give_up(public_message(prepared.error()));
  const int64_t rss_before = server.process.rss_bytes();

  client::DeviceSettings settings;
  settings.product_key = prepared->product_key;
  client::FleetOptions fleet_options;
  fleet_options.server = *net::parse_address(server.mqtt);
  fleet_options.devices = options.devices;
  client::Fleet fleet(loop, settings, fleet_options);
  for (auto& [name, secret] : prepared->devices) fleet.add(name, secret);
  fleet.start();
  if (!loop.run_until([&] { return fleet.all_connected(); }, 120'000))
    give_up("the devices did not all connect");
  loop.run_until([] { return false; },
                 3'000);  // past the wait for a $next after CONNACK, and the lazy writes
  Series series;
  series.rss_bytes_per_device =
      static_cast<double>(server.process.rss_bytes() - rss_before) / static_cast<double>(options.devices);

  for (int round = 0; round < options.rounds; ++round) {
    const uint64_t goal = fleet.counters().jobs.succeeded + options.devices;
    const int64_t cpu_before = server.process.cpu_us();
    const SteadyUs begin = server.clock.steady();
    create_job(*api, prepared->product_key);
    if (!loop.run_until([&] { return fleet.counters().jobs.succeeded >= goal; }, 120'000))
      give_up("the job did not finish");
    const auto devices = static_cast<double>(options.devices);
    series.per_second.push_back(devices * 1e6 / static_cast<double>(server.clock.steady() - begin));
    series.server_cpu_us.push_back(static_cast<double>(server.process.cpu_us() - cpu_before) / devices);
    loop.run_until([] { return false; }, 300);
  }
  fleet.stop();
  loop.run_until([&] { return fleet.open_connections() == 0; }, 5'000);
  return series;
}

}  // namespace rollcall::bench
