// A store between the engine and the real one, in which another process now and then is faster: just before a
// commit it changes one of the rows that the commit is about to change, so that the engine's condition fails
// and it has to decide again (DESIGN 3, "Every write is conditional"). And a commit that makes a group named
// poison_... fails as a conflict, whatever else it holds. Everything else goes straight through.
// Thread: the world's.
#pragma once

#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "sim/dice.hpp"
#include "sim/trace.hpp"
#include "store/store.hpp"

namespace rollcall::sim {

inline constexpr std::string_view kForeignDetail = "another process";  // what its changes say

class Meddler final : public store::Store {
 public:
  Meddler(std::unique_ptr<store::Store> store, Dice& dice, Trace& trace, const Clock& clock, double chance)
      : store_(std::move(store)), dice_(dice), trace_(trace), clock_(clock), chance_(chance) {}

  void submit(const store::ChangeSet& changes) override;
  std::optional<Result<store::CommitResult>> poll() override;
  Result<std::vector<AccessKey>> access_keys(size_t limit) override { return store_->access_keys(limit); }
  Result<AccessDirectory> access() override { return store_->access(); }
  Result<std::vector<store::ClientToken>> client_tokens(
      std::span<const store::ClientTokenKey> keys) override {
    return store_->client_tokens(keys);
  }
  Result<std::optional<InstanceId>> instance_by_code(std::string_view code) override {
    return store_->instance_by_code(code);
  }
  Result<std::vector<Product>> products_by_key(std::span<const std::string> keys) override {
    return store_->products_by_key(keys);
  }
  Result<std::vector<Product>> products(std::span<const ProductId> ids) override {
    return store_->products(ids);
  }
  Result<std::optional<Product>> product_by_name(InstanceId instance, std::string_view name) override {
    return store_->product_by_name(instance, name);
  }
  Result<ProductPage> list_products(InstanceId instance, std::optional<bool> has_thing_model, int64_t offset,
                                    size_t limit) override {
    return store_->list_products(instance, has_thing_model, offset, limit);
  }
  Result<int64_t> product_count(InstanceId instance) override { return store_->product_count(instance); }
  Result<std::vector<Device>> devices(std::span<const DeviceId> ids) override { return store_->devices(ids); }
  Result<std::vector<Device>> devices_by_name(std::span<const store::DeviceName> names) override {
    return store_->devices_by_name(names);
  }
  Result<std::vector<Device>> devices_by_foreign_iot_id(std::span<const std::string> iot_ids) override {
    return store_->devices_by_foreign_iot_id(iot_ids);
  }
  Result<std::vector<Device>> list_devices(ProductId product, std::string_view after_name,
                                           size_t limit) override {
    return store_->list_devices(product, after_name, limit);
  }
  Result<std::vector<Presence>> presence(std::span<const DeviceId> ids) override {
    return store_->presence(ids);
  }
  Result<std::vector<store::LastValues>> last_values(std::span<const DeviceId> ids) override {
    return store_->last_values(ids);
  }
  Result<std::vector<store::TaskAlias>> task_aliases(std::span<const std::string> codes) override {
    return store_->task_aliases(codes);
  }
  Result<std::vector<Group>> groups(std::span<const GroupId> ids) override { return store_->groups(ids); }
  Result<std::vector<Group>> groups_by_code(std::span<const std::string> codes) override {
    return store_->groups_by_code(codes);
  }
  Result<std::optional<Group>> group_by_name(InstanceId instance, std::string_view name) override {
    return store_->group_by_name(instance, name);
  }
  Result<int64_t> group_count(InstanceId instance) override { return store_->group_count(instance); }
  Result<std::vector<Membership>> memberships(GroupId group, std::span<const DeviceId> devices) override {
    return store_->memberships(group, devices);
  }
  Result<std::vector<std::pair<ProductId, int64_t>>> group_products(GroupId group) override {
    return store_->group_products(group);
  }
  Result<std::vector<Apply>> applies(std::span<const ApplyId> ids) override { return store_->applies(ids); }
  Result<std::vector<store::ApplyItem>> apply_items(ApplyId id, int64_t first_index, size_t limit) override {
    return store_->apply_items(id, first_index, limit);
  }
  Result<std::optional<ThingModelText>> thing_model(ProductId product, std::string_view version) override {
    return store_->thing_model(product, version);
  }
  Result<std::optional<ThingModelText>> latest_thing_model(ProductId product) override {
    return store_->latest_thing_model(product);
  }
  Result<std::vector<store::DeviceRow>> newest_devices(ProductId product, DeviceId before, int64_t offset,
                                                       size_t limit) override {
    return store_->newest_devices(product, before, offset, limit);
  }
  Result<DeviceScan> scan_devices(InstanceId instance, ProductId product, DeviceStatus status,
                                  DeviceId before, size_t scanned, size_t limit) override {
    return store_->scan_devices(instance, product, status, before, scanned, limit);
  }
  Result<DeviceTally> product_tally(ProductId product) override { return store_->product_tally(product); }
  Result<DeviceTally> group_tally(GroupId group) override { return store_->group_tally(group); }
  Result<DeviceTally> instance_tally(InstanceId instance) override {
    return store_->instance_tally(instance);
  }
  Result<GroupPage> list_groups(InstanceId instance, std::optional<GroupId> parent,
                                std::optional<std::string_view> name, int64_t offset, size_t limit) override {
    return store_->list_groups(instance, parent, name, offset, limit);
  }
  Result<int64_t> subgroup_count(GroupId parent) override { return store_->subgroup_count(parent); }
  Result<std::vector<DeviceId>> group_devices(GroupId group, int64_t offset, size_t limit) override {
    return store_->group_devices(group, offset, limit);
  }
  Result<std::vector<Group>> groups_of_device(DeviceId device) override {
    return store_->groups_of_device(device);
  }
  Result<std::vector<std::pair<DeviceId, GroupId>>> groups_of_devices(
      std::span<const DeviceId> devices) override {
    return store_->groups_of_devices(devices);
  }
  Result<std::vector<std::pair<DeviceId, DeviceTag>>> device_tags(
      std::span<const DeviceId> devices) override {
    return store_->device_tags(devices);
  }
  Result<TaggedDevices> devices_by_tags(InstanceId instance, std::span<const DeviceTag> tags, int64_t offset,
                                        size_t limit) override {
    return store_->devices_by_tags(instance, tags, offset, limit);
  }
  Result<std::vector<ProductTopic>> product_topics(ProductId product) override {
    return store_->product_topics(product);
  }
  Result<std::optional<ProductTopic>> product_topic(TopicId id) override { return store_->product_topic(id); }
  Result<std::vector<Job>> jobs(std::span<const JobId> ids) override { return store_->jobs(ids); }
  Result<JobPage> list_jobs(InstanceId instance, std::optional<JobStatus> status, int64_t offset,
                            size_t limit) override {
    return store_->list_jobs(instance, status, offset, limit);
  }
  Result<std::vector<DeviceId>> job_targets(JobId job) override { return store_->job_targets(job); }
  Result<std::vector<Task>> tasks(std::span<const TaskKey> keys) override { return store_->tasks(keys); }
  Result<std::vector<TaskDetail>> task_details(std::span<const TaskKey> keys) override {
    return store_->task_details(keys);
  }
  Result<std::vector<store::TaskView>> list_tasks_of_job(JobId job, std::span<const TaskStatus> statuses,
                                                         int64_t after_sequence, size_t limit) override {
    return store_->list_tasks_of_job(job, statuses, after_sequence, limit);
  }
  Result<std::vector<store::TaskView>> list_tasks_of_device(DeviceId device,
                                                            std::span<const TaskStatus> statuses,
                                                            JobId before_job, size_t limit) override {
    return store_->list_tasks_of_device(device, statuses, before_job, limit);
  }
  Result<std::vector<store::HistoryRow>> history(int64_t after_position, size_t limit) override {
    return store_->history(after_position, limit);
  }
  Result<std::vector<store::HistoryRow>> task_history(std::span<const TaskKey> keys, int64_t after_position,
                                                      size_t limit) override {
    return store_->task_history(keys, after_position, limit);
  }
  Result<std::optional<InstanceId>> instance_of_job(JobId job) override {
    return store_->instance_of_job(job);
  }
  Result<std::array<uint8_t, 16>> id_key() override { return store_->id_key(); }
  Result<int64_t> reserve_ids(std::string_view kind, int64_t count) override {
    return store_->reserve_ids(kind, count);
  }
  Status mark_all_offline(WallMs now) override { return store_->mark_all_offline(now); }
  Result<std::vector<Job>> unfinished_jobs() override { return store_->unfinished_jobs(); }
  Result<std::vector<Apply>> unfinished_applies() override { return store_->unfinished_applies(); }
  Result<std::vector<Task>> open_tasks(std::span<const DeviceId> devices, size_t limit_each) override {
    return store_->open_tasks(devices, limit_each);
  }
  Result<std::vector<Task>> queued_tasks(JobId job, int64_t after_sequence, size_t limit) override {
    return store_->queued_tasks(job, after_sequence, limit);
  }
  Result<std::vector<store::Tell>> tells(std::span<const DeviceId> devices, size_t limit_each) override {
    return store_->tells(devices, limit_each);
  }
  Result<std::vector<store::OfflineMessage>> offline_messages(std::span<const store::OfflinePlace> places,
                                                              size_t limit_each) override {
    return store_->offline_messages(places, limit_each);
  }
  Result<std::vector<store::OfflineTally>> offline_tallies(std::span<const DeviceId> devices) override {
    return store_->offline_tallies(devices);
  }
  Result<store::OfflineTotals> offline_totals() override { return store_->offline_totals(); }
  Result<std::optional<WallMs>> earliest_offline_end() override { return store_->earliest_offline_end(); }
  Result<std::vector<store::DueTimeOut>> due_time_outs(WallMs until, size_t limit) override {
    return store_->due_time_outs(until, limit);
  }
  Result<std::optional<WallMs>> earliest_time_out() override { return store_->earliest_time_out(); }
  Result<std::optional<WallMs>> earliest_deletion() override { return store_->earliest_deletion(); }
  Result<std::vector<JobId>> ended_jobs(WallMs until, size_t limit) override {
    return store_->ended_jobs(until, limit);
  }
  Result<std::optional<WallMs>> earliest_end() override { return store_->earliest_end(); }
  Result<bool> others_wrote() override { return store_->others_wrote(); }
  Result<std::vector<store::JobMark>> job_marks(JobId after, size_t limit) override {
    return store_->job_marks(after, limit);
  }
  void idle() override { return store_->idle(); }
  int64_t log_bytes() const override { return store_->log_bytes(); }

 private:
  std::unique_ptr<store::Store> store_;
  Dice& dice_;
  Trace& trace_;
  const Clock& clock_;
  double chance_;
  bool poisoned_ = false;
};

}  // namespace rollcall::sim
