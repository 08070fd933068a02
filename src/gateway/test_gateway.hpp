// A gateway core without sockets and without an engine, for the tests of this folder: what devices send is
// written as MQTT packets, what the core wants is read as lines of text, and the engine's answers are
// scripted.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/overload.hpp"
#include "gateway/core.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/test_text.hpp"

namespace rollcall::gateway::test {

struct FakeSink final : ByteSink {
  std::map<uint32_t, std::string> sent;  // by slot
  std::set<uint32_t> closed;
  std::map<uint32_t, std::string> certified;  // by slot
  bool full = false;

  bool send(ConnectionRef connection, std::string_view bytes) override {
    if (full) return false;
    sent[connection.slot].append(bytes);
    return true;
  }
  void close(ConnectionRef connection) override { closed.insert(connection.slot); }
  size_t queued_bytes(ConnectionRef) const override { return 0; }
  std::string certified_name(ConnectionRef connection) const override {
    const auto name = certified.find(connection.slot);
    return name == certified.end() ? std::string() : name->second;
  }
};

struct FakeEngine final : CommandSink {
  std::vector<engine::Command> commands;
  bool full = false;

  bool send(engine::Command&& command) override {
    if (full) return false;
    commands.push_back(std::move(command));
    return true;
  }
};

inline std::string session_text(const engine::SessionRef& ref) {
  return "[" + std::to_string(ref.at.connection.slot) + " device " + std::to_string(ref.device.value) +
         " epoch " + std::to_string(ref.epoch) + "]";
}
inline std::string key_text(const TaskKey& key) {
  return std::to_string(key.job.value) + "/" + std::to_string(key.sequence);
}
inline std::string echo_text(const engine::Echo& echo) {
  return "id=" + echo.id_json + " task=" + echo.task_code + " packet=" + std::to_string(echo.packet_id);
}

inline std::string describe(const engine::Command& command) {
  return std::visit(
      Overload{
          [](const engine::ApiCommand&) -> std::string { return "api"; },
          [](const engine::FindDevice& c) { return "find " + c.device_name + "&" + c.product_key; },
          [](const engine::AddDevice& c) { return "add " + c.device_name + "&" + c.product_key; },
          [](const engine::OpenSession& c) {
            return "open device " + std::to_string(c.device.value) + " from " + c.address;
          },
          [](const engine::SetReachability& c) { return "reach " + session_text(c.session); },
          [](const engine::CloseSession& c) {
            return "close " + session_text(c.session) + " " + std::string(offline_reason_text(c.reason));
          },
          [](const engine::JobGet& c) {
            const char* kinds[] = {"next", "list", "one"};
            return std::string("get ") + kinds[static_cast<int>(c.kind)] + " " + key_text(c.key) + " " +
                   echo_text(c.echo);
          },
          [](const engine::JobUpdate& c) {
            return "update " + key_text(c.key) + " event=" + std::to_string(static_cast<int>(c.event)) +
                   " progress=" + std::to_string(c.progress.value_or(-1)) + " details=" + c.status_details +
                   " " + echo_text(c.echo);
          },
          [](const engine::PushConfirmed& c) {
            return "confirmed " + key_text(c.key) + " attempt " + std::to_string(c.attempt);
          },
          [](const engine::PushWritten& c) {
            return "written " + key_text(c.key) + " attempt " + std::to_string(c.attempt);
          },
          [](const engine::CommandReply& c) {
            return "reply " + std::to_string(c.alink_id) + " code=" + std::to_string(c.code) +
                   " data=" + c.data + " message=" + c.message +
                   " packet=" + std::to_string(c.echo.packet_id) +
                   (c.payload ? " payload=" + *c.payload : "");
          },
          [](const engine::PropertySeen& c) {
            return "seen " + key_text(c.key) + " attempt " + std::to_string(c.attempt);
          },
          [](const engine::PropertyReport& c) { return "values " + last_values_text(c.values); },
          [](const engine::TagReport& c) {
            std::string text = "tags";
            for (const DeviceTag& tag : c.put) text += " " + tag.name + "=" + tag.value;
            for (const std::string& name : c.dropped) text += " -" + name;
            return text + " " + echo_text(c.echo);
          },
          [](const engine::FirmwareReport& c) { return "firmware " + c.version; },
      },
      command);
}

class Gateway : public testing::Test {
 protected:
  static constexpr const char* kSecret = "secret";

  ManualClock clock;
  FakeSink sink;
  FakeEngine engine;
  GatewayConfig config;
  GatewayProbe probe;
  IdCodec::Key key{1, 2, 3};
  IdCodec codec{key};
  Core core{3, sink, clock, key, config, probe, engine};

  static ConnectionRef ref(uint32_t slot, uint32_t generation = 1) { return {slot, generation}; }

  void send(ConnectionRef connection, std::string_view bytes) {
    core.on_bytes(connection, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  }

  // What the core asked of the engine since the last call, one line each; reported values apart.
  std::string asked() {
    std::string out;
    values.clear();
    for (const engine::Command& command : engine.commands) {
      const bool report = std::holds_alternative<engine::PropertyReport>(command);
      (report ? values : out) += describe(command) + "\n";
    }
    engine.commands.clear();
    return out;
  }

  std::string values;  // of the last asked()

  // What the device of that slot was sent since the last call.
  std::string received(uint32_t slot) {
    std::string bytes;
    bytes.swap(sink.sent[slot]);
    return mqtt::test::describe_stream(bytes);
  }

  static std::string connect_packet(std::string_view extension, uint16_t keep_alive_seconds = 60,
                                    std::string_view name = "dev1", std::string_view secret = kSecret) {
    const std::string client_id = "x|" + std::string(extension) + "|";
    const std::string user = std::string(name) + "&a1pk";
    const std::string password =
        hex_lower(hmac(HashKind::Md5, secret, "clientIdxdeviceName" + std::string(name) + "productKeya1pk"));
    mqtt::ConnectView connect;
    connect.keep_alive_seconds = keep_alive_seconds;
    connect.client_id = client_id;
    connect.user_name = user;
    connect.password = password;
    std::string packet;
    mqtt::append_connect(packet, connect);
    return packet;
  }

  void found(ConnectionRef connection) {
    core.deliver(engine::DeviceFound{connection, engine::DeviceIdentity{DeviceId{5}, Secret(kSecret), {}}});
  }

  // A logged-in device in that slot: device 5, epoch 9.
  ConnectionRef login(std::string_view extension = "_ss=1", uint32_t slot = 0) {
    const ConnectionRef connection = ref(slot);
    core.on_open(connection, "10.0.0.7:4711");
    send(connection, connect_packet(extension));
    found(connection);
    core.deliver(engine::SessionOpened{connection, DeviceId{5}, 9});
    EXPECT_EQ(received(slot), "CONNACK 0\n");
    asked();
    return connection;
  }

  void publish(ConnectionRef connection, std::string_view topic, std::string_view payload,
               uint16_t packet_id = 0) {
    std::string packet;
    mqtt::append_publish(packet,
                         {.topic = topic, .packet_id = packet_id, .qos = packet_id ? uint8_t{1} : uint8_t{0}},
                         payload);
    send(connection, packet);
  }
  static std::string sys(std::string_view suffix) { return "/sys/a1pk/dev1/" + std::string(suffix); }

  static std::shared_ptr<JobContent> content(JobType type, std::string body,
                                             MessageQos qos = MessageQos::Qos1) {
    auto made = std::make_shared<JobContent>();
    made->job = JobId{70};
    made->type = type;
    made->qos = qos;
    made->body = std::move(body);
    made->service_identifier = "restart";
    made->topic_short_name = "get";
    return made;
  }
  engine::PushTask push(ConnectionRef connection, std::shared_ptr<const JobContent> what, int64_t epoch = 9) {
    return {connection, epoch, TaskKey{JobId{70}, 4}, 2, std::move(what), 0, false};
  }
  std::string task() const { return codec.task_code(TaskKey{JobId{70}, 4}); }
  static std::string id() { return std::to_string(alink_id(JobId{70}, 2)); }
};

}  // namespace rollcall::gateway::test
