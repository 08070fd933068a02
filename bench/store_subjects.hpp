// Subjects without a server: the store's own speed beside the bare loop, on the same rows. Used by cases.cpp.
// Thread: the child's main.
#pragma once

#include "base/clock.hpp"
#include "bench/subject.hpp"
#include "bench/task_tables.hpp"

namespace rollcall::bench {

// A round is three jobs: one whose tasks go QUEUED, SENT, IN_PROGRESS, SUCCEEDED in device order, one in
// random order (256 changes in a commit), and one that is cancelled at once.
class Transitions : public Subject {
 public:
  Transitions(std::unique_ptr<TaskTable> table, int64_t tasks) : table_(std::move(table)), tasks_(tasks) {}
  Values round() override;

 protected:
  std::unique_ptr<TaskTable> table_;
  const int64_t tasks_;
  int64_t job_ = 0;

 private:
  void move_all(const std::string& prefix, Values& values);
  SystemClock clock_;
};

std::unique_ptr<Subject> start_store_transitions(const Options& options);
std::unique_ptr<Subject> start_bare_transitions(const Options& options);
// The same on PostgreSQL, each with a server of its own.
std::unique_ptr<Subject> start_postgresql_transitions(const Options& options);
std::unique_ptr<Subject> start_bare_postgresql_transitions(const Options& options);

}  // namespace rollcall::bench
