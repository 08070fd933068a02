// Decisions about device groups (cloud-api C.3).
#include <unordered_set>

#include "base/text.hpp"
#include "engine/fleet.hpp"

namespace rollcall::engine {

// The group if it is the actor's; NotExistedGroup otherwise.
Result<Group*> own_group(WorkingSet& ws, InstanceId instance, const std::string& code) {
  const GroupId* id = ws.group_codes.find(code);
  Group* group = id ? ws.groups.find(*id) : nullptr;
  if (!group || group->instance != instance)
    return fail(ErrorCode::NotExistedGroup, "the device group " + excerpt(code) + " does not exist");
  return group;
}

// The group of a code with its row.
bool gather_group(WorkingSet& ws, const std::string& code) {
  if (!ws.group_codes.need(code)) return false;
  const GroupId* id = ws.group_codes.find(code);
  return !id || ws.groups.need(*id);
}

Result<Outcome> create_group(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const CreateGroup& command) {
  Group group = command.group;
  group.instance = actor.instance;
  if (ws.group_names.find({actor.instance, group.name}))
    return fail(ErrorCode::AlreadyExistedGroupName, "a group named " + group.name + " exists already");
  if (!command.parent_code.empty()) {
    ROLLCALL_TRY(const Group* parent, own_group(ws, actor.instance, command.parent_code));
    group.parent = parent->id;
  }
  const int64_t* count = ws.group_counts.find(actor.instance);
  if (count && *count >= static_cast<int64_t>(limits::kGroupsMax))
    return fail(ErrorCode::GroupCountExceedMax);
  ROLLCALL_TRY(group.id.value, state.ids.next("group"));
  if (group.code.empty()) group.code = state.codec.group_code(group.id);
  group.created_at = state.clock.wall();
  group.device_count = 0;
  ws.group_names.put({actor.instance, group.name}, group.id);
  ws.group_codes.put(group.code, group.id);
  ws.groups.put(group.id, group);
  if (count) ws.group_counts.put(actor.instance, *count + 1);
  decision.changes.new_groups.push_back({group});
  return Outcome(GroupMade{group});
}

Result<Outcome> add_group_devices(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                  const AddGroupDevices& command) {
  ROLLCALL_TRY(Group * group, own_group(ws, actor.instance, command.group_code));
  GroupDevicesAdded result;
  std::vector<Device*> joining;
  std::unordered_set<DeviceId> seen;
  for (const DeviceRef& ref : command.devices) {
    Device* device = find_ref(state, ws, actor.instance, ref);
    if (!device || !seen.insert(device->id).second) continue;
    ++result.valid;
    const auto* membership = ws.memberships.find({group->id, device->id});
    if (membership && membership->in_group)
      ++result.already;
    else if (membership && membership->groups >= limits::kGroupsPerDeviceMax)
      ++result.exceed_ten;
    else
      joining.push_back(device);
  }
  if (group->device_count + static_cast<int64_t>(joining.size()) >
      static_cast<int64_t>(limits::kGroupDevicesMax))
    return fail(ErrorCode::DeviceCountExceeded, "a group holds at most 100000 devices");
  for (Device* device : joining) {
    ROLLCALL_TRY(int64_t join, state.ids.next("join", 10'000));
    decision.changes.new_members.push_back({group->id, device->id, join, device->product});
    const auto* old = ws.memberships.find({group->id, device->id});
    const int32_t groups = old ? old->groups + 1 : 1;
    ws.memberships.put({group->id, device->id}, {device->id, true, groups});
    ++group->device_count;
    ++result.added;
  }
  return Outcome(result);
}

bool gather_group_devices(State& state, WorkingSet& ws, const Actor& actor, const AddGroupDevices& command) {
  bool all = gather_group(ws, command.group_code);
  all = gather_refs(state, ws, command.devices) && all;
  const GroupId* group = ws.group_codes.find(command.group_code);
  if (!all || !group) return all;
  for (const DeviceRef& ref : command.devices)
    if (const Device* device = find_ref(state, ws, actor.instance, ref))
      all = ws.memberships.need({*group, device->id}) && all;
  return all;
}

}  // namespace rollcall::engine
