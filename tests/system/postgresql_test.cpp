// The server on PostgreSQL: its own death, the database's, and what it says when there is no database for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>
#include <set>
#include <string>

#include "client/fleet_setup.hpp"
#include "failing_server.hpp"
#include "job_calls.hpp"
#include "recording_fleet.hpp"
#include "support/postgresql_server.hpp"
#include "support/rollcall_server.hpp"

namespace rollcall::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kDevices = 2'000;

class OnPostgresql : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(database.why_not(), ""); }

  void start_fleet() {
    server = std::make_unique<RollcallServer>(
        binary_under_test(), loop, ServerOptions{.next_wait_ms = 50, .store = database.fresh_url()});
    api = server->client();
    auto prepared =
        client::prepare_fleet(*api, server->random, {"crash", "crash-", kDevices}, [](const std::string&) {});
    ASSERT_TRUE(prepared) << public_message(prepared.error());
    fleet = std::make_unique<RecordingFleet>(loop, server->mqtt, prepared->product_key, prepared->devices);
    fleet->start();
    ASSERT_TRUE(loop.run_until([&] { return fleet->online() == kDevices; }, 60'000))
        << fleet->online() << " online";
    job = create_job(*api, prepared->product_key, "600000000");
  }

  void expect_all_acknowledged_stored() {
    const std::set<std::string> stored = tasks_with_status(*api, job, "SUCCEEDED");
    for (const std::string& task : fleet->acknowledged())
      ASSERT_TRUE(stored.contains(task)) << task << " was acknowledged and is lost";
  }

  void expect_completed() {
    ASSERT_TRUE(loop.run_until([&] { return fleet->acknowledged().size() == kDevices; }, 120'000))
        << fleet->acknowledged().size() << " acknowledged, " << fleet->refused() << " refused\n"
        << server->log();
    auto statistics = api->require("QueryJobStatistics", {{"JobId", job}});
    ASSERT_TRUE(statistics) << public_message(statistics.error());
    EXPECT_EQ(statistics->number("Data.Total"), static_cast<int64_t>(kDevices));
    EXPECT_EQ(statistics->number("Data.Succeeded"), static_cast<int64_t>(kDevices));
    EXPECT_TRUE(loop.run_until(
        [&] {
          auto answer = api->require("QueryJob", {{"JobId", job}});
          return answer && answer->text("Data.Status") == "COMPLETED";
        },
        10'000));
  }

  // What a server says that cannot start.
  std::string refusal(const std::string& store) {
    Process process;
    const std::string log = folder.path() + "/refusal.log";
    process.start({binary_under_test(), "serve", "--data", folder.path() + "/data", "--http", "127.0.0.1:0",
                   "--mqtt", "127.0.0.1:0", "--store", store},
                  log);
    const auto status = process.exit_within(20'000);
    EXPECT_TRUE(status && *status != 0) << "it kept running, or was content";
    return read_file(log);
  }

  net::CoreLoop loop;
  PostgresqlServer database;
  ScratchFolder folder;
  std::unique_ptr<RollcallServer> server;
  std::unique_ptr<client::ApiClient> api;
  std::unique_ptr<RecordingFleet> fleet;
  std::string job;
};

TEST_F(OnPostgresql, AKillLosesNothingAcknowledged) {
  start_fleet();
  for (const size_t kill_at : {size_t{300}, size_t{1'200}}) {
    ASSERT_TRUE(loop.run_until([&] { return fleet->acknowledged().size() >= kill_at; }, 60'000))
        << server->log();
    server->process.kill_hard();
    loop.run_until([&] { return fleet->online() == 0; }, 10'000);
    ASSERT_LT(fleet->acknowledged().size(), kDevices) << "the job was over before the kill";
    server->start_again();
    api = server->client();
    expect_all_acknowledged_stored();
  }
  expect_completed();
  EXPECT_EQ(server->process.stop(), 0) << "a clean stop";
}

TEST_F(OnPostgresql, ACrashOfTheDatabaseLosesNothingAcknowledgedAndTheServerGoesOn) {
  start_fleet();
  ASSERT_TRUE(loop.run_until([&] { return fleet->acknowledged().size() >= 300; }, 60'000)) << server->log();
  database.crash();
  ASSERT_TRUE(server->await_readiness(503, 20'000)) << server->log();
  ASSERT_LT(fleet->acknowledged().size(), kDevices) << "the job was over before the crash";
  ASSERT_TRUE(database.start()) << database.why_not();
  ASSERT_TRUE(server->await_readiness(200, 30'000)) << server->log();
  expect_all_acknowledged_stored();
  // A device whose report was refused tells it again when it comes back.
  server->process.kill_hard();
  server->start_again();
  api = server->client();
  expect_completed();
}

// Somebody else holds what every commit needs, and a call comes that has to commit.
TEST_F(OnPostgresql, ACommitThatHasToWaitMakesTheServerNotReadyAndThenHappens) {
  server = std::make_unique<RollcallServer>(binary_under_test(), loop,
                                            ServerOptions{.store = database.fresh_url()});
  const std::unique_ptr<PGconn, decltype(&PQfinish)> other(PQconnectdb(server->options.store.c_str()),
                                                           &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> locked(
      PQexec(other.get(),
             "SELECT pg_advisory_lock(1380928588, (current_schema()::regnamespace::oid::bigint - "
             "2147483648)::integer)"),
      &PQclear);
  ASSERT_EQ(PQresultStatus(locked.get()), PGRES_TUPLES_OK) << PQerrorMessage(other.get());
  Process call;
  const client::ApiSettings& settings = server->settings;
  call.start({binary_under_test(), "call", "CreateProduct", "--ProductName", "waited", "--NodeType", "0",
              "--endpoint", settings.endpoint.text()},
             folder.path() + "/call.log",
             {{"ROLLCALL_ACCESS_KEY_ID", settings.access_key_id},
              {"ROLLCALL_ACCESS_KEY_SECRET", std::string(settings.access_key_secret.reveal())}});
  EXPECT_TRUE(server->await_readiness(503, 20'000)) << server->log();
  EXPECT_FALSE(call.exit_within(0)) << "answered before it was stored: "
                                    << read_file(folder.path() + "/call.log");
  PQclear(PQexec(other.get(), "SELECT pg_advisory_unlock_all()"));
  EXPECT_TRUE(server->await_readiness(200, 20'000)) << server->log();
  EXPECT_EQ(call.exit_within(20'000), 0) << read_file(folder.path() + "/call.log");
  EXPECT_EQ(server->client()
                ->require("QueryProductList", {{"CurrentPage", "1"}, {"PageSize", "10"}})
                ->number("Data.Total"),
            1);
}

TEST_F(OnPostgresql, StopsAlthoughTheDatabaseIsGone) {
  start_fleet();
  ASSERT_TRUE(loop.run_until([&] { return fleet->acknowledged().size() >= 100; }, 60'000)) << server->log();
  database.crash();
  EXPECT_TRUE(server->process.stop_within(30'000)) << "it hangs";
}

TEST_F(OnPostgresql, RefusesASecondServerOnTheSameDatabase) {
  const std::string url = database.fresh_url();
  RollcallServer first(binary_under_test(), loop, {.store = url});
  EXPECT_THAT(refusal(url), HasSubstr("in use by another Rollcall server"));
  EXPECT_EQ(first.process.stop(), 0);
}

TEST_F(OnPostgresql, SaysWhatIsWrongWithAStoreButNotItsPassword) {
  EXPECT_THAT(refusal("postgresql://u:Pa55word@127.0.0.1:1/x"), HasSubstr("PostgreSQL cannot be reached"));
  for (const char* store : {"postgresql://u:Pa55word@127.0.0.1:1/x", "postgresql://u:Pa55word@[/x",
                            "postgres:/u:Pa55word@/x", "oracle://u:Pa55word@host/x"}) {
    const std::string said = refusal(store);
    EXPECT_THAT(said, HasSubstr("rollcall: ")) << store;
    EXPECT_THAT(said, Not(HasSubstr("Pa55word"))) << store;
  }
}

}  // namespace
}  // namespace rollcall::testing
