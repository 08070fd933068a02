// Lists and counts of a fleet (cloud-api C.2, C.3).
#include <algorithm>
#include <unordered_map>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "engine/queries.hpp"
#include "store/store.hpp"

namespace rollcall::engine {
namespace {

constexpr int64_t kOffsetMax = 10'000;  // deeper pages need a NextToken (DESIGN 3)

Result<int64_t> offset_of(int64_t page, int64_t page_size) {
  if (page < 1 || page_size < 1 || page > kOffsetMax || page * page_size > kOffsetMax)
    return fail(ErrorCode::InvalidPageParams,
                "CurrentPage x PageSize is at most " + std::to_string(kOffsetMax) + " without a NextToken");
  return (page - 1) * page_size;
}

int64_t count_of(const DeviceTally& tally, DeviceStatus status) {
  switch (status) {
    case DeviceStatus::Disabled:
      return tally.disabled;
    case DeviceStatus::Online:
      return tally.online;
    case DeviceStatus::Offline:
      return tally.active - tally.disabled_active - tally.online;
    case DeviceStatus::Unactive:
      return tally.devices - tally.active - (tally.disabled - tally.disabled_active);
  }
  return 0;
}

}  // namespace

Result<DeviceList> Queries::devices_of_product(InstanceId instance, std::string_view product_key,
                                               int64_t page, int64_t page_size,
                                               std::optional<int64_t> position) {
  ROLLCALL_TRY(const Product row, product(instance, product_key));
  int64_t offset = 0;
  if (!position) {
    ROLLCALL_TRY(offset, offset_of(page, page_size));
  }
  DeviceList list;
  list.total = row.device_count;
  const auto limit = static_cast<size_t>(page_size);
  ROLLCALL_TRY(auto rows, reader_.newest_devices(row.id, DeviceId{position.value_or(0)}, offset, limit + 1));
  if (rows.size() > limit) {
    rows.resize(limit);
    list.next_position = rows.back().device.id.value;
  }
  for (store::DeviceRow& one : rows)
    list.devices.push_back({std::move(one.device), std::move(one.presence), row.key, row.name});
  return list;
}

Result<DeviceList> Queries::devices_of_status(InstanceId instance, std::string_view product_key,
                                              DeviceStatus status, int64_t page, int64_t page_size) {
  ROLLCALL_TRY(const int64_t offset, offset_of(page, page_size));
  DeviceList list;
  ProductId product_id;
  DeviceTally tally;
  if (product_key.empty()) {
    ROLLCALL_TRY(tally, reader_.instance_tally(instance));
  } else {
    ROLLCALL_TRY(const Product row, product(instance, product_key));
    product_id = row.id;
    ROLLCALL_TRY(tally, reader_.product_tally(row.id));
  }
  list.total = std::max<int64_t>(0, count_of(tally, status));
  std::vector<DeviceId> ids;
  const int64_t end = std::min(offset + page_size, list.total);
  DeviceId before;
  // Snapshot by snapshot, until the page is full: the devices of a status have no index of their own.
  for (int64_t seen = 0; seen < end;) {
    const auto wanted = static_cast<size_t>(std::min<int64_t>(end - seen, 1'000));
    ROLLCALL_TRY(auto scan,
                 reader_.scan_devices(instance, product_id, status, before, limits::kDevicesPerScan, wanted));
    for (const store::DeviceRow& row : scan.devices)
      if (++seen > offset) ids.push_back(row.device.id);
    if (!scan.next) break;
    before = *scan.next;
  }
  ROLLCALL_TRY(list.devices, describe(ids));
  return list;
}

Result<DeviceTally> Queries::device_tally(InstanceId instance, std::string_view product_key,
                                          std::string_view group_code) {
  if (!group_code.empty()) {
    ROLLCALL_TRY(const Group row, group(instance, group_code));
    return reader_.group_tally(row.id);
  }
  if (product_key.empty()) return reader_.instance_tally(instance);
  ROLLCALL_TRY(const Product row, product(instance, product_key));
  return reader_.product_tally(row.id);
}

Result<Group> Queries::group(InstanceId instance, std::string_view code) {
  const std::string codes[] = {std::string(code)};
  ROLLCALL_TRY(auto rows, reader_.groups_by_code(codes));
  if (rows.empty() || rows.front().instance != instance)
    return fail(ErrorCode::NotExistedGroup, "the device group " + excerpt(code) + " does not exist");
  return std::move(rows.front());
}

Result<GroupInfo> Queries::group_info(InstanceId instance, std::string_view code) {
  ROLLCALL_TRY(Group row, group(instance, code));
  ROLLCALL_TRY(const DeviceTally tally, reader_.group_tally(row.id));
  return GroupInfo{std::move(row), tally};
}

Result<GroupList> Queries::list_groups(InstanceId instance, const GroupFilter& filter, int64_t page,
                                       int64_t page_size) {
  ROLLCALL_TRY(const int64_t offset, offset_of(page, page_size));
  std::optional<GroupId> parent;
  if (!filter.parent_code.empty()) {
    ROLLCALL_TRY(const Group row, group(instance, filter.parent_code));
    parent = row.id;
  }
  std::optional<std::string_view> name;
  if (!filter.name.empty()) name = filter.name;
  ROLLCALL_TRY(auto rows,
               reader_.list_groups(instance, parent, name, offset, static_cast<size_t>(page_size)));
  return GroupList{std::move(rows.groups), rows.total};
}

Result<DeviceList> Queries::devices_of_group(InstanceId instance, std::string_view code, int64_t page,
                                             int64_t page_size) {
  ROLLCALL_TRY(const Group row, group(instance, code));
  if (page < 1 || page_size < 1 || page > static_cast<int64_t>(limits::kGroupDevicesMax))
    return fail(ErrorCode::InvalidPageParams);
  DeviceList list;
  list.total = row.device_count;
  const int64_t offset = (page - 1) * page_size;  // at most the size of a group, by index
  if (offset >= list.total) return list;
  ROLLCALL_TRY(const auto ids, reader_.group_devices(row.id, offset, static_cast<size_t>(page_size)));
  ROLLCALL_TRY(list.devices, describe(ids));
  return list;
}

Result<std::vector<Group>> Queries::groups_of_device(InstanceId instance, std::string_view product_key,
                                                     std::string_view device_name) {
  ROLLCALL_TRY(const Device row, device(instance, product_key, device_name));
  return reader_.groups_of_device(row.id);
}

Result<std::vector<DeviceTag>> Queries::device_tags(const Device& row) {
  ROLLCALL_TRY(auto rows, reader_.device_tags({&row.id, 1}));
  std::vector<DeviceTag> tags;
  for (auto& [device, tag] : rows) tags.push_back(std::move(tag));
  return tags;
}

Result<DeviceList> Queries::devices_by_tags(InstanceId instance, std::span<const DeviceTag> tags,
                                            int64_t page, int64_t page_size) {
  ROLLCALL_TRY(const int64_t offset, offset_of(page, page_size));
  ROLLCALL_TRY(const auto found,
               reader_.devices_by_tags(instance, tags, offset, static_cast<size_t>(page_size)));
  DeviceList list;
  list.total = found.total;
  ROLLCALL_TRY(list.devices, describe(found.devices));
  return list;
}

Result<TopicList> Queries::product_topics(InstanceId instance, std::string_view product_key) {
  ROLLCALL_TRY(const Product row, product(instance, product_key));
  ROLLCALL_TRY(auto topics, reader_.product_topics(row.id));
  return TopicList{row.key, std::move(topics)};
}

Result<ApplyReport> Queries::apply_report(InstanceId instance, std::string_view product_key, ApplyId apply) {
  ROLLCALL_TRY(const Product row, product(instance, product_key));
  const ApplyId ids[] = {apply};
  ROLLCALL_TRY(const auto applies, reader_.applies(ids));
  if (applies.empty() || applies.front().instance != instance) return fail(ErrorCode::DeviceApplyNotFound);
  if (applies.front().product != row.id)
    return fail(ErrorCode::IncorrectDeviceApply, "the application belongs to another product");
  ApplyReport report;
  report.status = applies.front().status;
  if (report.status != ApplyStatus::Created) return report;
  ROLLCALL_TRY(const auto items, reader_.apply_items(apply, 0, limits::kDeviceNamesPerCheckMax));
  for (const store::ApplyItem& item : items)
    (item.device ? report.valid : report.invalid).push_back(item.device_name);
  report.failed = !report.invalid.empty();
  if (!report.failed) report.valid.clear();
  return report;
}

Result<std::vector<ListedDevice>> Queries::describe(std::span<const DeviceId> ids) {
  ROLLCALL_TRY(auto devices, reader_.devices(ids));
  ROLLCALL_TRY(auto presence, reader_.presence(ids));
  std::unordered_map<DeviceId, Presence> present;
  for (Presence& one : presence) present.emplace(one.device, std::move(one));
  std::unordered_map<ProductId, Product> products;
  std::vector<ProductId> product_ids;
  for (const Device& one : devices)
    if (products.try_emplace(one.product).second) product_ids.push_back(one.product);
  ROLLCALL_TRY(auto rows, reader_.products(product_ids));
  for (Product& row : rows) products[row.id] = std::move(row);
  std::vector<ListedDevice> list;
  for (Device& one : devices) {
    const Product& row = products[one.product];
    Presence last = present[one.id];
    last.device = one.id;
    list.push_back({std::move(one), std::move(last), row.key, row.name});
  }
  return list;
}

}  // namespace rollcall::engine
