// What only a store behind a link has: addresses that lead nowhere, the lock of a database, servers that
// crash, and commits whose answer was lost.
#include "base/clock.hpp"
#include "contract/store_contract.hpp"
#include "store/postgresql/open.hpp"
#include "support/postgresql_server.hpp"

namespace rollcall::store {
namespace {

using rollcall::testing::PostgresqlServer;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ChangeSet key(const std::string& id) {
  ChangeSet changes;
  changes.new_access_keys.push_back({id, Secret("s"), InstanceId{1}, true, WallMs{1}});
  return changes;
}

class PostgresqlStore : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(server.why_not(), "");
    url = server.fresh_url();
  }
  std::unique_ptr<Store> open(bool exclusive = true) {
    auto opened = open_postgresql({url, exclusive}, clock, random);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message + " / " + opened.error().detail);
    return opened ? std::move(*opened) : nullptr;
  }
  Error refused(const std::string& at) {
    auto opened = open_postgresql({at}, clock, random);
    EXPECT_FALSE(opened);
    return opened ? Error() : opened.error();
  }
  std::string sql(const std::string& text) { return server.query(url, text); }
  // The store's sessions end, as when a firewall or an operator does it.
  void end_sessions() {
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rollcall'");
  }
  // Repeats a read until it succeeds: the way a store comes back is bounded by its waits.
  static bool comes_back(Store& store) {
    for (int i = 0; i < 1'000'000; ++i) {
      if (store.access_keys(1)) return true;
    }
    return false;
  }

  PostgresqlServer& server = PostgresqlServer::shared();
  SystemClock clock;
  CountingRandom random;
  std::string url;
};

TEST_F(PostgresqlStore, RefusesASecondServerAndNamesTheFirst) {
  auto first = open();
  const Error error = refused(url);
  EXPECT_THAT(error.message, HasSubstr("in use by another Rollcall server (session "));
  EXPECT_THAT(error.message, HasSubstr("this machine"));
  EXPECT_TRUE(commit_to_the_end(*first, key("a")));
  first.reset();
  EXPECT_TRUE(open());
}

TEST_F(PostgresqlStore, SharesADatabaseThatIsNotItsOwnAlone) {
  auto first = open(false);
  auto second = open(false);
  const ChangeSet a = key("a"), b = key("b");
  first->submit(a);
  second->submit(b);  // waits for the other
  auto of_second = second->poll();
  std::optional<Result<CommitResult>> of_first;
  while (!of_first) of_first = first->poll();
  while (!of_second) of_second = second->poll();
  EXPECT_TRUE(*of_first);
  EXPECT_TRUE(*of_second);
  EXPECT_EQ(first->access_keys(10)->size(), 2u);
  EXPECT_EQ(second->access_keys(10)->size(), 2u);
  const int64_t id = *first->reserve_ids("job", 5);
  EXPECT_EQ(*second->reserve_ids("job", 1), id + 5);
}

TEST_F(PostgresqlStore, WritesNothingOnceAnotherServerTookOver) {
  auto first = open(false);
  ASSERT_TRUE(commit_to_the_end(*first, key("a")));
  auto second = open(true);
  const auto late = commit_to_the_end(*first, key("b"));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().detail, StartsWith("io: commit: another server took over"));
  EXPECT_EQ(second->access_keys(10)->size(), 1u);
  EXPECT_TRUE(commit_to_the_end(*first, key("b"))) << "with an epoch of its own again";
}

TEST_F(PostgresqlStore, SaysWhatIsWrongWithAnAddressButNotThePassword) {
  const std::string secret = "Pa55word";
  for (const std::string& at : {"postgresql://u:" + secret + "@[/x", "mysql://u:" + secret + "@host/x",
                                "postgresql:///postgres?host=/nowhere&user=u&password=" + secret,
                                "postgresql://u:" + secret + "@127.0.0.1:1/postgres"}) {
    const Error error = refused(at);
    EXPECT_THAT(error.message + error.detail, Not(HasSubstr(secret))) << at;
    EXPECT_THAT(error.message, AnyOf(HasSubstr("address"), HasSubstr("cannot be reached"))) << at;
    EXPECT_THAT(error.detail, StartsWith("io:"));
  }
}

TEST_F(PostgresqlStore, SaysThatAPasswordIsWrong) {
  sql("CREATE ROLE with_password LOGIN PASSWORD 'right'");
  std::string at = url;
  at.replace(at.find("user=rollcall"), 13, "user=with_password&password=Wr0ng");
  const Error error = refused(at);
  EXPECT_THAT(error.message, HasSubstr("password authentication failed for user \"with_password\""));
  EXPECT_THAT(error.message + error.detail, Not(HasSubstr("Wr0ng")));
}

TEST_F(PostgresqlStore, RefusesADatabaseOfAnotherEncoding) {
  sql("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0");
  std::string at = url;
  at.replace(at.find("/postgres?"), 10, "/ascii?");
  EXPECT_THAT(refused(at).message, HasSubstr("SQL_ASCII"));
}

TEST_F(PostgresqlStore, RefusesWhatIsNotItsDatabase) {
  sql("CREATE TABLE something(other integer)");
  EXPECT_THAT(refused(url).message, HasSubstr("other tables than Rollcall's"));
  sql("CREATE TABLE schema_version(version text)");
  EXPECT_THAT(refused(url).message, HasSubstr("other tables than Rollcall's"));
  EXPECT_EQ(sql("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"), "2");
}

TEST_F(PostgresqlStore, RefusesASchemaThatIsNotThere) {
  EXPECT_THAT(refused(server.url("missing")).message, HasSubstr("no schema"));
}

TEST_F(PostgresqlStore, RefusesANewerSchemaAndLeavesItAlone) {
  open().reset();
  sql("UPDATE schema_version SET version = 999");
  EXPECT_THAT(refused(url).message, HasSubstr("newer version of Rollcall (schema 999"));
  EXPECT_FALSE(open_postgresql_reader({url}, clock));
}

TEST_F(PostgresqlStore, LeavesNothingOfAMigrationThatFails) {
  // A function of ours that is there already: the first migration stops at it.
  sql("CREATE FUNCTION refuse(message text) RETURNS void LANGUAGE sql AS 'SELECT'");
  EXPECT_THAT(refused(url).message, HasSubstr("left as it was"));
  EXPECT_EQ(sql("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"), "0");
  sql("DROP FUNCTION refuse");
  EXPECT_TRUE(open());
}

TEST_F(PostgresqlStore, ReaderNeedsTheStoreFirstAndWritesNothing) {
  const auto reader = open_postgresql_reader({url}, clock);
  ASSERT_FALSE(reader);
  EXPECT_THAT(reader.error().message, HasSubstr("not opened by this version"));
  EXPECT_EQ(sql("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"), "0");
}

TEST_F(PostgresqlStore, ReaderSeesWhatIsCommittedAndComesBack) {
  auto store = open();
  auto reader = open_postgresql_reader({url}, clock);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(commit_to_the_end(*store, key("a")));
  EXPECT_EQ((*reader)->access_keys(10)->size(), 1u);
  end_sessions();
  EXPECT_EQ((*reader)->access_keys(10)->size(), 1u)
      << "an idle connection that is gone is seen before its use";
  EXPECT_TRUE(commit_to_the_end(*store, key("b")));
  EXPECT_EQ((*reader)->access_keys(10)->size(), 2u);
}

TEST_F(PostgresqlStore, RefusesASecretInAnUnknownEnvelope) {
  auto store = open();
  ASSERT_TRUE(commit_to_the_end(*store, key("a")));
  sql("UPDATE access_key SET secret = '7s'");
  const auto read = store->access_keys(10);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().detail, HasSubstr("envelope"));
  EXPECT_TRUE(store->product_count(InstanceId{1})) << "the failure sticks to its call only";
}

TEST_F(PostgresqlStore, TellsAFullDiskFromOtherTroubleAndFromARefusal) {
  auto store = open();
  const auto failing_with = [&](const std::string& state) {
    sql("CREATE OR REPLACE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING ERRCODE = '" +
        state + "', MESSAGE = 'no'; END $$");
    sql("CREATE OR REPLACE TRIGGER trouble BEFORE INSERT ON access_key EXECUTE FUNCTION trouble()");
    auto result = commit_to_the_end(*store, key("a"));
    sql("DROP TRIGGER trouble ON access_key");
    return result ? std::string("committed") : result.error().detail;
  };
  EXPECT_THAT(failing_with("53100"), StartsWith("full: access_key_insert: no"));
  EXPECT_THAT(failing_with("53200"), StartsWith("io: access_key_insert: no"));
  EXPECT_THAT(failing_with("40001"), StartsWith("io: access_key_insert: no")) << "after some tries";
  EXPECT_THAT(failing_with("23514"), StartsWith("constraint: access_key_insert: no"));
  EXPECT_TRUE(commit_to_the_end(*store, key("a"))) << "and goes on";
  EXPECT_EQ(store->access_keys(10)->size(), 1u);
}

TEST_F(PostgresqlStore, ChangesNothingWhenTheLinkBreaksInTheMiddleOfAChange) {
  auto store = open();
  sql("CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'");
  sql("CREATE TRIGGER cut AFTER INSERT ON access_key EXECUTE FUNCTION cut()");
  const auto result = commit_to_the_end(*store, key("a"));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().detail, StartsWith("io: "));
  sql("DROP TRIGGER cut ON access_key");
  EXPECT_TRUE(comes_back(*store));
  EXPECT_EQ(store->access_keys(10)->size(), 0u);
  EXPECT_TRUE(commit_to_the_end(*store, key("a")));
}

// COMMIT is sent, and the session ends before it is done.
TEST_F(PostgresqlStore, ReportsALostCommitAsFailedWhenItDidNotHappen) {
  auto store = open();
  sql("CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'");
  sql("CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON access_key DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
      "WHEN (NEW.id = 'lost') EXECUTE FUNCTION cut()");
  const auto result = commit_to_the_end(*store, key("lost"));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().detail, StartsWith("io: commit: "));
  EXPECT_EQ(store->access_keys(10)->size(), 0u);
  EXPECT_TRUE(commit_to_the_end(*store, key("a")));
}

// A server of the test's own, for what concerns all of its databases.
class PostgresqlCrash : public PostgresqlStore {
 protected:
  void SetUp() override {
    ASSERT_EQ(own.why_not(), "");
    url = own.fresh_url();
  }
  PostgresqlServer own;
};

// The row is durable, and the session ends while COMMIT waits for a standby that there is none: its answer is
// lost for good.
TEST_F(PostgresqlCrash, ReportsALostCommitAsDoneWhenItHappened) {
  auto store = open();
  own.query(url, "ALTER ROLE rollcall SET synchronous_commit = local");  // of later sessions
  own.query(url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  own.query(url, "SELECT pg_reload_conf()");
  const std::string waiting =
      "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'rollcall'";
  bool cut = false;
  int commits = 0;
  for (; !cut && commits < 200; ++commits) {  // the setting takes a moment to reach the session
    const ChangeSet changes = key("key" + std::to_string(commits));
    store->submit(changes);
    auto result = store->poll();
    while (!result) {
      if (!cut && !own.query(url, waiting).empty()) {
        own.query(url, "SELECT pg_terminate_backend(pid) FROM (" + waiting + ") AS w");
        cut = true;
      }
      result = store->poll();
    }
    ASSERT_TRUE(*result) << result->error().detail;
  }
  EXPECT_TRUE(cut);
  EXPECT_EQ(store->access_keys(1'000)->size(), static_cast<size_t>(commits));
  EXPECT_TRUE(commit_to_the_end(*store, key("after")));
  EXPECT_EQ(own.query(url, "SELECT count(*) FROM commit_mark"), "1") << "old marks are forgotten";
}

TEST_F(PostgresqlCrash, HasEveryCommitAfterTheServerCrashedAndComesBack) {
  auto store = open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(commit_to_the_end(*store, key("key" + std::to_string(i))));
  own.crash();
  const auto down = store->access_keys(1);
  ASSERT_FALSE(down);
  EXPECT_THAT(down.error().detail, StartsWith("io: "));
  const auto refused = commit_to_the_end(*store, key("down"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, StartsWith("io: "));
  EXPECT_FALSE(store->reserve_ids("job", 1));
  ASSERT_TRUE(own.start()) << own.why_not();
  ASSERT_TRUE(comes_back(*store));
  EXPECT_EQ(store->access_keys(1'000)->size(), 20u);
  EXPECT_TRUE(commit_to_the_end(*store, key("after")));
}

TEST_F(PostgresqlCrash, WaitsLongerAndLongerBeforeItTriesAgain) {
  ManualClock manual;
  auto opened = open_postgresql({url}, manual, random);
  ASSERT_TRUE(opened) << opened.error().detail;
  own.crash();
  Store& store = **opened;
  const auto tries = [&] {
    const auto read = store.access_keys(1);
    return !read && read.error().detail.find("not connected") == std::string::npos;
  };
  EXPECT_TRUE(tries());
  EXPECT_FALSE(tries()) << "not at once";
  for (const int64_t wait_ms : {100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
    manual.advance_ms(wait_ms - 1);
    EXPECT_FALSE(tries()) << wait_ms;
    manual.advance_ms(1);
    EXPECT_TRUE(tries()) << wait_ms;
  }
  ASSERT_TRUE(own.start()) << own.why_not();
  manual.advance_ms(5'000);
  EXPECT_TRUE(store.access_keys(1));
}

}  // namespace
}  // namespace rollcall::store
