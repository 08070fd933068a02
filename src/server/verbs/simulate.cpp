// `rollcall simulate`: a fleet of devices over real sockets (DESIGN 6).
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "client/api_client.hpp"
#include "client/fleet.hpp"
#include "client/fleet_setup.hpp"
#include "net/core_loop.hpp"
#include "net/signals.hpp"
#include "server/verbs/client_options.hpp"
#include "server/verbs/verbs.hpp"

namespace rollcall::server {
namespace {

constexpr int64_t kProgressMs = 2'000;
constexpr int64_t kGoodbyeMs = 1'000;
constexpr int64_t kForEverMs = 1'000'000'000'000;  // 30 years
constexpr size_t kSpareFiles = 64;

struct Options {
  ClientOptions client;
  std::string mqtt;
  client::FleetPlan plan;
  client::DeviceSettings device;
  double offline = 0;
  std::string delay_ms = "0:0";
  int qos = 0;
  int64_t duration_seconds = 0;
  int64_t connect_rate = 5'000;
  bool quiet = false;
};

// "A:B" or "A", in milliseconds.
bool read_delay(const std::string& text, client::Behaviour& behaviour) {
  constexpr int64_t kDelayMsMax = 24LL * 3600 * 1000;
  const size_t colon = text.find(':');
  const auto low = parse_int(text.substr(0, colon));
  const auto high = colon == std::string::npos ? low : parse_int(text.substr(colon + 1));
  if (!low || !high || *low < 0 || *high < *low || *high > kDelayMsMax) return false;
  behaviour.delay_ms_min = *low;
  behaviour.delay_ms_max = *high;
  return true;
}

// As many open files as the kernel lets us have; false when that is too few for the fleet.
bool allow_connections(size_t devices, size_t& allowed) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return true;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  allowed = limit.rlim_cur;
  return limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= devices + kSpareFiles;
}

class Reporter {
 public:
  Reporter(const client::Fleet& fleet, bool quiet) : fleet_(fleet), quiet_(quiet) {}

  void look() {
    if (said_connected_ || !fleet_.all_connected()) return;
    said_connected_ = true;
    std::printf("connected %zu\n", fleet_.counters().seen);
    std::fflush(stdout);
  }

  // One line when something has changed since the last.
  void progress() {
    const std::string line = text();
    if (quiet_ || line == last_) return;
    last_ = line;
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
    complain_about_failures();
  }

 private:
  std::string text() const {
    const client::FleetCounters& now = fleet_.counters();
    const client::DeviceStats& jobs = now.jobs;
    // "connected N" is said once, when all have been there.
    std::string line = said_connected_ ? "online " : "connecting ";
    line += std::to_string(now.connected) + "/" + std::to_string(now.devices);
    const auto add = [&line](const char* name, uint64_t count) {
      if (count > 0) line += std::string("  ") + name + " " + std::to_string(count);
    };
    line += "  received " + std::to_string(jobs.received) + "  succeeded " + std::to_string(jobs.succeeded);
    add("failed", jobs.failed);
    add("rejected", jobs.rejected);
    add("silent", jobs.silent);
    add("cancelled", jobs.cancelled);
    add("messages", jobs.messages);
    add("refused", jobs.refused);
    add("repeated", jobs.repeated);
    add("cut", now.cuts);
    add("connects failed", now.failures);
    return line;
  }

  void complain_about_failures() {
    const client::FleetCounters& now = fleet_.counters();
    if (now.failures == failures_) return;
    failures_ = now.failures;
    complain("a device could not connect: " + now.reason);
  }

  const client::Fleet& fleet_;
  const bool quiet_;
  bool said_connected_ = false;
  uint64_t failures_ = 0;
  std::string last_;
};

void run_fleet(client::PreparedFleet prepared, Options& options, const net::Address& mqtt) {
  net::CoreLoop loop;
  client::FleetOptions fleet_options;
  fleet_options.server = mqtt;
  fleet_options.devices = prepared.devices.size();
  fleet_options.offline = options.offline;
  fleet_options.connects_per_second = options.connect_rate;
  options.device.product_key = prepared.product_key;
  client::Fleet fleet(loop, options.device, std::move(fleet_options));
  for (auto& [name, secret] : prepared.devices) fleet.add(std::move(name), std::move(secret));
  prepared.devices.clear();
  prepared.devices.shrink_to_fit();

  bool stopped = false;
  const net::SignalWatch signals(loop, [&stopped](int) { stopped = true; });
  Reporter reporter(fleet, options.quiet);
  const auto looking = loop.every(50, [&reporter] { reporter.look(); });
  const auto reporting = loop.every(kProgressMs, [&reporter] { reporter.progress(); });
  fleet.start();
  const int64_t run_ms = options.duration_seconds > 0 ? options.duration_seconds * 1000 : kForEverMs;
  loop.run_until([&stopped] { return stopped; }, run_ms);
  loop.cancel(looking);
  loop.cancel(reporting);
  reporter.look();
  reporter.progress();
  fleet.stop();
  loop.run_until([&fleet] { return fleet.open_connections() == 0; }, kGoodbyeMs);
}

int usage_error(const std::string& text) {
  complain(text + "\nTry: rollcall simulate --help");
  return kExitUsage;
}

int run_simulate(Options& options) {
  client::Behaviour& behaviour = options.device.behaviour;
  if (!read_delay(options.delay_ms, behaviour))
    return usage_error("--delay-ms is A:B with 0 <= A <= B <= 86400000, not " + options.delay_ms);
  if (behaviour.failing + behaviour.rejecting + behaviour.silent > 1 + 1e-9)
    return usage_error("--fail, --reject and --silent together are more than 1");
  const auto mqtt = net::parse_address(options.mqtt, 1883);
  if (!mqtt) return usage_error("--mqtt: " + public_message(mqtt.error()));
  auto settings = read_client_options(options.client);
  if (!settings) return usage_error(public_message(settings.error()));
  options.device.update_qos = static_cast<uint8_t>(options.qos);
  size_t allowed = 0;
  if (!allow_connections(options.plan.devices, allowed)) {
    complain("this process may open " + std::to_string(allowed) + " files, too few for " +
             std::to_string(options.plan.devices) + " devices; raise the limit (ulimit -n) or run several");
    return kExitFailed;
  }
  const SystemClock clock;
  SystemRandom random;
  client::ApiClient api(std::move(*settings), clock, random);
  const auto say = [&options](const std::string& line) {
    if (options.quiet) return;
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  };
  auto prepared = client::prepare_fleet(api, random, options.plan, say);
  if (!prepared) {
    complain(public_message(prepared.error()));
    return kExitFailed;
  }
  run_fleet(std::move(*prepared), options, *mqtt);
  return kExitOk;
}

}  // namespace

void add_simulate(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("simulate", "Run a fleet of simulated devices that answer every job");
  auto options = std::make_shared<Options>();
  client::Behaviour& behaviour = options->device.behaviour;
  const CLI::Range share(0.0, 1.0);
  verb->add_option("--devices", options->plan.devices, "How many devices")
      ->required()
      ->check(CLI::Range(size_t{1}, client::kFleetDevicesMax));
  verb->add_option("--product", options->plan.product_name, "Name of their product, made when missing")
      ->capture_default_str();
  verb->add_option("--prefix", options->plan.prefix, "What the device names begin with")
      ->capture_default_str();
  add_client_options(*verb, options->client, "--http,--endpoint");
  options->mqtt = "127.0.0.1:1883";
  verb->add_option("--mqtt", options->mqtt, "MQTT port of the server, HOST:PORT")
      ->envname("ROLLCALL_MQTT")
      ->capture_default_str();
  verb->add_option("--fail", behaviour.failing, "Share of jobs that fail")->check(share);
  verb->add_option("--reject", behaviour.rejecting, "Share of jobs that are rejected")->check(share);
  verb->add_option("--silent", behaviour.silent, "Share of jobs that are never answered")->check(share);
  verb->add_option("--offline", options->offline,
                   "Share of devices that are offline: half of them never connect, half come and go")
      ->check(share);
  verb->add_option("--delay-ms", options->delay_ms, "A:B, how long a job takes")->capture_default_str();
  verb->add_option("--seed", behaviour.seed, "The same seed gives the same behaviour")->capture_default_str();
  verb->add_option("--duration", options->duration_seconds, "Stop after so many seconds; 0: never")
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000'000}));
  verb->add_option("--qos", options->qos, "QoS of the devices' reports")
      ->check(CLI::Range(0, 1))
      ->capture_default_str();
  verb->add_option("--connect-rate", options->connect_rate, "Connects a second at most")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
      ->capture_default_str();
  verb->add_flag("--quiet", options->quiet, "Print nothing but \"connected N\"");
  verb->callback([options, &exit_code] { exit_code = run_simulate(*options); });
}

}  // namespace rollcall::server
