// The history of tasks: as it was written, or task by task along its chain (ADR 0009).
#include <deque>

#include "store/sqlite/queries.hpp"

namespace rollcall::store {
namespace {

HistoryRow read_history(Query& query) {
  HistoryRow row;
  std::optional<int32_t> progress;
  std::string detail;
  query >> row.position >> row.key.job >> row.key.sequence >> row.device >> row.attempt >> row.from >>
      row.to >> row.cause >> row.at >> progress >> detail;
  row.progress = progress.value_or(-1);
  const size_t mark = detail.rfind(kDetailMark);
  if (mark != std::string::npos) {
    row.detail.status_details = detail.substr(mark + 1);
    detail.resize(mark);
  }
  row.detail.message = std::move(detail);
  return row;
}

}  // namespace

Result<std::vector<HistoryRow>> JobQueries::history(int64_t after_position, size_t limit) {
  std::vector<HistoryRow> rows;
  Query query = history_.run(after_position, limit);
  while (query.step()) rows.push_back(read_history(query));
  return connection_.finish(std::move(rows));
}

// From the task's last row back to its first; only the oldest `limit` positions are kept.
std::vector<int64_t> JobQueries::event_positions(const TaskKey& key, int64_t after_position, size_t limit) {
  std::deque<int64_t> positions;
  int64_t position = 0;
  {
    Query last = last_event_.run(key.job, key.sequence);
    if (last.step()) last >> position;
  }
  while (position > after_position) {
    positions.push_front(position);
    if (positions.size() > limit) positions.pop_back();
    Query previous = previous_event_.run(position);
    if (!previous.step()) break;
    previous >> position;
  }
  return {positions.begin(), positions.end()};
}

Result<std::vector<HistoryRow>> JobQueries::task_history(std::span<const TaskKey> keys,
                                                         int64_t after_position, size_t limit) {
  Snapshot snapshot(connection_);
  std::vector<HistoryRow> rows;
  for (const TaskKey& key : keys) {
    if (rows.size() >= limit) break;
    for (const int64_t position : event_positions(key, after_position, limit - rows.size())) {
      Query query = history_row_.run(position);
      if (query.step()) rows.push_back(read_history(query));
    }
    after_position = 0;
  }
  return connection_.finish(std::move(rows));
}

}  // namespace rollcall::store
