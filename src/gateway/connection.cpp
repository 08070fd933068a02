#include "gateway/connection.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/limits.hpp"

namespace rollcall::gateway {
namespace {

void end_session(Services& services, Connection& connection, OfflineReason reason) {
  if (connection.epoch == 0) return;
  services.log.note(connection.device, services.clock.wall(), DeviceLogKind::Disconnected, "",
                    offline_reason_text(reason));
  const engine::CloseSession close{session_ref(services, connection), reason};
  connection.epoch = 0;
  if (!services.commands.send(close)) services.unsent_closes.push_back(close);
}

// What a v5 client hears when it is cut (device-protocol 1.7).
std::optional<mqtt::Reason> goodbye(OfflineReason reason) {
  switch (reason) {
    case OfflineReason::KeepAlive:
      return mqtt::Reason::KeepAliveTimeout;
    case OfflineReason::TakenOver:
      return mqtt::Reason::SessionTakenOver;
    case OfflineReason::Disabled:
      return mqtt::Reason::AdministrativeAction;
    case OfflineReason::Deleted:
      return mqtt::Reason::NotAuthorized;
    case OfflineReason::TooFast:
      return mqtt::Reason::MessageRateTooHigh;
    case OfflineReason::Overloaded:
      return mqtt::Reason::QuotaExceeded;
    case OfflineReason::ServerStopped:
      return mqtt::Reason::ServerShuttingDown;
    // It has gone, does not read, or was told by the session itself.
    case OfflineReason::Unknown:
    case OfflineReason::Goodbye:
    case OfflineReason::ConnectionLost:
    case OfflineReason::ProtocolError:
    case OfflineReason::TooSlow:
    case OfflineReason::ServerDied:
      break;
  }
  return std::nullopt;
}

void keep_session(Services& services, Connection& connection) {
  const uint32_t seconds = connection.session.session_expiry_seconds();
  if (seconds == 0) return;
  KeptSession kept;
  kept.filters = connection.filters;
  for (const PushedTask& push : connection.pushes)
    if (push.packet_id != 0) kept.pushes.push_back({push.key, push.attempt, push.packet_id});
  kept.until = services.clock.steady() + int64_t{seconds} * 1'000'000;
  services.kept.keep(log_name(*connection.product_key, connection.device_name), std::move(kept));
}

// The packet id under which this was sent on an earlier connection of the session: it is sent under the same
// again, with DUP [MQTT-4.4.0-1]. 0: there is none.
uint16_t take_packet_id(Connection& connection, PushedTask& task) {
  if (task.key == TaskKey()) return 0;
  const auto kept =
      std::find_if(connection.pushes.begin(), connection.pushes.end(), [&](const PushedTask& push) {
        return push.packet_id != 0 && push.key == task.key && push.attempt == task.attempt;
      });
  if (kept == connection.pushes.end() || !connection.session.resend_push(kept->packet_id)) return 0;
  task.serial = kept->serial;
  const uint16_t packet_id = kept->packet_id;
  connection.pushes.erase(kept);
  return packet_id;
}

// False when the window has no place for it.
bool write_message(Services& services, Connection& connection, BlockedMessage& message) {
  PushedTask& task = message.task;
  mqtt::PublishHead head{.topic = message.topic};
  if (!begin_push(connection, task, head)) return false;
  if (append_publish_head(services, connection, head, message.payload.size())) {
    services.out.append(message.payload);
    if (engine::is_offline_key(task.key)) remember_push(connection, std::move(task));
  } else if (engine::is_offline_key(task.key)) {
    // It counts as delivered (v5 3.1.2.11.4): no connection of this device would take it.
    command(services, connection,
            engine::PushConfirmed{session_ref(services, connection), task.key, task.attempt});
  }
  return true;
}

}  // namespace

bool append_publish_head(Services& services, Connection& connection, mqtt::PublishHead head,
                         size_t payload_bytes) {
  head.version = connection.session.version();
  if (!connection.session.fits(mqtt::publish_bytes(head, payload_bytes))) {
    note_refusal(services, connection, head.topic, "the message is larger than the device takes");
    if (head.packet_id != 0) connection.session.cancel_push(head.packet_id);
    return false;
  }
  mqtt::append_publish_head(services.out, head, payload_bytes);
  services.probe.publishes_out.add();
  return true;
}

bool begin_push(Connection& connection, PushedTask& task, mqtt::PublishHead& head) {
  const uint16_t before = take_packet_id(connection, task);
  if (before == 0 && task.key != TaskKey()) task.serial = ++connection.last_serial;
  const auto packet_id = before != 0 ? std::optional(before) : connection.session.begin_push(task.serial);
  if (!packet_id) return false;
  task.packet_id = head.packet_id = *packet_id;
  head.dup = before != 0;
  head.qos = 1;
  return true;
}

bool send_message(Services& services, Connection& connection, BlockedMessage message) {
  if (!connection.blocked && write_message(services, connection, message)) return true;
  if (!connection.blocked) connection.blocked = std::make_unique<std::vector<BlockedMessage>>();
  size_t bytes = message.topic.size() + message.payload.size();
  for (const BlockedMessage& one : *connection.blocked) bytes += one.topic.size() + one.payload.size();
  if (connection.blocked->size() >= limits::kWaitingMessagesMax || bytes > limits::kWaitingBytesMax)
    return false;
  connection.blocked->push_back(std::move(message));
  return true;
}

void send_blocked(Services& services, Connection& connection) {
  if (!connection.blocked) return;
  std::vector<BlockedMessage>& blocked = *connection.blocked;
  size_t sent = 0;
  while (sent < blocked.size() && write_message(services, connection, blocked[sent])) ++sent;
  blocked.erase(blocked.begin(), blocked.begin() + static_cast<std::ptrdiff_t>(sent));
  if (blocked.empty()) connection.blocked.reset();
}

engine::SessionRef session_ref(const Services& services, const Connection& connection) {
  return {{services.core_number, connection.ref}, connection.device, connection.epoch};
}

bool command(Services& services, Connection& connection, engine::Command&& what) {
  if (services.commands.send(std::move(what))) return true;
  services.probe.engine_full.add();
  hang_up(services, connection, OfflineReason::Overloaded);
  return false;
}

void hang_up(Services& services, Connection& connection, OfflineReason reason) {
  if (const auto why = goodbye(reason)) connection.session.say_goodbye(*why, services.out);
  if (connection.epoch != 0) keep_session(services, connection);
  connection.stage = Connection::Stage::Closing;
  connection.session.close();
  end_session(services, connection, reason);
}

bool finish(Services& services, Connection& connection) {
  if (connection.filters_changed && connection.stage == Connection::Stage::Open) {
    connection.filters_changed = false;
    command(services, connection,
            engine::SetReachability{session_ref(services, connection), connection.filters});
  }
  bool taken = true;
  if (!services.out.empty()) {
    taken = services.sink.send(connection.ref, services.out);
    services.out.clear();
  }
  if (!taken && connection.stage != Connection::Stage::Closing)
    hang_up(services, connection, OfflineReason::TooSlow);
  if (connection.stage == Connection::Stage::Closing) services.sink.close(connection.ref);
  return taken;
}

void note_refusal(Services& services, const Connection& connection, std::string_view topic, std::string why) {
  services.log.refuse(log_name(*connection.product_key, connection.device_name), services.clock.wall(),
                      DeviceLogKind::Refused, topic, std::move(why));
}

void remember_push(Connection& connection, PushedTask push) {
  if (connection.pushes.size() >= limits::kMqttInFlightMax)
    connection.pushes.erase(connection.pushes.begin());
  connection.pushes.push_back(std::move(push));
}

}  // namespace rollcall::gateway
