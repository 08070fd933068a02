// Subjects with connected devices: whole jobs, messages, logins, report latency and pace, each on any server
// of device_servers.hpp that can do it. Used by cases.cpp. Thread: the child's main.
#pragma once

#include "bench/device_servers.hpp"
#include "bench/machine.hpp"
#include "bench/statistics.hpp"

namespace rollcall::bench {

inline constexpr int64_t kNoPace = 600'000'000;  // tasks a minute: the limit as good as lifted

// Starts Subject<Server> for the table of cases.
template <template <class> class S, class Server>
std::unique_ptr<Subject> start(const Options& options) {
  return std::make_unique<S<Server>>(options);
}

// The loop, the server and the load, with the server's costs.
template <class Server>
class DeviceSubject : public Subject {
 protected:
  DeviceSubject(const Options& options, size_t devices)
      : devices_(static_cast<double>(devices)),
        settle_ms_(options.settle_ms),
        server_(options, loop_, devices),
        load_(server_.make_load()) {}

  void connect() {
    load_->connect_all();
    loop_.run_until([] { return false; }, settle_ms_);
  }
  // Runs `work`, which does one `what` for each device, and gives its rate and what one cost the server and
  // the load, which must not be the limit.
  template <class Work>
  void measure(Values& values, const std::string& prefix, const std::string& what, Work&& work) {
    const int64_t cpu_before = server_.process().cpu_us();
    const int64_t load_before = own_cpu_us();
    const SteadyUs begin = loop_.now();
    work();
    values.emplace_back(prefix + what + "_per_s",
                        devices_ * 1e6 / static_cast<double>(clock_.steady() - begin));
    values.emplace_back(prefix + "cpu_us",
                        static_cast<double>(server_.process().cpu_us() - cpu_before) / devices_);
    values.emplace_back(prefix + "load_cpu_us", static_cast<double>(own_cpu_us() - load_before) / devices_);
  }

  static constexpr int64_t kPatienceMs = 120'000;
  const double devices_;
  const int64_t settle_ms_;
  SystemClock clock_;
  net::CoreLoop loop_;
  Server server_;
  decltype(std::declval<Server>().make_load()) load_;
};

// A round is one QoS 1 message to each device.
template <class Server>
class Messages final : public DeviceSubject<Server> {
 public:
  explicit Messages(const Options& options) : DeviceSubject<Server>(options, options.devices) {
    this->connect();
  }
  Values round() override {
    Values values;
    this->measure(values, "", "messages", [&] { this->load_->publish_to_all(); });
    return values;
  }
};

// A round is so many QoS 1 messages of the devices, one after the other each.
template <class Server>
class Publishes final : public DeviceSubject<Server> {
 public:
  explicit Publishes(const Options& options) : DeviceSubject<Server>(options, options.devices) {
    this->connect();
  }
  Values round() override {
    const auto messages = static_cast<size_t>(this->devices_) * kEach;
    const int64_t cpu_before = this->server_.process().cpu_us();
    const SteadyUs begin = this->loop_.now();
    const std::vector<double>& latencies_ms = this->load_->publish(messages);
    const auto count = static_cast<double>(messages);
    return {{"messages_per_s", count * 1e6 / static_cast<double>(this->clock_.steady() - begin)},
            {"cpu_us", static_cast<double>(this->server_.process().cpu_us() - cpu_before) / count},
            {"p50_ms", percentile(latencies_ms, 0.5)},
            {"p99_ms", percentile(latencies_ms, 0.99)}};
  }

 private:
  static constexpr size_t kEach = 10;
};

// A round is one job over all devices whose reports come in the order of the pushes, and one whose reports
// come in random order: push, IN_PROGRESS with reply, SUCCEEDED with reply, each durable before its reply.
template <class Server>
class Jobs final : public DeviceSubject<Server> {
 public:
  explicit Jobs(const Options& options) : DeviceSubject<Server>(options, options.devices) { this->connect(); }
  Values round() override {
    Values values;
    run_job(values, "", ReplyOrder::Device);
    run_job(values, "random_", ReplyOrder::Random);
    // Grows from round to round only if something leaks, or the history is held in memory.
    values.emplace_back("rss_bytes", static_cast<double>(this->server_.process().rss_bytes()));
    return values;
  }

 private:
  void run_job(Values& values, const std::string& prefix, ReplyOrder order) {
    this->load_->expect_job(order);
    this->measure(values, prefix, "jobs", [&] {
      this->server_.start_job(kNoPace);
      if (!this->loop_.run_until([&] { return this->load_->finished(); }, this->kPatienceMs))
        give_up("a job did not finish");
    });
  }
};

// A round is a fleet that was cut and comes back at once.
template <class Server>
class Logins final : public DeviceSubject<Server> {
 public:
  explicit Logins(const Options& options) : DeviceSubject<Server>(options, options.devices) {}
  // Resident memory: of a process that nobody has connected to, and once all are there and quiet.
  Values once() override {
    const int64_t before = this->server_.process().rss_bytes();
    this->connect();
    return {{"rss_bytes_per_device",
             static_cast<double>(this->server_.process().rss_bytes() - before) / this->devices_}};
  }
  Values round() override {
    this->load_->disconnect_all();
    Values values;
    this->measure(values, "", "logins", [&] { this->load_->connect_all(); });
    return values;
  }
};

// A round is all reports of one job at a fixed rate, in both orders: from the moment a report is due to leave
// to its update_reply.
template <class Server>
class Latency final : public DeviceSubject<Server> {
 public:
  explicit Latency(const Options& options)
      : DeviceSubject<Server>(options, options.devices), reports_per_second_(options.reports_per_second) {
    this->connect();
  }
  Values round() override {
    Values values;
    run_job(values, "", ReplyOrder::Device);
    run_job(values, "random_", ReplyOrder::Random);
    return values;
  }

 private:
  void run_job(Values& values, const std::string& prefix, ReplyOrder order) {
    this->load_->expect_job_held();
    this->server_.start_job(kNoPace);
    if (!this->loop_.run_until([&] { return this->load_->all_notified(); }, this->kPatienceMs))
      give_up("a job was not pushed");
    std::vector<double> all_ms = this->load_->paced_reports(order, reports_per_second_);
    const std::vector<double> second_ms = this->load_->paced_reports(order, reports_per_second_);
    all_ms.insert(all_ms.end(), second_ms.begin(), second_ms.end());
    values.emplace_back(prefix + "p50_ms", percentile(all_ms, 0.5));
    values.emplace_back(prefix + "p99_ms", percentile(all_ms, 0.99));
  }

  const int64_t reports_per_second_;
};

// A round is one job at 1,000 tasks a minute.
template <class Server>
class Pace final : public DeviceSubject<Server> {
 public:
  explicit Pace(const Options& options) : DeviceSubject<Server>(options, options.pace_devices) {
    this->connect();
  }
  Values round() override {
    constexpr int64_t kPerMinute = 1'000;
    this->load_->expect_job(ReplyOrder::Device);
    this->server_.start_job(kPerMinute);
    const auto patience_ms = 60'000 + static_cast<int64_t>(this->devices_) * 60'000 / kPerMinute * 2;
    if (!this->loop_.run_until([&] { return this->load_->all_notified(); }, patience_ms))
      give_up("a paced job was not pushed");
    const PaceError error = pace_error(this->load_->notified_at(), kPerMinute);
    return {{"error_percent", error.percent},
            {"most_in_a_minute", error.most_in_a_minute},
            {"jitter_p99_ms", error.jitter_p99_ms}};
  }
};

}  // namespace rollcall::bench
