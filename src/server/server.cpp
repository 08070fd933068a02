#include "server/server.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include "base/json.hpp"
#include "base/log.hpp"
#include "net/address.hpp"
#include "net/tls.hpp"
#include "server/metrics.hpp"
#include "server/open_store.hpp"

namespace rollcall::server {
namespace {

// As many descriptors as the system lets this process have: each device takes one.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<net::Address> address_of(const std::string& text, const char* flag) {
  auto address = net::parse_address(text);
  if (!address)
    return fail(ErrorCode::InvalidFormattedParameter,
                std::string(flag) + " " + text + ": " + public_message(address.error()));
  return address;
}

// Who listens on every address is known by the name in the links that devices are given.
std::string certificate_host(const std::string& listening_on, std::string_view public_url) {
  const bool every = listening_on == "0.0.0.0" || listening_on == "::";
  const size_t scheme = public_url.find("://");
  if (!every || scheme == std::string_view::npos) return listening_on;
  std::string_view host = public_url.substr(scheme + 3);
  host = host.substr(0, host.find('/'));
  const bool literal = host.starts_with('[');
  return std::string(literal ? host.substr(1, host.find(']') - 1) : host.substr(0, host.find(':')));
}

Error listening(const char* flag, const std::string& address, const Error& error) {
  return Error(ErrorCode::ServiceUnavailable,
               std::string("cannot listen on ") + flag + " " + address + ": " + public_message(error) +
                   ". Is another server running there? Another port can be given with " + flag + ".");
}

}  // namespace

Server::Server(const Config& config) : config_(config) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(const Config& config) {
  std::unique_ptr<Server> server(new Server(config));
  ROLLCALL_TRY_STATUS(server->open());
  ROLLCALL_TRY_STATUS(server->listen());
  return server;
}

Status Server::open() {
  raise_file_limit();
  ROLLCALL_TRY_STATUS(make_data_folder(config_.data_dir));
  ROLLCALL_TRY(store_, open_store(config_, clock_, engine_random_));
  ROLLCALL_TRY(admin_, ensure_admin_key(*store_, config_.data_dir, engine_random_, clock_.wall()));
  ROLLCALL_TRY(codec_key_, store_->id_key());
  ROLLCALL_TRY(auto keys, store_->access());
  ROLLCALL_TRY(auto reader, open_reader(config_, clock_));

  core_ = std::make_unique<Core>(0, config_, codec_key_, gateway_probe_);
  reader_ = std::make_unique<ReaderThread>(std::move(reader), clock_, std::vector{&core_->answers()});
  engine_ = std::make_unique<EngineThread>(std::move(store_), clock_, engine_random_,
                                           std::vector{&core_->effects()});
  core_->connect(*engine_, *reader_);
  api_ = std::make_unique<api::ApiService>(
      api::ApiService::Surroundings{*core_, *core_, clock_, api_random_, core_.get()}, codec_key_,
      config_.api);
  api_->set_keys(std::make_shared<const api::KeyRing>(std::move(keys)));
  registration_ = std::make_unique<api::DeviceRegistration>(*core_);
  router_ = std::make_unique<Router>(
      *api_, *registration_,
      Router::Pages{[this] { return render_metrics(engine_->probe(), gateway_probe_, core_->handshakes()); },
                    [this] { return engine_->probe().store_healthy.value() == 1; }});
  return engine_->start(config_.engine);
}

// Leaves both contexts null when nothing asks for a certificate and there is none.
Status Server::load_tls() {
  net::TlsFiles files{config_.tls_certificate, config_.tls_key};
  if (files.certificate_path.empty() != files.key_path.empty())
    return fail(ErrorCode::InvalidFormattedParameter,
                "server.tls_certificate and server.tls_key are given together or not at all");
  const bool asked = !config_.https.empty() || !config_.mqtts.empty();
  if (files.certificate_path.empty()) {
    const bool there = net::has_self_signed(config_.data_dir);
    if (!asked && !(there && config_.mqtt_detects_tls)) return {};
    net::Address address;
    if (!there && !config_.mqtts.empty()) {
      ROLLCALL_TRY(address, address_of(config_.mqtts, "--mqtts"));
    } else if (!there) {
      ROLLCALL_TRY(address, address_of(config_.https, "--https"));
    }
    ROLLCALL_TRY(files, net::generate_self_signed(config_.data_dir,
                                                  certificate_host(address.host, config_.public_url)));
  }
  net::TlsOptions options{.old_versions = config_.tls_old_versions};
  ROLLCALL_TRY(https_tls_, net::TlsContext::load(files, options));
  device_tls_ = https_tls_;
  if (config_.tls_client_ca.empty()) return {};
  // Not on the port for HTTPS, where a browser would ask its user for a certificate.
  options.client_ca_path = config_.tls_client_ca;
  ROLLCALL_TRY(device_tls_, net::TlsContext::load(files, options));
  return {};
}

Status Server::listen() {
  ROLLCALL_TRY_STATUS(load_tls());
  ROLLCALL_TRY_STATUS(listen_http());
  ROLLCALL_TRY_STATUS(listen_mqtt());
  core_->start();
  started_ = true;
  return {};
}

Status Server::listen_http() {
  ROLLCALL_TRY(net::Address http, address_of(config_.http, "--http"));
  const Core::Refusal refusal = [this](int status, std::string_view reason) {
    return api_->refusal(status, reason);
  };
  if (Status status = core_->listen_http(http, *router_, refusal, nullptr); !status)
    return fail(listening("--http", config_.http, status.error()));
  addresses_.http = core_->http_bound(0).text();
  if (config_.https.empty()) return {};
  ROLLCALL_TRY(net::Address https, address_of(config_.https, "--https"));
  if (Status status = core_->listen_http(https, *router_, refusal, https_tls_); !status)
    return fail(listening("--https", config_.https, status.error()));
  addresses_.https = core_->http_bound(1).text();
  return {};
}

Status Server::listen_mqtt() {
  ROLLCALL_TRY(net::Address mqtt, address_of(config_.mqtt, "--mqtt"));
  core_->set_device_tls(device_tls_);
  addresses_.mqtt_tls = device_tls_ && config_.mqtt_detects_tls;
  const auto greeting = addresses_.mqtt_tls ? net::Greeting::Detect : net::Greeting::Plain;
  if (Status status = core_->listen_mqtt(mqtt, greeting); !status)
    return fail(listening("--mqtt", config_.mqtt, status.error()));
  addresses_.mqtt = core_->mqtt_bound(0).text();
  if (config_.mqtts.empty()) return {};
  ROLLCALL_TRY(net::Address mqtts, address_of(config_.mqtts, "--mqtts"));
  if (Status status = core_->listen_mqtt(mqtts, net::Greeting::Tls); !status)
    return fail(listening("--mqtts", config_.mqtts, status.error()));
  addresses_.mqtts = core_->mqtt_bound(1).text();
  return {};
}

void Server::stop() {
  if (started_) core_->stop_listening();
  if (engine_) engine_->stop();
  if (reader_) reader_->stop();
  if (started_) core_->stop();
  started_ = false;
}

std::string Server::ready_text() const {
  std::string out = "{\"pid\":" + std::to_string(::getpid());
  const auto add = [&out](const char* name, const std::string& value) {
    if (value.empty()) return;
    out += ",\"" + std::string(name) + "\":";
    append_json_string(out, value);
  };
  add("http", addresses_.http);
  add("https", addresses_.https);
  add("mqtt", addresses_.mqtt);
  add("mqtts", addresses_.mqtts);
  add("accessKeyId", admin_.key.id);
  add("accessKeySecret", admin_.key.secret.reveal());
  return out + "}\n";
}

}  // namespace rollcall::server
