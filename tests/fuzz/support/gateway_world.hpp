// What the gateway fuzzer puts around a core: devices that send what they like, a sink that reads every byte
// the core writes, and an engine that answers when it is told to. All of it watches what must be true (DESIGN
// 3): no PUBACK before the engine's answer, none that is not owed, no command but of a living session under
// its epoch, no message for another device. Not part of the server. Thread: the fuzzer's.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fuzz_input.hpp"
#include "gateway/core.hpp"
#include "mqtt/decoder.hpp"

namespace rollcall::fuzz {

// One TCP connection, as its device and an onlooker see it.
struct Peer {
  ConnectionRef ref;
  int device = 0;  // its number; 0: not asked for, or unknown
  mqtt::PacketReader from_device;
  mqtt::PacketReader from_core;
  bool device_broken = false;  // its bytes are no packets any more
  bool connack = false;
  bool accepted = false;
  bool stale = false;         // what the engine says now is for an earlier session: nothing may come of it
  bool closing = false;       // the core wants it closed
  bool gone = false;          // on_closed was told
  int64_t epoch = 0;          // of the session that the engine opened for it
  bool session_told = false;  // SessionOpened was delivered
  bool connect_seen = false;
  bool registers = false;             // wants a secret or a token, and no session
  bool session_closed = false;        // CloseSession arrived
  std::map<uint16_t, int> publishes;  // QoS 1, by packet id
  std::map<uint16_t, int> waiting;    // of those, in commands without an answer
  std::map<uint16_t, int> pubacks;
  std::set<uint16_t> in_flight;                       // QoS 1 packets to the device
  std::set<std::pair<int64_t, int32_t>> unconfirmed;  // sequence and attempt of pushes
};

class World final : public ByteSink, public gateway::CommandSink {
 public:
  static constexpr uint32_t kSlots = 3;

  World();

  // --- steps
  void open(uint32_t slot);
  struct LoginChoice {
    bool right_password = true;
    bool five = false;  // MQTT 5.0
    bool clean = true;
  };
  void login(uint32_t slot, int device, std::string_view extension, LoginChoice choice);
  mqtt::Version version(uint32_t slot) const;         // that the connection has begun with
  void bytes(uint32_t slot, std::string_view bytes);  // cut in pieces of piece_bytes
  void hang_up(uint32_t slot);                        // the device's end, or what the core has asked for
  void engine_step(uint8_t choice);                   // answers the oldest command
  void push(uint32_t slot, uint8_t choice);
  void tell(uint32_t slot);
  void disconnect(uint32_t slot, uint8_t choice);
  void tick(int64_t seconds);
  // Answers everything, ends everything and checks the sums.
  void finish();

  std::string task_code() const;  // of a task that was pushed, or could have been

  size_t piece_bytes = SIZE_MAX;
  bool engine_full = false;
  bool sink_full = false;

  // --- what the core calls
  bool send(ConnectionRef connection, std::string_view bytes) override;
  void close(ConnectionRef connection) override;
  size_t queued_bytes(ConnectionRef) const override { return 0; }
  bool send(engine::Command&& command) override;

 private:
  Peer* find(ConnectionRef ref);
  Peer& session_peer(const engine::SessionRef& session);
  void see_device_packet(Peer& peer, const mqtt::Packet& packet);
  void see_core_packet(Peer& peer, const mqtt::Packet& packet);
  void see_publish(Peer& peer, const mqtt::PublishView& publish);
  void note(const engine::Command& command);
  void answer(const engine::Command& command, uint8_t choice);
  void open_session(const engine::OpenSession& open, uint8_t choice);

  ManualClock clock_;
  gateway::GatewayProbe probe_;
  IdCodec::Key key_{4, 5, 6};
  IdCodec codec_{key_};
  std::vector<std::unique_ptr<Peer>> slots_;
  std::vector<std::unique_ptr<Peer>> old_;  // their sessions may not be closed yet
  std::deque<engine::Command> commands_;
  std::set<std::pair<int64_t, std::pair<int64_t, int32_t>>>
      left_;                           // device; sequence, attempt: kept sessions
  std::map<int64_t, Peer*> sessions_;  // by epoch, until CloseSession
  uint32_t generation_ = 0;
  int64_t last_epoch_ = 0;
  int64_t last_sequence_ = 0;
  gateway::Core core_;
};

}  // namespace rollcall::fuzz
