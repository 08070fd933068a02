// The extensions ImportFleet and ExportDevices: a fleet with the identities it has (DESIGN 5.22).
#include <fmt/format.h>

#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"

namespace rollcall::api {
namespace {

// The devices of a product with their secrets, in the order of their names behind AfterDeviceName.
void export_devices(const ActionContext& context, Call& call, Answer answer) {
  constexpr int64_t kLimitMax = 1'000;
  if (auto status = check_product_key(text_of(call.parameters, "ProductKey")); !status)
    return refuse_call(answer, std::move(status.error()));
  const int64_t limit = integer_of(call.parameters, "Limit").value_or(kLimitMax);
  if (limit < 1 || limit > kLimitMax)
    return refuse_call(answer,
                       Error(ErrorCode::InvalidPageParams,
                             fmt::format("Limit must be from 1 to {}, but is {}.", kLimitMax, limit)));
  run_query(context, call, answer,
            [instance = call.actor.instance, key = std::string(text_of(call.parameters, "ProductKey")),
             after = std::string(text_of(call.parameters, "AfterDeviceName")), limit,
             codec_key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(auto devices,
                           queries.list_devices(instance, key, after, static_cast<size_t>(limit)));
              return render_exported_devices(devices, IdCodec(codec_key));
            });
}

void import_fleet(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_fleet_entries(text_of(call.parameters, "Entries"));
  if (!command) return refuse_call(answer, std::move(command.error()));
  command->dry_run = boolean_of(call.parameters, "DryRun", false);
  send_command<engine::FleetImported>(context, call, std::move(*command), answer,
                                      [dry_run = command->dry_run](const engine::FleetImported& imported) {
                                        return render_fleet_imported(imported, dry_run);
                                      });
}

// --- the rows

constexpr ParameterSpec kExportDevices[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "AfterDeviceName", .rule = "begins behind this name"},
    {.name = "Limit", .kind = Integer, .ill_formed = kPageError, .rule = "1 to 1000; default 1000"},
};
constexpr ParameterSpec kImportFleet[] = {
    {.name = "Entries",
     .required = true,
     .kind = Json,
     .rule = "a JSON object with the lists products, devices and groups, each of at most 2000 entries"},
    {.name = "DryRun", .kind = Boolean, .rule = "only checks; default false"},
};

constexpr ActionRow kRows[] = {
    {"ExportDevices", 50, kExtension, export_devices, kExportDevices},
    {"ImportFleet", 50, kExtension, import_fleet, kImportFleet},
};

}  // namespace

std::span<const ActionRow> fleet_actions() noexcept { return kRows; }

}  // namespace rollcall::api
