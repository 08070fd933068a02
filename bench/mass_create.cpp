// CreateJob on many devices: how fast it answers, how long until every task exists, and what others feel
// meanwhile.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "bench/cases.hpp"
#include "client/fleet_setup.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::bench {
namespace {

double ms(int64_t us) { return static_cast<double>(us) / 1'000.0; }

// Registers devices by name only; nobody connects.
std::string make_targets(client::ApiClient& api, net::CoreLoop& loop, size_t count) {
  auto product = api.require("CreateProduct", {{"ProductName", "mass"}, {"NodeType", "0"}});
  if (!product) give_up(public_message(product.error()));
  const std::string key = product->text("ProductKey");
  for (size_t first = 0; first < count; first += 10'000) {
    NameValues names = {{"ProductKey", key}};
    const size_t last = std::min(count, first + 10'000);
    for (size_t i = first; i < last; ++i)
      names.emplace_back("DeviceName." + std::to_string(i - first + 1), client::device_name("mass-", i + 1));
    auto checked = api.require("BatchCheckDeviceNames", names);
    if (!checked) give_up(public_message(checked.error()));
    const std::string apply = checked->text("Data.ApplyId");
    auto made = api.require("BatchRegisterDeviceWithApplyId", {{"ProductKey", key}, {"ApplyId", apply}});
    if (!made) give_up(public_message(made.error()));
    const bool all = loop.run_until(
        [&] {
          auto page = api.require("QueryPageByApplyId",
                                  {{"ApplyId", apply}, {"PageSize", "1"}, {"CurrentPage", "1"}});
          return page && page->number("Total") == static_cast<int64_t>(last - first);
        },
        60'000);
    if (!all) give_up("the devices were not registered");
  }
  return key;
}

// The rows of a task with its two indexes, inserted by a bare loop: 10,000 rows a transaction,
// synchronous=FULL.
double bare_insert_ms(const std::string& folder, size_t rows) {
  sqlite3* db = nullptr;
  sqlite3_open((folder + "/bare.db").c_str(), &db);
  const auto run = [&](const char* sql) {
    char* message = nullptr;
    if (sqlite3_exec(db, sql, nullptr, nullptr, &message) != SQLITE_OK)
      give_up(std::string("bare sqlite: ") + message);
  };
  run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
  run("CREATE TABLE task(job INTEGER, sequence INTEGER, device INTEGER, status INTEGER, attempt INTEGER, "
      "progress INTEGER, flags INTEGER,"
      " pushes INTEGER, queued_ms INTEGER, modified_ms INTEGER, PRIMARY KEY(job, sequence)) WITHOUT ROWID;");
  run("CREATE INDEX task_status ON task(job, status, sequence); CREATE INDEX task_device ON task(device, "
      "job);");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO task VALUES(1, ?1, ?2, 1, 1, NULL, 0, 0, 0, 0)", -1, &insert, nullptr);
  SystemClock clock;
  const SteadyUs begin = clock.steady();
  for (size_t i = 0; i < rows; ++i) {
    if (i % 10'000 == 0) run("BEGIN IMMEDIATE");
    sqlite3_bind_int64(insert, 1, static_cast<int64_t>(i));
    sqlite3_bind_int64(insert, 2, static_cast<int64_t>(i + 1));
    sqlite3_step(insert);
    sqlite3_reset(insert);
    if (i % 10'000 == 9'999 || i + 1 == rows) run("COMMIT");
  }
  const double elapsed = ms(clock.steady() - begin);
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return elapsed;
}

}  // namespace

MassCreation measure_mass_creation(const Options& options) {
  net::CoreLoop loop;
  testing::RollcallServer server(options.binary, loop);
  auto api = server.client();
  const std::string key = make_targets(*api, loop, options.targets);
  MassCreation result;
  result.bare_insert_ms = bare_insert_ms(server.folder.path(), options.targets);

  std::atomic<bool> stop{false};
  std::vector<double> latencies;
  std::thread others([&] {
    SystemClock clock;
    SystemRandom random;
    client::ApiClient other(server.settings, clock, random);
    for (int i = 0; !stop; ++i) {
      const SteadyUs begin = clock.steady();
      const std::string name = client::device_name("mass-", static_cast<size_t>(1 + i % 1'000));
      auto answer = i % 2 == 0
                        ? other.require("QueryProduct", {{"ProductKey", key}})
                        : other.require("GetDeviceStatus", {{"ProductKey", key}, {"DeviceName", name}});
      if (!answer) give_up(public_message(answer.error()));
      latencies.push_back(ms(clock.steady() - begin));
    }
  });
  const SteadyUs begin = server.clock.steady();
  auto created = api->require(
      "CreateJob", {{"JobName", "mass_job"},
                    {"Type", "CUSTOM_JOB"},
                    {"JobDocument", "{\"a\":1}"},
                    {"TargetConfig", "{\"targetType\":\"PRODUCT_KEY\",\"targetProduct\":\"" + key + "\"}"}});
  if (!created) give_up(public_message(created.error()));
  result.answer_ms = ms(server.clock.steady() - begin);
  const std::string job = created->text("JobId");
  const bool made = loop.run_until(
      [&] {
        auto status = api->require("QueryJob", {{"JobId", job}});
        return status && status->text("Data.Status") != "INITIALIZING";
      },
      120'000);
  result.all_tasks_ms = ms(server.clock.steady() - begin);
  stop = true;
  others.join();
  if (!made) give_up("the tasks were not made");
  std::sort(latencies.begin(), latencies.end());
  result.others = latencies.size();
  if (!latencies.empty()) {
    result.others_p50_ms = latencies[latencies.size() / 2];
    result.others_p99_ms = latencies[std::min(latencies.size() - 1, latencies.size() * 99 / 100)];
  }
  return result;
}

}  // namespace rollcall::bench
