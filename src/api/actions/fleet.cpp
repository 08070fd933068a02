// The extensions ImportFleet and ExportDevices: a fleet with the identities it has (DESIGN 5.22).
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/fleet_entries.hpp"
#include "api/fleet_export.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"

namespace rollcall::api {
namespace {

constexpr size_t kExportedDevicesMax = 1'000;  // in an answer

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

// --- ExportFleet

struct Lines {
  std::vector<std::string> lines;
  std::string next;  // the cursor of the page behind; empty: there is none
};

Result<Lines> product_lines(engine::Queries& queries, InstanceId instance, const std::string& after) {
  constexpr size_t kBytesAbout = 512 * 1024;
  ROLLCALL_TRY(const auto keys, queries.product_keys(instance));
  Lines out;
  size_t bytes = 0;
  for (auto key = std::upper_bound(keys.begin(), keys.end(), after); key != keys.end(); ++key) {
    ROLLCALL_TRY(const auto product, queries.export_product(instance, *key));
    out.lines.push_back(product_line(product));
    bytes += out.lines.back().size();
    if (bytes < kBytesAbout) continue;
    if (key + 1 != keys.end()) out.next = *key;
    break;
  }
  return out;
}

Result<Lines> group_lines(engine::Queries& queries, InstanceId instance) {
  ROLLCALL_TRY(const auto groups, queries.export_groups(instance));
  Lines out;
  for (const auto& group : groups) out.lines.push_back(group_line(group));
  return out;
}

// The cursor is ProductKey/DeviceName of the last one; a page holds devices of one product.
Result<Lines> device_lines(engine::Queries& queries, InstanceId instance, const std::string& after,
                           const IdCodec& codec) {
  const size_t slash = std::min(after.find('/'), after.size());
  std::string name = slash < after.size() ? after.substr(slash + 1) : std::string();
  ROLLCALL_TRY(const auto keys, queries.product_keys(instance));
  Lines out;
  auto key = std::lower_bound(keys.begin(), keys.end(), after.substr(0, slash));
  if (key == keys.end()) return out;
  if (*key != after.substr(0, slash)) name.clear();  // that product is gone
  ROLLCALL_TRY(const auto page, queries.export_devices(instance, *key, name, kExportedDevicesMax));
  for (const auto& device : page.devices) out.lines.push_back(device_line(device, *key, codec));
  if (page.more)
    out.next = *key + "/" + page.devices.back().device.name;
  else if (key + 1 != keys.end())
    out.next = *(key + 1) + "/";
  return out;
}

Result<Node> render_lines(Result<Lines>&& lines) {
  if (!lines) return fail(std::move(lines.error()));
  std::vector<Node> nodes;
  for (std::string& line : lines->lines) nodes.emplace_back(std::move(line));
  Node data;
  data.add_list("Lines", "Line", std::move(nodes));
  data.add("Next", std::move(lines->next));
  return Node().add("Data", std::move(data));
}

void export_fleet(const ActionContext& context, Call& call, Answer answer) {
  const std::string kind(text_of(call.parameters, "Kind"));
  if (kind != "product" && kind != "group" && kind != "device")
    return refuse_call(answer, refuse("Kind", "product, group or device", kind).value());
  run_query(context, call, answer,
            [instance = call.actor.instance, kind, after = std::string(text_of(call.parameters, "After")),
             codec_key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              if (kind == "product") return render_lines(product_lines(queries, instance, after));
              if (kind == "group") return render_lines(group_lines(queries, instance));
              return render_lines(device_lines(queries, instance, after, IdCodec(codec_key)));
            });
}

void import_fleet(const ActionContext& context, Call& call, Answer answer) {
  const bool dry_run = boolean_of(call.parameters, "DryRun", false);
  auto command = read_fleet_entries(text_of(call.parameters, "Entries"), context.codec, dry_run);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_command<engine::FleetImported>(
      context, call, std::move(*command), answer,
      [dry_run](const engine::FleetImported& imported) { return render_fleet_imported(imported, dry_run); });
}

// --- the rows

constexpr ParameterSpec kExportDevices[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "AfterDeviceName", .rule = "begins behind this name"},
    {.name = "Limit", .kind = Integer, .ill_formed = kPageError, .rule = "1 to 1000; default 1000"},
};
constexpr ParameterSpec kExportFleet[] = {
    {.name = "Kind", .required = true, .rule = "product, group or device"},
    {.name = "After", .rule = "Data.Next of the page before; default: the first page"},
};
constexpr ParameterSpec kImportFleet[] = {
    {.name = "Entries",
     .required = true,
     .kind = Json,
     .rule =
         "a JSON object with the lists products, groups, devices and tasks, each of at most 2000 entries"},
    {.name = "DryRun", .kind = Boolean, .rule = "only checks; default false"},
};

constexpr ActionRow kRows[] = {
    {"ExportDevices", 50, kExtension, export_devices, kExportDevices},
    {"ExportFleet", 50, kExtension, export_fleet, kExportFleet},
    {"ImportFleet", 50, kExtension, import_fleet, kImportFleet},
};

}  // namespace

std::span<const ActionRow> fleet_actions() noexcept { return kRows; }

}  // namespace rollcall::api
