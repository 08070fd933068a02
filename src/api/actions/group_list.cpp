// UpdateDeviceGroup, DeleteDeviceGroup, QueryDeviceGroupInfo, QueryDeviceGroupList,
// BatchDeleteDeviceGroupRelations, QueryDeviceListByDeviceGroup, QueryDeviceGroupByDevice (cloud-api C.3).
// All groups are static.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "api/render_listing.hpp"
#include "base/limits.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

constexpr int64_t kGroupPageMax = 200;       // cloud-api C.3
constexpr int64_t kGroupDevicePageMax = 50;  // not documented; as for QueryDevice
constexpr std::string_view kStaticType = "LINK_PLATFORM";

Status check_type(const Parameters& parameters) {
  const std::string_view type = text_of(parameters, "GroupType");
  if (type.empty() || type == kStaticType) return {};
  if (type == "LINK_PLATFORM_DYNAMIC")
    return fail(ErrorCode::NotExistedGroup, "There are no dynamic groups.");
  return refuse("GroupType", "LINK_PLATFORM or LINK_PLATFORM_DYNAMIC", type);
}

Result<engine::UpdateGroup> read_update(const Parameters& parameters) {
  engine::UpdateGroup command;
  command.group_code = std::string(text_of(parameters, "GroupId"));
  command.description = std::string(text_of(parameters, "GroupDesc"));
  ROLLCALL_TRY_STATUS(named("GroupDesc", check_description(command.description)));
  ROLLCALL_TRY_STATUS(check_type(parameters));
  return command;
}

void update_device_group(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_update(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_plain_command(context, call, std::move(*command), answer);
}

void delete_device_group(const ActionContext& context, Call& call, Answer answer) {
  send_plain_command(context, call, engine::DeleteGroup{std::string(text_of(call.parameters, "GroupId"))},
                     answer);
}

void query_device_group_info(const ActionContext& context, Call& call, Answer answer) {
  if (auto status = check_type(call.parameters); !status)
    return refuse_call(answer, std::move(status.error()));
  run_query(context, call, answer,
            [instance = call.actor.instance, code = std::string(text_of(call.parameters, "GroupId"))](
                engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto info, queries.group_info(instance, code));
              return render_group_info(info);
            });
}

void query_device_group_list(const ActionContext& context, Call& call, Answer answer) {
  const auto page = read_page(call.parameters, kGroupPageMax);
  if (!page) return refuse_call(answer, page.error());
  const auto types = call.parameters.list("GroupTypes");
  const bool none = !types.empty() && std::find(types.begin(), types.end(), kStaticType) == types.end();
  engine::GroupFilter filter{std::string(text_of(call.parameters, "SuperGroupId")),
                             std::string(text_of(call.parameters, "GroupName"))};
  run_query(context, call, answer,
            [instance = call.actor.instance, filter = std::move(filter), none,
             page = *page](engine::Queries& queries) -> Result<Node> {
              if (none) return render_group_list({}, page);
              ROLLCALL_TRY(const auto list, queries.list_groups(instance, filter, page.page, page.page_size));
              return render_group_list(list, page);
            });
}

Result<engine::RemoveGroupDevices> read_relations(const Parameters& parameters) {
  engine::RemoveGroupDevices command;
  command.group_code = std::string(text_of(parameters, "GroupId"));
  for (const auto& object : parameters.objects("Device")) {
    engine::DeviceRef device{
        {}, std::string(field_of(object, "ProductKey")), std::string(field_of(object, "DeviceName"))};
    if (device.product_key.empty() || device.device_name.empty())
      return fail(ErrorCode::InvalidFormattedParameter,
                  fmt::format("Device.{} must have ProductKey and DeviceName.", command.devices.size() + 1));
    command.devices.push_back(std::move(device));
  }
  if (command.devices.empty()) return fail(ErrorCode::NoneDeviceNameElement);
  if (command.devices.size() > limits::kRelationsPerCallMax)
    return fail(ErrorCode::DeviceCountExceeded,
                fmt::format("At most {} devices may be removed at once, but there are {}.",
                            limits::kRelationsPerCallMax, command.devices.size()));
  return command;
}

void batch_delete_device_group_relations(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_relations(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_command<engine::GroupDevicesRemoved>(
      context, call, std::move(*command), answer,
      [](const engine::GroupDevicesRemoved& removed) { return render_group_removed(removed); });
}

void query_device_list_by_device_group(const ActionContext& context, Call& call, Answer answer) {
  const auto page = read_page(call.parameters, kGroupDevicePageMax);
  if (!page) return refuse_call(answer, page.error());
  run_query(context, call, answer,
            [instance = call.actor.instance, code = std::string(text_of(call.parameters, "GroupId")),
             page = *page, key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto list,
                           queries.devices_of_group(instance, code, page.page, page.page_size));
              return render_simple_devices(list, page, IdCodec(key));
            });
}

void query_device_group_by_device(const ActionContext& context, Call& call, Answer answer) {
  std::string key(text_of(call.parameters, "ProductKey"));
  if (auto status = check_product_key(key); !status) return refuse_call(answer, std::move(status.error()));
  run_query(
      context, call, answer,
      [instance = call.actor.instance, key = std::move(key),
       name = std::string(text_of(call.parameters, "DeviceName"))](engine::Queries& queries) -> Result<Node> {
        ROLLCALL_TRY(const auto groups, queries.groups_of_device(instance, key, name));
        return render_groups_of_device(groups);
      });
}

// --- the rows

constexpr ParameterSpec kUpdateDeviceGroup[] = {
    {.name = "GroupId", .required = true, .rule = "of a group of the instance"},
    {.name = "GroupDesc", .rule = "at most 100 characters"},
    {.name = "GroupType",
     .rule = "LINK_PLATFORM, also when absent; dynamic groups (LINK_PLATFORM_DYNAMIC) do not exist here"},
};
constexpr ParameterSpec kGroupOnly[] = {
    {.name = "GroupId", .required = true, .rule = "of a group of the instance"},
};
constexpr ParameterSpec kGroupInfo[] = {
    {.name = "GroupId", .required = true, .rule = "of a group of the instance"},
    {.name = "GroupType",
     .rule = "LINK_PLATFORM, also when absent; dynamic groups (LINK_PLATFORM_DYNAMIC) do not exist here"},
};
constexpr ParameterSpec kGroupList[] = {
    {.name = "CurrentPage", .kind = Integer, .ill_formed = kPageError, .rule = "from 1; default 1"},
    {.name = "PageSize", .kind = Integer, .ill_formed = kPageError, .rule = "1 to 200; default 10"},
    {.name = "SuperGroupId", .rule = "only the groups below this one"},
    {.name = "GroupName", .rule = "only the group of exactly this name"},
    {.name = "GroupTypes", .kind = List, .rule = "only groups of these types; all of them are LINK_PLATFORM"},
};
constexpr ParameterSpec kRelations[] = {
    {.name = "GroupId", .required = true, .rule = "of a group of the instance"},
    {.name = "Device",
     .kind = Objects,
     .rule = "1 to 200 of Device.N.ProductKey and Device.N.DeviceName; unknown ones are left out"},
};
constexpr ParameterSpec kGroupDevices[] = {
    {.name = "GroupId", .required = true, .rule = "of a group of the instance"},
    {.name = "CurrentPage", .kind = Integer, .ill_formed = kPageError, .rule = "from 1; default 1"},
    {.name = "PageSize", .kind = Integer, .ill_formed = kPageError, .rule = "1 to 50; default 10"},
};
constexpr ParameterSpec kByDevice[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "DeviceName", .required = true, .rule = "of a device of the product"},
};

constexpr ActionRow kRows[] = {
    {"BatchDeleteDeviceGroupRelations", 50, kVendor, batch_delete_device_group_relations, kRelations},
    {"DeleteDeviceGroup", 500, kVendor, delete_device_group, kGroupOnly},
    {"QueryDeviceGroupByDevice", 50, kVendor, query_device_group_by_device, kByDevice},
    {"QueryDeviceGroupInfo", 30, kVendor, query_device_group_info, kGroupInfo},
    {"QueryDeviceGroupList", 100, kVendor, query_device_group_list, kGroupList},
    {"QueryDeviceListByDeviceGroup", 5, kVendor, query_device_list_by_device_group, kGroupDevices},
    {"UpdateDeviceGroup", 50, kVendor, update_device_group, kUpdateDeviceGroup},
};

}  // namespace

std::span<const ActionRow> group_list_actions() noexcept { return kRows; }

}  // namespace rollcall::api
