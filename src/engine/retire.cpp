// DisableThing, EnableThing, DeleteDevice (cloud-api C.2, DESIGN 5.18). A device that may not stay is told by
// the effect of the command, which leaves after the commit; its session ends in memory after the commit too,
// and is only marked until then: nothing more is pushed on it, and if the commit fails it goes on.
#include <algorithm>

#include "base/log.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

// The device if it is the actor's; NotExistedDevice otherwise.
Result<Device*> own_device(State& state, WorkingSet& ws, const Actor& actor, const DeviceRef& ref) {
  Device* device = find_ref(state, ws, actor.instance, ref);
  if (device) return device;
  const std::string name = ref.iot_id.empty() ? ref.product_key + "/" + ref.device_name : ref.iot_id;
  return fail(ErrorCode::NotExistedDevice, "the device " + name + " does not exist");
}

void hang_up(State& state, Decision& decision, DeviceId device, OfflineReason reason) {
  Session* session = state.sessions.find(device);
  if (!session) return;
  session->leaving = true;
  decision.emit(session->at.core, Disconnect{session->at.connection, session->epoch, reason});
}

// As CloseSession does, which the core will send too late.
void close_session(State& state, DeviceId device, OfflineReason reason) {
  state.sessions.close(device);
  state.probe.devices_connected.add(-1);
  auto [it, fresh] = state.sessions.presence_unwritten.try_emplace(device);
  if (fresh) {
    const DeviceId ids[] = {device};
    if (auto rows = state.store.presence(ids); rows && !rows->empty()) it->second = rows->front();
  }
  it->second.device = device;
  it->second.online = false;
  it->second.changed_at = state.clock.wall();
  it->second.offline_reason = reason;
  state.note_lazy();
}

}  // namespace

Result<Outcome> set_thing_enabled(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                  const SetThingEnabled& command) {
  ROLLCALL_TRY(Device * device, own_device(state, ws, actor, command.device));
  if (device->enabled == command.enabled) return Outcome(Done{});
  decision.changes.devices.push_back(
      {device->id, device->product, device->enabled, command.enabled, false, state.clock.wall()});
  device->enabled = command.enabled;
  if (!command.enabled) hang_up(state, decision, device->id, OfflineReason::Disabled);
  return Outcome(Done{});
}

Result<Outcome> delete_device(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const DeleteDevice& command) {
  ROLLCALL_TRY(const Device* found, own_device(state, ws, actor, command.device));
  const Device device = *found;
  decision.changes.devices.push_back(
      {device.id, device.product, device.enabled, device.enabled, true, state.clock.wall()});
  if (Product* product = ws.products.find(device.product)) --product->device_count;
  ws.device_names.remove({device.product, device.name});
  if (!device.foreign_iot_id.empty()) ws.foreign_iot_ids.remove(device.foreign_iot_id);
  ws.devices.remove(device.id);
  hang_up(state, decision, device.id, OfflineReason::Deleted);
  return Outcome(Done{});
}

void absorb_devices(State& state, const Decision& decision, const store::CommitResult& result) {
  const auto& changes = decision.changes.devices;
  const auto& missed = result.missed_devices;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (std::find(missed.begin(), missed.end(), i) != missed.end()) continue;
    const Session* session = state.sessions.find(changes[i].id);
    if (session && session->leaving)
      close_session(state, changes[i].id,
                    changes[i].deleted ? OfflineReason::Deleted : OfflineReason::Disabled);
    if (changes[i].deleted) log_info("device.deleted", {{"device", changes[i].id.value}});
  }
  undo_devices(state, decision);  // what missed is decided again
  for (const auto& [key, status] : result.ended) state.probe.tasks_total[static_cast<size_t>(status)].add();
}

void undo_devices(State& state, const Decision& decision) {
  for (const store::DeviceChange& change : decision.changes.devices)
    if (Session* session = state.sessions.find(change.id)) session->leaving = false;
}

}  // namespace rollcall::engine
