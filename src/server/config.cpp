#include "server/config.hpp"

#include <toml++/toml.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>

#include "api/action_table.hpp"

namespace rollcall::server {
namespace {

Error bad(const std::string& path, const toml::node& node, std::string_view key, std::string_view rule) {
  std::ostringstream text;
  text << path << ":" << node.source().begin.line << ": " << key << " " << rule;
  return Error(ErrorCode::InvalidFormattedParameter, text.str());
}

// One setting: takes the node, or says which rule it breaks (empty = taken).
using Take = std::function<std::string(const toml::node&)>;

Take text(std::string& target) {
  return [&target](const toml::node& node) -> std::string {
    auto value = node.value_exact<std::string>();
    if (!value) return "is a text";
    target = *value;
    return {};
  };
}

Take flag(bool& target) {
  return [&target](const toml::node& node) -> std::string {
    auto value = node.value_exact<bool>();
    if (!value) return "is true or false";
    target = *value;
    return {};
  };
}

Take number(int64_t& target, int64_t min, int64_t max) {
  return [&target, min, max](const toml::node& node) -> std::string {
    auto value = node.value_exact<int64_t>();
    if (!value || *value < min || *value > max)
      return "is a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    target = *value;
    return {};
  };
}

// A setting with two words.
Take either(bool& target, std::string yes, std::string no) {
  return [&target, yes, no](const toml::node& node) -> std::string {
    auto value = node.value_exact<std::string>();
    if (!value || (*value != yes && *value != no)) return "is \"" + yes + "\" or \"" + no + "\"";
    target = *value == yes;
    return {};
  };
}

Take hours(int64_t& target_ms) {
  return [&target_ms](const toml::node& node) -> std::string {
    auto value = node.value_exact<int64_t>();
    if (!value || *value < 0 || *value > 24 * 366)
      return "is a whole number of hours from 0 (for ever) to 8784";
    target_ms = *value * 3'600'000;
    return {};
  };
}

Take days(int64_t& target_ms) {
  return [&target_ms](const toml::node& node) -> std::string {
    auto value = node.value_exact<int64_t>();
    if (!value || *value < 0 || *value > 36'500) return "is a whole number of days from 0 to 36500";
    target_ms = *value * 86'400'000;
    return {};
  };
}

Take calls_a_second(std::map<std::string, int64_t>& target, std::string_view action) {
  return [&target, action](const toml::node& node) -> std::string {
    auto value = node.value_exact<int64_t>();
    if (!value || *value < 0 || *value > 1'000'000) return "is a whole number from 0 (no limit) to 1000000";
    target[std::string(action)] = *value;
    return {};
  };
}

// Every key of the file. docs/HACKING.md lists them for people.
std::map<std::string, Take> settings(Config& c) {
  constexpr int64_t kMany = 1'000'000'000;
  std::map<std::string, Take> known{
      {"server.data", text(c.data_dir)},
      {"server.http", text(c.http)},
      {"server.https", text(c.https)},
      {"server.mqtt", text(c.mqtt)},
      {"server.mqtts", text(c.mqtts)},
      {"server.mqtt_detects_tls", flag(c.mqtt_detects_tls)},
      {"server.store", text(c.store)},
      {"server.public_url", text(c.public_url)},
      {"server.tls_certificate", text(c.tls_certificate)},
      {"server.tls_key", text(c.tls_key)},
      {"server.tls_client_ca", text(c.tls_client_ca)},
      {"server.tls_old_versions", flag(c.tls_old_versions)},
      {"server.log_json", flag(c.log_json)},
      {"api.strict", flag(c.api.strict)},
      {"api.region", text(c.api.region)},
      {"api.chinese", flag(c.api.chinese)},
      {"api.instance_id", text(c.api.instance_id)},
      {"api.accept_any_instance", flag(c.api.accept_any_instance)},
      {"jobs.unknown_targets", either(c.engine.unknown_targets_skip, "skip", "refuse")},
      {"jobs.lifetime_hours", hours(c.api.limits.job_lifetime_ms)},
      {"jobs.next_wait_ms", number(c.engine.next_wait_ms, 0, 60'000)},
      {"retention.deleted_jobs_days", days(c.engine.keep_deleted_ms)},
      {"retention.ended_jobs_days", days(c.engine.keep_ended_ms)},
      {"limits.rollout_per_minute_max", number(c.api.limits.rollout_per_minute_max, 50, kMany)},
      {"limits.schedule_min_delay_seconds",
       number(c.api.limits.schedule_min_delay_seconds, 0, 7 * 24 * 3600)},
      {"limits.job_targets_max", number(c.engine.job_targets_max, 1, kMany)},
      {"limits.device_publishes_per_second", number(c.gateway.device_publishes_per_second, 0, 1'000'000)},
      {"limits.qps_enabled", flag(c.api.limits.qps_enabled)},
      {"limits.http_request_bytes_max", number(c.http_request_bytes_max, 16 << 10, 1 << 30)},
  };
  // Calls a second of one action, as in [limits.qps] QueryJob = 50; 0 = no limit.
  for (const api::ActionRow& row : api::action_table())
    known.emplace("limits.qps." + std::string(row.name), calls_a_second(c.api.limits.qps, row.name));
  return known;
}

Status walk(const std::string& path, const toml::table& table, const std::string& prefix,
            const std::map<std::string, Take>& known) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      ROLLCALL_TRY_STATUS(walk(path, *inner, name + ".", known));
      continue;
    }
    auto it = known.find(name);
    if (it == known.end()) return fail(bad(path, node, name, "is no setting of this version"));
    if (std::string rule = it->second(node); !rule.empty()) return fail(bad(path, node, name, rule));
  }
  return {};
}

}  // namespace

Status read_config_file(const std::string& path, Config& config) {
  try {
    const toml::table table = toml::parse_file(path);
    return walk(path, table, "", settings(config));
  } catch (const toml::parse_error& error) {
    std::ostringstream text;
    text << path << ":" << error.source().begin.line << ": " << error.description();
    return fail(ErrorCode::InvalidFormattedParameter, text.str());
  }
}

void read_config_environment(Config& config) {
  const auto take = [](const char* name, std::string& target) {
    if (const char* value = std::getenv(name); value && *value) target = value;
  };
  take("ROLLCALL_DATA", config.data_dir);
  take("ROLLCALL_HTTP", config.http);
  take("ROLLCALL_HTTPS", config.https);
  take("ROLLCALL_MQTT", config.mqtt);
  take("ROLLCALL_MQTTS", config.mqtts);
  take("ROLLCALL_STORE", config.store);
  take("ROLLCALL_READY_FILE", config.ready_file);
  take("ROLLCALL_PUBLIC_URL", config.public_url);
}

}  // namespace rollcall::server
