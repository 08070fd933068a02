// Queries::events: the history of tasks, one page of it (the extension ListTaskEvents).
#include <set>

#include "base/canary.hpp"
#include "engine/queries.hpp"
#include "store/store.hpp"

namespace rollcall::engine {
namespace {

// Where a listing goes on: behind the row at `position` of the task, or behind its creation (0). A cursor
// names the last event that was given: a row by its position, which says the rest; a creation by the part of
// the task's key in which the listing's tasks differ.
struct Place {
  TaskKey key;
  int64_t position = 0;
};

constexpr int64_t cursor_of_row(int64_t position) { return position * 2; }

int64_t cursor_of_creation(const EventScope& scope, const TaskKey& key) {
  return (std::holds_alternative<DeviceId>(scope) ? key.job.value : key.sequence) * 2 + 1;
}

// Is this the task of the place?
bool is_at(const EventScope& scope, const Place& place, const TaskKey& key) {
  return std::holds_alternative<DeviceId>(scope) ? place.key.job == key.job : place.key == key;
}

bool holds(const EventScope& scope, const store::HistoryRow& row) {
  if (const auto* task = std::get_if<TaskKey>(&scope)) return row.key == *task;
  if (const auto* job = std::get_if<JobId>(&scope)) return row.key.job == *job;
  return row.device == std::get<DeviceId>(scope);
}

Result<Place> place_of(store::Reader& reader, const EventScope& scope, int64_t cursor) {
  const int64_t number = cursor / 2;
  if (cursor % 2 == 0) {
    ROLLCALL_TRY(const auto rows, reader.history(number - 1, 1));
    if (rows.empty() || rows.front().position != number || !holds(scope, rows.front()))
      return fail(ErrorCode::InvalidNextToken, "The NextToken is not one of this query.");
    return Place{rows.front().key, number};
  }
  if (const auto* task = std::get_if<TaskKey>(&scope)) return Place{*task, 0};
  if (const auto* job = std::get_if<JobId>(&scope)) return Place{{*job, number}, 0};
  return Place{{JobId{number}, 0}, 0};
}

// Tasks from the place on (all of them, without one), in the order of the listing.
Result<std::vector<store::TaskView>> tasks_from(store::Reader& reader, const EventScope& scope,
                                                const std::optional<Place>& place, size_t limit) {
  if (const auto* task = std::get_if<TaskKey>(&scope)) {
    ROLLCALL_TRY(auto views, reader.list_tasks_of_job(task->job, {}, task->sequence - 1, 1));
    if (views.empty() || views.front().task.key != *task) return fail(ErrorCode::NotExistedTask);
    return views;
  }
  if (const auto* job = std::get_if<JobId>(&scope))
    return reader.list_tasks_of_job(*job, {}, place ? place->key.sequence - 1 : -1, limit);
  return reader.list_tasks_of_device(std::get<DeviceId>(scope), {},
                                     place ? JobId{place->key.job.value + 1} : JobId{}, limit);
}

EventInfo event_of(const store::TaskView& view) {
  EventInfo event;
  event.key = view.task.key;
  event.device = view.task.device;
  event.product_key = view.product_key;
  event.device_name = view.device_name;
  event.foreign_iot_id = view.foreign_iot_id;
  return event;
}

EventInfo creation_of(const store::TaskView& view) {
  EventInfo event = event_of(view);
  event.at = view.task.queued_at;
  event.to = TaskStatus::Queued;
  return event;
}

EventInfo event_of(const store::TaskView& view, store::HistoryRow&& row) {
  EventInfo event = event_of(view);
  event.at = row.at;
  event.from = row.from;
  event.to = row.to;
  event.cause = row.cause;
  event.attempt = row.attempt;
  event.progress = row.progress;
  event.detail = std::move(row.detail);
  return event;
}

// A deleted job is readable here for whom it belonged to (DESIGN 5.16).
Status check_owner(store::Reader& reader, InstanceId instance, const EventScope& scope) {
  if (std::holds_alternative<DeviceId>(scope)) return {};
  const auto* task = std::get_if<TaskKey>(&scope);
  ROLLCALL_TRY(const auto owner, reader.instance_of_job(task ? task->job : std::get<JobId>(scope)));
  if (owner == instance) return {};
  return fail(task ? ErrorCode::NotExistedTask : ErrorCode::NotExistedJob);
}

// Jobs of which nothing is left any more.
Result<std::set<JobId>> jobs_gone(store::Reader& reader, const std::vector<store::TaskView>& views) {
  std::set<JobId> gone;
  std::set<JobId> here;
  for (const store::TaskView& view : views) {
    const JobId job = view.task.key.job;
    if (gone.contains(job) || here.contains(job)) continue;
    ROLLCALL_TRY(const auto owner, reader.instance_of_job(job));
    (owner ? here : gone).insert(job);
  }
  return gone;
}

}  // namespace

Result<EventPage> Queries::events(InstanceId instance, const EventScope& scope, std::optional<int64_t> cursor,
                                  size_t limit) {
  ROLLCALL_TRY_STATUS(check_owner(reader_, instance, scope));
  std::optional<Place> place;
  if (cursor) {
    ROLLCALL_TRY(place, place_of(reader_, scope, *cursor));
  }
  // Every task but the first one gives an event at least, and one event more than wanted tells that there is
  // more.
  ROLLCALL_TRY(const auto views, tasks_from(reader_, scope, place, limit + 2));
  std::vector<TaskKey> keys;
  for (const store::TaskView& view : views) keys.push_back(view.task.key);
  const bool goes_on = place && !keys.empty() && is_at(scope, *place, keys.front());
  ROLLCALL_TRY(auto rows, reader_.task_history(keys, goes_on ? place->position : 0, limit + 1));
  // What was taken away since the first read is not shown in part (DESIGN 5.16): a job that is whole now was
  // whole then.
  ROLLCALL_TRY(const auto gone, jobs_gone(reader_, views));
  if (!gone.empty()) ROLLCALL_TRY_STATUS(check_owner(reader_, instance, scope));

  EventPage page;
  int64_t last = 0;
  const auto add = [&](EventInfo event, int64_t at) {
    if (page.events.size() == limit) page.next_cursor = last + (canary(Canary::PageSkipsRow) ? 2 : 0);
    if (page.next_cursor) return false;
    page.events.push_back(std::move(event));
    last = at;
    return true;
  };
  auto row = rows.begin();
  for (size_t i = 0; i < views.size(); ++i) {
    const store::TaskView& view = views[i];
    const TaskKey key = view.task.key;
    if (gone.contains(key.job)) {
      while (row != rows.end() && row->key == key) ++row;
      continue;
    }
    if ((i > 0 || !goes_on) && !add(creation_of(view), cursor_of_creation(scope, key))) return page;
    for (; row != rows.end() && row->key == key; ++row) {
      const int64_t position = row->position;
      if (!add(event_of(view, std::move(*row)), cursor_of_row(position))) return page;
    }
  }
  return page;
}

}  // namespace rollcall::engine
