#include "store/postgresql/queries_listing.hpp"

#include <limits>
#include <string>

#include "base/limits.hpp"
#include "store/postgresql/queries.hpp"

namespace rollcall::store::postgresql {
namespace {

#define ROW_COLUMNS                                                                            \
  "d.id, d.product, d.name, d.foreign_iot_id, d.secret, d.nickname, d.enabled, d.created_ms, " \
  "d.serial, d.modified_ms, coalesce(p.online, false), coalesce(p.connection_epoch, 0), "      \
  "coalesce(p.activated_ms, 0), coalesce(p.online_ms, 0), coalesce(p.changed_ms, 0), "         \
  "coalesce(p.address, ''), coalesce(p.offline_reason, 0), coalesce(p.firmware_version, '')"
#define WITH_PRESENCE " d LEFT JOIN presence p ON p.device = d.id "
#define GROUP_COLUMNS \
  "g.id, g.instance, g.code, g.name, g.description, g.parent, g.device_count, g.created_ms"
#define TOPIC_COLUMNS "id, product, name, operation, description"
#define TALLY_COLUMNS(f)                                                                  \
  f "(device_count), " f "(active_count), " f "(online_count), " f "(disabled_count), " f \
    "(disabled_active_count)"
// The next devices to look through ($3: the id to go on from, $4: how many), those of a status ($2: the
// numbers of DeviceStatus; disabled comes first, as in what is shown of a device), and where that ended.
#define SCAN(of)                                                                                     \
  "WITH seen AS MATERIALIZED (SELECT id, product, name, foreign_iot_id, secret, nickname, enabled, " \
  "created_ms, serial, modified_ms FROM device WHERE " of                                            \
  " AND id < $3::bigint AND deleted_ms = 0 "                                                         \
  "ORDER BY id DESC LIMIT $4::bigint) "                                                              \
  "SELECT " ROW_COLUMNS " FROM seen" WITH_PRESENCE                                                   \
  "WHERE CASE WHEN NOT d.enabled THEN 8 WHEN coalesce(p.online, false) THEN 1 "                      \
  "WHEN coalesce(p.activated_ms, 0) <> 0 THEN 3 ELSE 0 END = $2::smallint "                          \
  "ORDER BY d.id DESC LIMIT $5::bigint"
#define SCAN_END(of)                                                            \
  "SELECT count(*), coalesce(min(id), 0) FROM (SELECT id FROM device WHERE " of \
  " AND id < $2::bigint "                                                       \
  "AND deleted_ms = 0 ORDER BY id DESC LIMIT $3::bigint) seen"
#define OF_PRODUCT "product = $1::bigint"
#define OF_INSTANCE "product IN (SELECT id FROM product WHERE instance = $1::bigint AND deleted_ms = 0)"

constexpr SqlText kNewestDevices{
    "devices_newest",
    "SELECT " ROW_COLUMNS
    " FROM (SELECT * FROM device WHERE product = $1::bigint AND id < $2::bigint AND deleted_ms = 0 "
    "ORDER BY id DESC LIMIT $3::bigint OFFSET $4::bigint)" WITH_PRESENCE "ORDER BY d.id DESC"};
constexpr SqlText kScanProduct{"devices_of_status", SCAN(OF_PRODUCT)};
constexpr SqlText kScanProductEnd{"devices_of_status_end", SCAN_END(OF_PRODUCT)};
constexpr SqlText kScanInstance{"devices_of_status_all", SCAN(OF_INSTANCE)};
constexpr SqlText kScanInstanceEnd{"devices_of_status_all_end", SCAN_END(OF_INSTANCE)};
constexpr SqlText kProductTally{"product_tally",
                                "SELECT " TALLY_COLUMNS("") " FROM product WHERE id = $1::bigint"};
constexpr SqlText kGroupTally{
    "group_tally",
    "SELECT device_count, active_count, online_count, 0, 0 FROM device_group WHERE id = $1::bigint"};
constexpr SqlText kInstanceTally{
    "instance_tally",
    "SELECT coalesce(sum(device_count), 0)::bigint, coalesce(sum(active_count), 0)::bigint, "
    "coalesce(sum(online_count), 0)::bigint, coalesce(sum(disabled_count), 0)::bigint, "
    "coalesce(sum(disabled_active_count), 0)::bigint FROM product WHERE instance = $1::bigint "
    "AND deleted_ms = 0"};
#define OF_GROUPS                                                                \
  " FROM device_group g WHERE g.instance = $1::bigint AND g.deleted_ms = 0 AND " \
  "($2::bigint IS NULL OR g.parent = $2) AND ($3::text IS NULL OR g.name = $3)"
constexpr SqlText kGroupsNewest{"groups_newest", "SELECT " GROUP_COLUMNS OF_GROUPS
                                                 " ORDER BY g.id DESC LIMIT $4::bigint OFFSET $5::bigint"};
constexpr SqlText kGroupsCount{"groups_count", "SELECT count(*)" OF_GROUPS};
constexpr SqlText kSubgroupCount{
    "subgroup_count",
    "SELECT count(*) FROM device_group g WHERE g.parent = $1::bigint AND g.deleted_ms = 0 AND "
    "g.instance = (SELECT instance FROM device_group WHERE id = $1)"};
constexpr SqlText kGroupDevices{
    "group_devices",
    "SELECT device FROM group_member WHERE device_group = $1::bigint AND left_number = 0 "
    "ORDER BY join_number LIMIT $2::bigint OFFSET $3::bigint"};
constexpr SqlText kGroupsOfDevice{
    "groups_of_device",
    "SELECT " GROUP_COLUMNS
    " FROM group_member m JOIN device_group g ON g.id = m.device_group AND g.deleted_ms = 0 "
    "WHERE m.device = $1::bigint AND m.left_number = 0 ORDER BY m.join_number DESC"};
constexpr SqlText kGroupsOfDevices{
    "groups_of_devices",
    "SELECT i.id, m.device_group FROM unnest($1::bigint[]) WITH ORDINALITY AS i(id, n) "
    "JOIN group_member m ON m.device = i.id AND m.left_number = 0 "
    "JOIN device_group g ON g.id = m.device_group AND g.deleted_ms = 0 ORDER BY i.n, m.join_number"};
constexpr SqlText kDeviceTags{"device_tags",
                              "SELECT i.id, t.name, t.value FROM unnest($1::bigint[]) WITH ORDINALITY "
                              "AS i(id, n) JOIN device_tag t ON t.device = i.id ORDER BY i.n, t.name"};
// The first tag is looked up, the others are asked of each device found.
#define TAGGED                                                                               \
  " FROM device_tag t WHERE t.instance = $1::bigint AND t.name = ($2::text[])[1] AND "       \
  "(($3::text[])[1] = '' OR t.value = ($3)[1]) AND NOT EXISTS (SELECT FROM "                 \
  "unnest(($2)[2:], ($3)[2:]) AS w(name, value) WHERE NOT EXISTS (SELECT FROM device_tag o " \
  "WHERE o.device = t.device AND o.name = w.name AND (w.value = '' OR o.value = w.value)))"
constexpr SqlText kTagged{
    "devices_by_tags", "SELECT t.device" TAGGED " ORDER BY t.device DESC LIMIT $4::bigint OFFSET $5::bigint"};
constexpr SqlText kTaggedCount{"devices_by_tags_count",
                               "SELECT count(*) FROM (SELECT 1" TAGGED " LIMIT $4::bigint) found"};
constexpr SqlText kProductTopics{
    "product_topics", "SELECT " TOPIC_COLUMNS " FROM product_topic WHERE product = $1::bigint ORDER BY id"};
constexpr SqlText kProductTopic{"product_topic",
                                "SELECT " TOPIC_COLUMNS " FROM product_topic WHERE id = $1::bigint"};

void read(const ReplyRow& row, DeviceRow& out) {
  Device& d = out.device;
  Presence& p = out.presence;
  Columns(row) >> d.id >> d.product >> d.name >> d.foreign_iot_id >> d.secret >> d.nickname >> d.enabled >>
      d.created_at >> d.serial >> d.modified_at >> p.online >> p.connection_epoch >> p.activated_at >>
      p.online_at >> p.changed_at >> p.address >> p.offline_reason >> p.firmware_version;
  p.device = d.id;
}
void read(const ReplyRow& row, Group& out) {
  Columns(row) >> out.id >> out.instance >> out.code >> out.name >> out.description >> out.parent >>
      out.device_count >> out.created_at;
}
void read(const ReplyRow& row, ProductTopic& out) {
  Columns(row) >> out.id >> out.product >> out.name >> out.operation >> out.description;
}
void read(const ReplyRow& row, std::pair<DeviceId, DeviceTag>& out) {
  Columns(row) >> out.first >> out.second.name >> out.second.value;
}
void read(const ReplyRow& row, std::pair<DeviceId, GroupId>& out) { Columns(row) >> out.first >> out.second; }
void read(const ReplyRow& row, DeviceId& out) { Columns(row) >> out; }

template <class... Values>
Parameters parameters(Values&&... values) {
  Parameters out;
  (out << ... << std::forward<Values>(values));
  return out;
}

template <class Row>
Step rows_into(std::vector<Row>& rows, const SqlText& sql, Parameters values) {
  return {&sql, std::move(values), [&rows](const ReplyRow& row) { read(row, rows.emplace_back()); }};
}

template <class Row>
Result<std::vector<Row>> find(Link& link, const SqlText& sql, Parameters values) {
  std::vector<Row> rows;
  Steps steps;
  steps.push_back(rows_into(rows, sql, std::move(values)));
  ROLLCALL_TRY_STATUS(link.run(steps));
  return rows;
}

int64_t upper(DeviceId before) { return before ? before.value : std::numeric_limits<int64_t>::max(); }

}  // namespace

Result<std::vector<DeviceRow>> ListingQueries::newest_devices(ProductId product, DeviceId before,
                                                              int64_t offset, size_t limit) {
  return find<DeviceRow>(link_, kNewestDevices,
                         parameters(product, upper(before), static_cast<int64_t>(limit), offset));
}

Result<Reader::DeviceScan> ListingQueries::scan_devices(InstanceId instance, ProductId product,
                                                        DeviceStatus status, DeviceId before, size_t scanned,
                                                        size_t limit) {
  Reader::DeviceScan scan;
  const int64_t scope = product ? product.value : instance.value;
  const auto most = static_cast<int64_t>(scanned);
  int64_t count = 0;
  DeviceId last;
  Steps steps;
  steps.push_back(rows_into(scan.devices, product ? kScanProduct : kScanInstance,
                            parameters(scope, status, upper(before), most, static_cast<int64_t>(limit))));
  steps.push_back({product ? &kScanProductEnd : &kScanInstanceEnd, parameters(scope, upper(before), most),
                   [&](const ReplyRow& row) { Columns(row) >> count >> last; }});
  ROLLCALL_TRY_STATUS(link_.run_in_snapshot(std::move(steps)));
  if (scan.devices.size() == limit && limit > 0)
    scan.next = scan.devices.back().device.id;
  else if (count == most)
    scan.next = last;
  return scan;
}

Result<DeviceTally> ListingQueries::tally(const SqlText& sql, int64_t id) {
  DeviceTally tally;
  Steps steps;
  steps.push_back({&sql, parameters(id), [&](const ReplyRow& row) {
                     Columns(row) >> tally.devices >> tally.active >> tally.online >> tally.disabled >>
                         tally.disabled_active;
                   }});
  ROLLCALL_TRY_STATUS(link_.run(steps));
  return tally;
}

Result<DeviceTally> ListingQueries::product_tally(ProductId product) {
  return tally(kProductTally, product.value);
}

Result<DeviceTally> ListingQueries::group_tally(GroupId group) { return tally(kGroupTally, group.value); }

Result<DeviceTally> ListingQueries::instance_tally(InstanceId instance) {
  return tally(kInstanceTally, instance.value);
}

Result<Reader::GroupPage> ListingQueries::list_groups(InstanceId instance, std::optional<GroupId> parent,
                                                      std::optional<std::string_view> name, int64_t offset,
                                                      size_t limit) {
  Reader::GroupPage page;
  if (name && !storable(*name)) return page;
  Steps steps;
  steps.push_back(rows_into(page.groups, kGroupsNewest,
                            parameters(instance, parent, name, static_cast<int64_t>(limit), offset)));
  steps.push_back({&kGroupsCount, parameters(instance, parent, name),
                   [&](const ReplyRow& row) { page.total = row.integer(0); }});
  ROLLCALL_TRY_STATUS(link_.run_in_snapshot(std::move(steps)));
  return page;
}

Result<int64_t> ListingQueries::subgroup_count(GroupId parent) {
  int64_t count = 0;
  Steps steps;
  steps.push_back(
      {&kSubgroupCount, parameters(parent), [&](const ReplyRow& row) { count = row.integer(0); }});
  ROLLCALL_TRY_STATUS(link_.run(steps));
  return count;
}

Result<std::vector<DeviceId>> ListingQueries::group_devices(GroupId group, int64_t offset, size_t limit) {
  return find<DeviceId>(link_, kGroupDevices, parameters(group, static_cast<int64_t>(limit), offset));
}

Result<std::vector<Group>> ListingQueries::groups_of_device(DeviceId device) {
  return find<Group>(link_, kGroupsOfDevice, parameters(device));
}

Result<std::vector<std::pair<DeviceId, GroupId>>> ListingQueries::groups_of_devices(
    std::span<const DeviceId> devices) {
  return find<std::pair<DeviceId, GroupId>>(link_, kGroupsOfDevices, parameters(column(devices)));
}

Result<std::vector<std::pair<DeviceId, DeviceTag>>> ListingQueries::device_tags(
    std::span<const DeviceId> devices) {
  return find<std::pair<DeviceId, DeviceTag>>(link_, kDeviceTags, parameters(column(devices)));
}

Result<Reader::TaggedDevices> ListingQueries::devices_by_tags(InstanceId instance,
                                                              std::span<const DeviceTag> tags, int64_t offset,
                                                              size_t limit) {
  Reader::TaggedDevices found;
  if (tags.empty()) return found;
  for (const DeviceTag& tag : tags)
    if (!storable(tag.name) || !storable(tag.value)) return found;
  const auto bound = [&](Parameters&& out) {
    TextColumn names, values;
    for (const DeviceTag& tag : tags) {
      names.add(tag.name);
      values.add(tag.value);
    }
    out << std::move(names) << std::move(values);
    return std::move(out);
  };
  Parameters list = bound(parameters(instance));
  list << static_cast<int64_t>(limit) << offset;
  Parameters counted = bound(parameters(instance));
  counted << limits::kTaggedDevicesCounted;
  Steps steps;
  steps.push_back(rows_into(found.devices, kTagged, std::move(list)));
  steps.push_back(
      {&kTaggedCount, std::move(counted), [&](const ReplyRow& row) { found.total = row.integer(0); }});
  ROLLCALL_TRY_STATUS(link_.run_in_snapshot(std::move(steps)));
  return found;
}

Result<std::vector<ProductTopic>> ListingQueries::product_topics(ProductId product) {
  return find<ProductTopic>(link_, kProductTopics, parameters(product));
}

Result<std::optional<ProductTopic>> ListingQueries::product_topic(TopicId id) {
  ROLLCALL_TRY(auto rows, find<ProductTopic>(link_, kProductTopic, parameters(id)));
  if (rows.empty()) return std::optional<ProductTopic>();
  return std::optional<ProductTopic>(std::move(rows.front()));
}

}  // namespace rollcall::store::postgresql
