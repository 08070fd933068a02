// What is known of a device beside its tasks: presence, firmware, and the tags it gives itself
// (device-protocol 5.5, 5.6).
#include <algorithm>

#include "base/text.hpp"
#include "engine/fleet.hpp"

namespace rollcall::engine {
namespace {

Status put_all(std::vector<DeviceTag>& tags, const std::vector<DeviceTag>& put) {
  for (const DeviceTag& tag : put) {
    ROLLCALL_TRY_STATUS(check_tag(tag));
    const auto same =
        std::find_if(tags.begin(), tags.end(), [&](const auto& t) { return t.name == tag.name; });
    if (same == tags.end())
      tags.push_back(tag);
    else
      same->value = tag.value;
  }
  if (tags.size() <= limits::kTagsPerDeviceMax) return {};
  return fail(ErrorCode::TooManyTags, "a device has at most " + std::to_string(limits::kTagsPerDeviceMax) +
                                          " tags, not " + std::to_string(tags.size()));
}

}  // namespace

bool gather_presence(State& state, WorkingSet& ws, DeviceId device) {
  return state.sessions.presence_unwritten.contains(device) || ws.presence.need(device);
}

Presence& presence_to_write(State& state, WorkingSet& ws, DeviceId device) {
  auto [it, fresh] = state.sessions.presence_unwritten.try_emplace(device);
  if (fresh) {
    if (const Presence* stored = ws.presence.find(device)) it->second = *stored;
    it->second.device = device;
  }
  state.note_lazy();
  return it->second;
}

void take_firmware(State& state, WorkingSet& ws, const FirmwareReport& command) {
  if (!state.sessions.find(command.session)) return;
  presence_to_write(state, ws, command.session.device).firmware_version = command.version;
}

bool gather_tags(State&, WorkingSet& ws, const TagReport& command) {
  const bool tags = ws.device_tags.need(command.session.device);
  if (!ws.devices.need(command.session.device)) return false;
  const Device* device = ws.devices.find(command.session.device);
  return (!device || ws.products.need(device->product)) && tags;
}

void decide_tags(State& state, WorkingSet& ws, Decision& decision, const TagReport& command) {
  const Session* session = state.sessions.find(command.session);
  const Device* device = ws.devices.find(command.session.device);
  const Product* product = device ? ws.products.find(device->product) : nullptr;
  if (!session || !product) return;
  TagReply reply{session->at.connection, command.put.empty(), {}, command.echo};
  std::vector<DeviceTag> tags;
  if (const auto* stored = ws.device_tags.find(device->id)) tags = *stored;
  reply.status = put_all(tags, command.put);
  if (reply.status) {
    if (!command.put.empty())
      decision.changes.tags.push_back({device->id, product->instance, command.put, {}});
    for (const std::string& name : command.dropped)
      if (std::erase_if(tags, [&](const auto& tag) { return tag.name == name; }) > 0)
        decision.changes.tags.push_back({device->id, product->instance, {}, name});
    ws.device_tags.put(device->id, std::move(tags));
  }
  decision.emit(session->at.core, std::move(reply));
}

}  // namespace rollcall::engine
