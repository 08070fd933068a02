#include "fuzz/support/gateway_world.hpp"

#include <algorithm>
#include <memory>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/overload.hpp"
#include "mqtt/encoder.hpp"

namespace rollcall::fuzz {

namespace {

constexpr const char* kSecret = "secret";
constexpr uint16_t kCore = 3;

std::string name_of(int device) { return "dev" + std::to_string(device); }

int device_of(std::string_view name) { return name == "dev1" ? 1 : name == "dev2" ? 2 : 0; }

JobContent content_of(uint8_t choice) {
  JobContent content;
  content.job = JobId{70};
  content.type = static_cast<JobType>(choice % 4 + 1);
  content.qos = (choice & 4) != 0 ? MessageQos::Qos1 : MessageQos::Qos0;
  content.body = content.type == JobType::Pub ? "anything" : R"({"x":1})";
  content.service_identifier = "restart";
  content.topic_short_name = "get";
  content.sync_service = (choice & 8) != 0;
  return content;
}

}  // namespace

World::World() : core_(kCore, *this, clock_, key_, gateway::GatewayConfig(), probe_, *this) {
  slots_.resize(kSlots);
}

Peer* World::find(ConnectionRef ref) {
  for (auto* list : {&slots_, &old_})
    for (const auto& peer : *list)
      if (peer && peer->ref == ref) return peer.get();
  return nullptr;
}

std::string World::task_code() const {
  return codec_.task_code(TaskKey{JobId{70}, std::max<int64_t>(last_sequence_, 1)});
}

// --- steps

void World::open(uint32_t slot) {
  hang_up(slot);
  auto peer = std::make_unique<Peer>();
  peer->ref = {slot, ++generation_};
  slots_[slot] = std::move(peer);
  core_.on_open({slot, generation_}, "10.0.0.7:4711");
}

void World::login(uint32_t slot, int device, std::string_view extension, LoginChoice choice) {
  if (!slots_[slot]) open(slot);
  const std::string client_id = "x|" + std::string(extension.substr(0, 80)) + "|";
  const std::string user = name_of(device) + "&a1pk";
  const std::string secret = choice.right_password ? kSecret : "guess";
  const std::string password =
      hex_lower(hmac(HashKind::Md5, secret, "clientIdxdeviceName" + name_of(device) + "productKeya1pk"));
  mqtt::ConnectView connect;
  connect.keep_alive_seconds = 60;
  connect.clean_session = choice.clean;
  if (choice.five) {
    connect.protocol_level = 5;
    connect.properties.receive_max = 3;
    if (!choice.clean) connect.properties.session_expiry_seconds = 100;
  }
  connect.client_id = client_id;
  connect.user_name = user;
  connect.password = password;
  std::string packet;
  mqtt::append_connect(packet, connect);
  bytes(slot, packet);
}

void World::bytes(uint32_t slot, std::string_view bytes) {
  while (!bytes.empty() && slots_[slot] && !slots_[slot]->gone) {
    Peer& peer = *slots_[slot];
    const std::string piece(bytes.substr(0, piece_bytes));
    bytes.remove_prefix(piece.size());
    if (!peer.device_broken) {
      const auto see = [&](const mqtt::Packet& packet) {
        see_device_packet(peer, packet);
        return mqtt::Reading::Continue;
      };
      peer.device_broken = peer.from_device.feed(piece, see).error.has_value();
    }
    core_.on_bytes(peer.ref, {reinterpret_cast<const uint8_t*>(piece.data()), piece.size()});
  }
}

void World::hang_up(uint32_t slot) {
  if (!slots_[slot]) return;
  const ConnectionRef ref = slots_[slot]->ref;
  slots_[slot]->gone = true;
  old_.push_back(std::move(slots_[slot]));
  core_.on_closed(ref);
}

void World::push(uint32_t slot, uint8_t choice) {
  if (!slots_[slot] || slots_[slot]->epoch == 0) return;
  Peer& peer = *slots_[slot];
  // Sometimes for a session that has ended.
  peer.stale = (choice & 0x70) == 0x70;
  const int64_t epoch = peer.epoch - (peer.stale ? 1 : 0);
  // Sometimes a direct message that waits for its PUBACK.
  const bool direct = (choice & 0x80) != 0;
  const int64_t number = ++last_sequence_;
  const TaskKey key = direct ? engine::offline_key(number) : TaskKey{JobId{70}, number};
  const int32_t attempt = direct ? 1 : 2;
  JobContent content = content_of(choice);
  if (direct) {
    if (content.type == JobType::CustomJob) content.type = JobType::Pub;
    content.qos = MessageQos::Qos1;
    content.sync_service = false;
  }
  if (!peer.stale) peer.unconfirmed.emplace(number, attempt);
  core_.deliver(engine::PushTask{peer.ref, epoch, key, attempt,
                                 std::make_shared<const JobContent>(std::move(content)),
                                 direct ? direct_alink_id(number) : 0});
  peer.stale = false;
}

void World::tell(uint32_t slot) {
  if (!slots_[slot]) return;
  core_.deliver(engine::TellTask{slots_[slot]->ref, slots_[slot]->epoch, TaskKey{JobId{70}, 1}, 2,
                                 TaskStatus::Cancelled});
}

void World::disconnect(uint32_t slot, uint8_t choice) {
  if (!slots_[slot]) return;
  Peer& peer = *slots_[slot];
  peer.stale = (choice & 1) != 0;
  const int64_t epoch = peer.epoch - (peer.stale ? 1 : 0);
  core_.deliver(engine::Disconnect{peer.ref, epoch, OfflineReason::Disabled});
  peer.stale = false;
}

void World::tick(int64_t seconds) {
  clock_.advance_us(seconds * 1'000'000);
  core_.tick(clock_.steady());
}

void World::finish() {
  engine_full = sink_full = false;
  while (!commands_.empty()) engine_step(0);
  core_.tick(clock_.steady());
  while (!commands_.empty()) engine_step(0);
  for (const auto& peer : slots_) {
    if (!peer || !peer->accepted || peer->closing) continue;
    demand(peer->session_told && !peer->session_closed);
    // Whatever is still open owes nothing: every QoS 1 publish was acknowledged, once.
    if (!peer->device_broken) demand(peer->pubacks == peer->publishes);
  }
  for (uint32_t slot = 0; slot < kSlots; ++slot) hang_up(slot);
  while (!commands_.empty()) engine_step(0);
  core_.tick(clock_.steady());
  demand(sessions_.empty() && core_.connection_count() == 0);
}

// --- what the core sends

bool World::send(ConnectionRef connection, std::string_view bytes) {
  Peer* peer = find(connection);
  demand(peer != nullptr && !peer->closing && !peer->stale && !bytes.empty());
  if (peer->gone) return false;
  if (sink_full) return false;
  const auto see = [&](const mqtt::Packet& packet) {
    see_core_packet(*peer, packet);
    return mqtt::Reading::Continue;
  };
  demand(!peer->from_core.feed(bytes, see).error);
  demand(peer->from_core.kept_bytes() == 0);  // whole packets only
  return true;
}

void World::close(ConnectionRef connection) {
  Peer* peer = find(connection);
  demand(peer != nullptr && !peer->stale);
  peer->closing = true;
}

mqtt::Version World::version(uint32_t slot) const {
  return slots_[slot] ? slots_[slot]->from_device.version() : mqtt::Version::Three;
}

void World::see_device_packet(Peer& peer, const mqtt::Packet& packet) {
  // The first CONNECT counts; a second one is a fault.
  const auto* connect = std::get_if<mqtt::ConnectView>(&packet);
  if (connect != nullptr && !std::exchange(peer.connect_seen, true) && connect->protocol_level == 5)
    peer.from_core.set_version(mqtt::Version::Five);
  if (const auto* publish = std::get_if<mqtt::PublishView>(&packet); publish && publish->qos == 1)
    ++peer.publishes[publish->packet_id];
  if (const auto* puback = std::get_if<mqtt::PubAck>(&packet)) peer.in_flight.erase(puback->packet_id);
}

void World::see_core_packet(Peer& peer, const mqtt::Packet& packet) {
  if (const auto* connack = std::get_if<mqtt::ConnAck>(&packet)) {
    demand(!peer.connack);
    peer.connack = true;
    peer.accepted = connack->code == 0;
    demand(!peer.accepted || peer.session_told || peer.registers);
    return;
  }
  demand(peer.accepted);
  if (const auto* puback = std::get_if<mqtt::PubAck>(&packet)) {
    // Owed, and not still in the engine's hands.
    const uint16_t id = puback->packet_id;
    demand(++peer.pubacks[id] <= peer.publishes[id] - peer.waiting[id]);
  } else if (const auto* publish = std::get_if<mqtt::PublishView>(&packet)) {
    see_publish(peer, *publish);
  } else {
    demand(std::holds_alternative<mqtt::SubAckView>(packet) ||
           std::holds_alternative<mqtt::UnsubAck>(packet) || std::holds_alternative<mqtt::PingResp>(packet) ||
           std::holds_alternative<mqtt::Disconnect>(packet));
  }
}

void World::see_publish(Peer& peer, const mqtt::PublishView& publish) {
  if (peer.registers) {
    demand(publish.topic.starts_with("/ext/reg") && parse_json(publish.payload).has_value());
    return;
  }
  const std::string own = "/a1pk/" + name_of(peer.device) + "/";
  demand(publish.topic.find(own) != std::string_view::npos);
  if (publish.qos == 1) demand(publish.packet_id != 0 && peer.in_flight.insert(publish.packet_id).second);
  if (publish.topic.find("/user/") == std::string_view::npos) demand(parse_json(publish.payload).has_value());
}

// --- the engine

Peer& World::session_peer(const engine::SessionRef& session) {
  Peer* peer = find(session.at.connection);
  demand(peer != nullptr && session.at.core == kCore && session.epoch != 0);
  demand(peer->epoch == session.epoch && session.device.value == peer->device);
  return *peer;
}

bool World::send(engine::Command&& command) {
  if (engine_full) return false;
  note(command);
  commands_.push_back(std::move(command));
  return true;
}

// What a command says of its sender must be true when it is sent.
void World::note(const engine::Command& command) {
  const auto living = [this](const engine::SessionRef& session) -> Peer& {
    Peer& peer = session_peer(session);
    demand(peer.session_told && !peer.session_closed);
    return peer;
  };
  const auto confirm = [&](const auto& c) {
    // Of this connection, or of an earlier one of a session that was kept, whose end may still be untold.
    Peer& peer = living(c.session);
    const std::pair<int64_t, int32_t> push{c.key.sequence, c.attempt};
    if (peer.unconfirmed.erase(push) == 1 || left_.erase({c.session.device.value, push}) == 1) return;
    for (const auto& [epoch, other] : sessions_)
      if (other->device == peer.device && other->unconfirmed.erase(push) == 1) return;
    demand(false);
  };
  std::visit(Overload{[](const engine::ApiCommand&) { demand(false); },
                      [this](const engine::FindDevice& c) {
                        Peer* peer = find(c.from.connection);
                        demand(peer != nullptr && !peer->connack && c.from.core == kCore);
                        demand(peer->device == 0);
                        peer->device = device_of(c.device_name);
                        peer->registers = c.kind == LoginKind::Register || c.kind == LoginKind::RegisterNew;
                      },
                      [this](const engine::AddDevice& c) {
                        const Peer* peer = find(c.from.connection);
                        demand(peer != nullptr && !peer->connack && peer->registers);
                      },
                      [this](const engine::OpenSession& c) {
                        const Peer* peer = find(c.from.connection);
                        demand(peer != nullptr && !peer->connack && c.device.value == peer->device);
                        demand(c.reachability != nullptr);
                      },
                      [&](const engine::CloseSession& c) {
                        Peer& peer = session_peer(c.session);
                        demand(!peer.session_closed);
                        peer.session_closed = true;
                        for (const auto& one : peer.unconfirmed) left_.insert({c.session.device.value, one});
                        sessions_.erase(c.session.epoch);
                      },
                      [&](const engine::PushConfirmed& c) { confirm(c); },
                      [&](const engine::PushWritten& c) { confirm(c); },
                      [&](const engine::PropertySeen& c) { confirm(c); },
                      [&](const engine::SetReachability& c) { living(c.session); },
                      [&](const engine::FirmwareReport& c) { living(c.session); },
                      [&](const engine::PropertyReport& c) {
                        living(c.session);
                        demand(!c.values.empty());
                      },
                      [&](const auto& c) {
                        Peer& peer = living(c.session);
                        if (c.echo.packet_id != 0) ++peer.waiting[c.echo.packet_id];
                      }},
             command);
}

void World::engine_step(uint8_t choice) {
  if (commands_.empty()) return;
  const engine::Command command = std::move(commands_.front());
  commands_.pop_front();
  answer(command, choice);
}

void World::answer(const engine::Command& command, uint8_t choice) {
  const auto answered = [this](const engine::SessionRef& session, uint16_t packet_id) {
    if (packet_id != 0) --session_peer(session).waiting[packet_id];
    return session.at.connection;
  };
  std::visit(
      Overload{[&](const engine::FindDevice& c) {
                 Result<engine::DeviceIdentity> identity = fail(ErrorCode::NotExistedDevice);
                 const int device = device_of(c.device_name);
                 if (device != 0 && choice % 16 != 15)
                   identity = engine::DeviceIdentity{DeviceId{device}, Secret(kSecret), Secret(kSecret)};
                 core_.deliver(engine::DeviceFound{c.from.connection, std::move(identity)});
               },
               [&](const engine::AddDevice& c) {
                 const int device = std::max(device_of(c.device_name), 1);
                 core_.deliver(engine::DeviceFound{
                     c.from.connection,
                     engine::DeviceIdentity{DeviceId{device}, Secret(kSecret), Secret(kSecret)}});
               },
               [&](const engine::OpenSession& c) { open_session(c, choice); },
               [&](const engine::JobGet& c) {
                 engine::JobGetReply reply{answered(c.session, c.echo.packet_id), c.kind, c.echo, {}};
                 if ((choice & 1) != 0)
                   reply.items.push_back({TaskKey{JobId{70}, 1}, TaskStatus::Sent,
                                          std::make_shared<const JobContent>(content_of(3))});
                 core_.deliver(std::move(reply));
               },
               [&](const engine::JobUpdate& c) {
                 Status status;
                 if ((choice & 1) != 0) status = fail(ErrorCode::NotExistedDevice);
                 core_.deliver(engine::JobUpdateReply{answered(c.session, c.echo.packet_id), c.echo, status});
               },
               [&](const engine::TagReport& c) {
                 Status status;
                 if ((choice & 1) != 0) status = fail(ErrorCode::TooManyTags);
                 const ConnectionRef to = answered(c.session, c.echo.packet_id);
                 core_.deliver(engine::TagReply{to, c.put.empty(), status, c.echo});
               },
               [&](const engine::CommandReply& c) {
                 const uint16_t id = c.echo.packet_id;
                 const ConnectionRef connection = answered(c.session, id);
                 if (id != 0) core_.deliver(engine::Ack{connection, id});
               },
               [](const auto&) {}},
      command);
}

// The newest session of a device wins.
void World::open_session(const engine::OpenSession& open, uint8_t choice) {
  if (choice % 16 == 15) {
    core_.deliver(engine::SessionRefused{open.from.connection, Error(ErrorCode::DeviceDisabled)});
    return;
  }
  std::vector<std::pair<ConnectionRef, int64_t>> others;
  for (const auto& [epoch, peer] : sessions_)
    if (peer->device == open.device.value) others.emplace_back(peer->ref, epoch);
  for (const auto& [ref, epoch] : others)
    core_.deliver(engine::Disconnect{ref, epoch, OfflineReason::TakenOver});
  Peer* peer = find(open.from.connection);
  demand(peer != nullptr);
  peer->epoch = ++last_epoch_;
  peer->session_told = true;
  sessions_[peer->epoch] = peer;
  core_.deliver(engine::SessionOpened{open.from.connection, open.device, peer->epoch});
}

}  // namespace rollcall::fuzz
