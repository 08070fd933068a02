// QueryDevicePropertyStatus (cloud-api C.7): what a device last said of its properties.
#include <string>
#include <utility>
#include <vector>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"
#include "base/json.hpp"

namespace rollcall::api {
namespace {

Result<Device> find_device(engine::Queries& queries, const IdCodec::Key& key, InstanceId instance,
                           const engine::DeviceRef& ref) {
  if (ref.iot_id.empty()) return queries.device(instance, ref.product_key, ref.device_name);
  if (const auto id = IdCodec(key).device_id(ref.iot_id)) {
    auto device = queries.device_by_id(instance, *id);
    // One that was imported with an IotId is known by that alone.
    if (device && device->foreign_iot_id.empty()) return device;
    if (!device && device.error().code != ErrorCode::NotExistedDevice) return device;
  }
  return queries.device_by_foreign_iot_id(instance, ref.iot_id);
}

void query_device_property_status(const ActionContext& context, Call& call, Answer answer) {
  auto ref = read_device_ref(call.parameters);
  if (!ref) return refuse_call(answer, std::move(ref.error()));
  auto module = read_module_id(call.parameters);
  if (!module) return refuse_call(answer, std::move(module.error()));
  run_query(context, call, answer,
            [instance = call.actor.instance, key = context.codec_key, ref = std::move(*ref),
             module = std::move(*module)](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const Device device, find_device(queries, key, instance, ref));
              ROLLCALL_TRY(const auto properties, queries.property_status(device, module));
              return render_property_status(properties);
            });
}

constexpr ParameterSpec kQueryDevicePropertyStatus[] = {
    {.name = "IotId", .rule = "instead of ProductKey and DeviceName; wins over them"},
    {.name = "ProductKey", .rule = "with DeviceName, unless IotId is given"},
    {.name = "DeviceName", .rule = "with ProductKey, unless IotId is given"},
    {.name = "FunctionBlockId",
     .rule = "at most 30 letters, digits and _; the default module when absent or \"default\""},
};

constexpr ActionRow kRows[] = {
    {"QueryDevicePropertyStatus", 200, kVendor, query_device_property_status, kQueryDevicePropertyStatus},
};

}  // namespace

std::span<const ActionRow> property_actions() noexcept { return kRows; }

}  // namespace rollcall::api
