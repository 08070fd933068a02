#include "gateway/dialogue.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "gateway/uplink.hpp"

namespace rollcall::gateway {

using Stage = Connection::Stage;
using mqtt::ConnectCode;

namespace {

constexpr size_t kLoggedNameBytesMax = 160;  // of a user name that may be anything

}  // namespace

void Dialogue::on_connect(const mqtt::ConnectView& connect) {
  auto login = parse_login(connect, !services_.sink.certified_name(connection_.ref).empty());
  const std::string_view user_name = connect.user_name.value_or(std::string_view());
  if (!login) return refuse(login.error().code, user_name, login.error().why);
  const int keep_alive = connect.keep_alive_seconds;
  // Not for who registers (device-protocol 1.8).
  const bool short_visit = registers(*login);
  if (!short_visit && (keep_alive < services_.config.keep_alive_seconds_min ||
                       keep_alive > services_.config.keep_alive_seconds_max))
    return refuse(ConnectCode::IdentifierRejected, user_name,
                  "a keep-alive of " + std::to_string(keep_alive) +
                      " s is not allowed: " + std::to_string(services_.config.keep_alive_seconds_min) +
                      " to " + std::to_string(services_.config.keep_alive_seconds_max));
  if (services_.damper.refuses(connection_.arrival->peer, user_name, services_.clock.steady())) {
    services_.probe.logins_damped.add();
    return refuse(ConnectCode::ServerUnavailable, user_name, "too many failed logins, try again later");
  }
  connection_.arrival->login = std::move(*login);
  const DeviceLogin& names = connection_.arrival->login;
  engine::FindDevice find{
      {services_.core_number, connection_.ref}, names.product_key, names.device_name, names.kind};
  if (!services_.commands.send(std::move(find))) {
    services_.probe.engine_full.add();
    return refuse(ConnectCode::ServerUnavailable, user_name, "the server is overloaded");
  }
  connection_.stage = Stage::Finding;
}

void Dialogue::refuse(ConnectCode code, std::string_view user_name, std::string why) {
  services_.log.refuse(user_name.substr(0, kLoggedNameBytesMax), services_.clock.wall(),
                       DeviceLogKind::LoginRefused, "",
                       std::move(why) + ", from " + connection_.arrival->peer);
  connection_.session.refuse(code, services_.out);
  services_.probe.logins_refused.add();
  hang_up(services_, connection_, OfflineReason::Unknown);
}

void Dialogue::on_publish(const mqtt::PublishView& publish) {
  services_.probe.publishes_in.add();
  services_.log.note_message(connection_.device, services_.clock.wall(), DeviceLogKind::Uplink, publish.topic,
                             publish.qos, publish.payload);
  if (too_fast()) {
    services_.probe.too_fast_cuts.add();
    note_refusal(services_, connection_, publish.topic,
                 "more than " + std::to_string(services_.config.device_publishes_per_second) +
                     " messages a second; the connection was cut");
    return hang_up(services_, connection_, OfflineReason::TooFast);
  }
  take_publish(services_, connection_, publish);
}

// The generic cell rate algorithm: a device that keeps the pace is always due, one that runs ahead of it by
// more than the burst is too fast.
bool Dialogue::too_fast() {
  const int64_t rate = services_.config.device_publishes_per_second;
  if (rate == 0) return false;
  const SteadyUs now = services_.clock.steady();
  SteadyUs& due = connection_.publish_due;
  if (due < now) due = now;
  if (due - now > limits::kPublishBurstSeconds * 1'000'000) return true;
  due = due + 1'000'000 / rate;
  return false;
}

void Dialogue::on_puback(uint64_t token) {
  send_blocked(services_, connection_);
  const auto found = std::find_if(connection_.pushes.begin(), connection_.pushes.end(),
                                  [token](const PushedTask& push) { return push.serial == token; });
  // A told cancellation has token 0, and a push that notify_reply has confirmed is gone.
  if (token == 0 || found == connection_.pushes.end()) return;
  const engine::PushConfirmed confirmed{session_ref(services_, connection_), found->key, found->attempt};
  connection_.pushes.erase(found);
  if (connection_.pushes.empty()) std::vector<PushedTask>().swap(connection_.pushes);
  command(services_, connection_, confirmed);
}

// Older versions know one code only.
uint8_t Dialogue::refusal_of(std::string_view filter, alink::FilterSet::Change change) const {
  if (connection_.session.version() == mqtt::Version::Three) return mqtt::kSubscribeRefused;
  if (filter.starts_with("$share/")) return static_cast<uint8_t>(mqtt::Reason::SharedNotSupported);
  return static_cast<uint8_t>(change == alink::FilterSet::Change::Full ? mqtt::Reason::QuotaExceeded
                                                                       : mqtt::Reason::NotAuthorized);
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
    if (granted)
      services_.log.note(connection_.device, services_.clock.wall(), DeviceLogKind::Subscribed, filter->first,
                         "");
    else
      note_refusal(services_, connection_, filter->first,
                   change == Change::Full ? "too many subscriptions" : "no topic that this device may take");
    // QoS 2 is granted as 1 (device-protocol 1.8).
    const uint8_t code = granted ? std::min<uint8_t>(filter->second, 1) : refusal_of(filter->first, change);
    codes.push_back(static_cast<char>(code));
  }
  if (changed) use_filters(std::move(filters));
}

void Dialogue::on_unsubscribe(const mqtt::UnsubscribeView& unsubscribe, std::string& codes) {
  alink::FilterSet filters = *connection_.filters;
  bool changed = false;
  auto cursor = unsubscribe.filters();
  while (const auto filter = cursor.next()) {
    const bool ended =
        filters.unsubscribe(filter->first, connection_.names()) == alink::FilterSet::Change::Changed;
    changed = changed || ended;
    const auto code = ended ? mqtt::Reason::Success : mqtt::Reason::NoSubscriptionExisted;
    codes.push_back(static_cast<char>(code));
  }
  if (changed) use_filters(std::move(filters));
}

void Dialogue::on_disconnect() { hang_up(services_, connection_, OfflineReason::Goodbye); }

void Dialogue::on_fault(mqtt::SessionFault fault, std::optional<mqtt::DecodeError> decode_error) {
  const bool refused =
      fault == mqtt::SessionFault::UnacceptableVersion || fault == mqtt::SessionFault::IdentifierRejected;
  (refused ? services_.probe.logins_refused : services_.probe.protocol_errors).add();
  if (log_level() == LogLevel::Debug) {
    log_debug("gateway.protocol_error",
              {{"fault", mqtt::session_fault_text(fault)},
               {"reason", decode_error ? mqtt::decode_error_text(*decode_error) : std::string_view()}});
  }
  if (connection_.stage == Stage::Open)
    note_refusal(services_, connection_, "",
                 std::string(mqtt::session_fault_text(fault)) +
                     (decode_error ? ": " + std::string(mqtt::decode_error_text(*decode_error)) : ""));
  hang_up(services_, connection_, OfflineReason::ProtocolError);
}

}  // namespace rollcall::gateway
