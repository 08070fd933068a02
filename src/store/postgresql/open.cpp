#include "store/postgresql/open.hpp"

#include <poll.h>

#include <algorithm>

#include "base/limits.hpp"
#include "store/postgresql/link.hpp"
#include "store/postgresql/offline_messages.hpp"
#include "store/postgresql/schema.hpp"
#include "store/postgresql/writer.hpp"

namespace rollcall::store {
namespace postgresql {
namespace {

// How long poll() waits for an answer before it says that there is none yet: the caller has little else to
// do.
constexpr int kPollMs = 20;
constexpr int kTriesMax = 3;

constexpr SqlText kBegin{"begin", "BEGIN"};
constexpr SqlText kCommit{"commit", "COMMIT"};
constexpr SqlText kOthers{"commit_others",
                          "SELECT count(*), coalesce(sum(batch), 0)::bigint FROM commit_mark "
                          "WHERE epoch <> $1::bigint"};
constexpr SqlText kMark{"commit_mark",
                        "UPDATE commit_mark SET batch = $2::bigint WHERE epoch = $1::bigint RETURNING 1"};
constexpr SqlText kIdKey{"id_key", "SELECT value FROM meta WHERE name = 'id_key'"};
constexpr SqlText kReserveIds{
    "reserve_ids",
    "INSERT INTO id_counter AS c VALUES($1::text, 1 + $2::bigint) ON CONFLICT (kind) DO UPDATE "
    "SET next = c.next + $2 RETURNING next - $2"};
// 12: OfflineReason::ServerDied.
constexpr SqlText kMarkAllOffline{
    "mark_all_offline",
    "UPDATE presence SET online = false, changed_ms = $1::bigint, offline_reason = 12 WHERE online"};

class PostgresqlReader final : public WithQueries<Reader> {
 public:
  using WithQueries::WithQueries;
};

// A commit goes in two round trips: everything up to the last answer, then COMMIT. So whatever becomes of
// COMMIT's answer, what the change set did is known.
class PostgresqlStore final : public WithQueries<Store> {
 public:
  PostgresqlStore(std::unique_ptr<Session> session, const Clock& clock)
      : WithQueries(std::move(session)), session_(static_cast<Session&>(*link_)), clock_(clock) {}

  Result<std::array<uint8_t, 16>> id_key() override;
  Result<int64_t> reserve_ids(std::string_view kind, int64_t count) override;
  Status mark_all_offline(WallMs now) override;

  Result<bool> others_wrote() override;
  Result<std::vector<JobMark>> job_marks(JobId after, size_t limit) override {
    return jobs_.job_marks(after, limit);
  }
  Result<std::vector<Job>> unfinished_jobs() override { return jobs_.unfinished_jobs(); }
  Result<std::vector<Apply>> unfinished_applies() override { return fleet_.unfinished_applies(); }
  Result<std::vector<Task>> open_tasks(std::span<const DeviceId> devices, size_t limit_each) override {
    return jobs_.open_tasks(devices, limit_each);
  }
  Result<std::vector<Task>> queued_tasks(JobId job, int64_t after_sequence, size_t limit) override {
    return jobs_.queued_tasks(job, after_sequence, limit);
  }
  Result<std::vector<Tell>> tells(std::span<const DeviceId> devices, size_t limit_each) override {
    return jobs_.tells(devices, limit_each);
  }
  Result<std::vector<OfflineMessage>> offline_messages(std::span<const OfflinePlace> places,
                                                       size_t limit_each) override {
    return read_offline_messages(*link_, places, limit_each);
  }
  Result<std::vector<OfflineTally>> offline_tallies(std::span<const DeviceId> devices) override {
    return read_offline_tallies(*link_, devices);
  }
  Result<OfflineTotals> offline_totals() override { return read_offline_totals(*link_); }
  Result<std::optional<WallMs>> earliest_offline_end() override {
    return postgresql::earliest_offline_end(*link_);
  }
  Result<std::vector<DueTimeOut>> due_time_outs(WallMs until, size_t limit) override {
    return jobs_.due_time_outs(until, limit);
  }
  Result<std::optional<WallMs>> earliest_time_out() override { return jobs_.earliest_time_out(); }
  Result<std::optional<WallMs>> earliest_deletion() override { return jobs_.earliest_deletion(); }
  Result<std::vector<JobId>> ended_jobs(WallMs until, size_t limit) override {
    return jobs_.ended_jobs(until, limit);
  }
  Result<std::optional<WallMs>> earliest_end() override { return jobs_.earliest_end(); }

  void submit(const ChangeSet& changes) override;
  std::optional<Result<CommitResult>> poll() override;
  void idle() override {}
  int64_t log_bytes() const override { return 0; }

 private:
  enum class Phase { Nothing, Failed, Writing, Committing, InDoubt };
  void begin();
  std::optional<Result<CommitResult>> written();
  std::optional<Result<CommitResult>> committed();
  std::optional<Result<CommitResult>> resolved();
  Result<CommitResult> done();
  Result<CommitResult> failed(Error error);

  Session& session_;
  const Clock& clock_;
  Phase phase_ = Phase::Nothing;
  const ChangeSet* changes_ = nullptr;
  int tries_ = 0;
  Connection* connection_ = nullptr;  // while Writing and Committing
  SteadyUs give_up_at_;
  Steps steps_;
  CommitResult result_;
  Error error_;
  bool marked_ = false;
  int64_t batch_ = 0;
  std::pair<int64_t, int64_t> others_seen_;  // their connections and the sum of their batches
};

Result<bool> PostgresqlStore::others_wrote() {
  std::pair<int64_t, int64_t> now;
  Parameters parameters;
  parameters << session_.epoch();
  Steps steps;
  steps.push_back({&kOthers, std::move(parameters), [&](const ReplyRow& row) {
                     now = {row.integer(0), row.integer(1)};
                   }});
  ROLLCALL_TRY_STATUS(link_->run(steps));
  return std::exchange(others_seen_, now) != now;
}

Result<std::array<uint8_t, 16>> PostgresqlStore::id_key() {
  std::string text;
  Steps steps;
  steps.push_back({&kIdKey, {}, [&](const ReplyRow& row) { Columns(row) >> text; }});
  ROLLCALL_TRY_STATUS(link_->run(steps));
  std::array<uint8_t, 16> key{};
  if (text.size() != key.size())
    return fail(Error(ErrorCode::SystemException).with_detail("io: id_key: missing or of the wrong size"));
  std::copy(text.begin(), text.end(), key.begin());
  return key;
}

Result<int64_t> PostgresqlStore::reserve_ids(std::string_view kind, int64_t count) {
  constexpr int64_t kCountMax = int64_t{1} << 40;
  if (count < 1 || count > kCountMax)
    return fail(Error(ErrorCode::SystemException)
                    .with_detail("constraint: reserve_ids: count " + std::to_string(count)));
  int64_t first = 0;
  Parameters parameters;
  parameters << kind << count;
  Steps steps;
  steps.push_back(
      {&kReserveIds, std::move(parameters), [&](const ReplyRow& row) { first = row.integer(0); }});
  ROLLCALL_TRY_STATUS(link_->run(steps));
  return first;
}

Status PostgresqlStore::mark_all_offline(WallMs now) {
  Parameters parameters;
  parameters << now;
  Steps steps;
  steps.push_back({&kBegin, {}, nullptr});
  steps.push_back({&kCommitLock, {}, nullptr});
  steps.push_back({&kMarkAllOffline, std::move(parameters), nullptr});
  steps.push_back({&kCommit, {}, nullptr});
  return link_->run(steps);
}

void PostgresqlStore::submit(const ChangeSet& changes) {
  changes_ = &changes;
  tries_ = 0;
  begin();
}

void PostgresqlStore::begin() {
  ++tries_;
  auto connection = session_.connection();
  if (!connection) {
    error_ = std::move(connection.error());
    phase_ = Phase::Failed;
    return;
  }
  connection_ = *connection;
  result_ = {};
  marked_ = false;
  Parameters mark;
  mark << session_.epoch() << ++batch_;
  steps_.clear();
  steps_.push_back({&kBegin, {}, nullptr});
  steps_.push_back({&kCommitLock, {}, nullptr});
  steps_.push_back({&kMark, std::move(mark), [this](const ReplyRow&) { marked_ = true; }});
  write(*changes_, steps_, result_);
  give_up_at_ = clock_.steady() + int64_t{limits::kDatabaseAnswerMsMax} * 1000;
  phase_ = Phase::Writing;
  connection_->start(steps_);
}

std::optional<Result<CommitResult>> PostgresqlStore::poll() {
  if (phase_ == Phase::Nothing) return std::nullopt;
  if (phase_ == Phase::Failed) return failed(std::move(error_));
  if (phase_ == Phase::InDoubt) return resolved();
  if (!connection_->advance(kPollMs)) {
    if (clock_.steady() < give_up_at_) return std::nullopt;
    connection_->give_up("commit: no answer in time");
  }
  return phase_ == Phase::Writing ? written() : committed();
}

std::optional<Result<CommitResult>> PostgresqlStore::written() {
  if (!connection_->ok()) {
    Error error = connection_->take_error();
    connection_->roll_back();
    // Somebody else's lock was in the way of a statement, or the link is gone and COMMIT was never sent: the
    // same again may pass.
    const bool again = error.detail.find("(40") != std::string::npos || connection_->broken();
    if (!again || tries_ == kTriesMax) return failed(std::move(error));
    begin();
    return std::nullopt;
  }
  if (!marked_) {
    connection_->give_up("commit: another server took over");
    return failed(connection_->take_error());
  }
  steps_.clear();
  steps_.push_back({&kCommit, {}, nullptr});
  phase_ = Phase::Committing;
  connection_->start(steps_);
  if (!connection_->advance(kPollMs)) return std::nullopt;
  return committed();
}

std::optional<Result<CommitResult>> PostgresqlStore::committed() {
  if (connection_->ok()) return done();
  Error error = connection_->take_error();
  if (!connection_->broken()) {
    connection_->roll_back();
    return failed(std::move(error));
  }
  session_.doubt(batch_);
  error_ = std::move(error);
  phase_ = Phase::InDoubt;
  return resolved();
}

std::optional<Result<CommitResult>> PostgresqlStore::resolved() {
  auto verdict = session_.verdict();
  if (!verdict) return failed(std::move(verdict.error()));
  if (!*verdict) {
    ::poll(nullptr, 0, kPollMs);
    return std::nullopt;
  }
  if (**verdict) return done();
  return failed(std::move(error_));
}

Result<CommitResult> PostgresqlStore::done() {
  phase_ = Phase::Nothing;
  steps_.clear();
  std::sort(result_.missed_tasks.begin(), result_.missed_tasks.end());
  std::sort(result_.missed_jobs.begin(), result_.missed_jobs.end());
  std::sort(result_.missed_applies.begin(), result_.missed_applies.end());
  std::sort(result_.missed_devices.begin(), result_.missed_devices.end());
  return std::move(result_);
}

Result<CommitResult> PostgresqlStore::failed(Error error) {
  phase_ = Phase::Nothing;
  steps_.clear();
  return fail(std::move(error));
}

}  // namespace
}  // namespace postgresql

bool is_postgresql_url(const std::string& text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

Result<std::unique_ptr<Store>> open_postgresql(const PostgresqlOptions& options, const Clock& clock,
                                               Random& random) {
  auto session = std::make_unique<postgresql::Session>(options, clock, random);
  ROLLCALL_TRY_STATUS(session->connection());
  return std::make_unique<postgresql::PostgresqlStore>(std::move(session), clock);
}

Result<std::unique_ptr<Reader>> open_postgresql_reader(const PostgresqlOptions& options, const Clock& clock) {
  auto link = std::make_unique<postgresql::ReconnectingLink>(options.url, clock);
  ROLLCALL_TRY_STATUS(link->connection());
  return std::make_unique<postgresql::PostgresqlReader>(std::move(link));
}

}  // namespace rollcall::store
