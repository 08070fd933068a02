#include "gateway/connection.hpp"

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

}  // namespace

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
