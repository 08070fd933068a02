// What ListTaskEvents says, against the history as it was seen.
#include "base/clock.hpp"
#include "sim/truth.hpp"

namespace rollcall::sim {

std::string Truth::code_of(const TaskKey& key) const { return codec_->task_code(key); }

std::map<TaskKey, size_t> Truth::events_known(JobId job) const {
  std::map<TaskKey, size_t> known;
  for (auto it = tasks_.lower_bound(TaskKey{job, 0}); it != tasks_.end() && it->first.job == job; ++it)
    known.emplace(it->first, it->second.rows.size());
  return known;
}

// The creation, and then the rows in their order from the first one on, without a gap.
void Truth::events_listed(const TaskKey& key, const std::vector<std::string>& events) {
  const Track* track = find(key);
  const size_t rows = track ? track->rows.size() : 0;
  if (events.empty() || events[0].find("Z|CREATED||QUEUED|1||||") == std::string::npos)
    return violated(key, "its events do not begin with its creation");
  if (events.size() > rows + 1) return violated(key, "more events are listed than the history has");
  for (size_t i = 1; i < events.size(); ++i) {
    const store::HistoryRow& row = rows_[track->rows[i - 1]];
    const std::string expected = utc_text(row.at) + "|" + std::string(cause_text(row.cause)) + "|" +
                                 std::string(task_status_text(row.from)) + "|" +
                                 std::string(task_status_text(row.to)) + "|" + std::to_string(row.attempt) +
                                 "|" + (row.progress < 0 ? "" : std::to_string(row.progress)) + "|" +
                                 row.detail.message + "|" + row.detail.status_details + "|";
    if (events[i] != expected)
      return violated(key, "the listed event " + events[i] + " is not the row " + expected);
  }
}

}  // namespace rollcall::sim
