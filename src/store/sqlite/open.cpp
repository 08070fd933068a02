#include "store/sqlite/open.hpp"

#include <limits>

#include "base/canary.hpp"
#include "store/sqlite/file_lock.hpp"
#include "store/sqlite/queries.hpp"
#include "store/sqlite/rewrite_log.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/statement.hpp"
#include "store/sqlite/writer.hpp"

namespace rollcall::store {
namespace {

constexpr int kPageBytes = 4096;
constexpr int kFrameBytes = kPageBytes + 24;
constexpr int kBusyMs = 5'000;
// A checkpoint costs a commit's latency; a log that grows costs more (performance: 1,000 to 4,000 pages,
// reused).
constexpr int64_t kCheckpointIdlePages = 1'000;
constexpr int64_t kCheckpointForcedPages = 4'000;

class SqliteReader final : public WithQueries<Reader> {
 public:
  using WithQueries::WithQueries;

  void begin_batch() override { connection_->begin_read(); }
  void end_batch() noexcept override { connection_->end_read(); }
};

class SqliteStore final : public WithQueries<Store> {
 public:
  SqliteStore(std::unique_ptr<Connection> connection, FileLock lock)
      : WithQueries(std::move(connection)),
        lock_(std::move(lock)),
        id_key_(*connection_, "id_key", "SELECT value FROM meta WHERE name = 'id_key'"),
        reserve_ids_(*connection_, "reserve_ids",
                     "INSERT INTO id_counter VALUES(?1, 1 + ?2) "
                     "ON CONFLICT DO UPDATE SET next = next + ?2 RETURNING next - ?2"),
        mark_all_offline_(
            *connection_, "mark_all_offline",
            "UPDATE presence SET online = 0, changed_ms = ?1, offline_reason = 12 WHERE online = 1"),
        data_version_(*connection_, "data_version", "PRAGMA data_version"),
        offline_(*connection_),
        writer_(*connection_, jobs_.times()) {
    sqlite3_wal_autocheckpoint(connection_->handle(), 0);
    sqlite3_wal_hook(connection_->handle(), &SqliteStore::on_commit, this);
  }

  Result<std::array<uint8_t, 16>> id_key() override {
    std::array<uint8_t, 16> key{};
    std::string text;
    Query query = id_key_.run();
    if (query.step()) query >> text;
    if (text.size() != key.size()) connection_->record_damage("id_key: missing or of the wrong size");
    std::copy_n(text.begin(), std::min(text.size(), key.size()), key.begin());
    return connection_->finish(key);
  }

  Result<int64_t> reserve_ids(std::string_view kind, int64_t count) override {
    constexpr int64_t kCountMax = int64_t{1} << 40;
    if (count < 1 || count > kCountMax) {
      connection_->record_refusal("reserve_ids: count " + std::to_string(count));
      return fail(connection_->take_error());
    }
    int64_t first = 0;
    {
      Query query = reserve_ids_.run(kind, count);
      if (query.step()) query >> first;
      query.step();
    }
    return connection_->finish(first);
  }

  Status mark_all_offline(WallMs now) override {
    mark_all_offline_.execute(now);
    return connection_->finish();
  }

  Result<bool> others_wrote() override {
    int64_t version = 0;
    {
      Query query = data_version_.run();
      if (query.step()) query >> version;
      query.step();
    }
    const bool wrote = version != std::exchange(seen_version_, version);
    return connection_->finish(wrote);
  }
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
    return offline_.messages(places, limit_each);
  }
  Result<std::vector<OfflineTally>> offline_tallies(std::span<const DeviceId> devices) override {
    return offline_.tallies(devices);
  }
  Result<OfflineTotals> offline_totals() override { return offline_.totals(); }
  Result<std::optional<WallMs>> earliest_offline_end() override { return offline_.earliest_end(); }
  Result<std::vector<DueTimeOut>> due_time_outs(WallMs until, size_t limit) override {
    return jobs_.due_time_outs(until, limit);
  }
  Result<std::optional<WallMs>> earliest_time_out() override { return jobs_.earliest_time_out(); }
  Result<std::optional<WallMs>> earliest_deletion() override { return jobs_.earliest_deletion(); }
  Result<std::vector<JobId>> ended_jobs(WallMs until, size_t limit) override {
    return jobs_.ended_jobs(until, limit);
  }
  Result<std::optional<WallMs>> earliest_end() override { return jobs_.earliest_end(); }

  void submit(const ChangeSet& changes) override {
    // Before the work, so that the last commit's answers did not wait for it.
    if (log_pages_ - log_pages_tried_ > kCheckpointForcedPages) checkpoint();
    result_ = writer_.commit(changes);
  }

  std::optional<Result<CommitResult>> poll() override { return std::exchange(result_, std::nullopt); }

  void idle() override {
    if (log_pages_ - log_pages_tried_ > kCheckpointIdlePages) checkpoint();
  }

  int64_t log_bytes() const override { return (log_pages_ - log_pages_written_) * kFrameBytes; }

 private:
  static int on_commit(void* self, sqlite3*, const char*, int pages) {
    auto& store = *static_cast<SqliteStore*>(self);
    // The log starts again from its head once everything in it was written back.
    if (pages < store.log_pages_) store.log_pages_tried_ = store.log_pages_written_ = 0;
    store.log_pages_ = pages;
    return SQLITE_OK;
  }

  // Writes the log back as far as no reader needs it. A reader in the way makes it incomplete, not wrong: the
  // rest is for the next time, after as many new pages again.
  void checkpoint() {
    if (canary(Canary::NeverCheckpoint)) return;
    int log = 0;
    int written = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &log, &written);
    log_pages_tried_ = log_pages_;
    if (code == SQLITE_OK && log >= 0) log_pages_written_ = written;
  }

  FileLock lock_;
  Statement id_key_, reserve_ids_, mark_all_offline_, data_version_;
  OfflineQueries offline_;
  Writer writer_;
  std::optional<Result<CommitResult>> result_;
  int64_t seen_version_ = 0;       // moves with the commits of other connections
  int64_t log_pages_ = 0;          // in the log
  int64_t log_pages_tried_ = 0;    // of these, seen by the last checkpoint
  int64_t log_pages_written_ = 0;  // and written back by it
};

// Settings of every connection.
void configure(Connection& connection, size_t cache_kib) {
  sqlite3_busy_timeout(connection.handle(), kBusyMs);
  connection.execute("PRAGMA temp_store = MEMORY", "temp_store");
  connection.execute(("PRAGMA cache_size = -" + std::to_string(cache_kib)).c_str(), "cache_size");
}

Status configure_writer(Connection& connection, const SqliteOptions& options) {
  configure(connection, options.cache_kib);
  connection.execute(("PRAGMA page_size = " + std::to_string(kPageBytes)).c_str(), "page_size");
  connection.execute("PRAGMA journal_mode = WAL", "journal_mode");
  connection.execute(options.synchronous_full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
                     "synchronous");
  if (connection.ok()) return {};
  const int code = sqlite3_errcode(connection.handle()) & 0xff;
  Error error = connection.take_error();
  // Not the file's fault: the caller says that the disk is.
  if (code == SQLITE_IOERR || code == SQLITE_FULL) return fail(std::move(error));
  error.message =
      "The data file is not a Rollcall database, or it cannot be read; use another data folder or restore a "
      "backup.";
  return fail(std::move(error));
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options, Random& random) {
  FileLock lock;
  if (options.path != ":memory:" && options.vfs.empty()) {
    ROLLCALL_TRY(lock, FileLock::take(options.path));
    ROLLCALL_TRY_STATUS(make_private_file(options.path));
  }
  ROLLCALL_TRY(auto connection,
               Connection::open(options.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, options.vfs));
  ROLLCALL_TRY_STATUS(configure_writer(*connection, options));
  const int code = canary(Canary::UnsyncedLog) ? SQLITE_OK : rewrite_log(connection->handle());
  if (code != SQLITE_OK) {
    connection->record(code, "rewrite_log");
    return fail(connection->take_error());
  }
  ROLLCALL_TRY_STATUS(migrate(*connection, random));
  return std::make_unique<SqliteStore>(std::move(connection), std::move(lock));
}

Result<std::unique_ptr<Reader>> open_sqlite_reader(const SqliteOptions& options) {
  if (options.path == ":memory:") {
    return fail(
        Error(ErrorCode::SystemException).with_detail("io: a database in memory has no second reader"));
  }
  ROLLCALL_TRY(auto connection, Connection::open(options.path, SQLITE_OPEN_READONLY, options.vfs));
  configure(*connection, options.cache_kib);
  ROLLCALL_TRY_STATUS(check_schema(*connection));
  return std::make_unique<SqliteReader>(std::move(connection));
}

}  // namespace rollcall::store
