// One core: an event loop with its device connections and, on core 0, the HTTP port. Glues the sans-I/O parts
// to sockets and mailboxes: commands leave in one batch per loop round, effects come in one batch per
// wake-up. Thread: made by the main thread, then its own; stop() from the main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "api/ports.hpp"
#include "api/service.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "gateway/core.hpp"
#include "net/core_loop.hpp"
#include "net/http_server.hpp"
#include "net/tcp_server.hpp"
#include "server/config.hpp"
#include "server/engine_thread.hpp"
#include "server/reader_thread.hpp"

namespace rollcall::server {

class Core final : public gateway::CommandSink,
                   public api::EnginePort,
                   public api::QueryPort,
                   public api::DeviceLogPort {
 public:
  Core(uint16_t number, const Config& config, const IdCodec::Key& key, gateway::GatewayProbe& probe);
  ~Core() override;

  EffectMailbox& effects() { return effects_; }
  AnswerMailbox& answers() { return answers_; }
  // Before start(): what this core talks to.
  void connect(EngineThread& engine, ReaderThread& reader) {
    engine_ = &engine;
    reader_ = &reader;
  }
  // Before the ports that speak TLS.
  void set_device_tls(std::shared_ptr<net::TlsContext> tls) { mqtt_.set_tls(std::move(tls)); }
  Status listen_mqtt(const net::Address& address, net::Greeting greeting);
  // `handler` answers on this core; `refusal` makes the answer to what never reaches it.
  using Refusal = std::function<HttpResponse(int status, std::string_view reason)>;
  Status listen_http(const net::Address& address, HttpHandler& handler, Refusal refusal,
                     std::shared_ptr<net::TlsContext> tls);
  const net::HandshakeProbe& handshakes() const { return mqtt_.handshakes(); }
  net::Address mqtt_bound(size_t index) const { return mqtt_.bound(index); }
  net::Address http_bound(size_t index) const { return http_[index]->bound(); }

  void start();
  // No new connections; HTTP answers under way are finished. Devices are closed by the engine's effects.
  void stop_listening();
  void stop();

  bool send(engine::Command&& command) override;
  bool submit(engine::Actor actor, api::ApiRequest request, api::EnginePort::Done done) override;
  bool run(Query query, api::QueryPort::Done done) override;
  // Of devices on this core; so far there is one.
  std::vector<DeviceLogEntry> device_log(const Device& device, std::string_view product_key,
                                         size_t entries_max) override {
    return gateway_.log_of(device.id, product_key, device.name, entries_max);
  }

  net::CoreLoop& loop() { return loop_; }

 private:
  void take_effects();
  void take_answers();
  void flush_commands();
  void flush_reads();

  const uint16_t number_;
  const Config& config_;
  SystemClock clock_;
  net::CoreLoop loop_;
  EffectMailbox effects_;
  AnswerMailbox answers_;
  net::TcpServer mqtt_;
  gateway::Core gateway_;
  std::vector<std::unique_ptr<net::HttpServer>> http_;
  EngineThread* engine_ = nullptr;
  ReaderThread* reader_ = nullptr;
  std::vector<engine::Command> outgoing_;
  bool retry_armed_ = false;
  std::vector<engine::Effect> incoming_;
  std::vector<Read> reads_;  // each with a place at the reader
  std::vector<ReadAnswer> read_answers_;
  std::unordered_map<uint64_t, api::EnginePort::Done> waiting_;  // bounded by the requests under way
  uint64_t next_ticket_ = 1;
  std::thread thread_;
};

}  // namespace rollcall::server
