// The load's side of many MQTT connections on one loop: connects them at the pace that listen backlogs bear,
// reads packets, and ends the case when a connection is lost. What the connections do is up to MessageLoad
// and JobLoad. The same load drives the product, its peers and the walls. Thread: the loop's.
#pragma once

#include <string>
#include <vector>

#include "base/byte_stream.hpp"
#include "base/clock.hpp"
#include "mqtt/decoder.hpp"
#include "net/core_loop.hpp"
#include "net/tcp_client.hpp"

namespace rollcall::bench {

class MqttLoad : public ByteHandler {
 public:
  MqttLoad(net::CoreLoop& loop, uint16_t port, size_t connections, bool tls = false);

  // Both give up after two minutes.
  void connect_all();
  void disconnect_all();
  size_t connections() const { return links_.size(); }

  void on_open(ConnectionRef connection, std::string_view peer) final;
  void on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) final;
  void on_closed(ConnectionRef connection) final;

 protected:
  virtual void append_login(size_t index, std::string& out) = 0;
  virtual void on_packet(size_t index, const mqtt::Packet& packet, std::string& out) = 0;

  void logged_in() { ++ready_; }
  void send(size_t index, const std::string& bytes) { client_.send(links_[index], bytes); }
  net::CoreLoop& loop() { return loop_; }

 private:
  net::CoreLoop& loop_;
  const uint16_t port_;
  net::TcpClient client_;
  std::vector<mqtt::PacketReader> readers_;
  std::vector<ConnectionRef> links_;
  size_t started_ = 0, ready_ = 0;
  bool closing_ = false;
  std::string lost_;  // why a connection was closed by the other side
};

}  // namespace rollcall::bench
