#include "bench/machine.hpp"
#include "bench/mass_server.hpp"
#include "bench/mass_subjects.hpp"
#include "bench/statistics.hpp"
#include "bench/task_tables.hpp"

namespace rollcall::bench {
namespace {

constexpr double kOthersMs = 50;       // what others may feel, p99 ...
constexpr double kOthersInSyncs = 10;  // ... or so many fdatasyncs
constexpr int64_t kBareRowsACommit = 10'000;

NameValues waiting_job(const MassServer& mass, const std::string&) { return mass.job_parameters(); }
NameValues failing_job(const MassServer& mass, const std::string&) {
  return mass.job_parameters({{"OfflinePolicy", "FAIL"}});
}
NameValues that_job(const MassServer&, const std::string& job) { return {{"JobId", job}}; }

// One row an operation, in this order on the job that the last CreateJob made; it is over when the job's
// status is `until` ("" : no longer at work). `bare` does the same to as many rows. An action that the server
// does not know is left out.
struct Operation {
  const char* name;
  const char* action;
  NameValues (*parameters)(const MassServer& mass, const std::string& job);
  const char* until;
  void (TaskTable::*bare)(int64_t job);
};
constexpr Operation kOperations[] = {
    {"create", "CreateJob", waiting_job, "", &TaskTable::make_job},
    {"cancel", "CancelJob", that_job, "CANCELLED", &TaskTable::cancel_job},
    {"delete", "DeleteJob", that_job, "gone", nullptr},
    {"fail", "CreateJob", failing_job, "COMPLETED", nullptr},
    {"rerun", "RerunJob", that_job, "COMPLETED", nullptr},
};

class MassOperations final : public Subject {
 public:
  explicit MassOperations(const Options& options) : mass_(options), targets_(options.targets) {
    for (const Operation& operation : kOperations)
      if (mass_.knows(operation.action)) known_.push_back(&operation);
  }

  // Memory of an open task: what a job of nothing but waiting tasks adds.
  Values once() override {
    const int64_t before = mass_.server.process.rss_bytes();
    const std::string job = mass_.make_job();
    const int64_t added = mass_.server.process.rss_bytes() - before;
    mass_.call("CancelJob", {{"JobId", job}});
    mass_.await_job(job, "CANCELLED");
    return {{"rss_bytes_per_open_task", static_cast<double>(added) / static_cast<double>(targets_)}};
  }

  Values round() override {
    Values values;
    std::string job;
    for (const Operation* operation : known_) job = run(*operation, job, values);
    return values;
  }

 private:
  std::string run(const Operation& operation, std::string job, Values& values) {
    const std::vector<double> syncs_us = time_syncs(mass_.server.folder.path(), 100);
    const double sync_p99_ms = percentile(syncs_us, 0.99) / 1e3;
    Bystanders others(mass_);
    const SteadyUs begin = clock_.steady();
    const auto answer = mass_.call(operation.action, operation.parameters(mass_, job));
    const double answer_ms = elapsed_ms(begin);
    if (job.empty() || !answer.text("JobId").empty()) job = answer.text("JobId");
    mass_.await_job(job, operation.until);
    const double all_ms = elapsed_ms(begin);
    const double others_ms = percentile(others.finish(), 0.99);
    const std::string name = operation.name;
    values.emplace_back(name + "_answer_ms", answer_ms);
    values.emplace_back(name + "_ms", all_ms);
    values.emplace_back(name + "_others_p99_ms", others_ms);
    values.emplace_back(name + "_others_share",
                        others_ms / std::max(kOthersMs, kOthersInSyncs * sync_p99_ms));
    return job;
  }
  double elapsed_ms(SteadyUs begin) const { return static_cast<double>(clock_.steady() - begin) / 1e3; }

  MassServer mass_;
  const size_t targets_;
  SystemClock clock_;
  std::vector<const Operation*> known_;
};

class BareOperations final : public Subject {
 public:
  explicit BareOperations(const Options& options)
      : table_(TaskTableSizes{static_cast<int64_t>(options.targets), kBareRowsACommit}) {}
  Values round() override {
    Values values;
    ++job_;
    for (const Operation& operation : kOperations) {
      if (operation.bare == nullptr) continue;
      const SteadyUs begin = clock_.steady();
      (table_.*operation.bare)(job_);
      values.emplace_back(std::string(operation.name) + "_ms",
                          static_cast<double>(clock_.steady() - begin) / 1e3);
    }
    return values;
  }

 private:
  BareTable table_;
  SystemClock clock_;
  int64_t job_ = 0;
};

}  // namespace

std::unique_ptr<Subject> start_mass_operations(const Options& options) {
  return std::make_unique<MassOperations>(options);
}
std::unique_ptr<Subject> start_bare_operations(const Options& options) {
  return std::make_unique<BareOperations>(options);
}

}  // namespace rollcall::bench
