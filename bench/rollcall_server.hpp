// A Rollcall server with the vendor's limits lifted, and a client of its API.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "bench/cases.hpp"
#include "bench/process.hpp"
#include "client/api_client.hpp"
#include "net/core_loop.hpp"

namespace rollcall::bench {

[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

class RollcallServer {
 public:
  RollcallServer(const Options& options, net::CoreLoop& loop) {
    const std::string config = folder.path() + "/config.toml";
    if (FILE* file = std::fopen(config.c_str(), "w")) {
      std::fputs(
          "[limits]\nrollout_per_minute_max = 600000000\nqps_enabled = false\njob_targets_max = 10000000\n",
          file);
      std::fclose(file);
    }
    const std::string ready = folder.path() + "/ready.json";
    process.start({options.binary, "serve", "--data", folder.path() + "/data", "--http", "127.0.0.1:0",
                   "--mqtt", "127.0.0.1:0", "--config", config, "--ready-file", ready, "--log", "warn"},
                  folder.path() + "/log");
    std::string text;
    loop.run_until(
        [&] {
          text = read_file(ready);
          return !text.empty() || !process.running();
        },
        20'000);
    if (text.empty()) give_up("the server did not start: " + read_file(folder.path() + "/log"));
    const auto member = [&](const char* name) {
      const std::string key = "\"" + std::string(name) + "\":\"";
      const size_t at = text.find(key);
      return at == std::string::npos
                 ? std::string()
                 : text.substr(at + key.size(), text.find('"', at + key.size()) - at - key.size());
    };
    http = member("http");
    mqtt = member("mqtt");
    settings.access_key_id = member("accessKeyId");
    settings.access_key_secret = Secret(member("accessKeySecret"));
    if (!client::read_endpoint(http, settings)) give_up("bad address " + http);
  }

  std::unique_ptr<client::ApiClient> client() {
    return std::make_unique<client::ApiClient>(settings, clock, random);
  }

  ScratchFolder folder;
  Process process;
  SystemClock clock;
  SystemRandom random;
  client::ApiSettings settings;
  std::string http, mqtt;
};

}  // namespace rollcall::bench
