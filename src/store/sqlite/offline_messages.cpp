#include "store/sqlite/offline_messages.hpp"

#include <algorithm>
#include <cstdint>

namespace rollcall::store {

OfflineQueries::OfflineQueries(Connection& c)
    : connection_(c),
      of_device_(c, "offline_messages",
                 "SELECT device, id, expires_ms, type, name, body FROM offline_message "
                 "WHERE device = ?1 AND id > ?2 ORDER BY id LIMIT ?3"),
      tally_(c, "offline_tally", "SELECT count(*), sum(length(body)) FROM offline_message WHERE device = ?1"),
      totals_(c, "offline_totals", "SELECT count(*), max(id) FROM offline_message"),
      earliest_end_(c, "earliest_offline_end", "SELECT min(expires_ms) FROM offline_message") {}

Result<std::vector<OfflineMessage>> OfflineQueries::messages(std::span<const OfflinePlace> places,
                                                             size_t limit_each) {
  Snapshot snapshot(connection_);
  std::vector<OfflineMessage> rows;
  for (const OfflinePlace& place : places) {
    Query query = of_device_.run(place.device, place.after, limit_each);
    while (query.step()) {
      OfflineMessage& row = rows.emplace_back();
      query >> row.device >> row.id >> row.expires_at >> row.type >> row.name >> row.body;
    }
  }
  return connection_.finish(std::move(rows));
}

Result<std::vector<OfflineTally>> OfflineQueries::tallies(std::span<const DeviceId> devices) {
  Snapshot snapshot(connection_);
  std::vector<OfflineTally> rows;
  for (const DeviceId device : devices) {
    Query query = tally_.run(device);
    OfflineTally row{device, 0, 0};
    if (query.step()) query >> row.messages >> row.bytes;
    if (row.messages > 0) rows.push_back(row);
  }
  return connection_.finish(std::move(rows));
}

Result<OfflineTotals> OfflineQueries::totals() {
  OfflineTotals totals;
  {
    Query query = totals_.run();
    if (query.step()) query >> totals.messages >> totals.last_id;
  }
  return connection_.finish(totals);
}

Result<std::optional<WallMs>> OfflineQueries::earliest_end() {
  std::optional<WallMs> earliest;
  {
    Query query = earliest_end_.run();
    if (query.step()) query >> earliest;
  }
  return connection_.finish(earliest);
}

OfflineWriter::OfflineWriter(Connection& c)
    : put_(c, "offline_message_insert",
           "INSERT INTO offline_message SELECT ?1, ?2, ?3, ?4, ?5, CAST(?6 AS BLOB) "
           "WHERE EXISTS(SELECT 1 FROM device WHERE id = ?1 AND deleted_ms = 0)"),
      forget_(c, "offline_message_delete",
              "DELETE FROM offline_message WHERE device = ?1 AND id BETWEEN ?2 AND ?3"),
      expire_(c, "offline_message_expire",
              "DELETE FROM offline_message WHERE rowid IN (SELECT rowid FROM offline_message "
              "WHERE expires_ms <= ?1 ORDER BY expires_ms, device, id LIMIT ?2)") {}

void OfflineWriter::write(const ChangeSet& changes, CommitResult& result) {
  for (const OfflineMessage& message : changes.offline_messages)
    put_.execute(message.device, message.id, message.expires_at, message.type, message.name, message.body);
  for (const OfflineRange& range : changes.offline_gone)
    result.offline_gone += forget_.execute(range.device, range.first, range.last);
  for (size_t i = 0; i < changes.devices.size(); ++i) {
    const auto& missed = result.missed_devices;
    const bool hit = std::find(missed.begin(), missed.end(), i) == missed.end();
    if (changes.devices[i].deleted && hit)
      result.offline_gone += forget_.execute(changes.devices[i].id, int64_t{0}, INT64_MAX);
  }
  if (const auto& expire = changes.expire_offline)
    result.offline_expired = expire_.execute(expire->until, expire->rows_max);
}

}  // namespace rollcall::store
