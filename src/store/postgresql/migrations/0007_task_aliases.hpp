// TaskIds of another platform that devices may still report, and the tasks they stand for. Read by schema.cpp
// only; never edited once released.
#pragma once

namespace rollcall::store::postgresql {

inline constexpr char kPostgresqlMigration0007[] = R"sql(
CREATE TABLE task_alias(
  code text PRIMARY KEY,
  job bigint NOT NULL,
  sequence bigint NOT NULL
);
CREATE INDEX task_alias_task ON task_alias(job, sequence);
)sql";

}  // namespace rollcall::store::postgresql
