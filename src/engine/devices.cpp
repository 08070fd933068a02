// Decisions about devices: finding, registering and asking for them (cloud-api C.2).
#include <unordered_set>

#include "base/text.hpp"
#include "engine/fleet.hpp"

namespace rollcall::engine {

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
  device.secret = command.secret.empty() ? Secret(state.random.hex(16)) : command.secret;
  device.serial = command.serial;
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

Result<Outcome> query_devices(State& state, WorkingSet& ws, const Actor& actor, const QueryDevices& command) {
  if (!command.product_key.empty())
    ROLLCALL_TRY_STATUS(own_product(ws, actor.instance, command.product_key).map([](auto&&) {}));
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

bool gather_check_names(WorkingSet& ws, const CheckDeviceNames& command) {
  if (!ws.product_keys.need(command.product_key)) return false;
  const ProductId* product = ws.product_keys.find(command.product_key);
  if (!product) return true;
  bool all = ws.products.need(*product);
  for (const auto& [name, nickname] : command.names) all = ws.device_names.need({*product, name}) && all;
  return all;
}

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

}  // namespace rollcall::engine
