// A chunk of a fleet that comes in with its own identities: checked whole, then taken whole, repeatable
// (DESIGN 5.22).
#include <unordered_set>

#include "engine/fleet.hpp"

namespace rollcall::engine {
namespace {

Error bad(const std::string& where, const std::string& why) {
  return Error(ErrorCode::InvalidFormattedParameter, where + ": " + why);
}

std::string named(const ImportFleet::DeviceEntry& entry) {
  return "device " + entry.product_key + "/" + entry.device.name;
}

Status import_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                      const ImportFleet::ProductEntry& entry, FleetImported& result) {
  const std::string where = "product " + entry.product.key;
  std::string tsl;
  if (!entry.tsl.empty()) {
    auto completed = complete_tsl(entry.tsl, entry.product.key);
    if (!completed) return fail(bad(where, public_message(completed.error())));
    if (auto model = ThingModel::parse(*completed); !model)
      return fail(bad(where, public_message(model.error())));
    tsl = std::move(*completed);
  }
  const ProductId* id = ws.product_keys.find(entry.product.key);
  const Product* old = id ? ws.products.find(*id) : nullptr;
  Product product = entry.product;
  product.instance = actor.instance;
  product.has_thing_model = product.has_thing_model || !tsl.empty();
  if (old && old->instance != actor.instance) return fail(bad(where, "the ProductKey is taken"));
  const ProductId* holder = ws.product_names.find({actor.instance, product.name});
  if (holder && (!old || *holder != old->id))
    return fail(bad(where, "another product is named " + product.name));
  if (old) {
    product.id = old->id;
    product.created_at = old->created_at;
    product.device_count = old->device_count;
    product.status = old->status;
    if (product.secret.empty()) product.secret = old->secret;
    const auto* published = ws.published_models.find(old->id);
    const bool same_model = tsl.empty() || (published && published->tsl == tsl);
    const bool same = product.name == old->name && product.secret == old->secret &&
                      product.node_type == old->node_type && product.description == old->description &&
                      same_model;
    ++(same ? result.same : result.changed);
    if (same) return {};
    product.revision = fresh_revision(state);
    decision.changes.put_products.push_back({product});
  } else {
    ROLLCALL_TRY(product.id.value, state.ids.next("product"));
    if (product.secret.empty()) product.secret = Secret(state.random.alphanumeric(16));
    product.created_at = state.clock.wall();
    product.revision = fresh_revision(state);
    decision.changes.new_products.push_back({product});
    ROLLCALL_TRY_STATUS(add_default_topics(state, decision, product.id));
    ++result.added;
  }
  ws.product_keys.put(product.key, product.id);
  ws.product_names.put({actor.instance, product.name}, product.id);
  ws.products.put(product.id, product);
  if (tsl.empty()) return {};
  const WallMs now = state.clock.wall();
  decision.changes.thing_models.push_back({product.id, "", tsl, "", now});
  decision.changes.thing_models.push_back({product.id, std::to_string(now.value), tsl, "imported", now});
  state.models.erase(product.id);
  return {};
}

Status import_device(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                     const ImportFleet::DeviceEntry& entry, FleetImported& result) {
  const ProductId* product_id = ws.product_keys.find(entry.product_key);
  Product* product = product_id ? ws.products.find(*product_id) : nullptr;
  if (!product || product->instance != actor.instance)
    return fail(bad(named(entry), "the product " + entry.product_key + " does not exist"));
  if (Status status = check_device_name(entry.device.name); !status)
    return fail(bad(named(entry), public_message(status.error())));
  Device device = entry.device;
  device.product = product->id;
  const DeviceId* id = ws.device_names.find({product->id, device.name});
  const Device* old = id ? ws.devices.find(*id) : nullptr;
  if (!device.foreign_iot_id.empty()) {
    if (auto own = state.codec.device_id(device.foreign_iot_id)) {  // exported from this very store
      if (!old || *own != old->id) return fail(bad(named(entry), "the IotId belongs to another device"));
      device.foreign_iot_id.clear();
    } else {
      const DeviceId* holder = ws.foreign_iot_ids.find(device.foreign_iot_id);
      if (holder && (!old || *holder != old->id))
        return fail(bad(named(entry), "the IotId belongs to another device"));
    }
  }
  if (old) {
    device.id = old->id;
    device.created_at = old->created_at;
    device.enabled = old->enabled;
    if (device.secret.empty()) device.secret = old->secret;
    if (device.foreign_iot_id.empty()) device.foreign_iot_id = old->foreign_iot_id;
    if (device.nickname.empty()) device.nickname = old->nickname;
    const bool same = device.secret == old->secret && device.foreign_iot_id == old->foreign_iot_id &&
                      device.nickname == old->nickname;
    ++(same ? result.same : result.changed);
    if (same) return {};
    decision.changes.put_devices.push_back({device});
  } else {
    ROLLCALL_TRY(device.id.value, state.ids.next("device", 10'000));
    if (device.secret.empty()) device.secret = Secret(state.random.hex(16));
    device.created_at = state.clock.wall();
    decision.changes.new_devices.push_back({device, product->key});
    ++product->device_count;
    ++result.added;
  }
  ws.device_names.put({product->id, device.name}, device.id);
  if (!device.foreign_iot_id.empty()) ws.foreign_iot_ids.put(device.foreign_iot_id, device.id);
  ws.devices.put(device.id, device);
  return {};
}

Status import_members(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                      const ImportFleet::GroupEntry& entry, const Group& group) {
  std::unordered_set<DeviceId> seen;
  for (const DeviceRef& ref : entry.devices) {
    Device* device = find_ref(state, ws, actor.instance, ref);
    if (!device) {
      // In a dry run a device may come with an earlier chunk that was only checked.
      continue;
    }
    if (!seen.insert(device->id).second) continue;
    const auto* membership = ws.memberships.find({group.id, device->id});
    if (membership && membership->in_group) continue;
    ROLLCALL_TRY(int64_t join, state.ids.next("join", 10'000));
    decision.changes.new_members.push_back({group.id, device->id, join, device->product});
    ws.memberships.put({group.id, device->id}, {device->id, true, membership ? membership->groups + 1 : 1});
  }
  return {};
}

Status import_group(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                    const ImportFleet::GroupEntry& entry, FleetImported& result) {
  const std::string where = "group " + entry.group.code;
  const GroupId* id = ws.group_codes.find(entry.group.code);
  const Group* old = id ? ws.groups.find(*id) : nullptr;
  if (old && old->instance != actor.instance) return fail(bad(where, "the GroupId is taken"));
  const GroupId* holder = ws.group_names.find({actor.instance, entry.group.name});
  if (holder && (!old || *holder != old->id))
    return fail(bad(where, "another group is named " + entry.group.name));
  Group group = old ? *old : entry.group;
  if (!old) {
    group.instance = actor.instance;
    ROLLCALL_TRY(group.id.value, state.ids.next("group"));
    group.created_at = state.clock.wall();
    decision.changes.new_groups.push_back({group});
    ws.group_codes.put(group.code, group.id);
    ws.group_names.put({actor.instance, group.name}, group.id);
    ws.groups.put(group.id, group);
  }
  ++(old ? result.same : result.added);
  return import_members(state, ws, decision, actor, entry, group);
}

bool gather_device(State&, WorkingSet& ws, const ImportFleet::DeviceEntry& entry) {
  bool all = entry.device.foreign_iot_id.empty() || ws.foreign_iot_ids.need(entry.device.foreign_iot_id);
  if (!ws.product_keys.need(entry.product_key)) return false;
  const ProductId* product = ws.product_keys.find(entry.product_key);
  if (!product) return all;
  all = ws.products.need(*product) && all;
  return ws.device_names.need({*product, entry.device.name}) && all;
}

bool gather_group(State& state, WorkingSet& ws, const Actor& actor, const ImportFleet::GroupEntry& entry) {
  bool all = ws.group_names.need({actor.instance, entry.group.name});
  all = ws.group_codes.need(entry.group.code) && all;
  for (const DeviceRef& ref : entry.devices) all = gather_ref(state, ws, ref) && all;
  const GroupId* id = ws.group_codes.find(entry.group.code);
  if (!all || !id) return all;
  for (const DeviceRef& ref : entry.devices)
    if (const Device* device = find_ref(state, ws, actor.instance, ref))
      all = ws.memberships.need({*id, device->id}) && all;
  return all;
}

}  // namespace

bool gather_import(State& state, WorkingSet& ws, const Actor& actor, const ImportFleet& command) {
  bool all = true;
  for (const auto& entry : command.products) {
    all = ws.product_names.need({actor.instance, entry.product.name}) && all;
    all = ws.product_keys.need(entry.product.key) && all;
    if (const ProductId* id = ws.product_keys.find(entry.product.key)) {
      all = ws.products.need(*id) && all;
      all = ws.published_models.need(*id) && all;
    }
  }
  for (const auto& entry : command.devices) all = gather_device(state, ws, entry) && all;
  for (const auto& entry : command.groups) all = gather_group(state, ws, actor, entry) && all;
  return all;
}

// A dry run decides into a scratch decision and a scratch copy of the rows: nothing of it stays.
Result<Outcome> decide_import(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const ImportFleet& command) {
  Decision scratch;
  WorkingSet rows = ws;
  FleetImported result;
  for (const auto& entry : command.products)
    ROLLCALL_TRY_STATUS(import_product(state, rows, scratch, actor, entry, result));
  for (const auto& entry : command.devices)
    ROLLCALL_TRY_STATUS(import_device(state, rows, scratch, actor, entry, result));
  for (const auto& entry : command.groups)
    ROLLCALL_TRY_STATUS(import_group(state, rows, scratch, actor, entry, result));
  if (command.dry_run) return Outcome(result);
  ws = std::move(rows);
  store::ChangeSet& to = decision.changes;
  const auto append = [](auto& target, auto& source) {
    target.insert(target.end(), std::make_move_iterator(source.begin()),
                  std::make_move_iterator(source.end()));
  };
  append(to.new_products, scratch.changes.new_products);
  append(to.put_products, scratch.changes.put_products);
  append(to.new_devices, scratch.changes.new_devices);
  append(to.put_devices, scratch.changes.put_devices);
  append(to.new_groups, scratch.changes.new_groups);
  append(to.new_members, scratch.changes.new_members);
  append(to.thing_models, scratch.changes.thing_models);
  append(to.new_topics, scratch.changes.new_topics);
  return Outcome(result);
}

}  // namespace rollcall::engine
