// Devices that are disabled, enabled and deleted: conditions, counters, tombstones, the end of open tasks.
#include "contract/store_contract.hpp"

namespace rollcall::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DeviceChange disable(const Device& device, WallMs now) {
  return {device.id, device.product, true, false, false, now};
}
DeviceChange removal(DeviceId id, ProductId product, WallMs now) {
  return {id, product, true, true, true, now};
}

TEST_P(StoreContract, DisablesAndEnablesADeviceOnlyFromWhatItIs) {
  const ProductId product = add_product("p");
  const DeviceId id = add_devices(product, 1)[0];
  Device device = store().devices(std::array{id})->front();
  ChangeSet changes;
  changes.devices = {
      disable(device, now), disable(device, now), {DeviceId{9'999}, product, true, false, false, now}};
  const CommitResult result = commit(changes);
  EXPECT_THAT(result.missed_devices, ElementsAre(1u, 2u));
  EXPECT_FALSE(store().devices(std::array{id})->front().enabled);
  ChangeSet back;
  back.devices = {{id, product, false, true, false, now}};
  EXPECT_THAT(commit(back).missed_devices, IsEmpty());
  EXPECT_TRUE(store().devices(std::array{id})->front().enabled);
}

TEST_P(StoreContract, ADeletedDeviceLeavesItsProductAndGroupsAndFreesItsName) {
  const ProductId product = add_product("p");
  const auto ids = add_devices(product, 2);
  const GroupId group = add_group("g", ids, product);
  const Device old = store().devices(std::array{ids[0]})->front();
  ChangeSet changes;
  changes.devices = {removal(old.id, product, now)};
  Device again = device_value(product, old.name);
  changes.new_devices = {{again, "p"}};  // the same transaction may take the name
  EXPECT_THAT(commit(changes).missed_devices, IsEmpty());
  EXPECT_THAT(*store().devices(std::array{old.id}), IsEmpty());
  const auto found = store().devices_by_name(std::array{DeviceName{product, old.name}});
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().id, again.id);
  EXPECT_EQ(store().products(std::array{product})->front().device_count, 2);
  EXPECT_EQ(store().groups(std::array{group})->front().device_count, 1);
  EXPECT_THAT(*store().group_products(group), ElementsAre(std::pair(product, int64_t{1})));
  EXPECT_FALSE(store().memberships(group, std::array{again.id})->front().in_group);
  ChangeSet twice;
  twice.devices = {removal(old.id, product, now)};
  EXPECT_THAT(commit(twice).missed_devices, ElementsAre(0u));
  EXPECT_EQ(store().products(std::array{product})->front().device_count, 2);
}

TEST_P(StoreContract, AForeignIotIdIsFreeOnceItsDeviceIsGone) {
  const ProductId product = add_product("p");
  Device first = device_value(product, "lamp-1");
  first.foreign_iot_id = "foreign";
  ChangeSet changes;
  changes.new_devices = {{first, "p"}};
  commit(changes);
  Device second = device_value(product, "lamp-2");
  second.foreign_iot_id = "foreign";
  ChangeSet taken;
  taken.new_devices = {{second, "p"}};
  commit_refused(taken);
  taken.devices = {removal(first.id, product, now)};
  commit(taken);
  EXPECT_EQ(store().devices_by_foreign_iot_id(std::array{std::string("foreign")})->front().id, second.id);
}

TEST_P(StoreContract, ADeletionEndsTheOpenTasksOfItsDeviceAndOfNoOther) {
  const ProductId product = add_product("p");
  const auto ids = add_devices(product, 2);
  const JobId sent = add_job(ids);
  const JobId done = add_job(ids);
  ChangeSet before;
  before.tasks = {change(sent, 0, TaskStatus::Sent, Cause::Pushed),
                  change(done, 0, TaskStatus::Succeeded, Cause::Reported)};
  commit(before);
  ChangeSet changes;
  changes.devices = {removal(ids[0], product, now + 7)};
  const CommitResult result = commit(changes);
  ASSERT_EQ(result.ended.size(), 1u);
  EXPECT_EQ(result.ended[0], std::pair(TaskKey{sent, 0}, TaskStatus::Cancelled));
  EXPECT_EQ(task(sent, 0).status, TaskStatus::Cancelled);
  EXPECT_EQ(task(sent, 0).modified_at, now + 7);
  EXPECT_EQ(task(sent, 1).status, TaskStatus::Queued);
  EXPECT_EQ(task(done, 0).status, TaskStatus::Succeeded);
  EXPECT_EQ(job(sent).counters[TaskStatus::Cancelled], 1);
  EXPECT_EQ(whole_history().back().cause, Cause::DeviceDeleted);
  EXPECT_THAT(*store().open_tasks(std::array{ids[0]}, 10), IsEmpty());
  // Still readable, with the name the device had.
  EXPECT_EQ(all_tasks(sent).front().task.device, ids[0]);
  EXPECT_FALSE(all_tasks(sent).front().device_name.empty());
}

TEST_P(StoreContract, ADeletionEndsTasksThatTheSameTransactionMade) {
  const ProductId product = add_product("p");
  const auto ids = add_devices(product, 1);
  ChangeSet changes;
  Job made = job_value();
  made.status = JobStatus::InProgress;
  made.counters[TaskStatus::Queued] = 1;
  made.tasks_made = 1;
  changes.new_jobs = {{made, ids}};
  changes.devices = {removal(ids[0], product, now)};
  commit(changes);
  EXPECT_EQ(task(made.id, 0).status, TaskStatus::Cancelled);
  EXPECT_EQ(job(made.id).counters.open(), 0);
}

TEST_P(StoreContract, ADeletionLeavesWhatTheEndOfAJobHadMadeOfItsTasks) {
  const ProductId product = add_product("p");
  const auto ids = add_devices(product, 1);
  const JobId id = add_job(ids);
  const Job row = job(id);
  ChangeSet expire;
  expire.jobs = {{id,
                  row.epoch,
                  row.sweep_cursor,
                  row.tasks_made,
                  row.status,
                  Sweep::Expire,
                  0,
                  row.tasks_made,
                  row.epoch + 1,
                  false,
                  now,
                  row.started_at,
                  {}}};
  expire.devices = {removal(ids[0], product, now)};
  commit(expire);
  EXPECT_EQ(task(id, 0).status, TaskStatus::TimedOut);
  EXPECT_EQ(whole_history().back().cause, Cause::Expired);
}

}  // namespace
}  // namespace rollcall::store
