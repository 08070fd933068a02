#include "store/sqlite/queries.hpp"

namespace rollcall::store {
namespace {

#define PRODUCT_COLUMNS                                                                              \
  "id, instance, key, name, secret, node_type, data_format, has_thing_model, auth_type, net_type, "  \
  "protocol_type, category_key, id2, validate_type, description, status, device_count, created_ms, " \
  "revision, dynamic_registration"
#define DEVICE_COLUMNS \
  "id, product, name, foreign_iot_id, secret, nickname, enabled, created_ms, serial, modified_ms"
#define GROUP_COLUMNS "id, instance, code, name, description, parent, device_count, created_ms"
#define APPLY_COLUMNS "id, product, instance, status, count, cursor, created_ms"

void read(Query& query, AccessKey& out) {
  query >> out.id >> out.secret >> out.instance >> out.enabled >> out.created_at >> out.account >> out.user >>
      out.administrator;
}
void read(Query& query, Product& out) {
  query >> out.id >> out.instance >> out.key >> out.name >> out.secret >> out.node_type >> out.data_format >>
      out.has_thing_model >> out.auth_type >> out.net_type >> out.protocol_type >> out.category_key >>
      out.id2 >> out.validate_type >> out.description >> out.status >> out.device_count >> out.created_at >>
      out.revision >> out.dynamic_registration;
}
void read(Query& query, Device& out) {
  query >> out.id >> out.product >> out.name >> out.foreign_iot_id >> out.secret >> out.nickname >>
      out.enabled >> out.created_at >> out.serial >> out.modified_at;
}
void read(Query& query, Presence& out) {
  query >> out.device >> out.online >> out.connection_epoch >> out.activated_at >> out.online_at >>
      out.changed_at >> out.address >> out.offline_reason >> out.firmware_version;
}
void read(Query& query, TaskAlias& out) { query >> out.code >> out.key.job >> out.key.sequence; }
void read(Query& query, LastValues& out) { query >> out.device >> out.reported; }
void read(Query& query, Group& out) {
  query >> out.id >> out.instance >> out.code >> out.name >> out.description >> out.parent >>
      out.device_count >> out.created_at;
}
void read(Query& query, Apply& out) {
  query >> out.id >> out.product >> out.instance >> out.status >> out.count >> out.cursor >> out.created_at;
}
void read(Query& query, ApplyItem& out) {
  query >> out.device_name >> out.nickname >> out.device >> out.secret >> out.serial;
}
void read(Query& query, Reader::ThingModelText& out) { query >> out.version >> out.tsl >> out.description; }

// All rows of a running query.
template <class Row>
void read_all(Query& query, std::vector<Row>& out) {
  while (query.step()) read(query, out.emplace_back());
}

// The first row, if there is one.
template <class Row>
std::optional<Row> read_first(Query& query) {
  std::optional<Row> row;
  if (query.step()) read(query, row.emplace());
  return row;
}

// One lookup for each key, in the order of the keys; what is not there is left out.
template <class Row, class Keys>
Result<std::vector<Row>> find_each(Connection& connection, Statement& statement, const Keys& keys) {
  Snapshot snapshot(connection);
  std::vector<Row> rows;
  rows.reserve(keys.size());
  for (const auto& key : keys) {
    Query query = statement.run(key);
    if (query.step()) read(query, rows.emplace_back());
  }
  return connection.finish(std::move(rows));
}

}  // namespace

FleetQueries::FleetQueries(Connection& c)
    : connection_(c),
      access_keys_(c, "access_keys",
                   "SELECT id, secret, instance, enabled, created_ms, account, sub_user, administrator "
                   "FROM access_key ORDER BY id LIMIT ?1"),
      instance_by_code_(c, "instance_by_code", "SELECT id FROM instance WHERE code = ?1 AND deleted_ms = 0"),
      product_by_key_(c, "product_by_key",
                      "SELECT " PRODUCT_COLUMNS " FROM product WHERE key = ?1 AND deleted_ms = 0"),
      product_(c, "product", "SELECT " PRODUCT_COLUMNS " FROM product WHERE id = ?1 AND deleted_ms = 0"),
      product_by_name_(c, "product_by_name",
                       "SELECT " PRODUCT_COLUMNS
                       " FROM product WHERE instance = ?1 AND name = ?2 AND deleted_ms = 0"),
      products_newest_(
          c, "products_newest",
          "SELECT " PRODUCT_COLUMNS
          " FROM product WHERE instance = ?1 AND deleted_ms = 0 ORDER BY id DESC LIMIT ?2 OFFSET ?3"),
      products_newest_filtered_(
          c, "products_newest_filtered",
          "SELECT " PRODUCT_COLUMNS
          " FROM product WHERE instance = ?1 AND deleted_ms = 0 AND has_thing_model = ?4 "
          "ORDER BY id DESC LIMIT ?2 OFFSET ?3"),
      product_count_(c, "product_count",
                     "SELECT count(*) FROM product WHERE instance = ?1 AND deleted_ms = 0"),
      product_count_filtered_(
          c, "product_count_filtered",
          "SELECT count(*) FROM product WHERE instance = ?1 AND deleted_ms = 0 AND has_thing_model = ?2"),
      device_(c, "device", "SELECT " DEVICE_COLUMNS " FROM device WHERE id = ?1 AND deleted_ms = 0"),
      device_by_name_(c, "device_by_name",
                      "SELECT " DEVICE_COLUMNS
                      " FROM device WHERE product = ?1 AND name = ?2 AND deleted_ms = 0"),
      device_by_foreign_iot_id_(c, "device_by_foreign_iot_id",
                                "SELECT " DEVICE_COLUMNS
                                " FROM device WHERE foreign_iot_id = ?1 AND deleted_ms = 0"),
      devices_of_product_(
          c, "devices_of_product",
          "SELECT " DEVICE_COLUMNS
          " FROM device WHERE product = ?1 AND name > ?2 AND deleted_ms = 0 ORDER BY name LIMIT ?3"),
      presence_(c, "presence",
                "SELECT device, online, connection_epoch, activated_ms, online_ms, changed_ms, address, "
                "offline_reason, firmware_version FROM presence WHERE device = ?1"),
      last_values_(c, "last_values", "SELECT device, reported FROM last_values WHERE device = ?1"),
      task_alias_(c, "task_alias", "SELECT code, job, sequence FROM task_alias WHERE code = ?1"),
      group_(c, "group", "SELECT " GROUP_COLUMNS " FROM device_group WHERE id = ?1 AND deleted_ms = 0"),
      group_by_code_(c, "group_by_code",
                     "SELECT " GROUP_COLUMNS " FROM device_group WHERE code = ?1 AND deleted_ms = 0"),
      group_by_name_(c, "group_by_name",
                     "SELECT " GROUP_COLUMNS
                     " FROM device_group WHERE instance = ?1 AND name = ?2 AND deleted_ms = 0"),
      group_count_(c, "group_count",
                   "SELECT count(*) FROM device_group WHERE instance = ?1 AND deleted_ms = 0"),
      membership_(
          c, "membership",
          "SELECT coalesce(max(m.device_group = ?2), 0), count(*) FROM group_member m JOIN device_group g "
          "ON g.id = m.device_group AND g.deleted_ms = 0 WHERE m.device = ?1 AND m.left_number = 0"),
      group_products_(
          c, "group_products",
          "SELECT product, device_count FROM group_product WHERE device_group = ?1 AND device_count > 0 "
          "ORDER BY product"),
      apply_(c, "apply", "SELECT " APPLY_COLUMNS " FROM apply WHERE id = ?1"),
      unfinished_applies_(c, "unfinished_applies",
                          "SELECT " APPLY_COLUMNS " FROM apply WHERE status = 2 ORDER BY id"),
      apply_items_(c, "apply_items",
                   "SELECT device_name, nickname, device, secret, serial FROM apply_item WHERE apply = ?1 "
                   "AND position >= ?2 "
                   "ORDER BY position LIMIT ?3"),
      thing_model_(c, "thing_model",
                   "SELECT version, tsl, description FROM thing_model WHERE product = ?1 AND version = ?2"),
      latest_thing_model_(c, "latest_thing_model",
                          "SELECT version, tsl, description FROM thing_model WHERE id = "
                          "(SELECT max(id) FROM thing_model WHERE product = ?1 AND version <> '')") {}

Result<std::vector<AccessKey>> FleetQueries::access_keys(size_t limit) {
  std::vector<AccessKey> rows;
  Query query = access_keys_.run(limit);
  read_all(query, rows);
  return connection_.finish(std::move(rows));
}

Result<std::optional<InstanceId>> FleetQueries::instance_by_code(std::string_view code) {
  std::optional<InstanceId> id;
  Query query = instance_by_code_.run(code);
  if (query.step()) query >> id;
  return connection_.finish(std::move(id));
}

Result<std::vector<Product>> FleetQueries::products_by_key(std::span<const std::string> keys) {
  return find_each<Product>(connection_, product_by_key_, keys);
}

Result<std::vector<Product>> FleetQueries::products(std::span<const ProductId> ids) {
  return find_each<Product>(connection_, product_, ids);
}

Result<std::optional<Product>> FleetQueries::product_by_name(InstanceId instance, std::string_view name) {
  Query query = product_by_name_.run(instance, name);
  return connection_.finish(read_first<Product>(query));
}

Result<Reader::ProductPage> FleetQueries::list_products(InstanceId instance,
                                                        std::optional<bool> has_thing_model, int64_t offset,
                                                        size_t limit) {
  Snapshot snapshot(connection_);
  Reader::ProductPage page;
  {
    Query query = has_thing_model ? products_newest_filtered_.run(instance, limit, offset, *has_thing_model)
                                  : products_newest_.run(instance, limit, offset);
    read_all(query, page.products);
  }
  Query count = has_thing_model ? product_count_filtered_.run(instance, *has_thing_model)
                                : product_count_.run(instance);
  if (count.step()) count >> page.total;
  return connection_.finish(std::move(page));
}

Result<int64_t> FleetQueries::product_count(InstanceId instance) {
  int64_t count = 0;
  Query query = product_count_.run(instance);
  if (query.step()) query >> count;
  return connection_.finish(count);
}

Result<std::vector<Device>> FleetQueries::devices(std::span<const DeviceId> ids) {
  return find_each<Device>(connection_, device_, ids);
}

Result<std::vector<Device>> FleetQueries::devices_by_name(std::span<const DeviceName> names) {
  Snapshot snapshot(connection_);
  std::vector<Device> rows;
  rows.reserve(names.size());
  for (const DeviceName& name : names) {
    Query query = device_by_name_.run(name.product, name.name);
    if (query.step()) read(query, rows.emplace_back());
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<Device>> FleetQueries::devices_by_foreign_iot_id(std::span<const std::string> iot_ids) {
  return find_each<Device>(connection_, device_by_foreign_iot_id_, iot_ids);
}

Result<std::vector<Device>> FleetQueries::list_devices(ProductId product, std::string_view after_name,
                                                       size_t limit) {
  std::vector<Device> rows;
  Query query = devices_of_product_.run(product, after_name, limit);
  read_all(query, rows);
  return connection_.finish(std::move(rows));
}

Result<std::vector<Presence>> FleetQueries::presence(std::span<const DeviceId> ids) {
  return find_each<Presence>(connection_, presence_, ids);
}

Result<std::vector<TaskAlias>> FleetQueries::task_aliases(std::span<const std::string> codes) {
  return find_each<TaskAlias>(connection_, task_alias_, codes);
}

Result<std::vector<LastValues>> FleetQueries::last_values(std::span<const DeviceId> ids) {
  return find_each<LastValues>(connection_, last_values_, ids);
}

Result<std::vector<Group>> FleetQueries::groups(std::span<const GroupId> ids) {
  return find_each<Group>(connection_, group_, ids);
}

Result<std::vector<Group>> FleetQueries::groups_by_code(std::span<const std::string> codes) {
  return find_each<Group>(connection_, group_by_code_, codes);
}

Result<std::optional<Group>> FleetQueries::group_by_name(InstanceId instance, std::string_view name) {
  Query query = group_by_name_.run(instance, name);
  return connection_.finish(read_first<Group>(query));
}

Result<int64_t> FleetQueries::group_count(InstanceId instance) {
  int64_t count = 0;
  Query query = group_count_.run(instance);
  if (query.step()) query >> count;
  return connection_.finish(count);
}

Result<std::vector<Reader::Membership>> FleetQueries::memberships(GroupId group,
                                                                  std::span<const DeviceId> devices) {
  Snapshot snapshot(connection_);
  std::vector<Reader::Membership> rows;
  rows.reserve(devices.size());
  for (const DeviceId device : devices) {
    Reader::Membership& row = rows.emplace_back();
    row.device = device;
    Query query = membership_.run(device, group);
    if (query.step()) query >> row.in_group >> row.groups;
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<std::pair<ProductId, int64_t>>> FleetQueries::group_products(GroupId group) {
  std::vector<std::pair<ProductId, int64_t>> rows;
  Query query = group_products_.run(group);
  while (query.step()) {
    auto& row = rows.emplace_back();
    query >> row.first >> row.second;
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<Apply>> FleetQueries::applies(std::span<const ApplyId> ids) {
  return find_each<Apply>(connection_, apply_, ids);
}

Result<std::vector<Apply>> FleetQueries::unfinished_applies() {
  std::vector<Apply> rows;
  Query query = unfinished_applies_.run();
  read_all(query, rows);
  return connection_.finish(std::move(rows));
}

Result<std::vector<ApplyItem>> FleetQueries::apply_items(ApplyId id, int64_t first_index, size_t limit) {
  std::vector<ApplyItem> rows;
  Query query = apply_items_.run(id, first_index, limit);
  read_all(query, rows);
  return connection_.finish(std::move(rows));
}

Result<std::optional<Reader::ThingModelText>> FleetQueries::thing_model(ProductId product,
                                                                        std::string_view version) {
  Query query = thing_model_.run(product, version);
  return connection_.finish(read_first<Reader::ThingModelText>(query));
}

Result<std::optional<Reader::ThingModelText>> FleetQueries::latest_thing_model(ProductId product) {
  Query query = latest_thing_model_.run(product);
  return connection_.finish(read_first<Reader::ThingModelText>(query));
}

#undef PRODUCT_COLUMNS
#undef DEVICE_COLUMNS
#undef GROUP_COLUMNS
#undef APPLY_COLUMNS

}  // namespace rollcall::store
