// What is left of a deleted job goes after a while (ADR 0010). `purged`: 1 while its rows are being taken
// away, 2 when only its number is left. Jobs are found by when they were deleted, and by when they ended.
// id_counter 'history' keeps positions from being given twice once the last rows are gone. Read by schema.cpp
// only; never edited once released.
#pragma once

namespace rollcall::store {

inline constexpr char kMigration0005[] = R"sql(
ALTER TABLE job ADD COLUMN purged INTEGER NOT NULL DEFAULT 0;
CREATE INDEX job_deleted ON job(deleted_ms) WHERE deleted_ms <> 0 AND purged < 2;
CREATE INDEX job_ended ON job(modified_ms) WHERE status IN (4, 6, 8) AND deleted_ms = 0;
)sql";

}  // namespace rollcall::store
