#include "engine/queries.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/canary.hpp"
#include "base/limits.hpp"
#include "model/model_edit.hpp"
#include "model/thing_model.hpp"
#include "store/store.hpp"

namespace rollcall::engine {
namespace {

constexpr int64_t kOffsetMax = 10'000;  // deeper pages need a NextToken (DESIGN 3)

Result<int64_t> offset_of(int64_t page, int64_t page_size) {
  if (page < 1 || page_size < 1) return fail(ErrorCode::InvalidPageParams);
  if (page > kOffsetMax + 1 || page_size > kOffsetMax || (page - 1) * page_size > kOffsetMax)
    return fail(ErrorCode::InvalidPageParams,
                "CurrentPage x PageSize reaches deeper than " + std::to_string(kOffsetMax) + " rows");
  return (page - 1) * page_size;
}

// Row statuses that may look like `status` to a reader of this job: while a sweep runs, open rows look final
// already.
std::vector<TaskStatus> row_statuses(const Job& job, TaskStatus status) {
  std::vector<TaskStatus> rows;
  for (size_t i = 1; i <= kTaskStatusCount; ++i) {
    const auto row = static_cast<TaskStatus>(i);
    if (effective_status(job, row) == status) rows.push_back(row);
  }
  return rows;
}

TaskInfo info_of(const store::TaskView& view, const Job& job) {
  TaskInfo info{view.task, job.spec.name, view.product_key, view.device_name, view.foreign_iot_id, {}};
  info.task.status = effective_status(job, info.task.status);
  return info;
}

Result<Job> own_job(store::Reader& reader, InstanceId instance, JobId id) {
  const JobId ids[] = {id};
  ROLLCALL_TRY(auto rows, reader.jobs(ids));
  if (rows.empty() || rows.front().instance != instance) return fail(ErrorCode::NotExistedJob);
  return std::move(rows.front());
}

// The one device found, if its product is this instance's.
Result<Device> own_device(store::Reader& reader, InstanceId instance, std::vector<Device> devices) {
  if (devices.empty()) return fail(ErrorCode::NotExistedDevice);
  const ProductId products[] = {devices.front().product};
  ROLLCALL_TRY(auto rows, reader.products(products));
  if (rows.empty() || rows.front().instance != instance) return fail(ErrorCode::NotExistedDevice);
  return std::move(devices.front());
}

}  // namespace

Result<Product> Queries::product(InstanceId instance, std::string_view product_key) {
  const std::string keys[] = {std::string(product_key)};
  ROLLCALL_TRY(auto rows, reader_.products_by_key(keys));
  if (rows.empty() || rows.front().instance != instance)
    return fail(ErrorCode::NotExistedProduct, "the product " + keys[0] + " does not exist");
  return std::move(rows.front());
}

Result<ProductList> Queries::list_products(InstanceId instance, std::optional<bool> has_thing_model,
                                           int64_t page, int64_t page_size) {
  ROLLCALL_TRY(int64_t offset, offset_of(page, page_size));
  ROLLCALL_TRY(auto rows,
               reader_.list_products(instance, has_thing_model, offset, static_cast<size_t>(page_size)));
  return ProductList{std::move(rows.products), rows.total};
}

Result<ApplyPage> Queries::apply_page(InstanceId instance, ApplyId apply, int64_t page, int64_t page_size) {
  if (page < 1 || page_size < 1 || page > static_cast<int64_t>(limits::kDeviceNamesPerCheckMax))
    return fail(ErrorCode::InvalidPageParams);
  const ApplyId ids[] = {apply};
  ROLLCALL_TRY(auto applies, reader_.applies(ids));
  if (applies.empty() || applies.front().instance != instance) return fail(ErrorCode::DeviceApplyNotFound);
  ApplyPage result;
  result.total = applies.front().cursor;         // devices made so far; the whole count once all are
  const int64_t first = (page - 1) * page_size;  // at most as many pages as one application has devices
  if (first >= result.total) return result;
  const auto count = static_cast<size_t>(std::min(page_size, result.total - first));
  ROLLCALL_TRY(auto items, reader_.apply_items(apply, first, count));
  std::vector<DeviceId> device_ids;
  for (const auto& item : items)
    if (item.device) device_ids.push_back(item.device);
  ROLLCALL_TRY(auto devices, reader_.devices(device_ids));
  std::unordered_map<DeviceId, Device> by_id;
  for (Device& device : devices) by_id.emplace(device.id, std::move(device));
  for (auto& item : items)
    if (auto it = by_id.find(item.device); it != by_id.end())
      result.items.push_back({item.device_name, it->second});
  return result;
}

Result<Queries::ModelFound> Queries::thing_model(InstanceId instance, std::string_view product_key,
                                                 const ModelWanted& wanted) {
  ROLLCALL_TRY(Product row, product(instance, product_key));
  if (!row.has_thing_model)
    return fail(ErrorCode::NotSeniorProduct, "the product " + row.key + " has no thing model");
  const bool latest = wanted.published && wanted.version.empty();
  ROLLCALL_TRY(auto model,
               latest ? reader_.latest_thing_model(row.id) : reader_.thing_model(row.id, wanted.version));
  if (!model && latest)
    return fail(ErrorCode::NotExistedThingModel, "the thing model of " + row.key + " was never published");
  if (!model && !wanted.version.empty())
    return fail(ErrorCode::NotExistedThingModel,
                "there is no version " + wanted.version + " of the thing model");
  ModelFound found;
  if (model) {
    found.version = std::move(model->version);
    found.description = std::move(model->description);
  }
  ROLLCALL_TRY(found.tsl, module_of(model ? model->tsl : empty_tsl(product_key), wanted.module));
  return found;
}

Result<JobInfo> Queries::job(InstanceId instance, JobId id) {
  ROLLCALL_TRY(Job row, own_job(reader_, instance, id));
  JobInfo info{std::move(row), {}};
  info.job.counters = effective_counters(info.job);
  if (info.job.spec.target_type != TargetType::DeviceList) return info;
  ROLLCALL_TRY(auto targets, reader_.job_targets(id));
  ROLLCALL_TRY(auto devices, reader_.devices(targets));
  std::vector<ProductId> product_ids;
  std::unordered_map<DeviceId, const Device*> by_id;
  for (const Device& device : devices) {
    by_id.emplace(device.id, &device);
    if (std::find(product_ids.begin(), product_ids.end(), device.product) == product_ids.end())
      product_ids.push_back(device.product);
  }
  ROLLCALL_TRY(auto products, reader_.products(product_ids));
  std::unordered_map<ProductId, std::string> keys;
  for (const Product& row_of : products) keys.emplace(row_of.id, row_of.key);
  for (DeviceId target : targets)
    if (auto it = by_id.find(target); it != by_id.end())
      info.targets.emplace_back(keys[it->second->product], it->second->name);
  return info;
}

Result<JobList> Queries::list_jobs(InstanceId instance, std::optional<JobStatus> status, int64_t page,
                                   int64_t page_size) {
  ROLLCALL_TRY(int64_t offset, offset_of(page, page_size));
  ROLLCALL_TRY(auto rows, reader_.list_jobs(instance, status, offset, static_cast<size_t>(page_size)));
  return JobList{std::move(rows.jobs), rows.total};
}

Result<TaskInfo> Queries::task(InstanceId instance, const TaskKey& key) {
  auto job_row = own_job(reader_, instance, key.job);
  if (!job_row) {
    if (job_row.error().code == ErrorCode::NotExistedJob) return fail(ErrorCode::NotExistedTask);
    return fail(std::move(job_row.error()));
  }
  ROLLCALL_TRY(auto views, reader_.list_tasks_of_job(key.job, {}, key.sequence - 1, 1));
  if (views.empty() || views.front().task.key != key) return fail(ErrorCode::NotExistedTask);
  TaskInfo info = info_of(views.front(), *job_row);
  const TaskKey keys[] = {key};
  ROLLCALL_TRY(auto details, reader_.task_details(keys));
  if (!details.empty()) info.detail = std::move(details.front());
  return info;
}

Result<TaskPage> Queries::tasks_of_job(InstanceId instance, JobId id, std::optional<TaskStatus> status,
                                       int64_t position, size_t limit) {
  ROLLCALL_TRY(Job job_row, own_job(reader_, instance, id));
  std::vector<TaskStatus> statuses;
  if (status) {
    statuses = row_statuses(job_row, *status);
    if (statuses.empty()) return TaskPage{};
  }
  ROLLCALL_TRY(auto views, reader_.list_tasks_of_job(id, statuses, position, limit + 1));
  TaskPage page;
  for (const store::TaskView& view : views) {
    if (page.tasks.size() == limit) {
      page.next_position = page.tasks.back().task.key.sequence + (canary(Canary::PageSkipsRow) ? 1 : 0);
      break;
    }
    page.tasks.push_back(info_of(view, job_row));
  }
  return page;
}

Result<TaskPage> Queries::tasks_of_device(InstanceId instance, DeviceId device,
                                          std::optional<TaskStatus> status, int64_t position, size_t limit) {
  // The row status may lag behind the job's phase, so the filter is applied to the effective status, over a
  // bounded number of pages.
  TaskPage page;
  JobId before{position};
  std::unordered_map<JobId, Job> jobs;
  for (int round = 0; round < 8 && page.tasks.size() < limit; ++round) {
    ROLLCALL_TRY(auto views, reader_.list_tasks_of_device(device, {}, before, limit + 1));
    std::vector<JobId> wanted;
    for (const auto& view : views)
      if (!jobs.contains(view.task.key.job)) wanted.push_back(view.task.key.job);
    ROLLCALL_TRY(auto rows, reader_.jobs(wanted));
    for (Job& row : rows) jobs.emplace(row.id, std::move(row));
    for (const auto& view : views) {
      if (page.tasks.size() == limit) {
        page.next_position = before.value;
        return page;
      }
      before = view.task.key.job;
      auto it = jobs.find(before);
      if (it == jobs.end() || it->second.instance != instance) continue;
      TaskInfo info = info_of(view, it->second);
      if (!status || info.task.status == *status) page.tasks.push_back(std::move(info));
    }
    if (views.size() <= limit) return page;
  }
  page.next_position = before.value;
  return page;
}

Result<Device> Queries::device(InstanceId instance, std::string_view product_key,
                               std::string_view device_name) {
  ROLLCALL_TRY(Product row, product(instance, product_key));
  const store::DeviceName names[] = {{row.id, std::string(device_name)}};
  ROLLCALL_TRY(auto devices, reader_.devices_by_name(names));
  if (devices.empty())
    return fail(ErrorCode::NotExistedDevice, "the device " + names[0].name + " does not exist");
  return std::move(devices.front());
}

Result<Device> Queries::device_by_id(InstanceId instance, DeviceId id) {
  const DeviceId ids[] = {id};
  ROLLCALL_TRY(auto devices, reader_.devices(ids));
  return own_device(reader_, instance, std::move(devices));
}

Result<Device> Queries::device_by_foreign_iot_id(InstanceId instance, std::string_view iot_id) {
  const std::string ids[] = {std::string(iot_id)};
  ROLLCALL_TRY(auto devices, reader_.devices_by_foreign_iot_id(ids));
  return own_device(reader_, instance, std::move(devices));
}

Result<std::vector<Device>> Queries::list_devices(InstanceId instance, std::string_view product_key,
                                                  std::string_view after_name, size_t limit) {
  ROLLCALL_TRY(Product row, product(instance, product_key));
  return reader_.list_devices(row.id, after_name, limit);
}

Result<AccessDirectory> Queries::access() { return reader_.access(); }

Result<InstanceId> Queries::instance(std::string_view iot_instance_id) {
  if (iot_instance_id.empty()) return InstanceId{1};
  ROLLCALL_TRY(auto id, reader_.instance_by_code(iot_instance_id));
  if (!id)
    return fail(ErrorCode::InstanceNotFound,
                "the instance " + std::string(iot_instance_id) + " does not exist");
  return *id;
}

}  // namespace rollcall::engine
