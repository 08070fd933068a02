// Devices that publish: each sends a message of 512 bytes with QoS 1, waits for its PUBACK, and sends the
// next. The same load for Rollcall, whose devices log in with their secrets, and for the peer. Thread: the
// loop's.
#pragma once

#include <string>
#include <vector>

#include "bench/job_load.hpp"
#include "bench/mqtt_load.hpp"
#include "client/api_client.hpp"

namespace rollcall::bench {

class PublishLoad final : public MqttLoad {
 public:
  // Without keys: `connections` clients that log in with nothing but an id.
  PublishLoad(net::CoreLoop& loop, uint16_t port, size_t connections, const DeviceKeys* keys);

  // Lets the devices send so many messages in all, at most limits of them on their way at once, and gives the
  // milliseconds from each message to its PUBACK.
  const std::vector<double>& publish(size_t messages);

 private:
  void append_login(size_t index, std::string& out) override;
  void on_packet(size_t index, const mqtt::Packet& packet, std::string& out) override;
  void append_message(size_t index, std::string& out);

  const DeviceKeys* keys_;
  std::string payload_;
  std::vector<std::string> topics_;
  std::vector<SteadyUs> sent_at_;
  std::vector<double> latencies_ms_;
  size_t left_ = 0;      // messages that are still to be sent
  size_t expected_ = 0;  // PUBACKs in all
};

// Devices that are sent one message each by calls of the API, a hundred names at a time. Thread: the loop's;
// the calls are made on a thread of their own.
class PubLoad final : public MqttLoad {
 public:
  PubLoad(net::CoreLoop& loop, uint16_t port, const DeviceKeys& keys, client::ApiClient& api);
  void publish_to_all();

 private:
  void append_login(size_t index, std::string& out) override;
  void on_packet(size_t index, const mqtt::Packet& packet, std::string& out) override;
  std::string call_for_all();

  const DeviceKeys& keys_;
  client::ApiClient& api_;
  std::string content_;
  size_t delivered_ = 0;
};

}  // namespace rollcall::bench
