// The schema on PostgreSQL and its way forward: numbered migrations, each in one transaction under a lock of
// the database, never back (DESIGN 4). Everything lies in the first schema of the search path. Called when
// the store is opened. Thread: the connection's.
#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "store/postgresql/connection.hpp"

namespace rollcall::store::postgresql {

// The number of the schema that everything lies in, as the second half of an advisory lock's name.
#define ROLLCALL_HOME "(current_schema()::regnamespace::oid::bigint - 2147483648)::integer"

// Held by every commit: one at a time over all processes, so that positions of the history grow in the order
// of the commits. A transaction's lock.
inline constexpr SqlText kCommitLock{"commit_lock",
                                     "SELECT pg_advisory_xact_lock(1380928588, " ROLLCALL_HOME ")"};

// The newest schema this program knows.
int32_t schema_version_known() noexcept;
// Brings the database to schema_version_known(); makes the id key in a new one. Error: SystemException whose
// message says what to do: not a Rollcall database, newer schema.
Status migrate(Connection& connection, Random& random);
// The same checks for a connection that may not write.
Status check_schema(Connection& connection);

}  // namespace rollcall::store::postgresql
