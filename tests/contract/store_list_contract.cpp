#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int64_t> sequences_of(const std::vector<Task>& rows) {
  std::vector<int64_t> sequences;
  for (const Task& row : rows) sequences.push_back(row.key.sequence);
  return sequences;
}

std::vector<int64_t> sequences_of(const std::vector<TaskView>& rows) {
  std::vector<int64_t> sequences;
  for (const TaskView& row : rows) sequences.push_back(row.task.key.sequence);
  return sequences;
}

TEST_P(StoreContract, LeavesOutTasksThatAreNotThere) {
  const JobId id = add_job(add_devices(add_product("key"), 2));
  const std::vector<TaskKey> keys{{id, 1}, {id, 7}, {JobId{999}, 0}, {id, 0}};
  EXPECT_THAT(sequences_of(*store().tasks(keys)), ElementsAre(1, 0));
  EXPECT_EQ(store().task_details(keys)->size(), 4u);
}

TEST_P(StoreContract, GivesOpenTasksOldestJobFirst) {
  const auto devices = add_devices(add_product("key"), 2);
  std::vector<JobId> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(add_job(devices));
  ChangeSet changes;
  changes.tasks = {change(jobs[0], 0, TaskStatus::Succeeded, Cause::Reported),
                   change(jobs[1], 0, TaskStatus::Sent, Cause::Pushed),
                   change(jobs[3], 0, TaskStatus::InProgress, Cause::Reported),
                   change(jobs[4], 0, TaskStatus::TimedOut, Cause::TimedOut)};
  commit(changes);
  const std::vector<DeviceId> both{devices[1], DeviceId{9999}, devices[0]};
  const auto rows = store().open_tasks(both, 2);
  ASSERT_TRUE(rows);
  std::vector<std::pair<int64_t, int64_t>> got;
  for (const Task& row : *rows) got.emplace_back(row.device.value, row.key.job.value);
  EXPECT_THAT(
      got,
      ElementsAre(std::pair(devices[1].value, jobs[0].value), std::pair(devices[1].value, jobs[1].value),
                  std::pair(devices[0].value, jobs[1].value), std::pair(devices[0].value, jobs[2].value)));
  EXPECT_EQ((*rows)[2].status, TaskStatus::Sent);
  EXPECT_EQ((*rows)[2].modified_at, now + 1000);
}

TEST_P(StoreContract, GivesQueuedTasksInOrderPageByPage) {
  const auto devices = add_devices(add_product("key"), 9);
  const JobId id = add_job(devices);
  add_job(devices);
  ChangeSet changes;
  changes.tasks = {change(id, 0, TaskStatus::Sent, Cause::Pushed),
                   change(id, 4, TaskStatus::Cancelled, Cause::Cancelled)};
  commit(changes);
  EXPECT_THAT(sequences_of(*store().queued_tasks(id, -1, 3)), ElementsAre(1, 2, 3));
  EXPECT_THAT(sequences_of(*store().queued_tasks(id, 3, 3)), ElementsAre(5, 6, 7));
  EXPECT_THAT(sequences_of(*store().queued_tasks(id, 7, 3)), ElementsAre(8));
  EXPECT_THAT(sequences_of(*store().queued_tasks(id, 8, 3)), IsEmpty());
}

TEST_P(StoreContract, ListsTasksOfAJobWithNamesAndFilters) {
  const ProductId product = add_product("a1Key");
  const auto devices = add_devices(product, 6);
  const JobId id = add_job(devices);
  ChangeSet changes;
  changes.tasks = {change(id, 1, TaskStatus::Succeeded, Cause::Reported),
                   change(id, 2, TaskStatus::Failed, Cause::Reported),
                   change(id, 4, TaskStatus::Succeeded, Cause::Reported)};
  Device named = store().devices(devices)->at(1);
  named.foreign_iot_id = "foreign";
  changes.put_devices.push_back({named});
  commit(changes);
  const auto all = store().list_tasks_of_job(id, {}, -1, 2);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[1].product_key, "a1Key");
  EXPECT_EQ((*all)[1].device_name, named.name);
  EXPECT_EQ((*all)[1].foreign_iot_id, "foreign");
  EXPECT_EQ((*all)[0].foreign_iot_id, "");
  const std::vector<TaskStatus> done{TaskStatus::Failed, TaskStatus::Succeeded};
  EXPECT_THAT(sequences_of(*store().list_tasks_of_job(id, done, -1, 2)), ElementsAre(1, 2));
  EXPECT_THAT(sequences_of(*store().list_tasks_of_job(id, done, 2, 2)), ElementsAre(4));
  const std::vector<TaskStatus> none{TaskStatus::Rejected};
  EXPECT_THAT(*store().list_tasks_of_job(id, none, -1, 10), IsEmpty());
  EXPECT_THAT(*store().list_tasks_of_job(JobId{12345}, {}, -1, 10), IsEmpty());
}

TEST_P(StoreContract, PagesStayWhereTheyAreWhileTasksMove) {
  const JobId id = add_job(add_devices(add_product("key"), 60));
  std::vector<int64_t> seen;
  for (int64_t after = -1;;) {
    const auto page = store().list_tasks_of_job(id, {}, after, 7);
    if (page->empty()) break;
    for (const TaskView& row : *page) seen.push_back(row.task.key.sequence);
    after = seen.back();
    ChangeSet changes;  // one that was listed and one that is to come
    changes.tasks = {change(id, after, TaskStatus::Succeeded, Cause::Reported)};
    if (after + 1 < 60) changes.tasks.push_back(change(id, after + 1, TaskStatus::Failed, Cause::Reported));
    if (changes.tasks[0].from_status == TaskStatus::Failed) changes.tasks.erase(changes.tasks.begin());
    if (!changes.tasks.empty()) commit(changes);
  }
  ASSERT_EQ(seen.size(), 60u);
  for (int64_t i = 0; i < 60; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], i);
}

TEST_P(StoreContract, ListsTasksOfADeviceNewestJobFirst) {
  const auto devices = add_devices(add_product("key"), 2);
  std::vector<JobId> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(add_job(devices));
  ChangeSet changes;
  changes.tasks = {change(jobs[1], 1, TaskStatus::Succeeded, Cause::Reported),
                   change(jobs[3], 1, TaskStatus::Succeeded, Cause::Reported)};
  commit(changes);
  const auto jobs_of = [](const auto& rows) {
    std::vector<JobId> ids;
    for (const TaskView& row : *rows) ids.push_back(row.task.key.job);
    return ids;
  };
  EXPECT_THAT(jobs_of(store().list_tasks_of_device(devices[1], {}, JobId{}, 3)),
              ElementsAre(jobs[4], jobs[3], jobs[2]));
  EXPECT_THAT(jobs_of(store().list_tasks_of_device(devices[1], {}, jobs[2], 3)),
              ElementsAre(jobs[1], jobs[0]));
  const std::vector<TaskStatus> done{TaskStatus::Succeeded};
  EXPECT_THAT(jobs_of(store().list_tasks_of_device(devices[1], done, JobId{}, 9)),
              ElementsAre(jobs[3], jobs[1]));
  EXPECT_THAT(*store().list_tasks_of_device(DeviceId{31337}, {}, JobId{}, 9), IsEmpty());
}

}  // namespace
}  // namespace rollcall::store
