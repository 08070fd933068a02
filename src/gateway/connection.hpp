// One device connection and what all connections of a core share. Small, because most connections are idle:
// parameters of the login live only until CONNACK, product keys and filter sets are shared, lists are empty
// without traffic. Made by Core; read and changed by Dialogue (session callbacks), uplink and downlink.
// Thread: the core that owns it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "alink/subscriptions.hpp"
#include "alink/topics.hpp"
#include "base/byte_stream.hpp"
#include "base/clock.hpp"
#include "engine/commands.hpp"
#include "gateway/device_auth.hpp"
#include "gateway/device_log.hpp"
#include "gateway/gateway_config.hpp"
#include "gateway/kept_sessions.hpp"
#include "gateway/login_damper.hpp"
#include "gateway/uplink_feed.hpp"
#include "model/id_codec.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/server_session.hpp"

namespace rollcall::gateway {

// Where commands for the engine go: the outgoing batch of this core.
class CommandSink {
 public:
  virtual ~CommandSink() = default;
  // False when the engine's mailbox is full: nothing was taken.
  virtual bool send(engine::Command&& command) = 0;
};

struct Services {
  uint16_t core_number;
  ByteSink& sink;
  const Clock& clock;
  IdCodec codec;
  GatewayConfig config;
  GatewayProbe& probe;
  CommandSink& commands;
  alink::FilterSetPool filter_sets;
  std::string out;   // bytes for the connection that is being served
  std::string text;  // a JSON text in the making
  // What the engine had no room for; sent by tick(). One per connection that has ended.
  std::vector<engine::CloseSession> unsent_closes;
  DeviceLog log;
  LoginDamper damper;
  UplinkFeed feed;
  KeptSessions kept{};
};

// A task's message that was sent on this connection and that something may still answer.
struct PushedTask {
  TaskKey key;  // or that of a message that waits for its PUBACK (engine::offline_key())
  int32_t attempt = 1;
  uint32_t alink_id = 0;
  uint32_t serial = 0;     // token of the QoS 1 packet; 0 = sent with QoS 0
  uint16_t packet_id = 0;  // of it
  // SET_PROPERTY only: a property report may show its values (DESIGN 5.12).
  std::shared_ptr<const JobContent> property_set;
  // A direct call that waits for an answer; `key` is empty then.
  enum class Answer : uint8_t { None, Alink, Bytes } answer = Answer::None;
};

// A direct message with QoS 1 behind a full window.
struct BlockedMessage {
  PushedTask task;  // of one that waits for its PUBACK; else without a key
  std::string topic;
  std::string payload;
};

struct Arrival {
  std::string peer;
  DeviceLogin login;
  bool verified = false;  // registers, and has proven to know its product's secret
};

struct Connection {
  enum class Stage : uint8_t {
    Greeting,  // no CONNECT yet
    Finding,   // engine::FindDevice is under way
    Opening,   // engine::OpenSession is under way
    Open,
    Registered,  // has got what it came for; it is the device's turn to go
    Closing,     // nothing is read or sent any more
  };

  ConnectionRef ref;
  mqtt::ServerSession session;
  std::unique_ptr<Arrival> arrival;          // until Open
  const std::string* product_key = nullptr;  // shared by the core; from Open on
  std::string device_name;                   // from Open on
  std::shared_ptr<const alink::FilterSet> filters;
  std::vector<PushedTask> pushes;  // at most limits::kMqttInFlightMax
  std::unique_ptr<std::vector<BlockedMessage>> blocked;
  DeviceId device;
  int64_t epoch = 0;  // 0: no session that the engine must be told the end of
  SteadyUs opened_at;
  SteadyUs publish_due;  // when the next publish would come at the pace that is allowed
  uint32_t last_serial = 0;
  Stage stage = Stage::Greeting;
  bool filters_changed = false;  // the engine does not know `filters` yet

  alink::DeviceNames names() const { return {*product_key, device_name}; }
};

// The reference that goes with every command of an open session.
engine::SessionRef session_ref(const Services& services, const Connection& connection);
// Hands a command to the engine. When the engine is full the connection is given up, unacknowledged: the
// device tries again.
bool command(Services& services, Connection& connection, engine::Command&& what);
// Sends a direct message with QoS 1 when the window has a place, or lets it wait for one. False when too many
// wait. Appended to services.out.
bool send_message(Services& services, Connection& connection, BlockedMessage message);
// Those that were blocked and have a place now.
void send_blocked(Services& services, Connection& connection);
// Makes `head` a QoS 1 packet of that push: under the packet id that it had on an earlier connection of the
// session, with DUP, or under a new one. False when the window has no place.
bool begin_push(Connection& connection, PushedTask& task, mqtt::PublishHead& head);
// A PUBLISH of the connection's version; the caller appends the payload. False when the device does not take
// packets of that size (v5 3.1.2.11.4): nothing was written, and the packet id is free.
bool append_publish_head(Services& services, Connection& connection, mqtt::PublishHead head,
                         size_t payload_bytes);

// Reads nothing more; what is in services.out still goes out with finish(). The reason becomes the device's
// presence, if it has a session.
void hang_up(Services& services, Connection& connection, OfflineReason reason);
// The end of every entry point that served this connection: sends services.out, tells the engine of changed
// filters and closes after a hang_up(). False when the bytes were not taken.
bool finish(Services& services, Connection& connection);

// Notes that something of this open session was not taken, and why.
void note_refusal(Services& services, const Connection& connection, std::string_view topic, std::string why);

// Keeps a push that may be answered; forgets the oldest when there are too many.
void remember_push(Connection& connection, PushedTask push);

}  // namespace rollcall::gateway
