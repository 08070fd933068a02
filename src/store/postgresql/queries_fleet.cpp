#include "store/postgresql/queries.hpp"

namespace rollcall::store::postgresql {
namespace {

#define PRODUCT_COLUMNS                                                                        \
  "p.id, p.instance, p.key, p.name, p.secret, p.node_type, p.data_format, p.has_thing_model, " \
  "p.auth_type, p.net_type, p.protocol_type, p.category_key, p.id2, p.validate_type, "         \
  "p.description, p.status, p.device_count, p.created_ms, p.revision, p.dynamic_registration"
#define DEVICE_COLUMNS                                                                         \
  "d.id, d.product, d.name, d.foreign_iot_id, d.secret, d.nickname, d.enabled, d.created_ms, " \
  "d.serial, d.modified_ms"
#define GROUP_COLUMNS \
  "g.id, g.instance, g.code, g.name, g.description, g.parent, g.device_count, g.created_ms"
#define APPLY_COLUMNS "a.id, a.product, a.instance, a.status, a.count, a.cursor, a.created_ms"
// A set of keys joined, answered in its order.
#define BY_IDS "FROM unnest($1::bigint[]) WITH ORDINALITY AS i(id, n) JOIN "
#define BY_TEXTS "FROM unnest($1::text[]) WITH ORDINALITY AS i(text, n) JOIN "

void read(const ReplyRow& row, AccessKey& out) {
  Columns(row) >> out.id >> out.secret >> out.instance >> out.enabled >> out.created_at >> out.account >>
      out.user >> out.administrator;
}
void read(const ReplyRow& row, Product& out) {
  Columns(row) >> out.id >> out.instance >> out.key >> out.name >> out.secret >> out.node_type >>
      out.data_format >> out.has_thing_model >> out.auth_type >> out.net_type >> out.protocol_type >>
      out.category_key >> out.id2 >> out.validate_type >> out.description >> out.status >> out.device_count >>
      out.created_at >> out.revision >> out.dynamic_registration;
}
void read(const ReplyRow& row, Device& out) {
  Columns(row) >> out.id >> out.product >> out.name >> out.foreign_iot_id >> out.secret >> out.nickname >>
      out.enabled >> out.created_at >> out.serial >> out.modified_at;
}
void read(const ReplyRow& row, Presence& out) {
  Columns(row) >> out.device >> out.online >> out.connection_epoch >> out.activated_at >> out.online_at >>
      out.changed_at >> out.address >> out.offline_reason >> out.firmware_version;
}
void read(const ReplyRow& row, LastValues& out) { Columns(row) >> out.device >> out.reported; }
void read(const ReplyRow& row, TaskAlias& out) {
  Columns(row) >> out.code >> out.key.job >> out.key.sequence;
}
void read(const ReplyRow& row, Group& out) {
  Columns(row) >> out.id >> out.instance >> out.code >> out.name >> out.description >> out.parent >>
      out.device_count >> out.created_at;
}
void read(const ReplyRow& row, Apply& out) {
  Columns(row) >> out.id >> out.product >> out.instance >> out.status >> out.count >> out.cursor >>
      out.created_at;
}
void read(const ReplyRow& row, ApplyItem& out) {
  Columns(row) >> out.device_name >> out.nickname >> out.device >> out.secret >> out.serial;
}
void read(const ReplyRow& row, Reader::ThingModelText& out) {
  Columns(row) >> out.version >> out.tsl >> out.description;
}
void read(const ReplyRow& row, Reader::Membership& out) {
  Columns(row) >> out.device >> out.in_group >> out.groups;
}
void read(const ReplyRow& row, std::pair<ProductId, int64_t>& out) {
  Columns(row) >> out.first >> out.second;
}

template <class... Values>
Parameters parameters(Values&&... values) {
  Parameters out;
  (out << ... << std::forward<Values>(values));
  return out;
}

template <class Row>
Result<std::vector<Row>> find(Link& link, const SqlText& sql, Parameters values) {
  std::vector<Row> rows;
  Steps steps;
  steps.push_back({&sql, std::move(values), [&](const ReplyRow& row) { read(row, rows.emplace_back()); }});
  ROLLCALL_TRY_STATUS(link.run(steps));
  return rows;
}

template <class Row>
Result<std::optional<Row>> find_one(Link& link, const SqlText& sql, Parameters values) {
  ROLLCALL_TRY(auto rows, find<Row>(link, sql, std::move(values)));
  if (rows.empty()) return std::optional<Row>();
  return std::optional<Row>(std::move(rows.front()));
}

Result<int64_t> count(Link& link, const SqlText& sql, Parameters values) {
  int64_t rows = 0;
  Steps steps;
  steps.push_back({&sql, std::move(values), [&](const ReplyRow& row) { rows = row.integer(0); }});
  ROLLCALL_TRY_STATUS(link.run(steps));
  return rows;
}

TextColumn column(std::span<const std::string> texts) {
  TextColumn out;
  for (const std::string& text : texts) {
    if (storable(text)) out.add(text);
  }
  return out;
}

constexpr SqlText kAccessKeys{
    "access_keys",
    "SELECT id, secret, instance, enabled, created_ms, account, sub_user, administrator "
    "FROM access_key ORDER BY id LIMIT $1::bigint"};
constexpr SqlText kInstanceByCode{"instance_by_code",
                                  "SELECT id FROM instance WHERE code = $1::text AND deleted_ms = 0"};
constexpr SqlText kProductsByKey{"products_by_key",
                                 "SELECT " PRODUCT_COLUMNS " " BY_TEXTS
                                 "product p ON p.key = i.text AND p.deleted_ms = 0 ORDER BY i.n"};
constexpr SqlText kProducts{"products", "SELECT " PRODUCT_COLUMNS " " BY_IDS
                                        "product p ON p.id = i.id AND p.deleted_ms = 0 ORDER BY i.n"};
constexpr SqlText kProductByName{"product_by_name",
                                 "SELECT " PRODUCT_COLUMNS
                                 " FROM product p WHERE p.instance = $1::bigint AND p.name = $2::text "
                                 "AND p.deleted_ms = 0"};
constexpr SqlText kProductsNewest{"products_newest",
                                  "SELECT " PRODUCT_COLUMNS
                                  " FROM product p WHERE p.instance = $1::bigint AND p.deleted_ms = 0 AND "
                                  "($4::boolean IS NULL OR p.has_thing_model = $4) "
                                  "ORDER BY p.id DESC LIMIT $2::bigint OFFSET $3::bigint"};
constexpr SqlText kProductCount{"product_count",
                                "SELECT count(*) FROM product WHERE instance = $1::bigint AND deleted_ms = 0 "
                                "AND ($2::boolean IS NULL OR has_thing_model = $2)"};
constexpr SqlText kDevices{"devices", "SELECT " DEVICE_COLUMNS " " BY_IDS
                                      "device d ON d.id = i.id AND d.deleted_ms = 0 ORDER BY i.n"};
constexpr SqlText kDevicesByName{
    "devices_by_name", "SELECT " DEVICE_COLUMNS
                       " FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS i(product, name, n) "
                       "JOIN device d ON d.product = i.product AND d.name = i.name AND d.deleted_ms = 0 "
                       "ORDER BY i.n"};
constexpr SqlText kDevicesByForeignIotId{
    "devices_by_foreign_iot_id",
    "SELECT " DEVICE_COLUMNS " " BY_TEXTS
    "device d ON d.foreign_iot_id = i.text AND d.foreign_iot_id IS NOT NULL AND d.deleted_ms = 0 "
    "ORDER BY i.n"};
constexpr SqlText kTaskAliases{"task_aliases", "SELECT a.code, a.job, a.sequence " BY_TEXTS
                                               "task_alias a ON a.code = i.text ORDER BY i.n"};
constexpr SqlText kDevicesOfProduct{"devices_of_product",
                                    "SELECT " DEVICE_COLUMNS
                                    " FROM device d WHERE d.product = $1::bigint AND d.name > $2::text "
                                    "AND d.deleted_ms = 0 ORDER BY d.name LIMIT $3::bigint"};
constexpr SqlText kPresence{
    "presence",
    "SELECT p.device, p.online, p.connection_epoch, p.activated_ms, p.online_ms, p.changed_ms, "
    "p.address, p.offline_reason, p.firmware_version " BY_IDS "presence p ON p.device = i.id ORDER BY i.n"};
constexpr SqlText kLastValues{
    "last_values", "SELECT v.device, v.reported " BY_IDS "last_values v ON v.device = i.id ORDER BY i.n"};
constexpr SqlText kGroups{"groups", "SELECT " GROUP_COLUMNS " " BY_IDS
                                    "device_group g ON g.id = i.id AND g.deleted_ms = 0 ORDER BY i.n"};
constexpr SqlText kGroupsByCode{"groups_by_code",
                                "SELECT " GROUP_COLUMNS " " BY_TEXTS
                                "device_group g ON g.code = i.text AND g.deleted_ms = 0 ORDER BY i.n"};
constexpr SqlText kGroupByName{"group_by_name",
                               "SELECT " GROUP_COLUMNS
                               " FROM device_group g WHERE g.instance = $1::bigint AND g.name = $2::text "
                               "AND g.deleted_ms = 0"};
constexpr SqlText kGroupCount{
    "group_count", "SELECT count(*) FROM device_group WHERE instance = $1::bigint AND deleted_ms = 0"};
constexpr SqlText kMemberships{
    "memberships",
    "SELECT i.id, m.in_group, m.groups FROM unnest($2::bigint[]) WITH ORDINALITY AS i(id, n), "
    "LATERAL (SELECT coalesce(bool_or(m.device_group = $1::bigint), false) AS in_group, "
    "count(*) AS groups FROM group_member m JOIN device_group g ON g.id = m.device_group "
    "AND g.deleted_ms = 0 WHERE m.device = i.id AND m.left_number = 0) m ORDER BY i.n"};
constexpr SqlText kGroupProducts{
    "group_products",
    "SELECT product, device_count FROM group_product WHERE device_group = $1::bigint AND device_count > 0 "
    "ORDER BY product"};
constexpr SqlText kApplies{"applies",
                           "SELECT " APPLY_COLUMNS " " BY_IDS "apply a ON a.id = i.id ORDER BY i.n"};
constexpr SqlText kUnfinishedApplies{
    "unfinished_applies", "SELECT " APPLY_COLUMNS " FROM apply a WHERE a.status = 2 ORDER BY a.id"};
constexpr SqlText kApplyItems{
    "apply_items",
    "SELECT device_name, nickname, device, secret, serial FROM apply_item WHERE apply = $1::bigint "
    "AND position >= $2::bigint ORDER BY position LIMIT $3::bigint"};
constexpr SqlText kThingModel{
    "thing_model",
    "SELECT version, tsl, description FROM thing_model WHERE product = $1::bigint AND version = $2::text"};
constexpr SqlText kLatestThingModel{
    "latest_thing_model",
    "SELECT version, tsl, description FROM thing_model WHERE product = $1::bigint AND version <> '' "
    "ORDER BY id DESC LIMIT 1"};

}  // namespace

Result<std::vector<AccessKey>> FleetQueries::access_keys(size_t limit) {
  return find<AccessKey>(link_, kAccessKeys, parameters(static_cast<int64_t>(limit)));
}

Result<std::optional<InstanceId>> FleetQueries::instance_by_code(std::string_view code) {
  if (!storable(code)) return std::optional<InstanceId>();
  std::optional<InstanceId> id;
  Steps steps;
  steps.push_back({&kInstanceByCode, parameters(code), [&](const ReplyRow& row) { Columns(row) >> id; }});
  ROLLCALL_TRY_STATUS(link_.run(steps));
  return id;
}

Result<std::vector<Product>> FleetQueries::products_by_key(std::span<const std::string> keys) {
  return find<Product>(link_, kProductsByKey, parameters(column(keys)));
}

Result<std::vector<Product>> FleetQueries::products(std::span<const ProductId> ids) {
  return find<Product>(link_, kProducts, parameters(column(ids)));
}

Result<std::optional<Product>> FleetQueries::product_by_name(InstanceId instance, std::string_view name) {
  if (!storable(name)) return std::optional<Product>();
  return find_one<Product>(link_, kProductByName, parameters(instance, name));
}

Result<Reader::ProductPage> FleetQueries::list_products(InstanceId instance,
                                                        std::optional<bool> has_thing_model, int64_t offset,
                                                        size_t limit) {
  Reader::ProductPage page;
  Steps steps;
  steps.push_back({&kProductsNewest,
                   parameters(instance, static_cast<int64_t>(limit), offset, has_thing_model),
                   [&](const ReplyRow& row) { read(row, page.products.emplace_back()); }});
  steps.push_back({&kProductCount, parameters(instance, has_thing_model),
                   [&](const ReplyRow& row) { page.total = row.integer(0); }});
  ROLLCALL_TRY_STATUS(link_.run_in_snapshot(std::move(steps)));
  return page;
}

Result<int64_t> FleetQueries::product_count(InstanceId instance) {
  return count(link_, kProductCount, parameters(instance, std::optional<bool>()));
}

Result<std::vector<Device>> FleetQueries::devices(std::span<const DeviceId> ids) {
  return find<Device>(link_, kDevices, parameters(column(ids)));
}

Result<std::vector<Device>> FleetQueries::devices_by_name(std::span<const DeviceName> names) {
  Column<ProductId> product;
  TextColumn name;
  for (const DeviceName& wanted : names) {
    if (!storable(wanted.name)) continue;
    product.add(wanted.product);
    name.add(wanted.name);
  }
  return find<Device>(link_, kDevicesByName, parameters(std::move(product), std::move(name)));
}

Result<std::vector<Device>> FleetQueries::devices_by_foreign_iot_id(std::span<const std::string> iot_ids) {
  return find<Device>(link_, kDevicesByForeignIotId, parameters(column(iot_ids)));
}

Result<std::vector<Device>> FleetQueries::list_devices(ProductId product, std::string_view after_name,
                                                       size_t limit) {
  return find<Device>(link_, kDevicesOfProduct, parameters(product, after_name, static_cast<int64_t>(limit)));
}

Result<std::vector<Presence>> FleetQueries::presence(std::span<const DeviceId> ids) {
  return find<Presence>(link_, kPresence, parameters(column(ids)));
}

Result<std::vector<TaskAlias>> FleetQueries::task_aliases(std::span<const std::string> codes) {
  return find<TaskAlias>(link_, kTaskAliases, parameters(column(codes)));
}

Result<std::vector<LastValues>> FleetQueries::last_values(std::span<const DeviceId> ids) {
  return find<LastValues>(link_, kLastValues, parameters(column(ids)));
}

Result<std::vector<Group>> FleetQueries::groups(std::span<const GroupId> ids) {
  return find<Group>(link_, kGroups, parameters(column(ids)));
}

Result<std::vector<Group>> FleetQueries::groups_by_code(std::span<const std::string> codes) {
  return find<Group>(link_, kGroupsByCode, parameters(column(codes)));
}

Result<std::optional<Group>> FleetQueries::group_by_name(InstanceId instance, std::string_view name) {
  if (!storable(name)) return std::optional<Group>();
  return find_one<Group>(link_, kGroupByName, parameters(instance, name));
}

Result<int64_t> FleetQueries::group_count(InstanceId instance) {
  return count(link_, kGroupCount, parameters(instance));
}

Result<std::vector<Reader::Membership>> FleetQueries::memberships(GroupId group,
                                                                  std::span<const DeviceId> devices) {
  return find<Reader::Membership>(link_, kMemberships, parameters(group, column(devices)));
}

Result<std::vector<std::pair<ProductId, int64_t>>> FleetQueries::group_products(GroupId group) {
  return find<std::pair<ProductId, int64_t>>(link_, kGroupProducts, parameters(group));
}

Result<std::vector<Apply>> FleetQueries::applies(std::span<const ApplyId> ids) {
  return find<Apply>(link_, kApplies, parameters(column(ids)));
}

Result<std::vector<Apply>> FleetQueries::unfinished_applies() {
  return find<Apply>(link_, kUnfinishedApplies, {});
}

Result<std::vector<ApplyItem>> FleetQueries::apply_items(ApplyId id, int64_t first_index, size_t limit) {
  return find<ApplyItem>(link_, kApplyItems, parameters(id, first_index, static_cast<int64_t>(limit)));
}

Result<std::optional<Reader::ThingModelText>> FleetQueries::thing_model(ProductId product,
                                                                        std::string_view version) {
  if (!storable(version)) return std::optional<Reader::ThingModelText>();
  return find_one<Reader::ThingModelText>(link_, kThingModel, parameters(product, version));
}

Result<std::optional<Reader::ThingModelText>> FleetQueries::latest_thing_model(ProductId product) {
  return find_one<Reader::ThingModelText>(link_, kLatestThingModel, parameters(product));
}

#undef PRODUCT_COLUMNS
#undef DEVICE_COLUMNS
#undef GROUP_COLUMNS
#undef APPLY_COLUMNS
#undef BY_IDS
#undef BY_TEXTS

}  // namespace rollcall::store::postgresql
