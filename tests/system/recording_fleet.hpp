// Devices that do a custom job at once and write down which of their reports the server acknowledged.
// Reconnect when cut. Thread: the loop's.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_stream.hpp"
#include "base/secret.hpp"
#include "mqtt/decoder.hpp"
#include "net/core_loop.hpp"
#include "net/tcp_client.hpp"

namespace rollcall::testing {

class RecordingFleet final : public ByteHandler {
 public:
  RecordingFleet(net::CoreLoop& loop, std::string mqtt_address, std::string product_key,
                 std::vector<std::pair<std::string, Secret>> devices);

  void start();
  size_t online() const { return online_; }
  // TaskIds whose SUCCEEDED was answered with code 200.
  const std::set<std::string>& acknowledged() const { return acknowledged_; }
  size_t refused() const { return refused_; }
  // Stop reporting: devices keep what they were given to themselves.
  void hold_reports(bool hold) { hold_ = hold; }

  void on_open(ConnectionRef connection, std::string_view peer) override;
  void on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) override;
  void on_closed(ConnectionRef connection) override;

 private:
  struct Device {
    std::string name;
    Secret secret;
    mqtt::PacketReader reader;
    bool online = false;
    uint16_t packet_id = 0;
    std::string open_task;  // reported, not answered
  };
  void connect_some();
  void on_packet(ConnectionRef connection, Device& device, const mqtt::Packet& packet);
  void on_message(ConnectionRef connection, Device& device, const mqtt::PublishView& publish);
  void report(ConnectionRef connection, Device& device, const std::string& task, const char* status);

  net::CoreLoop& loop_;
  const std::string product_key_;
  std::string host_;
  uint16_t port_ = 0;
  net::TcpClient client_;
  std::vector<Device> devices_;
  std::vector<size_t> waiting_;  // to be connected
  std::set<std::string> acknowledged_;
  size_t online_ = 0;
  size_t refused_ = 0;
  bool hold_ = false;
};

}  // namespace rollcall::testing
