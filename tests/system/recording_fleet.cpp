#include "recording_fleet.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "mqtt/encoder.hpp"
#include "net/address.hpp"

namespace rollcall::testing {
namespace {

constexpr size_t kConnectingMax = 128;
constexpr int64_t kPumpMs = 20;

std::string text_of(std::string_view json, std::string_view key) {
  const auto raw = json_member(json, key);
  return raw ? json_unquote(*raw).value_or(std::string(*raw)) : std::string();
}

}  // namespace

RecordingFleet::RecordingFleet(net::CoreLoop& loop, std::string mqtt_address, std::string product_key,
                               std::vector<std::pair<std::string, Secret>> devices)
    : loop_(loop), product_key_(std::move(product_key)), client_(loop, *this, {}) {
  const net::Address address = *net::parse_address(mqtt_address);
  host_ = address.host;
  port_ = address.port;
  devices_.resize(devices.size());
  for (size_t i = 0; i < devices.size(); ++i) {
    devices_[i].name = devices[i].first;
    devices_[i].secret = devices[i].second;
    waiting_.push_back(devices.size() - 1 - i);
  }
}

void RecordingFleet::start() {
  loop_.every(kPumpMs, [this] { connect_some(); });
}

void RecordingFleet::connect_some() {
  while (!waiting_.empty() && client_.connecting() < kConnectingMax) {
    if (!client_.connect(host_, port_, waiting_.back())) return;
    waiting_.pop_back();
  }
}

void RecordingFleet::on_open(ConnectionRef connection, std::string_view) {
  Device& device = devices_[client_.token(connection)];
  device.reader = {};
  const std::string id = product_key_ + "." + device.name;
  const std::string client_id = id + "|timestamp=2524608000000,_ss=1,securemode=3,signmethod=hmacsha256|";
  const std::string user = device.name + "&" + product_key_;
  const std::string content =
      "clientId" + id + "deviceName" + device.name + "productKey" + product_key_ + "timestamp2524608000000";
  const std::string password = hex_lower(hmac(HashKind::Sha256, device.secret.reveal(), content));
  mqtt::ConnectView connect;
  connect.keep_alive_seconds = 300;
  connect.client_id = client_id;
  connect.user_name = user;
  connect.password = password;
  std::string out;
  mqtt::append_connect(out, connect);
  client_.send(connection, out);
}

void RecordingFleet::on_bytes(ConnectionRef connection, std::span<const uint8_t> bytes) {
  Device& device = devices_[client_.token(connection)];
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  device.reader.feed(text, [&](const mqtt::Packet& packet) {
    on_packet(connection, device, packet);
    return mqtt::Reading::Continue;
  });
}

void RecordingFleet::on_closed(ConnectionRef connection) {
  const size_t index = client_.token(connection);
  Device& device = devices_[index];
  if (device.online) --online_;
  device.online = false;
  waiting_.push_back(index);
}

void RecordingFleet::on_packet(ConnectionRef connection, Device& device, const mqtt::Packet& packet) {
  if (const auto* connack = std::get_if<mqtt::ConnAck>(&packet)) {
    if (connack->code != 0) return client_.close(connection);
    device.online = true;
    ++online_;
    // A QoS 1 report without its acknowledgement is sent again, as MQTT clients do [MQTT-4.4.0-1].
    if (!device.open_task.empty()) report(connection, device, device.open_task, "SUCCEEDED");
  } else if (const auto* publish = std::get_if<mqtt::PublishView>(&packet)) {
    on_message(connection, device, *publish);
  }
}

void RecordingFleet::on_message(ConnectionRef connection, Device& device, const mqtt::PublishView& publish) {
  std::string out;
  if (publish.qos == 1) mqtt::append_puback(out, publish.packet_id);
  if (!out.empty()) client_.send(connection, out);
  if (publish.topic.ends_with("/thing/job/notify")) {
    const auto params = json_member(publish.payload, "params");
    const auto task = params ? json_member(*params, "task") : std::nullopt;
    if (!task || text_of(*task, "status") != "SENT" || hold_) return;
    device.open_task = text_of(*task, "taskId");
    report(connection, device, device.open_task, "IN_PROGRESS");
    report(connection, device, device.open_task, "SUCCEEDED");
  } else if (publish.topic.ends_with("/thing/job/update_reply") && text_of(publish.payload, "id") == "2") {
    const auto data = json_member(publish.payload, "data");
    const std::string task = data ? text_of(*data, "taskId") : std::string();
    if (text_of(publish.payload, "code") != "200") {
      ++refused_;  // told again when the device comes back
      return;
    }
    if (task == device.open_task) device.open_task.clear();
    acknowledged_.insert(task);
  }
}

void RecordingFleet::report(ConnectionRef connection, Device& device, const std::string& task,
                            const char* status) {
  const bool last = std::string_view(status) == "SUCCEEDED";
  const std::string payload = std::string("{\"id\":\"") + (last ? "2" : "1") +
                              "\",\"version\":\"1.0.0\",\"params\":{\"taskId\":\"" + task +
                              "\",\"status\":\"" + status + "\",\"progress\":" + (last ? "100" : "50") + "}}";
  std::string out;
  if (++device.packet_id == 0) device.packet_id = 1;
  mqtt::append_publish(
      out,
      {"/sys/" + product_key_ + "/" + device.name + "/thing/job/update", device.packet_id, false, false, 1},
      payload);
  client_.send(connection, out);
}

}  // namespace rollcall::testing
