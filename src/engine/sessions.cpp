// Logins and their ends: who the device is, that it has one session at most, and its presence
// (device-protocol 1.8; DESIGN 3).
#include <algorithm>

#include "base/canary.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {

void decide_find(State& state, WorkingSet& ws, Decision& decision, const FindDevice& command) {
  Result<DeviceIdentity> identity = fail(ErrorCode::NotExistedDevice);
  if (command.kind == LoginKind::Register || command.kind == LoginKind::RegisterNew) {
    identity = find_registration(state, ws, command.product_key, command.device_name, command.kind);
  } else if (const ProductId* product = ws.product_keys.find(command.product_key)) {
    if (const DeviceId* id = ws.device_names.find({*product, command.device_name})) {
      const Device* device = ws.devices.find(*id);
      if (device && device->enabled)
        identity = DeviceIdentity{device->id, device->secret, {}};
      else if (device)
        identity = fail(ErrorCode::DeviceDisabled);
    }
  }
  decision.emit(command.from.core, DeviceFound{command.from.connection, std::move(identity)});
}

void decide_open(State& state, WorkingSet& ws, Decision& decision, const OpenSession& command) {
  const Device* device = ws.devices.find(command.device);
  if (!device || !device->enabled) {
    Error error(device ? ErrorCode::DeviceDisabled : ErrorCode::NotExistedDevice);
    decision.emit(command.from.core, SessionRefused{command.from.connection, std::move(error)});
    return;
  }
  Presence& presence = presence_to_write(state, ws, device->id);

  if (Session* old = state.sessions.find(device->id))  // the later login wins (device-protocol 1.8)
    decision.emit(old->at.core, Disconnect{old->at.connection, old->epoch, OfflineReason::TakenOver});
  else
    state.probe.devices_connected.add(1);

  const WallMs now = state.clock.wall();
  presence.online = true;
  ++presence.connection_epoch;
  // Two processes never give the same, and the later login has the higher one.
  if (state.process != 0)
    presence.connection_epoch =
        std::max(presence.connection_epoch, now.value * 1'024 + state.process % 1'024);
  presence.online_at = now;
  presence.changed_at = now;
  presence.address = command.address;
  presence.offline_reason = OfflineReason::Unknown;
  if (presence.activated_at.value == 0) presence.activated_at = now;

  Session& session = state.sessions.open(device->id);
  session = Session{};
  session.at = command.from;
  session.epoch = presence.connection_epoch;
  session.reachability = command.reachability;
  session.keeps_messages = command.keeps_messages;
  state.sessions.settling.push_back(
      {state.clock.steady() + (canary(Canary::PushBeforeNext) ? 0 : state.config.next_wait_ms * 1000),
       device->id, session.epoch});
  decision.emit(command.from.core, SessionOpened{command.from.connection, device->id, session.epoch});
  open_messages(state, session, device->id, command.begins_anew);
}

void decide_close(State& state, WorkingSet& ws, const CloseSession& command) {
  const Session* session = state.sessions.find(command.session.device);
  if (!session) return;
  if (session->epoch != command.session.epoch && !canary(Canary::LateCloseEndsSession))
    return;  // an older connection: the present session stays
  state.sessions.close(command.session.device);
  state.probe.devices_connected.add(-1);
  Presence& presence = presence_to_write(state, ws, command.session.device);
  presence.online = false;
  presence.changed_at = state.clock.wall();
  presence.offline_reason = command.reason;
}

}  // namespace rollcall::engine
