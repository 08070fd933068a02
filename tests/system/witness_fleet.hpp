// Simulated devices over real sockets that live through any number of servers, with a witness on both sides
// of their wire: what each device said and which of it was acknowledged goes into Facts. Thread: the loop's.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_stream.hpp"
#include "base/secret.hpp"
#include "client/device.hpp"
#include "client/timer_wheel.hpp"
#include "facts.hpp"
#include "net/core_loop.hpp"
#include "net/tcp_client.hpp"

namespace rollcall::testing {

class WitnessFleet final : public ByteHandler, public client::DeviceTimers {
 public:
  // Every fourth device reports with QoS 0, the others with QoS 1.
  WitnessFleet(net::CoreLoop& loop, Facts& facts, std::string product_key,
               std::vector<std::pair<std::string, Secret>> devices, const client::Behaviour& behaviour);

  // Connects, and connects again whenever it is cut.
  void serve(const std::string& mqtt_address);
  // No new connections.
  void rest() { serving_ = false; }
  size_t online() const { return online_; }
  size_t connections() const { return client_.connections(); }
  size_t size() const { return devices_.size(); }
  uint64_t refused() const { return stats_.refused; }

  void on_open(ConnectionRef connection, std::string_view peer) override;
  void on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) override;
  void on_closed(ConnectionRef connection) override;
  void arm(uint32_t device, uint32_t work, int64_t delay_ms) override;

 private:
  using Report = std::pair<std::string, uint16_t>;  // TaskId, status bit
  struct Witness {
    ConnectionRef connection;
    bool open = false;
    bool online = false;
    bool fed_up = false;                          // the server could not take a report: connect again
    mqtt::PacketReader reader;                    // what the server sends
    std::map<uint16_t, Report> without_puback;    // by packet id
    std::map<std::string, Report> without_reply;  // by message id, of this connection
    std::map<uint16_t, std::string> messages;     // user topics without our PUBACK: contents
    std::map<uint16_t, std::pair<std::string, std::string>> answers;  // set_reply and so on without PUBACK
  };

  void pump();
  client::DeviceContext context(uint32_t index);
  void send_output(uint32_t index, bool keep);
  void heard(uint32_t index, const mqtt::Packet& packet);
  void said(uint32_t index, const mqtt::Packet& packet);
  void said_publish(uint32_t index, const mqtt::PublishView& publish);
  void heard_reply(uint32_t index, std::string_view payload);
  void repeat_answers(uint32_t index);

  net::CoreLoop& loop_;
  Facts& facts_;
  const std::string product_key_;
  client::DeviceSettings settings_[2];  // by QoS
  client::DeviceStats stats_;
  net::TcpClient client_;
  client::TimerWheel wheel_;
  std::vector<client::Device> devices_;
  std::vector<Witness> witnesses_;
  std::deque<uint32_t> waiting_;
  std::string host_;
  uint16_t port_ = 0;
  std::string output_;
  size_t online_ = 0;
  int ticks_ = 0;
  bool serving_ = false;
};

}  // namespace rollcall::testing
