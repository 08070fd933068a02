// CreateDeviceGroup, BatchAddDeviceGroupRelations (cloud-api C.3).
#include <fmt/format.h>

#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/handlers.hpp"
#include "api/config_object.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

Result<GroupId> read_group_id(std::string_view code, const IdCodec& codec) {
  if (const auto id = codec.group_id(code)) return *id;
  return fail(ErrorCode::NotExistedGroup, fmt::format("The device group {} does not exist.", excerpt(code)));
}

Result<engine::CreateGroup> read_group(const Parameters& parameters, const IdCodec& codec) {
  engine::CreateGroup command;
  command.group.name = std::string(text_of(parameters, "GroupName"));
  ROLLCALL_TRY_STATUS(check_group_name(command.group.name));
  command.group.description = std::string(text_of(parameters, "GroupDesc"));
  ROLLCALL_TRY_STATUS(named("GroupDesc", check_description(command.group.description)));
  const std::string_view parent = text_of(parameters, "SuperGroupId");
  if (!parent.empty()) {
    ROLLCALL_TRY(command.parent, read_group_id(parent, codec));
  }
  return command;
}

Result<engine::AddGroupDevices> read_relations(const Parameters& parameters, const IdCodec& codec) {
  engine::AddGroupDevices command;
  ROLLCALL_TRY(command.group, read_group_id(text_of(parameters, "GroupId"), codec));
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

}  // namespace

void create_device_group(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_group(call.parameters, context.codec);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_command<engine::GroupMade>(context, call, std::move(*command), answer,
                                  [](const engine::GroupMade& made) { return render_group(made.group); });
}

void batch_add_device_group_relations(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_relations(call.parameters, context.codec);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_command<engine::GroupDevicesAdded>(
      context, call, std::move(*command), answer,
      [](const engine::GroupDevicesAdded& added) { return render_group_added(added); });
}

}  // namespace rollcall::api
