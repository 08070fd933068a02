// Times of the embedded store's hot paths, by hand: microseconds per transition, rows made per second, bytes
// per task.
//   store_bench FOLDER [tasks] [batch]
// Built by hand: g++ -std=c++20 -O2 -Isrc bench/store_bench.cpp with the sources of base/ and store/,
// -lsqlite3 -lfmt. Not part of any library; the numbers that matter are kept with the decision they led to.
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "store/sqlite/open.hpp"

namespace rollcall::store {
namespace {

class LinearRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(next() >> 33);
  }
  uint64_t next() { return state_ = state_ * 6364136223846793005ull + 1442695040888963407ull; }

 private:
  uint64_t state_ = 42;
};

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Processor time of this process, user and system.
int64_t cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

constexpr WallMs kNow{1'700'000'000'000};

struct Bench {
  std::unique_ptr<Store> store;
  std::string path;
  int64_t tasks = 0;
  size_t batch = 0;
  LinearRandom random;
  int64_t worst_us = 0;
  int64_t cpu_before_us = 0;

  CommitResult commit(const ChangeSet& changes) {
    const int64_t begin = now_us();
    store->submit(changes);
    auto result = store->poll();
    worst_us = std::max(worst_us, now_us() - begin);
    if (!*result) {
      std::fprintf(stderr, "%s\n", result->error().detail.c_str());
      std::exit(1);
    }
    return std::move(**result);
  }

  void make_fleet() {
    ChangeSet product;
    Product value;
    value.id = ProductId{1};
    value.instance = InstanceId{1};
    value.key = "a1B2c3D4e5F";
    value.name = "lamp";
    product.new_products.push_back({value});
    commit(product);
    for (int64_t done = 0; done < tasks; done += 10'000) {
      ChangeSet changes;
      for (int64_t i = done; i < std::min(tasks, done + 10'000); ++i) {
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

  void make_job(JobId id) {
    NewJob created;
    created.job.id = id;
    created.job.instance = InstanceId{1};
    created.job.status = JobStatus::InProgress;
    created.job.sweep = Sweep::Make;
    created.job.counters[TaskStatus::Queued] = tasks;
    created.job.created_at = kNow;
    ChangeSet changes;
    changes.new_jobs.push_back(created);
    commit(changes);
    MakeTasks make;
    make.job = id;
    make.target_type = TargetType::Product;
    make.product = ProductId{1};
    make.snapshot = tasks;
    make.rows_max = 2'000;
    worst_us = 0;
    const int64_t begin = now_us();
    while (true) {
      make.now = kNow + (now_us() - begin) / 1000;
      ChangeSet chunk;
      chunk.make_tasks = {make};
      const MakeResult made = commit(chunk).made[0];
      make.after = made.last_member;
      make.first_sequence += made.rows_made;
      if (made.exhausted) break;
      store->idle();
    }
    report("make, chunks of 2,000", tasks, begin);
  }

  void report(const char* what, int64_t count, int64_t begin) {
    const double us = static_cast<double>(now_us() - begin) / static_cast<double>(count);
    std::printf("%-44s %7.2f us each (processor %6.2f) %9.0f /s   worst commit %6.2f ms\n", what, us,
                static_cast<double>(cpu_us() - cpu_before_us) / static_cast<double>(count), 1e6 / us,
                static_cast<double>(worst_us) / 1000);
    worst_us = 0;
    cpu_before_us = cpu_us();
  }

  void move(JobId job, TaskStatus from, TaskStatus to, bool sorted, bool time_out, const char* what) {
    std::vector<int64_t> order(static_cast<size_t>(tasks));
    std::iota(order.begin(), order.end(), 0);
    if (!sorted) {
      for (size_t i = order.size() - 1; i > 0; --i)
        std::swap(order[i], order[(random.next() >> 20) % (i + 1)]);
    }
    cpu_before_us = cpu_us();
    const int64_t begin = now_us();
    ChangeSet changes;
    for (size_t done = 0; done < order.size();) {
      changes.tasks.clear();
      for (; changes.tasks.size() < batch && done < order.size(); ++done) {
        TaskChange& change = changes.tasks.emplace_back();
        change.task.key = {job, order[done]};
        change.task.device = DeviceId{order[done] + 1};
        change.task.status = to;
        change.task.queued_at = kNow + 5;
        change.task.modified_at = kNow + (now_us() - begin) / 1000 + 60'000;
        change.task.pushes = 1;
        change.from_status = from;
        change.cause = Cause::Reported;
        if (time_out) change.time_out_at = change.task.modified_at + 3'600'000;
      }
      if (!commit(changes).missed_tasks.empty()) std::exit(2);
    }
    report(what, tasks, begin);
  }

  void load(JobId job, bool open) {
    const int64_t begin = now_us();
    int64_t rows = 0;
    for (int64_t done = 0; done < tasks; done += 256) {
      std::vector<TaskKey> keys;
      std::vector<DeviceId> devices;
      for (int64_t i = 0; i < 256; ++i) {
        const auto at = static_cast<int64_t>((random.next() >> 20) % static_cast<uint64_t>(tasks));
        keys.push_back({job, at});
        devices.push_back({at + 1});
      }
      rows +=
          static_cast<int64_t>(open ? store->open_tasks(devices, 10)->size() : store->tasks(keys)->size());
    }
    report(open ? "load open_tasks, 256 devices, random" : "load tasks, 256 keys, random", rows, begin);
  }

  void sweep(JobId job) {
    SweepTasks sweep;
    sweep.job = job;
    sweep.rows_max = 2'000;
    sweep.statuses = 14;
    sweep.to = TaskStatus::Cancelled;
    sweep.cause = Cause::Cancelled;
    sweep.now = kNow + 100'000;
    const int64_t begin = now_us();
    while (true) {
      ChangeSet changes;
      changes.sweep_tasks = {sweep};
      const SweepResult result = std::move(commit(changes).swept[0]);
      sweep.first_sequence = result.next_sequence;
      if (result.exhausted) break;
      store->idle();
    }
    report("sweep, chunks of 2,000", tasks, begin);
  }

  void sizes(const char* when) {
    sqlite3* raw = nullptr;
    sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(
        raw, "SELECT name, sum(pgsize) FROM dbstat GROUP BY name HAVING sum(pgsize) > 100000 ORDER BY 2 DESC",
        -1, &statement, nullptr);
    std::printf("bytes per task %s:", when);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::printf(" %s %.1f", reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)),
                  static_cast<double>(sqlite3_column_int64(statement, 1)) / static_cast<double>(tasks));
    }
    std::printf("\n");
    sqlite3_finalize(statement);
    sqlite3_close(raw);
  }
};

// The same rows and indexes by the barest loop there is.
void bare_insert(const std::string& path, int64_t tasks) {
  sqlite3* raw = nullptr;
  sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  sqlite3_exec(raw, "PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=1000",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v3(raw, "INSERT INTO task VALUES(?1,?2,?3,1,1,1,NULL,0,0,?4,0)", -1,
                     SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  const int64_t begin = now_us();
  for (int64_t i = 0; i < tasks; ++i) {
    if (i % 2'000 == 0) sqlite3_exec(raw, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    sqlite3_bind_int64(statement, 1, 900);
    sqlite3_bind_int64(statement, 2, i);
    sqlite3_bind_int64(statement, 3, i + 1);
    sqlite3_bind_int64(statement, 4, i / 300);
    sqlite3_step(statement);
    sqlite3_reset(statement);
    if (i % 2'000 == 1'999) sqlite3_exec(raw, "COMMIT", nullptr, nullptr, nullptr);
  }
  sqlite3_exec(raw, "COMMIT", nullptr, nullptr, nullptr);
  const double us = static_cast<double>(now_us() - begin) / static_cast<double>(tasks);
  std::printf("%-44s %7.2f us each %9.0f /s\n", "bare INSERT loop of the same rows", us, 1e6 / us);
  sqlite3_finalize(statement);
  sqlite3_close(raw);
}

int run(const std::string& folder, int64_t tasks, size_t batch) {
  Bench bench;
  bench.path = folder + "/bench.db";
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(bench.path + suffix);
  bench.tasks = tasks;
  bench.batch = batch;
  bench.store = std::move(*open_sqlite({bench.path, true, 16 * 1024}, bench.random));
  bench.make_fleet();
  std::printf("%ld tasks in a job, %zu changes in a commit\n", tasks, batch);
  bench.make_job(JobId{1});
  bench.sizes("untouched");
  bench.move(JobId{1}, TaskStatus::Queued, TaskStatus::Sent, true, false, "QUEUED->SENT, device order");
  bench.load(JobId{1}, false);
  bench.load(JobId{1}, true);
  bench.move(JobId{1}, TaskStatus::Sent, TaskStatus::InProgress, true, true,
             "SENT->IN_PROGRESS + time-out, device order");
  bench.move(JobId{1}, TaskStatus::InProgress, TaskStatus::Succeeded, true, false,
             "IN_PROGRESS->SUCCEEDED, device order");
  bench.make_job(JobId{2});
  bench.move(JobId{2}, TaskStatus::Queued, TaskStatus::Sent, true, false, "QUEUED->SENT, device order");
  bench.move(JobId{2}, TaskStatus::Sent, TaskStatus::InProgress, false, true,
             "SENT->IN_PROGRESS + time-out, random");
  bench.move(JobId{2}, TaskStatus::InProgress, TaskStatus::Succeeded, false, false,
             "IN_PROGRESS->SUCCEEDED, random");
  bench.sizes("at the end (2 jobs)");
  bench.make_job(JobId{3});
  bench.sweep(JobId{3});
  bench.store.reset();
  bare_insert(bench.path, tasks);
  return 0;
}

}  // namespace
}  // namespace rollcall::store

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  return rollcall::store::run(argv[1], argc > 2 ? std::atoll(argv[2]) : 100'000,
                              argc > 3 ? static_cast<size_t>(std::atoll(argv[3])) : 256);
}
