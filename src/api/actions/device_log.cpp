// ListDeviceLogs, an extension: what a device did, was sent and was refused lately, as far as the memory of
// this server goes. The engine says whose device it is, the gateway what it did.
#include <string>
#include <utility>
#include <vector>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/reading.hpp"
#include "api/render_device_log.hpp"
#include "base/limits.hpp"

namespace rollcall::api {
namespace {

void list_device_logs(const ActionContext& context, Call& call, Answer answer) {
  auto device = read_device_ref(call.parameters);
  if (!device) return refuse_call(answer, std::move(device.error()));
  constexpr auto kMax = static_cast<int64_t>(limits::kDeviceLogEntriesMax);
  const int64_t entries_max = integer_of(call.parameters, "Limit").value_or(kMax);
  if (entries_max < 1 || entries_max > kMax)
    return refuse_call(answer, refuse("Limit", "1 to 100", text_of(call.parameters, "Limit")).value());
  auto done = [answer, entries_max, port = context.device_log](const engine::Outcome& outcome) {
    const auto* found = std::get_if<engine::DevicesFound>(&outcome);
    ROLLCALL_CHECK(found != nullptr && found->devices.size() == 1);
    const auto& one = found->devices.front();
    if (!one) return refuse_call(answer, Error(ErrorCode::NotExistedDevice));
    std::vector<DeviceLogEntry> entries;
    if (port) entries = port->device_log(one->device, one->product.key, static_cast<size_t>(entries_max));
    answer({render_device_log(entries), std::nullopt});
  };
  send_request(context, call, engine::QueryDevices{{std::move(*device)}}, answer, std::move(done));
}

constexpr ParameterSpec kListDeviceLogs[] = {
    {.name = "IotId", .rule = "instead of ProductKey and DeviceName; wins over them"},
    {.name = "ProductKey", .rule = "with DeviceName, unless IotId is given"},
    {.name = "DeviceName", .rule = "with ProductKey, unless IotId is given"},
    {.name = "Limit", .kind = Integer, .rule = "1 to 100, newest first; default 100"},
};

constexpr ActionRow kRows[] = {
    {"ListDeviceLogs", 50, kExtension, list_device_logs, kListDeviceLogs},
};

}  // namespace

std::span<const ActionRow> device_log_actions() noexcept { return kRows; }

}  // namespace rollcall::api
