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
    if (int64_t* below = ws.subgroups.find(parent->id)) ++*below;
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

namespace {

bool gather_memberships(State& state, WorkingSet& ws, const Actor& actor, const std::string& group_code,
                        const std::vector<DeviceRef>& devices) {
  bool all = gather_group(ws, group_code);
  all = gather_refs(state, ws, devices) && all;
  const GroupId* group = ws.group_codes.find(group_code);
  if (!all || !group) return all;
  for (const DeviceRef& ref : devices)
    if (const Device* device = find_ref(state, ws, actor.instance, ref))
      all = ws.memberships.need({*group, device->id}) && all;
  return all;
}

}  // namespace

bool gather_group_devices(State& state, WorkingSet& ws, const Actor& actor, const AddGroupDevices& command) {
  return gather_memberships(state, ws, actor, command.group_code, command.devices);
}

bool gather_removal(State& state, WorkingSet& ws, const Actor& actor, const RemoveGroupDevices& command) {
  return gather_memberships(state, ws, actor, command.group_code, command.devices);
}

// A device that leaves has the number of that moment: jobs whose snapshot is older still get its task
// (DESIGN 5.6).
Result<Outcome> remove_group_devices(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                     const RemoveGroupDevices& command) {
  ROLLCALL_TRY(Group * group, own_group(ws, actor.instance, command.group_code));
  GroupDevicesRemoved result;
  std::unordered_set<DeviceId> seen;
  for (const DeviceRef& ref : command.devices) {
    const Device* device = find_ref(state, ws, actor.instance, ref);
    if (!device || !seen.insert(device->id).second) continue;
    ++result.valid;
    auto* membership = ws.memberships.find({group->id, device->id});
    if (!membership || !membership->in_group) continue;
    ++result.already;
    ROLLCALL_TRY(const int64_t left, state.ids.next("join", 10'000));
    decision.changes.leaving.push_back({group->id, device->id, device->product, left, state.clock.wall()});
    membership->in_group = false;
    --membership->groups;
    --group->device_count;
    ++result.removed;
  }
  if (result.removed > 0) state.note_members_left();
  return Outcome(result);
}

Result<Outcome> update_group(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const UpdateGroup& command) {
  ROLLCALL_TRY(Group * group, own_group(ws, actor.instance, command.group_code));
  if (group->description == command.description) return Outcome(Done{});
  group->description = command.description;
  decision.changes.groups.push_back({group->id, command.description, false, state.clock.wall()});
  return Outcome(Done{});
}

bool gather_delete_group(WorkingSet& ws, const Actor& actor, const DeleteGroup& command) {
  if (!both(gather_group(ws, command.group_code), ws.group_counts.need(actor.instance))) return false;
  const GroupId* id = ws.group_codes.find(command.group_code);
  return !id || ws.subgroups.need(*id);
}

// Nothing but the group's own row says that it is gone; the rows of its members are cleared away in upkeep,
// once no job that is still being made wants them (DESIGN 5.6).
Result<Outcome> delete_group(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const DeleteGroup& command) {
  ROLLCALL_TRY(const Group* found, own_group(ws, actor.instance, command.group_code));
  const Group group = *found;
  if (const int64_t* below = ws.subgroups.find(group.id); below && *below > 0)
    return fail(ErrorCode::GroupHasSubgroups,
                "the group " + group.name + " has " + std::to_string(*below) + " group(s) below it");
  decision.changes.groups.push_back({group.id, {}, true, state.clock.wall()});
  if (int64_t* count = ws.group_counts.find(actor.instance)) --*count;
  if (int64_t* below = ws.subgroups.find(group.parent)) --*below;
  ws.group_codes.remove(group.code);
  ws.group_names.remove({actor.instance, group.name});
  ws.groups.remove(group.id);
  state.note_members_left();
  return Outcome(Done{});
}

}  // namespace rollcall::engine
