// Change sets at random over a small world: what the engine would ask for, what it would ask for with stale
// eyes, and what it must never get. Used by the tests that hold two stores against each other. Thread: one.
#pragma once

#include <optional>
#include <vector>

#include "base/random.hpp"
#include "store/store.hpp"

namespace rollcall::store {

class RandomChanges {
 public:
  // Looks at `store` to make changes that mostly fit; never writes.
  RandomChanges(uint64_t seed, Store& store) : random_(seed), store_(store) {}
  // Products and first devices, in one commit.
  ChangeSet world();
  // Alive until the next call.
  const ChangeSet& next();

  const std::vector<ProductId>& products() const { return products_; }
  const std::vector<DeviceId>& devices() const { return devices_; }
  const std::vector<GroupId>& groups() const { return groups_; }
  const std::vector<JobId>& jobs() const { return jobs_; }
  const std::vector<ApplyId>& applies() const { return applies_; }
  int64_t last_topic() const { return next_topic_ - 1; }
  WallMs now() const { return now_; }

 private:
  bool one_in(uint64_t n) { return random_.below(n) == 0; }
  template <class T>
  const T& any(const std::vector<T>& all) {
    return all[random_.below(all.size())];
  }
  std::string word() { return "w" + std::to_string(random_.below(1000)); }
  void devices_come_and_change();
  void groups_grow();
  void groups_shrink();
  void things_are_labelled();
  void job_begins();
  void job_changes();
  void tasks_are_made();
  void tasks_are_swept();
  void tasks_change();
  void task_changes(const Task& task);
  void lists_are_worked_off();
  void messages_wait();
  void fleet_is_described();
  std::optional<Job> any_job();

  SeededRandom random_;
  Store& store_;
  ChangeSet changes_;
  std::vector<ProductId> products_;
  std::vector<DeviceId> devices_;
  std::vector<GroupId> groups_;
  std::vector<JobId> jobs_;
  std::vector<ApplyId> applies_;
  std::vector<std::pair<ProductId, std::string>> unfit_;
  int64_t next_id_ = 1;
  int64_t next_join_ = 1;
  int64_t next_topic_ = 1;
  WallMs now_{1'700'000'000'000};
};

}  // namespace rollcall::store
