// A chunk of a fleet that comes in with its own identities: checked whole, then taken whole, repeatable
// (DESIGN 5.22). A dry run looks at every row and tells what would become of it.
#include <algorithm>
#include <unordered_set>

#include "base/text.hpp"
#include "engine/fleet.hpp"

namespace rollcall::engine {
namespace {

using DeviceEntry = ImportFleet::DeviceEntry;
using GroupEntry = ImportFleet::GroupEntry;
using TaskEntry = ImportFleet::TaskEntry;

Error bad(const std::string& why) { return Error(ErrorCode::InvalidFormattedParameter, why); }

// One import: the scratch it decides into, and what it may name beside what is there.
struct Import {
  State& state;
  WorkingSet& ws;
  Decision& decision;
  const Actor& actor;
  const ImportFleet& command;
  std::unordered_set<std::string> coming_products = {};
  std::unordered_set<std::string> coming_groups = {};

  Result<Imported> take(const ImportFleet::ProductEntry& entry) {
    return import_product(state, ws, decision, actor, entry);
  }
  Result<Imported> take(const GroupEntry& entry);
  Result<Imported> take(const DeviceEntry& entry);
  Result<Imported> take(const TaskEntry& entry);

 private:
  Group* own_group(const std::string& code) const {
    const GroupId* id = ws.group_codes.find(code);
    Group* group = id ? ws.groups.find(*id) : nullptr;
    return group && group->instance == actor.instance ? group : nullptr;
  }
  bool coming_group(const std::string& code) const { return coming_groups.count(code) != 0; }
  Result<Device> changed_device(const Device& old, const DeviceEntry& entry);
  Status check_iot_id(Device& device, const Device* old);
  Status check_groups(const DeviceEntry& entry) const;
  Status join(Group& group, const Device& device, bool& changed);
  Result<bool> put_tags(DeviceId device, const std::vector<DeviceTag>& given);
  Result<Imported> make_group(const GroupEntry& entry);
  Result<bool> change_group(const Group& old, const GroupEntry& entry);
};

// The IotId of this very store is no foreign one.
Status Import::check_iot_id(Device& device, const Device* old) {
  if (device.foreign_iot_id.empty()) return {};
  const auto own = state.codec.device_id(device.foreign_iot_id);
  const DeviceId* holder = own ? &*own : ws.foreign_iot_ids.find(device.foreign_iot_id);
  if (own ? !old || *own != old->id : holder && (!old || *holder != old->id))
    return fail(bad("the IotId belongs to another device"));
  if (own) device.foreign_iot_id.clear();
  return {};
}

Result<Device> Import::changed_device(const Device& old, const DeviceEntry& entry) {
  Device device = entry.device;
  ROLLCALL_TRY_STATUS(check_iot_id(device, &old));
  if (device.enabled != old.enabled)
    return fail(bad(std::string("the device is ") + (old.enabled ? "enabled" : "disabled") +
                    " here: EnableThing and DisableThing change that"));
  device.id = old.id;
  device.product = old.product;
  device.created_at = old.created_at;
  device.modified_at = old.modified_at;
  if (device.secret.empty()) device.secret = old.secret;
  if (device.foreign_iot_id.empty()) device.foreign_iot_id = old.foreign_iot_id;
  if (device.nickname.empty()) device.nickname = old.nickname;
  if (device.serial.empty()) device.serial = old.serial;
  return device;
}

Status Import::check_groups(const DeviceEntry& entry) const {
  for (const std::string& code : entry.groups)
    if (!own_group(code) && !coming_group(code))
      return fail(bad("the group " + excerpt(code) + " does not exist"));
  return {};
}

Status Import::join(Group& group, const Device& device, bool& changed) {
  const auto* membership = ws.memberships.find({group.id, device.id});
  if (membership && membership->in_group) return {};
  if (membership && membership->groups >= limits::kGroupsPerDeviceMax)
    return fail(bad("a device is in at most " + std::to_string(limits::kGroupsPerDeviceMax) + " groups"));
  if (group.device_count >= static_cast<int64_t>(limits::kGroupDevicesMax))
    return fail(ErrorCode::DeviceCountExceeded, "the group " + group.code + " holds as many as it may");
  ROLLCALL_TRY(const int64_t number, state.ids.next("join", 10'000));
  decision.changes.new_members.push_back({group.id, device.id, number, device.product});
  ws.memberships.put({group.id, device.id}, {device.id, true, membership ? membership->groups + 1 : 1});
  ++group.device_count;
  changed = true;
  return {};
}

Result<bool> Import::put_tags(DeviceId device, const std::vector<DeviceTag>& given) {
  std::vector<DeviceTag> tags;
  if (const auto* stored = ws.device_tags.find(device)) tags = *stored;
  store::TagChange change{device, actor.instance, {}, {}};
  for (const DeviceTag& tag : given) {
    const auto old =
        std::find_if(tags.begin(), tags.end(), [&](const auto& one) { return one.name == tag.name; });
    if (old != tags.end() && old->value == tag.value) continue;
    change.put.push_back(tag);
    if (old == tags.end())
      tags.push_back(tag);
    else
      old->value = tag.value;
  }
  if (tags.size() > limits::kTagsPerDeviceMax)
    return fail(bad("a device has at most " + std::to_string(limits::kTagsPerDeviceMax) + " tags"));
  if (change.put.empty()) return false;
  decision.changes.tags.push_back(std::move(change));
  ws.device_tags.put(device, std::move(tags));
  return true;
}

Result<Imported> Import::take(const DeviceEntry& entry) {
  const ProductId* product_id = ws.product_keys.find(entry.product_key);
  Product* product = product_id ? ws.products.find(*product_id) : nullptr;
  if (!product || product->instance != actor.instance) {
    if (product || coming_products.count(entry.product_key) == 0)
      return fail(bad("the product " + entry.product_key + " does not exist"));
    return check_groups(entry).map([] { return Imported::New; });  // like its product
  }
  ROLLCALL_TRY_STATUS(check_groups(entry));
  const DeviceId* id = ws.device_names.find({product->id, entry.device.name});
  const Device* old = id ? ws.devices.find(*id) : nullptr;
  Device device = entry.device;
  bool changed = false;
  if (old) {
    ROLLCALL_TRY(device, changed_device(*old, entry));
    changed = device.secret != old->secret || device.foreign_iot_id != old->foreign_iot_id ||
              device.nickname != old->nickname || device.serial != old->serial;
    if (changed) decision.changes.put_devices.push_back({device});
  } else {
    ROLLCALL_TRY_STATUS(check_iot_id(device, nullptr));
    device.product = product->id;
    ROLLCALL_TRY(device.id.value, state.ids.next("device", 10'000));
    if (device.secret.empty()) device.secret = Secret(state.random.hex(16));
    device.created_at = state.clock.wall();
    decision.changes.new_devices.push_back({device, product->key});
    ++product->device_count;
  }
  const bool is_new = old == nullptr;
  ROLLCALL_TRY(const bool tagged, put_tags(device.id, entry.tags));
  changed = changed || tagged;
  for (const std::string& code : entry.groups) {
    Group* group = own_group(code);
    if (group)
      ROLLCALL_TRY_STATUS(join(*group, device, changed));
    else
      changed = true;  // in a dry run: one that is to come
  }
  ws.device_names.put({product->id, device.name}, device.id);
  if (!device.foreign_iot_id.empty()) ws.foreign_iot_ids.put(device.foreign_iot_id, device.id);
  ws.devices.put(device.id, device);
  return is_new ? Imported::New : changed ? Imported::Changed : Imported::Same;
}

Result<bool> Import::change_group(const Group& old, const GroupEntry& entry) {
  if (entry.name && *entry.name != old.name)
    return fail(bad("the group is named " + old.name + " here, not " + *entry.name));
  if (entry.parent_code) {
    const Group* parent = own_group(*entry.parent_code);
    if (!parent || parent->id != old.parent)
      return fail(bad("the group stands below another one here than " + excerpt(*entry.parent_code)));
  }
  if (!entry.description || *entry.description == old.description) return false;
  decision.changes.groups.push_back({old.id, entry.description, false, state.clock.wall()});
  Group group = old;
  group.description = *entry.description;
  ws.groups.put(group.id, group);
  return true;
}

Result<Imported> Import::make_group(const GroupEntry& entry) {
  Group group;
  group.code = entry.code;
  group.name = entry.name.value_or(entry.code);
  group.description = entry.description.value_or("");
  group.instance = actor.instance;
  if (ws.group_names.find({actor.instance, group.name}))
    return fail(bad("another group is named " + group.name));
  const int64_t* count = ws.group_counts.find(actor.instance);
  if (count && *count >= static_cast<int64_t>(limits::kGroupsMax))
    return fail(ErrorCode::GroupCountExceedMax);
  if (entry.parent_code) {
    const Group* parent = own_group(*entry.parent_code);
    if (!parent && !coming_group(*entry.parent_code))
      return fail(bad("the group " + excerpt(*entry.parent_code) + " above it does not exist"));
    if (parent) group.parent = parent->id;
  }
  ROLLCALL_TRY(group.id.value, state.ids.next("group"));
  group.created_at = state.clock.wall();
  decision.changes.new_groups.push_back({group});
  if (count) ws.group_counts.put(actor.instance, *count + 1);
  ws.group_codes.put(group.code, group.id);
  ws.group_names.put({actor.instance, group.name}, group.id);
  ws.groups.put(group.id, group);
  return Imported::New;
}

Result<Imported> Import::take(const GroupEntry& entry) {
  const GroupId* id = ws.group_codes.find(entry.code);
  const Group* old = id ? ws.groups.find(*id) : nullptr;
  if (old && old->instance != actor.instance) return fail(bad("the GroupId is taken"));
  Imported result = Imported::Same;
  bool changed = false;
  if (old) {
    ROLLCALL_TRY(changed, change_group(*old, entry));
  } else {
    ROLLCALL_TRY(result, make_group(entry));
  }
  Group& group = *own_group(entry.code);
  for (const DeviceRef& ref : entry.devices) {
    const Device* device = find_ref(state, ws, actor.instance, ref);
    if (!device)
      return fail(bad("the device " + ref.product_key + "/" + ref.device_name + " does not exist"));
    ROLLCALL_TRY_STATUS(join(group, *device, changed));
  }
  return result == Imported::Same && changed ? Imported::Changed : result;
}

const Job* job_of(State& state, WorkingSet& ws, JobId id) {
  if (const JobState* held = state.jobs.find(id)) return &held->job;
  return ws.jobs.find(id);
}

Result<Imported> Import::take(const TaskEntry& entry) {
  const Job* job = ws.tasks.find(entry.key) ? job_of(state, ws, entry.key.job) : nullptr;
  if (!job || job->instance != actor.instance) return fail(bad("there is no such task"));
  const TaskKey* old = ws.task_aliases.find(entry.foreign_id);
  if (old && *old == entry.key) return Imported::Same;
  if (old) {
    const Job* owner = job_of(state, ws, old->job);
    if (owner && owner->instance != actor.instance) return fail(bad("the ForeignTaskId is taken"));
  }
  const Imported result = old ? Imported::Changed : Imported::New;
  decision.changes.task_aliases.push_back({entry.foreign_id, entry.key});
  ws.task_aliases.put(entry.foreign_id, entry.key);
  return result;
}

bool gather_job(State& state, WorkingSet& ws, JobId id) { return state.jobs.find(id) || ws.jobs.need(id); }

bool gather_task(State& state, WorkingSet& ws, const TaskEntry& entry) {
  bool all = ws.tasks.need(entry.key);
  all = gather_job(state, ws, entry.key.job) && all;
  if (!ws.task_aliases.need(entry.foreign_id)) return false;
  const TaskKey* old = ws.task_aliases.find(entry.foreign_id);
  return (!old || gather_job(state, ws, old->job)) && all;
}

bool gather_group_code(WorkingSet& ws, const std::string& code) {
  if (!ws.group_codes.need(code)) return false;
  const GroupId* id = ws.group_codes.find(code);
  return !id || ws.groups.need(*id);
}

bool gather_device(WorkingSet& ws, const DeviceEntry& entry) {
  bool all = entry.device.foreign_iot_id.empty() || ws.foreign_iot_ids.need(entry.device.foreign_iot_id);
  for (const std::string& code : entry.groups) all = gather_group_code(ws, code) && all;
  if (!ws.product_keys.need(entry.product_key)) return false;
  const ProductId* product = ws.product_keys.find(entry.product_key);
  if (!product) return all;
  all = ws.products.need(*product) && all;
  if (!ws.device_names.need({*product, entry.device.name})) return false;
  const DeviceId* id = ws.device_names.find({*product, entry.device.name});
  if (!id) return all;
  all = ws.devices.need(*id) && all;
  if (!entry.tags.empty()) all = ws.device_tags.need(*id) && all;
  for (const std::string& code : entry.groups)
    if (const GroupId* group = ws.group_codes.find(code)) all = ws.memberships.need({*group, *id}) && all;
  return all;
}

bool gather_group(State& state, WorkingSet& ws, const Actor& actor, const GroupEntry& entry) {
  bool all = ws.group_names.need({actor.instance, entry.name.value_or(entry.code)});
  all = ws.group_counts.need(actor.instance) && all;
  all = gather_group_code(ws, entry.code) && all;
  if (entry.parent_code) all = gather_group_code(ws, *entry.parent_code) && all;
  for (const DeviceRef& ref : entry.devices) all = gather_ref(state, ws, ref) && all;
  const GroupId* id = ws.group_codes.find(entry.code);
  if (!all || !id) return all;
  for (const DeviceRef& ref : entry.devices)
    if (const Device* device = find_ref(state, ws, actor.instance, ref))
      all = ws.memberships.need({*id, device->id}) && all;
  return all;
}

// In a dry run what is refused is told of and left out.
template <class Entry>
Status take_each(Import& import, const std::vector<Entry>& entries, ImportTally& tally,
                 FleetImported& result) {
  for (const Entry& entry : entries) {
    const auto taken = import.take(entry);
    if (!taken) {
      const std::string why = public_message(taken.error());
      if (!import.command.dry_run) return fail(Error(taken.error().code, entry.place + ": " + why));
      ++tally.refused;
      if (result.refusals.size() < limits::kImportRefusalsTold) result.refusals.push_back({entry.place, why});
      continue;
    }
    count_imported(tally, *taken);
  }
  return {};
}

void append_changes(store::ChangeSet& to, store::ChangeSet& from) {
  const auto append = [](auto& target, auto& source) {
    target.insert(target.end(), std::make_move_iterator(source.begin()),
                  std::make_move_iterator(source.end()));
  };
  append(to.new_products, from.new_products);
  append(to.put_products, from.put_products);
  append(to.new_devices, from.new_devices);
  append(to.put_devices, from.put_devices);
  append(to.new_groups, from.new_groups);
  append(to.new_members, from.new_members);
  append(to.thing_models, from.thing_models);
  append(to.groups, from.groups);
  append(to.tags, from.tags);
  append(to.task_aliases, from.task_aliases);
  append(to.new_topics, from.new_topics);
  append(to.topics, from.topics);
}

}  // namespace

bool gather_import(State& state, WorkingSet& ws, const Actor& actor, const ImportFleet& command) {
  bool all = true;
  for (const auto& entry : command.products) all = gather_product_import(ws, actor.instance, entry) && all;
  for (const auto& entry : command.groups) all = gather_group(state, ws, actor, entry) && all;
  for (const auto& entry : command.devices) all = gather_device(ws, entry) && all;
  for (const auto& entry : command.tasks) all = gather_task(state, ws, entry) && all;
  return all;
}

// Decides into a scratch decision and a scratch copy of the rows: of what is refused nothing stays.
Result<Outcome> decide_import(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const ImportFleet& command) {
  Decision scratch;
  WorkingSet rows = ws;
  FleetImported result = command.refused;
  Import import{state, rows, scratch, actor, command};
  if (command.dry_run) {
    import.coming_products.insert(command.known_products.begin(), command.known_products.end());
    import.coming_groups.insert(command.known_groups.begin(), command.known_groups.end());
  }
  ROLLCALL_TRY_STATUS(take_each(import, command.products, result.products, result));
  ROLLCALL_TRY_STATUS(take_each(import, command.groups, result.groups, result));
  ROLLCALL_TRY_STATUS(take_each(import, command.devices, result.devices, result));
  ROLLCALL_TRY_STATUS(take_each(import, command.tasks, result.tasks, result));
  if (command.dry_run) return Outcome(std::move(result));
  ws = std::move(rows);
  append_changes(decision.changes, scratch.changes);
  return Outcome(std::move(result));
}

}  // namespace rollcall::engine
