#include "witness_fleet.hpp"

#include <optional>

#include "alink/topics.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "model/task.hpp"
#include "mqtt/encoder.hpp"
#include "net/address.hpp"

namespace rollcall::testing {
namespace {

constexpr size_t kConnectingMax = 128;
constexpr int kChecksEvery = 100;  // ticks of the wheel

std::string member(std::string_view json, std::string_view key) {
  const auto raw = json_member(json, key);
  if (!raw) return {};
  return json_unquote(*raw).value_or(std::string(*raw));
}

uint16_t bit_of(std::string_view status) {
  const auto parsed = parse_task_status(status);
  return parsed ? static_cast<uint16_t>(1u << static_cast<unsigned>(*parsed)) : uint16_t{0};
}

}  // namespace

WitnessFleet::WitnessFleet(net::CoreLoop& loop, Facts& facts, std::string product_key,
                           std::vector<std::pair<std::string, Secret>> devices,
                           const client::Behaviour& behaviour)
    : loop_(loop),
      facts_(facts),
      product_key_(std::move(product_key)),
      client_(loop, *this, {}),
      wheel_(loop.now()) {
  for (uint8_t qos = 0; qos < 2; ++qos) {
    settings_[qos].product_key = product_key_;
    settings_[qos].behaviour = behaviour;
    settings_[qos].update_qos = qos;
  }
  devices_.reserve(devices.size());
  for (auto& [name, secret] : devices) {
    waiting_.push_back(static_cast<uint32_t>(devices_.size()));
    devices_.emplace_back(static_cast<uint32_t>(devices_.size()), name, secret);
  }
  witnesses_.resize(devices_.size());
  loop_.every(client::TimerWheel::kTickMs, [this] { pump(); });
}

void WitnessFleet::serve(const std::string& mqtt_address) {
  const net::Address address = *net::parse_address(mqtt_address);
  host_ = address.host;
  port_ = address.port;
  serving_ = true;
}

void WitnessFleet::pump() {
  wheel_.advance(loop_.now(), [this](uint32_t index, uint32_t work) {
    auto now = context(index);
    devices_[index].on_timer(now, work);
    send_output(index, true);
  });
  while (serving_ && !waiting_.empty() && client_.connecting() < kConnectingMax) {
    const uint32_t index = waiting_.front();
    const auto connection = client_.connect(host_, port_, index);
    if (!connection) return;
    waiting_.pop_front();
    witnesses_[index].connection = *connection;
    witnesses_[index].open = true;
  }
  if (++ticks_ % kChecksEvery != 0) return;
  for (uint32_t index = 0; index < devices_.size(); ++index) {
    if (!witnesses_[index].online) continue;
    auto now = context(index);
    const bool keep = devices_[index].on_check(now);
    send_output(index, keep);
  }
}

client::DeviceContext WitnessFleet::context(uint32_t index) {
  return {settings_[index % 4 == 0 ? 0 : 1], *this, stats_, loop_.now(), output_};
}

void WitnessFleet::arm(uint32_t device, uint32_t work, int64_t delay_ms) {
  wheel_.arm(loop_.now(), device, work, delay_ms);
}

void WitnessFleet::on_open(ConnectionRef connection, std::string_view) {
  const auto index = static_cast<uint32_t>(client_.token(connection));
  auto now = context(index);
  devices_[index].on_open(now);
  send_output(index, true);
}

void WitnessFleet::on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) {
  const auto index = static_cast<uint32_t>(client_.token(connection));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  witnesses_[index].reader.feed(text, [&](const mqtt::Packet& packet) {
    heard(index, packet);
    return mqtt::Reading::Continue;
  });
  auto now = context(index);
  const bool keep = devices_[index].on_bytes(now, text) && !witnesses_[index].fed_up;
  send_output(index, keep);
  if (!keep) return;
  if (!witnesses_[index].online && devices_[index].state() == client::DeviceState::Online) {
    witnesses_[index].online = true;
    ++online_;
    repeat_answers(index);
  }
}

void WitnessFleet::on_closed(ConnectionRef connection) {
  const auto index = static_cast<uint32_t>(client_.token(connection));
  Witness& witness = witnesses_[index];
  devices_[index].on_closed();
  if (witness.online) --online_;
  witness.open = witness.online = witness.fed_up = false;
  witness.reader.clear();
  witness.without_puback.clear();
  witness.without_reply.clear();
  witness.messages.clear();
  waiting_.push_back(index);
}

void WitnessFleet::send_output(uint32_t index, bool keep) {
  Witness& witness = witnesses_[index];
  std::string bytes;
  bytes.swap(output_);
  if (!bytes.empty() && witness.open) {
    mqtt::PacketReader reader;
    reader.feed(bytes, [&](const mqtt::Packet& packet) {
      said(index, packet);
      return mqtt::Reading::Continue;
    });
    client_.send(witness.connection, bytes);
  }
  if (!keep && witness.open) client_.close(witness.connection);
}

// --- what the device says

void WitnessFleet::said(uint32_t index, const mqtt::Packet& packet) {
  if (const auto* publish = std::get_if<mqtt::PublishView>(&packet)) return said_publish(index, *publish);
  const auto* puback = std::get_if<mqtt::PubAck>(&packet);
  if (puback == nullptr) return;
  Witness& witness = witnesses_[index];
  const auto found = witness.messages.find(puback->packet_id);
  if (found == witness.messages.end()) return;
  facts_.messages_taken.emplace(devices_[index].name(), found->second);
  witness.messages.erase(found);
}

void WitnessFleet::said_publish(uint32_t index, const mqtt::PublishView& publish) {
  Witness& witness = witnesses_[index];
  const std::string_view suffix = alink::system_suffix(publish.topic, {product_key_, devices_[index].name()});
  if (suffix == "thing/job/update") {
    const auto params = json_member(publish.payload, "params");
    if (!params) return;
    const Report report{member(*params, "taskId"), bit_of(member(*params, "status"))};
    facts_.tasks[report.first].said |= report.second;
    witness.without_reply[member(publish.payload, "id")] = report;
    if (publish.qos > 0) witness.without_puback[publish.packet_id] = report;
    return;
  }
  const bool answer = suffix.ends_with("_reply") || suffix.starts_with("rrpc/response/") ||
                      publish.topic.starts_with("/ext/rrpc/");
  if (!answer || suffix.ends_with("notify_reply")) return;
  const auto id = parse_int(member(publish.payload, "id"));
  if (id && member(publish.payload, "code") == "200")
    facts_.answered_ok.emplace(devices_[index].name(), static_cast<uint32_t>(*id));
  if (publish.qos > 0)
    witness.answers[publish.packet_id] = {std::string(publish.topic), std::string(publish.payload)};
}

// An answer without its PUBACK is sent again on the next connection, as MQTT clients do [MQTT-4.4.0-1].
void WitnessFleet::repeat_answers(uint32_t index) {
  for (const auto& [packet_id, message] : witnesses_[index].answers)
    mqtt::append_publish(output_, {message.first, packet_id, true, false, 1}, message.second);
  send_output(index, true);
}

// --- what the server says

void WitnessFleet::heard(uint32_t index, const mqtt::Packet& packet) {
  Witness& witness = witnesses_[index];
  if (const auto* puback = std::get_if<mqtt::PubAck>(&packet)) {
    witness.answers.erase(puback->packet_id);
    const auto found = witness.without_puback.find(puback->packet_id);
    if (found == witness.without_puback.end()) return;
    facts_.tasks[found->second.first].puback |= found->second.second;
    witness.without_puback.erase(found);
    return facts_.acknowledge();
  }
  const auto* publish = std::get_if<mqtt::PublishView>(&packet);
  if (publish == nullptr) return;
  const std::string_view suffix =
      alink::system_suffix(publish->topic, {product_key_, devices_[index].name()});
  if (suffix == alink::kJobUpdateReply) return heard_reply(index, publish->payload);
  if (suffix.empty() && publish->qos > 0)
    witness.messages[publish->packet_id] = std::string(publish->payload);
}

void WitnessFleet::heard_reply(uint32_t index, std::string_view payload) {
  Witness& witness = witnesses_[index];
  const auto found = witness.without_reply.find(member(payload, "id"));
  if (found == witness.without_reply.end()) {
    facts_.contradictions.push_back("a reply to nothing: " + std::string(payload));
    return;
  }
  const Report report = found->second;
  witness.without_reply.erase(found);
  if (const std::string code = member(payload, "code"); code != "200") {
    facts_.tasks[report.first].refused |= report.second;
    // A new connection is a device's way to say it again at once.
    witness.fed_up = witness.fed_up || code == "500";
    return;
  }
  facts_.tasks[report.first].acknowledged |= report.second;
  facts_.acknowledge();
}

}  // namespace rollcall::testing
