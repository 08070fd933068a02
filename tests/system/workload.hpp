// What API clients do without pause while servers are killed: one table of operations, each with its weight,
// its parameters and what its acknowledgement means. A new action is a new line of the table in workload.cpp.
// Thread: the loop's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api_lanes.hpp"
#include "base/random.hpp"
#include "facts.hpp"

namespace rollcall::testing {

// Where jobs can go: devices that are connected, and their group.
struct WorkloadFleet {
  std::string product_key;
  std::string group;  // GroupId of all of them
  std::vector<std::string> devices;
};

class Workload {
 public:
  Workload(Facts& facts, Random& random, WorkloadFleet fleet)
      : facts_(facts), random_(random), fleet_(std::move(fleet)) {}

  // How many jobs, products and so on may be made from now on; names tell the round.
  void begin_round(int round, size_t jobs);
  // The next call; every call counts its acknowledgement in Facts.
  std::optional<ApiCall> next();

  // --- for the table of operations
  using Call = std::optional<ApiCall>;
  Call create_job(const std::string& type, const std::string& document);
  Call create_custom_job();
  Call create_property_job();
  Call create_service_job();
  Call create_message_job();
  Call create_side_job();
  Call cancel_job();
  Call delete_job();
  Call rerun_job();
  Call update_job();
  Call pause_job();
  Call register_device();
  Call create_group();
  Call add_to_group();
  Call create_product();
  Call import_model();
  Call publish_model();
  Call check_names();
  Call register_applied();
  Call query();

 private:
  using Answered = std::function<void(const client::ApiAnswer&)>;
  // `told` runs on success, before the acknowledgement is counted.
  ApiCall acknowledged(std::string action, NameValues parameters, Answered told);
  std::string name(const char* what);
  template <class List>
  const auto& pick(const List& list) {
    return list[random_.below(list.size())];
  }
  ApiCall new_job(NameValues parameters, JobFact fact);
  std::string some_targets(JobFact& fact);
  // An acknowledged job that nobody asked to end, and to which no other such change is under way.
  std::string some_job_to_change();
  ApiCall job_change(std::string action, const std::string& id, NameValues parameters,
                     std::function<void(JobFact&)> told);

  Facts& facts_;
  Random& random_;
  WorkloadFleet fleet_;
  int round_ = 0;
  size_t named_ = 0;
  size_t jobs_left_ = 0;
  size_t products_left_ = 0;
  size_t groups_left_ = 0;
  std::string side_product_;                // of this round
  std::vector<std::string> side_devices_;   // of it, acknowledged
  std::vector<std::string> recent_jobs_;    // JobIds of this round and the one before
  std::vector<std::string> recent_groups_;  // GroupIds of this round
  std::vector<int64_t> open_applies_;
};

}  // namespace rollcall::testing
