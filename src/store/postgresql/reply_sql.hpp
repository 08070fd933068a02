// Pieces of the statements that change tasks: each answers with rows of a kind (ReplyKind) and up to nine
// numbers, and keeps the counters of jobs by the rows that it hit. Included by the writers' .cpp files only.
#pragma once

// clang-format off
#define ROLLCALL_NOTHING_1 "NULL::bigint"
#define ROLLCALL_NOTHING_3 ROLLCALL_NOTHING_1 ", " ROLLCALL_NOTHING_1 ", " ROLLCALL_NOTHING_1
#define ROLLCALL_NOTHING_5 ROLLCALL_NOTHING_3 ", " ROLLCALL_NOTHING_1 ", " ROLLCALL_NOTHING_1
#define ROLLCALL_NOTHING_6 ROLLCALL_NOTHING_3 ", " ROLLCALL_NOTHING_3
#define ROLLCALL_NOTHING_7 ROLLCALL_NOTHING_6 ", " ROLLCALL_NOTHING_1
#define ROLLCALL_NOTHING_8 ROLLCALL_NOTHING_7 ", " ROLLCALL_NOTHING_1

#define ROLLCALL_MOVED(name, number)             \
  "count(*) FILTER (WHERE status = " #number ")" \
  " - count(*) FILTER (WHERE from_status = " #number ") AS " name

// Brings the counters of every job of `rows` to what its rows have become, once for each job.
#define ROLLCALL_COUNTED(rows)                                                                  \
  "counted AS (UPDATE job_counter c SET queued = c.queued + m.queued, sent = c.sent + m.sent, " \
  "in_progress = c.in_progress + m.in_progress, succeeded = c.succeeded + m.succeeded, "        \
  "failed = c.failed + m.failed, rejected = c.rejected + m.rejected, "                          \
  "timed_out = c.timed_out + m.timed_out, cancelled = c.cancelled + m.cancelled "               \
  "FROM (SELECT job, "                                                                          \
  ROLLCALL_MOVED("queued", 1) ", " ROLLCALL_MOVED("sent", 2) ", "                               \
  ROLLCALL_MOVED("in_progress", 3) ", " ROLLCALL_MOVED("succeeded", 4) ", "                     \
  ROLLCALL_MOVED("failed", 5) ", " ROLLCALL_MOVED("rejected", 6) ", "                           \
  ROLLCALL_MOVED("timed_out", 7) ", " ROLLCALL_MOVED("cancelled", 8)                            \
  " FROM " rows " WHERE status <> from_status GROUP BY job) m WHERE c.job = m.job "             \
  "RETURNING c.job, c.queued, c.sent, c.in_progress, c.succeeded, c.failed, c.rejected, "       \
  "c.timed_out, c.cancelled) "
// clang-format on

#define ROLLCALL_COUNTERS "SELECT 2::smallint, counted.* FROM counted"
