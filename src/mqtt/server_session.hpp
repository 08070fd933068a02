// The server's side of one MQTT 3.1, 3.1.1 or 5.0 connection, sans-I/O: bytes in; calls to a Handler and
// bytes to write out. It knows the order of packets, keep-alive and packet ids, and nothing of devices or
// topics. The gateway owns one per connection; idle it owns no heap memory. Clause ids are those of
// MQTT 3.1.1, with "v5" those of 5.0. Thread: the core that owns the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/packet.hpp"
#include "mqtt/reason.hpp"

namespace rollcall::mqtt {

// Why a session ends without a DISCONNECT of the client. In all cases the connection is to be closed once
// what is in `out` has been written.
enum class SessionFault : uint8_t {
  Malformed,            // bytes that are no packet [MQTT-4.8.0-1]
  NotConnectFirst,      // [MQTT-3.1.0-1]
  SecondConnect,        // [MQTT-3.1.0-2]
  UnacceptableVersion,  // answered with CONNACK 1 [MQTT-3.1.2-2]
  IdentifierRejected,   // empty client id without clean session: CONNACK 2 [MQTT-3.1.3-8]
  NotForServers,        // CONNACK, SUBACK, UNSUBACK, PINGRESP
  Qos2,                 // not offered (device-protocol 1.8)
  TooMuchBeforeAccept,  // limits::kMqttEarlyBytesMax
  Retained,             // v5: a retained message or will, which is not offered (v5 3.2.2.3.5)
  BadTopicAlias,        // v5: 0, beyond limits::kMqttTopicAliasMax, or unknown (v5 3.3.2.3.4)
  SubscriptionId,       // v5: not offered (v5 3.2.2.3.12)
  Authentication,       // v5: an authentication method (v5 4.12), AUTH
};
std::string_view session_fault_text(SessionFault fault) noexcept;

// What a session makes of its peer's packets. Views live as long as the call.
class SessionHandler {
 public:
  virtual ~SessionHandler() = default;
  // The session stands still until accept() or refuse(), which may be called inside.
  virtual void on_connect(const ConnectView& connect) = 0;
  // QoS 0 or 1; for QoS 1 the handler owes a PUBACK (encoder.hpp) once the message is safe.
  virtual void on_publish(const PublishView& publish) = 0;
  // The packet that begin_push() numbered for `token` has arrived. Once per token.
  virtual void on_puback(uint64_t token) = 0;
  // Appends one code per filter to `codes`: 0, 1 or kSubscribeRefused; the session sends the SUBACK
  // [MQTT-3.8.4-1].
  virtual void on_subscribe(const SubscribeView& subscribe, std::string& codes) = 0;
  // Appends one code per filter, Success or NoSubscriptionExisted; the session sends the UNSUBACK
  // [MQTT-3.10.4-5], which says them with v5.
  virtual void on_unsubscribe(const UnsubscribeView& unsubscribe, std::string& codes) = 0;
  // The client said good-bye: close [MQTT-3.14.4-1].
  virtual void on_disconnect() = 0;
  // Close. `decode_error` is set for Malformed.
  virtual void on_fault(SessionFault fault, std::optional<DecodeError> decode_error) = 0;
};

class ServerSession {
 public:
  enum class State : uint8_t { AwaitConnect, Deciding, Open, Closed };

  // Bytes from the peer. Answers are appended to `out`. After Closed nothing is read any more.
  void feed(std::string_view bytes, SteadyUs now, std::string& out, SessionHandler& handler);
  // Deciding -> Open: appends CONNACK 0 and goes on with what arrived meanwhile. `client_id` is told to a v5
  // client that gave none.
  void accept(SteadyUs now, std::string& out, SessionHandler& handler, bool session_present = false,
              std::string_view client_id = {});
  // The same in two steps, for who has something to send in between.
  void acknowledge_connect(std::string& out, bool session_present, std::string_view client_id);
  void go_on(SteadyUs now, std::string& out, SessionHandler& handler);
  // Deciding -> Closed: appends the CONNACK [MQTT-3.2.2-5].
  void refuse(ConnectCode code, std::string& out);
  // Reads and sends nothing more.
  void close() noexcept;
  // Tells an open v5 client why it is cut; says nothing otherwise.
  void say_goodbye(Reason reason, std::string& out);

  State state() const noexcept { return state_; }
  Version version() const noexcept { return reader_.version(); }
  uint16_t keep_alive_seconds() const noexcept { return keep_alive_seconds_; }
  // Wants to begin anew: nothing that was kept for it counts.
  bool clean_start() const noexcept { return clean_start_; }
  // How long what belongs to the session outlives the connection: 0 not at all. For 3.x that is for as long
  // as the server keeps it (limits::kMqttSessionSecondsMax) or not at all.
  uint32_t session_expiry_seconds() const noexcept { return session_expiry_seconds_; }
  // May the client be sent a packet of that size? (v5 3.1.2.11.4)
  bool fits(size_t packet_bytes) const noexcept { return !five_ || packet_bytes <= five_->packet_bytes_max; }
  // No packet for one and a half keep-alive periods [MQTT-3.1.2-24]. False for keep-alive 0 and before Open.
  bool silent_too_long(SteadyUs now) const noexcept;

  // A packet id for a QoS 1 PUBLISH, not 0 and not in use [MQTT-2.3.1-2]; nullopt when
  // limits::kMqttInFlightMax are on their way. `token` comes back in on_puback().
  std::optional<uint16_t> begin_push(uint64_t token);
  // A packet of an earlier connection of this session that has had no PUBACK: its id is taken. Before
  // accept().
  void keep_push(uint64_t token, uint16_t packet_id);
  // It is sent again, on this connection. False when there is no such packet, or no room in the window.
  bool resend_push(uint16_t packet_id);
  // It is not sent after all; its id is free.
  void cancel_push(uint16_t packet_id) { end_push(packet_id); }
  size_t pushes_in_flight() const noexcept { return in_flight_.size(); }
  bool window_full() const noexcept;
  // Is that id waiting for its PUBACK?
  bool in_flight(uint16_t packet_id) const noexcept;

 private:
  struct InFlight {
    uint64_t token = 0;
    uint16_t packet_id = 0;
    bool sent = true;  // on this connection
  };
  class Dispatcher;

  void read_open(std::string_view bytes, SteadyUs now, std::string& out, SessionHandler& handler);
  void fail(SessionFault fault, std::optional<DecodeError> error, std::string& out, SessionHandler& handler);
  void take_connect(const ConnectView& connect, std::string& out, SessionHandler& handler);
  std::optional<SessionFault> judge_connect(const ConnectView& connect, std::string& out) const;
  size_t window() const noexcept;
  size_t sent_count() const noexcept;
  std::optional<uint64_t> end_push(uint16_t packet_id);

  // What only a v5 client says.
  struct Five {
    std::vector<std::string> topics;  // by alias - 1
    uint32_t packet_bytes_max = UINT32_MAX;
    uint16_t receive_max = UINT16_MAX;
  };

  PacketReader reader_;
  std::vector<InFlight> in_flight_;
  std::unique_ptr<Five> five_;
  SteadyUs heard_at_;
  uint32_t session_expiry_seconds_ = 0;
  uint16_t keep_alive_seconds_ = 0;
  uint16_t last_packet_id_ = 0;
  State state_ = State::AwaitConnect;
  bool clean_start_ = true;
};

// One of these per idle device: keep it small.
static_assert(sizeof(ServerSession) <= 96);

}  // namespace rollcall::mqtt
