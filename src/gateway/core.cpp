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
    : services_{core_number, sink, clock, IdCodec(key), config, probe, commands, {}, {}, {}, {}} {}

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
  hang_up(services_, *connection);
  connections_[ref.slot].reset();
  --connection_count_;
  services_.probe.connections.add(-1);
}

void Core::refuse(Connection& connection, ConnectCode code) {
  services_.out.clear();
  connection.session.refuse(code, services_.out);
  services_.probe.logins_refused.add();
  hang_up(services_, connection);
  finish(services_, connection);
}

void Core::deliver(What&& what) {
  std::visit([this](auto&& effect) { take(std::forward<decltype(effect)>(effect)); }, std::move(what));
}

void Core::take(engine::DeviceFound&& found) {
  Connection* connection = find(found.connection);
  if (connection == nullptr || connection->stage != Stage::Finding) return;
  if (!found.identity) return refuse(*connection, refusal_code(found.identity.error(), services_.config));
  const Arrival& arrival = *connection->arrival;
  // A certificate stands for its device, and for no other, whatever the password.
  const std::string certified = services_.sink.certified_name(connection->ref);
  const bool proven = certified.empty() ? password_matches(arrival.login, found.identity->secret)
                                        : certified == certificate_name(arrival.login);
  if (!proven) return refuse(*connection, ConnectCode::BadUserOrPassword);
  connection->device = found.identity->device;
  connection->filters = services_.filter_sets.intern(alink::FilterSet(arrival.login.mode));
  engine::OpenSession open{
      {services_.core_number, connection->ref}, connection->device, connection->filters, arrival.peer};
  if (!services_.commands.send(std::move(open))) {
    services_.probe.engine_full.add();
    return refuse(*connection, ConnectCode::ServerUnavailable);
  }
  connection->stage = Stage::Opening;
}

void Core::take(engine::SessionOpened&& opened) {
  Connection* connection = find(opened.connection);
  if (connection == nullptr || connection->stage != Stage::Opening || connection->device != opened.device) {
    // The device went away while the engine opened its session: nobody else will close it.
    const engine::SessionRef ref{{services_.core_number, opened.connection}, opened.device, opened.epoch};
    if (!services_.commands.send(engine::CloseSession{ref})) services_.unsent_closes.push_back(ref);
    return;
  }
  connection->epoch = opened.epoch;
  connection->stage = Stage::Open;
  connection->product_key = &*product_keys_.insert(std::move(connection->arrival->login.product_key)).first;
  connection->device_name = std::move(connection->arrival->login.device_name);
  connection->device_name.shrink_to_fit();
  connection->arrival.reset();
  services_.probe.logins.add();
  services_.out.clear();
  Dialogue dialogue(services_, *connection);
  connection->session.accept(services_.clock.steady(), services_.out, dialogue);
  finish(services_, *connection);
}

void Core::take(engine::SessionRefused&& refused) {
  Connection* connection = find(refused.connection);
  if (connection == nullptr || connection->stage != Stage::Opening) return;
  refuse(*connection, refusal_code(refused.error, services_.config));
}

void Core::take(engine::Disconnect&& disconnect) {
  // MQTT 3.1.1 has no way to say why: whether taken over, disabled or shut down, the connection just ends.
  Connection* connection = find(disconnect.connection, disconnect.epoch);
  if (connection == nullptr) return;
  services_.out.clear();
  hang_up(services_, *connection);
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

void Core::take(engine::Ack&& ack) {
  Connection* connection = find(ack.connection);
  if (connection == nullptr || connection->stage != Stage::Open || ack.packet_id == 0) return;
  services_.out.clear();
  mqtt::append_puback(services_.out, ack.packet_id);
  finish(services_, *connection);
}

void Core::tick(SteadyUs now) {
  std::vector<engine::SessionRef>& unsent = services_.unsent_closes;
  while (!unsent.empty() && services_.commands.send(engine::CloseSession{unsent.back()})) unsent.pop_back();

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
    hang_up(services_, *connection);
    finish(services_, *connection);
  }
}

}  // namespace rollcall::gateway
