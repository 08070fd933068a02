#include <algorithm>

#include "base/limits.hpp"
#include "store/postgresql/writer.hpp"

namespace rollcall::store::postgresql {
namespace {

constexpr SqlText kNewProduct{
    "product_insert",
    "INSERT INTO product(id, instance, key, name, secret, node_type, data_format, has_thing_model, "
    "auth_type, net_type, protocol_type, category_key, id2, validate_type, description, status, "
    "created_ms, revision, dynamic_registration, device_count) "
    "VALUES($1::bigint, $2::bigint, $3::text, $4::text, $5::bytea, $6::integer, $7::integer, $8::boolean, "
    "$9::text, $10::integer, $11::text, $12::text, $13::boolean, $14::integer, $15::bytea, $16::smallint, "
    "$17::bigint, $18::bigint, $19::smallint, 0)"};
constexpr SqlText kPutProduct{
    "product_put",
    "UPDATE product SET name = $2::text, secret = $3::bytea, node_type = $4::integer, "
    "data_format = $5::integer, has_thing_model = $6::boolean, auth_type = $7::text, "
    "net_type = $8::integer, protocol_type = $9::text, category_key = $10::text, id2 = $11::boolean, "
    "validate_type = $12::integer, description = $13::bytea, status = $14::smallint, revision = $15::bigint, "
    "dynamic_registration = $16::smallint WHERE id = $1::bigint AND deleted_ms = 0"};

// Absent nicknames and foreign ids are NULL, so that they stay out of their index.
constexpr SqlText kNewDevices{
    "device_insert",
    "WITH made AS (INSERT INTO device(id, product, name, foreign_iot_id, secret, nickname, enabled, "
    "created_ms, serial) SELECT id, product, name, nullif(foreign_iot_id, ''), secret, "
    "nullif(nickname, ''), enabled, created_ms, nullif(serial, '') FROM unnest($1::bigint[], $2::bigint[], "
    "$3::text[], $4::text[], $5::bytea[], "
    "$6::bytea[], $7::boolean[], $8::bigint[], $9::text[]) AS "
    "i(id, product, name, foreign_iot_id, secret, nickname, enabled, created_ms, serial) RETURNING product), "
    "by AS (SELECT product, count(*) AS devices FROM made GROUP BY product), "
    "counted AS (UPDATE product p SET device_count = device_count + by.devices FROM by "
    "WHERE p.id = by.product AND p.deleted_ms = 0 RETURNING p.id) "
    "SELECT refuse('device_insert: no such product') "
    "WHERE (SELECT count(*) FROM by) <> (SELECT count(*) FROM counted)"};
constexpr SqlText kPutDevices{
    "device_put",
    "UPDATE device d SET foreign_iot_id = nullif(i.foreign_iot_id, ''), secret = i.secret, "
    "nickname = nullif(i.nickname, ''), enabled = i.enabled, serial = nullif(i.serial, '') "
    "FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[], $5::boolean[], $6::text[]) "
    "AS i(id, foreign_iot_id, secret, nickname, enabled, serial) WHERE d.id = i.id AND d.deleted_ms = 0"};

// A deleted device leaves its product's count and its groups.
constexpr SqlText kChangeDevices{
    "device_change",
    "WITH i AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::boolean[], $3::boolean[], "
    "$4::bigint[], $5::bigint[]) WITH ORDINALITY AS i(id, from_enabled, enabled, deleted_ms, now_ms, n)), "
    "hit AS (UPDATE device d SET enabled = i.enabled, deleted_ms = i.deleted_ms, modified_ms = i.now_ms FROM "
    "i "
    "WHERE d.id = i.id AND d.enabled = i.from_enabled AND d.deleted_ms = 0 "
    "RETURNING i.n, i.id, d.product, i.deleted_ms), "
    "counted AS (UPDATE product p SET device_count = device_count - by.devices "
    "FROM (SELECT product, count(*) AS devices FROM hit WHERE deleted_ms <> 0 GROUP BY product) by "
    "WHERE p.id = by.product AND p.deleted_ms = 0), "
    "gone AS (DELETE FROM group_member m USING hit WHERE m.device = hit.id AND hit.deleted_ms <> 0 "
    "RETURNING m.device_group, hit.product, m.left_number), "
    "smaller AS (UPDATE device_group g SET device_count = device_count - by.devices "
    "FROM (SELECT device_group, count(*) AS devices FROM gone WHERE left_number = 0 "
    "GROUP BY device_group) by "
    "WHERE g.id = by.device_group AND g.deleted_ms = 0), "
    "fewer AS (UPDATE group_product g SET device_count = device_count - by.devices "
    "FROM (SELECT device_group, product, count(*) AS devices FROM gone WHERE left_number = 0 "
    "GROUP BY device_group, product) by "
    "WHERE g.device_group = by.device_group AND g.product = by.product) "
    "SELECT n FROM i EXCEPT SELECT n FROM hit"};

constexpr SqlText kNewGroup{
    "group_insert",
    "INSERT INTO device_group(id, instance, code, name, description, parent, created_ms, device_count) "
    "VALUES($1::bigint, $2::bigint, $3::text, $4::text, $5::bytea, $6::bigint, $7::bigint, 0)"};
constexpr SqlText kNewMembers{
    "group_member_insert",
    "WITH made AS (INSERT INTO group_member(device_group, join_number, device, product) "
    "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) "
    "RETURNING device_group, product), "
    "by AS (SELECT device_group, count(*) AS devices FROM made GROUP BY device_group), "
    "counted AS (UPDATE device_group g SET device_count = device_count + by.devices FROM by "
    "WHERE g.id = by.device_group AND g.deleted_ms = 0 RETURNING g.id), "
    "counted_of_product AS (INSERT INTO group_product AS g (device_group, product, device_count) "
    "SELECT device_group, product, count(*) FROM made GROUP BY device_group, product "
    "ORDER BY device_group, product ON CONFLICT (device_group, product) "
    "DO UPDATE SET device_count = g.device_count + excluded.device_count) "
    "SELECT refuse('group_member_insert: no such group') "
    "WHERE (SELECT count(*) FROM by) <> (SELECT count(*) FROM counted)"};

constexpr SqlText kNewApply{
    "apply_insert",
    "WITH made AS (INSERT INTO apply(id, product, instance, status, count, cursor, created_ms) "
    "VALUES($1::bigint, $2::bigint, $3::bigint, $4::smallint, $5::bigint, $6::bigint, $7::bigint)) "
    "INSERT INTO apply_item(apply, position, device_name, nickname, device, secret, serial) "
    "SELECT $1, n - 1, device_name, nullif(nickname, ''), 0, secret, nullif(serial, '') "
    "FROM unnest($8::text[], $9::bytea[], $10::bytea[], $11::text[]) "
    "WITH ORDINALITY AS i(device_name, nickname, secret, serial, n)"};
constexpr SqlText kProgressApply{"apply_progress",
                                 "WITH hit AS (UPDATE apply SET cursor = $3::bigint, status = $4::smallint "
                                 "WHERE id = $1::bigint AND cursor = $2::bigint RETURNING id), "
                                 "made AS (UPDATE apply_item a SET device = i.device "
                                 "FROM hit, unnest($5::bigint[], $6::bigint[]) AS i(position, device) "
                                 "WHERE a.apply = hit.id AND a.position = i.position) "
                                 "SELECT 1 WHERE NOT EXISTS (SELECT FROM hit)"};

// The same version again becomes the latest: it gets a new number.
#define REPLACE_MODEL                                                                                   \
  "ON CONFLICT (product, version) DO UPDATE SET id = excluded.id, description = excluded.description, " \
  "modified_ms = excluded.modified_ms, tsl = excluded.tsl"
constexpr SqlText kPutThingModel{
    "thing_model_put",
    "INSERT INTO thing_model(product, version, tsl, description, modified_ms) "
    "VALUES($1::bigint, $2::text, $3::bytea, $4::bytea, $5::bigint) " REPLACE_MODEL};
constexpr SqlText kPublishDraft{"thing_model_publish",
                                "INSERT INTO thing_model(product, version, tsl, description, modified_ms) "
                                "SELECT product, $2::text, tsl, $3::bytea, $4::bigint FROM thing_model "
                                "WHERE product = $1::bigint AND version = '' " REPLACE_MODEL};

// The same beside a change of the product, which must have happened.
#define AND_PRODUCT "EXISTS (SELECT FROM product WHERE id = $1 AND revision = "
constexpr SqlText kPutModelOfChange{
    "product_change_model",
    "INSERT INTO thing_model(product, version, tsl, description, modified_ms) "
    "SELECT $1::bigint, $2::text, $3::bytea, $4::bytea, $5::bigint "
    "WHERE " AND_PRODUCT "$6::bigint) " REPLACE_MODEL};
constexpr SqlText kPublishOfChange{"product_change_publish",
                                   "INSERT INTO thing_model(product, version, tsl, description, modified_ms) "
                                   "SELECT product, $2::text, tsl, $3::bytea, $4::bigint FROM thing_model "
                                   "WHERE product = $1::bigint AND version = '' AND " AND_PRODUCT
                                   "$5::bigint) " REPLACE_MODEL};
constexpr SqlText kDropOldModels{
    "thing_model_versions_delete",
    "DELETE FROM thing_model WHERE product = $1::bigint AND version <> '' AND id NOT IN "
    "(SELECT id FROM thing_model WHERE product = $1 AND version <> '' ORDER BY id DESC LIMIT $2::bigint)"};
constexpr SqlText kChangeProduct{
    "product_change",
    "WITH hit AS (UPDATE product SET name = $3::text, description = $4::bytea, status = $5::smallint, "
    "revision = $6::bigint, deleted_ms = $7::bigint, dynamic_registration = $8::smallint WHERE id = "
    "$1::bigint AND revision = $2::bigint "
    "AND deleted_ms = 0 AND ($7::bigint = 0 OR device_count = 0) RETURNING id, deleted_ms), "
    "models AS (DELETE FROM thing_model m USING hit WHERE m.product = hit.id AND hit.deleted_ms <> 0), "
    "topics AS (DELETE FROM product_topic t USING hit WHERE t.product = hit.id AND hit.deleted_ms <> 0) "
    "SELECT 1 WHERE NOT EXISTS (SELECT FROM hit)"};

constexpr SqlText kNewAccessKey{"access_key_insert",
                                "INSERT INTO access_key(id, instance, secret, enabled, created_ms, account, "
                                "sub_user, administrator) VALUES($1::text, $2::bigint, $3::bytea, "
                                "$4::boolean, $5::bigint, $6::bigint, $7::text, $8::boolean)"};

constexpr SqlText kPutPresence{
    "presence_put",
    "INSERT INTO presence AS p (device, online, connection_epoch, activated_ms, online_ms, changed_ms, "
    "address, offline_reason, firmware_version) SELECT * FROM unnest($1::bigint[], $2::boolean[], "
    "$3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::smallint[], $9::bytea[]) "
    "ON CONFLICT (device) DO UPDATE SET "
    "online = excluded.online, connection_epoch = excluded.connection_epoch, "
    "activated_ms = CASE p.activated_ms WHEN 0 THEN excluded.activated_ms ELSE p.activated_ms END, "
    "online_ms = excluded.online_ms, changed_ms = excluded.changed_ms, address = excluded.address, "
    "offline_reason = excluded.offline_reason, firmware_version = excluded.firmware_version "
    "WHERE excluded.connection_epoch >= p.connection_epoch"};

constexpr SqlText kPutLastValues{"last_values_put",
                                 "INSERT INTO last_values(device, reported) SELECT i.device, i.reported "
                                 "FROM unnest($1::bigint[], $2::bytea[]) AS i(device, reported) "
                                 "JOIN device d ON d.id = i.device AND d.deleted_ms = 0 "
                                 "ON CONFLICT (device) DO UPDATE SET reported = excluded.reported"};
constexpr SqlText kDropLastValues{
    "last_values_delete",
    "DELETE FROM last_values v USING device d "
    "WHERE v.device = ANY($1::bigint[]) AND d.id = v.device AND d.deleted_ms <> 0"};

constexpr SqlText kPutTaskAliases{
    "task_alias_put",
    "INSERT INTO task_alias(code, job, sequence) SELECT * FROM unnest($1::text[], $2::bigint[], "
    "$3::bigint[]) "
    "ON CONFLICT (code) DO UPDATE SET job = excluded.job, sequence = excluded.sequence"};

void write_products(const ChangeSet& changes, Steps& steps) {
  for (const NewProduct& created : changes.new_products) {
    const Product& p = created.product;
    Parameters parameters;
    parameters << p.id << p.instance << p.key << p.name << p.secret << p.node_type << p.data_format
               << p.has_thing_model << p.auth_type << p.net_type << p.protocol_type << p.category_key << p.id2
               << p.validate_type << p.description << p.status << p.created_at << p.revision
               << p.dynamic_registration;
    steps.push_back({&kNewProduct, std::move(parameters), nullptr});
  }
  for (const PutProduct& put : changes.put_products) {
    const Product& p = put.product;
    Parameters parameters;
    parameters << p.id << p.name << p.secret << p.node_type << p.data_format << p.has_thing_model
               << p.auth_type << p.net_type << p.protocol_type << p.category_key << p.id2 << p.validate_type
               << p.description << p.status << p.revision << p.dynamic_registration;
    steps.push_back({&kPutProduct, std::move(parameters), nullptr});
  }
}

void write_new_devices(const std::vector<NewDevice>& devices, Steps& steps) {
  if (devices.empty()) return;
  Column<DeviceId> id;
  Column<ProductId> product;
  TextColumn name, foreign_iot_id, serial;
  BytesColumn secret, nickname;
  Column<bool> enabled;
  Column<WallMs> created_at;
  for (const NewDevice& created : devices) {
    const Device& d = created.device;
    id.add(d.id);
    product.add(d.product);
    name.add(d.name);
    foreign_iot_id.add(d.foreign_iot_id);
    secret.add(in_envelope(d.secret));
    nickname.add(d.nickname);
    enabled.add(d.enabled);
    created_at.add(d.created_at);
    serial.add(d.serial);
  }
  Parameters parameters;
  parameters << std::move(id) << std::move(product) << std::move(name) << std::move(foreign_iot_id)
             << std::move(secret) << std::move(nickname) << std::move(enabled) << std::move(created_at)
             << std::move(serial);
  steps.push_back({&kNewDevices, std::move(parameters), nullptr});
}

void put_devices(const std::vector<PutDevice>& puts, Steps& steps) {
  for (const auto& run : runs_by_key(puts.size(), [&](uint32_t i) { return puts[i].device.id; })) {
    Column<DeviceId> id;
    TextColumn foreign_iot_id, serial;
    BytesColumn secret, nickname;
    Column<bool> enabled;
    for (const uint32_t i : run) {
      const Device& d = puts[i].device;
      id.add(d.id);
      foreign_iot_id.add(d.foreign_iot_id);
      secret.add(in_envelope(d.secret));
      nickname.add(d.nickname);
      enabled.add(d.enabled);
      serial.add(d.serial);
    }
    Parameters parameters;
    parameters << std::move(id) << std::move(foreign_iot_id) << std::move(secret) << std::move(nickname)
               << std::move(enabled) << std::move(serial);
    steps.push_back({&kPutDevices, std::move(parameters), nullptr});
  }
}

// `chosen`: indexes into `changes`.
void change_devices(const std::vector<DeviceChange>& changes, const std::vector<uint32_t>& chosen,
                    Steps& steps, CommitResult& result) {
  for (auto run : runs_by_key(chosen.size(), [&](uint32_t i) { return changes[chosen[i]].id; })) {
    Column<DeviceId> id;
    Column<bool> from_enabled, enabled;
    Column<WallMs> deleted_at, now;
    for (uint32_t& i : run) {
      i = chosen[i];
      const DeviceChange& change = changes[i];
      id.add(change.id);
      from_enabled.add(change.from_enabled);
      enabled.add(change.enabled);
      deleted_at.add(change.deleted ? deletion_time(change) : WallMs{});
      now.add(change.now);
    }
    Parameters parameters;
    parameters << std::move(id) << std::move(from_enabled) << std::move(enabled) << std::move(deleted_at)
               << std::move(now);
    steps.push_back(
        {&kChangeDevices, std::move(parameters), missed_into(result.missed_devices, std::move(run))});
  }
}

// A new device may take the name of one that is deleted; changes of new devices come after them.
void write_devices(const ChangeSet& changes, Steps& steps, CommitResult& result) {
  std::vector<DeviceId> made;
  for (const NewDevice& created : changes.new_devices) made.push_back(created.device.id);
  std::sort(made.begin(), made.end());
  std::vector<uint32_t> before, after;
  for (uint32_t i = 0; i < changes.devices.size(); ++i) {
    const bool fresh = std::binary_search(made.begin(), made.end(), changes.devices[i].id);
    (fresh ? after : before).push_back(i);
  }
  change_devices(changes.devices, before, steps, result);
  write_new_devices(changes.new_devices, steps);
  change_devices(changes.devices, after, steps, result);
  put_devices(changes.put_devices, steps);
}

void write_groups(const ChangeSet& changes, Steps& steps) {
  for (const NewGroup& created : changes.new_groups) {
    const Group& g = created.group;
    Parameters parameters;
    parameters << g.id << g.instance << g.code << g.name << g.description << g.parent << g.created_at;
    steps.push_back({&kNewGroup, std::move(parameters), nullptr});
  }
  if (changes.new_members.empty()) return;
  Column<GroupId> group;
  Column<int64_t> join_number;
  Column<DeviceId> device;
  Column<ProductId> product;
  for (const NewGroupMember& member : changes.new_members) {
    group.add(member.group);
    join_number.add(member.join_number);
    device.add(member.device);
    product.add(member.product);
  }
  Parameters parameters;
  parameters << std::move(group) << std::move(join_number) << std::move(device) << std::move(product);
  steps.push_back({&kNewMembers, std::move(parameters), nullptr});
}

void write_applies(const ChangeSet& changes, Steps& steps, CommitResult& result) {
  for (const NewApply& created : changes.new_applies) {
    const Apply& a = created.apply;
    TextColumn name;
    BytesColumn nickname;
    for (const auto& [device_name, device_nickname] : created.names) {
      name.add(device_name);
      nickname.add(device_nickname);
    }
    BytesColumn secret;
    TextColumn serial;
    for (const Brought& brought : created.brought) {
      secret.add(in_envelope(brought.secret));
      serial.add(brought.serial);
    }
    Parameters parameters;
    parameters << a.id << a.product << a.instance << a.status << a.count << a.cursor << a.created_at
               << std::move(name) << std::move(nickname) << std::move(secret) << std::move(serial);
    steps.push_back({&kNewApply, std::move(parameters), nullptr});
  }
  for (uint32_t i = 0; i < changes.apply_progress.size(); ++i) {
    const ApplyProgress& progress = changes.apply_progress[i];
    Column<int64_t> position;
    Column<DeviceId> device;
    for (const auto& [at, id] : progress.made) {
      position.add(at);
      device.add(id);
    }
    Parameters parameters;
    parameters << progress.id << progress.from_cursor << progress.cursor << progress.status
               << std::move(position) << std::move(device);
    steps.push_back({&kProgressApply, std::move(parameters),
                     [&result, i](const ReplyRow&) { result.missed_applies.push_back(i); }});
  }
}

void put_model(const PutThingModel& model, std::optional<int64_t> revision, Steps& steps) {
  const bool publish = model.tsl.empty() && !model.version.empty();
  Parameters parameters;
  parameters << model.product << model.version;
  if (!publish) parameters << model.tsl;
  parameters << model.description << model.now;
  if (revision) parameters << *revision;
  const SqlText* put = revision ? &kPutModelOfChange : &kPutThingModel;
  const SqlText* copy = revision ? &kPublishOfChange : &kPublishDraft;
  steps.push_back({publish ? copy : put, std::move(parameters), nullptr});
}

void change_products(const ChangeSet& changes, Steps& steps, CommitResult& result) {
  for (uint32_t i = 0; i < changes.products.size(); ++i) {
    const ProductChange& change = changes.products[i];
    const Product& p = change.product;
    const int64_t deleted_ms = change.deleted ? std::max<int64_t>(change.now.value, 1) : 0;
    Parameters parameters;
    parameters << p.id << change.from_revision << p.name << p.description << p.status << p.revision
               << deleted_ms << p.dynamic_registration;
    steps.push_back({&kChangeProduct, std::move(parameters),
                     [&result, i](const ReplyRow&) { result.missed_products.push_back(i); }});
    if (!change.model) continue;
    put_model(*change.model, p.revision, steps);
    Parameters keep;
    keep << p.id << static_cast<int64_t>(limits::kModelVersionsMax);
    steps.push_back({&kDropOldModels, std::move(keep), nullptr});
  }
}

}  // namespace

void write_fleet(const ChangeSet& changes, Steps& steps, CommitResult& result) {
  write_products(changes, steps);
  write_devices(changes, steps, result);
  write_groups(changes, steps);
  write_applies(changes, steps, result);
  for (const PutThingModel& model : changes.thing_models) put_model(model, std::nullopt, steps);
  for (const AccessKey& key : changes.new_access_keys) {
    Parameters parameters;
    parameters << key.id << key.instance << key.secret << key.enabled << key.created_at << key.account
               << key.user << key.administrator;
    steps.push_back({&kNewAccessKey, std::move(parameters), nullptr});
  }
  change_products(changes, steps, result);
}

void write_presence(const std::vector<Presence>& presence, Steps& steps) {
  for (const auto& run : runs_by_key(presence.size(), [&](uint32_t i) { return presence[i].device; })) {
    Column<DeviceId> device;
    Column<bool> online;
    Column<int64_t> connection_epoch;
    Column<WallMs> activated_at, online_at, changed_at;
    TextColumn address;
    Column<OfflineReason> offline_reason;
    BytesColumn firmware_version;
    for (const uint32_t i : run) {
      const Presence& p = presence[i];
      device.add(p.device);
      online.add(p.online);
      connection_epoch.add(p.connection_epoch);
      activated_at.add(p.activated_at);
      online_at.add(p.online_at);
      changed_at.add(p.changed_at);
      address.add(p.address);
      offline_reason.add(p.offline_reason);
      firmware_version.add(p.firmware_version);
    }
    Parameters parameters;
    parameters << std::move(device) << std::move(online) << std::move(connection_epoch)
               << std::move(activated_at) << std::move(online_at) << std::move(changed_at)
               << std::move(address) << std::move(offline_reason) << std::move(firmware_version);
    steps.push_back({&kPutPresence, std::move(parameters), nullptr});
  }
}

void write_task_aliases(const std::vector<TaskAlias>& aliases, Steps& steps) {
  for (const auto& run : runs_by_key(aliases.size(), [&](uint32_t i) { return aliases[i].code; })) {
    TextColumn code;
    Column<JobId> job;
    Column<int64_t> sequence;
    for (const uint32_t i : run) {
      code.add(aliases[i].code);
      job.add(aliases[i].key.job);
      sequence.add(aliases[i].key.sequence);
    }
    Parameters parameters;
    parameters << std::move(code) << std::move(job) << std::move(sequence);
    steps.push_back({&kPutTaskAliases, std::move(parameters), nullptr});
  }
}

void write_last_values(const ChangeSet& changes, Steps& steps) {
  const std::vector<LastValues>& values = changes.last_values;
  for (const auto& run : runs_by_key(values.size(), [&](uint32_t i) { return values[i].device; })) {
    Column<DeviceId> device;
    BytesColumn reported;
    for (const uint32_t i : run) {
      device.add(values[i].device);
      reported.add(values[i].reported);
    }
    Parameters parameters;
    parameters << std::move(device) << std::move(reported);
    steps.push_back({&kPutLastValues, std::move(parameters), nullptr});
  }
  Column<DeviceId> deleted;
  bool any = false;
  for (const DeviceChange& change : changes.devices) {
    if (!change.deleted) continue;
    deleted.add(change.id);
    any = true;
  }
  if (!any) return;
  Parameters parameters;
  parameters << std::move(deleted);
  steps.push_back({&kDropLastValues, std::move(parameters), nullptr});
}

}  // namespace rollcall::store::postgresql
