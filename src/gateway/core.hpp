// All device connections of one net core: bytes from sockets become engine commands, effects of the engine
// become bytes. server/ owns one per core, feeds it from net/ and from the core's effect mailbox, and calls
// tick() about once a second. Synchronous and sans-I/O; nothing that a device sends is acknowledged before
// the engine has committed it (DESIGN 3). Source: device-protocol 1 to 7. Thread: its core.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/byte_stream.hpp"
#include "base/clock.hpp"
#include "engine/effects.hpp"
#include "gateway/connection.hpp"
#include "gateway/gateway_config.hpp"
#include "model/id_codec.hpp"

namespace rollcall::gateway {

class Core final : public ByteHandler {
 public:
  using What = decltype(engine::Effect::what);

  // The references outlive the core.
  Core(uint16_t core_number, ByteSink& sink, const Clock& clock, const IdCodec::Key& key,
       const GatewayConfig& config, GatewayProbe& probe, CommandSink& commands);
  ~Core() override;

  void on_open(ConnectionRef connection, std::string_view peer) override;
  void on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) override;
  void on_closed(ConnectionRef connection) override;

  // One effect of the engine for this core. Those for connections that have died are dropped; ApiReply is not
  // the gateway's.
  void deliver(What&& what);
  // Cuts devices that are silent for too long or never log in: all of them within some calls.
  void tick(SteadyUs now);

  // For who wants what devices say and nothing here consumes.
  UplinkFeed& feed() noexcept { return services_.feed; }
  // What is known of that device's last doings, newest first.
  std::vector<DeviceLogEntry> log_of(DeviceId device, std::string_view product_key,
                                     std::string_view device_name, size_t entries_max) {
    return services_.log.last(device, log_name(product_key, device_name), entries_max);
  }

  size_t connection_count() const noexcept { return connection_count_; }

 private:
  Connection* find(ConnectionRef ref);
  // Only when it is the session of that epoch, open.
  Connection* find(ConnectionRef ref, int64_t epoch);
  void forget(ConnectionRef ref);
  void refuse(Connection& connection, mqtt::ConnectCode code, std::string why);
  void open_session(Connection& connection);
  void resume(Connection& connection, KeptSession kept);
  bool proves(const Connection& connection, const engine::DeviceIdentity& identity) const;
  void give_secret(Connection& connection, const engine::DeviceIdentity& identity);

  void take(engine::DeviceFound&& found);
  void take(engine::SessionOpened&& opened);
  void take(engine::SessionRefused&& refused);
  void take(engine::Disconnect&& disconnect);
  void take(engine::PushTask&& push);
  void take(engine::TellTask&& tell);
  void take(engine::JobGetReply&& reply);
  void take(engine::JobUpdateReply&& reply);
  void take(engine::Ack&& ack);
  void take(engine::TagReply&& reply);
  void take(engine::ApiReply&&) {}

  Services services_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by ConnectionRef::slot
  size_t connection_count_ = 0;
  size_t tick_cursor_ = 0;
  // Product keys of devices that have logged in, so that each connection holds a pointer.
  std::unordered_set<std::string> product_keys_;
};

}  // namespace rollcall::gateway
