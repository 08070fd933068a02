#include "bench/publish_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/crypto.hpp"
#include "bench/subject.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::bench {
namespace {

constexpr size_t kPayloadBytes = 512;
constexpr size_t kOnTheirWayMax = 1'000;
constexpr size_t kNamesPerCall = 100;
constexpr int64_t kPatienceMs = 120'000;

struct NoTimers final : client::DeviceTimers {
  void arm(uint32_t, uint32_t, int64_t) override {}
};

// The login of the simulated devices, byte for byte.
void append_device_login(const DeviceKeys& keys, size_t index, SteadyUs now, std::string& out) {
  const auto& [name, secret] = keys.devices[index];
  NoTimers timers;
  client::DeviceSettings settings;
  settings.product_key = keys.product_key;
  client::DeviceStats stats;
  client::DeviceContext context{settings, timers, stats, now, out};
  client::Device(static_cast<uint32_t>(index), name, secret).on_open(context);
}

}  // namespace

PublishLoad::PublishLoad(net::CoreLoop& loop, uint16_t port, size_t connections, const DeviceKeys* keys)
    : MqttLoad(loop, port, connections), keys_(keys), payload_(kPayloadBytes, 'x'), sent_at_(connections) {
  for (size_t i = 0; i < connections; ++i)
    topics_.push_back(keys == nullptr
                          ? fmt::format("d/{}/user/update", i)
                          : fmt::format("/{}/{}/user/update", keys->product_key, keys->devices[i].first));
}

const std::vector<double>& PublishLoad::publish(size_t messages) {
  left_ = expected_ = messages;
  latencies_ms_.clear();
  latencies_ms_.reserve(messages);
  for (size_t i = 0; i < std::min(connections(), kOnTheirWayMax); ++i) {
    std::string out;
    append_message(i, out);
    if (!out.empty()) send(i, out);
  }
  if (!loop().run_until([&] { return latencies_ms_.size() == expected_; }, kPatienceMs))
    give_up(fmt::format("{} of {} messages were acknowledged", latencies_ms_.size(), expected_));
  return latencies_ms_;
}

void PublishLoad::append_message(size_t index, std::string& out) {
  if (left_ == 0) return;
  --left_;
  sent_at_[index] = loop().now();
  mqtt::append_publish(out, {.topic = topics_[index], .packet_id = 1, .qos = 1}, payload_);
}

void PublishLoad::append_login(size_t index, std::string& out) {
  if (keys_ != nullptr) return append_device_login(*keys_, index, loop().now(), out);
  const std::string id = "bench-" + std::to_string(index);
  mqtt::ConnectView connect;
  connect.client_id = id;
  connect.keep_alive_seconds = 600;
  mqtt::append_connect(out, connect);
}

// The next message is sent by the device that follows by as many as may be on their way: all take part.
void PublishLoad::on_packet(size_t index, const mqtt::Packet& packet, std::string& out) {
  if (std::holds_alternative<mqtt::ConnAck>(packet)) return logged_in();
  if (!std::holds_alternative<mqtt::PubAck>(packet)) return;
  latencies_ms_.push_back(static_cast<double>(loop().now() - sent_at_[index]) / 1e3);
  const size_t next = (index + std::min(connections(), kOnTheirWayMax)) % connections();
  if (next == index) return append_message(index, out);
  std::string bytes;
  append_message(next, bytes);
  if (!bytes.empty()) send(next, bytes);
}

PubLoad::PubLoad(net::CoreLoop& loop, uint16_t port, const DeviceKeys& keys, client::ApiClient& api)
    : MqttLoad(loop, port, keys.devices.size()),
      keys_(keys),
      api_(api),
      content_(base64_encode(std::string(kPayloadBytes, 'x'))) {}

void PubLoad::publish_to_all() {
  delivered_ = 0;
  std::string failure;
  std::thread caller([&] { failure = call_for_all(); });
  const bool all = loop().run_until([&] { return delivered_ == connections(); }, kPatienceMs);
  caller.join();
  if (!failure.empty()) give_up(failure);
  if (!all) give_up(fmt::format("messages were lost: {} came", delivered_));
}

// Empty, or why a call failed.
std::string PubLoad::call_for_all() {
  for (size_t at = 0; at < keys_.devices.size(); at += kNamesPerCall) {
    NameValues parameters{{"ProductKey", keys_.product_key},
                          {"TopicShortName", "get"},
                          {"MessageContent", content_},
                          {"Qos", "1"}};
    for (size_t i = at; i < std::min(at + kNamesPerCall, keys_.devices.size()); ++i)
      parameters.emplace_back(fmt::format("DeviceName.{}", i - at + 1), keys_.devices[i].first);
    if (const auto answer = api_.require("BatchPub", parameters); !answer)
      return public_message(answer.error());
  }
  return {};
}

void PubLoad::append_login(size_t index, std::string& out) {
  append_device_login(keys_, index, loop().now(), out);
}

void PubLoad::on_packet(size_t index, const mqtt::Packet& packet, std::string& out) {
  if (const auto* publish = std::get_if<mqtt::PublishView>(&packet)) {
    ++delivered_;
    if (publish->qos > 0) mqtt::append_puback(out, publish->packet_id);
  } else if (std::holds_alternative<mqtt::ConnAck>(packet)) {
    const std::string topic = "/" + keys_.product_key + "/" + keys_.devices[index].first + "/user/get";
    mqtt::append_subscribe(out, 1, {{topic, uint8_t{1}}});
  } else if (std::holds_alternative<mqtt::SubAckView>(packet)) {
    logged_in();
  }
}

}  // namespace rollcall::bench
