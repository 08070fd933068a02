#include "bench/mqtt_load.hpp"

#include "bench/subject.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::bench {
namespace {

constexpr int64_t kPatienceMs = 120'000;
constexpr size_t kLoggingInMax = 90;  // Mosquitto's backlog is 100, and a SYN that is dropped waits a second
constexpr size_t kOneSourceMax = 5'000;  // connections from one address before the search for ports gets slow

net::TcpClientOptions client_options(size_t connections, bool tls) {
  net::TcpClientOptions options;
  options.spread_sources = connections > kOneSourceMax;
  if (tls) options.tls = net::TlsContext::for_client().value();
  return options;
}

}  // namespace

MqttLoad::MqttLoad(net::CoreLoop& loop, uint16_t port, size_t connections, bool tls)
    : loop_(loop),
      port_(port),
      client_(loop, *this, client_options(connections, tls)),
      readers_(connections),
      links_(connections) {}

void MqttLoad::connect_all() {
  closing_ = false;
  started_ = ready_ = 0;
  const bool all = loop_.run_until(
      [&] {
        for (; started_ < links_.size() && started_ - ready_ < kLoggingInMax; ++started_) {
          readers_[started_].clear();
          if (!client_.connect("127.0.0.1", port_, started_)) give_up("cannot connect");
        }
        return ready_ == links_.size();
      },
      kPatienceMs);
  if (!all) give_up("only " + std::to_string(ready_) + " connections were logged in; " + lost_);
}

void MqttLoad::disconnect_all() {
  closing_ = true;
  std::string goodbye;
  mqtt::append_disconnect(goodbye);
  for (const ConnectionRef& link : links_) client_.send(link, goodbye);
  client_.close_all();
  if (!loop_.run_until([&] { return client_.connections() == 0; }, kPatienceMs))
    give_up("connections did not close");
}

void MqttLoad::on_open(ConnectionRef connection, std::string_view) {
  const size_t index = client_.token(connection);
  links_[index] = connection;
  std::string out;
  append_login(index, out);
  client_.send(connection, out);
}

void MqttLoad::on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) {
  const size_t index = client_.token(connection);
  std::string out;
  readers_[index].feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                       [&](const mqtt::Packet& packet) {
                         on_packet(index, packet, out);
                         return mqtt::Reading::Continue;
                       });
  if (!out.empty()) client_.send(connection, out);
}

void MqttLoad::on_closed(ConnectionRef) {
  if (closing_) return;
  lost_ = client_.close_reason();
  give_up("the server closed a connection: " + lost_);
}

}  // namespace rollcall::bench
