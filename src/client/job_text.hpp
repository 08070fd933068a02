// Jobs for people: the parameters of CreateJob out of a few flags, and lines for the terminal out of answers.
// Called by the verb `job`. Source: cloud-api A, B. Thread: any; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/request_signing.hpp"
#include "base/result.hpp"

namespace rollcall::client {

struct JobOrder {
  std::string name;
  std::string type = "CUSTOM_JOB";
  std::string document = "{}";
  std::string description;
  std::string product_key;  // exactly one of the three targets
  std::string group_id;
  std::vector<std::string> devices;  // "NAME" of product `device_product`, or "PRODUCTKEY/NAME"
  std::string device_product;
  int64_t per_minute = 0;  // 0: the server's default
  std::optional<int> qos;
  int64_t timeout_minutes = 0;  // 0: the server's default
  int64_t scheduled_at_ms = 0;  // 0: at once
};

// Error InvalidFormattedParameter, a text for people.
Result<NameValues> job_parameters(const JobOrder& order);

// QueryJobStatistics as numbers (cloud-api A.8).
struct JobCounts {
  int64_t total = 0;
  int64_t queued = 0;
  int64_t sent = 0;
  int64_t in_progress = 0;
  int64_t succeeded = 0;
  int64_t failed = 0;
  int64_t rejected = 0;
  int64_t timed_out = 0;
  int64_t cancelled = 0;

  int64_t ended() const { return succeeded + failed + rejected + timed_out + cancelled; }
  bool operator==(const JobCounts&) const = default;
};
// `statistics` is the raw JSON of Data.
JobCounts read_counts(std::string_view statistics);

// "[######----]  60%  600/1000  succeeded 580  failed 20  running 40  waiting 360"
std::string progress_line(const JobCounts& counts, size_t bar_cells);

// No task of it changes any more (cloud-api B.1).
bool is_final_job_status(std::string_view status) noexcept;

}  // namespace rollcall::client
