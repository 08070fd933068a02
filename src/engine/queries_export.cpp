// A fleet as it goes out (DESIGN 5.22): what ImportFleet takes.
#include <algorithm>
#include <unordered_map>

#include "base/limits.hpp"
#include "engine/queries.hpp"
#include "store/store.hpp"

namespace rollcall::engine {

Result<std::vector<std::string>> Queries::product_keys(InstanceId instance) {
  ROLLCALL_TRY(auto page, reader_.list_products(instance, {}, 0, limits::kProductsExported));
  if (page.total > static_cast<int64_t>(limits::kProductsExported))
    return fail(ErrorCode::ProductCountExceedMax,
                "there are " + std::to_string(page.total) + " products, of which at most " +
                    std::to_string(limits::kProductsExported) + " can be exported");
  std::vector<std::string> keys;
  for (Product& product : page.products) keys.push_back(std::move(product.key));
  std::sort(keys.begin(), keys.end());
  return keys;
}

Result<ExportedProduct> Queries::export_product(InstanceId instance, std::string_view product_key) {
  ExportedProduct out;
  ROLLCALL_TRY(out.product, product(instance, product_key));
  ROLLCALL_TRY(auto published, reader_.latest_thing_model(out.product.id));
  ROLLCALL_TRY(auto draft, reader_.thing_model(out.product.id, ""));
  if (published) out.tsl = std::move(published->tsl);
  if (draft && draft->tsl != out.tsl) out.draft_tsl = std::move(draft->tsl);
  ROLLCALL_TRY(out.topics, reader_.product_topics(out.product.id));
  return out;
}

Result<std::vector<ExportedGroup>> Queries::export_groups(InstanceId instance) {
  ROLLCALL_TRY(auto page, reader_.list_groups(instance, {}, {}, 0, limits::kGroupsMax));
  std::vector<ExportedGroup> out;
  std::unordered_map<GroupId, std::string> codes;
  // Newest first, and a group is made after the one above it.
  std::reverse(page.groups.begin(), page.groups.end());
  for (Group& group : page.groups) {
    codes.emplace(group.id, group.code);
    const auto parent = codes.find(group.parent);
    out.push_back({std::move(group), parent == codes.end() ? std::string() : parent->second});
  }
  return out;
}

Result<ExportedDevices> Queries::export_devices(InstanceId instance, std::string_view product_key,
                                                std::string_view after_name, size_t limit) {
  ROLLCALL_TRY(const Product owner, product(instance, product_key));
  ROLLCALL_TRY(auto rows, reader_.list_devices(owner.id, after_name, limit + 1));
  ExportedDevices out;
  out.more = rows.size() > limit;
  if (out.more) rows.resize(limit);
  std::vector<DeviceId> ids;
  std::unordered_map<DeviceId, size_t> places;
  for (Device& row : rows) {
    ids.push_back(row.id);
    places.emplace(row.id, out.devices.size());
    out.devices.push_back({std::move(row), {}, {}});
  }
  ROLLCALL_TRY(auto tags, reader_.device_tags(ids));
  for (auto& [device, tag] : tags) out.devices[places[device]].tags.push_back(std::move(tag));
  ROLLCALL_TRY(const auto memberships, reader_.groups_of_devices(ids));
  std::vector<GroupId> group_ids;
  for (const auto& [device, group] : memberships) group_ids.push_back(group);
  std::sort(group_ids.begin(), group_ids.end());
  group_ids.erase(std::unique(group_ids.begin(), group_ids.end()), group_ids.end());
  ROLLCALL_TRY(const auto groups, reader_.groups(group_ids));
  std::unordered_map<GroupId, std::string> codes;
  for (const Group& group : groups) codes.emplace(group.id, group.code);
  for (const auto& [device, group] : memberships) {
    const auto code = codes.find(group);  // gone since: it is in it no more
    if (code != codes.end()) out.devices[places[device]].groups.push_back(code->second);
  }
  return out;
}

}  // namespace rollcall::engine
