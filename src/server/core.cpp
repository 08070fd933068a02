#include "server/core.hpp"

#include <pthread.h>

#include <future>

#include "base/limits.hpp"

namespace rollcall::server {
namespace {

constexpr int64_t kGatewayTickMs = 1'000;
constexpr int64_t kRetryMs = 2;
// Worth a wake-up of the reader, who then works beside the rest of the round.
constexpr size_t kReadsAtOnce = 8;

net::HttpServerOptions http_options(const Config& config, std::shared_ptr<net::TlsContext> tls) {
  net::HttpServerOptions options;
  options.head_bytes_max = static_cast<size_t>(config.http_request_bytes_max);
  options.body_bytes_max = static_cast<size_t>(config.http_request_bytes_max);
  options.tls = std::move(tls);
  return options;
}

}  // namespace

Core::Core(uint16_t number, const Config& config, const IdCodec::Key& key, gateway::GatewayProbe& probe)
    : number_(number),
      config_(config),
      effects_(limits::kMailboxEntriesMax, [this] { loop_.wake(); }),
      answers_(limits::kMailboxEntriesMax, [this] { loop_.wake(); }),
      mqtt_(loop_, net::TcpServerOptions{}),
      gateway_(number, mqtt_, clock_, key, config.gateway, probe, *this) {
  loop_.on_wake([this] {
    take_effects();
    take_answers();
  });
  loop_.after_poll([this] {
    flush_commands();
    flush_reads();
  });
  loop_.every(kGatewayTickMs, [this] { gateway_.tick(clock_.steady()); });
}

Core::~Core() { stop(); }

Status Core::listen_mqtt(const net::Address& address, net::Greeting greeting) {
  return mqtt_.listen(address, gateway_, greeting);
}

Status Core::listen_http(const net::Address& address, HttpHandler& handler, Refusal refusal,
                         std::shared_ptr<net::TlsContext> tls) {
  net::HttpServerOptions options = http_options(config_, std::move(tls));
  options.on_protocol_error = std::move(refusal);
  options.web_sockets = &mqtt_;
  http_.push_back(std::make_unique<net::HttpServer>(loop_, options));
  return http_.back()->listen(address, handler);
}

void Core::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "rc-core");
    loop_.run();
  });
}

void Core::stop_listening() {
  std::promise<void> done;
  loop_.post([this, &done] {
    mqtt_.stop_listening();
    for (auto& server : http_) {
      server->stop_listening();
      server->close_all();
    }
    done.set_value();
  });
  if (thread_.joinable()) done.get_future().wait();
}

void Core::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

bool Core::send(engine::Command&& command) {
  if (outgoing_.size() >= limits::kMailboxEntriesMax) return false;
  outgoing_.push_back(std::move(command));
  return true;
}

bool Core::submit(engine::Actor actor, api::ApiRequest request, api::EnginePort::Done done) {
  if (outgoing_.size() >= limits::kMailboxEntriesMax) return false;
  const uint64_t ticket = next_ticket_++;
  waiting_.emplace(ticket, std::move(done));
  outgoing_.push_back(engine::ApiCommand{{number_, ticket}, std::move(actor), std::move(request)});
  return true;
}

bool Core::run(Query query, api::QueryPort::Done done) {
  if (!reader_->reserve()) return false;
  reads_.push_back({number_, std::move(query), std::move(done)});
  if (reads_.size() == kReadsAtOnce) flush_reads();
  return true;
}

void Core::flush_reads() {
  if (!reads_.empty()) reader_->submit(reads_);
}

void Core::flush_commands() {
  if (outgoing_.empty() || engine_->submit(outgoing_) || retry_armed_) return;
  retry_armed_ = true;  // the engine's mailbox is full: keep what is there and try again
  loop_.after(kRetryMs, [this] { retry_armed_ = false; });
}

void Core::take_effects() {
  effects_.drain(incoming_);
  for (engine::Effect& effect : incoming_) {
    if (auto* reply = std::get_if<engine::ApiReply>(&effect.what)) {
      auto it = waiting_.find(reply->ticket);
      if (it == waiting_.end()) continue;
      api::EnginePort::Done done = std::move(it->second);
      waiting_.erase(it);
      done(std::move(reply->outcome));
    } else {
      gateway_.deliver(std::move(effect.what));
    }
  }
  incoming_.clear();
}

void Core::take_answers() {
  answers_.drain(read_answers_);
  for (ReadAnswer& answer : read_answers_) answer.done(std::move(answer.result));
  read_answers_.clear();
}

}  // namespace rollcall::server
