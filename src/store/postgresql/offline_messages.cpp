#include "store/postgresql/offline_messages.hpp"

#include "store/postgresql/queries.hpp"

namespace rollcall::store::postgresql {
namespace {

constexpr SqlText kMessages{"offline_messages",
                            "SELECT m.device, m.id, m.expires_ms, m.type, m.name, m.body "
                            "FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS i(device, after, n), "
                            "LATERAL (SELECT * FROM offline_message WHERE device = i.device AND id > i.after "
                            "ORDER BY id LIMIT $3::bigint) m ORDER BY i.n, m.id"};
constexpr SqlText kTallies{
    "offline_tallies",
    "SELECT m.device, count(*), sum(length(m.body))::bigint "
    "FROM unnest($1::bigint[]) WITH ORDINALITY AS i(device, n) "
    "JOIN offline_message m ON m.device = i.device GROUP BY i.n, m.device ORDER BY i.n"};
constexpr SqlText kTotals{"offline_totals", "SELECT count(*), coalesce(max(id), 0) FROM offline_message"};
constexpr SqlText kEarliestEnd{"earliest_offline_end", "SELECT min(expires_ms) FROM offline_message"};

constexpr SqlText kPut{
    "offline_message_insert",
    "INSERT INTO offline_message(device, id, expires_ms, type, name, body) "
    "SELECT i.device, i.id, i.expires_ms, i.type, i.name, i.body FROM unnest($1::bigint[], $2::bigint[], "
    "$3::bigint[], $4::smallint[], $5::bytea[], $6::bytea[]) AS i(device, id, expires_ms, type, name, body) "
    "JOIN device d ON d.id = i.device AND d.deleted_ms = 0"};
constexpr SqlText kForget{
    "offline_message_delete",
    "WITH gone AS (DELETE FROM offline_message m USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) "
    "AS i(device, first, last) WHERE m.device = i.device AND m.id BETWEEN i.first AND i.last RETURNING 1) "
    "SELECT count(*) FROM gone"};
constexpr SqlText kForgetDeleted{
    "offline_message_delete_all",
    "WITH gone AS (DELETE FROM offline_message m USING device d "
    "WHERE m.device = ANY($1::bigint[]) AND d.id = m.device AND d.deleted_ms <> 0 RETURNING 1) "
    "SELECT count(*) FROM gone"};
constexpr SqlText kExpire{
    "offline_message_expire",
    "WITH gone AS (DELETE FROM offline_message WHERE (device, id) IN (SELECT device, id FROM offline_message "
    "WHERE expires_ms <= $1::bigint ORDER BY expires_ms, device, id LIMIT $2::bigint) RETURNING 1) "
    "SELECT count(*) FROM gone"};

void put_messages(const std::vector<OfflineMessage>& messages, Steps& steps) {
  Column<DeviceId> device;
  Column<int64_t> id;
  Column<WallMs> expires_at;
  Column<JobType> type;
  BytesColumn name, body;
  for (const OfflineMessage& message : messages) {
    device.add(message.device);
    id.add(message.id);
    expires_at.add(message.expires_at);
    type.add(message.type);
    name.add(message.name);
    body.add(message.body);
  }
  Parameters parameters;
  parameters << std::move(device) << std::move(id) << std::move(expires_at) << std::move(type)
             << std::move(name) << std::move(body);
  steps.push_back({&kPut, std::move(parameters), nullptr});
}

std::function<void(const ReplyRow&)> added_to(int64_t& sum) {
  return [&sum](const ReplyRow& row) { sum += row.integer(0); };
}

}  // namespace

Result<std::vector<OfflineMessage>> read_offline_messages(Link& link, std::span<const OfflinePlace> places,
                                                          size_t limit_each) {
  std::vector<OfflineMessage> rows;
  if (places.empty()) return rows;
  Column<DeviceId> device;
  Column<int64_t> after;
  for (const OfflinePlace& place : places) {
    device.add(place.device);
    after.add(place.after);
  }
  Parameters parameters;
  parameters << std::move(device) << std::move(after) << static_cast<int64_t>(limit_each);
  return run_one(link, rows, kMessages, std::move(parameters), [&](const ReplyRow& row) {
    OfflineMessage& message = rows.emplace_back();
    Columns(row) >> message.device >> message.id >> message.expires_at >> message.type >> message.name >>
        message.body;
  });
}

Result<std::vector<OfflineTally>> read_offline_tallies(Link& link, std::span<const DeviceId> devices) {
  std::vector<OfflineTally> rows;
  if (devices.empty()) return rows;
  Parameters parameters;
  parameters << column(devices);
  return run_one(link, rows, kTallies, std::move(parameters), [&](const ReplyRow& row) {
    OfflineTally& tally = rows.emplace_back();
    Columns(row) >> tally.device >> tally.messages >> tally.bytes;
  });
}

Result<OfflineTotals> read_offline_totals(Link& link) {
  OfflineTotals totals;
  return run_one(link, totals, kTotals, {},
                 [&](const ReplyRow& row) { Columns(row) >> totals.messages >> totals.last_id; });
}

Result<std::optional<WallMs>> earliest_offline_end(Link& link) {
  std::optional<WallMs> earliest;
  return run_one(link, earliest, kEarliestEnd, {}, [&](const ReplyRow& row) { Columns(row) >> earliest; });
}

void write_offline_messages(const ChangeSet& changes, Steps& steps, CommitResult& result) {
  if (!changes.offline_messages.empty()) put_messages(changes.offline_messages, steps);
  if (!changes.offline_gone.empty()) {
    Column<DeviceId> device;
    Column<int64_t> first, last;
    for (const OfflineRange& range : changes.offline_gone) {
      device.add(range.device);
      first.add(range.first);
      last.add(range.last);
    }
    Parameters parameters;
    parameters << std::move(device) << std::move(first) << std::move(last);
    steps.push_back({&kForget, std::move(parameters), added_to(result.offline_gone)});
  }
  std::vector<DeviceId> deleted;
  for (const DeviceChange& change : changes.devices)
    if (change.deleted) deleted.push_back(change.id);
  if (!deleted.empty()) {
    Parameters parameters;
    parameters << column(std::span<const DeviceId>(deleted));
    steps.push_back({&kForgetDeleted, std::move(parameters), added_to(result.offline_gone)});
  }
  if (const auto& expire = changes.expire_offline) {
    Parameters parameters;
    parameters << expire->until << static_cast<int64_t>(expire->rows_max);
    steps.push_back({&kExpire, std::move(parameters), added_to(result.offline_expired)});
  }
}

}  // namespace rollcall::store::postgresql
