// Pages of the database file go bad. What needs them fails and the log and the start say why in words; what
// does not need them goes on; nothing is written over.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <vector>

#include "client/fleet_setup.hpp"
#include "failing_server.hpp"

namespace rollcall::testing {
namespace {

// The pages of a table, read while nobody has the file open. Everything is in the file afterwards, not in
// the log beside it.
std::vector<int64_t> pages_of(const std::string& file, const std::string& table) {
  sqlite3* db = nullptr;
  std::vector<int64_t> pages;
  EXPECT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_stmt* query = nullptr;
  const std::string sql = "SELECT pageno FROM dbstat WHERE name = '" + table + "'";
  EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &query, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  while (sqlite3_step(query) == SQLITE_ROW) pages.push_back(sqlite3_column_int64(query, 0));
  sqlite3_finalize(query);
  sqlite3_close(db);
  return pages;
}

int64_t page_bytes(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  in.seekg(16);
  const int high = in.get();
  const int low = in.get();
  return high * 256 + low;  // big-endian, the file format's page size
}

void damage(const std::string& file, const std::string& table) {
  const std::vector<int64_t> pages = pages_of(file, table);
  ASSERT_FALSE(pages.empty());
  const int64_t bytes = page_bytes(file);
  ASSERT_GE(bytes, 512);
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  for (const int64_t page : pages) {
    out.seekp((page - 1) * bytes);
    out << std::string(64, '\x5a');
  }
  ASSERT_TRUE(out.good());
}

class DamagedFile : public ::testing::Test {
 protected:
  void SetUp() override {
    auto api = server_.client();
    auto fleet =
        client::prepare_fleet(*api, server_.random, {"damaged", "damaged-", 50}, [](const std::string&) {});
    ASSERT_TRUE(fleet) << public_message(fleet.error());
    product_key_ = fleet->product_key;
    ASSERT_EQ(server_.process.stop(), 0);
  }

  net::CoreLoop loop_;
  RollcallServer server_{binary_under_test(), loop_};
  std::string product_key_;
};

TEST_F(DamagedFile, IsNamedByAStartThatNeedsIt) {
  damage(server_.data() + "/rollcall.db", "instance");
  damage(server_.data() + "/rollcall.db", "presence");
  damage(server_.data() + "/rollcall.db", "meta");
  server_.launch();
  EXPECT_FALSE(server_.await_ready(20'000));
  EXPECT_EQ(server_.process.exit_within(20'000), 1);
  EXPECT_NE(server_.log().find("The database of the data folder is damaged."), std::string::npos)
      << server_.log();
}

TEST_F(DamagedFile, FailsWhatNeedsItAloneAndSaysWhyInTheLog) {
  damage(server_.data() + "/rollcall.db", "device");
  server_.start_again();
  auto api = server_.client();
  const auto refused = api->require("RegisterDevice", {{"ProductKey", product_key_}, {"DeviceName", "late"}});
  ASSERT_FALSE(refused);
  EXPECT_NE(server_.log().find("malformed"), std::string::npos) << server_.log();
  // What lies on other pages is there, and can be changed.
  EXPECT_TRUE(api->require("QueryProduct", {{"ProductKey", product_key_}}));
  auto group = api->require("CreateDeviceGroup", {{"GroupName", "elsewhere"}});
  EXPECT_TRUE(group) << public_message(group.error());
  EXPECT_TRUE(server_.await_readiness(200, 20'000)) << server_.log();
  EXPECT_EQ(server_.process.stop(), 0);
}

}  // namespace
}  // namespace rollcall::testing
