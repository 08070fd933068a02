// The read side: bounded reads of committed state, seen through the domain's eyes (effective statuses,
// nothing of another instance). api/ runs these on a reader thread, each with its own store::Reader. Errors:
// the NotExisted... codes, InvalidPageParams for a page that needs a NextToken, SystemException when the
// store fails. Thread: one per object.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "model/access.hpp"
#include "model/fleet.hpp"
#include "model/job.hpp"
#include "model/last_values.hpp"
#include "model/task.hpp"

namespace rollcall::store {
class Reader;
}

namespace rollcall::engine {

struct TaskInfo {
  Task task;  // status is the effective one
  std::string job_name;
  std::string product_key;
  std::string device_name;
  std::string foreign_iot_id;  // empty: derive from task.device
  TaskDetail detail;           // filled by task() only
};
struct TaskPage {
  std::vector<TaskInfo> tasks;
  std::optional<int64_t> next_position;  // there is more behind this position
};
// What happened to a task once; the extension ListTaskEvents.
struct EventInfo {
  TaskKey key;
  DeviceId device;
  std::string product_key;
  std::string device_name;
  std::string foreign_iot_id;  // empty: derive from `device`
  WallMs at;
  std::optional<TaskStatus> from;  // none: the task was made; equal to `to`: a report that moved nothing
  TaskStatus to{};
  std::optional<Cause> cause;  // none: the task was made
  int32_t attempt = 1;
  int32_t progress = -1;
  TaskDetail detail;  // that came with it
};
struct EventPage {
  std::vector<EventInfo> events;
  std::optional<int64_t> next_cursor;  // there is more
};
// One task, a job's tasks in queue order, or a device's, those of the newest job first; within a task the
// oldest event first.
using EventScope = std::variant<TaskKey, JobId, DeviceId>;

struct JobInfo {
  Job job;                                                   // counters are the effective ones
  std::vector<std::pair<std::string, std::string>> targets;  // DEVICE_LIST: ProductKey, DeviceName
};
struct JobList {
  std::vector<Job> jobs;
  int64_t total = 0;
};
struct ProductList {
  std::vector<Product> products;
  int64_t total = 0;
};
struct ApplyPage {
  struct Item {
    std::string device_name;
    Device device;
  };
  std::vector<Item> items;
  int64_t total = 0;
};

// --- lists of a fleet (queries_listing.cpp)
struct ListedDevice {
  Device device;
  Presence presence;  // as stored: up to a second old
  std::string product_key;
  std::string product_name;
};
struct DeviceList {
  std::vector<ListedDevice> devices;
  int64_t total = 0;
  std::optional<int64_t> next_position;  // there is more behind this one
};
struct GroupInfo {
  Group group;
  DeviceTally tally;
};
struct GroupList {
  std::vector<Group> groups;
  int64_t total = 0;
};
struct GroupFilter {
  std::string parent_code;  // empty: any
  std::string name;         // likewise; else exactly this one
};
struct TopicList {
  std::string product_key;
  std::vector<ProductTopic> topics;
};
struct ApplyReport {
  ApplyStatus status{};
  bool failed = false;               // it is over, and names were taken meanwhile
  std::vector<std::string> valid;    // when it failed
  std::vector<std::string> invalid;  // likewise
};
// A property of a thing model, with what the device last said of it.
struct PropertyStatus {
  std::string identifier;  // without its module
  std::string name;
  std::string data_type;
  std::string unit;
  std::optional<LastValue> last;
};

// --- a fleet as it goes out (queries_export.cpp)
struct ExportedProduct {
  Product product;
  std::string tsl;        // the published one; empty: none
  std::string draft_tsl;  // empty: none, or the published one
  std::vector<ProductTopic> topics;
};
struct ExportedGroup {
  Group group;
  std::string parent_code;  // empty: none
};
struct ExportedDevice {
  Device device;
  std::vector<DeviceTag> tags;      // by name
  std::vector<std::string> groups;  // codes, the one joined first first
};
struct ExportedDevices {
  std::vector<ExportedDevice> devices;
  bool more = false;
};

class Queries {
 public:
  explicit Queries(store::Reader& reader) : reader_(reader) {}

  Result<Product> product(InstanceId instance, std::string_view product_key);
  // CurrentPage from 1; offset at most 10,000 rows deep (DESIGN 3).
  Result<ProductList> list_products(InstanceId instance, std::optional<bool> has_thing_model, int64_t page,
                                    int64_t page_size);
  Result<ApplyPage> apply_page(InstanceId instance, ApplyId apply, int64_t page, int64_t page_size);
  // One module ("" = the default one, with all others in it) of the draft, of the latest published model
  // (`published`) or of a version. Without any model the draft is an empty one; NotExistedThingModel
  // otherwise.
  struct ModelWanted {
    std::string version;  // "" = the draft or the latest
    bool published = false;
    std::string module;
  };
  struct ModelFound {
    std::string tsl;
    std::string version;  // "" = the draft
    std::string description;
  };
  Result<ModelFound> thing_model(InstanceId instance, std::string_view product_key,
                                 const ModelWanted& wanted);
  Result<JobInfo> job(InstanceId instance, JobId job);
  Result<JobList> list_jobs(InstanceId instance, std::optional<JobStatus> status, int64_t page,
                            int64_t page_size);
  Result<TaskInfo> task(InstanceId instance, const TaskKey& key);
  // position: from the NextToken; -1 = from the start.
  Result<TaskPage> tasks_of_job(InstanceId instance, JobId job, std::optional<TaskStatus> status,
                                int64_t position, size_t limit);
  // position: the job id of the last task seen; 0 = from the newest.
  Result<TaskPage> tasks_of_device(InstanceId instance, DeviceId device, std::optional<TaskStatus> status,
                                   int64_t position, size_t limit);
  // cursor: from the NextToken. Deleted jobs are answered for as well; a task or job that never was is
  // NotExisted..., a cursor that does not belong to the scope InvalidNextToken.
  Result<EventPage> events(InstanceId instance, const EventScope& scope, std::optional<int64_t> cursor,
                           size_t limit);
  // The device with that IotId (native or imported) or name, if it is this instance's.
  Result<Device> device(InstanceId instance, std::string_view product_key, std::string_view device_name);
  Result<Device> device_by_id(InstanceId instance, DeviceId id);
  Result<Device> device_by_foreign_iot_id(InstanceId instance, std::string_view iot_id);
  // The properties of the device's published thing model, of one module ("": the default one); none without a
  // model. NotSeniorProduct for a product that has none.
  Result<std::vector<PropertyStatus>> property_status(const Device& device, std::string_view module);
  // Devices of a product in name order behind `after_name`, for export.
  Result<std::vector<Device>> list_devices(InstanceId instance, std::string_view product_key,
                                           std::string_view after_name, size_t limit);
  // --- lists of a fleet (queries_listing.cpp)
  // Newest first. position: from the NextToken, instead of a page number; without it at most 10,000 rows
  // deep.
  Result<DeviceList> devices_of_product(InstanceId instance, std::string_view product_key, int64_t page,
                                        int64_t page_size, std::optional<int64_t> position);
  // Of a product, or of all of them when the key is empty; newest first.
  Result<DeviceList> devices_of_status(InstanceId instance, std::string_view product_key, DeviceStatus status,
                                       int64_t page, int64_t page_size);
  // Of a group, of a product, or of the instance when both are empty.
  Result<DeviceTally> device_tally(InstanceId instance, std::string_view product_key,
                                   std::string_view group_code);
  Result<GroupInfo> group_info(InstanceId instance, std::string_view code);
  Result<GroupList> list_groups(InstanceId instance, const GroupFilter& filter, int64_t page,
                                int64_t page_size);
  Result<DeviceList> devices_of_group(InstanceId instance, std::string_view code, int64_t page,
                                      int64_t page_size);
  Result<std::vector<Group>> groups_of_device(InstanceId instance, std::string_view product_key,
                                              std::string_view device_name);
  Result<std::vector<DeviceTag>> device_tags(const Device& device);
  // Devices that have all these tags; an empty value stands for any.
  Result<DeviceList> devices_by_tags(InstanceId instance, std::span<const DeviceTag> tags, int64_t page,
                                     int64_t page_size);
  Result<TopicList> product_topics(InstanceId instance, std::string_view product_key);
  Result<ApplyReport> apply_report(InstanceId instance, std::string_view product_key, ApplyId apply);

  // The keys of all products, sorted; at most limits::kProductsExported.
  Result<std::vector<std::string>> product_keys(InstanceId instance);
  Result<ExportedProduct> export_product(InstanceId instance, std::string_view product_key);
  // All of them, each behind the one above it.
  Result<std::vector<ExportedGroup>> export_groups(InstanceId instance);
  // Those behind a name, in the order of their names.
  Result<ExportedDevices> export_devices(InstanceId instance, std::string_view product_key,
                                         std::string_view after_name, size_t limit);

  Result<AccessDirectory> access();
  Result<InstanceId> instance(std::string_view iot_instance_id);

 private:
  Result<Group> group(InstanceId instance, std::string_view code);
  // The devices with their products, in the order of the ids; what is gone by now is left out.
  Result<std::vector<ListedDevice>> describe(std::span<const DeviceId> ids);
  store::Reader& reader_;
};

}  // namespace rollcall::engine
