// `rollcall serve`: runs the server until SIGINT or SIGTERM (DESIGN 6).
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/log.hpp"
#include "net/core_loop.hpp"
#include "net/signals.hpp"
#include "server/server.hpp"
#include "server/verbs/verbs.hpp"

namespace rollcall::server {
namespace {

struct Flags {
  std::string data, http, https, mqtt, mqtts, store, config, ready_file, public_url, log;
  bool tls_old = false;
};

// The store's own failures (store.hpp) have no text for people: the caller of an API is told less.
std::string start_text(const Error& error, const Config& config) {
  if (config.store != "sqlite" && error.message.empty() && error.detail.starts_with("full:"))
    return "The disk of the database is full. Free some room and start again.";
  if (config.store != "sqlite" && error.message.empty()) return "The database reports an error.";
  if (error.detail.starts_with("full:"))
    return "The disk of the data folder is full. Free some room and start again.";
  if (error.message.empty() && error.detail.starts_with("io: damaged:"))
    return "The database of the data folder is damaged. Nothing was changed: bring back a copy of the "
           "folder, "
           "or see what can be saved with `PRAGMA integrity_check` and `.recover` of the sqlite3 shell.";
  if (error.message.empty() && error.detail.starts_with("io:"))
    return "The data folder cannot be read or written: the disk reports an error.";
  return public_message(error);
}

int fail_start(const Error& error, const Config& config) {
  std::fprintf(stderr, "rollcall: %s\n", start_text(error, config).c_str());
  if (!error.detail.empty()) std::fprintf(stderr, "rollcall: (%s)\n", error.detail.c_str());
  return kExitFailed;
}

// Defaults, then the file, then the environment, then the flags.
Status read_config(const Flags& flags, Config& config) {
  if (!flags.config.empty()) ROLLCALL_TRY_STATUS(read_config_file(flags.config, config));
  read_config_environment(config);
  const auto take = [](const std::string& flag, std::string& target) {
    if (!flag.empty()) target = flag;
  };
  take(flags.data, config.data_dir);
  take(flags.http, config.http);
  take(flags.https, config.https);
  take(flags.mqtt, config.mqtt);
  take(flags.store, config.store);
  take(flags.ready_file, config.ready_file);
  take(flags.public_url, config.public_url);
  take(flags.mqtts, config.mqtts);
  if (flags.tls_old) config.tls_old_versions = true;
  if (flags.log == "debug") config.log_level = LogLevel::Debug;
  if (flags.log == "warn") config.log_level = LogLevel::Warn;
  if (flags.log == "error") config.log_level = LogLevel::Error;
  return {};
}

void greet(const Server& server, const Config& config) {
  const auto& at = server.addresses();
  std::printf("rollcall is ready\n  API   http://%s\n", at.http.c_str());
  if (!at.https.empty()) std::printf("  API   https://%s\n", at.https.c_str());
  std::printf("  MQTT  %s%s\n", at.mqtt.c_str(), at.mqtt_tls ? " (plain and TLS)" : "");
  if (!at.mqtts.empty()) std::printf("  MQTT  %s (TLS)\n", at.mqtts.c_str());
  std::printf("  data  %s\n", config.data_dir.c_str());
  if (server.admin_key().fresh) {
    const AccessKey& key = server.admin_key().key;
    std::printf(
        "The first start made an access key (kept in %s/access-key):\n  export ROLLCALL_ENDPOINT=%s\n"
        "  export ROLLCALL_ACCESS_KEY_ID=%s\n  export ROLLCALL_ACCESS_KEY_SECRET=%s\n",
        config.data_dir.c_str(), at.http.c_str(), key.id.c_str(), key.secret.reveal().c_str());
  }
  std::fflush(stdout);
}

int serve(const Flags& flags) {
  Config config;
  if (Status status = read_config(flags, config); !status) {
    fail_start(status.error(), config);
    return kExitUsage;
  }
  log_start(config.log_level, config.log_json);
  net::CoreLoop main_loop;
  int signal_number = 0;
  net::SignalWatch signals(main_loop, [&](int number) {
    signal_number = number;
    main_loop.stop();
  });
  auto server = Server::start(config);
  if (!server) return fail_start(server.error(), config);
  greet(**server, config);
  if (!config.ready_file.empty())
    if (Status status = write_file(config.ready_file, (*server)->ready_text(), 0600); !status)
      return fail_start(status.error(), config);
  main_loop.run();
  log_info("server.stopping", {{"signal", signal_number}});
  (*server)->stop();
  log_info("server.stopped");
  return kExitOk;
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<Flags>();
  CLI::App* verb = app.add_subcommand("serve", "Run the server");
  verb->add_option("--data", flags->data,
                   "Folder of the embedded store and the access key (default ./rollcall-data)");
  verb->add_option("--http", flags->http,
                   "HOST:PORT of the API (default 127.0.0.1:8080; port 0 picks a free one)");
  verb->add_option("--https", flags->https, "HOST:PORT of the API over TLS (default off)");
  verb->add_option("--mqtt", flags->mqtt, "HOST:PORT for devices (default 127.0.0.1:1883)");
  verb->add_option("--mqtts", flags->mqtts,
                   "HOST:PORT for devices over TLS (default off; the certificate is server.tls_certificate, "
                   "or DATA/tls.crt, made when it is not there)");
  verb->add_flag("--tls-old", flags->tls_old, "Take TLS 1.0 and 1.1 too, for devices that know no other");
  verb->add_option(
      "--store", flags->store,
      "sqlite (default) or postgresql://USER@HOST/DATABASE; a password goes into PGPASSWORD or ~/.pgpass");
  verb->add_option("--config", flags->config, "TOML file with settings");
  verb->add_option("--ready-file", flags->ready_file,
                   "Written when every listener accepts: addresses and access key as JSON");
  verb->add_option("--public-url", flags->public_url, "Base of the links that devices are given");
  verb->add_option("--log", flags->log, "debug, info (default), warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  verb->callback([flags, &exit_code] { exit_code = serve(*flags); });
}

}  // namespace rollcall::server
