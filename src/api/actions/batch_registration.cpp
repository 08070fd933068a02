// BatchCheckDeviceNames, BatchRegisterDeviceWithApplyId, QueryPageByApplyId (cloud-api C.2).
#include <fmt/format.h>

#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"
#include "base/limits.hpp"

namespace rollcall::api {
namespace {

constexpr int64_t kApplyPageMax = 50;  // cloud-api C.2

Result<engine::CheckDeviceNames> read_names(const Parameters& parameters) {
  engine::CheckDeviceNames command;
  command.product_key = std::string(text_of(parameters, "ProductKey"));
  ROLLCALL_TRY_STATUS(check_product_key(command.product_key));
  for (std::string_view name : parameters.list("DeviceName")) command.names.emplace_back(name, "");
  const bool named = !command.names.empty();
  for (const auto& object : parameters.objects("DeviceNameList")) {
    if (named)
      return fail(ErrorCode::IllegalRequest, "DeviceName.N and DeviceNameList.N exclude each other.");
    command.names.emplace_back(field_of(object, "DeviceName"), field_of(object, "DeviceNickname"));
  }
  if (command.names.empty()) return fail(ErrorCode::NoneDeviceNameElement);
  if (command.names.size() > limits::kDeviceNamesPerCheckMax) {
    return fail(ErrorCode::DeviceCountExceeded,
                fmt::format("At most {} names may be given at once, but there are {}.",
                            limits::kDeviceNamesPerCheckMax, command.names.size()));
  }
  return command;
}

Result<ApplyId> read_apply_id(const Parameters& parameters) {
  const int64_t id = integer_of(parameters, "ApplyId").value_or(0);
  if (id > 0) return ApplyId{id};
  return fail(ErrorCode::DeviceApplyNotFound);
}

Result<engine::RegisterApplied> read_register(const Parameters& parameters) {
  engine::RegisterApplied command;
  command.product_key = std::string(text_of(parameters, "ProductKey"));
  ROLLCALL_TRY_STATUS(check_product_key(command.product_key));
  ROLLCALL_TRY(command.apply, read_apply_id(parameters));
  return command;
}

void batch_check_device_names(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_names(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  auto done = [answer](const engine::Outcome& outcome) {
    if (const auto* made = std::get_if<engine::ApplyMade>(&outcome))
      return answer({render_apply(made->apply), std::nullopt});
    const auto* refused = std::get_if<engine::NamesRefused>(&outcome);
    ROLLCALL_CHECK(refused != nullptr);
    answer({render_names_refused(*refused), Error(ErrorCode::InvalidFormattedDeviceName)});
  };
  send_request(context, call, std::move(*command), answer, std::move(done));
}

void batch_register_device_with_apply_id(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_register(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_command<engine::ApplyMade>(context, call, std::move(*command), answer,
                                  [](const engine::ApplyMade& made) { return render_apply(made.apply); });
}

void query_page_by_apply_id(const ActionContext& context, Call& call, Answer answer) {
  const auto apply = read_apply_id(call.parameters);
  if (!apply) return refuse_call(answer, apply.error());
  const auto page = read_page(call.parameters, kApplyPageMax);
  if (!page) return refuse_call(answer, page.error());
  run_query(context, call, answer,
            [instance = call.actor.instance, apply = *apply, page = *page,
             key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto list, queries.apply_page(instance, apply, page.page, page.page_size));
              return render_apply_page(list, page.page, page.page_size, IdCodec(key));
            });
}

// --- the rows

constexpr ParameterSpec kBatchCheckDeviceNames[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "DeviceName",
     .kind = List,
     .rule = "1 to 10000 names as in RegisterDevice; excludes DeviceNameList"},
    {.name = "DeviceNameList",
     .kind = Objects,
     .rule =
         "1 to 10000 of DeviceNameList.N.DeviceName, with .DeviceNickname if wanted; excludes DeviceName"},
};
constexpr ParameterSpec kBatchRegister[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "ApplyId",
     .required = true,
     .kind = Integer,
     .ill_formed = ErrorCode::InvalidFormattedApplyId,
     .rule = "a number above 0, from BatchCheckDeviceNames or BatchRegisterDevice"},
};
constexpr ParameterSpec kQueryPageByApplyId[] = {
    {.name = "ApplyId",
     .required = true,
     .kind = Integer,
     .ill_formed = ErrorCode::InvalidFormattedApplyId,
     .rule = "a number above 0, from BatchCheckDeviceNames or BatchRegisterDevice"},
    {.name = "PageSize", .kind = Integer, .ill_formed = kPageError, .rule = "1 to 50; default 10"},
    {.name = "CurrentPage", .kind = Integer, .ill_formed = kPageError, .rule = "from 1; default 1"},
};

constexpr ActionRow kRows[] = {
    {"BatchCheckDeviceNames", 10, kVendor, batch_check_device_names, kBatchCheckDeviceNames},
    {"BatchRegisterDeviceWithApplyId", 500, kVendor, batch_register_device_with_apply_id, kBatchRegister},
    {"QueryPageByApplyId", 50, kVendor, query_page_by_apply_id, kQueryPageByApplyId},
};

}  // namespace

std::span<const ActionRow> batch_registration_actions() noexcept { return kRows; }

}  // namespace rollcall::api
