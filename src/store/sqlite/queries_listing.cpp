#include "store/sqlite/queries_listing.hpp"

#include <limits>
#include <string>

#include "base/limits.hpp"

namespace rollcall::store {
namespace {

#define ROW_COLUMNS                                                                            \
  "d.id, d.product, d.name, d.foreign_iot_id, d.secret, d.nickname, d.enabled, d.created_ms, " \
  "d.serial, d.modified_ms, coalesce(p.online, 0), coalesce(p.connection_epoch, 0), "          \
  "coalesce(p.activated_ms, 0), coalesce(p.online_ms, 0), coalesce(p.changed_ms, 0), "         \
  "coalesce(p.address, ''), coalesce(p.offline_reason, 0), coalesce(p.firmware_version, '')"
#define WITH_PRESENCE " d LEFT JOIN presence p ON p.device = d.id "
#define GROUP_COLUMNS \
  "g.id, g.instance, g.code, g.name, g.description, g.parent, g.device_count, g.created_ms"
#define TOPIC_COLUMNS "id, product, name, operation, description"
#define TALLY_COLUMNS(f)                                                                  \
  f "(device_count), " f "(active_count), " f "(online_count), " f "(disabled_count), " f \
    "(disabled_active_count)"
// ?2: the numbers of DeviceStatus. Disabled comes first, as in what is shown of a device.
#define OF_STATUS                                                     \
  "CASE WHEN NOT d.enabled THEN 8 WHEN coalesce(p.online, 0) THEN 1 " \
  "WHEN coalesce(p.activated_ms, 0) <> 0 THEN 3 ELSE 0 END = ?2 "
// The next devices to look through; ?1 is a product, ?3 the id to go on from, ?4 how many.
#define OF_PRODUCT                                                                       \
  "(SELECT id FROM device INDEXED BY device_product WHERE product = ?1 AND id < ?3 AND " \
  "deleted_ms = 0 ORDER BY id DESC LIMIT ?4)"
#define OF_INSTANCE                                                                     \
  "(SELECT id FROM device NOT INDEXED WHERE id < ?3 AND deleted_ms = 0 AND product IN " \
  "(SELECT id FROM product WHERE instance = ?1 AND deleted_ms = 0) ORDER BY id DESC LIMIT ?4)"
#define SCAN(of)                                                                           \
  "SELECT " ROW_COLUMNS " FROM device" WITH_PRESENCE "WHERE d.id IN " of " AND " OF_STATUS \
  "ORDER BY d.id DESC LIMIT ?5"
#define SCAN_END(of) "SELECT count(*), coalesce(min(id), 0), ?2 FROM " of

void read(Query& query, DeviceRow& out) {
  Device& d = out.device;
  Presence& p = out.presence;
  query >> d.id >> d.product >> d.name >> d.foreign_iot_id >> d.secret >> d.nickname >> d.enabled >>
      d.created_at >> d.serial >> d.modified_at >> p.online >> p.connection_epoch >> p.activated_at >>
      p.online_at >> p.changed_at >> p.address >> p.offline_reason >> p.firmware_version;
  p.device = d.id;
}
void read(Query& query, Group& out) {
  query >> out.id >> out.instance >> out.code >> out.name >> out.description >> out.parent >>
      out.device_count >> out.created_at;
}
void read(Query& query, ProductTopic& out) {
  query >> out.id >> out.product >> out.name >> out.operation >> out.description;
}
void read(Query& query, DeviceTag& out) { query >> out.name >> out.value; }
void read(Query& query, DeviceId& out) { query >> out; }

template <class Row>
std::vector<Row> rows_of(Query& query) {
  std::vector<Row> rows;
  while (query.step()) read(query, rows.emplace_back());
  return rows;
}

int64_t upper(DeviceId before) { return before ? before.value : std::numeric_limits<int64_t>::max(); }

// The condition that a device has `count` tags, the first of them as the row that is looked up.
std::string tag_condition(size_t count) {
  std::string sql = "FROM device_tag t WHERE t.instance = ?1 AND t.name = ?2 AND (?3 = '' OR t.value = ?3)";
  for (size_t i = 1; i < count; ++i) {
    const std::string name = "?" + std::to_string(2 * i + 2);
    const std::string value = "?" + std::to_string(2 * i + 3);
    sql += " AND EXISTS (SELECT 1 FROM device_tag o WHERE o.device = t.device AND o.name = " + name +
           " AND (" + value + " = '' OR o.value = " + value + "))";
  }
  return sql;
}

}  // namespace

ListingQueries::ListingQueries(Connection& c)
    : connection_(c),
      newest_devices_(c, "devices_newest",
                      "SELECT " ROW_COLUMNS " FROM device" WITH_PRESENCE
                      "WHERE d.id IN (SELECT id FROM device INDEXED BY device_product WHERE product = ?1 AND "
                      "id < ?2 AND deleted_ms = 0 ORDER BY id DESC LIMIT ?3 OFFSET ?4) ORDER BY d.id DESC"),
      scan_product_(c, "devices_of_status", SCAN(OF_PRODUCT)),
      scan_product_end_(c, "devices_of_status_end", SCAN_END(OF_PRODUCT)),
      scan_instance_(c, "devices_of_status_all", SCAN(OF_INSTANCE)),
      scan_instance_end_(c, "devices_of_status_all_end", SCAN_END(OF_INSTANCE)),
      product_tally_(c, "product_tally", "SELECT " TALLY_COLUMNS("") " FROM product WHERE id = ?1"),
      group_tally_(c, "group_tally",
                   "SELECT device_count, active_count, online_count, 0, 0 FROM device_group WHERE id = ?1"),
      instance_tally_(c, "instance_tally",
                      "SELECT " TALLY_COLUMNS("sum") " FROM product WHERE instance = ?1 AND deleted_ms = 0"),
      groups_newest_(c, "groups_newest",
                     "SELECT " GROUP_COLUMNS
                     " FROM device_group g WHERE g.instance = ?1 AND g.deleted_ms = 0 AND (?2 IS NULL OR "
                     "g.parent = ?2) AND (?3 IS NULL OR g.name = ?3) ORDER BY g.id DESC LIMIT ?4 OFFSET ?5"),
      groups_count_(c, "groups_count",
                    "SELECT count(*) FROM device_group g WHERE g.instance = ?1 AND g.deleted_ms = 0 AND "
                    "(?2 IS NULL OR g.parent = ?2) AND (?3 IS NULL OR g.name = ?3)"),
      subgroup_count_(c, "subgroup_count",
                      "SELECT count(*) FROM device_group g WHERE g.parent = ?1 AND g.deleted_ms = 0 AND "
                      "g.instance = (SELECT instance FROM device_group WHERE id = ?1)"),
      group_devices_(c, "group_devices",
                     "SELECT device FROM group_member WHERE device_group = ?1 AND left_number = 0 "
                     "ORDER BY join_number LIMIT ?2 OFFSET ?3"),
      groups_of_device_(
          c, "groups_of_device_rows",
          "SELECT " GROUP_COLUMNS
          " FROM group_member m JOIN device_group g ON g.id = m.device_group AND g.deleted_ms = 0 "
          "WHERE m.device = ?1 AND m.left_number = 0 ORDER BY m.join_number DESC"),
      group_ids_of_device_(
          c, "groups_of_devices",
          "SELECT m.device_group FROM group_member m JOIN device_group g ON g.id = m.device_group AND "
          "g.deleted_ms = 0 WHERE m.device = ?1 AND m.left_number = 0 ORDER BY m.join_number"),
      device_tags_(c, "device_tags", "SELECT name, value FROM device_tag WHERE device = ?1 ORDER BY name"),
      product_topics_(c, "product_topics",
                      "SELECT " TOPIC_COLUMNS " FROM product_topic WHERE product = ?1 ORDER BY id"),
      product_topic_(c, "product_topic", "SELECT " TOPIC_COLUMNS " FROM product_topic WHERE id = ?1") {}

Result<std::vector<DeviceRow>> ListingQueries::newest_devices(ProductId product, DeviceId before,
                                                              int64_t offset, size_t limit) {
  Query query = newest_devices_.run(product, upper(before), limit, offset);
  return connection_.finish(rows_of<DeviceRow>(query));
}

Result<Reader::DeviceScan> ListingQueries::scan_devices(InstanceId instance, ProductId product,
                                                        DeviceStatus status, DeviceId before, size_t scanned,
                                                        size_t limit) {
  Snapshot snapshot(connection_);
  Reader::DeviceScan scan;
  const int64_t scope = product ? product.value : instance.value;
  {
    Statement& statement = product ? scan_product_ : scan_instance_;
    Query query = statement.run(scope, status, upper(before), scanned, limit);
    scan.devices = rows_of<DeviceRow>(query);
  }
  if (scan.devices.size() == limit && limit > 0) {
    scan.next = scan.devices.back().device.id;
    return connection_.finish(std::move(scan));
  }
  Statement& statement = product ? scan_product_end_ : scan_instance_end_;
  Query query = statement.run(scope, status, upper(before), scanned);
  size_t count = 0;
  DeviceId last;
  if (query.step()) {
    int64_t rows = 0;
    query >> rows >> last;
    count = static_cast<size_t>(rows);
  }
  if (count == scanned) scan.next = last;
  return connection_.finish(std::move(scan));
}

Result<DeviceTally> ListingQueries::tally(Statement& statement, int64_t id) {
  DeviceTally tally;
  Query query = statement.run(id);
  if (query.step())
    query >> tally.devices >> tally.active >> tally.online >> tally.disabled >> tally.disabled_active;
  return connection_.finish(tally);
}

Result<DeviceTally> ListingQueries::product_tally(ProductId product) {
  return tally(product_tally_, product.value);
}

Result<DeviceTally> ListingQueries::group_tally(GroupId group) { return tally(group_tally_, group.value); }

Result<DeviceTally> ListingQueries::instance_tally(InstanceId instance) {
  return tally(instance_tally_, instance.value);
}

Result<Reader::GroupPage> ListingQueries::list_groups(InstanceId instance, std::optional<GroupId> parent,
                                                      std::optional<std::string_view> name, int64_t offset,
                                                      size_t limit) {
  Snapshot snapshot(connection_);
  Reader::GroupPage page;
  {
    Query query = groups_newest_.run(instance, parent, name, limit, offset);
    page.groups = rows_of<Group>(query);
  }
  Query count = groups_count_.run(instance, parent, name);
  if (count.step()) count >> page.total;
  return connection_.finish(std::move(page));
}

Result<int64_t> ListingQueries::subgroup_count(GroupId parent) {
  int64_t count = 0;
  Query query = subgroup_count_.run(parent);
  if (query.step()) query >> count;
  return connection_.finish(count);
}

Result<std::vector<DeviceId>> ListingQueries::group_devices(GroupId group, int64_t offset, size_t limit) {
  Query query = group_devices_.run(group, limit, offset);
  return connection_.finish(rows_of<DeviceId>(query));
}

Result<std::vector<Group>> ListingQueries::groups_of_device(DeviceId device) {
  Query query = groups_of_device_.run(device);
  return connection_.finish(rows_of<Group>(query));
}

Result<std::vector<std::pair<DeviceId, GroupId>>> ListingQueries::groups_of_devices(
    std::span<const DeviceId> devices) {
  Snapshot snapshot(connection_);
  std::vector<std::pair<DeviceId, GroupId>> rows;
  for (const DeviceId device : devices) {
    Query query = group_ids_of_device_.run(device);
    while (query.step()) query >> rows.emplace_back(device, GroupId()).second;
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<std::pair<DeviceId, DeviceTag>>> ListingQueries::device_tags(
    std::span<const DeviceId> devices) {
  Snapshot snapshot(connection_);
  std::vector<std::pair<DeviceId, DeviceTag>> rows;
  for (const DeviceId device : devices) {
    Query query = device_tags_.run(device);
    while (query.step()) read(query, rows.emplace_back(device, DeviceTag()).second);
  }
  return connection_.finish(std::move(rows));
}

Result<Reader::TaggedDevices> ListingQueries::devices_by_tags(InstanceId instance,
                                                              std::span<const DeviceTag> tags, int64_t offset,
                                                              size_t limit) {
  Reader::TaggedDevices found;
  if (tags.empty()) return found;
  const std::string condition = tag_condition(tags.size());
  const std::string list = "SELECT t.device " + condition + " ORDER BY t.device DESC LIMIT " +
                           std::to_string(limit) + " OFFSET " + std::to_string(offset);
  const std::string counted = "SELECT count(*) FROM (SELECT 1 " + condition + " LIMIT " +
                              std::to_string(limits::kTaggedDevicesCounted) + ")";
  Snapshot snapshot(connection_);
  Statement list_statement(connection_, "devices_by_tags", list.c_str());
  Statement count_statement(connection_, "devices_by_tags_count", counted.c_str());
  const auto bind = [&](Query& query) {
    query.bind(instance);
    for (const DeviceTag& tag : tags) {
      query.bind(tag.name);
      query.bind(tag.value);
    }
  };
  {
    Query query = list_statement.run();
    bind(query);
    found.devices = rows_of<DeviceId>(query);
  }
  Query query = count_statement.run();
  bind(query);
  if (query.step()) query >> found.total;
  return connection_.finish(std::move(found));
}

Result<std::vector<ProductTopic>> ListingQueries::product_topics(ProductId product) {
  Query query = product_topics_.run(product);
  return connection_.finish(rows_of<ProductTopic>(query));
}

Result<std::optional<ProductTopic>> ListingQueries::product_topic(TopicId id) {
  std::optional<ProductTopic> topic;
  Query query = product_topic_.run(id);
  if (query.step()) read(query, topic.emplace());
  return connection_.finish(std::move(topic));
}

}  // namespace rollcall::store
