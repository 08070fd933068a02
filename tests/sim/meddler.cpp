#include "sim/meddler.hpp"

namespace rollcall::sim {

std::optional<Result<store::CommitResult>> Meddler::poll() {
  if (!poisoned_) return store_->poll();
  poisoned_ = false;
  return fail(Error(ErrorCode::SystemException).with_detail("constraint: poison"));
}

void Meddler::submit(const store::ChangeSet& changes) {
  for (const store::NewGroup& made : changes.new_groups)
    if (made.group.name.starts_with("poison_")) poisoned_ = true;
  if (poisoned_) return;
  if (changes.tasks.empty() || !dice_.chance(chance_)) return store_->submit(changes);
  // The other process heard the same device finish its task.
  store::TaskChange change = changes.tasks[dice_.index(changes.tasks.size())];
  if (change.from_status != TaskStatus::Sent && change.from_status != TaskStatus::InProgress)
    return store_->submit(changes);
  const TaskKey keys[] = {change.task.key};
  const auto rows = store_->tasks(keys);
  const bool stands = rows && !rows->empty() && rows->front().status == change.from_status &&
                      rows->front().attempt == change.from_attempt;
  if (!stands) return store_->submit(changes);
  change.task = rows->front();
  change.task.status = TaskStatus::Failed;
  change.task.modified_at = clock_.wall();
  change.cause = Cause::Reported;
  change.record_history = false;
  change.detail = TaskDetail{std::string(kForeignDetail), {}};
  change.task.flags |= kTaskHasDetail;
  change.time_out_at.reset();
  store::ChangeSet others;
  others.tasks.push_back(std::move(change));
  trace_.note("meddled", keys[0].job.value, keys[0].sequence);
  store_->submit(others);
  (void)store_->poll();
  store_->submit(changes);
}

}  // namespace rollcall::sim
