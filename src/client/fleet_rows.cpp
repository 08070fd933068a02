#include "client/fleet_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rollcall::client {
namespace {

constexpr size_t kNameMin = 4;  // cloud-api C.2
constexpr size_t kNameMax = 32;

tl::unexpected<Error> bad(const std::string& place, const std::string& why) {
  return fail(ErrorCode::InvalidFormattedParameter, place + ": " + why);
}

// '\n' is in no name that was checked.
std::string pair_key(std::string_view product_key, std::string_view device_name) {
  return std::string(product_key) + "\n" + std::string(device_name);
}

using Seen = std::unordered_map<std::string, std::string>;  // what, where

Status once(Seen& seen, const std::string& what, const std::string& place, const std::string& text) {
  const auto [found, added] = seen.emplace(what, place);
  if (added) return {};
  return bad(place, text + " is in " + found->second + " already");
}

Status check_unique(const FleetRows& rows) {
  Seen products, devices, iot_ids, groups;
  for (const ProductRow& row : rows.products)
    ROLLCALL_TRY_STATUS(once(products, row.key, row.place, "ProductKey " + row.key));
  for (const DeviceRow& row : rows.devices) {
    ROLLCALL_TRY_STATUS(once(devices, pair_key(row.product_key, row.device_name), row.place,
                             "device " + row.product_key + "/" + row.device_name));
    if (!row.iot_id.empty())
      ROLLCALL_TRY_STATUS(once(iot_ids, row.iot_id, row.place, "IotId " + excerpt(row.iot_id)));
  }
  for (const GroupRow& row : rows.groups)
    ROLLCALL_TRY_STATUS(once(groups, row.id, row.place, "GroupId " + row.id));
  return {};
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, value);
}

void append_device(std::string& out, const DeviceRow& row) {
  out += '{';
  append_member(out, "ProductKey", row.product_key);
  append_member(out, "DeviceName", row.device_name);
  append_member(out, "DeviceSecret", row.device_secret);
  append_member(out, "IotId", row.iot_id);
  append_member(out, "Nickname", row.nickname);
  out += '}';
}

void append_group(std::string& out, const GroupRow& group) {
  out += '{';
  append_member(out, "GroupId", group.id);
  append_member(out, "GroupName", group.name);
  append_member(out, "GroupDesc", group.description);
  out += R"(,"Devices":[)";
  for (const auto& [product_key, device_name] : group.devices) {
    if (out.back() != '[') out += ',';
    out += '{';
    append_member(out, "ProductKey", product_key);
    append_member(out, "DeviceName", device_name);
    out += '}';
  }
  out += "]}";
}

// What one chunk holds, by position in the rows.
struct Plan {
  std::vector<const ProductRow*> products;
  std::vector<const DeviceRow*> devices;
  std::map<std::string, GroupRow> groups;
};

FleetChunk print(const Plan& plan, size_t repeated) {
  FleetChunk chunk;
  chunk.repeated = repeated;
  chunk.first_place =
      plan.devices.empty() ? std::string("the products and groups") : plan.devices.front()->place;
  std::string& out = chunk.entries;
  const auto separate = [&out] {
    if (out.back() != '[') out += ',';
  };
  out = R"({"products":[)";
  for (const ProductRow* product : plan.products) {
    separate();
    out += product->json;
  }
  out += R"(],"devices":[)";
  for (const DeviceRow* device : plan.devices) {
    separate();
    append_device(out, *device);
  }
  out += R"(],"groups":[)";
  for (const auto& [id, group] : plan.groups) {
    separate();
    append_group(out, group);
  }
  out += "]}";
  return chunk;
}

// Cuts the rows; knows what earlier chunks held.
class Cutter {
 public:
  explicit Cutter(const FleetRows& rows) : rows_(rows) {
    for (const ProductRow& product : rows.products) products_.emplace(product.key, &product);
    for (const GroupRow& group : rows.groups) groups_.emplace(group.id, &group);
  }

  // Groups of the CSV file: those named in the devices' lines.
  Status add_devices(size_t begin, size_t end) {
    Plan plan;
    std::unordered_set<std::string_view> products;
    for (size_t i = begin; i < end; ++i) {
      const DeviceRow& row = rows_.devices[i];
      plan.devices.push_back(&row);
      const auto product = products_.find(row.product_key);
      if (product != products_.end() && products.insert(row.product_key).second)
        plan.products.push_back(product->second);
      if (row.group_id.empty()) continue;
      const std::string& name = row.group_name.empty() ? row.group_id : row.group_name;
      GroupRow& group = plan.groups[row.group_id];
      group.id = row.group_id;
      group.name = name;
      group.devices.emplace_back(row.product_key, row.device_name);
      const auto [known, added] = group_names_.emplace(row.group_id, name);
      if (!added && known->second != name)
        return bad(row.place, "GroupName of group " + row.group_id + " was " + known->second + " before");
    }
    put(plan);
    return {};
  }

  // Products without devices, and the groups of the JSON file, whose devices exist by then.
  void add_rest() {
    Plan plan;
    for (const ProductRow& product : rows_.products) {
      if (done_products_.count(product.key) != 0) continue;
      plan.products.push_back(&product);
      if (plan.products.size() == kChunkDevices) put(plan);
    }
    for (const GroupRow& group : rows_.groups) {
      for (size_t begin = 0; begin == 0 || begin < group.devices.size(); begin += kChunkDevices) {
        GroupRow part = group;
        const size_t end = std::min(group.devices.size(), begin + kChunkDevices);
        part.devices.assign(group.devices.begin() + static_cast<ptrdiff_t>(begin),
                            group.devices.begin() + static_cast<ptrdiff_t>(end));
        plan.groups.emplace(group.id, std::move(part));
        put(plan);
      }
    }
    if (!plan.products.empty()) put(plan);
  }

  FleetFile take() {
    file_.products = done_products_.size();
    file_.devices = rows_.devices.size();
    file_.groups = done_groups_.size();
    return std::move(file_);
  }

 private:
  void put(Plan& plan) {
    size_t repeated = 0;
    for (const ProductRow* product : plan.products)
      repeated += done_products_.insert(product->key).second ? 0 : 1;
    for (const auto& [id, group] : plan.groups) repeated += done_groups_.insert(id).second ? 0 : 1;
    file_.chunks.push_back(print(plan, repeated));
    plan = Plan();
  }

  const FleetRows& rows_;
  std::unordered_map<std::string, const ProductRow*> products_;
  std::unordered_map<std::string, const GroupRow*> groups_;
  std::unordered_map<std::string, std::string> group_names_;
  std::unordered_set<std::string> done_products_;
  std::unordered_set<std::string> done_groups_;
  FleetFile file_;
};

}  // namespace

Status check_device_row(const DeviceRow& row) {
  if (row.product_key.empty()) return bad(row.place, "ProductKey is mandatory");
  if (row.device_name.empty()) return bad(row.place, "DeviceName is mandatory");
  if (row.device_secret.empty()) return bad(row.place, "DeviceSecret is mandatory");
  const std::string& name = row.device_name;
  if (name.size() < kNameMin || name.size() > kNameMax || !is_letters_digits(name, "-_@.:"))
    return bad(row.place, fmt::format("DeviceName must be {} to {} letters, digits and -_@.: but is {}",
                                      kNameMin, kNameMax, excerpt(name)));
  if (!row.group_name.empty() && row.group_id.empty()) return bad(row.place, "GroupName needs a GroupId");
  return {};
}

Result<FleetFile> cut_fleet(const FleetRows& rows) {
  ROLLCALL_TRY_STATUS(check_unique(rows));
  Cutter cutter(rows);
  for (size_t begin = 0; begin < rows.devices.size(); begin += kChunkDevices)
    ROLLCALL_TRY_STATUS(cutter.add_devices(begin, std::min(rows.devices.size(), begin + kChunkDevices)));
  cutter.add_rest();
  FleetFile file = cutter.take();
  if (file.chunks.empty()) return bad("the file", "holds no device, product or group");
  return file;
}

}  // namespace rollcall::client
