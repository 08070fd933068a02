// The product's store on a PostgreSQL of its own, and the barest libpq loop that keeps the same rows: the
// product's schema, its batch size, each commit one pipeline of prepared statements over arrays, durable,
// history rows on. Thread: one.
#pragma once

#include <libpq-fe.h>

#include <initializer_list>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "bench/task_tables.hpp"
#include "support/postgresql_server.hpp"

namespace rollcall::bench {

// A server and an empty schema in it, as long as the store lives.
struct PostgresqlPlace {
  PostgresqlPlace();
  std::unique_ptr<store::Store> open();
  testing::PostgresqlServer server{testing::PostgresqlServer::Durability::Full};
  std::string url;
  SystemClock clock;
  SystemRandom random;
};

class PostgresqlTable final : PostgresqlPlace, public StoreTable {
 public:
  explicit PostgresqlTable(TaskTableSizes sizes) : StoreTable(sizes, open()) {}
  double bytes_per_row(const std::string& table) const override;
};

class BarePostgresqlTable final : public TaskTable {
 public:
  explicit BarePostgresqlTable(TaskTableSizes sizes);
  ~BarePostgresqlTable() override;
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
  PostgresqlPlace place_;
  PGconn* connection_;
  std::set<const char*> prepared_;  // by address: each text stands once in the source
  std::vector<int64_t> sorted_;
};

}  // namespace rollcall::bench
