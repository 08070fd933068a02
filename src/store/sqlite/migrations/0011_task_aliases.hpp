// TaskIds of another platform that devices may still report, and the tasks they stand for. Read by schema.cpp
// only; never edited once released.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0011[] = R"sql(
CREATE TABLE task_alias(
  code TEXT PRIMARY KEY,
  job INTEGER NOT NULL,
  sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX task_alias_task ON task_alias(job, sequence);
)sql";

}  // namespace rollcall::store
