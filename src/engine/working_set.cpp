#include "engine/working_set.hpp"

#include "base/limits.hpp"

namespace rollcall::engine {
namespace {

// Looks a list of keys up with `load`, keeps each row under `key_of(row)` and the keys without a row as
// absent.
template <class Key, class Row, class Hash, class Load, class KeyOf>
Result<bool> fill(Table<Key, Row, Hash>& table, Load load, KeyOf key_of) {
  std::vector<Key> keys = table.take_wanted();
  if (keys.empty()) return false;
  ROLLCALL_TRY(auto rows, load(keys));
  for (auto& row : rows) {
    Key key = key_of(row);
    table.keep(key, std::move(row));
  }
  for (const Key& key : keys) table.keep(key, std::nullopt);
  return true;
}

// The same for look-ups that the store answers one key at a time.
template <class Key, class Row, class Hash, class LoadOne>
Result<bool> fill_each(Table<Key, Row, Hash>& table, LoadOne load_one) {
  std::vector<Key> keys = table.take_wanted();
  for (const Key& key : keys) {
    ROLLCALL_TRY(std::optional<Row> row, load_one(key));
    table.keep(key, std::move(row));
  }
  return !keys.empty();
}

// Tasks that a rerun leaves out are few as a rule, so that the first look decides; where they are many it is
// given up after some pages, and the sweep finds out.
constexpr int kRerunPagesMax = 8;

Result<bool> has_rerunnable(store::Store& store, JobId job, TaskStatus status) {
  const TaskStatus statuses[] = {status};
  int64_t after = -1;
  for (int page = 0; page < kRerunPagesMax; ++page) {
    const size_t limit = page == 0 ? 8 : 256;
    ROLLCALL_TRY(auto rows, store.list_tasks_of_job(job, statuses, after, limit));
    for (const store::TaskView& row : rows)
      if ((row.task.flags & kTaskNoRerun) == 0) return true;
    if (rows.size() < limit) return false;
    after = rows.back().task.key.sequence;
  }
  return true;
}

Result<std::optional<uint32_t>> load_rerunnable(store::Store& store, JobId job) {
  uint32_t found = 0;
  for (const TaskStatus status : {TaskStatus::Failed, TaskStatus::TimedOut}) {
    ROLLCALL_TRY(const bool any, has_rerunnable(store, job, status));
    if (any) found |= 1u << static_cast<unsigned>(status);
  }
  return std::optional<uint32_t>(found);
}

}  // namespace

Result<bool> WorkingSet::load_fleet(store::Store& store) {
  bool any = false;
  std::vector<std::string> keys = product_keys.take_wanted();
  if (!keys.empty()) {
    any = true;
    ROLLCALL_TRY(auto rows, store.products_by_key(keys));
    for (Product& product : rows) {
      product_counts_read.try_emplace(product.id, product.device_count);
      product_keys.keep(product.key, product.id);
      products.keep(product.id, product);
    }
    for (const std::string& key : keys) product_keys.keep(key, std::nullopt);
  }
  ROLLCALL_TRY(bool names,
               fill_each(product_names, [&](const NameInInstance& key) -> Result<std::optional<ProductId>> {
                 ROLLCALL_TRY(auto product, store.product_by_name(key.instance, key.name));
                 if (!product) return std::optional<ProductId>();
                 return std::optional<ProductId>(product->id);
               }));
  ROLLCALL_TRY(bool by_id, fill(
                               products, [&](const auto& ids) { return store.products(ids); },
                               [&](const Product& row) {
                                 product_counts_read.try_emplace(row.id, row.device_count);
                                 return row.id;
                               }));
  ROLLCALL_TRY(bool counts, fill_each(product_counts, [&](InstanceId id) -> Result<std::optional<int64_t>> {
                 ROLLCALL_TRY(int64_t n, store.product_count(id));
                 return std::optional<int64_t>(n);
               }));
  std::vector<NamedDevice> wanted_names = device_names.take_wanted();
  if (!wanted_names.empty()) {
    any = true;
    std::vector<store::DeviceName> store_names;
    for (const NamedDevice& name : wanted_names) store_names.push_back({name.product, name.name});
    ROLLCALL_TRY(auto rows, store.devices_by_name(store_names));
    for (Device& device : rows) {
      device_names.keep({device.product, device.name}, device.id);
      devices.keep(device.id, device);
    }
    for (const NamedDevice& name : wanted_names) device_names.keep(name, std::nullopt);
  }
  std::vector<std::string> iot_ids = foreign_iot_ids.take_wanted();
  if (!iot_ids.empty()) {
    any = true;
    ROLLCALL_TRY(auto rows, store.devices_by_foreign_iot_id(iot_ids));
    for (Device& device : rows) {
      foreign_iot_ids.keep(device.foreign_iot_id, device.id);
      devices.keep(device.id, device);
    }
    for (const std::string& id : iot_ids) foreign_iot_ids.keep(id, std::nullopt);
  }
  ROLLCALL_TRY(bool device_rows, fill(
                                     devices, [&](const auto& ids) { return store.devices(ids); },
                                     [](const Device& row) { return row.id; }));
  ROLLCALL_TRY(bool presence_rows, fill(
                                       presence, [&](const auto& ids) { return store.presence(ids); },
                                       [](const Presence& row) { return row.device; }));
  return any || names || by_id || counts || device_rows || presence_rows;
}

Result<bool> WorkingSet::load_groups(store::Store& store) {
  bool any = false;
  std::vector<std::string> codes = group_codes.take_wanted();
  if (!codes.empty()) {
    any = true;
    ROLLCALL_TRY(auto rows, store.groups_by_code(codes));
    for (Group& group : rows) {
      group_counts_read.try_emplace(group.id, group.device_count);
      group_codes.keep(group.code, group.id);
      groups.keep(group.id, group);
    }
    for (const std::string& code : codes) group_codes.keep(code, std::nullopt);
  }
  ROLLCALL_TRY(bool names,
               fill_each(group_names, [&](const NameInInstance& key) -> Result<std::optional<GroupId>> {
                 ROLLCALL_TRY(auto group, store.group_by_name(key.instance, key.name));
                 if (!group) return std::optional<GroupId>();
                 return std::optional<GroupId>(group->id);
               }));
  ROLLCALL_TRY(bool by_id, fill(
                               groups, [&](const auto& ids) { return store.groups(ids); },
                               [&](const Group& row) {
                                 group_counts_read.try_emplace(row.id, row.device_count);
                                 return row.id;
                               }));
  ROLLCALL_TRY(bool counts, fill_each(group_counts, [&](InstanceId id) -> Result<std::optional<int64_t>> {
                 ROLLCALL_TRY(int64_t n, store.group_count(id));
                 return std::optional<int64_t>(n);
               }));
  std::unordered_map<GroupId, std::vector<DeviceId>> by_group;
  for (const GroupDevice& key : memberships.take_wanted()) by_group[key.group].push_back(key.device);
  for (const auto& [group, members] : by_group) {
    any = true;
    ROLLCALL_TRY(auto rows, store.memberships(group, members));
    for (auto& row : rows) memberships.keep({group, row.device}, row);
    for (DeviceId device : members) memberships.keep({group, device}, std::nullopt);
  }
  ROLLCALL_TRY(bool products_of, fill_each(group_products, [&](GroupId id) {
                 return store.group_products(id).map(
                     [](auto&& rows) { return std::optional(std::forward<decltype(rows)>(rows)); });
               }));
  return any || names || by_id || counts || products_of;
}

Result<bool> WorkingSet::load_models(store::Store& store) {
  ROLLCALL_TRY(bool drafts, fill_each(draft_models, [&](ProductId id) { return store.thing_model(id, ""); }));
  ROLLCALL_TRY(bool published,
               fill_each(published_models, [&](ProductId id) { return store.latest_thing_model(id); }));
  ROLLCALL_TRY(bool apply_rows, fill(
                                    applies, [&](const auto& ids) { return store.applies(ids); },
                                    [](const Apply& row) { return row.id; }));
  ROLLCALL_TRY(bool items, fill_each(apply_items, [&](const ApplyWindow& key) {
                 return store.apply_items(key.apply, key.first_index, kApplyChunk).map([](auto&& rows) {
                   return std::optional(std::forward<decltype(rows)>(rows));
                 });
               }));
  return drafts || published || apply_rows || items;
}

Result<bool> WorkingSet::load_listing(store::Store& store) {
  const auto some = [](auto&& row) { return std::optional(std::forward<decltype(row)>(row)); };
  ROLLCALL_TRY(bool below,
               fill_each(subgroups, [&](GroupId id) { return store.subgroup_count(id).map(some); }));
  const std::vector<DeviceId> tagged = device_tags.take_wanted();
  if (!tagged.empty()) {
    ROLLCALL_TRY(auto rows, store.device_tags(tagged));
    for (const DeviceId device : tagged) device_tags.keep(device, std::vector<DeviceTag>());
    for (auto& [device, tag] : rows) device_tags.find(device)->push_back(std::move(tag));
  }
  ROLLCALL_TRY(bool of_product,
               fill_each(product_topics, [&](ProductId id) { return store.product_topics(id).map(some); }));
  ROLLCALL_TRY(bool by_id, fill_each(topics, [&](TopicId id) { return store.product_topic(id); }));
  return below || !tagged.empty() || of_product || by_id;
}

Result<bool> WorkingSet::load_work(store::Store& store) {
  bool any = false;
  std::vector<DeviceId> owners = open_tasks.take_wanted();
  if (!owners.empty()) {
    any = true;
    ROLLCALL_TRY(auto rows, store.open_tasks(owners, kOpenTasksPerDevice));
    for (DeviceId owner : owners) open_tasks.keep(owner, std::vector<TaskKey>());
    for (const Task& task : rows) {
      open_tasks.find(task.device)->push_back(task.key);
      tasks.keep(task.key, task);
    }
  }
  std::vector<DeviceId> listeners = tells.take_wanted();
  if (!listeners.empty()) {
    any = true;
    ROLLCALL_TRY(auto rows, store.tells(listeners, limits::kTellsPerLook));
    std::unordered_map<DeviceId, std::vector<store::Tell>> by_device;
    for (const store::Tell& row : rows) by_device[row.device].push_back(row);
    for (DeviceId listener : listeners) tells.keep(listener, std::move(by_device[listener]));
  }
  const std::vector<std::string> foreign = task_aliases.take_wanted();
  if (!foreign.empty()) {
    any = true;
    ROLLCALL_TRY(auto rows, store.task_aliases(foreign));
    for (const store::TaskAlias& row : rows) task_aliases.keep(row.code, row.key);
    for (const std::string& code : foreign) task_aliases.keep(code, std::nullopt);
  }
  ROLLCALL_TRY(bool task_rows, fill(
                                   tasks, [&](const auto& keys) { return store.tasks(keys); },
                                   [](const Task& row) { return row.key; }));
  ROLLCALL_TRY(bool details, fill_each(task_details, [&](const TaskKey& key) {
                 return store.task_details(std::span(&key, 1)).map([](auto&& rows) {
                   return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
                 });
               }));
  ROLLCALL_TRY(bool job_rows, fill(
                                  jobs, [&](const auto& ids) { return store.jobs(ids); },
                                  [](const Job& row) { return row.id; }));
  ROLLCALL_TRY(bool rerun, fill_each(rerunnable, [&](JobId id) { return load_rerunnable(store, id); }));
  return any || task_rows || details || job_rows || rerun;
}

Result<bool> WorkingSet::load_messages(store::Store& store) {
  ROLLCALL_TRY(bool tallies, fill(
                                 offline_tallies, [&](const auto& ids) { return store.offline_tallies(ids); },
                                 [](const store::OfflineTally& row) { return row.device; }));
  const std::vector<store::OfflinePlace> places = offline_messages.take_wanted();
  if (places.empty()) return tallies;
  ROLLCALL_TRY(auto rows, store.offline_messages(places, limits::kOfflineMessagesPerLook));
  std::unordered_map<DeviceId, std::vector<store::OfflineMessage>> by_device;
  for (store::OfflineMessage& row : rows) by_device[row.device].push_back(std::move(row));
  for (const store::OfflinePlace& place : places)
    offline_messages.keep(place, std::move(by_device[place.device]));
  return true;
}

Result<bool> WorkingSet::load_access(store::Store& store) {
  ROLLCALL_TRY(bool tokens, fill(
                                client_tokens, [&](const auto& keys) { return store.client_tokens(keys); },
                                [](const store::ClientToken& row) { return row.key; }));
  ROLLCALL_TRY(
      bool directory, fill_each(access, [&](Everybody) {
        return store.access().map([](auto&& all) { return std::optional(std::forward<decltype(all)>(all)); });
      }));
  return tokens || directory;
}

Result<bool> WorkingSet::load(store::Store& store) {
  ROLLCALL_TRY(bool fleet, load_fleet(store));
  ROLLCALL_TRY(bool group_rows, load_groups(store));
  ROLLCALL_TRY(bool model_rows, load_models(store));
  ROLLCALL_TRY(bool listing, load_listing(store));
  ROLLCALL_TRY(bool work, load_work(store));
  ROLLCALL_TRY(bool messages, load_messages(store));
  ROLLCALL_TRY(bool who, load_access(store));
  return fleet || group_rows || model_rows || listing || work || messages || who;
}

}  // namespace rollcall::engine
