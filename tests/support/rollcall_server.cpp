#include "support/rollcall_server.hpp"

#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "net/http_client.hpp"

namespace rollcall::testing {
namespace {

std::string member(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const size_t at = json.find(key);
  if (at == std::string::npos) return {};
  return json.substr(at + key.size(), json.find('"', at + key.size()) - at - key.size());
}

}  // namespace

RollcallServer::RollcallServer(std::string binary, net::CoreLoop& loop, ServerOptions server_options)
    : options(std::move(server_options)), binary_(std::move(binary)), loop_(loop) {
  if (options.data.empty()) options.data = folder.path() + "/data";
  const std::string config = folder.path() + "/config.toml";
  if (FILE* file = std::fopen(config.c_str(), "w")) {
    std::fputs(
        "[limits]\nrollout_per_minute_max = 600000000\nqps_enabled = false\njob_targets_max = 10000000\n"
        "schedule_min_delay_seconds = 0\n[jobs]\n",
        file);
    std::fprintf(file, "next_wait_ms = %lld\n", static_cast<long long>(options.next_wait_ms));
    std::fclose(file);
  }
  if (options.start) start_again();
}

void RollcallServer::start_again() {
  launch();
  if (!await_ready(20'000)) throw std::runtime_error("the server did not start: " + log());
}

void RollcallServer::launch() {
  const std::string ready = folder.path() + "/ready.json";
  ::unlink(ready.c_str());
  std::vector<std::string> command{
      binary_,        "serve",  "--data", options.data, "--http",
      http,           "--mqtt", mqtt,     "--config",   folder.path() + "/config.toml",
      "--ready-file", ready,    "--log",  "warn"};
  if (!options.store.empty()) command.insert(command.end(), {"--store", options.store});
  process.start(command, folder.path() + "/log", options.environment);
}

bool RollcallServer::await_ready(int64_t ms) {
  std::string text;
  loop_.run_until(
      [&] {
        text = read_file(folder.path() + "/ready.json");
        return !text.empty() || !process.running();
      },
      ms);
  if (text.empty()) return false;
  http = member(text, "http");
  mqtt = member(text, "mqtt");
  settings.access_key_id = member(text, "accessKeyId");
  settings.access_key_secret = Secret(member(text, "accessKeySecret"));
  return client::read_endpoint(http, settings).has_value();
}

int RollcallServer::readiness() {
  net::HttpClientOptions client_options;
  client_options.server = settings.endpoint;
  client_options.timeout_ms = 5'000;
  HttpRequest request;
  request.method = "GET";
  request.target = "/readyz";
  const auto response = net::HttpClient(client_options).send(request);
  return response ? response->status : 0;
}

bool RollcallServer::await_readiness(int status, int64_t ms) {
  return loop_.run_until([&] { return readiness() == status; }, ms);
}

}  // namespace rollcall::testing
