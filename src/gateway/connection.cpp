#include "gateway/connection.hpp"

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
  if (connection.messages) kept.messages = std::move(*connection.messages);
  kept.until = services.clock.steady() + int64_t{seconds} * 1'000'000;
  services.kept.keep(log_name(*connection.product_key, connection.device_name), std::move(kept));
}

void write_message(Services& services, Connection& connection, const KeptMessage& message, bool again) {
  const mqtt::PublishHead head{
      .topic = message.topic, .packet_id = message.packet_id, .dup = again, .qos = 1};
  if (append_publish_head(services, connection, head, message.payload.size()))
    services.out.append(message.payload);
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

bool send_message(Services& services, Connection& connection, KeptMessage message) {
  if (const auto packet_id = connection.session.begin_push(0)) {
    message.packet_id = *packet_id;
    write_message(services, connection, message, false);
    if (connection.session.session_expiry_seconds() == 0) return true;
  }
  if (!connection.messages) connection.messages = std::make_unique<std::vector<KeptMessage>>();
  size_t bytes = message.topic.size() + message.payload.size();
  for (const KeptMessage& one : *connection.messages) bytes += one.topic.size() + one.payload.size();
  if (connection.messages->size() >= limits::kWaitingMessagesMax || bytes > limits::kWaitingBytesMax)
    return message.packet_id != 0;
  connection.messages->push_back(std::move(message));
  return true;
}

void send_waiting(Services& services, Connection& connection) {
  if (!connection.messages) return;
  std::vector<KeptMessage>& messages = *connection.messages;
  for (size_t i = 0; i < messages.size() && !connection.session.window_full();) {
    KeptMessage& message = messages[i];
    const bool again = message.packet_id != 0;
    if (again && !connection.session.resend_push(message.packet_id)) {
      ++i;  // on its way already
      continue;
    }
    if (!again) {
      const auto packet_id = connection.session.begin_push(0);
      if (!packet_id) break;
      message.packet_id = *packet_id;
    }
    write_message(services, connection, message, again);
    if (connection.session.session_expiry_seconds() == 0)
      messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(i));
    else
      ++i;
  }
  if (messages.empty()) connection.messages.reset();
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
