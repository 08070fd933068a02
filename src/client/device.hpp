// Device: one simulated device, sans-I/O: bytes and timers in, bytes and timers out. Speaks MQTT and Alink
// like the vendor's C Link SDK (client id with `_ss=1`, so nothing is subscribed) and answers every kind of
// job. Called by fleet.hpp and by tests. Source: device-protocol 1, 4, 5. Thread: the loop's. Tens of
// thousands live in one process: what they share is in DeviceSettings, and work is held only while it lasts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "alink/topics.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"
#include "mqtt/decoder.hpp"

namespace rollcall::client {

// Shares from 0 to 1 of all jobs a device is given, chosen by seed (DESIGN 6).
struct Behaviour {
  double failing = 0;
  double rejecting = 0;
  double silent = 0;
  int64_t delay_ms_min = 0;  // from the start of a job to its result
  int64_t delay_ms_max = 0;
  uint64_t seed = 1;
};

// The same for all devices of a fleet.
struct DeviceSettings {
  std::string product_key;
  Behaviour behaviour;
  uint8_t update_qos = 0;     // of job updates; the C Link SDK's is 0 (device-protocol 6.1)
  bool notify_reply = false;  // optional, most SDKs leave it out (device-protocol 4.2)
  uint16_t keep_alive_seconds = 600;
};

struct DeviceStats {
  uint64_t received = 0;   // jobs of every kind
  uint64_t running = 0;    // custom jobs acknowledged as IN_PROGRESS
  uint64_t succeeded = 0;  // answers given, and for custom jobs acknowledged
  uint64_t failed = 0;
  uint64_t rejected = 0;
  uint64_t silent = 0;
  uint64_t cancelled = 0;
  uint64_t refused = 0;   // updates the server did not take
  uint64_t messages = 0;  // user topics
  uint64_t repeated = 0;  // updates sent again
};

// Where a device asks to be called again.
class DeviceTimers {
 public:
  virtual ~DeviceTimers() = default;
  virtual void arm(uint32_t device, uint32_t work, int64_t delay_ms) = 0;
};

// What a device needs while it is called.
struct DeviceContext {
  const DeviceSettings& settings;
  DeviceTimers& timers;
  DeviceStats& stats;
  SteadyUs now;
  std::string& out;  // MQTT bytes to send, appended
};

enum class DeviceState : uint8_t { Offline, LoggingIn, Online };

class Device {
 public:
  Device(uint32_t index, std::string name, Secret secret)
      : index_(index), name_(std::move(name)), secret_(std::move(secret)) {}

  // The connection is open: logs in.
  void on_open(DeviceContext& context);
  // False: the connection must be closed (refused login, protocol error).
  bool on_bytes(DeviceContext& context, std::string_view bytes);
  // A timer that was armed with `work` has fired.
  void on_timer(DeviceContext& context, uint32_t work);
  // Called every few seconds: pings, and sends again what was not answered. False: the server is silent,
  // close.
  bool on_check(DeviceContext& context);
  void on_closed();

  DeviceState state() const noexcept { return state_; }
  const std::string& name() const noexcept { return name_; }
  // CONNACK code of the last refusal; 0 when there was none.
  uint8_t refusal() const noexcept { return refusal_; }
  size_t open_work() const noexcept { return work_.size(); }

 private:
  enum class Kind : uint8_t { Job, PropertySet, Service };
  enum class Outcome : uint8_t { Succeed, Fail, Reject, Silent };
  enum class Step : uint8_t {
    StartSent,   // custom job: IN_PROGRESS awaits its reply
    Waiting,     // the delay runs
    FinishSent,  // custom job: the result awaits its reply
  };
  struct Work {
    std::string id;       // task code, or raw Alink id
    std::string service;  // Kind::Service: its identifier
    uint32_t number = 0;  // names it to timers
    uint32_t sent_at_seconds = 0;
    uint32_t delay_ms = 0;
    Kind kind = Kind::Job;
    Outcome outcome = Outcome::Succeed;
    Step step = Step::Waiting;
    bool half_way = false;  // the progress in the middle was reported
  };

  alink::DeviceNames names(const DeviceContext& context) const {
    return {context.settings.product_key, name_};
  }
  void on_connack(DeviceContext& context, const mqtt::ConnAck& connack);
  void on_publish(DeviceContext& context, const mqtt::PublishView& publish);
  void on_system(DeviceContext& context, std::string_view suffix, std::string_view payload);
  void on_job_notify(DeviceContext& context, std::string_view payload);
  void on_update_reply(DeviceContext& context, std::string_view payload);
  void on_call(DeviceContext& context, Kind kind, std::string_view service, std::string_view payload);
  void on_rrpc(DeviceContext& context, std::string_view answer_topic, std::string_view payload);

  Outcome choose(const DeviceContext& context) const;
  uint32_t choose_delay_ms(const DeviceContext& context) const;
  void proceed(DeviceContext& context, Work& work);
  void send_update(DeviceContext& context, Work& work, std::string_view status, int progress);
  void send_current(DeviceContext& context, Work& work);
  void answer_call(DeviceContext& context, const Work& work);
  void count(DeviceContext& context, Outcome outcome) const;
  void publish(DeviceContext& context, std::string_view suffix, std::string_view payload, uint8_t qos);
  Work* find(std::string_view id) noexcept;
  void drop(Work* work);
  uint16_t next_packet_id() noexcept;

  uint32_t index_;
  DeviceState state_ = DeviceState::Offline;
  uint8_t refusal_ = 0;
  bool ping_unanswered_ = false;
  uint16_t packet_id_ = 0;
  uint32_t message_id_ = 0;
  uint32_t chosen_ = 0;  // jobs received so far: with the index and the seed it decides what becomes of one
  uint32_t last_sent_seconds_ = 0;
  std::string name_;
  Secret secret_;
  mqtt::PacketReader reader_;
  std::vector<Work> work_;
};

}  // namespace rollcall::client
