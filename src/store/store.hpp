// The store behind the engine. Two faces: Reader, bounded reads of committed state (any number of them, one
// thread each), and Store, the engine's own connection: set-oriented loads and one transaction per ChangeSet.
// Implemented by sqlite/ and postgresql/; one contract test suite (tests/contract) runs on every
// implementation. Errors: SystemException with the cause in Error::detail, which starts with "constraint:"
// (the change itself is refused), "stale:" (Agreements), "full:" (no room) or "io:" (everything else; "io:
// damaged:" when what is stored makes no sense); NotExisted... never (absent rows are simply not returned).
// Thread: each object belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "store/rows.hpp"

namespace rollcall::store {

struct DeviceName {
  ProductId product;
  std::string name;
};

struct TaskView {
  Task task;
  std::string device_name;
  std::string product_key;
  std::string foreign_iot_id;  // empty: derive from the device's id
};

// Where an unfinished job stands, without what it is about.
struct JobMark {
  JobId id;
  int32_t epoch = 0;
  int64_t sweep_cursor = 0;
  int64_t tasks_made = 0;
  TaskCounters counters;
};

struct ApplyItem {
  std::string device_name;
  std::string nickname;
  DeviceId device;               // 0 until made
  std::optional<Secret> secret;  // of one that is imported
  std::string serial;
};

// How much waits for a device.
struct OfflineTally {
  DeviceId device;
  int64_t messages = 0;
  int64_t bytes = 0;  // of their bodies
};

// Of all devices: how many, and the highest id.
struct OfflineTotals {
  int64_t messages = 0;
  int64_t last_id = 0;
};

// The messages of a device behind one.
struct OfflinePlace {
  DeviceId device;
  int64_t after = 0;
  bool operator==(const OfflinePlace&) const = default;
};

struct DeviceRow {
  Device device;
  Presence presence;
};

// Reads. Lists are bounded by their limit argument and ordered as said; a reader holds no snapshot between
// calls but those of a batch.
class Reader {
 public:
  virtual ~Reader() = default;

  // The calls between the two may be answered from one snapshot, not older than the first of them: some
  // stores save the cost of taking one for each call. Short, not nested.
  virtual void begin_batch() {}
  virtual void end_batch() noexcept {}

  virtual Result<std::vector<AccessKey>> access_keys(size_t limit) = 0;
  // Everything about who may call. Each list is cut at the limit of its kind (limits.hpp).
  virtual Result<AccessDirectory> access() = 0;
  // The tokens of these, remembered or not to be honoured any more; what is not there is left out.
  virtual Result<std::vector<ClientToken>> client_tokens(std::span<const ClientTokenKey> keys) = 0;
  // The id of an instance by its IotInstanceId text; nullopt = unknown. The default instance is 1 and has no
  // text.
  virtual Result<std::optional<InstanceId>> instance_by_code(std::string_view code) = 0;

  virtual Result<std::vector<Product>> products_by_key(std::span<const std::string> keys) = 0;
  virtual Result<std::vector<Product>> products(std::span<const ProductId> ids) = 0;
  virtual Result<std::optional<Product>> product_by_name(InstanceId instance, std::string_view name) = 0;
  // Newest first. `has_thing_model` filters when set. Total counts all that match.
  struct ProductPage {
    std::vector<Product> products;
    int64_t total = 0;
  };
  virtual Result<ProductPage> list_products(InstanceId instance, std::optional<bool> has_thing_model,
                                            int64_t offset, size_t limit) = 0;
  virtual Result<int64_t> product_count(InstanceId instance) = 0;

  virtual Result<std::vector<Device>> devices(std::span<const DeviceId> ids) = 0;
  virtual Result<std::vector<Device>> devices_by_name(std::span<const DeviceName> names) = 0;
  virtual Result<std::vector<Device>> devices_by_foreign_iot_id(std::span<const std::string> iot_ids) = 0;
  // Devices of a product with name > after_name, in name order.
  virtual Result<std::vector<Device>> list_devices(ProductId product, std::string_view after_name,
                                                   size_t limit) = 0;
  virtual Result<std::vector<Presence>> presence(std::span<const DeviceId> ids) = 0;
  virtual Result<std::vector<LastValues>> last_values(std::span<const DeviceId> ids) = 0;

  virtual Result<std::vector<Group>> groups(std::span<const GroupId> ids) = 0;
  virtual Result<std::vector<Group>> groups_by_code(std::span<const std::string> codes) = 0;
  virtual Result<std::optional<Group>> group_by_name(InstanceId instance, std::string_view name) = 0;
  virtual Result<int64_t> group_count(InstanceId instance) = 0;
  // Which of these devices are in the group, and in how many groups each device is.
  struct Membership {
    DeviceId device;
    bool in_group = false;
    int32_t groups = 0;
  };
  virtual Result<std::vector<Membership>> memberships(GroupId group, std::span<const DeviceId> devices) = 0;
  // The products of a group's members with the number of members of each.
  virtual Result<std::vector<std::pair<ProductId, int64_t>>> group_products(GroupId group) = 0;

  virtual Result<std::vector<Apply>> applies(std::span<const ApplyId> ids) = 0;
  virtual Result<std::vector<ApplyItem>> apply_items(ApplyId id, int64_t first_index, size_t limit) = 0;

  // version "" = draft. "latest published": latest_thing_model.
  struct ThingModelText {
    std::string version;
    std::string tsl;
    std::string description;
  };
  virtual Result<std::optional<ThingModelText>> thing_model(ProductId product, std::string_view version) = 0;
  virtual Result<std::optional<ThingModelText>> latest_thing_model(ProductId product) = 0;

  // --- lists and counts of a fleet (queries_listing.cpp)
  // Devices of a product with id < before (0 = all), newest first.
  virtual Result<std::vector<DeviceRow>> newest_devices(ProductId product, DeviceId before, int64_t offset,
                                                        size_t limit) = 0;
  // Looks through at most `scanned` devices, of a product (0 = of all the instance's) and with id < before,
  // newest first, for those of a status. `next`: where to go on; nullopt = there are no more.
  struct DeviceScan {
    std::vector<DeviceRow> devices;
    std::optional<DeviceId> next;
  };
  virtual Result<DeviceScan> scan_devices(InstanceId instance, ProductId product, DeviceStatus status,
                                          DeviceId before, size_t scanned, size_t limit) = 0;
  virtual Result<DeviceTally> product_tally(ProductId product) = 0;
  virtual Result<DeviceTally> group_tally(GroupId group) = 0;
  virtual Result<DeviceTally> instance_tally(InstanceId instance) = 0;
  // Newest first. `parent` and `name` filter when set.
  struct GroupPage {
    std::vector<Group> groups;
    int64_t total = 0;
  };
  virtual Result<GroupPage> list_groups(InstanceId instance, std::optional<GroupId> parent,
                                        std::optional<std::string_view> name, int64_t offset,
                                        size_t limit) = 0;
  virtual Result<int64_t> subgroup_count(GroupId parent) = 0;
  // In the order of joining.
  virtual Result<std::vector<DeviceId>> group_devices(GroupId group, int64_t offset, size_t limit) = 0;
  virtual Result<std::vector<Group>> groups_of_device(DeviceId device) = 0;
  // The groups of each of these devices, device by device, those joined first first.
  virtual Result<std::vector<std::pair<DeviceId, GroupId>>> groups_of_devices(
      std::span<const DeviceId> devices) = 0;
  // By device in the order given, then by name.
  virtual Result<std::vector<std::pair<DeviceId, DeviceTag>>> device_tags(
      std::span<const DeviceId> devices) = 0;
  // Devices that have all these tags, newest first; an empty value stands for any. Total counts up to
  // limits::kTaggedDevicesCounted.
  struct TaggedDevices {
    std::vector<DeviceId> devices;
    int64_t total = 0;
  };
  virtual Result<TaggedDevices> devices_by_tags(InstanceId instance, std::span<const DeviceTag> tags,
                                                int64_t offset, size_t limit) = 0;
  // At most limits::kTopicsPerProductMax, by id.
  virtual Result<std::vector<ProductTopic>> product_topics(ProductId product) = 0;
  virtual Result<std::optional<ProductTopic>> product_topic(TopicId id) = 0;

  virtual Result<std::vector<Job>> jobs(std::span<const JobId> ids) = 0;
  struct JobPage {
    std::vector<Job> jobs;
    int64_t total = 0;
  };
  // Newest first; spec.document and targets are not loaded.
  virtual Result<JobPage> list_jobs(InstanceId instance, std::optional<JobStatus> status, int64_t offset,
                                    size_t limit) = 0;
  // The devices of a DEVICE_LIST job in order (at most limits::kTargetDevicesMax).
  virtual Result<std::vector<DeviceId>> job_targets(JobId job) = 0;

  virtual Result<std::vector<Task>> tasks(std::span<const TaskKey> keys) = 0;
  // Of these TaskIds of another platform those that stand for a task.
  virtual Result<std::vector<TaskAlias>> task_aliases(std::span<const std::string> codes) = 0;
  virtual Result<std::vector<TaskDetail>> task_details(
      std::span<const TaskKey> keys) = 0;  // same order; empty where none
  // Tasks of a job with sequence > after_sequence (-1 = from the start), in queue order; `statuses` filters
  // by row status when not empty.
  virtual Result<std::vector<TaskView>> list_tasks_of_job(JobId job, std::span<const TaskStatus> statuses,
                                                          int64_t after_sequence, size_t limit) = 0;
  // Tasks of a device with job < before_job (0 = from the newest), newest job first; likewise filtered.
  virtual Result<std::vector<TaskView>> list_tasks_of_device(DeviceId device,
                                                             std::span<const TaskStatus> statuses,
                                                             JobId before_job, size_t limit) = 0;
  // The history of all tasks as it was written, after a position (0 = from the start).
  virtual Result<std::vector<HistoryRow>> history(int64_t after_position, size_t limit) = 0;
  // The history of these tasks, task by task in the order given and oldest first within each; of the first
  // one only what is behind `after_position` (0 = all of it). At most `limit` rows in all. Of deleted jobs as
  // well. A page costs as much as its tasks have rows, not more.
  virtual Result<std::vector<HistoryRow>> task_history(std::span<const TaskKey> keys, int64_t after_position,
                                                       size_t limit) = 0;
  // The instance of a job, of a deleted one as well; nullopt = there never was such a job, or nothing is left
  // of it but its number.
  virtual Result<std::optional<InstanceId>> instance_of_job(JobId job) = 0;
};

class Store : public Reader {
 public:
  // --- start
  // 16 random bytes made at the first start: the key of IdCodec.
  virtual Result<std::array<uint8_t, 16>> id_key() = 0;
  // Reserves `count` consecutive ids of a kind, durably; the first one is returned. Kinds: "device",
  // "product", "job", "group", "apply", "join", "topic".
  virtual Result<int64_t> reserve_ids(std::string_view kind, int64_t count) = 0;
  // Every presence row that says online says offline from now on (after a crash nobody is connected).
  virtual Status mark_all_offline(WallMs now) = 0;
  // Jobs that are not final, oldest first.
  virtual Result<std::vector<Job>> unfinished_jobs() = 0;
  // Applications that are being carried out (Creating), oldest first.
  virtual Result<std::vector<Apply>> unfinished_applies() = 0;

  // --- other processes on the same store
  // Has anybody but this object committed since the last call? The first answer may be either.
  virtual Result<bool> others_wrote() = 0;
  // Jobs that are not final with id > after, oldest first.
  virtual Result<std::vector<JobMark>> job_marks(JobId after, size_t limit) = 0;

  // --- the engine's loads beside the Reader's
  // Open tasks (QUEUED, SENT, IN_PROGRESS) of each device, oldest job first, at most `limit_each` each.
  virtual Result<std::vector<Task>> open_tasks(std::span<const DeviceId> devices, size_t limit_each) = 0;
  // QUEUED tasks of a job with sequence > after_sequence, in order.
  virtual Result<std::vector<Task>> queued_tasks(JobId job, int64_t after_sequence, size_t limit) = 0;
  // What each device is still to be told, oldest job first, at most `limit_each` each.
  virtual Result<std::vector<Tell>> tells(std::span<const DeviceId> devices, size_t limit_each) = 0;
  // Messages that wait for each device, oldest first, at most `limit_each` each.
  virtual Result<std::vector<OfflineMessage>> offline_messages(std::span<const OfflinePlace> places,
                                                               size_t limit_each) = 0;
  // Of those of the devices that have any.
  virtual Result<std::vector<OfflineTally>> offline_tallies(std::span<const DeviceId> devices) = 0;
  virtual Result<OfflineTotals> offline_totals() = 0;
  // When the first of all messages expires.
  virtual Result<std::optional<WallMs>> earliest_offline_end() = 0;
  // Time-outs with deadline <= until, earliest first; and the earliest deadline there is.
  virtual Result<std::vector<DueTimeOut>> due_time_outs(WallMs until, size_t limit) = 0;
  virtual Result<std::optional<WallMs>> earliest_time_out() = 0;
  // When the job was deleted of which something is left and that was deleted first.
  virtual Result<std::optional<WallMs>> earliest_deletion() = 0;
  // Jobs that are final, not deleted, and were changed last at `until` or earlier: the earliest first; and
  // when the earliest of all was.
  virtual Result<std::vector<JobId>> ended_jobs(WallMs until, size_t limit) = 0;
  virtual Result<std::optional<WallMs>> earliest_end() = 0;

  // --- commits: submit one, then poll until it is there. A failed commit changed nothing.
  virtual void submit(
      const ChangeSet& changes) = 0;  // `changes` stays alive and unchanged until poll() gave the result
  virtual std::optional<Result<CommitResult>> poll() = 0;
  // Something useful to do while nothing else is: checkpoints. Bounded to some milliseconds.
  virtual void idle() = 0;
  // Bytes waiting in the write-ahead log, for metrics; 0 where there is none.
  virtual int64_t log_bytes() const = 0;
};

}  // namespace rollcall::store
