// RegisterDevice, QueryDeviceDetail, GetDeviceStatus, BatchGetDeviceState, DisableThing, EnableThing,
// DeleteDevice, ResetThing (cloud-api C.2). The states come
// from the engine: it alone knows who is connected now.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"
#include "base/limits.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

Result<engine::RegisterDevice> read_register(const Parameters& parameters) {
  engine::RegisterDevice command;
  command.product_key = std::string(text_of(parameters, "ProductKey"));
  command.device_name = std::string(text_of(parameters, "DeviceName"));
  command.nickname = std::string(text_of(parameters, "Nickname"));
  ROLLCALL_TRY_STATUS(check_product_key(command.product_key));
  if (!command.device_name.empty()) ROLLCALL_TRY_STATUS(check_device_name(command.device_name));
  if (!command.nickname.empty()) ROLLCALL_TRY_STATUS(check_nickname(command.nickname));
  // LoRa devices do not speak MQTT: one that was registered here would never be seen.
  for (const std::string_view name : {"DevEui", "PinCode", "JoinEui", "AppKey", "LoraNodeType"})
    if (!text_of(parameters, name).empty())
      return refuse(name, "absent: there are no LoRa devices here", text_of(parameters, name));
  return command;
}

// IotId.N, which may span products, or DeviceName.N of one ProductKey.
Result<engine::QueryDevices> read_devices(const Parameters& parameters) {
  engine::QueryDevices command;
  for (std::string_view iot_id : parameters.list("IotId")) {
    ROLLCALL_TRY_STATUS(check_iot_id(iot_id));
    command.devices.push_back({std::string(iot_id), {}, {}});
  }
  if (command.devices.empty()) {
    const std::string product_key(text_of(parameters, "ProductKey"));
    for (std::string_view name : parameters.list("DeviceName"))
      command.devices.push_back({{}, product_key, std::string(name)});
    if (command.devices.empty()) return fail(ErrorCode::NoneDeviceNameElement);
    if (product_key.empty())
      return fail(ErrorCode::IllegalRequest, "ProductKey must be given together with DeviceName.N.");
    ROLLCALL_TRY_STATUS(check_product_key(product_key));
  }
  if (command.devices.size() > limits::kDevicesPerStateCallMax) {
    return fail(ErrorCode::DeviceCountExceeded,
                fmt::format("At most {} devices may be asked for at once, but there are {}.",
                            limits::kDevicesPerStateCallMax, command.devices.size()));
  }
  return command;
}

// Asks for one device; `render` makes the fields from it.
template <class Render>
void query_one(const ActionContext& context, const Call& call, const Answer& answer, Render render) {
  auto device = read_device_ref(call.parameters);
  if (!device) return refuse_call(answer, std::move(device.error()));
  engine::QueryDevices command{{std::move(*device)}};
  auto done = [answer, render](const engine::Outcome& outcome) {
    const auto* found = std::get_if<engine::DevicesFound>(&outcome);
    ROLLCALL_CHECK(found != nullptr && found->devices.size() == 1);
    const auto& one = found->devices.front();
    if (!one) return refuse_call(answer, Error(ErrorCode::NotExistedDevice));
    answer({render(*one), std::nullopt});
  };
  send_request(context, call, std::move(command), answer, std::move(done));
}

void set_enabled(const ActionContext& context, Call& call, Answer answer, bool enabled) {
  auto device = read_device_ref(call.parameters);
  if (!device) return refuse_call(answer, std::move(device.error()));
  send_plain_command(context, call, engine::SetThingEnabled{std::move(*device), enabled}, answer);
}

void register_device(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_register(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  const IdCodec& codec = context.codec;
  send_command<engine::DeviceMade>(
      context, call, std::move(*command), answer,
      [&codec](const engine::DeviceMade& made) { return render_device_made(made, codec); });
}

void query_device_detail(const ActionContext& context, Call& call, Answer answer) {
  const ActionContext* owner = &context;
  query_one(context, call, answer, [owner](const FoundDevice& found) {
    return render_device_detail(found, owner->codec, owner->config);
  });
}

void get_device_status(const ActionContext& context, Call& call, Answer answer) {
  query_one(context, call, answer, [](const FoundDevice& found) { return render_device_status(found); });
}

void batch_get_device_state(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_devices(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  const ActionContext* owner = &context;
  send_command<engine::DevicesFound>(context, call, std::move(*command), answer,
                                     [owner](const engine::DevicesFound& found) {
                                       return render_device_states(found, owner->codec, owner->config);
                                     });
}

void disable_thing(const ActionContext& context, Call& call, Answer answer) {
  set_enabled(context, call, std::move(answer), false);
}

void enable_thing(const ActionContext& context, Call& call, Answer answer) {
  set_enabled(context, call, std::move(answer), true);
}

void delete_device(const ActionContext& context, Call& call, Answer answer) {
  auto device = read_device_ref(call.parameters);
  if (!device) return refuse_call(answer, std::move(device.error()));
  send_plain_command(context, call, engine::DeleteDevice{std::move(*device)}, answer);
}

// Undoes a dynamic registration, or takes a gateway's devices off it (cloud-api C.4); there is neither here,
// so nothing is left to undo for a device that exists. Its activation, data and tasks stay, as on the
// vendor's platform, and there is never a JobId.
void reset_thing(const ActionContext& context, Call& call, Answer answer) {
  query_one(context, call, answer, [](const FoundDevice&) { return Node(); });
}

// --- the rows

constexpr ParameterSpec kManyDevices[] = {
    {.name = "IotId", .kind = List, .rule = "1 to 50, of any products; wins over the names"},
    {.name = "ProductKey", .rule = "with DeviceName"},
    {.name = "DeviceName", .kind = List, .rule = "1 to 50 names of the product, unless IotId is given"},
};
constexpr ParameterSpec kOneDevice[] = {
    {.name = "IotId", .rule = "instead of ProductKey and DeviceName; wins over them"},
    {.name = "ProductKey", .rule = "with DeviceName, unless IotId is given"},
    {.name = "DeviceName", .rule = "with ProductKey, unless IotId is given"},
};
constexpr ParameterSpec kRegisterDevice[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "DeviceName",
     .rule = "4 to 32 letters, digits and - _ @ . :, new in the product; made when absent"},
    {.name = "Nickname",
     .rule = "4 to 64 characters (a Chinese one counts two): Chinese, letters, digits and _"},
    {.name = "DevEui", .rule = "must be empty: there are no LoRa devices here"},
    {.name = "PinCode", .rule = "must be empty: there are no LoRa devices here"},
    {.name = "JoinEui", .rule = "must be empty: there are no LoRa devices here"},
    {.name = "AppKey", .rule = "must be empty: there are no LoRa devices here"},
    {.name = "LoraNodeType", .rule = "must be empty: there are no LoRa devices here"},
};

constexpr ActionRow kRows[] = {
    {"BatchGetDeviceState", 50, kVendor, batch_get_device_state, kManyDevices},
    {"DeleteDevice", 50, kVendor, delete_device, kOneDevice},
    {"DisableThing", 500, kVendor, disable_thing, kOneDevice},
    {"EnableThing", 500, kVendor, enable_thing, kOneDevice},
    {"GetDeviceStatus", 500, kVendor, get_device_status, kOneDevice},
    {"QueryDeviceDetail", 50, kVendor, query_device_detail, kOneDevice},
    {"RegisterDevice", 30, kVendor, register_device, kRegisterDevice},
    {"ResetThing", 500, kVendor, reset_thing, kOneDevice},
};

}  // namespace

std::span<const ActionRow> device_actions() noexcept { return kRows; }

}  // namespace rollcall::api
