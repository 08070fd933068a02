// N subscribers with a topic of their own each, and one publisher that sends every one of them a QoS 1
// message of 512 bytes: what a broker is measured by. Thread: the loop's.
#pragma once

#include "bench/mqtt_load.hpp"

namespace rollcall::bench {

class MessageLoad final : public MqttLoad {
 public:
  // The publisher is one connection more.
  MessageLoad(net::CoreLoop& loop, uint16_t port, size_t subscribers);
  // Publishes to all and waits until everything was delivered and acknowledged, both ways.
  void publish_to_all();

 private:
  void append_login(size_t index, std::string& out) override;
  void on_packet(size_t index, const mqtt::Packet& packet, std::string& out) override;
  void publish_some();

  const size_t subscribers_;
  const std::string payload_;
  size_t next_ = 0, acknowledged_ = 0, delivered_ = 0;
};

}  // namespace rollcall::bench
