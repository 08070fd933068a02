// Two ways to keep the same rows: the product's store, and the barest SQLite loop with the same schema, batch
// size and synchronous=FULL, history rows on, as the wall. Used by the store case and, as a wall, by mass
// operations. Thread: one.
#pragma once

#include <sqlite3.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "store/sqlite/open.hpp"
#include "support/child_process.hpp"

namespace rollcall::bench {

struct TaskTableSizes {
  int64_t tasks = 0;              // of every job
  int64_t rows_a_commit = 2'000;  // when whole jobs are made or swept
};

class TaskTable {
 public:
  virtual ~TaskTable() = default;
  // The tasks of a new job, all QUEUED; `job` from 1.
  virtual void make_job(int64_t job) = 0;
  // One commit: these tasks, all in status `from`, get status `to`.
  virtual void move(int64_t job, const std::vector<int64_t>& sequences, TaskStatus from, TaskStatus to) = 0;
  // Ends all open tasks of a job as CANCELLED.
  virtual void cancel_job(int64_t job) = 0;
};

// On any store.
class StoreTable : public TaskTable {
 public:
  StoreTable(TaskTableSizes sizes, std::unique_ptr<store::Store> store);
  void make_job(int64_t job) override;
  void move(int64_t job, const std::vector<int64_t>& sequences, TaskStatus from, TaskStatus to) override;
  void cancel_job(int64_t job) override;
  // Bytes on the disk of a table with its indexes, divided by its rows.
  virtual double bytes_per_row(const std::string& table) const = 0;

 private:
  store::CommitResult commit(const store::ChangeSet& changes);
  void make_fleet();
  const TaskTableSizes sizes_;
  std::unique_ptr<store::Store> store_;
  store::ChangeSet moves_;
};

// What a store needs as long as it lives.
struct SqlitePlace {
  testing::ScratchFolder folder;
  SystemRandom random;
};

class SqliteTable final : SqlitePlace, public StoreTable {
 public:
  explicit SqliteTable(TaskTableSizes sizes);
  double bytes_per_row(const std::string& table) const override;
};

class BareTable final : public TaskTable {
 public:
  explicit BareTable(TaskTableSizes sizes);
  ~BareTable() override;
  void make_job(int64_t job) override;
  void move(int64_t job, const std::vector<int64_t>& sequences, TaskStatus from, TaskStatus to) override;
  void cancel_job(int64_t job) override;

 private:
  void run(const std::string& sql);
  void step(const char* sql, std::initializer_list<int64_t> values);
  void count(int64_t job, int64_t tasks, TaskStatus from, TaskStatus to);
  void move_block(int64_t sequence, int64_t from, int64_t to);
  void write_blocks(int64_t job);
  struct Block {
    int64_t block = 0;
    std::array<int64_t, 2> counts{};
  };
  const TaskTableSizes sizes_;
  testing::ScratchFolder folder_;
  sqlite3* db_ = nullptr;
  std::map<const char*, sqlite3_stmt*> statements_;  // by address: each text stands once in the source
  int64_t history_ = 0;
  std::vector<int64_t> sorted_;
  std::vector<Block> blocks_;
};

}  // namespace rollcall::bench
