// Decisions about the tags of devices (SaveDeviceProp, DeleteDeviceProp).
#include <algorithm>

#include "base/text.hpp"
#include "engine/fleet.hpp"

namespace rollcall::engine {
namespace {

Result<Device*> named_device(State& state, WorkingSet& ws, const Actor& actor, const DeviceRef& ref) {
  if (Device* device = find_ref(state, ws, actor.instance, ref)) return device;
  const std::string name = ref.iot_id.empty() ? ref.product_key + "/" + ref.device_name : ref.iot_id;
  return fail(ErrorCode::NotExistedDevice, "the device " + excerpt(name) + " does not exist");
}

}  // namespace

bool gather_tags(State& state, WorkingSet& ws, const Actor& actor, const DeviceRef& ref) {
  if (!gather_ref(state, ws, ref)) return false;
  const Device* device = find_ref(state, ws, actor.instance, ref);
  return !device || ws.device_tags.need(device->id);
}

Result<Outcome> save_tags(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                          const SaveTags& command) {
  ROLLCALL_TRY(const Device* device, named_device(state, ws, actor, command.device));
  std::vector<DeviceTag> tags;
  if (const auto* stored = ws.device_tags.find(device->id)) tags = *stored;
  for (const DeviceTag& tag : command.tags) {
    auto same = std::find_if(tags.begin(), tags.end(), [&](const auto& one) { return one.name == tag.name; });
    if (same == tags.end())
      tags.push_back(tag);
    else
      same->value = tag.value;
  }
  if (tags.size() > limits::kTagsPerDeviceMax)
    return fail(ErrorCode::TooManyTags, "a device has at most " + std::to_string(limits::kTagsPerDeviceMax) +
                                            " tags, not " + std::to_string(tags.size()));
  decision.changes.tags.push_back({device->id, actor.instance, command.tags, {}});
  ws.device_tags.put(device->id, std::move(tags));
  return Outcome(Done{});
}

Result<Outcome> delete_tag(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                           const DeleteTag& command) {
  ROLLCALL_TRY(const Device* device, named_device(state, ws, actor, command.device));
  auto* tags = ws.device_tags.find(device->id);
  const auto removed =
      tags ? std::erase_if(*tags, [&](const auto& one) { return one.name == command.name; }) : 0;
  if (removed > 0) decision.changes.tags.push_back({device->id, actor.instance, {}, command.name});
  return Outcome(Done{});
}

}  // namespace rollcall::engine
