// Devices that fetch their secret with that of their product (device-protocol 3). A device keeps the secret
// it has: registering writes nothing, and is refused once the device was connected.
#include "engine/fleet.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

const Product* product_of(WorkingSet& ws, const std::string& key) {
  const ProductId* id = ws.product_keys.find(key);
  return id ? ws.products.find(*id) : nullptr;
}

bool was_connected(State& state, WorkingSet& ws, DeviceId device) {
  if (const auto it = state.sessions.presence_unwritten.find(device);
      it != state.sessions.presence_unwritten.end())
    return it->second.activated_at.value != 0;
  const Presence* stored = ws.presence.find(device);
  return stored && stored->activated_at.value != 0;
}

tl::unexpected<Error> not_offered(const std::string& why) { return fail(ErrorCode::NotExistedDevice, why); }

}  // namespace

bool gather_registration(State& state, WorkingSet& ws, const std::string& product_key,
                         const std::string& device_name) {
  if (!ws.product_keys.need(product_key)) return false;
  const ProductId* product = ws.product_keys.find(product_key);
  if (!product) return true;
  const bool products = ws.products.need(*product);
  if (!ws.device_names.need({*product, device_name})) return false;
  const DeviceId* device = ws.device_names.find({*product, device_name});
  if (!device) return products;
  const bool presence = gather_presence(state, ws, *device);
  return ws.devices.need(*device) && presence && products;
}

Result<DeviceIdentity> find_registration(State& state, WorkingSet& ws, const std::string& product_key,
                                         const std::string& device_name, LoginKind kind) {
  const Product* product = product_of(ws, product_key);
  if (!product) return fail(ErrorCode::NotExistedProduct);
  const DynamicRegistration offered = product->dynamic_registration;
  if (offered == DynamicRegistration::Off)
    return not_offered("dynamic registration is off for the product " + product_key);
  if (kind == LoginKind::RegisterNew && offered != DynamicRegistration::Anyone)
    return not_offered("only registered devices may fetch a secret of the product " + product_key);
  const DeviceId* id = ws.device_names.find({product->id, device_name});
  const Device* device = id ? ws.devices.find(*id) : nullptr;
  if (!device && kind == LoginKind::RegisterNew) return DeviceIdentity{{}, {}, product->secret};
  if (!device) return fail(ErrorCode::NotExistedDevice);
  if (!device->enabled) return fail(ErrorCode::DeviceDisabled);
  // Who has a token proves as much with it as with the secret, and asks again after a loss.
  if (kind == LoginKind::Register && was_connected(state, ws, device->id))
    return not_offered("the device was connected already; its secret is given out no more");
  return DeviceIdentity{device->id, device->secret, product->secret};
}

Result<Outcome> decide_registration(State& state, WorkingSet& ws, const FindRegistration& command) {
  ROLLCALL_TRY(DeviceIdentity identity,
               find_registration(state, ws, command.product_key, command.device_name, LoginKind::Register));
  return Outcome(RegistrationFound{std::move(identity.product_secret), std::move(identity.secret)});
}

void decide_add(State& state, WorkingSet& ws, Decision& decision, const AddDevice& command) {
  auto identity =
      find_registration(state, ws, command.product_key, command.device_name, LoginKind::RegisterNew);
  if (identity && !identity->device) {
    const Status name = check_device_name(command.device_name);
    const Actor actor{product_of(ws, command.product_key)->instance, {}, {}, {}};
    auto made = name ? register_device(state, ws, decision, actor,
                                       RegisterDevice{command.product_key, command.device_name, {}})
                     : Result<Outcome>(fail(name.error()));
    if (made) {
      const Device& device = std::get<DeviceMade>(*made).device;
      identity->device = device.id;
      identity->secret = device.secret;
    } else {
      identity = fail(made.error());
    }
  }
  decision.emit(command.from.core, DeviceFound{command.from.connection, std::move(identity)});
}

}  // namespace rollcall::engine
