// The history of one task, found without an index (ADR 9): each history row holds how far behind it the
// previous row of its task lies (NULL: none), and the task row holds the position of its last one. `detail`
// is the message and, behind the last U+001E, the statusDetails. Read by schema.cpp only; never edited once
// released. The index is there for the time of the migration.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0004[] = R"sql(
ALTER TABLE task ADD COLUMN last_event INTEGER NOT NULL DEFAULT 0;
ALTER TABLE history ADD COLUMN previous INTEGER;
CREATE INDEX history_of_task ON history(job, task);
UPDATE history SET previous = position -
  (SELECT max(h.position) FROM history h
   WHERE h.job = history.job AND h.task = history.task AND h.position < history.position);
UPDATE task SET last_event =
  coalesce((SELECT max(h.position) FROM history h WHERE h.job = task.job AND h.task = task.sequence), 0);
DROP INDEX history_of_task;
UPDATE history SET detail = char(30) || detail
  WHERE detail IS NOT NULL AND (cause IN (5, 14) OR (cause = 6 AND to_status = 4));
)sql";

}  // namespace rollcall::store
