#include "bench/task_tables.hpp"

#include <algorithm>

#include "bench/subject.hpp"

namespace rollcall::bench {
namespace {

constexpr WallMs kNow{1'700'000'000'000};
constexpr int64_t kTimeOutMs = 3'600'000;
constexpr int64_t kDevicesACommit = 10'000;

store::SqliteOptions store_options(const testing::ScratchFolder& folder) {
  store::SqliteOptions options;
  options.path = folder.path() + "/bench.db";
  return options;
}

std::unique_ptr<store::Store> open_store(const testing::ScratchFolder& folder, Random& random) {
  auto opened = store::open_sqlite(store_options(folder), random);
  if (!opened) give_up("the store did not open: " + opened.error().detail);
  return std::move(*opened);
}

sqlite3* open_raw(const testing::ScratchFolder& folder, int flags) {
  sqlite3* db = nullptr;
  if (sqlite3_open_v2((folder.path() + "/bench.db").c_str(), &db, flags, nullptr) != SQLITE_OK)
    give_up(std::string("bare sqlite: ") + sqlite3_errmsg(db));
  return db;
}

}  // namespace

StoreTable::StoreTable(TaskTableSizes sizes, std::unique_ptr<store::Store> store)
    : sizes_(sizes), store_(std::move(store)) {
  make_fleet();
}

SqliteTable::SqliteTable(TaskTableSizes sizes) : StoreTable(sizes, open_store(folder, random)) {}

store::CommitResult StoreTable::commit(const store::ChangeSet& changes) {
  store_->submit(changes);
  for (;;) {
    auto result = store_->poll();
    if (!result) continue;
    if (!*result) give_up("a commit failed: " + result->error().detail);
    return std::move(**result);
  }
}

void StoreTable::make_fleet() {
  store::ChangeSet first;
  Product product;
  product.id = ProductId{1};
  product.instance = InstanceId{1};
  product.key = "a1B2c3D4e5F";
  product.name = "lamp";
  first.new_products.push_back({product});
  commit(first);
  for (int64_t done = 0; done < sizes_.tasks; done += kDevicesACommit) {
    store::ChangeSet changes;
    for (int64_t i = done; i < std::min(sizes_.tasks, done + kDevicesACommit); ++i) {
      Device device;
      device.id = DeviceId{i + 1};
      device.product = ProductId{1};
      device.name = "lamp_" + std::to_string(i);
      device.secret = Secret("0123456789abcdef0123456789abcdef");
      device.created_at = kNow;
      changes.new_devices.push_back({device, ""});
    }
    commit(changes);
  }
}

void StoreTable::make_job(int64_t job) {
  store::NewJob created;
  created.job.id = JobId{job};
  created.job.instance = InstanceId{1};
  created.job.status = JobStatus::InProgress;
  created.job.sweep = Sweep::Make;
  created.job.counters[TaskStatus::Queued] = sizes_.tasks;
  created.job.created_at = kNow;
  store::ChangeSet changes;
  changes.new_jobs.push_back(created);
  commit(changes);
  store::MakeTasks make;
  make.job = JobId{job};
  make.target_type = TargetType::Product;
  make.product = ProductId{1};
  make.snapshot = sizes_.tasks;
  make.rows_max = static_cast<size_t>(sizes_.rows_a_commit);
  make.now = kNow;
  for (bool exhausted = false; !exhausted;) {
    store::ChangeSet chunk;
    chunk.make_tasks = {make};
    const store::MakeResult made = commit(chunk).made.at(0);
    if (!made.hit) give_up("the store made no tasks");
    make.after = made.last_member;
    make.first_sequence += made.rows_made;
    exhausted = made.exhausted;
    store_->idle();
  }
}

void StoreTable::move(int64_t job, const std::vector<int64_t>& sequences, TaskStatus from, TaskStatus to) {
  moves_.tasks.clear();
  for (const int64_t sequence : sequences) {
    store::TaskChange& change = moves_.tasks.emplace_back();
    change.task.key = {JobId{job}, sequence};
    change.task.device = DeviceId{sequence + 1};
    change.task.status = to;
    change.task.queued_at = kNow;
    change.task.modified_at = kNow + 60'000;
    change.task.pushes = 1;
    change.from_status = from;
    change.cause = Cause::Reported;
    if (to == TaskStatus::InProgress) change.time_out_at = kNow + kTimeOutMs + sequence;
  }
  if (!commit(moves_).missed_tasks.empty()) give_up("the store missed tasks");
}

void StoreTable::cancel_job(int64_t job) {
  const JobId ids[] = {JobId{job}};
  const auto found = store_->jobs(ids);
  if (!found || found->size() != 1) give_up("the store lost a job");
  const Job& made = found->front();
  store::JobChange begin;
  begin.id = made.id;
  begin.from_epoch = made.epoch;
  begin.from_sweep_cursor = made.sweep_cursor;
  begin.from_tasks_made = made.tasks_made;
  begin.status = JobStatus::Cancelling;
  begin.sweep = Sweep::Cancel;
  begin.tasks_made = made.tasks_made;
  begin.epoch = made.epoch + 1;
  begin.modified_at = kNow + 100'000;
  store::ChangeSet first;
  first.jobs = {begin};
  if (!commit(first).missed_jobs.empty()) give_up("the store missed a job");
  store::SweepTasks sweep;
  sweep.job = made.id;
  sweep.from_epoch = begin.epoch;
  sweep.rows_max = static_cast<size_t>(sizes_.rows_a_commit);
  sweep.statuses = 1u << 1 | 1u << 2 | 1u << 3;
  sweep.to = TaskStatus::Cancelled;
  sweep.cause = Cause::Cancelled;
  sweep.now = kNow + 100'000;
  for (bool exhausted = false; !exhausted;) {
    store::ChangeSet changes;
    changes.sweep_tasks = {sweep};
    const store::SweepResult swept = std::move(commit(changes).swept.at(0));
    if (!swept.hit) give_up("the store swept no tasks");
    sweep.first_sequence = swept.next_sequence;
    exhausted = swept.exhausted;
    store_->idle();
  }
}

double SqliteTable::bytes_per_row(const std::string& table) const {
  sqlite3* db = open_raw(folder, SQLITE_OPEN_READONLY);
  const std::string sql =
      "SELECT (SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_schema WHERE tbl_name = "
      "'" +
      table + "')) * 1.0 / (SELECT count(*) FROM " + table + ")";
  sqlite3_stmt* statement = nullptr;
  double bytes = 0;
  if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    bytes = sqlite3_column_double(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return bytes;
}

BareTable::BareTable(TaskTableSizes sizes) : sizes_(sizes) {
  SystemRandom random;
  open_store(folder_, random).reset();  // the product's own schema
  db_ = open_raw(folder_, SQLITE_OPEN_READWRITE);
  run("PRAGMA synchronous = FULL");
  run("PRAGMA cache_size = -" + std::to_string(store::SqliteOptions().cache_kib));
  run("PRAGMA wal_autocheckpoint = 4000");
}

BareTable::~BareTable() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

void BareTable::run(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    give_up(std::string("bare sqlite: ") + sqlite3_errmsg(db_));
}

void BareTable::step(const char* sql, std::initializer_list<int64_t> values) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr &&
      sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
    give_up(std::string("bare sqlite: ") + sqlite3_errmsg(db_));
  int position = 0;
  for (const int64_t value : values) sqlite3_bind_int64(statement, ++position, value);
  const int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (code != SQLITE_DONE) give_up(std::string("bare sqlite: ") + sqlite3_errmsg(db_));
}

void BareTable::make_job(int64_t job) {
  static const char* const insert =
      "INSERT INTO task(job, sequence, device, status, open, attempt, flags, pushes, queued_ms, modified_ms) "
      "VALUES(?1, ?2, ?3, 1, 1, 1, 0, 0, 0, 0)";
  run("INSERT INTO job_counter VALUES(" + std::to_string(job) + ", " + std::to_string(sizes_.tasks) +
      ", 0, 0, 0, 0, 0, 0, 0)");
  for (int64_t done = 0; done < sizes_.tasks;) {
    run("BEGIN IMMEDIATE");
    const int64_t end = std::min(sizes_.tasks, done + sizes_.rows_a_commit);
    for (; done < end; ++done) {
      step(insert, {job, done, done + 1});
      move_block(done, 0, 1);
    }
    write_blocks(job);
    run("COMMIT");
  }
}

// In key order within a commit, as the best of loops would.
void BareTable::move(int64_t job, const std::vector<int64_t>& sequences, TaskStatus from, TaskStatus to) {
  static const char* const update =
      "UPDATE task SET status = ?3, open = ?4, pushes = 1, modified_ms = 60000, last_event = ?6 "
      "WHERE job = ?1 AND sequence = ?2 AND +status = ?5";
  static const char* const update_status =
      "UPDATE task SET status = ?3, pushes = 1, modified_ms = 60000, last_event = ?5 "
      "WHERE job = ?1 AND sequence = ?2 AND +status = ?4";
  static const char* const history =
      "INSERT INTO history(position, job, task, device, attempt, from_status, to_status, cause, at_ms, "
      "previous) VALUES(?1, ?2, ?3, ?4, 1, ?5, ?6, 5, 1700000060000, "
      "?1 - nullif((SELECT last_event FROM task WHERE job = ?2 AND sequence = ?3), 0))";
  static const char* const time_out = "INSERT INTO time_out VALUES(?1, ?2, ?3, 1)";
  sorted_ = sequences;
  std::sort(sorted_.begin(), sorted_.end());
  const auto old_status = static_cast<int64_t>(from), new_status = static_cast<int64_t>(to);
  run("BEGIN IMMEDIATE");
  for (const int64_t sequence : sorted_) {
    step(history, {++history_, job, sequence, sequence + 1, old_status, new_status});
    if (is_open(to)) {
      step(update_status, {job, sequence, new_status, old_status, history_});
    } else {
      step(update, {job, sequence, new_status, 0, old_status, history_});
    }
    if (to == TaskStatus::InProgress) step(time_out, {kNow.value + kTimeOutMs + sequence, job, sequence});
    move_block(sequence, old_status, new_status);
  }
  write_blocks(job);
  count(job, static_cast<int64_t>(sorted_.size()), from, to);
  run("COMMIT");
}

void BareTable::cancel_job(int64_t job) {
  static const char* const history =
      "INSERT INTO history(position, job, task, device, attempt, from_status, to_status, cause, at_ms, "
      "previous) SELECT ?4 + sequence, job, sequence, device, attempt, status, 8, 12, 1700000100000, "
      "?4 + sequence - nullif(last_event, 0) FROM task "
      "WHERE job = ?1 AND sequence >= ?2 AND sequence < ?3";
  static const char* const update =
      "UPDATE task SET status = 8, open = 0, modified_ms = 100000, last_event = ?4 + sequence "
      "WHERE job = ?1 AND sequence >= ?2 AND sequence < ?3";
  for (int64_t done = 0; done < sizes_.tasks; done += sizes_.rows_a_commit) {
    const int64_t end = std::min(sizes_.tasks, done + sizes_.rows_a_commit);
    run("BEGIN IMMEDIATE");
    step(history, {job, done, end, history_ + 1 - done});
    step(update, {job, done, end, history_ + 1 - done});
    history_ += end - done;
    for (int64_t sequence = done; sequence < end; ++sequence) move_block(sequence, 1, 8);
    write_blocks(job);
    count(job, end - done, TaskStatus::Queued, TaskStatus::Cancelled);
    run("COMMIT");
  }
}

// The counts of blocks of 128 tasks and of 128 blocks, once a commit; sequences come in order.
void BareTable::move_block(int64_t sequence, int64_t from, int64_t to) {
  if (blocks_.empty() || blocks_.back().block != sequence / 128) blocks_.push_back({sequence / 128, {}});
  auto& counts = blocks_.back().counts;
  if (from > 0) counts[from > 4] -= int64_t{1} << (from - 1) % 4 * 15;
  counts[to > 4] += int64_t{1} << (to - 1) % 4 * 15;
}

void BareTable::write_blocks(int64_t job) {
  static const char* const add =
      "INSERT INTO task_block VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "
      "early = early + excluded.early, late = late + excluded.late";
  for (const int64_t level : {0, 1}) {
    for (size_t i = 0; i < blocks_.size();) {
      const int64_t block = level == 0 ? blocks_[i].block : blocks_[i].block / 128;
      int64_t early = 0, late = 0;
      for (; i < blocks_.size() && blocks_[i].block / (level == 0 ? 1 : 128) == block; ++i)
        early += blocks_[i].counts[0], late += blocks_[i].counts[1];
      step(add, {job, level, block, early, late});
    }
  }
  blocks_.clear();
}

void BareTable::count(int64_t job, int64_t tasks, TaskStatus from, TaskStatus to) {
  static const char* const names[] = {"",       "queued",   "sent",      "in_progress", "succeeded",
                                      "failed", "rejected", "timed_out", "cancelled"};
  const std::string by = std::to_string(tasks), less = names[static_cast<size_t>(from)],
                    more = names[static_cast<size_t>(to)];
  run("UPDATE job_counter SET " + less + " = " + less + " - " + by + ", " + more + " = " + more + " + " + by +
      " WHERE job = " + std::to_string(job));
}

}  // namespace rollcall::bench
