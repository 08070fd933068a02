#include "store/postgresql/schema.hpp"

#include <array>
#include <string>

#include "store/postgresql/migrations/0001_first.hpp"
#include "store/postgresql/migrations/0002_retention.hpp"
#include "store/postgresql/migrations/0003_products.hpp"
#include "store/postgresql/migrations/0004_listing.hpp"
#include "store/postgresql/migrations/0005_accounts.hpp"
#include "store/postgresql/migrations/0006_last_values.hpp"
#include "store/postgresql/migrations/0007_task_aliases.hpp"
#include "store/postgresql/migrations/0008_presence.hpp"
#include "store/postgresql/migrations/0009_offline_messages.hpp"

namespace rollcall::store::postgresql {
namespace {

// Migration n brings version n-1 to n.
constexpr const char* kMigrations[] = {
    kPostgresqlMigration0001, kPostgresqlMigration0002, kPostgresqlMigration0003,
    kPostgresqlMigration0004, kPostgresqlMigration0005, kPostgresqlMigration0006,
    kPostgresqlMigration0007, kPostgresqlMigration0008, kPostgresqlMigration0009};

// Two processes that start at once: the second one waits and finds everything done.
constexpr const char* kBegin = "BEGIN; SELECT pg_advisory_xact_lock(1380928589, " ROLLCALL_HOME ")";

constexpr SqlText kHome{
    "schema_home",
    "SELECT current_schema() IS NOT NULL, "
    "EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace "
    "AND c.relname = 'schema_version'), "
    "EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace "
    "AND c.relkind IN ('r', 'p'))"};
constexpr SqlText kVersion{"schema_version",
                           "SELECT version FROM schema_version WHERE application = 'rollcall'"};

Error people(std::string message, std::string detail) {
  if (!detail.starts_with("io:")) detail.insert(0, "io: ");
  return Error(ErrorCode::SystemException, std::move(message)).with_detail(std::move(detail));
}

Error not_ours(std::string detail) {
  return people("The database holds other tables than Rollcall's; give Rollcall a database of its own.",
                std::move(detail));
}

// 0 when the database is empty.
Result<int32_t> schema_version(Connection& connection) {
  bool home = false;
  bool versioned = false;
  bool tables = false;
  Steps steps;
  steps.push_back({&kHome, {}, [&](const ReplyRow& row) { Columns(row) >> home >> versioned >> tables; }});
  if (!connection.run(steps)) return fail(connection.take_error());
  if (!home)
    return fail(people("The database has no schema that this user may use (search_path); create one.",
                       "no current schema"));
  if (!versioned) return tables ? fail(not_ours("foreign tables")) : Result<int32_t>(0);
  int32_t version = 0;
  steps.clear();
  steps.push_back({&kVersion, {}, [&](const ReplyRow& row) { Columns(row) >> version; }});
  if (!connection.run(steps)) {
    if (connection.broken()) return fail(connection.take_error());
    return fail(not_ours(connection.take_error().detail));
  }
  if (version < 1) return fail(not_ours("schema_version is empty"));
  if (version > schema_version_known())
    return fail(people("The database was written by a newer version of Rollcall (schema " +
                           std::to_string(version) + ", this program knows " +
                           std::to_string(schema_version_known()) +
                           "); run that version, or restore a backup made by this one.",
                       "newer schema"));
  return version;
}

std::string id_key_literal(Random& random) {
  std::array<uint8_t, 16> key{};
  random.fill(key);
  constexpr char kHex[] = "0123456789abcdef";
  std::string text = "'\\x";
  for (const uint8_t byte : key) (text += kHex[byte >> 4]) += kHex[byte & 15];
  return text + "'";
}

Status migrate_all(Connection& connection, Random& random) {
  ROLLCALL_TRY(const int32_t version, schema_version(connection));
  for (int32_t next = version + 1; next <= schema_version_known(); ++next) {
    std::string sql;
    if (next == 1)
      sql =
          "CREATE TABLE schema_version(application text PRIMARY KEY, version integer NOT NULL); "
          "INSERT INTO schema_version VALUES('rollcall', 0);";
    sql += kMigrations[next - 1];
    if (next == 1) sql += "INSERT INTO meta VALUES('id_key', " + id_key_literal(random) + ");";
    sql += "UPDATE schema_version SET version = " + std::to_string(next);
    if (!connection.execute(sql, "migration")) {
      Error error = connection.take_error();
      error.message = "The database could not be brought to this version's schema; it was left as it was: " +
                      error.detail;
      return fail(std::move(error));
    }
  }
  return {};
}

}  // namespace

int32_t schema_version_known() noexcept { return static_cast<int32_t>(std::size(kMigrations)); }

Status migrate(Connection& connection, Random& random) {
  ROLLCALL_TRY(const int32_t version, schema_version(connection));
  if (version == schema_version_known()) return {};
  if (!connection.execute(kBegin, "migration_begin")) return fail(connection.take_error());
  Status migrated = migrate_all(connection, random);
  connection.execute(migrated ? "COMMIT" : "ROLLBACK", "migration_end");
  if (!connection.ok()) {
    Error error = connection.take_error();
    if (migrated) return fail(std::move(error));
  }
  return migrated;
}

Status check_schema(Connection& connection) {
  ROLLCALL_TRY(const int32_t version, schema_version(connection));
  if (version == schema_version_known()) return {};
  return fail(people("The database was not opened by this version of Rollcall yet.", "older schema"));
}

}  // namespace rollcall::store::postgresql
