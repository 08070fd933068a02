// The barest libpq loop that keeps the same rows as the product's store on PostgreSQL: its schema, its batch
// size, each commit one pipeline of prepared statements over arrays, synchronous, history rows on. The wall
// of the store's case. Thread: one.
#pragma once

#include <libpq-fe.h>

#include <initializer_list>
#include <set>
#include <string>
#include <vector>

#include "bench/task_tables.hpp"

namespace rollcall::bench {

class BarePostgresql final : public TaskTable {
 public:
  // `url`: a database that has the product's schema and nothing else.
  BarePostgresql(const std::string& url, TaskTableSizes sizes);
  ~BarePostgresql() override;
  void make_job(int64_t job) override;
  void move(int64_t job, const std::vector<int64_t>& sequences, TaskStatus from, TaskStatus to) override;
  void cancel_job(int64_t job) override;

 private:
  struct Value {
    Value(int64_t number);
    Value(const std::vector<int64_t>& numbers);
    std::string bytes;
  };
  // Adds a statement to the pipeline.
  void add(const char* sql, std::initializer_list<Value> values = {});
  void count(int64_t job, int64_t tasks, TaskStatus from, TaskStatus to);
  // Sends the pipeline and reads its answers.
  void commit();
  const TaskTableSizes sizes_;
  PGconn* connection_;
  std::set<const char*> prepared_;  // by address: each text stands once in the source
  std::vector<int64_t> sorted_;
};

}  // namespace rollcall::bench
