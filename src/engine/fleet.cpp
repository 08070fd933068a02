// Decisions about products, devices, groups, thing models and access keys (cloud-api C).
#include <unordered_set>

#include "base/overload.hpp"
#include "base/text.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

// The product if it is the actor's; NotExistedProduct otherwise.
Result<Product*> own_product(WorkingSet& ws, InstanceId instance, const std::string& key) {
  const ProductId* id = ws.product_keys.find(key);
  Product* product = id ? ws.products.find(*id) : nullptr;
  if (!product || product->instance != instance)
    return fail(ErrorCode::NotExistedProduct, "the product " + key + " does not exist");
  return product;
}

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

Result<Outcome> create_product(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                               const CreateProduct& command) {
  Product product = command.product;
  product.instance = actor.instance;
  if (ws.product_names.find({actor.instance, product.name}))
    return fail(ErrorCode::AlreadyExistedProductName, "a product named " + product.name + " exists already");
  const int64_t* count = ws.product_counts.find(actor.instance);
  if (count && *count >= static_cast<int64_t>(limits::kProductsMax))
    return fail(ErrorCode::ProductCountExceedMax,
                "there are " + std::to_string(*count) + " products already");
  ROLLCALL_TRY(product.id.value, state.ids.next("product"));
  if (product.key.empty()) product.key = "a1" + state.random.alphanumeric(9);
  if (product.secret.empty()) product.secret = Secret(state.random.alphanumeric(16));
  product.created_at = state.clock.wall();
  product.device_count = 0;
  ws.product_names.put({actor.instance, product.name}, product.id);
  ws.product_keys.put(product.key, product.id);
  ws.products.put(product.id, product);
  if (count) ws.product_counts.put(actor.instance, *count + 1);
  decision.changes.new_products.push_back({product});
  return Outcome(ProductMade{product});
}

Result<Outcome> register_device(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                                const RegisterDevice& command) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, command.product_key));
  Device device;
  device.name = command.device_name.empty() ? state.random.alphanumeric(20) : command.device_name;
  if (ws.device_names.find({product->id, device.name}))
    return fail(ErrorCode::AlreadyExistedDeviceName, "the device " + device.name + " exists already");
  ROLLCALL_TRY(device.id.value, state.ids.next("device", 10'000));
  device.product = product->id;
  device.nickname = command.nickname;
  device.secret = Secret(state.random.hex(16));
  device.created_at = state.clock.wall();
  ws.device_names.put({product->id, device.name}, device.id);
  ws.devices.put(device.id, device);
  ++product->device_count;
  decision.changes.new_devices.push_back({device, product->key});
  return Outcome(DeviceMade{device, product->key});
}

Result<Outcome> check_names(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                            const CheckDeviceNames& command) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, command.product_key));
  NamesRefused refused;
  std::unordered_set<std::string_view> seen;
  for (const auto& [name, nickname] : command.names) {
    std::string reason;
    if (Status status = check_device_name(name); !status) {
      refused.invalid_names.push_back(name);
      reason = public_message(status.error());
    } else if (!seen.insert(name).second) {
      refused.repeated_names.push_back(name);
      reason = "the DeviceName is given twice";
    } else if (ws.device_names.find({product->id, name})) {
      refused.invalid_names.push_back(name);
      reason = "the DeviceName exists already";
    }
    if (!nickname.empty()) {
      if (Status status = check_nickname(nickname); !status) {
        refused.invalid_nicknames.push_back(nickname);
        reason += (reason.empty() ? "" : "|") + public_message(status.error());
      }
    }
    if (!reason.empty()) refused.details.push_back({name, nickname, reason});
  }
  if (!refused.details.empty()) return Outcome(std::move(refused));
  store::NewApply made;
  ROLLCALL_TRY(made.apply.id.value, state.ids.next("apply"));
  made.apply.product = product->id;
  made.apply.instance = actor.instance;
  made.apply.count = static_cast<int64_t>(command.names.size());
  made.apply.created_at = state.clock.wall();
  made.names = command.names;
  ws.applies.put(made.apply.id, made.apply);
  const ApplyId id = made.apply.id;
  decision.changes.new_applies.push_back(std::move(made));
  return Outcome(ApplyMade{id});
}

Result<Outcome> register_applied(State&, WorkingSet& ws, Decision& decision, const Actor& actor,
                                 const RegisterApplied& command) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, command.product_key));
  Apply* apply = ws.applies.find(command.apply);
  if (!apply || apply->instance != actor.instance) return fail(ErrorCode::DeviceApplyNotFound);
  if (apply->product != product->id)
    return fail(ErrorCode::IncorrectDeviceApply, "the application belongs to another product");
  if (apply->status != ApplyStatus::Checked)
    return fail(ErrorCode::IncorrectDeviceApply, "the application was carried out already");
  apply->status = ApplyStatus::Creating;
  decision.changes.apply_progress.push_back(
      {apply->id, apply->cursor, apply->cursor, ApplyStatus::Creating, {}});
  return Outcome(ApplyMade{apply->id});
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

Result<Outcome> import_model(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                             const ImportThingModel& command) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, command.product_key));
  if (!product->has_thing_model)
    return fail(ErrorCode::NotSeniorProduct, "the product " + product->key + " has no thing model");
  ROLLCALL_TRY(std::string tsl, complete_tsl(command.tsl, product->key));
  ROLLCALL_TRY_STATUS(ThingModel::parse(tsl).map([](auto&&) {}));
  ws.draft_models.put(product->id, {"", tsl});
  decision.changes.thing_models.push_back({product->id, "", std::move(tsl), "", state.clock.wall()});
  return Outcome(Done{});
}

Result<Outcome> publish_model(State& state, WorkingSet& ws, Decision& decision, const Actor& actor,
                              const PublishThingModel& command) {
  ROLLCALL_TRY(Product * product, own_product(ws, actor.instance, command.product_key));
  const auto* draft = ws.draft_models.find(product->id);
  if (!draft)
    return fail(ErrorCode::NotExistedThingModel, "the product " + product->key + " has no draft to publish");
  const WallMs now = state.clock.wall();
  const std::string version = command.version.empty() ? std::to_string(now.value) : command.version;
  decision.changes.thing_models.push_back({product->id, version, draft->tsl, command.description, now});
  ws.published_models.put(product->id, {version, draft->tsl});
  state.models.erase(product->id);
  return Outcome(Done{});
}

Result<Outcome> query_devices(State& state, WorkingSet& ws, const Actor& actor, const QueryDevices& command) {
  DevicesFound found;
  for (const DeviceRef& ref : command.devices) {
    Device* device = find_ref(state, ws, actor.instance, ref);
    if (!device) {
      found.devices.emplace_back();
      continue;
    }
    DevicesFound::Found row{*device, *ws.products.find(device->product), {}};
    if (auto it = state.sessions.presence_unwritten.find(device->id);
        it != state.sessions.presence_unwritten.end())
      row.presence = it->second;
    else if (const Presence* stored = ws.presence.find(device->id))
      row.presence = *stored;
    row.presence.device = device->id;
    row.presence.online = state.sessions.find(device->id) != nullptr;
    found.devices.emplace_back(std::move(row));
  }
  return Outcome(std::move(found));
}

bool gather_refs(State& state, WorkingSet& ws, const std::vector<DeviceRef>& refs) {
  bool all = true;
  for (const DeviceRef& ref : refs) all = gather_ref(state, ws, ref) && all;
  return all;
}

bool gather_query_devices(State& state, WorkingSet& ws, const Actor& actor, const QueryDevices& command) {
  bool all = gather_refs(state, ws, command.devices);
  for (const DeviceRef& ref : command.devices)
    if (const Device* device = find_ref(state, ws, actor.instance, ref))
      all = ws.presence.need(device->id) && all;
  return all;
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

bool gather_check_names(WorkingSet& ws, const CheckDeviceNames& command) {
  if (!ws.product_keys.need(command.product_key)) return false;
  const ProductId* product = ws.product_keys.find(command.product_key);
  if (!product) return true;
  bool all = ws.products.need(*product);
  for (const auto& [name, nickname] : command.names) all = ws.device_names.need({*product, name}) && all;
  return all;
}

// Evaluates both, so that both sides ask for what they need.
bool both(bool a, bool b) { return a && b; }

// The product itself, and one more thing of it.
template <class More>
bool gather_product(WorkingSet& ws, const std::string& key, More more) {
  if (!ws.product_keys.need(key)) return false;
  const ProductId* product = ws.product_keys.find(key);
  return !product || both(ws.products.need(*product), more(*product));
}

}  // namespace

bool gather_ref(State& state, WorkingSet& ws, const DeviceRef& ref) {
  const Device* device = nullptr;
  if (!ref.iot_id.empty()) {
    if (auto id = state.codec.device_id(ref.iot_id)) {
      if (!ws.devices.need(*id)) return false;
      device = ws.devices.find(*id);
    }
    if (!device) {
      if (!ws.foreign_iot_ids.need(ref.iot_id)) return false;
      if (const DeviceId* id = ws.foreign_iot_ids.find(ref.iot_id)) device = ws.devices.find(*id);
    }
  } else {
    if (!ws.product_keys.need(ref.product_key)) return false;
    const ProductId* product = ws.product_keys.find(ref.product_key);
    if (!product) return true;
    if (!ws.device_names.need({*product, ref.device_name})) return false;
    if (const DeviceId* id = ws.device_names.find({*product, ref.device_name})) device = ws.devices.find(*id);
  }
  return !device || ws.products.need(device->product);
}

Device* find_ref(State& state, WorkingSet& ws, InstanceId instance, const DeviceRef& ref) {
  Device* device = nullptr;
  if (!ref.iot_id.empty()) {
    if (auto id = state.codec.device_id(ref.iot_id)) device = ws.devices.find(*id);
    if (device && !device->foreign_iot_id.empty())
      device = nullptr;  // it is known by its imported IotId only
    if (!device)
      if (const DeviceId* id = ws.foreign_iot_ids.find(ref.iot_id)) device = ws.devices.find(*id);
  } else if (const ProductId* product = ws.product_keys.find(ref.product_key)) {
    if (const DeviceId* id = ws.device_names.find({*product, ref.device_name})) device = ws.devices.find(*id);
  }
  if (!device) return nullptr;
  const Product* product = ws.products.find(device->product);
  return product && product->instance == instance ? device : nullptr;
}

bool gather_api(State& state, WorkingSet& ws, const ApiCommand& command) {
  const Actor& actor = command.actor;
  const auto nothing_more = [](ProductId) { return true; };
  return std::visit(
      Overload{
          [&](const CreateProduct& c) {
            return both(ws.product_names.need({actor.instance, c.product.name}),
                        ws.product_counts.need(actor.instance));
          },
          [&](const RegisterDevice& c) {
            return gather_product(ws, c.product_key, [&](ProductId id) {
              return c.device_name.empty() || ws.device_names.need({id, c.device_name});
            });
          },
          [&](const CheckDeviceNames& c) { return gather_check_names(ws, c); },
          [&](const RegisterApplied& c) {
            return both(gather_product(ws, c.product_key, nothing_more), ws.applies.need(c.apply));
          },
          [&](const CreateGroup& c) {
            const bool parent = c.parent_code.empty() || gather_group(ws, c.parent_code);
            const bool name = ws.group_names.need({actor.instance, c.group.name});
            return both(ws.group_counts.need(actor.instance), parent && name);
          },
          [&](const AddGroupDevices& c) { return gather_group_devices(state, ws, actor, c); },
          [&](const ImportThingModel& c) { return gather_product(ws, c.product_key, nothing_more); },
          [&](const PublishThingModel& c) {
            return gather_product(ws, c.product_key, [&](ProductId id) { return ws.draft_models.need(id); });
          },
          [&](const CreateJob& c) { return gather_create_job(state, ws, actor, c); },
          [&](const QueryDevices& c) { return gather_query_devices(state, ws, actor, c); },
          [&](const ImportFleet& c) { return gather_import(state, ws, actor, c); },
          [&](const SetThingEnabled& c) { return gather_ref(state, ws, c.device); },
          [&](const DeleteDevice& c) { return gather_ref(state, ws, c.device); },
          [&](const ExplainTask& c) { return gather_explain(state, ws, c); },
          [](const CreateAccessKey&) { return true; },
          [&](const auto& c) { return gather_job_life(state, ws, c); },
      },
      command.what);
}

Result<Outcome> decide_api(State& state, WorkingSet& ws, Decision& decision, const ApiCommand& command) {
  const Actor& actor = command.actor;
  return std::visit(
      Overload{
          [&](const CreateProduct& c) { return create_product(state, ws, decision, actor, c); },
          [&](const RegisterDevice& c) { return register_device(state, ws, decision, actor, c); },
          [&](const CheckDeviceNames& c) { return check_names(state, ws, decision, actor, c); },
          [&](const RegisterApplied& c) { return register_applied(state, ws, decision, actor, c); },
          [&](const CreateGroup& c) { return create_group(state, ws, decision, actor, c); },
          [&](const AddGroupDevices& c) { return add_group_devices(state, ws, decision, actor, c); },
          [&](const ImportThingModel& c) { return import_model(state, ws, decision, actor, c); },
          [&](const PublishThingModel& c) { return publish_model(state, ws, decision, actor, c); },
          [&](const CreateJob& c) { return decide_create_job(state, ws, decision, actor, c); },
          [&](const QueryDevices& c) { return query_devices(state, ws, actor, c); },
          [&](const ImportFleet& c) { return decide_import(state, ws, decision, actor, c); },
          [&](const SetThingEnabled& c) { return set_thing_enabled(state, ws, decision, actor, c); },
          [&](const DeleteDevice& c) { return delete_device(state, ws, decision, actor, c); },
          [&](const ExplainTask& c) { return explain_task(state, ws, actor, c); },
          [&](const CreateAccessKey& c) -> Result<Outcome> {
            decision.changes.new_access_keys.push_back(c.key);
            return Outcome(Done{});
          },
          [&](const auto& c) { return decide_job_life(state, ws, decision, actor, c); },
      },
      command.what);
}

}  // namespace rollcall::engine
