// What devices last said of their properties: one text a device (model/last_values.hpp), bounded where it is
// made. Read by schema.cpp only; never edited once released.
#pragma once

namespace rollcall::store::postgresql {

inline constexpr char kPostgresqlMigration0006[] = R"sql(
CREATE TABLE last_values(
  device bigint PRIMARY KEY,
  reported bytea NOT NULL
);
)sql";

}  // namespace rollcall::store::postgresql
