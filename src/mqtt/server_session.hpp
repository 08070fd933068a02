// The server's side of one MQTT 3.1/3.1.1 connection, sans-I/O: bytes in; calls to a Handler and bytes to
// write out. It knows the order of packets, keep-alive and packet ids, and nothing of devices or topics. The
// gateway owns one per connection; idle it owns no heap memory. Clause ids are those of MQTT 3.1.1. Thread:
// the core that owns the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/packet.hpp"

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
  // The session sends the UNSUBACK, whether the filters existed or not [MQTT-3.10.4-5].
  virtual void on_unsubscribe(const UnsubscribeView& unsubscribe) = 0;
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
  // Deciding -> Open: appends CONNACK 0 and goes on with what arrived meanwhile.
  void accept(SteadyUs now, std::string& out, SessionHandler& handler);
  // Deciding -> Closed: appends the CONNACK [MQTT-3.2.2-5].
  void refuse(ConnectCode code, std::string& out);
  // Reads and sends nothing more.
  void close() noexcept;

  State state() const noexcept { return state_; }
  uint16_t keep_alive_seconds() const noexcept { return keep_alive_seconds_; }
  // No packet for one and a half keep-alive periods [MQTT-3.1.2-24]. False for keep-alive 0 and before Open.
  bool silent_too_long(SteadyUs now) const noexcept;

  // A packet id for a QoS 1 PUBLISH, not 0 and not in use [MQTT-2.3.1-2]; nullopt when
  // limits::kMqttInFlightMax are on their way. `token` comes back in on_puback().
  std::optional<uint16_t> begin_push(uint64_t token);
  size_t pushes_in_flight() const noexcept { return in_flight_.size(); }

 private:
  struct InFlight {
    uint64_t token = 0;
    uint16_t packet_id = 0;
  };
  class Dispatcher;

  void read_open(std::string_view bytes, SteadyUs now, std::string& out, SessionHandler& handler);
  void fail(SessionFault fault, std::optional<DecodeError> error, SessionHandler& handler);
  void take_connect(const ConnectView& connect, std::string& out, SessionHandler& handler);
  std::optional<uint64_t> end_push(uint16_t packet_id);

  PacketReader reader_;
  std::vector<InFlight> in_flight_;
  SteadyUs heard_at_;
  uint16_t keep_alive_seconds_ = 0;
  uint16_t last_packet_id_ = 0;
  State state_ = State::AwaitConnect;
};

// One of these per idle device: keep it small.
static_assert(sizeof(ServerSession) <= 80);

}  // namespace rollcall::mqtt
