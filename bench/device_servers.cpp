#include "bench/device_servers.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "client/fleet_setup.hpp"
#include "net/address.hpp"

namespace rollcall::bench {
namespace {

constexpr size_t kDocumentFill = 400;  // bytes; the wall's notifications are as long

void await_port(net::CoreLoop& loop, uint16_t port, const std::string& log) {
  if (!loop.run_until([&] { return testing::port_accepts(port); }, 5'000))
    give_up("a server did not start: " + testing::read_file(log));
}

void write_file(const std::string& path, const std::string& text) {
  FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr || std::fputs(text.c_str(), file) < 0 || std::fclose(file) != 0)
    give_up("cannot write " + path);
}

testing::ServerOptions server_options(bool tls) {
  testing::ServerOptions options;
  if (tls) options.environment = {{"ROLLCALL_MQTTS", "127.0.0.1:0"}};
  return options;
}

}  // namespace

MosquittoServer::MosquittoServer(const Options&, net::CoreLoop& loop, size_t devices)
    : loop_(loop), devices_(devices), port_(testing::free_port()) {
  const std::string config = folder_.path() + "/mosquitto.conf";
  write_file(config, fmt::format("listener {} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\n"
                                 "max_queued_messages 0\nset_tcp_nodelay true\nuser root\nlog_type error\n",
                                 port_));
  const bool in_sbin = ::access("/usr/sbin/mosquitto", X_OK) == 0;
  process_.start({in_sbin ? "/usr/sbin/mosquitto" : "mosquitto", "-c", config}, folder_.path() + "/log");
  await_port(loop, port_, folder_.path() + "/log");
}

std::unique_ptr<MessageLoad> MosquittoServer::make_load() const {
  return std::make_unique<MessageLoad>(loop_, port_, devices_);
}

WallBroker::WallBroker(const Options&, net::CoreLoop& loop, size_t devices)
    : loop_(loop), devices_(devices), port_(testing::free_port()) {
  process_.start({"/proc/self/exe", "--epoll-wall", std::to_string(port_)}, folder_.path() + "/log");
  await_port(loop, port_, folder_.path() + "/log");
}

std::unique_ptr<MessageLoad> WallBroker::make_load() const {
  return std::make_unique<MessageLoad>(loop_, port_, devices_);
}

WallJobs::WallJobs(const Options& options, net::CoreLoop& loop, size_t devices)
    : WallBroker(options, loop, devices) {
  keys_.product_key = "a1B2c3D4e5F";
  for (size_t i = 1; i <= devices; ++i)
    keys_.devices.emplace_back(client::device_name("bench-", i), Secret("0123456789abcdef0123456789abcdef"));
}

std::unique_ptr<JobLoad> WallJobs::make_load() const {
  return std::make_unique<JobLoad>(loop_, port_, keys_);
}

void WallJobs::start_job(int64_t) { ::kill(process_.pid(), SIGUSR1); }

RollcallJobs::RollcallJobs(const Options& options, net::CoreLoop& loop, size_t devices)
    : RollcallJobs(options, loop, devices, false) {}

// A TLS server of its own port makes the certificate with which the port for MQTT takes TLS, too.
RollcallJobs::RollcallJobs(const Options& options, net::CoreLoop& loop, size_t devices, bool tls)
    : loop_(loop), server_(options.binary, loop, server_options(tls)), tls_(tls) {
  api_ = server_.client();
  auto prepared =
      client::prepare_fleet(*api_, server_.random, {"bench", "bench-", devices}, [](const std::string&) {});
  if (!prepared) give_up(public_message(prepared.error()));
  keys_.product_key = prepared->product_key;
  keys_.devices = std::move(prepared->devices);
  server_.process.stop();
  server_.start_again();
  api_ = server_.client();
}

std::unique_ptr<JobLoad> RollcallJobs::make_load() const {
  return std::make_unique<JobLoad>(loop_, port(), keys_, tls_);
}

uint16_t RollcallJobs::port() const { return net::parse_address(server_.mqtt)->port; }

void RollcallJobs::start_job(int64_t per_minute) {
  const std::string document = R"({"command":"noop","fill":")" + std::string(kDocumentFill, 'x') + R"("})";
  const auto answer = api_->require(
      "CreateJob", {{"JobName", "bench_job"},
                    {"Type", "CUSTOM_JOB"},
                    {"JobDocument", document},
                    {"TargetConfig", fmt::format(R"({{"targetType":"PRODUCT_KEY","targetProduct":"{}"}})",
                                                 keys_.product_key)},
                    {"RolloutConfig", fmt::format(R"({{"maximumPerMinute":{}}})", per_minute)}});
  if (!answer) give_up(public_message(answer.error()));
}

}  // namespace rollcall::bench
