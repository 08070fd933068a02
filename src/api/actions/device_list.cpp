// QueryDevice, QueryDeviceByStatus, QueryDeviceStatistics, BatchQueryDeviceDetail (cloud-api C.2). But for
// the last one they read what is stored: a status may be a second old.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "api/render_listing.hpp"
#include "base/limits.hpp"

namespace rollcall::api {
namespace {

constexpr int64_t kDevicePageMax = 50;  // cloud-api C.2

// FNV-1a: a token is good for the product it was made for only.
uint32_t product_hash(InstanceId instance, std::string_view product_key) noexcept {
  uint32_t hash = 2166136261u;
  const std::string text = "devices/" + std::to_string(instance.value) + "/" + std::string(product_key);
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  return hash;
}

Result<std::optional<int64_t>> read_token(const Call& call, const IdCodec& codec, uint32_t hash) {
  const std::string_view text = text_of(call.parameters, "NextToken");
  if (text.empty()) return std::optional<int64_t>();
  const auto token = codec.parse_next_token(text);
  if (!token || token->query_hash != hash)
    return fail(ErrorCode::InvalidNextToken, "The NextToken is not one of this query.");
  if (token->expires_at < call.now) return fail(ErrorCode::InvalidNextToken, "The NextToken has expired.");
  return std::optional<int64_t>(token->position);
}

Result<std::string> read_product_key(const Parameters& parameters) {
  std::string key(text_of(parameters, "ProductKey"));
  ROLLCALL_TRY_STATUS(check_product_key(key));
  return key;
}

void query_device(const ActionContext& context, Call& call, Answer answer) {
  auto key = read_product_key(call.parameters);
  if (!key) return refuse_call(answer, std::move(key.error()));
  const auto page = read_page(call.parameters, kDevicePageMax);
  if (!page) return refuse_call(answer, page.error());
  const uint32_t hash = product_hash(call.actor.instance, *key);
  const auto position = read_token(call, context.codec, hash);
  if (!position) return refuse_call(answer, position.error());
  const WallMs expires_at = call.now + limits::kDeviceTokenMs;
  run_query(context, call, answer,
            [instance = call.actor.instance, key = std::move(*key), page = *page, position = *position, hash,
             expires_at, codec_key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto list,
                           queries.devices_of_product(instance, key, page.page, page.page_size, position));
              const IdCodec codec(codec_key);
              std::string token;
              if (list.next_position) token = codec.next_token({*list.next_position, hash, expires_at});
              return render_device_page(list, page, token, codec);
            });
}

Result<DeviceStatus> read_status(const Parameters& parameters) {
  const int64_t number = integer_of(parameters, "Status").value_or(-1);
  for (const DeviceStatus status :
       {DeviceStatus::Unactive, DeviceStatus::Online, DeviceStatus::Offline, DeviceStatus::Disabled})
    if (number == static_cast<int64_t>(status)) return status;
  return refuse("Status", "0 (not activated), 1 (online), 3 (offline) or 8 (disabled)",
                text_of(parameters, "Status"));
}

void query_device_by_status(const ActionContext& context, Call& call, Answer answer) {
  std::string key(text_of(call.parameters, "ProductKey"));
  if (!key.empty())
    if (auto status = check_product_key(key); !status) return refuse_call(answer, std::move(status.error()));
  const auto status = read_status(call.parameters);
  if (!status) return refuse_call(answer, status.error());
  const auto page = read_page(call.parameters, kDevicePageMax);
  if (!page) return refuse_call(answer, page.error());
  run_query(context, call, answer,
            [instance = call.actor.instance, key = std::move(key), status = *status, page = *page,
             codec_key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto list,
                           queries.devices_of_status(instance, key, status, page.page, page.page_size));
              return render_devices_of_status(list, page, IdCodec(codec_key));
            });
}

void query_device_statistics(const ActionContext& context, Call& call, Answer answer) {
  std::string key(text_of(call.parameters, "ProductKey"));
  std::string group(text_of(call.parameters, "GroupId"));
  if (!key.empty()) {
    if (auto status = check_product_key(key); !status) return refuse_call(answer, std::move(status.error()));
    if (!group.empty())
      return refuse_call(answer,
                         Error(ErrorCode::IllegalRequest, "ProductKey and GroupId exclude each other."));
  }
  run_query(context, call, answer,
            [instance = call.actor.instance, key = std::move(key),
             group = std::move(group)](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const DeviceTally tally, queries.device_tally(instance, key, group));
              return render_device_tally(tally);
            });
}

Result<engine::QueryDevices> read_details(const Parameters& parameters) {
  engine::QueryDevices command;
  ROLLCALL_TRY(command.product_key, read_product_key(parameters));
  for (std::string_view name : parameters.list("DeviceName"))
    command.devices.push_back({{}, command.product_key, std::string(name)});
  if (command.devices.empty()) return fail(ErrorCode::NoneDeviceNameElement);
  if (command.devices.size() > limits::kDetailsPerCallMax)
    return fail(ErrorCode::DeviceCountExceeded,
                fmt::format("At most {} devices may be asked for at once, but there are {}.",
                            limits::kDetailsPerCallMax, command.devices.size()));
  return command;
}

void batch_query_device_detail(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_details(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  const ActionContext* owner = &context;
  send_command<engine::DevicesFound>(context, call, std::move(*command), answer,
                                     [owner](const engine::DevicesFound& found) {
                                       return render_device_details(found, owner->codec, owner->config);
                                     });
}

// --- the rows

constexpr ParameterSpec kQueryDevice[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "PageSize", .kind = Integer, .ill_formed = kPageError, .rule = "1 to 50; default 10"},
    {.name = "CurrentPage", .kind = Integer, .ill_formed = kPageError, .rule = "from 1; default 1"},
    {.name = "NextToken", .rule = "of the last page, for 24 hours; wanted beyond the first 10000 devices"},
};
constexpr ParameterSpec kQueryDeviceByStatus[] = {
    {.name = "Status",
     .required = true,
     .kind = Integer,
     .rule = "0 not activated, 1 online, 3 offline, 8 disabled"},
    {.name = "ProductKey", .rule = "all products when absent"},
    {.name = "PageSize", .kind = Integer, .ill_formed = kPageError, .rule = "1 to 50; default 10"},
    {.name = "CurrentPage", .kind = Integer, .ill_formed = kPageError, .rule = "from 1; default 1"},
    {.name = "ResourceGroupId", .rule = "any text; has no effect"},
};
constexpr ParameterSpec kQueryDeviceStatistics[] = {
    {.name = "ProductKey", .rule = "excludes GroupId; all devices of the instance when both are absent"},
    {.name = "GroupId", .rule = "excludes ProductKey"},
};
constexpr ParameterSpec kBatchQueryDeviceDetail[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "DeviceName", .kind = List, .rule = "1 to 100 names of the product; unknown ones are left out"},
};

constexpr ActionRow kRows[] = {
    {"BatchQueryDeviceDetail", 5, kVendor, batch_query_device_detail, kBatchQueryDeviceDetail},
    {"QueryDevice", 50, kVendor, query_device, kQueryDevice},
    {"QueryDeviceByStatus", 50, kVendor, query_device_by_status, kQueryDeviceByStatus},
    {"QueryDeviceStatistics", 50, kVendor, query_device_statistics, kQueryDeviceStatistics},
};

}  // namespace

std::span<const ActionRow> device_list_actions() noexcept { return kRows; }

}  // namespace rollcall::api
