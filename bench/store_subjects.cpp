#include "bench/store_subjects.hpp"

#include <algorithm>
#include <numeric>

#include "bench/machine.hpp"
#include "bench/postgresql_tables.hpp"

namespace rollcall::bench {
namespace {

constexpr size_t kChangesACommit = 256;

class StoreTransitions final : public Transitions {
 public:
  StoreTransitions(std::unique_ptr<StoreTable> store, int64_t tasks)
      : StoreTransitions(store.release(), tasks) {}
  Values once() override {
    store_.make_job(++job_);
    const double task_bytes = store_.bytes_per_row("task");
    std::vector<int64_t> all(static_cast<size_t>(tasks_));
    std::iota(all.begin(), all.end(), 0);
    store_.move(job_, all, TaskStatus::Queued, TaskStatus::Sent);
    return {{"untouched_task_bytes", task_bytes}, {"history_row_bytes", store_.bytes_per_row("history")}};
  }

 private:
  StoreTransitions(StoreTable* store, int64_t tasks)
      : Transitions(std::unique_ptr<TaskTable>(store), tasks), store_(*store) {}
  StoreTable& store_;
};

}  // namespace

Values Transitions::round() {
  const auto rate = [&](SteadyUs begin, int64_t rows) {
    return static_cast<double>(rows) * 1e6 / static_cast<double>(clock_.steady() - begin);
  };
  Values values;
  const SteadyUs making = clock_.steady();
  table_->make_job(++job_);
  values.emplace_back("made_rows_per_s", rate(making, tasks_));
  move_all("", values);
  table_->make_job(++job_);
  move_all("random_", values);
  table_->make_job(++job_);
  const SteadyUs cancelling = clock_.steady();
  table_->cancel_job(job_);
  values.emplace_back("cancelled_rows_per_s", rate(cancelling, tasks_));
  return values;
}

void Transitions::move_all(const std::string& prefix, Values& values) {
  const bool random_order = !prefix.empty();
  std::vector<int64_t> order(static_cast<size_t>(tasks_));
  std::iota(order.begin(), order.end(), 0);
  SeededRandom random(42);
  if (random_order)
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  constexpr TaskStatus kSteps[] = {TaskStatus::Queued, TaskStatus::Sent, TaskStatus::InProgress,
                                   TaskStatus::Succeeded};
  const SteadyUs begin = clock_.steady();
  const int64_t cpu_before_us = own_cpu_us();
  std::vector<int64_t> batch;
  for (size_t step = 1; step < std::size(kSteps); ++step) {
    for (size_t done = 0; done < order.size(); done += batch.size()) {
      const size_t end = std::min(order.size(), done + kChangesACommit);
      batch.assign(order.begin() + static_cast<long>(done), order.begin() + static_cast<long>(end));
      table_->move(job_, batch, kSteps[step - 1], kSteps[step]);
    }
  }
  const auto transitions = static_cast<double>(order.size() * (std::size(kSteps) - 1));
  values.emplace_back(prefix + "transitions_per_s",
                      transitions * 1e6 / static_cast<double>(clock_.steady() - begin));
  values.emplace_back(prefix + "transition_cpu_us",
                      static_cast<double>(own_cpu_us() - cpu_before_us) / transitions);
}

std::unique_ptr<Subject> start_store_transitions(const Options& options) {
  const auto tasks = static_cast<int64_t>(options.tasks);
  return std::make_unique<StoreTransitions>(std::make_unique<SqliteTable>(TaskTableSizes{tasks}), tasks);
}

std::unique_ptr<Subject> start_bare_transitions(const Options& options) {
  const auto tasks = static_cast<int64_t>(options.tasks);
  return std::make_unique<Transitions>(std::make_unique<BareTable>(TaskTableSizes{tasks}), tasks);
}

std::unique_ptr<Subject> start_postgresql_transitions(const Options& options) {
  const auto tasks = static_cast<int64_t>(options.tasks);
  return std::make_unique<StoreTransitions>(std::make_unique<PostgresqlTable>(TaskTableSizes{tasks}), tasks);
}

std::unique_ptr<Subject> start_bare_postgresql_transitions(const Options& options) {
  const auto tasks = static_cast<int64_t>(options.tasks);
  return std::make_unique<Transitions>(std::make_unique<BarePostgresqlTable>(TaskTableSizes{tasks}), tasks);
}

}  // namespace rollcall::bench
