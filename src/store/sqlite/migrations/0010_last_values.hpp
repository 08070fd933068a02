// What devices last said of their properties: one text a device (model/last_values.hpp), bounded where it is
// made. Read by schema.cpp only; never edited once released.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0010[] = R"sql(
CREATE TABLE last_values(
  device INTEGER PRIMARY KEY,
  reported TEXT NOT NULL
) STRICT;
)sql";

}  // namespace rollcall::store
