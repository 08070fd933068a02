// The real store with a moment in between: whatever `before_commit` does happens after the engine has decided
// and before its change is committed, as the commit of another process might. Thread: the test's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "store/store.hpp"

namespace rollcall::testing {

class HookedStore final : public store::Store {
 public:
  explicit HookedStore(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}
  std::function<void()> before_commit;
  std::string refused_ids;  // of this kind there are none, as if the disk were full

  void submit(const store::ChangeSet& changes) override {
    if (before_commit) before_commit();
    store_->submit(changes);
  }
  Result<int64_t> reserve_ids(std::string_view kind, int64_t count) override {
    if (kind != refused_ids) return store_->reserve_ids(kind, count);
    return fail(Error(ErrorCode::SystemException).with_detail("full: refused by the test"));
  }
#define FORWARD_0(type, name) \
  type name() override { return store_->name(); }
#define FORWARD_1(type, name, a) \
  type name(a first) override { return store_->name(first); }
#define FORWARD_2(type, name, a, b) \
  type name(a first, b second) override { return store_->name(first, second); }
#define FORWARD_3(type, name, a, b, c) \
  type name(a first, b second, c third) override { return store_->name(first, second, third); }
#define FORWARD_4(type, name, a, b, c, d)                    \
  type name(a first, b second, c third, d fourth) override { \
    return store_->name(first, second, third, fourth);       \
  }
  template <class T>
  using Rows = Result<std::vector<T>>;
  using Applies = Rows<Apply>;
  using ProductCounts = Rows<std::pair<ProductId, int64_t>>;
  using GroupsOfDevices = Rows<std::pair<DeviceId, GroupId>>;
  using TagsOfDevices = Rows<std::pair<DeviceId, DeviceTag>>;
  using IdKey = Result<std::array<uint8_t, 16>>;

  FORWARD_1(Rows<AccessKey>, access_keys, size_t)
  FORWARD_0(Result<AccessDirectory>, access)
  FORWARD_1(Rows<store::ClientToken>, client_tokens, std::span<const store::ClientTokenKey>)
  FORWARD_1(Result<std::optional<InstanceId>>, instance_by_code, std::string_view)
  FORWARD_1(Rows<Product>, products_by_key, std::span<const std::string>)
  FORWARD_1(Rows<Product>, products, std::span<const ProductId>)
  FORWARD_2(Result<std::optional<Product>>, product_by_name, InstanceId, std::string_view)
  FORWARD_4(Result<ProductPage>, list_products, InstanceId, std::optional<bool>, int64_t, size_t)
  FORWARD_1(Result<int64_t>, product_count, InstanceId)
  FORWARD_1(Rows<Device>, devices, std::span<const DeviceId>)
  FORWARD_1(Rows<Device>, devices_by_name, std::span<const store::DeviceName>)
  FORWARD_1(Rows<Device>, devices_by_foreign_iot_id, std::span<const std::string>)
  FORWARD_3(Rows<Device>, list_devices, ProductId, std::string_view, size_t)
  FORWARD_1(Rows<Presence>, presence, std::span<const DeviceId>)
  FORWARD_1(Rows<store::LastValues>, last_values, std::span<const DeviceId>)
  FORWARD_1(Rows<store::TaskAlias>, task_aliases, std::span<const std::string>)
  FORWARD_1(Rows<Group>, groups, std::span<const GroupId>)
  FORWARD_1(Rows<Group>, groups_by_code, std::span<const std::string>)
  FORWARD_2(Result<std::optional<Group>>, group_by_name, InstanceId, std::string_view)
  FORWARD_1(Result<int64_t>, group_count, InstanceId)
  FORWARD_2(Rows<Membership>, memberships, GroupId, std::span<const DeviceId>)
  FORWARD_1(ProductCounts, group_products, GroupId)
  FORWARD_1(Applies, applies, std::span<const ApplyId>)
  FORWARD_3(Rows<store::ApplyItem>, apply_items, ApplyId, int64_t, size_t)
  FORWARD_2(Result<std::optional<ThingModelText>>, thing_model, ProductId, std::string_view)
  FORWARD_1(Result<std::optional<ThingModelText>>, latest_thing_model, ProductId)
  FORWARD_4(Rows<store::DeviceRow>, newest_devices, ProductId, DeviceId, int64_t, size_t)
  Result<DeviceScan> scan_devices(InstanceId instance, ProductId product, DeviceStatus status,
                                  DeviceId before, size_t scanned, size_t limit) override {
    return store_->scan_devices(instance, product, status, before, scanned, limit);
  }
  FORWARD_1(Result<DeviceTally>, product_tally, ProductId)
  FORWARD_1(Result<DeviceTally>, group_tally, GroupId)
  FORWARD_1(Result<DeviceTally>, instance_tally, InstanceId)
  Result<GroupPage> list_groups(InstanceId instance, std::optional<GroupId> parent,
                                std::optional<std::string_view> name, int64_t offset, size_t limit) override {
    return store_->list_groups(instance, parent, name, offset, limit);
  }
  FORWARD_1(Result<int64_t>, subgroup_count, GroupId)
  FORWARD_3(Rows<DeviceId>, group_devices, GroupId, int64_t, size_t)
  FORWARD_1(Rows<Group>, groups_of_device, DeviceId)
  FORWARD_1(GroupsOfDevices, groups_of_devices, std::span<const DeviceId>)
  FORWARD_1(TagsOfDevices, device_tags, std::span<const DeviceId>)
  FORWARD_4(Result<TaggedDevices>, devices_by_tags, InstanceId, std::span<const DeviceTag>, int64_t, size_t)
  FORWARD_1(Rows<ProductTopic>, product_topics, ProductId)
  FORWARD_1(Result<std::optional<ProductTopic>>, product_topic, TopicId)
  FORWARD_1(Rows<Job>, jobs, std::span<const JobId>)
  FORWARD_4(Result<JobPage>, list_jobs, InstanceId, std::optional<JobStatus>, int64_t, size_t)
  FORWARD_1(Rows<DeviceId>, job_targets, JobId)
  FORWARD_1(Rows<Task>, tasks, std::span<const TaskKey>)
  FORWARD_1(Rows<TaskDetail>, task_details, std::span<const TaskKey>)
  FORWARD_4(Rows<store::TaskView>, list_tasks_of_job, JobId, std::span<const TaskStatus>, int64_t, size_t)
  FORWARD_4(Rows<store::TaskView>, list_tasks_of_device, DeviceId, std::span<const TaskStatus>, JobId, size_t)
  FORWARD_2(Rows<store::HistoryRow>, history, int64_t, size_t)
  FORWARD_3(Rows<store::HistoryRow>, task_history, std::span<const TaskKey>, int64_t, size_t)
  FORWARD_1(Result<std::optional<InstanceId>>, instance_of_job, JobId)
  FORWARD_0(IdKey, id_key)
  FORWARD_1(Status, mark_all_offline, WallMs)
  FORWARD_0(Rows<Job>, unfinished_jobs)
  FORWARD_0(Applies, unfinished_applies)
  FORWARD_0(Result<bool>, others_wrote)
  FORWARD_2(Rows<store::JobMark>, job_marks, JobId, size_t)
  FORWARD_2(Rows<Task>, open_tasks, std::span<const DeviceId>, size_t)
  FORWARD_3(Rows<Task>, queued_tasks, JobId, int64_t, size_t)
  FORWARD_2(Rows<store::Tell>, tells, std::span<const DeviceId>, size_t)
  FORWARD_2(Rows<store::OfflineMessage>, offline_messages, std::span<const store::OfflinePlace>, size_t)
  FORWARD_1(Rows<store::OfflineTally>, offline_tallies, std::span<const DeviceId>)
  FORWARD_0(Result<store::OfflineTotals>, offline_totals)
  FORWARD_0(Result<std::optional<WallMs>>, earliest_offline_end)
  FORWARD_2(Rows<store::DueTimeOut>, due_time_outs, WallMs, size_t)
  FORWARD_0(Result<std::optional<WallMs>>, earliest_time_out)
  FORWARD_0(Result<std::optional<WallMs>>, earliest_deletion)
  FORWARD_2(Rows<JobId>, ended_jobs, WallMs, size_t)
  FORWARD_0(Result<std::optional<WallMs>>, earliest_end)
  FORWARD_0(std::optional<Result<store::CommitResult>>, poll)
  FORWARD_0(void, idle)
#undef FORWARD_0
#undef FORWARD_1
#undef FORWARD_2
#undef FORWARD_3
#undef FORWARD_4
  int64_t log_bytes() const override { return store_->log_bytes(); }

 private:
  std::unique_ptr<store::Store> store_;
};

}  // namespace rollcall::testing
