#include "gateway/core.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "gateway/dialogue.hpp"
#include "gateway/downlink.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::gateway {
namespace {

using Stage = Connection::Stage;
using mqtt::ConnectCode;

// Connections looked at per tick: all of them within four seconds, which is fine against deadlines of ten and
// more.
constexpr size_t kTickShare = 4;
constexpr size_t kTickConnectionsMin = 1'024;

ConnectCode refusal_code(const Error& error, const GatewayConfig& config) {
  if (error.code == ErrorCode::DeviceDisabled) return static_cast<ConnectCode>(config.disabled_device_code);
  if (error.code == ErrorCode::NotExistedDevice || error.code == ErrorCode::NotExistedProduct)
    return ConnectCode::BadUserOrPassword;
  return ConnectCode::ServerUnavailable;
}

}  // namespace

Core::Core(uint16_t core_number, ByteSink& sink, const Clock& clock, const IdCodec::Key& key,
           const GatewayConfig& config, GatewayProbe& probe, CommandSink& commands)
    : services_{core_number, sink, clock, IdCodec(key), config, probe, commands,
                {},          {},   {},    {},           {},     {},    UplinkFeed(probe)} {}

Core::~Core() = default;

Connection* Core::find(ConnectionRef ref) {
  if (ref.slot >= connections_.size()) return nullptr;
  Connection* connection = connections_[ref.slot].get();
  return connection != nullptr && connection->ref == ref ? connection : nullptr;
}

Connection* Core::find(ConnectionRef ref, int64_t epoch) {
  Connection* connection = find(ref);
  return connection != nullptr && connection->stage == Stage::Open && connection->epoch == epoch ? connection
                                                                                                 : nullptr;
}

void Core::on_open(ConnectionRef ref, std::string_view peer) {
  if (ref.slot >= connections_.size()) connections_.resize(ref.slot + 1);
  if (connections_[ref.slot]) forget(connections_[ref.slot]->ref);
  auto connection = std::make_unique<Connection>();
  connection->ref = ref;
  connection->opened_at = services_.clock.steady();
  connection->arrival = std::make_unique<Arrival>();
  connection->arrival->peer = std::string(peer);
  connections_[ref.slot] = std::move(connection);
  ++connection_count_;
  services_.probe.connections.add(1);
}

void Core::on_bytes(ConnectionRef ref, std::span<const uint8_t> bytes) {
  Connection* connection = find(ref);
  if (connection == nullptr || connection->stage == Stage::Closing) return;
  services_.out.clear();
  Dialogue dialogue(services_, *connection);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  connection->session.feed(text, services_.clock.steady(), services_.out, dialogue);
  finish(services_, *connection);
}

void Core::on_closed(ConnectionRef ref) { forget(ref); }

void Core::forget(ConnectionRef ref) {
  Connection* connection = find(ref);
  if (connection == nullptr) return;
  hang_up(services_, *connection, OfflineReason::ConnectionLost);
  connections_[ref.slot].reset();
  --connection_count_;
  services_.probe.connections.add(-1);
}

void Core::refuse(Connection& connection, ConnectCode code, std::string why) {
  services_.out.clear();
  const DeviceLogin& login = connection.arrival->login;
  services_.log.refuse(log_name(login.product_key, login.device_name), services_.clock.wall(),
                       DeviceLogKind::LoginRefused, "",
                       std::move(why) + ", from " + connection.arrival->peer);
  connection.session.refuse(code, services_.out);
  services_.probe.logins_refused.add();
  hang_up(services_, connection, OfflineReason::Unknown);
  finish(services_, connection);
}

void Core::deliver(What&& what) {
  std::visit([this](auto&& effect) { take(std::forward<decltype(effect)>(effect)); }, std::move(what));
}

// A certificate stands for its device, and for no other, whatever the password.
bool Core::proves(const Connection& connection, const engine::DeviceIdentity& identity) const {
  const DeviceLogin& login = connection.arrival->login;
  if (registers(login)) return password_matches(login, identity.product_secret);
  const std::string certified = services_.sink.certified_name(connection.ref);
  if (!certified.empty()) return certified == certificate_name(login);
  return login.kind == LoginKind::Token ? token_matches(login, identity.secret)
                                        : password_matches(login, identity.secret);
}

void Core::give_secret(Connection& connection, const engine::DeviceIdentity& identity) {
  Arrival& arrival = *connection.arrival;
  if (!identity.device) {
    // Not registered yet, and it may be: asked for once, then found.
    arrival.verified = true;
    engine::AddDevice add{
        {services_.core_number, connection.ref}, arrival.login.product_key, arrival.login.device_name};
    if (services_.commands.send(std::move(add))) return;
    services_.probe.engine_full.add();
    return refuse(connection, ConnectCode::ServerUnavailable, "the server is overloaded");
  }
  services_.out.clear();
  Dialogue dialogue(services_, connection);
  connection.session.accept(services_.clock.steady(), services_.out, dialogue);
  append_registration(services_, connection, identity.secret);
  services_.log.note(identity.device, services_.clock.wall(), DeviceLogKind::Login, "",
                     "registered, from " + arrival.peer);
  connection.session.close();
  connection.stage = Stage::Registered;
  connection.opened_at = services_.clock.steady();
  finish(services_, connection);
}

void Core::take(engine::DeviceFound&& found) {
  Connection* connection = find(found.connection);
  if (connection == nullptr || connection->stage != Stage::Finding) return;
  const Arrival& arrival = *connection->arrival;
  const std::string name = log_name(arrival.login.product_key, arrival.login.device_name);
  if (!found.identity) {
    const Error& error = found.identity.error();
    if (error.code != ErrorCode::DeviceDisabled)
      services_.damper.failed(arrival.peer, name, services_.clock.steady());
    return refuse(*connection, refusal_code(error, services_.config), public_message(error));
  }
  if (!connection->arrival->verified && !proves(*connection, *found.identity)) {
    services_.damper.failed(arrival.peer, name, services_.clock.steady());
    const std::string certified = services_.sink.certified_name(connection->ref);
    return refuse(*connection, ConnectCode::BadUserOrPassword,
                  certified.empty() || registers(arrival.login) ? mismatch_text(arrival.login)
                                                                : "the certificate is that of " + certified);
  }
  services_.damper.succeeded(arrival.peer, name);
  if (registers(arrival.login)) return give_secret(*connection, *found.identity);
  connection->device = found.identity->device;
  connection->filters = services_.filter_sets.intern(alink::FilterSet(arrival.login.mode));
  engine::OpenSession open{{services_.core_number, connection->ref},
                           connection->device,
                           connection->filters,
                           arrival.peer,
                           connection->session.clean_start(),
                           connection->session.session_expiry_seconds() > 0};
  if (!services_.commands.send(std::move(open))) {
    services_.probe.engine_full.add();
    return refuse(*connection, ConnectCode::ServerUnavailable, "the server is overloaded");
  }
  connection->stage = Stage::Opening;
}

void Core::take(engine::SessionOpened&& opened) {
  Connection* connection = find(opened.connection);
  if (connection == nullptr || connection->stage != Stage::Opening || connection->device != opened.device) {
    // The device went away while the engine opened its session: nobody else will close it.
    const engine::SessionRef ref{{services_.core_number, opened.connection}, opened.device, opened.epoch};
    const engine::CloseSession close{ref, OfflineReason::ConnectionLost};
    if (!services_.commands.send(close)) services_.unsent_closes.push_back(close);
    return;
  }
  connection->epoch = opened.epoch;
  connection->stage = Stage::Open;
  connection->product_key = &*product_keys_.insert(std::move(connection->arrival->login.product_key)).first;
  connection->device_name = std::move(connection->arrival->login.device_name);
  connection->device_name.shrink_to_fit();
  services_.log.note(
      opened.device, services_.clock.wall(), DeviceLogKind::Login, "",
      "from " + connection->arrival->peer + ", client id " + connection->arrival->login.client_id);
  services_.probe.logins.add();
  services_.out.clear();
  open_session(*connection);
  finish(services_, *connection);
}

// CONNACK, what is left of the session before, and then what arrived meanwhile.
void Core::open_session(Connection& connection) {
  const SteadyUs now = services_.clock.steady();
  KeptSession kept = services_.kept.take(log_name(*connection.product_key, connection.device_name), now);
  const bool resumed = kept.filters != nullptr && !connection.session.clean_start();
  // A v5 client that gave no id is told one: that of its device, which is the same at every login.
  std::string client_id;
  if (connection.arrival->login.client_id.empty())
    client_id = *connection.product_key + "." + connection.device_name;
  connection.arrival.reset();
  connection.session.acknowledge_connect(services_.out, resumed, client_id);
  if (resumed) resume(connection, std::move(kept));
  Dialogue dialogue(services_, connection);
  connection.session.go_on(now, services_.out, dialogue);
}

void Core::resume(Connection& connection, KeptSession kept) {
  // Subscriptions of another kind of client (with or without _ss) would not say what it means.
  if (kept.filters->mode() == connection.filters->mode() && !(*kept.filters == *connection.filters)) {
    connection.filters = services_.filter_sets.intern(alink::FilterSet(*kept.filters));
    connection.filters_changed = true;
  }
  for (const KeptPush& push : kept.pushes) {
    PushedTask task;
    task.key = push.key;
    task.attempt = push.attempt;
    task.alink_id = alink_id(push.key.job, push.attempt);
    task.serial = ++connection.last_serial;
    task.packet_id = push.packet_id;
    connection.session.keep_push(task.serial, push.packet_id);
    remember_push(connection, std::move(task));
  }
}

void Core::take(engine::SessionRefused&& refused) {
  Connection* connection = find(refused.connection);
  if (connection == nullptr || connection->stage != Stage::Opening) return;
  refuse(*connection, refusal_code(refused.error, services_.config), public_message(refused.error));
}

void Core::take(engine::Disconnect&& disconnect) {
  // MQTT 3.1.1 has no way to say why: whether taken over, disabled or shut down, the connection just ends.
  Connection* connection = find(disconnect.connection, disconnect.epoch);
  if (connection == nullptr) return;
  services_.out.clear();
  hang_up(services_, *connection, disconnect.reason);
  finish(services_, *connection);
}

void Core::take(engine::PushTask&& push) {
  if (Connection* connection = find(push.connection, push.epoch)) push_task(services_, *connection, push);
}

void Core::take(engine::TellTask&& tell) {
  if (Connection* connection = find(tell.connection, tell.epoch)) tell_task(services_, *connection, tell);
}

void Core::take(engine::JobGetReply&& reply) {
  Connection* connection = find(reply.connection);
  if (connection != nullptr && connection->stage == Stage::Open)
    answer_job_get(services_, *connection, reply);
}

void Core::take(engine::JobUpdateReply&& reply) {
  Connection* connection = find(reply.connection);
  if (connection != nullptr && connection->stage == Stage::Open)
    answer_job_update(services_, *connection, reply);
}

void Core::take(engine::TagReply&& reply) {
  Connection* connection = find(reply.connection);
  if (connection != nullptr && connection->stage == Stage::Open) answer_tags(services_, *connection, reply);
}

void Core::take(engine::Ack&& ack) {
  Connection* connection = find(ack.connection);
  if (connection == nullptr || connection->stage != Stage::Open || ack.packet_id == 0) return;
  services_.out.clear();
  mqtt::append_puback(services_.out, ack.packet_id);
  finish(services_, *connection);
}

void Core::tick(SteadyUs now) {
  std::vector<engine::CloseSession>& unsent = services_.unsent_closes;
  while (!unsent.empty() && services_.commands.send(unsent.back())) unsent.pop_back();

  services_.feed.flush();

  const size_t share = std::max(connections_.size() / kTickShare + 1, kTickConnectionsMin);
  for (size_t i = 0; i < std::min(share, connections_.size()); ++i) {
    tick_cursor_ = tick_cursor_ + 1 < connections_.size() ? tick_cursor_ + 1 : 0;
    Connection* connection = connections_[tick_cursor_].get();
    if (connection == nullptr || connection->stage == Stage::Closing) continue;
    const bool open = connection->stage == Stage::Open;
    const bool late = open ? connection->session.silent_too_long(now)
                           : now - connection->opened_at > limits::kMqttConnectSeconds * 1'000'000;
    if (!late) continue;
    if (open) services_.probe.keep_alive_cuts.add();
    services_.out.clear();
    hang_up(services_, *connection, OfflineReason::KeepAlive);
    finish(services_, *connection);
  }
}

}  // namespace rollcall::gateway
