#include <algorithm>
#include <map>

#include "base/limits.hpp"
#include "store/sqlite/writer.hpp"

namespace rollcall::store {
namespace {

// Columns that may be absent are NULL then, so that they cost nothing and stay out of their index.
std::optional<std::string_view> text_or_null(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace

FleetWriter::FleetWriter(Connection& c)
    : connection_(c),
      insert_product_(
          c, "product_insert",
          "INSERT INTO product(id, instance, key, name, secret, node_type, data_format, has_thing_model, "
          "auth_type, net_type, protocol_type, category_key, id2, validate_type, description, status, "
          "created_ms, revision, dynamic_registration, device_count) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, 0)"),
      put_product_(c, "product_put",
                   "UPDATE product SET name = ?2, secret = ?3, node_type = ?4, data_format = ?5, "
                   "has_thing_model = ?6, "
                   "auth_type = ?7, net_type = ?8, protocol_type = ?9, category_key = ?10, id2 = ?11, "
                   "validate_type = ?12, description = ?13, status = ?14, revision = ?15, "
                   "dynamic_registration = ?16 WHERE id = ?1 AND "
                   "deleted_ms = 0"),
      insert_device_(c, "device_insert",
                     "INSERT INTO device(id, product, name, foreign_iot_id, secret, nickname, enabled, "
                     "created_ms, serial) "
                     "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
      put_device_(c, "device_put",
                  "UPDATE device SET foreign_iot_id = ?2, secret = ?3, nickname = ?4, enabled = ?5, "
                  "serial = ?6 WHERE id = ?1 AND deleted_ms = 0"),
      count_devices_(c, "product_count_devices",
                     "UPDATE product SET device_count = device_count + ?2 WHERE id = ?1 AND deleted_ms = 0"),
      insert_group_(
          c, "group_insert",
          "INSERT INTO device_group(id, instance, code, name, description, parent, created_ms, device_count) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)"),
      insert_member_(c, "group_member_insert",
                     "INSERT INTO group_member(device_group, join_number, device, product) "
                     "VALUES(?1, ?2, ?3, ?4)"),
      count_members_(
          c, "group_count_members",
          "UPDATE device_group SET device_count = device_count + ?2 WHERE id = ?1 AND deleted_ms = 0"),
      count_group_product_(c, "group_product_count",
                           "INSERT INTO group_product VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET "
                           "device_count = device_count + excluded.device_count"),
      insert_apply_(c, "apply_insert", "INSERT INTO apply VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      insert_apply_item_(
          c, "apply_item_insert",
          "INSERT INTO apply_item(apply, position, device_name, nickname, device, secret, serial) "
          "VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6)"),
      progress_apply_(c, "apply_progress",
                      "UPDATE apply SET cursor = ?3, status = ?4 WHERE id = ?1 AND cursor = ?2"),
      made_apply_item_(c, "apply_item_made",
                       "UPDATE apply_item SET device = ?3 WHERE apply = ?1 AND position = ?2"),
      put_thing_model_(c, "thing_model_put",
                       "INSERT OR REPLACE INTO thing_model(product, version, tsl, description, modified_ms) "
                       "VALUES(?1, ?2, ?3, ?4, ?5)"),
      publish_draft_(c, "thing_model_publish",
                     "INSERT OR REPLACE INTO thing_model(product, version, tsl, description, modified_ms) "
                     "SELECT product, ?2, tsl, ?3, ?4 FROM thing_model WHERE product = ?1 AND version = ''"),
      insert_access_key_(c, "access_key_insert",
                         "INSERT INTO access_key VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
      put_presence_(
          c, "presence_put",
          "INSERT INTO presence VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET "
          "online = excluded.online, connection_epoch = excluded.connection_epoch, "
          "activated_ms = CASE activated_ms WHEN 0 THEN excluded.activated_ms ELSE activated_ms END, "
          "online_ms = excluded.online_ms, changed_ms = excluded.changed_ms, address = excluded.address, "
          "offline_reason = excluded.offline_reason, firmware_version = excluded.firmware_version "
          "WHERE excluded.connection_epoch >= connection_epoch"),
      change_device_(c, "device_change",
                     "UPDATE device SET enabled = ?3, deleted_ms = ?4, modified_ms = ?5 "
                     "WHERE id = ?1 AND enabled = ?2 AND deleted_ms = 0"),
      groups_of_device_(c, "groups_of_device",
                        "SELECT device_group, join_number, left_number FROM group_member WHERE device = ?1"),
      leave_group_(c, "group_member_delete",
                   "DELETE FROM group_member WHERE device_group = ?1 AND join_number = ?2"),
      put_values_(c, "last_values_put",
                  "INSERT INTO last_values SELECT ?1, ?2 "
                  "WHERE EXISTS(SELECT 1 FROM device WHERE id = ?1 AND deleted_ms = 0) "
                  "ON CONFLICT DO UPDATE SET reported = excluded.reported"),
      put_alias_(c, "task_alias_put",
                 "INSERT INTO task_alias VALUES (?1, ?2, ?3) ON CONFLICT (code) DO UPDATE SET "
                 "job = excluded.job, sequence = excluded.sequence"),
      drop_values_(c, "last_values_delete",
                   "DELETE FROM last_values WHERE device = ?1 "
                   "AND EXISTS(SELECT 1 FROM device WHERE id = ?1 AND deleted_ms <> 0)"),
      seal_(c, "seal", "SELECT next FROM id_counter WHERE kind = ?1"),
      put_seal_(
          c, "seal_put",
          "INSERT INTO id_counter VALUES(?1, ?2) ON CONFLICT DO UPDATE SET next = max(next, excluded.next)"),
      product_devices_(c, "product_devices", "SELECT device_count FROM product WHERE id = ?1"),
      group_devices_(c, "group_devices",
                     "SELECT device_count FROM device_group WHERE id = ?1 AND deleted_ms = 0"),
      change_product_(
          c, "product_change",
          "UPDATE product SET name = ?3, description = ?4, status = ?5, revision = ?6, "
          "deleted_ms = ?7, dynamic_registration = ?8 WHERE id = ?1 AND revision = ?2 AND deleted_ms = 0 "
          "AND (?7 = 0 OR device_count = 0)"),
      forget_models_(c, "thing_models_delete", "DELETE FROM thing_model WHERE product = ?1"),
      forget_topics_(c, "product_topics_delete", "DELETE FROM product_topic WHERE product = ?1"),
      drop_old_models_(c, "thing_model_versions_delete",
                       "DELETE FROM thing_model WHERE product = ?1 AND version <> '' AND id NOT IN "
                       "(SELECT id FROM thing_model WHERE product = ?1 AND version <> '' "
                       "ORDER BY id DESC LIMIT ?2)") {}

void FleetWriter::write(const ChangeSet& changes, CommitResult& result) {
  for (const NewProduct& created : changes.new_products) {
    const Product& p = created.product;
    insert_product_.execute(p.id, p.instance, p.key, p.name, p.secret, p.node_type, p.data_format,
                            p.has_thing_model, p.auth_type, p.net_type, p.protocol_type, p.category_key,
                            p.id2, p.validate_type, p.description, p.status, p.created_at, p.revision,
                            p.dynamic_registration);
  }
  for (const PutProduct& put : changes.put_products) {
    const Product& p = put.product;
    put_product_.execute(p.id, p.name, p.secret, p.node_type, p.data_format, p.has_thing_model, p.auth_type,
                         p.net_type, p.protocol_type, p.category_key, p.id2, p.validate_type, p.description,
                         p.status, p.revision, p.dynamic_registration);
  }
  // Before the new devices, one of which may take the name of a deleted one; those of new devices after them.
  std::vector<uint32_t> later;
  for (size_t i = 0; i < changes.devices.size(); ++i) {
    if (!change_device(changes.devices[i])) later.push_back(static_cast<uint32_t>(i));
  }
  write_devices(changes.new_devices);
  for (const uint32_t i : later) {
    if (!change_device(changes.devices[i])) result.missed_devices.push_back(i);
  }
  for (const PutDevice& put : changes.put_devices) {
    const Device& d = put.device;
    put_device_.execute(d.id, text_or_null(d.foreign_iot_id), d.secret, text_or_null(d.nickname), d.enabled,
                        text_or_null(d.serial));
  }
  for (const NewGroup& created : changes.new_groups) {
    const Group& g = created.group;
    insert_group_.execute(g.id, g.instance, g.code, g.name, g.description, g.parent, g.created_at);
  }
  write_members(changes.new_members);
  for (const NewApply& created : changes.new_applies) write_apply(created);
  for (size_t i = 0; i < changes.apply_progress.size(); ++i) {
    if (!write_progress(changes.apply_progress[i])) result.missed_applies.push_back(static_cast<uint32_t>(i));
  }
  for (const PutThingModel& model : changes.thing_models) write_model(model);
  for (const AccessKey& key : changes.new_access_keys) {
    insert_access_key_.execute(key.id, key.instance, key.secret, key.enabled, key.created_at, key.account,
                               key.user, key.administrator);
  }
  for (size_t i = 0; i < changes.products.size(); ++i) {
    if (!change_product(changes.products[i])) result.missed_products.push_back(static_cast<uint32_t>(i));
  }
}

void FleetWriter::write_model(const PutThingModel& model) {
  if (model.tsl.empty() && !model.version.empty()) {
    publish_draft_.execute(model.product, model.version, model.description, model.now);
  } else {
    put_thing_model_.execute(model.product, model.version, model.tsl, model.description, model.now);
  }
}

bool FleetWriter::change_product(const ProductChange& change) {
  const Product& p = change.product;
  const int64_t deleted_ms = change.deleted ? std::max<int64_t>(change.now.value, 1) : 0;
  if (change_product_.execute(p.id, change.from_revision, p.name, p.description, p.status, p.revision,
                              deleted_ms, p.dynamic_registration) == 0)
    return false;
  if (change.deleted) {
    forget_models_.execute(p.id);
    forget_topics_.execute(p.id);
  }
  if (change.model) {
    write_model(*change.model);
    drop_old_models_.execute(p.id, limits::kModelVersionsMax);
  }
  return true;
}

void FleetWriter::write_devices(const std::vector<NewDevice>& devices) {
  std::map<ProductId, int64_t> made;
  for (const NewDevice& created : devices) {
    const Device& d = created.device;
    insert_device_.execute(d.id, d.product, d.name, text_or_null(d.foreign_iot_id), d.secret,
                           text_or_null(d.nickname), d.enabled, d.created_at, text_or_null(d.serial));
    if (!connection_.ok()) return;
    ++made[d.product];
  }
  for (const auto& [product, count] : made) {
    if (count_devices_.execute(product, count) == 0) {
      connection_.record_refusal("device_insert: no product " + std::to_string(product.value));
    }
  }
}

bool FleetWriter::change_device(const DeviceChange& change) {
  const int64_t deleted_ms = change.deleted ? std::max<int64_t>(change.now.value, 1) : 0;
  if (change_device_.execute(change.id, change.from_enabled, change.enabled, deleted_ms, change.now) == 0)
    return false;
  if (change.deleted) {
    count_devices_.execute(change.product, -1);
    leave_groups(change);
  }
  return true;
}

void FleetWriter::leave_groups(const DeviceChange& deleted) {
  struct Join {
    GroupId group;
    int64_t number = 0;
    bool left = false;  // and is not counted any more
  };
  std::vector<Join> joins;  // at most limits::kGroupsPerDeviceMax, and some that it left
  {
    Query query = groups_of_device_.run(deleted.id);
    while (query.step()) {
      Join& join = joins.emplace_back();
      query >> join.group >> join.number >> join.left;
    }
  }
  for (const auto& [group, join_number, left] : joins) {
    leave_group_.execute(group, join_number);
    if (left) continue;
    count_members_.execute(group, -1);
    count_group_product_.execute(group, deleted.product, -1);
  }
}

void FleetWriter::write_members(const std::vector<NewGroupMember>& members) {
  std::map<GroupId, int64_t> joined;
  std::map<std::pair<GroupId, ProductId>, int64_t> joined_of_product;
  for (const NewGroupMember& member : members) {
    insert_member_.execute(member.group, member.join_number, member.device, member.product);
    if (!connection_.ok()) return;
    ++joined[member.group];
    ++joined_of_product[{member.group, member.product}];
  }
  for (const auto& [group, count] : joined) {
    if (count_members_.execute(group, count) == 0) {
      connection_.record_refusal("group_member_insert: no group " + std::to_string(group.value));
    }
  }
  for (const auto& [key, count] : joined_of_product)
    count_group_product_.execute(key.first, key.second, count);
}

void FleetWriter::write_apply(const NewApply& created) {
  const Apply& a = created.apply;
  insert_apply_.execute(a.id, a.product, a.instance, a.status, a.count, a.cursor, a.created_at);
  for (size_t i = 0; i < created.names.size(); ++i) {
    const auto& [name, nickname] = created.names[i];
    std::optional<Secret> secret;
    std::optional<std::string_view> serial;
    if (i < created.brought.size()) {
      secret = created.brought[i].secret;
      serial = text_or_null(created.brought[i].serial);
    }
    insert_apply_item_.execute(a.id, i, name, text_or_null(nickname), secret, serial);
  }
}

bool FleetWriter::write_progress(const ApplyProgress& progress) {
  if (progress_apply_.execute(progress.id, progress.from_cursor, progress.cursor, progress.status) == 0)
    return false;
  for (const auto& [position, device] : progress.made)
    made_apply_item_.execute(progress.id, position, device);
  return true;
}

void FleetWriter::write_presence(const std::vector<Presence>& presence) {
  for (const Presence& p : presence) {
    put_presence_.execute(p.device, p.online, p.connection_epoch, p.activated_at, p.online_at, p.changed_at,
                          p.address, p.offline_reason, p.firmware_version);
  }
}

void FleetWriter::write_last_values(const ChangeSet& changes) {
  for (const LastValues& values : changes.last_values) put_values_.execute(values.device, values.reported);
  for (const TaskAlias& alias : changes.task_aliases)
    put_alias_.execute(alias.code, alias.key.job, alias.key.sequence);
  for (const DeviceChange& change : changes.devices)
    if (change.deleted) drop_values_.execute(change.id);
}

}  // namespace rollcall::store
