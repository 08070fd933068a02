// BatchRegisterDevice, QueryBatchRegisterDeviceStatus, ImportDevice, BatchImportDevice,
// BatchUpdateDeviceNickname (cloud-api C.2).
#include <fmt/format.h>

#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"
#include "api/render_listing.hpp"
#include "base/limits.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

Result<std::string> read_product_key(const Parameters& parameters) {
  std::string key(text_of(parameters, "ProductKey"));
  ROLLCALL_TRY_STATUS(check_product_key(key));
  return key;
}

Status check_count(size_t count, size_t max) {
  if (count == 0) return fail(ErrorCode::NoneDeviceNameElement);
  if (count <= max) return {};
  return fail(ErrorCode::DeviceCountExceeded,
              fmt::format("At most {} devices may be given at once, but there are {}.", max, count));
}

Result<engine::RegisterMany> read_many(const Parameters& parameters) {
  engine::RegisterMany command;
  ROLLCALL_TRY(command.product_key, read_product_key(parameters));
  command.count = integer_of(parameters, "Count").value_or(0);
  constexpr auto kMax = static_cast<int64_t>(limits::kDeviceNamesPerCheckMax);
  if (command.count < 1 || command.count > kMax)
    return refuse("Count", fmt::format("from 1 to {}", kMax), text_of(parameters, "Count"));
  return command;
}

void batch_register_device(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_many(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_command<engine::ApplyMade>(context, call, std::move(*command), answer,
                                  [](const engine::ApplyMade& made) { return render_apply(made.apply); });
}

void query_batch_register_device_status(const ActionContext& context, Call& call, Answer answer) {
  auto key = read_product_key(call.parameters);
  if (!key) return refuse_call(answer, std::move(key.error()));
  const ApplyId apply{integer_of(call.parameters, "ApplyId").value_or(0)};
  if (apply.value <= 0) return refuse_call(answer, Error(ErrorCode::DeviceApplyNotFound));
  run_query(context, call, answer,
            [instance = call.actor.instance, key = std::move(*key),
             apply](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto report, queries.apply_report(instance, key, apply));
              return render_apply_report(report);
            });
}

Result<engine::RegisterDevice> read_import(const Parameters& parameters) {
  engine::RegisterDevice command;
  ROLLCALL_TRY(command.product_key, read_product_key(parameters));
  command.device_name = std::string(text_of(parameters, "DeviceName"));
  ROLLCALL_TRY_STATUS(check_device_name(command.device_name));
  const std::string_view secret = text_of(parameters, "DeviceSecret");
  ROLLCALL_TRY_STATUS(check_device_secret(secret));
  command.secret = Secret(std::string(secret));
  command.nickname = std::string(text_of(parameters, "Nickname"));
  if (!command.nickname.empty()) ROLLCALL_TRY_STATUS(check_nickname(command.nickname));
  command.serial = std::string(text_of(parameters, "Sn"));
  if (!command.serial.empty()) ROLLCALL_TRY_STATUS(check_serial(command.serial));
  return command;
}

void import_device(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_import(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  const IdCodec& codec = context.codec;
  send_command<engine::DeviceMade>(
      context, call, std::move(*command), answer,
      [&codec](const engine::DeviceMade& made) { return render_imported(made, codec); });
}

Result<engine::ImportMany> read_imports(const Parameters& parameters) {
  engine::ImportMany command;
  ROLLCALL_TRY(command.product_key, read_product_key(parameters));
  for (const auto& object : parameters.objects("DeviceList"))
    command.entries.push_back({std::string(field_of(object, "DeviceName")),
                               Secret(std::string(field_of(object, "DeviceSecret"))),
                               std::string(field_of(object, "Sn"))});
  // The vendor drops what is beyond the limit without a word; a lost device is refused here.
  ROLLCALL_TRY_STATUS(check_count(command.entries.size(), limits::kDeviceNamesPerCheckMax));
  return command;
}

void batch_import_device(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_imports(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  auto done = [answer](const engine::Outcome& outcome) {
    if (const auto* made = std::get_if<engine::ApplyMade>(&outcome))
      return answer({render_apply(made->apply), std::nullopt});
    const auto* refused = std::get_if<engine::ImportRefused>(&outcome);
    ROLLCALL_CHECK(refused != nullptr);
    answer({render_import_refused(*refused), Error(ErrorCode::InvalidFormattedDeviceName)});
  };
  send_request(context, call, std::move(*command), answer, std::move(done));
}

// IotId wins over the pair, as everywhere; without a Nickname the device loses its own.
Result<engine::SetNicknames> read_nicknames(const Parameters& parameters) {
  engine::SetNicknames command;
  for (const auto& object : parameters.objects("DeviceNicknameInfo")) {
    engine::DeviceRef device{std::string(field_of(object, "IotId")),
                             std::string(field_of(object, "ProductKey")),
                             std::string(field_of(object, "DeviceName"))};
    if (device.iot_id.empty() && (device.product_key.empty() || device.device_name.empty()))
      return fail(ErrorCode::InvalidFormattedParameter,
                  fmt::format("DeviceNicknameInfo.{} must have IotId, or ProductKey and DeviceName.",
                              command.nicknames.size() + 1));
    if (!device.iot_id.empty()) ROLLCALL_TRY_STATUS(check_iot_id(device.iot_id));
    std::string nickname(field_of(object, "Nickname"));
    if (!nickname.empty()) ROLLCALL_TRY_STATUS(check_nickname(nickname));
    command.nicknames.emplace_back(std::move(device), std::move(nickname));
  }
  ROLLCALL_TRY_STATUS(check_count(command.nicknames.size(), limits::kNicknamesPerCallMax));
  return command;
}

void batch_update_device_nickname(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_nicknames(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_plain_command(context, call, std::move(*command), answer);
}

// --- the rows

constexpr ParameterSpec kBatchRegisterDevice[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "Count", .required = true, .kind = Integer, .rule = "1 to 10000"},
};
constexpr ParameterSpec kQueryApplyStatus[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "ApplyId",
     .required = true,
     .kind = Integer,
     .ill_formed = ErrorCode::InvalidFormattedApplyId,
     .rule = "a number above 0, from BatchCheckDeviceNames or BatchRegisterDevice"},
};
constexpr ParameterSpec kImportDevice[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "DeviceName",
     .required = true,
     .rule = "4 to 32 letters, digits and - _ @ . :, new in the product"},
    {.name = "DeviceSecret", .required = true, .rule = "1 to 32 letters, digits and - _ @ . :"},
    {.name = "Nickname",
     .rule = "4 to 64 characters (a Chinese one counts two): Chinese, letters, digits and _"},
    {.name = "Sn", .rule = "at most 64 letters, digits and _"},
};
constexpr ParameterSpec kBatchImportDevice[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "DeviceList",
     .kind = Objects,
     .rule = "1 to 10000 of DeviceList.N.DeviceName and .DeviceSecret, with .Sn if wanted; each as in "
             "ImportDevice"},
};
constexpr ParameterSpec kBatchUpdateNickname[] = {
    {.name = "DeviceNicknameInfo",
     .kind = Objects,
     .rule = "1 to 100 of DeviceNicknameInfo.N.IotId, or .ProductKey and .DeviceName, with .Nickname; "
             "without it the device loses its own"},
};

constexpr ActionRow kRows[] = {
    {"BatchImportDevice", 10, kVendor, batch_import_device, kBatchImportDevice},
    {"BatchRegisterDevice", 10, kVendor, batch_register_device, kBatchRegisterDevice},
    {"BatchUpdateDeviceNickname", 10, kVendor, batch_update_device_nickname, kBatchUpdateNickname},
    {"ImportDevice", 50, kVendor, import_device, kImportDevice},
    {"QueryBatchRegisterDeviceStatus", 30, kVendor, query_batch_register_device_status, kQueryApplyStatus},
};

}  // namespace

std::span<const ActionRow> device_bulk_actions() noexcept { return kRows; }

}  // namespace rollcall::api
