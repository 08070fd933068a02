#include "bench/request_subjects.hpp"

#include <memory>
#include <string>

#include "bench/http_load.hpp"
#include "bench/mass_server.hpp"
#include "bench/statistics.hpp"
#include "net/http_text.hpp"

namespace rollcall::bench {
namespace {

constexpr size_t kConnections = 64;

// Signs one call after the other.
class Generator {
 public:
  Generator(client::ApiSettings settings, std::string job)
      : settings_(std::move(settings)), job_(std::move(job)) {}
  std::string next() {
    const char* action = ++count_ % 2 == 0 ? "QueryJob" : "QueryJobStatistics";
    const HttpRequest request = client::sign_call(settings_, action, {{"JobId", job_}},
                                                  {clock_.wall(), "nonce-" + std::to_string(count_)});
    std::string out;
    net::append_request(out, request, settings_.endpoint.text());
    return out;
  }

 private:
  client::ApiSettings settings_;
  const std::string job_;
  SystemClock clock_;
  uint64_t count_ = 0;
};

Values measure(testing::Process& process, HttpLoad& load, double seconds) {
  const int64_t cpu_before = process.cpu_us();
  const double per_second = load.flat_out(seconds);
  const auto cpu_us = static_cast<double>(process.cpu_us() - cpu_before);
  const std::vector<double> latencies_ms = load.paced(per_second / 2, seconds);
  return {{"requests_per_s", per_second},
          {"cpu_us", cpu_us / (per_second * seconds)},
          {"p50_ms", percentile(latencies_ms, 0.5)},
          {"p99_ms", percentile(latencies_ms, 0.99)}};
}

class Requests final : public Subject {
 public:
  explicit Requests(const Options& options)
      : mass_(options),
        seconds_(options.api_seconds),
        generator_(mass_.server.settings, mass_.make_job()),
        load_(mass_.server.settings.endpoint.port, kConnections, [this] { return generator_.next(); }) {}
  Values round() override { return measure(mass_.server.process, load_, seconds_); }

 private:
  MassServer mass_;
  const double seconds_;
  Generator generator_;
  HttpLoad load_;
};

class BareRequests final : public Subject {
 public:
  explicit BareRequests(const Options& options)
      : seconds_(options.api_seconds),
        port_(testing::free_port()),
        generator_(settings_of(port_), "as-long-as-a-job-id00000") {
    process_.start({"/proc/self/exe", "--beast-wall", std::to_string(port_)}, folder_.path() + "/log");
    if (!loop_.run_until([this] { return testing::port_accepts(port_); }, 5'000))
      give_up("the bare server did not start");
    load_ = std::make_unique<HttpLoad>(port_, kConnections, [this] { return generator_.next(); });
  }
  Values round() override { return measure(process_, *load_, seconds_); }

 private:
  static client::ApiSettings settings_of(uint16_t port) {
    client::ApiSettings settings;
    settings.endpoint = {"127.0.0.1", port};
    settings.access_key_id = "LTAI5tBenchmark000000001";
    settings.access_key_secret = Secret("0123456789abcdefghijklmnopqrst");
    return settings;
  }

  const double seconds_;
  const uint16_t port_;
  net::CoreLoop loop_;
  testing::ScratchFolder folder_;
  testing::Process process_;
  Generator generator_;
  std::unique_ptr<HttpLoad> load_;
};

}  // namespace

std::unique_ptr<Subject> start_requests(const Options& options) {
  return std::make_unique<Requests>(options);
}

std::unique_ptr<Subject> start_bare_requests(const Options& options) {
  return std::make_unique<BareRequests>(options);
}

}  // namespace rollcall::bench
