// What `rollcall serve` is told: flags beat ROLLCALL_* environment variables, which beat the TOML file, which
// beats the defaults (DESIGN 6). Read once at start. Thread: value.
#pragma once

#include <cstdint>
#include <string>

#include "api/api_config.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "gateway/gateway_config.hpp"

namespace rollcall::server {

struct Config {
  std::string data_dir = "./rollcall-data";
  std::string http = "127.0.0.1:8080";
  std::string https;  // empty = off
  std::string mqtt = "127.0.0.1:1883";
  std::string mqtts;             // empty = off
  std::string store = "sqlite";  // or postgresql://...
  std::string ready_file;
  std::string public_url;
  std::string tls_certificate;  // PEM; a self-signed pair in the data folder when empty
  std::string tls_key;
  std::string tls_client_ca;      // PEM; empty: devices are asked for no certificate
  bool tls_old_versions = false;  // TLS 1.0 and 1.1 for old devices
  bool mqtt_detects_tls = true;   // on the port of `mqtt` too, when there is a certificate
  LogLevel log_level = LogLevel::Info;
  bool log_json = false;
  bool synchronous_full = true;
  int64_t http_request_bytes_max = 8 << 20;
  api::ApiConfig api;
  engine::EngineConfig engine;
  gateway::GatewayConfig gateway;
};

// Reads `path` (TOML). Unknown keys and ill-typed values are errors that name the key and the line.
Status read_config_file(const std::string& path, Config& config);
// Takes ROLLCALL_HTTP, ROLLCALL_MQTT, ROLLCALL_DATA and so on: the flag's name in upper case.
void read_config_environment(Config& config);

}  // namespace rollcall::server
