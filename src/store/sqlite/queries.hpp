// Every bounded read of the embedded store, on one connection: what a Reader and the Store both answer with.
// Implemented in queries_fleet.cpp, queries_job.cpp and queries_history.cpp. Thread: the connection's.
#pragma once

#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/sqlite/access.hpp"
#include "store/sqlite/blocks.hpp"
#include "store/sqlite/queries_listing.hpp"
#include "store/sqlite/statement.hpp"
#include "store/store.hpp"

namespace rollcall::store {

// Between message and statusDetails in the detail of a history row (migration 4).
inline constexpr char kDetailMark = '\x1e';

// When jobs were created: the base of their tasks' times. A job's creation never changes, so a small cache
// cannot be stale; it is forgotten when a transaction is rolled back.
class JobTimes {
 public:
  explicit JobTimes(Connection& connection);
  // 0 when there is no such job.
  int64_t created_ms(JobId job);
  void forget() { times_.clear(); }

 private:
  std::unordered_map<JobId, int64_t> times_;
  Statement find_;
};

class FleetQueries {
 public:
  explicit FleetQueries(Connection& connection);
  Result<std::vector<AccessKey>> access_keys(size_t limit);
  Result<std::optional<InstanceId>> instance_by_code(std::string_view code);
  Result<std::vector<Product>> products_by_key(std::span<const std::string> keys);
  Result<std::vector<Product>> products(std::span<const ProductId> ids);
  Result<std::optional<Product>> product_by_name(InstanceId instance, std::string_view name);
  Result<Reader::ProductPage> list_products(InstanceId instance, std::optional<bool> has_thing_model,
                                            int64_t offset, size_t limit);
  Result<int64_t> product_count(InstanceId instance);
  Result<std::vector<Device>> devices(std::span<const DeviceId> ids);
  Result<std::vector<Device>> devices_by_name(std::span<const DeviceName> names);
  Result<std::vector<Device>> devices_by_foreign_iot_id(std::span<const std::string> iot_ids);
  Result<std::vector<Device>> list_devices(ProductId product, std::string_view after_name, size_t limit);
  Result<std::vector<Presence>> presence(std::span<const DeviceId> ids);
  Result<std::vector<LastValues>> last_values(std::span<const DeviceId> ids);
  Result<std::vector<TaskAlias>> task_aliases(std::span<const std::string> codes);
  Result<std::vector<Group>> groups(std::span<const GroupId> ids);
  Result<std::vector<Group>> groups_by_code(std::span<const std::string> codes);
  Result<std::optional<Group>> group_by_name(InstanceId instance, std::string_view name);
  Result<int64_t> group_count(InstanceId instance);
  Result<std::vector<Reader::Membership>> memberships(GroupId group, std::span<const DeviceId> devices);
  Result<std::vector<std::pair<ProductId, int64_t>>> group_products(GroupId group);
  Result<std::vector<Apply>> applies(std::span<const ApplyId> ids);
  Result<std::vector<ApplyItem>> apply_items(ApplyId id, int64_t first_index, size_t limit);
  Result<std::optional<Reader::ThingModelText>> thing_model(ProductId product, std::string_view version);
  Result<std::optional<Reader::ThingModelText>> latest_thing_model(ProductId product);
  Result<std::vector<Apply>> unfinished_applies();

 private:
  Connection& connection_;
  Statement access_keys_, instance_by_code_;
  Statement product_by_key_, product_, product_by_name_, products_newest_, products_newest_filtered_;
  Statement product_count_, product_count_filtered_;
  Statement device_, device_by_name_, device_by_foreign_iot_id_, devices_of_product_, presence_, last_values_;
  Statement task_alias_;
  Statement group_, group_by_code_, group_by_name_, group_count_, membership_, group_products_;
  Statement apply_, unfinished_applies_, apply_items_;
  Statement thing_model_, latest_thing_model_;
};

class JobQueries {
 public:
  explicit JobQueries(Connection& connection);
  Result<std::vector<Job>> jobs(std::span<const JobId> ids);
  Result<Reader::JobPage> list_jobs(InstanceId instance, std::optional<JobStatus> status, int64_t offset,
                                    size_t limit);
  Result<std::vector<DeviceId>> job_targets(JobId job);
  Result<std::vector<Task>> tasks(std::span<const TaskKey> keys);
  Result<std::vector<TaskDetail>> task_details(std::span<const TaskKey> keys);
  Result<std::vector<TaskView>> list_tasks_of_job(JobId job, std::span<const TaskStatus> statuses,
                                                  int64_t after_sequence, size_t limit);
  Result<std::vector<TaskView>> list_tasks_of_device(DeviceId device, std::span<const TaskStatus> statuses,
                                                     JobId before_job, size_t limit);
  Result<std::vector<HistoryRow>> history(int64_t after_position, size_t limit);
  Result<std::vector<HistoryRow>> task_history(std::span<const TaskKey> keys, int64_t after_position,
                                               size_t limit);
  Result<std::optional<InstanceId>> instance_of_job(JobId job);

  Result<std::vector<Job>> unfinished_jobs();
  Result<std::vector<JobMark>> job_marks(JobId after, size_t limit);
  Result<std::vector<Task>> open_tasks(std::span<const DeviceId> devices, size_t limit_each);
  Result<std::vector<Task>> queued_tasks(JobId job, int64_t after_sequence, size_t limit);
  Result<std::vector<Tell>> tells(std::span<const DeviceId> devices, size_t limit_each);
  Result<std::vector<DueTimeOut>> due_time_outs(WallMs until, size_t limit);
  Result<std::optional<WallMs>> earliest_time_out();
  Result<std::optional<WallMs>> earliest_deletion();
  Result<std::vector<JobId>> ended_jobs(WallMs until, size_t limit);
  Result<std::optional<WallMs>> earliest_end();
  JobTimes& times() { return times_; }

 private:
  Job read_job(Query& query);
  void read_unfit_products(Job& job);
  Task read_task(Query& query);
  Result<std::vector<TaskView>> views(std::vector<Task> tasks);
  std::vector<Task> tasks_of_statuses(JobId job, std::span<const TaskStatus> statuses, int64_t after_sequence,
                                      size_t limit);
  // Positions of one task's history behind `after_position`, the oldest first; at most `limit`.
  std::vector<int64_t> event_positions(const TaskKey& key, int64_t after_position, size_t limit);

  Connection& connection_;
  JobTimes times_;
  Statement job_, document_, unfit_, jobs_newest_, jobs_newest_of_status_, job_count_, job_count_of_status_;
  Statement unfinished_jobs_, job_marks_, targets_;
  Statement task_, task_detail_, tasks_of_job_, tasks_of_job_and_statuses_, tasks_of_device_, device_label_;
  Statement open_tasks_, history_, history_row_, last_event_, previous_event_, job_instance_, due_time_outs_,
      earliest_time_out_, earliest_deletion_, ended_jobs_, earliest_end_, tells_;
};

// `Interface` is Reader or Store: answers all of Reader's questions with the queries of one connection.
template <class Interface>
class WithQueries : public Interface {
 public:
  explicit WithQueries(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)),
        access_(*connection_),
        fleet_(*connection_),
        jobs_(*connection_),
        listing_(*connection_) {}

  Result<std::vector<AccessKey>> access_keys(size_t limit) override { return fleet_.access_keys(limit); }
  Result<AccessDirectory> access() override { return access_.access(); }
  Result<std::vector<ClientToken>> client_tokens(std::span<const ClientTokenKey> keys) override {
    return access_.client_tokens(keys);
  }
  Result<std::optional<InstanceId>> instance_by_code(std::string_view code) override {
    return fleet_.instance_by_code(code);
  }
  Result<std::vector<Product>> products_by_key(std::span<const std::string> keys) override {
    return fleet_.products_by_key(keys);
  }
  Result<std::vector<Product>> products(std::span<const ProductId> ids) override {
    return fleet_.products(ids);
  }
  Result<std::optional<Product>> product_by_name(InstanceId instance, std::string_view name) override {
    return fleet_.product_by_name(instance, name);
  }
  Result<Reader::ProductPage> list_products(InstanceId instance, std::optional<bool> has_thing_model,
                                            int64_t offset, size_t limit) override {
    return fleet_.list_products(instance, has_thing_model, offset, limit);
  }
  Result<int64_t> product_count(InstanceId instance) override { return fleet_.product_count(instance); }
  Result<std::vector<Device>> devices(std::span<const DeviceId> ids) override { return fleet_.devices(ids); }
  Result<std::vector<Device>> devices_by_name(std::span<const DeviceName> names) override {
    return fleet_.devices_by_name(names);
  }
  Result<std::vector<Device>> devices_by_foreign_iot_id(std::span<const std::string> iot_ids) override {
    return fleet_.devices_by_foreign_iot_id(iot_ids);
  }
  Result<std::vector<Device>> list_devices(ProductId product, std::string_view after_name,
                                           size_t limit) override {
    return fleet_.list_devices(product, after_name, limit);
  }
  Result<std::vector<Presence>> presence(std::span<const DeviceId> ids) override {
    return fleet_.presence(ids);
  }
  Result<std::vector<LastValues>> last_values(std::span<const DeviceId> ids) override {
    return fleet_.last_values(ids);
  }
  Result<std::vector<TaskAlias>> task_aliases(std::span<const std::string> codes) override {
    return fleet_.task_aliases(codes);
  }
  Result<std::vector<Group>> groups(std::span<const GroupId> ids) override { return fleet_.groups(ids); }
  Result<std::vector<Group>> groups_by_code(std::span<const std::string> codes) override {
    return fleet_.groups_by_code(codes);
  }
  Result<std::optional<Group>> group_by_name(InstanceId instance, std::string_view name) override {
    return fleet_.group_by_name(instance, name);
  }
  Result<int64_t> group_count(InstanceId instance) override { return fleet_.group_count(instance); }
  Result<std::vector<Reader::Membership>> memberships(GroupId group,
                                                      std::span<const DeviceId> devices) override {
    return fleet_.memberships(group, devices);
  }
  Result<std::vector<std::pair<ProductId, int64_t>>> group_products(GroupId group) override {
    return fleet_.group_products(group);
  }
  Result<std::vector<Apply>> applies(std::span<const ApplyId> ids) override { return fleet_.applies(ids); }
  Result<std::vector<ApplyItem>> apply_items(ApplyId id, int64_t first_index, size_t limit) override {
    return fleet_.apply_items(id, first_index, limit);
  }
  Result<std::optional<Reader::ThingModelText>> thing_model(ProductId product,
                                                            std::string_view version) override {
    return fleet_.thing_model(product, version);
  }
  Result<std::optional<Reader::ThingModelText>> latest_thing_model(ProductId product) override {
    return fleet_.latest_thing_model(product);
  }
  Result<std::vector<Job>> jobs(std::span<const JobId> ids) override { return jobs_.jobs(ids); }
  Result<Reader::JobPage> list_jobs(InstanceId instance, std::optional<JobStatus> status, int64_t offset,
                                    size_t limit) override {
    return jobs_.list_jobs(instance, status, offset, limit);
  }
  Result<std::vector<DeviceId>> job_targets(JobId job) override { return jobs_.job_targets(job); }
  Result<std::vector<Task>> tasks(std::span<const TaskKey> keys) override { return jobs_.tasks(keys); }
  Result<std::vector<TaskDetail>> task_details(std::span<const TaskKey> keys) override {
    return jobs_.task_details(keys);
  }
  Result<std::vector<TaskView>> list_tasks_of_job(JobId job, std::span<const TaskStatus> statuses,
                                                  int64_t after_sequence, size_t limit) override {
    return jobs_.list_tasks_of_job(job, statuses, after_sequence, limit);
  }
  Result<std::vector<TaskView>> list_tasks_of_device(DeviceId device, std::span<const TaskStatus> statuses,
                                                     JobId before_job, size_t limit) override {
    return jobs_.list_tasks_of_device(device, statuses, before_job, limit);
  }
  Result<std::vector<HistoryRow>> history(int64_t after_position, size_t limit) override {
    return jobs_.history(after_position, limit);
  }
  Result<std::vector<HistoryRow>> task_history(std::span<const TaskKey> keys, int64_t after_position,
                                               size_t limit) override {
    return jobs_.task_history(keys, after_position, limit);
  }
  Result<std::optional<InstanceId>> instance_of_job(JobId job) override { return jobs_.instance_of_job(job); }

  Result<std::vector<DeviceRow>> newest_devices(ProductId product, DeviceId before, int64_t offset,
                                                size_t limit) override {
    return listing_.newest_devices(product, before, offset, limit);
  }
  Result<Reader::DeviceScan> scan_devices(InstanceId instance, ProductId product, DeviceStatus status,
                                          DeviceId before, size_t scanned, size_t limit) override {
    return listing_.scan_devices(instance, product, status, before, scanned, limit);
  }
  Result<DeviceTally> product_tally(ProductId product) override { return listing_.product_tally(product); }
  Result<DeviceTally> group_tally(GroupId group) override { return listing_.group_tally(group); }
  Result<DeviceTally> instance_tally(InstanceId instance) override {
    return listing_.instance_tally(instance);
  }
  Result<Reader::GroupPage> list_groups(InstanceId instance, std::optional<GroupId> parent,
                                        std::optional<std::string_view> name, int64_t offset,
                                        size_t limit) override {
    return listing_.list_groups(instance, parent, name, offset, limit);
  }
  Result<int64_t> subgroup_count(GroupId parent) override { return listing_.subgroup_count(parent); }
  Result<std::vector<DeviceId>> group_devices(GroupId group, int64_t offset, size_t limit) override {
    return listing_.group_devices(group, offset, limit);
  }
  Result<std::vector<Group>> groups_of_device(DeviceId device) override {
    return listing_.groups_of_device(device);
  }
  Result<std::vector<std::pair<DeviceId, GroupId>>> groups_of_devices(
      std::span<const DeviceId> devices) override {
    return listing_.groups_of_devices(devices);
  }
  Result<std::vector<std::pair<DeviceId, DeviceTag>>> device_tags(
      std::span<const DeviceId> devices) override {
    return listing_.device_tags(devices);
  }
  Result<Reader::TaggedDevices> devices_by_tags(InstanceId instance, std::span<const DeviceTag> tags,
                                                int64_t offset, size_t limit) override {
    return listing_.devices_by_tags(instance, tags, offset, limit);
  }
  Result<std::vector<ProductTopic>> product_topics(ProductId product) override {
    return listing_.product_topics(product);
  }
  Result<std::optional<ProductTopic>> product_topic(TopicId id) override {
    return listing_.product_topic(id);
  }

 protected:
  std::unique_ptr<Connection> connection_;
  AccessQueries access_;
  FleetQueries fleet_;
  JobQueries jobs_;
  ListingQueries listing_;
};

}  // namespace rollcall::store
