// What every implementation of store::Store must do. The tests (store_*_contract.cpp) are written against the
// interface and run once for each StoreKind that a *_contract_test.cpp instantiates. Thread: one.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "store/store.hpp"

namespace rollcall::store {

// How to open one implementation in a fresh folder of its own.
struct StoreKind {
  std::string name;
  bool durable = true;  // false: nothing is left after closing, and there is no second reader
  std::function<Result<std::unique_ptr<Store>>(const std::string& folder, Random& random)> open;
  std::function<Result<std::unique_ptr<Reader>>(const std::string& folder)> open_reader;
};
inline void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }

// Bytes that differ from call to call, the same in every run.
class CountingRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(next_++ * 37 + 11);
  }

 private:
  uint32_t next_ = 0;
};

class StoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override;
  void TearDown() override;

  void reopen();
  Store& store() { return *store_; }
  // Commits; a failure fails the test.
  CommitResult commit(const ChangeSet& changes);
  // Commits what must be refused.
  Error commit_refused(const ChangeSet& changes);

  // --- a small world; every one of these is one commit
  ProductId add_product(const std::string& key);
  std::vector<DeviceId> add_devices(ProductId product, int count);
  GroupId add_group(const std::string& name, const std::vector<DeviceId>& members, ProductId product);
  void join(GroupId group, const std::vector<DeviceId>& members, ProductId product);
  // A job over listed devices: its tasks exist at once, QUEUED.
  JobId add_job(const std::vector<DeviceId>& targets);
  // A job that still has to make its tasks from a group or product.
  JobId add_job_to_make(TargetType type, ProductId product, GroupId group, int64_t total, int64_t snapshot);

  // --- values to start from
  Product product_value(const std::string& key);
  Device device_value(ProductId product, const std::string& name);
  Job job_value();
  Task task(JobId job, int64_t sequence);
  Job job(JobId id);
  // The change of a task from what is stored now to `to`, one second later.
  TaskChange change(JobId job, int64_t sequence, TaskStatus to, Cause cause);
  MakeTasks make_value(JobId id, size_t rows_max);
  // A new epoch, whose sweep begins there.
  void sweep_from(JobId id, int64_t cursor);
  SweepTasks sweep_value(JobId id, int64_t first_sequence, size_t rows_max);
  std::vector<HistoryRow> whole_history();
  std::vector<HistoryRow> history_of(const std::vector<TaskKey>& keys, int64_t after = 0,
                                     size_t limit = 1'000);
  // A change of its own commit.
  void move(JobId job, int64_t sequence, TaskStatus to, Cause cause);
  std::vector<TaskView> all_tasks(JobId job);
  // store_retention_contract.cpp
  JobId finished_job(const std::vector<DeviceId>& devices);
  void end_job(JobId id, JobStatus status, WallMs at);

  // Recounts everything that is kept beside the rows: counters of jobs, products and groups, tasks_made,
  // dense sequence numbers, the history of each task against its status. Run by TearDown too.
  void check_invariants();

  WallMs now{1'700'000'000'000};
  int64_t next_id = 1;
  int64_t next_join = 1;

 private:
  void check_job(const Job& job, const std::vector<HistoryRow>& history);
  void check_tally(const Product& product);
  void check_tally(const Group& group);
  std::string folder_;
  CountingRandom random_;
  std::unique_ptr<Store> store_;
  std::vector<GroupId> groups_;
};

// Submits and polls until the result is there.
Result<CommitResult> commit_to_the_end(Store& store, const ChangeSet& changes);

// A folder of its own, removed at the end.
std::string make_folder();
void remove_folder(const std::string& folder);

}  // namespace rollcall::store
