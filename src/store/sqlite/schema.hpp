// The schema of the embedded store and its way forward: numbered migrations, each in one transaction, never
// back (DESIGN 4). Called when the store is opened. Thread: the connection's.
#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "store/sqlite/statement.hpp"

namespace rollcall::store {

// The newest schema this program knows.
int32_t schema_version_known() noexcept;
// Brings the file to schema_version_known(); makes the id key in a new one. Error: SystemException whose
// message says what to do: not a Rollcall file, newer schema.
Status migrate(Connection& connection, Random& random);
// The same checks for a connection that may not write: the file is ours and of the known version.
Status check_schema(Connection& connection);

}  // namespace rollcall::store
