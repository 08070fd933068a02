#include "contract/store_contract.hpp"

#include <cstdlib>
#include <filesystem>
#include <map>

namespace rollcall::store {

std::string make_folder() {
  std::string pattern = testing::TempDir() + "/rollcall_store_XXXXXX";
  const char* made = mkdtemp(pattern.data());
  return made == nullptr ? std::string() : std::string(made);
}

void remove_folder(const std::string& folder) {
  std::error_code ignored;
  if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
}

Result<CommitResult> commit_to_the_end(Store& store, const ChangeSet& changes) {
  store.submit(changes);
  auto result = store.poll();
  while (!result) result = store.poll();  // each waits a little while there is nothing
  return std::move(*result);
}

void StoreContract::SetUp() {
  folder_ = make_folder();
  ASSERT_FALSE(folder_.empty());
  auto opened = GetParam().open(folder_, random_);
  ASSERT_TRUE(opened) << opened.error().message << " / " << opened.error().detail;
  store_ = std::move(*opened);
}

void StoreContract::TearDown() {
  if (store_) check_invariants();
  store_.reset();
  remove_folder(folder_);
}

void StoreContract::reopen() {
  store_.reset();
  auto opened = GetParam().open(folder_, random_);
  ASSERT_TRUE(opened) << opened.error().message << " / " << opened.error().detail;
  store_ = std::move(*opened);
}

CommitResult StoreContract::commit(const ChangeSet& changes) {
  auto result = commit_to_the_end(store(), changes);
  if (!result) {
    ADD_FAILURE() << "commit failed: " << result.error().detail;
    return {};
  }
  return std::move(*result);
}

Error StoreContract::commit_refused(const ChangeSet& changes) {
  auto result = commit_to_the_end(store(), changes);
  if (result) {
    ADD_FAILURE() << "the commit was not refused";
    return Error(ErrorCode::InternalError);
  }
  return result.error();
}

Product StoreContract::product_value(const std::string& key) {
  Product product;
  product.id = ProductId{next_id++};
  product.instance = InstanceId{1};
  product.key = key;
  product.name = "name_" + key;
  product.secret = Secret("secret of " + key);
  product.created_at = now;
  return product;
}

Device StoreContract::device_value(ProductId product, const std::string& name) {
  Device device;
  device.id = DeviceId{next_id++};
  device.product = product;
  device.name = name;
  device.secret = Secret("secret of " + name);
  device.created_at = now;
  return device;
}

ProductId StoreContract::add_product(const std::string& key) {
  ChangeSet changes;
  changes.new_products.push_back({product_value(key)});
  commit(changes);
  return changes.new_products[0].product.id;
}

std::vector<DeviceId> StoreContract::add_devices(ProductId product, int count) {
  ChangeSet changes;
  std::vector<DeviceId> ids;
  for (int i = 0; i < count; ++i) {
    changes.new_devices.push_back({device_value(product, "device_" + std::to_string(next_id)), ""});
    ids.push_back(changes.new_devices.back().device.id);
  }
  commit(changes);
  return ids;
}

GroupId StoreContract::add_group(const std::string& name, const std::vector<DeviceId>& members,
                                 ProductId product) {
  ChangeSet changes;
  Group group;
  group.id = GroupId{next_id++};
  group.instance = InstanceId{1};
  group.code = "code of " + name;
  group.name = name;
  group.description = "what " + name + " is";
  group.created_at = now;
  changes.new_groups.push_back({group});
  commit(changes);
  groups_.push_back(group.id);
  join(group.id, members, product);
  return group.id;
}

void StoreContract::join(GroupId group, const std::vector<DeviceId>& members, ProductId product) {
  ChangeSet changes;
  for (const DeviceId device : members) changes.new_members.push_back({group, device, next_join++, product});
  commit(changes);
}

Job StoreContract::job_value() {
  Job job;
  job.id = JobId{next_id++};
  job.instance = InstanceId{1};
  job.spec.name = "job_" + std::to_string(job.id.value);
  job.spec.document = R"({"a":1})";
  job.status = JobStatus::InProgress;
  job.created_at = job.modified_at = now;
  return job;
}

JobId StoreContract::add_job(const std::vector<DeviceId>& targets) {
  ChangeSet changes;
  NewJob created;
  created.job = job_value();
  created.job.counters[TaskStatus::Queued] = static_cast<int64_t>(targets.size());
  created.job.tasks_made = static_cast<int64_t>(targets.size());
  created.targets = targets;
  changes.new_jobs.push_back(created);
  commit(changes);
  return created.job.id;
}

JobId StoreContract::add_job_to_make(TargetType type, ProductId product, GroupId group, int64_t total,
                                     int64_t snapshot) {
  ChangeSet changes;
  NewJob created;
  created.job = job_value();
  created.job.status = JobStatus::Initializing;
  created.job.sweep = Sweep::Make;
  created.job.counters[TaskStatus::Queued] = total;
  created.job.spec.target_type = type;
  created.job.spec.target_product = product;
  created.job.spec.target_group = group;
  created.job.spec.target_snapshot = snapshot;
  changes.new_jobs.push_back(created);
  commit(changes);
  return created.job.id;
}

Task StoreContract::task(JobId id, int64_t sequence) {
  const std::vector<TaskKey> keys{{id, sequence}};
  const auto rows = store().tasks(keys);
  if (!rows || rows->size() != 1) {
    ADD_FAILURE() << "no task " << sequence << " of job " << id.value;
    return {};
  }
  return rows->front();
}

Job StoreContract::job(JobId id) {
  const std::vector<JobId> ids{id};
  const auto rows = store().jobs(ids);
  if (!rows || rows->size() != 1) {
    ADD_FAILURE() << "no job " << id.value;
    return {};
  }
  return rows->front();
}

TaskChange StoreContract::change(JobId id, int64_t sequence, TaskStatus to, Cause cause) {
  TaskChange change;
  change.task = task(id, sequence);
  change.from_status = change.task.status;
  change.from_attempt = change.task.attempt;
  change.task.status = to;
  change.task.modified_at = change.task.modified_at + 1000;
  change.cause = cause;
  return change;
}

MakeTasks StoreContract::make_value(JobId id, size_t rows_max) {
  const Job stored = job(id);
  MakeTasks make;
  make.job = id;
  make.from_epoch = stored.epoch;
  make.target_type = stored.spec.target_type;
  make.product = stored.spec.target_product;
  make.group = stored.spec.target_group;
  make.after = stored.sweep_cursor;
  make.snapshot = stored.spec.target_snapshot;
  make.first_sequence = stored.tasks_made;
  make.expected_total = stored.counters.total();
  make.rows_max = rows_max;
  make.now = now;
  return make;
}

void StoreContract::sweep_from(JobId id, int64_t cursor) {
  const Job from = job(id);
  JobChange change;
  change.id = id;
  change.from_epoch = from.epoch;
  change.from_sweep_cursor = from.sweep_cursor;
  change.from_tasks_made = from.tasks_made;
  change.status = from.status;
  change.sweep = from.sweep;
  change.sweep_cursor = cursor;
  change.tasks_made = from.tasks_made;
  change.epoch = from.epoch + 1;
  change.paused = from.paused;
  change.modified_at = from.modified_at;
  change.started_at = from.started_at;
  ChangeSet changes;
  changes.jobs = {change};
  commit(changes);
}

SweepTasks StoreContract::sweep_value(JobId id, int64_t first_sequence, size_t rows_max) {
  SweepTasks sweep;
  sweep.job = id;
  sweep.from_epoch = job(id).epoch;
  sweep.first_sequence = first_sequence;
  sweep.rows_max = rows_max;
  sweep.statuses = (1u << 1) | (1u << 2) | (1u << 3);
  sweep.to = TaskStatus::Cancelled;
  sweep.cause = Cause::Cancelled;
  sweep.now = now;
  return sweep;
}

std::vector<HistoryRow> StoreContract::whole_history() {
  std::vector<HistoryRow> rows;
  for (int64_t position = 0;;) {
    const auto page = store().history(position, 100);
    if (!page) ADD_FAILURE() << page.error().detail;
    if (!page || page->empty()) return rows;
    rows.insert(rows.end(), page->begin(), page->end());
    position = rows.back().position;
  }
}

std::vector<HistoryRow> StoreContract::history_of(const std::vector<TaskKey>& keys, int64_t after,
                                                  size_t limit) {
  auto rows = store().task_history(keys, after, limit);
  if (!rows) ADD_FAILURE() << rows.error().detail;
  return rows.value_or(std::vector<HistoryRow>{});
}

void StoreContract::move(JobId id, int64_t sequence, TaskStatus to, Cause cause) {
  ChangeSet changes;
  changes.tasks = {change(id, sequence, to, cause)};
  commit(changes);
}

std::vector<TaskView> StoreContract::all_tasks(JobId id) {
  std::vector<TaskView> rows;
  for (int64_t after = -1;;) {
    const auto page = store().list_tasks_of_job(id, {}, after, 97);
    if (!page) ADD_FAILURE() << page.error().detail;
    if (!page || page->empty()) return rows;
    rows.insert(rows.end(), page->begin(), page->end());
    after = rows.back().task.key.sequence;
  }
}

void StoreContract::check_job(const Job& stored, const std::vector<HistoryRow>& history) {
  SCOPED_TRACE("job " + std::to_string(stored.id.value));
  const std::vector<TaskView> rows = all_tasks(stored.id);
  TaskCounters counted;
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].task.key.sequence, static_cast<int64_t>(i));
    ++counted[rows[i].task.status];
  }
  EXPECT_EQ(stored.tasks_made, static_cast<int64_t>(rows.size()));
  // What is still to be made counts as QUEUED.
  if (stored.sweep == Sweep::Make) counted[TaskStatus::Queued] += stored.counters.total() - stored.tasks_made;
  EXPECT_EQ(stored.counters, counted);

  for (size_t value = 1; value <= kTaskStatusCount; ++value) {
    const TaskStatus statuses[] = {static_cast<TaskStatus>(value)};
    const auto listed = store().list_tasks_of_job(stored.id, statuses, -1, rows.size() + 1);
    ASSERT_TRUE(listed);
    EXPECT_EQ(static_cast<int64_t>(listed->size()),
              std::count_if(rows.begin(), rows.end(),
                            [&](const TaskView& v) { return v.task.status == statuses[0]; }));
  }

  std::map<int64_t, TaskStatus> replayed;
  std::map<int64_t, std::vector<int64_t>> positions;
  for (const HistoryRow& row : history) {
    if (row.key.job != stored.id) continue;
    positions[row.key.sequence].push_back(row.position);
    const auto [at, fresh] = replayed.emplace(row.key.sequence, TaskStatus::Queued);
    EXPECT_EQ(at->second, row.from) << "task " << row.key.sequence;
    at->second = row.to;
  }
  for (const TaskView& row : rows) {
    std::vector<int64_t> own;
    for (const HistoryRow& event : history_of({row.task.key}, 0, history.size() + 1))
      own.push_back(event.position);
    EXPECT_EQ(own, positions[row.task.key.sequence]) << "task_history of " << row.task.key.sequence;
    const auto at = replayed.find(row.task.key.sequence);
    EXPECT_EQ(row.task.status, at == replayed.end() ? TaskStatus::Queued : at->second);
    const std::vector<DeviceId> device{row.task.device};
    const auto open = store().open_tasks(device, 1000);
    ASSERT_TRUE(open);
    const bool found =
        std::any_of(open->begin(), open->end(), [&](const Task& t) { return t.key == row.task.key; });
    EXPECT_EQ(found, is_open(row.task.status)) << "open_tasks of task " << row.task.key.sequence;
  }
}

void StoreContract::check_tally(const Product& product) {
  const auto rows = store().newest_devices(product.id, {}, 0, 1'000'000);
  ASSERT_TRUE(rows);
  DeviceTally counted;
  for (const DeviceRow& row : *rows) {
    const bool active = row.presence.activated_at.value != 0;
    ++counted.devices;
    counted.active += active;
    counted.online += row.presence.online;
    counted.disabled += !row.device.enabled;
    counted.disabled_active += !row.device.enabled && active;
  }
  EXPECT_EQ(*store().product_tally(product.id), counted) << product.key;
}

void StoreContract::check_tally(const Group& group) {
  const auto members = store().group_devices(group.id, 0, 1'000'000);
  ASSERT_TRUE(members);
  DeviceTally counted;
  counted.devices = static_cast<int64_t>(members->size());
  const auto rows = store().presence(*members);
  ASSERT_TRUE(rows);
  for (const Presence& row : *rows) {
    counted.active += row.activated_at.value != 0;
    counted.online += row.online;
  }
  EXPECT_EQ(*store().group_tally(group.id), counted) << group.name;
}

void StoreContract::check_invariants() {
  const std::vector<HistoryRow> history = whole_history();
  for (size_t i = 1; i < history.size(); ++i) EXPECT_LT(history[i - 1].position, history[i].position);

  const auto jobs = store().list_jobs(InstanceId{1}, std::nullopt, 0, 10'000);
  ASSERT_TRUE(jobs);
  for (const Job& stored : jobs->jobs) check_job(stored, history);

  const auto products = store().list_products(InstanceId{1}, std::nullopt, 0, 10'000);
  ASSERT_TRUE(products);
  for (const Product& product : products->products) {
    const auto devices = store().list_devices(product.id, "", 1'000'000);
    ASSERT_TRUE(devices);
    EXPECT_EQ(product.device_count, static_cast<int64_t>(devices->size())) << product.key;
    check_tally(product);
  }
  const auto groups = store().groups(groups_);
  ASSERT_TRUE(groups);
  for (const Group& group : *groups) {
    const auto of_products = store().group_products(group.id);
    ASSERT_TRUE(of_products);
    int64_t members = 0;
    for (const auto& [product, count] : *of_products) members += count;
    EXPECT_EQ(group.device_count, members) << group.name;
    check_tally(group);
  }
}

}  // namespace rollcall::store
