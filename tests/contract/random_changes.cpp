#include "contract/random_changes.hpp"

#include <algorithm>

namespace rollcall::store {
namespace {

constexpr int64_t kProducts = 3;
constexpr int64_t kFirstDevices = 40;

TaskStatus status_of(uint64_t number) { return static_cast<TaskStatus>(number + 1); }

}  // namespace

ChangeSet RandomChanges::world() {
  ChangeSet changes;
  for (int64_t i = 0; i < kProducts; ++i) {
    Product product;
    product.id = ProductId{next_id_++};
    product.instance = InstanceId{1};
    product.key = "key" + std::to_string(i);
    product.name = "name" + std::to_string(i);
    product.created_at = now_;
    changes.new_products.push_back({product});
    products_.push_back(product.id);
  }
  for (int64_t i = 0; i < kFirstDevices; ++i) {
    Device device;
    device.id = DeviceId{next_id_++};
    device.product = any(products_);
    device.name = "first" + std::to_string(i);
    device.created_at = now_;
    changes.new_devices.push_back({device, ""});
    devices_.push_back(device.id);
  }
  return changes;
}

const ChangeSet& RandomChanges::next() {
  changes_ = {};
  now_ = now_ + static_cast<int64_t>(random_.below(5'000));
  if (one_in(4)) devices_come_and_change();
  if (one_in(6)) groups_grow();
  if (one_in(6)) groups_shrink();
  if (one_in(6)) things_are_labelled();
  if (one_in(4) || jobs_.empty()) job_begins();
  if (one_in(5)) job_changes();
  if (one_in(3)) tasks_are_made();
  if (one_in(5)) tasks_are_swept();
  if (!one_in(4)) tasks_change();
  if (one_in(3)) lists_are_worked_off();
  if (one_in(6)) fleet_is_described();
  return changes_;
}

void RandomChanges::devices_come_and_change() {
  for (uint64_t i = random_.below(4); i > 0; --i) {
    Device device;
    device.id = DeviceId{next_id_++};
    device.product = one_in(60) ? ProductId{999} : any(products_);
    device.name = "d" + std::to_string(random_.below(400));
    device.secret = Secret(word());
    if (one_in(3)) device.foreign_iot_id = "f" + std::to_string(random_.below(60));
    if (one_in(3)) device.nickname = word();
    device.created_at = now_;
    changes_.new_devices.push_back({device, ""});
    devices_.push_back(device.id);
    // A device that is changed in the transaction that makes it.
    if (one_in(8)) changes_.devices.push_back({device.id, device.product, true, false, one_in(2), now_});
  }
  const DeviceId ids[] = {any(devices_), any(devices_)};
  const auto found = store_.devices(ids);
  if (!found) return;
  for (const Device& device : *found) {
    if (ids[0] == ids[1] && &device != &found->front()) break;
    if (one_in(3)) {
      PutDevice put{device};
      put.device.nickname = one_in(2) ? "" : word();
      if (one_in(4)) put.device.foreign_iot_id = "f" + std::to_string(random_.below(60));
      changes_.put_devices.push_back(put);
    } else {
      const bool deleted = one_in(2);
      const bool from = one_in(8) ? !device.enabled : device.enabled;
      changes_.devices.push_back({device.id, device.product, from, deleted ? from : !from, deleted, now_});
      if (one_in(6)) changes_.devices.push_back(changes_.devices.back());  // too late
    }
  }
}

void RandomChanges::groups_grow() {
  if (groups_.empty() || one_in(5)) {
    Group group;
    group.id = GroupId{next_id_++};
    group.instance = InstanceId{1};
    group.code = "c" + std::to_string(random_.below(300));
    group.name = "g" + std::to_string(group.id.value);
    group.created_at = now_;
    changes_.new_groups.push_back({group});
    groups_.push_back(group.id);
  }
  for (uint64_t i = random_.below(12); i > 0; --i) {
    const DeviceId ids[] = {any(devices_)};
    const auto device = store_.devices(ids);
    const GroupId group = one_in(50) ? GroupId{999} : any(groups_);
    if (!device || device->empty()) continue;
    const auto member = store_.memberships(group, ids);
    if (member && member->front().in_group && !one_in(20)) continue;
    const auto same = [&](const NewGroupMember& m) { return m.group == group && m.device == ids[0]; };
    if (std::any_of(changes_.new_members.begin(), changes_.new_members.end(), same)) continue;
    changes_.new_members.push_back({group, ids[0], next_join_++, device->front().product});
  }
}

// Devices leave, also ones that are not there or came in this very set; groups go, and are cleared away.
void RandomChanges::groups_shrink() {
  if (groups_.empty()) return;
  for (uint64_t i = random_.below(6); i > 0; --i) {
    const DeviceId ids[] = {any(devices_)};
    const auto device = store_.devices(ids);
    if (!device || device->empty()) continue;
    changes_.leaving.push_back({any(groups_), ids[0], device->front().product, next_join_++, now_});
  }
  if (one_in(3)) changes_.groups.push_back({any(groups_), word(), false, now_});
  if (one_in(8)) changes_.groups.push_back({any(groups_), {}, true, now_});
  if (one_in(3)) changes_.purge_members = PurgeMembers{now_ + (-20'000), 1 + random_.below(5)};
}

void RandomChanges::things_are_labelled() {
  changes_.nicknames.push_back({any(devices_), one_in(3) ? "" : word(), now_});
  for (uint64_t i = random_.below(4); i > 0; --i) {
    const std::string name = "t" + std::to_string(random_.below(3));
    changes_.tags.push_back(
        {any(devices_), InstanceId{1}, {{name, "v" + std::to_string(random_.below(3))}}, {}});
    if (one_in(3)) changes_.tags.push_back({any(devices_), InstanceId{1}, {}, name});
  }
  const auto topic = [&](int64_t id) {
    return ProductTopic{TopicId{id}, any(products_), "user/" + std::to_string(random_.below(40)),
                        static_cast<TopicOperation>(random_.below(3)), word()};
  };
  if (one_in(2)) changes_.topics.push_back({topic(1 + static_cast<int64_t>(random_.below(30))), one_in(4)});
  if (one_in(2)) changes_.new_topics.push_back(topic(next_topic_++));
}

void RandomChanges::job_begins() {
  NewJob created;
  Job& job = created.job;
  job.id = JobId{one_in(40) && !jobs_.empty() ? any(jobs_).value : next_id_++};
  job.instance = InstanceId{1};
  job.created_at = job.modified_at = now_;
  job.spec.name = word();
  job.spec.document = word();
  job.status = JobStatus::InProgress;
  if (one_in(2)) {
    for (uint64_t i = random_.below(25) + 1; i > 0; --i) created.targets.push_back(any(devices_));
    job.counters[TaskStatus::Queued] = static_cast<int64_t>(created.targets.size());
  } else {
    const bool group = !groups_.empty() && one_in(2);
    job.spec.target_type = group ? TargetType::Group : TargetType::Product;
    if (group) job.spec.target_group = any(groups_);
    job.spec.target_product = any(products_);
    job.spec.target_snapshot = group ? next_join_ : next_id_;
    job.sweep = Sweep::Make;
    job.counters[TaskStatus::Queued] = static_cast<int64_t>(random_.below(30));
    if (one_in(3)) job.spec.unfit_products = {{any(products_), word()}};
  }
  changes_.new_jobs.push_back(created);
  jobs_.push_back(job.id);
}

std::optional<Job> RandomChanges::any_job() {
  if (jobs_.empty()) return std::nullopt;
  const JobId ids[] = {one_in(3) ? any(jobs_) : jobs_[jobs_.size() - 1 - random_.below(jobs_.size()) / 4]};
  const auto found = store_.jobs(ids);
  if (!found || found->empty()) return std::nullopt;
  return found->front();
}

void RandomChanges::job_changes() {
  const auto job = any_job();
  if (!job) return;
  JobChange change;
  change.id = job->id;
  change.from_epoch = job->epoch + (one_in(8) ? 1 : 0);
  change.from_sweep_cursor = job->sweep_cursor + (one_in(16) ? 1 : 0);
  change.from_tasks_made = job->tasks_made + (one_in(16) ? 1 : 0);
  change.status = static_cast<JobStatus>(1 + random_.below(8));
  change.sweep = job->sweep == Sweep::Make ? Sweep::Make : one_in(3) ? Sweep::Expire : Sweep::None;
  change.sweep_cursor = job->sweep_cursor;
  change.tasks_made = job->tasks_made;
  change.epoch = job->epoch + 1;
  change.paused = one_in(2);
  change.modified_at = now_;
  if (one_in(3)) change.settings = JobSettings{word(), 5, true, MessageQos::Qos1, 7};
  change.deleted = one_in(10);
  changes_.jobs.push_back(change);
  if (one_in(4)) changes_.jobs.push_back(change);
}

void RandomChanges::tasks_are_made() {
  for (uint64_t i = random_.below(3) + 1; i > 0; --i) {
    const auto job = any_job();
    if (!job || job->spec.target_type == TargetType::DeviceList) continue;
    MakeTasks make;
    make.job = job->id;
    make.from_epoch = job->epoch + (one_in(12) ? 1 : 0);
    make.target_type = job->spec.target_type;
    make.product = job->spec.target_product;
    make.group = job->spec.target_group;
    make.after = job->sweep_cursor;
    make.snapshot = job->spec.target_snapshot;
    make.first_sequence = job->tasks_made + (one_in(12) ? 1 : 0);
    make.expected_total = job->counters.total();
    make.rows_max = random_.below(20) + 1;
    make.now = now_;
    unfit_ = {{any(products_), word()}, {any(products_), word()}};
    if (one_in(3)) make.unfit = &unfit_;
    changes_.make_tasks.push_back(make);
  }
}

void RandomChanges::tasks_are_swept() {
  for (uint64_t i = random_.below(2) + 1; i > 0; --i) {
    const auto job = any_job();
    if (!job) continue;
    SweepTasks sweep;
    sweep.job = job->id;
    sweep.from_epoch = job->epoch + (one_in(12) ? 1 : 0);
    sweep.first_sequence = job->sweep_cursor + (one_in(8) ? 1 : 0);
    sweep.rows_max = random_.below(30) + 1;
    sweep.statuses = static_cast<uint32_t>(random_.below(512));
    sweep.without = one_in(3) ? kTaskNoRerun : 0;
    sweep.to = one_in(2) ? TaskStatus::Queued : status_of(3 + random_.below(5));
    // Rows that are already there would not move: the engine asks for none.
    sweep.statuses &= ~(1u << static_cast<unsigned>(sweep.to));
    sweep.cause = one_in(2) ? Cause::Removed : Cause::Cancelled;
    sweep.now = now_;
    sweep.tell = one_in(2);
    changes_.sweep_tasks.push_back(sweep);
  }
}

void RandomChanges::tasks_change() {
  for (uint64_t i = random_.below(4) + 1; i > 0; --i) {
    const auto job = any_job();
    if (!job) continue;
    const auto rows = store_.list_tasks_of_job(job->id, {}, static_cast<int64_t>(random_.below(12)) - 1, 20);
    if (!rows || rows->empty()) continue;
    for (uint64_t n = random_.below(12); n > 0; --n) task_changes(any(*rows).task);
  }
}

void RandomChanges::task_changes(const Task& task) {
  TaskChange change;
  change.task = task;
  change.from_status = one_in(10) ? status_of(random_.below(8)) : task.status;
  change.from_attempt = task.attempt + (one_in(15) ? 1 : 0);
  if (!one_in(4)) change.task.status = status_of(random_.below(8));
  if (one_in(6)) ++change.task.attempt;
  change.task.progress = static_cast<int32_t>(random_.below(102)) - 1;
  change.task.flags = static_cast<uint8_t>(random_.below(16));
  change.task.pushes = static_cast<uint8_t>(random_.below(6));
  change.task.modified_at = now_;
  change.cause = static_cast<Cause>(1 + random_.below(17));
  change.record_history = one_in(4);
  if (one_in(4)) change.note = {word(), one_in(2) ? "" : word()};
  if (one_in(3)) {
    change.task.noted = static_cast<uint8_t>(random_.below(65));
    change.task.noted_at = one_in(3) ? WallMs{} : now_;
  }
  if (one_in(3)) change.detail = TaskDetail{one_in(3) ? "" : word(), one_in(2) ? "" : word()};
  if (one_in(3)) change.time_out_at = now_ + static_cast<int64_t>(random_.below(20));
  changes_.tasks.push_back(change);
  // The same task again, from where the first change leaves it.
  if (!one_in(10)) return;
  change.from_status = change.task.status;
  change.from_attempt = change.task.attempt;
  change.task.status = status_of(random_.below(8));
  changes_.tasks.push_back(change);
}

void RandomChanges::lists_are_worked_off() {
  const auto due = store_.due_time_outs(now_, random_.below(12) + 1);
  if (due && !due->empty() && one_in(2)) {
    changes_.time_outs_done_until = one_in(5) ? now_ : due->back().deadline;
    for (const DueTimeOut& one : *due) changes_.time_outs_done.push_back(one.key);
    if (one_in(4)) changes_.time_outs_done.push_back({JobId{1}, 9'999});
  }
  const auto tells = store_.tells(devices_, 2);
  for (size_t i = 0; tells && i < tells->size() && i < 6; ++i) {
    if (one_in(2)) changes_.tells_done.push_back((*tells)[i]);
  }
  for (uint64_t i = random_.below(6); i > 0; --i) {
    changes_.presence.push_back({any(devices_), one_in(2), static_cast<int64_t>(random_.below(9)),
                                 one_in(2) ? WallMs{} : now_, now_, now_ + static_cast<int64_t>(i), word()});
  }
  for (uint64_t i = random_.below(4); i > 0; --i) changes_.last_values.push_back({any(devices_), word()});
  messages_wait();
}

void RandomChanges::messages_wait() {
  for (uint64_t i = random_.below(5); i > 0; --i)
    changes_.offline_messages.push_back({any(devices_), next_id_++,
                                         now_ + static_cast<int64_t>(random_.below(30)),
                                         one_in(2) ? JobType::Pub : JobType::InvokeService, word(), word()});
  for (uint64_t i = random_.below(3); i > 0; --i) {
    const auto first = static_cast<int64_t>(random_.below(static_cast<uint64_t>(next_id_)));
    changes_.offline_gone.push_back({any(devices_), first, one_in(2) ? first : next_id_});
  }
  if (one_in(4)) changes_.expire_offline = ExpireOffline{now_, random_.below(4) + 1};
}

void RandomChanges::fleet_is_described() {
  const ProductId ids[] = {any(products_)};
  const auto found = store_.products(ids);
  if (found && !found->empty()) {
    changes_.put_products.push_back({found->front()});
    changes_.put_products.back().product.description = word();
  }
  changes_.thing_models.push_back({any(products_), one_in(2) ? "" : "v" + std::to_string(random_.below(4)),
                                   one_in(2) ? "" : word(), word(), now_});
  NewApply created;
  created.apply = {ApplyId{next_id_++}, any(products_), InstanceId{1}, ApplyStatus::Creating, 3, 0, now_};
  created.names = {{"a", ""}, {"b", word()}, {"c", ""}};
  changes_.new_applies.push_back(created);
  applies_.push_back(created.apply.id);
  const ApplyId progressing[] = {any(applies_)};
  const auto apply = store_.applies(progressing);
  if (!apply || apply->empty()) return;
  const int64_t from = apply->front().cursor + (one_in(4) ? 1 : 0);
  changes_.apply_progress.push_back(
      {progressing[0], from, from + 1, ApplyStatus::Creating, {{from, any(devices_)}}});
}

}  // namespace rollcall::store
