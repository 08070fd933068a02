#include "gateway/dialogue.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "gateway/uplink.hpp"

namespace rollcall::gateway {

using Stage = Connection::Stage;
using mqtt::ConnectCode;

void Dialogue::on_connect(const mqtt::ConnectView& connect) {
  auto login = parse_login(connect, !services_.sink.certified_name(connection_.ref).empty());
  if (!login) return refuse(login.error());
  const int keep_alive = connect.keep_alive_seconds;
  if (keep_alive < services_.config.keep_alive_seconds_min ||
      keep_alive > services_.config.keep_alive_seconds_max)
    return refuse(ConnectCode::IdentifierRejected);
  connection_.arrival->login = std::move(*login);
  const DeviceLogin& names = connection_.arrival->login;
  engine::FindDevice find{{services_.core_number, connection_.ref}, names.product_key, names.device_name};
  if (!services_.commands.send(std::move(find))) {
    services_.probe.engine_full.add();
    return refuse(ConnectCode::ServerUnavailable);
  }
  connection_.stage = Stage::Finding;
}

void Dialogue::refuse(ConnectCode code) {
  connection_.session.refuse(code, services_.out);
  services_.probe.logins_refused.add();
  hang_up(services_, connection_);
}

void Dialogue::on_publish(const mqtt::PublishView& publish) {
  services_.probe.publishes_in.add();
  take_publish(services_, connection_, publish);
}

void Dialogue::on_puback(uint64_t token) {
  const auto found = std::find_if(connection_.pushes.begin(), connection_.pushes.end(),
                                  [token](const PushedTask& push) { return push.serial == token; });
  // A told cancellation has token 0, and a push that notify_reply has confirmed is gone.
  if (token == 0 || found == connection_.pushes.end()) return;
  const engine::PushConfirmed confirmed{session_ref(services_, connection_), found->key, found->attempt};
  connection_.pushes.erase(found);
  if (connection_.pushes.empty()) std::vector<PushedTask>().swap(connection_.pushes);
  command(services_, connection_, confirmed);
}

void Dialogue::use_filters(alink::FilterSet&& filters) {
  connection_.filters = services_.filter_sets.intern(std::move(filters));
  connection_.filters_changed = true;
}

void Dialogue::on_subscribe(const mqtt::SubscribeView& subscribe, std::string& codes) {
  using Change = alink::FilterSet::Change;
  alink::FilterSet filters = *connection_.filters;
  bool changed = false;
  auto cursor = subscribe.filters();
  while (const auto filter = cursor.next()) {
    const Change change = filters.subscribe(filter->first, connection_.names());
    changed = changed || change == Change::Changed;
    const bool granted = change == Change::Changed || change == Change::Same;
    // QoS 2 is granted as 1 (device-protocol 1.8).
    const uint8_t code = granted ? std::min<uint8_t>(filter->second, 1) : mqtt::kSubscribeRefused;
    codes.push_back(static_cast<char>(code));
  }
  if (changed) use_filters(std::move(filters));
}

void Dialogue::on_unsubscribe(const mqtt::UnsubscribeView& unsubscribe) {
  alink::FilterSet filters = *connection_.filters;
  bool changed = false;
  auto cursor = unsubscribe.filters();
  while (const auto filter = cursor.next())
    changed = filters.unsubscribe(filter->first, connection_.names()) == alink::FilterSet::Change::Changed ||
              changed;
  if (changed) use_filters(std::move(filters));
}

void Dialogue::on_disconnect() { hang_up(services_, connection_); }

void Dialogue::on_fault(mqtt::SessionFault fault, std::optional<mqtt::DecodeError> decode_error) {
  const bool refused =
      fault == mqtt::SessionFault::UnacceptableVersion || fault == mqtt::SessionFault::IdentifierRejected;
  (refused ? services_.probe.logins_refused : services_.probe.protocol_errors).add();
  if (log_level() == LogLevel::Debug) {
    log_debug("gateway.protocol_error",
              {{"fault", mqtt::session_fault_text(fault)},
               {"reason", decode_error ? mqtt::decode_error_text(*decode_error) : std::string_view()}});
  }
  hang_up(services_, connection_);
}

}  // namespace rollcall::gateway
