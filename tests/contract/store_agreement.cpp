#include "contract/store_agreement.hpp"

#include <fmt/format.h>

#include <map>

namespace rollcall::store {
namespace {

constexpr size_t kAll = 100'000;

// A value to loop over: what a read returned lives as long as the loop.
template <class T>
T rows(Result<T> result) {
  return result ? std::move(*result) : T{};
}

int n(auto value) { return static_cast<int>(value); }

std::string text_of(const TaskCounters& counters) {
  std::string text;
  for (const int64_t count : counters.by_status) text += fmt::format(" {}", count);
  return text;
}

std::string text_of(const std::vector<uint32_t>& indexes) {
  std::string text;
  for (const uint32_t index : indexes) text += fmt::format(" {}", index);
  return text;
}

std::string text_of(const Task& t) {
  return fmt::format("task {}/{} device {} {} attempt {} progress {} flags {} pushes {} at {} {} noted {} {}",
                     t.key.job.value, t.key.sequence, t.device.value, n(t.status), t.attempt, t.progress,
                     t.flags, t.pushes, t.queued_at.value, t.modified_at.value, t.noted, t.noted_at.value);
}

void add_jobs(Store& store, const RandomChanges& changes, std::string& text) {
  for (const Job& j : rows(store.jobs(changes.jobs()))) {
    text +=
        fmt::format("job {} status {} sweep {} cursor {} made {} epoch {} paused {} modified {} {} {}:{}\n",
                    j.id.value, n(j.status), n(j.sweep), j.sweep_cursor, j.tasks_made, j.epoch, j.paused,
                    j.modified_at.value, j.settings.description, j.spec.name, text_of(j.counters));
    for (const TaskView& row : rows(store.list_tasks_of_job(j.id, {}, -1, kAll))) {
      const TaskKey keys[] = {row.task.key};
      const TaskDetail detail = store.task_details(keys)->front();
      text += fmt::format("{} {} '{}' '{}'\n", text_of(row.task), row.device_name, detail.message,
                          detail.status_details);
    }
  }
}

// By task: two stores may write the changes of different tasks of one commit in another order.
void add_history(Store& store, std::string& text) {
  std::map<TaskKey, std::string> by_task;
  for (const HistoryRow& h : rows(store.history(0, kAll))) {
    by_task[h.key] += fmt::format("  device {} attempt {} {}>{} cause {} at {} progress {} '{}' '{}'\n",
                                  h.device.value, h.attempt, n(h.from), n(h.to), n(h.cause), h.at.value,
                                  h.progress, h.detail.message, h.detail.status_details);
  }
  for (const auto& [key, rows] : by_task)
    text += fmt::format("history {}/{}\n{}", key.job.value, key.sequence, rows);
}

std::string text_of(const DeviceTally& t) {
  return fmt::format("{} active {} online {} disabled {} {}", t.devices, t.active, t.online, t.disabled,
                     t.disabled_active);
}

void add_listing(Store& store, const RandomChanges& changes, std::string& text) {
  text += "all " + text_of(*store.instance_tally(InstanceId{1})) + "\n";
  for (const ProductId product : changes.products()) {
    text += fmt::format("tally {} {}\n", product.value, text_of(*store.product_tally(product)));
    for (const ProductTopic& topic : rows(store.product_topics(product)))
      text += fmt::format(" topic {} {} {} {}\n", topic.id.value, topic.name, n(topic.operation),
                          topic.description);
    for (const DeviceStatus status :
         {DeviceStatus::Unactive, DeviceStatus::Online, DeviceStatus::Offline, DeviceStatus::Disabled}) {
      auto scan = *store.scan_devices(InstanceId{1}, product, status, {}, 20, 7);
      for (const DeviceRow& row : scan.devices) text += fmt::format(" {}", row.device.id.value);
      text += fmt::format(" next {}\n", scan.next ? scan.next->value : 0);
    }
  }
  const auto groups = *store.list_groups(InstanceId{1}, {}, {}, 0, kAll);
  for (const Group& group : groups.groups) {
    text += fmt::format("group {} {} {}:", group.id.value, group.description,
                        text_of(*store.group_tally(group.id)));
    for (const DeviceId device : rows(store.group_devices(group.id, 0, kAll)))
      text += fmt::format(" {}", device.value);
    text += "\n";
  }
  for (const char* value : {"", "v1"}) {
    const DeviceTag tags[] = {{"t1", value}, {"t2", ""}};
    const auto found = *store.devices_by_tags(InstanceId{1}, tags, 0, kAll);
    text += fmt::format("tagged {}:", found.total);
    for (const DeviceId device : found.devices) text += fmt::format(" {}", device.value);
    text += "\n";
  }
}

void add_fleet(Store& store, const RandomChanges& changes, std::string& text) {
  for (const Product& p : rows(store.products(changes.products()))) {
    text += fmt::format("product {} devices {} {}\n", p.id.value, p.device_count, p.description);
    const auto model = *store.latest_thing_model(p.id);
    if (model) text += fmt::format("  latest {} {}\n", model->version, model->tsl);
    const auto draft = *store.thing_model(p.id, "");
    if (draft) text += fmt::format("  draft {}\n", draft->tsl);
  }
  for (const Device& d : rows(store.devices(changes.devices())))
    text += fmt::format("device {} product {} {} '{}' '{}' '{}' {}\n", d.id.value, d.product.value, d.name,
                        d.foreign_iot_id, d.secret.reveal(), d.nickname, d.enabled);
  for (const Group& g : rows(store.groups(changes.groups()))) {
    text += fmt::format("group {} devices {}\n", g.id.value, g.device_count);
    for (const auto& m : rows(store.memberships(g.id, changes.devices())))
      text += m.in_group ? fmt::format(" {}", m.device.value) : "";
    auto products = *store.group_products(g.id);
    std::sort(products.begin(), products.end());
    for (const auto& [product, count] : products) text += fmt::format(" {}:{}", product.value, count);
    text += "\n";
  }
  for (const Presence& p : rows(store.presence(changes.devices())))
    text += fmt::format("presence {} {} epoch {} {} {} {} {}\n", p.device.value, p.online, p.connection_epoch,
                        p.activated_at.value, p.online_at.value, p.changed_at.value, p.address);
  for (const LastValues& values : rows(store.last_values(changes.devices())))
    text += fmt::format("values {} {}\n", values.device.value, values.reported);
  for (const Apply& a : rows(store.applies(changes.applies()))) {
    text += fmt::format("apply {} {} {}\n", a.id.value, n(a.status), a.cursor);
    for (const ApplyItem& item : rows(store.apply_items(a.id, 0, kAll)))
      text += fmt::format(" {} '{}' {}\n", item.device_name, item.nickname, item.device.value);
  }
}

}  // namespace

std::string text_of(const Result<CommitResult>& result) {
  if (!result) return "refused: " + result.error().detail.substr(0, result.error().detail.find(':'));
  std::string text = fmt::format("missed tasks{} jobs{} applies{} devices{}\n", text_of(result->missed_tasks),
                                 text_of(result->missed_jobs), text_of(result->missed_applies),
                                 text_of(result->missed_devices), text_of(result->missed_products));
  for (const auto& [key, status] : result->ended)
    text += fmt::format("ended {}/{} {}\n", key.job.value, key.sequence, n(status));
  text += fmt::format("purged {} {}\n", result->members_purged, result->members_left_over);
  text += fmt::format("messages gone {} expired {}\n", result->offline_gone, result->offline_expired);
  for (const MakeResult& m : result->made)
    text += fmt::format("made {} {} rows {} last {} {} failed {}\n", m.job.value, m.hit, m.rows_made,
                        m.last_member, m.exhausted, m.rows_failed);
  for (const SweepResult& s : result->swept) {
    text += fmt::format("swept {} {} next {} {}\n", s.job.value, s.hit, s.next_sequence, s.exhausted);
    for (const SweptTask& t : s.swept)
      text += fmt::format(" {} {} {} {}\n", t.key.sequence, t.device.value, n(t.from), t.attempt);
  }
  return text;
}

std::string text_of(Store& store, const RandomChanges& changes) {
  std::string text;
  add_jobs(store, changes, text);
  add_history(store, text);
  add_fleet(store, changes, text);
  add_listing(store, changes, text);
  for (const DueTimeOut& due : rows(store.due_time_outs(WallMs{INT64_MAX}, kAll)))
    text += fmt::format("time-out {} {}/{} {}\n", due.deadline.value, due.key.job.value, due.key.sequence,
                        due.attempt);
  for (const Tell& tell : rows(store.tells(changes.devices(), kAll)))
    text += fmt::format("tell {} {}/{} {} {}\n", tell.device.value, tell.key.job.value, tell.key.sequence,
                        tell.attempt, tell.removed);
  std::vector<OfflinePlace> places;
  for (const DeviceId device : changes.devices()) places.push_back({device, 0});
  for (const OfflineMessage& m : rows(store.offline_messages(places, kAll)))
    text += fmt::format("message {} {} {} {} {} {}\n", m.device.value, m.id, m.expires_at.value, n(m.type),
                        m.name, m.body);
  return text;
}

std::string wrong_counters(Store& store, const CommitResult& result) {
  std::string text;
  for (const auto& [id, counters] : result.counters) {
    const JobId ids[] = {id};
    for (const Job& job : rows(store.jobs(ids)))
      if (job.counters != counters) text += fmt::format("counters {}:{}\n", id.value, text_of(counters));
  }
  return text;
}

Result<CommitResult> commit_to(Store& store, const ChangeSet& changes) {
  store.submit(changes);
  for (;;) {
    auto result = store.poll();
    if (result) return std::move(*result);
  }
}

}  // namespace rollcall::store
