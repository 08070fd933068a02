// Where tasks of a status are, without an index of every task (ADR 0011): how many tasks of each status every
// block of 128 consecutive tasks of a job has (level 0), and every 128 blocks (level 1). Fifteen bits a
// status, the lowest first: `early` has QUEUED to SUCCEEDED, `late` FAILED to CANCELLED. A job of which
// nothing is shown any more has no rows here. Read by schema.cpp only; never edited once released.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0008[] = R"sql(
CREATE TABLE task_block(
  job INTEGER NOT NULL,
  level INTEGER NOT NULL,
  block INTEGER NOT NULL,
  early INTEGER NOT NULL,
  late INTEGER NOT NULL,
  PRIMARY KEY(job, level, block)
) WITHOUT ROWID;
INSERT INTO task_block
  SELECT job, 0, sequence / 128,
         sum(CASE WHEN status <= 4 THEN 1 << (status - 1) * 15 ELSE 0 END),
         sum(CASE WHEN status >= 5 THEN 1 << (status - 5) * 15 ELSE 0 END)
  FROM task WHERE job IN (SELECT id FROM job WHERE purged = 0) GROUP BY job, sequence / 128;
INSERT INTO task_block
  SELECT job, 1, block / 128, sum(early), sum(late) FROM task_block WHERE level = 0 GROUP BY job, block / 128;
DROP INDEX task_status;
)sql";

}  // namespace rollcall::store
