// The whole way of a fleet file: what the verb `import` makes of it is what ImportFleet reads, device by
// device, and what ImportFleet takes from anybody obeys the rules of names (cloud-api C, DESIGN 5.22).
//
// Input: a choice, then the text: a fleet file, or (odd) the Entries themselves.
#include <cstdint>
#include <string>
#include <string_view>

#include "api/fleet_entries.hpp"
#include "base/fuzz_input.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "client/fleet_file.hpp"
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

std::optional<engine::ImportFleet> read_entries(std::string_view entries) {
  auto fleet = api::read_fleet_entries(entries);
  if (!fleet) {
    demand(utf8_length(public_message(fleet.error())).has_value());
    return std::nullopt;
  }
  for (const auto& device : fleet->devices) check_device(device);
  for (const auto& product : fleet->products) {
    demand(api::check_product_key(product.product.key).has_value() && !product.product.name.empty());
    demand(product.tsl.size() <= limits::kTslBytesMax);
    demand(product.tsl.empty() || product.product.has_thing_model);
  }
  for (const auto& group : fleet->groups) {
    demand(!group.group.code.empty() && check_group_name(group.group.name).has_value());
    for (const auto& member : group.devices)
      demand(!member.product_key.empty() && !member.device_name.empty() && member.iot_id.empty());
  }
  return std::move(*fleet);
}

std::string member_text(std::string_view object, std::string_view name) {
  const auto raw = json_member(object, name);
  return raw ? json_unquote(*raw).value_or("") : std::string();
}

void check_file(std::string_view text) {
  const auto file = client::read_fleet_file(text);
  if (!file) return;
  for (const auto& chunk : file->chunks) {
    const auto fleet = read_entries(chunk.entries);
    if (!fleet) continue;
    const auto devices = json_elements(json_member(chunk.entries, "devices").value());
    const auto groups = json_elements(json_member(chunk.entries, "groups").value());
    demand(fleet->devices.size() == devices.size() && fleet->groups.size() == groups.size());
    for (size_t i = 0; i < devices.size(); ++i) {
      const auto& read = fleet->devices[i];
      demand(read.product_key == member_text(devices[i], "ProductKey"));
      demand(read.device.name == member_text(devices[i], "DeviceName"));
      demand(read.device.secret.reveal() == member_text(devices[i], "DeviceSecret"));
      demand(read.device.foreign_iot_id == member_text(devices[i], "IotId"));
      demand(read.device.nickname == member_text(devices[i], "Nickname"));
    }
    for (size_t i = 0; i < groups.size(); ++i)
      demand(fleet->groups[i].group.code == member_text(groups[i], "GroupId"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  const std::string text(input.rest());
  if ((choice & 1) != 0)
    read_entries(text);
  else
    check_file(text);
  return 0;
}
