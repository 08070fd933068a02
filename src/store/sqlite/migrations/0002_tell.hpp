// What devices are still to be told: tasks that were cancelled or removed while their device was away (DESIGN
// 5.16). Read by schema.cpp only; never edited once released.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0002[] = R"sql(
CREATE TABLE tell(
  device INTEGER NOT NULL,
  job INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  PRIMARY KEY(device, job, sequence)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace rollcall::store
