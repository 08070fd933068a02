// The whole way of a fleet file: what the verb `import` makes of it is what ImportFleet reads, row by
// row, and what ImportFleet takes from anybody obeys the rules of names (cloud-api C, DESIGN 5.22).
//
// Input: a choice, then the text: a fleet file, or (odd) the Entries themselves.
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include "api/fleet_entries.hpp"
#include "base/fuzz_input.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "client/fleet_reader.hpp"
#include "model/fleet.hpp"

namespace {

using namespace rollcall;
using fuzz::demand;

void check_device(const engine::ImportFleet::DeviceEntry& entry) {
  demand(api::check_product_key(entry.product_key).has_value());
  demand(check_device_name(entry.device.name).has_value());
  demand(!entry.device.secret.reveal().empty());
  demand(entry.device.foreign_iot_id.empty() || api::check_iot_id(entry.device.foreign_iot_id));
  demand(entry.device.nickname.empty() || check_nickname(entry.device.nickname));
}

// Names come as they are (DESIGN 5.22): a short one is judged by its characters only.
void check_group(const engine::ImportFleet::GroupEntry& group) {
  demand(!group.code.empty());
  if (group.name)
    demand(!group.name->empty() &&
           check_group_name(group.name->size() < 4 ? *group.name + "____" : *group.name));
  for (const auto& member : group.devices)
    demand(!member.product_key.empty() && !member.device_name.empty() && member.iot_id.empty());
}

std::optional<engine::ImportFleet> read_entries(std::string_view entries, bool dry_run) {
  auto fleet = api::read_fleet_entries(entries, IdCodec(IdCodec::Key{}), dry_run);
  if (!fleet) {
    demand(utf8_length(public_message(fleet.error())).has_value());
    return std::nullopt;
  }
  for (const auto& device : fleet->devices) check_device(device);
  for (const auto& product : fleet->products) {
    demand(api::check_product_key(product.key).has_value() && (!product.name || !product.name->empty()));
    demand(product.tsl.size() <= limits::kTslBytesMax);
  }
  for (const auto& group : fleet->groups) check_group(group);
  demand(dry_run || fleet->refused.refusals.empty());
  demand(fleet->refused.refusals.size() <= limits::kImportRefusalsTold);
  return std::move(*fleet);
}

std::string member_text(std::string_view object, std::string_view name) {
  const auto raw = json_member(object, name);
  return raw ? json_unquote(*raw).value_or("") : std::string();
}

// Each row of a file alone, as an entry.
void check_file(std::string_view text) {
  std::istringstream in{std::string(text)};
  auto reader = client::FleetReader::open(in);
  if (!reader) return;
  client::FleetRow row;
  for (auto any = (*reader)->next(row); any && *any; any = (*reader)->next(row)) {
    if (!row.fault.empty() || row.kind < client::FleetRow::Kind::Product) continue;
    const char* list = row.kind == client::FleetRow::Kind::Product  ? "products"
                       : row.kind == client::FleetRow::Kind::Device ? "devices"
                       : row.kind == client::FleetRow::Kind::Task   ? "tasks"
                                                                    : "groups";
    const std::string entries = std::string("{\"") + list + "\":[" + row.json + "]}";
    const auto dry = read_entries(entries, true);
    const auto fleet = read_entries(entries, false);
    demand(dry.has_value() || !fleet.has_value());
    if (!fleet || fleet->devices.empty()) continue;
    const auto& device = fleet->devices[0];
    demand(device.product_key == member_text(row.json, "ProductKey"));
    demand(device.device.name == member_text(row.json, "DeviceName"));
    demand(device.device.secret.reveal() == member_text(row.json, "DeviceSecret"));
    demand(device.device.foreign_iot_id == member_text(row.json, "IotId"));
    demand(device.device.nickname == member_text(row.json, "Nickname"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  const std::string text(input.rest());
  if ((choice & 1) != 0)
    read_entries(text, (choice & 2) != 0);
  else
    check_file(text);
  return 0;
}
