// The whole server, wired: store, engine thread, reader thread, cores, HTTP pages. start() listens, stop()
// drains (DESIGN 6). Thread: main.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/device_registration.hpp"
#include "api/service.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "net/tls.hpp"
#include "server/config.hpp"
#include "server/core.hpp"
#include "server/data_folder.hpp"
#include "server/engine_thread.hpp"
#include "server/reader_thread.hpp"
#include "server/router.hpp"

namespace rollcall::server {

class Server {
 public:
  // Opens the store and starts listening. Errors are for people: they name the flag or file and what to do.
  static Result<std::unique_ptr<Server>> start(const Config& config);
  ~Server();

  // No new connections, devices and requests under way are finished, everything is written. Bounded to some
  // seconds.
  void stop();

  struct Addresses {
    std::string http, https, mqtt, mqtts;  // host:port; empty when off
    bool mqtt_tls = false;                 // the port of mqtt takes TLS too
  };
  const Addresses& addresses() const { return addresses_; }
  const AdminKey& admin_key() const { return admin_; }
  // {"pid","http","mqtt",...} for --ready-file.
  std::string ready_text() const;

 private:
  explicit Server(const Config& config);
  Status open();
  Status listen();
  Status listen_http();
  Status listen_mqtt();
  Status load_tls();

  Config config_;
  SystemClock clock_;
  SystemRandom engine_random_;
  SystemRandom api_random_;
  gateway::GatewayProbe gateway_probe_;
  AdminKey admin_;
  Addresses addresses_;
  IdCodec::Key codec_key_{};
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<net::TlsContext> https_tls_;   // null: no port speaks TLS
  std::shared_ptr<net::TlsContext> device_tls_;  // the same, but it may ask for certificates
  std::unique_ptr<Core> core_;
  std::unique_ptr<ReaderThread> reader_;
  std::unique_ptr<EngineThread> engine_;
  std::unique_ptr<api::ApiService> api_;
  std::unique_ptr<api::DeviceRegistration> registration_;
  std::unique_ptr<Router> router_;
  bool started_ = false;
};

}  // namespace rollcall::server
