// The rows one batch needs, loaded in sets before anything is decided (DESIGN 3). A command first gathers: it
// asks for what it needs and says whether all of it is there; the executor loads what was asked for and asks
// again. Decisions then read and update these rows in memory, so that a later command of the batch sees what
// an earlier one decided. Thread: engine; lives for one batch.
#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/fleet.hpp"
#include "model/job.hpp"
#include "model/task.hpp"
#include "store/store.hpp"

namespace rollcall::engine {

// What the tables of one working set are made of: they go together, so nothing of it is freed one by one. A
// copy of a set is not made of this.
struct Arena {
  Arena() = default;
  Arena(const Arena&) {}
  Arena& operator=(const Arena&) { return *this; }
  std::pmr::monotonic_buffer_resource memory{16 * 1024};
};

// Rows of one kind by key. need() is true when the row was looked up already (whether or not it exists).
template <class Key, class Row, class Hash = std::hash<Key>>
class Table {
 public:
  explicit Table(Arena& arena) : rows_(&arena.memory), wanted_(&arena.memory) {}
  bool need(const Key& key) {
    if (rows_.contains(key)) return true;
    wanted_.push_back(key);
    return false;
  }
  // The row, or nullptr when there is none (or it was never asked for).
  Row* find(const Key& key) {
    auto it = rows_.find(key);
    return it == rows_.end() || !it->second ? nullptr : &*it->second;
  }
  bool known(const Key& key) const { return rows_.contains(key); }
  // Remembers a row without replacing what this batch may have changed already.
  void keep(const Key& key, std::optional<Row> row) { rows_.try_emplace(key, std::move(row)); }
  void put(const Key& key, Row row) { rows_[key] = std::move(row); }
  // This batch took the row away.
  void remove(const Key& key) { rows_[key].reset(); }
  std::vector<Key> take_wanted() {
    std::vector<Key> keys;
    if (wanted_.empty()) return keys;
    keys.reserve(wanted_.size());
    std::pmr::unordered_set<Key, Hash> seen(wanted_.size(), wanted_.get_allocator());
    for (Key& key : wanted_)
      if (!rows_.contains(key) && seen.insert(key).second) keys.push_back(std::move(key));
    wanted_.clear();
    return keys;
  }

 private:
  std::pmr::unordered_map<Key, std::optional<Row>, Hash> rows_;
  std::pmr::vector<Key> wanted_;
};

struct NamedDevice {
  ProductId product;
  std::string name;
  bool operator==(const NamedDevice&) const = default;
};
struct NamedDeviceHash {
  size_t operator()(const NamedDevice& key) const noexcept {
    return std::hash<ProductId>{}(key.product) ^ std::hash<std::string>{}(key.name);
  }
};
struct NameInInstance {
  InstanceId instance;
  std::string name;
  bool operator==(const NameInInstance&) const = default;
};
struct NameInInstanceHash {
  size_t operator()(const NameInInstance& key) const noexcept {
    return std::hash<InstanceId>{}(key.instance) ^ std::hash<std::string>{}(key.name);
  }
};
struct GroupDevice {
  GroupId group;
  DeviceId device;
  bool operator==(const GroupDevice&) const = default;
};
struct GroupDeviceHash {
  size_t operator()(const GroupDevice& key) const noexcept {
    return std::hash<GroupId>{}(key.group) * 31 + std::hash<DeviceId>{}(key.device);
  }
};
struct ApplyWindow {
  ApplyId apply;
  int64_t first_index = 0;
  bool operator==(const ApplyWindow&) const = default;
};
struct ApplyWindowHash {
  size_t operator()(const ApplyWindow& key) const noexcept {
    return std::hash<ApplyId>{}(key.apply) ^ static_cast<size_t>(key.first_index);
  }
};

struct ClientTokenKeyHash {
  size_t operator()(const store::ClientTokenKey& key) const noexcept {
    return std::hash<AccountId>{}(key.account) ^ std::hash<std::string>{}(key.token);
  }
};

struct OfflinePlaceHash {
  size_t operator()(const store::OfflinePlace& key) const noexcept {
    return std::hash<DeviceId>{}(key.device) ^ static_cast<size_t>(key.after);
  }
};

class WorkingSet {
  Arena arena_;

 public:
  static constexpr size_t kOpenTasksPerDevice = 64;  // of one device at a time, oldest first
  static constexpr size_t kApplyChunk = 1'000;       // devices of one batch registration per batch

  Table<std::string, ProductId> product_keys{arena_};
  Table<NameInInstance, ProductId, NameInInstanceHash> product_names{arena_};
  Table<ProductId, Product> products{arena_};
  Table<InstanceId, int64_t> product_counts{arena_};
  Table<NamedDevice, DeviceId, NamedDeviceHash> device_names{arena_};
  Table<std::string, DeviceId> foreign_iot_ids{arena_};
  Table<DeviceId, Device> devices{arena_};
  Table<DeviceId, Presence> presence{arena_};
  Table<std::string, GroupId> group_codes{arena_};
  Table<NameInInstance, GroupId, NameInInstanceHash> group_names{arena_};
  Table<GroupId, Group> groups{arena_};
  Table<InstanceId, int64_t> group_counts{arena_};
  Table<GroupDevice, store::Reader::Membership, GroupDeviceHash> memberships{arena_};
  Table<GroupId, std::vector<std::pair<ProductId, int64_t>>> group_products{arena_};
  Table<GroupId, int64_t> subgroups{arena_};
  Table<DeviceId, std::vector<DeviceTag>> device_tags{arena_};
  Table<ProductId, std::vector<ProductTopic>> product_topics{arena_};
  Table<TopicId, ProductTopic> topics{arena_};
  Table<ApplyId, Apply> applies{arena_};
  Table<ApplyWindow, std::vector<store::ApplyItem>, ApplyWindowHash> apply_items{arena_};
  Table<ProductId, store::Reader::ThingModelText> draft_models{arena_};
  Table<ProductId, store::Reader::ThingModelText> published_models{arena_};
  Table<JobId, Job> jobs{arena_};  // only jobs that the engine does not hold itself
  Table<TaskKey, Task> tasks{arena_};
  // Statuses (bits 1 << status) in which the job has tasks that a rerun takes.
  Table<JobId, uint32_t> rerunnable{arena_};
  Table<DeviceId, std::vector<store::Tell>> tells{arena_};  // at most limits::kTellsPerLook each
  Table<DeviceId, store::OfflineTally> offline_tallies{arena_};
  // At most limits::kOfflineMessagesPerLook each.
  Table<store::OfflinePlace, std::vector<store::OfflineMessage>, OfflinePlaceHash> offline_messages{arena_};
  Table<TaskKey, TaskDetail> task_details{arena_};
  Table<std::string, TaskKey> task_aliases{arena_};          // TaskIds of another platform
  Table<DeviceId, std::vector<TaskKey>> open_tasks{arena_};  // keys; the rows are in `tasks`
  Table<store::ClientTokenKey, store::ClientToken, ClientTokenKeyHash> client_tokens{arena_};
  // Accounts and keys are one row: rarely changed, and then judged as a whole.
  struct Everybody {
    bool operator==(const Everybody&) const = default;
  };
  struct EverybodyHash {
    size_t operator()(const Everybody&) const noexcept { return 0; }
  };
  Table<Everybody, AccessDirectory, EverybodyHash> access{arena_};

  // How many devices products and groups had in the store when they were read.
  std::unordered_map<ProductId, int64_t> product_counts_read;
  std::unordered_map<GroupId, int64_t> group_counts_read;

  // Loads everything asked for since the last call. True when something was loaded.
  Result<bool> load(store::Store& store);

 private:
  Result<bool> load_fleet(store::Store& store);
  Result<bool> load_groups(store::Store& store);
  Result<bool> load_models(store::Store& store);
  Result<bool> load_listing(store::Store& store);
  Result<bool> load_work(store::Store& store);
  Result<bool> load_messages(store::Store& store);
  Result<bool> load_access(store::Store& store);
};

}  // namespace rollcall::engine
