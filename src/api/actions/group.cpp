// CreateDeviceGroup, BatchAddDeviceGroupRelations (cloud-api C.3).
#include <fmt/format.h>

#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

Result<engine::CreateGroup> read_group(const Parameters& parameters) {
  engine::CreateGroup command;
  command.group.name = std::string(text_of(parameters, "GroupName"));
  ROLLCALL_TRY_STATUS(check_group_name(command.group.name));
  command.group.description = std::string(text_of(parameters, "GroupDesc"));
  ROLLCALL_TRY_STATUS(named("GroupDesc", check_description(command.group.description)));
  // A GroupId is looked up as the text it is: imported groups keep ids of their own (DESIGN 5.22).
  command.parent_code = std::string(text_of(parameters, "SuperGroupId"));
  return command;
}

Result<engine::AddGroupDevices> read_relations(const Parameters& parameters) {
  engine::AddGroupDevices command;
  command.group_code = std::string(text_of(parameters, "GroupId"));
  for (const auto& object : parameters.objects("Device")) {
    engine::DeviceRef device{
        {}, std::string(field_of(object, "ProductKey")), std::string(field_of(object, "DeviceName"))};
    if (device.product_key.empty() || device.device_name.empty()) {
      return fail(ErrorCode::InvalidFormattedParameter,
                  fmt::format("Device.{} must have ProductKey and DeviceName.", command.devices.size() + 1));
    }
    command.devices.push_back(std::move(device));
  }
  if (command.devices.empty()) return fail(ErrorCode::NoneDeviceNameElement);
  if (command.devices.size() > limits::kRelationsPerCallMax) {
    return fail(ErrorCode::DeviceCountExceeded,
                fmt::format("At most {} devices may be added at once, but there are {}.",
                            limits::kRelationsPerCallMax, command.devices.size()));
  }
  return command;
}

void create_device_group(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_group(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_command<engine::GroupMade>(context, call, std::move(*command), answer,
                                  [](const engine::GroupMade& made) { return render_group(made.group); });
}

void batch_add_device_group_relations(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_relations(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_command<engine::GroupDevicesAdded>(
      context, call, std::move(*command), answer,
      [](const engine::GroupDevicesAdded& added) { return render_group_added(added); });
}

// --- the rows

constexpr ParameterSpec kGroupRelations[] = {
    {.name = "GroupId", .required = true, .rule = "of a group of the instance"},
    {.name = "Device",
     .kind = Objects,
     .rule = "1 to 200 of Device.N.ProductKey and Device.N.DeviceName; unknown ones are left out"},
};
constexpr ParameterSpec kCreateDeviceGroup[] = {
    {.name = "GroupName",
     .required = true,
     .rule = "4 to 30 characters (a Chinese one counts two): Chinese, letters, digits and _; no other of the "
             "instance"},
    {.name = "GroupDesc", .rule = "at most 100 characters"},
    {.name = "SuperGroupId", .rule = "the group above it; none when absent"},
};

constexpr ActionRow kRows[] = {
    {"BatchAddDeviceGroupRelations", 500, kVendor, batch_add_device_group_relations, kGroupRelations},
    {"CreateDeviceGroup", 500, kVendor, create_device_group, kCreateDeviceGroup},
};

}  // namespace

std::span<const ActionRow> group_actions() noexcept { return kRows; }

}  // namespace rollcall::api
