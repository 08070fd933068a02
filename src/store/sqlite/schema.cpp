#include "store/sqlite/schema.hpp"

#include <array>
#include <string>

#include "store/sqlite/migrations/0001_first.hpp"
#include "store/sqlite/migrations/0002_tell.hpp"
#include "store/sqlite/migrations/0003_retire.hpp"
#include "store/sqlite/migrations/0004_events.hpp"
#include "store/sqlite/migrations/0005_retention.hpp"
#include "store/sqlite/migrations/0006_products.hpp"
#include "store/sqlite/migrations/0007_listing.hpp"
#include "store/sqlite/migrations/0008_blocks.hpp"
#include "store/sqlite/migrations/0009_accounts.hpp"
#include "store/sqlite/migrations/0010_last_values.hpp"
#include "store/sqlite/migrations/0011_task_aliases.hpp"
#include "store/sqlite/migrations/0012_presence.hpp"
#include "store/sqlite/migrations/0013_offline_messages.hpp"

namespace rollcall::store {
namespace {

// Migration n brings version n-1 to n.
constexpr const char* kMigrations[] = {kMigration0001, kMigration0002, kMigration0003, kMigration0004,
                                       kMigration0005, kMigration0006, kMigration0007, kMigration0008,
                                       kMigration0009, kMigration0010, kMigration0011, kMigration0012,
                                       kMigration0013};

// "ROLL": marks the file as ours (PRAGMA application_id).
constexpr int64_t kApplicationId = 0x524F4C4C;
constexpr const char* kMarkAsOurs = "PRAGMA application_id = 1380928588";
static_assert(kApplicationId == 1380928588);

Result<int64_t> single_value(Connection& connection, const char* name, const char* sql) {
  Statement statement(connection, name, sql);
  int64_t value = 0;
  Query query = statement.run();
  if (query.step()) query >> value;
  return connection.finish(value);
}

tl::unexpected<Error> not_ours(std::string detail) {
  return fail(Error(ErrorCode::SystemException,
                    "The data file is not a Rollcall database; use another data folder or restore a backup.")
                  .with_detail(std::move(detail)));
}

// The version of the file, 0 when it is empty.
Result<int32_t> schema_version(Connection& connection) {
  const auto application = single_value(connection, "application_id", "PRAGMA application_id");
  if (!application) return not_ours(application.error().detail);
  if (*application != kApplicationId) {
    ROLLCALL_TRY(const int64_t objects,
                 single_value(connection, "schema_objects", "SELECT count(*) FROM sqlite_schema"));
    if (objects != 0 || *application != 0) return not_ours("io: foreign application_id or tables");
    return 0;
  }
  ROLLCALL_TRY(const int64_t version,
               single_value(connection, "schema_version", "SELECT version FROM schema_version"));
  if (version < 1) return not_ours("io: schema_version is empty");
  if (version > schema_version_known()) {
    const std::string numbers = "schema " + std::to_string(version) + ", this program knows " +
                                std::to_string(schema_version_known());
    return fail(Error(ErrorCode::SystemException,
                      "The data file was written by a newer version of Rollcall (" + numbers +
                          "); run that version, or restore a backup made by this one.")
                    .with_detail("io: newer schema"));
  }
  return static_cast<int32_t>(version);
}

void make_id_key(Connection& connection, Random& random) {
  std::array<uint8_t, 16> key{};
  random.fill(key);
  Statement insert(connection, "id_key_insert", "INSERT INTO meta VALUES('id_key', CAST(?1 AS BLOB))");
  insert.execute(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()));
}

Status migrate_one(Connection& connection, int32_t version, Random& random) {
  connection.execute("BEGIN IMMEDIATE", "migration_begin");
  if (version == 1) {
    connection.execute(kMarkAsOurs, "migration_mark");
    connection.execute(
        "CREATE TABLE schema_version(version INTEGER NOT NULL) STRICT; INSERT INTO schema_version VALUES(0)",
        "migration_version_table");
  }
  connection.execute(kMigrations[version - 1], "migration");
  if (version == 1) make_id_key(connection, random);
  Statement set_version(connection, "migration_version", "UPDATE schema_version SET version = ?1");
  set_version.execute(version);
  connection.execute("COMMIT", "migration_commit");
  if (connection.ok()) return {};
  Error error = connection.take_error();
  if (connection.in_transaction()) connection.execute("ROLLBACK", "migration_roll_back");
  error.message = "The data file could not be brought to this version's schema; it was left as it was.";
  return fail(std::move(error));
}

}  // namespace

int32_t schema_version_known() noexcept { return static_cast<int32_t>(std::size(kMigrations)); }

Status migrate(Connection& connection, Random& random) {
  ROLLCALL_TRY(const int32_t version, schema_version(connection));
  for (int32_t next = version + 1; next <= schema_version_known(); ++next) {
    ROLLCALL_TRY_STATUS(migrate_one(connection, next, random));
  }
  return {};
}

Status check_schema(Connection& connection) {
  ROLLCALL_TRY(const int32_t version, schema_version(connection));
  if (version == schema_version_known()) return {};
  return fail(
      Error(ErrorCode::SystemException, "The data file was not opened by this version of Rollcall yet.")
          .with_detail("io: older schema"));
}

}  // namespace rollcall::store
