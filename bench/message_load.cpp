#include "bench/message_load.hpp"

#include "bench/subject.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::bench {
namespace {

constexpr size_t kPayloadBytes = 512;
constexpr size_t kInFlightMax = 1'000;
constexpr int64_t kPatienceMs = 60'000;

std::string topic(size_t index) { return "d/" + std::to_string(index); }

}  // namespace

MessageLoad::MessageLoad(net::CoreLoop& loop, uint16_t port, size_t subscribers)
    : MqttLoad(loop, port, subscribers + 1), subscribers_(subscribers), payload_(kPayloadBytes, 'x') {}

void MessageLoad::publish_to_all() {
  next_ = acknowledged_ = delivered_ = 0;
  publish_some();
  const auto done = [&] { return delivered_ >= subscribers_ && acknowledged_ >= subscribers_; };
  if (!loop().run_until(done, kPatienceMs))
    give_up("messages were lost: " + std::to_string(delivered_) + " came");
}

void MessageLoad::append_login(size_t index, std::string& out) {
  const std::string id = "bench-" + std::to_string(index);
  mqtt::ConnectView connect;
  connect.client_id = id;
  connect.keep_alive_seconds = 600;
  mqtt::append_connect(out, connect);
}

void MessageLoad::on_packet(size_t index, const mqtt::Packet& packet, std::string& out) {
  if (const auto* publish = std::get_if<mqtt::PublishView>(&packet)) {
    ++delivered_;
    mqtt::append_puback(out, publish->packet_id);
  } else if (std::holds_alternative<mqtt::PubAck>(packet)) {
    ++acknowledged_;
    publish_some();
  } else if (std::holds_alternative<mqtt::ConnAck>(packet) && index < subscribers_) {
    mqtt::append_subscribe(out, 1, {{topic(index), uint8_t{1}}});
  } else {
    logged_in();  // the publisher's CONNACK, or a SUBACK
  }
}

void MessageLoad::publish_some() {
  std::string out;
  for (; next_ < subscribers_ && next_ - acknowledged_ < kInFlightMax; ++next_) {
    const std::string name = topic(next_);
    mqtt::append_publish(out, {name, static_cast<uint16_t>(1 + next_ % 60'000), false, false, 1}, payload_);
  }
  if (!out.empty()) send(subscribers_, out);
}

}  // namespace rollcall::bench
