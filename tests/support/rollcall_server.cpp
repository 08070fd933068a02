#include "support/rollcall_server.hpp"

#include <unistd.h>

#include <cstdio>
#include <stdexcept>

namespace rollcall::testing {
namespace {

std::string member(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const size_t at = json.find(key);
  if (at == std::string::npos) return {};
  return json.substr(at + key.size(), json.find('"', at + key.size()) - at - key.size());
}

}  // namespace

RollcallServer::RollcallServer(std::string binary, net::CoreLoop& loop)
    : binary_(std::move(binary)), loop_(loop) {
  const std::string config = folder.path() + "/config.toml";
  if (FILE* file = std::fopen(config.c_str(), "w")) {
    std::fputs(
        "[limits]\nrollout_per_minute_max = 600000000\nqps_enabled = false\njob_targets_max = 10000000\n"
        "schedule_min_delay_seconds = 0\n",
        file);
    std::fclose(file);
  }
  start();
}

void RollcallServer::start_again() { start(); }

void RollcallServer::start() {
  const std::string ready = folder.path() + "/ready.json";
  ::unlink(ready.c_str());
  process.start({binary_, "serve", "--data", folder.path() + "/data", "--http", http, "--mqtt", mqtt,
                 "--config", folder.path() + "/config.toml", "--ready-file", ready, "--log", "warn"},
                folder.path() + "/log");
  std::string text;
  loop_.run_until(
      [&] {
        text = read_file(ready);
        return !text.empty() || !process.running();
      },
      20'000);
  if (text.empty()) throw std::runtime_error("the server did not start: " + log());
  http = member(text, "http");
  mqtt = member(text, "mqtt");
  settings.access_key_id = member(text, "accessKeyId");
  settings.access_key_secret = Secret(member(text, "accessKeySecret"));
  if (!client::read_endpoint(http, settings)) throw std::runtime_error("bad address " + http);
}

}  // namespace rollcall::testing
