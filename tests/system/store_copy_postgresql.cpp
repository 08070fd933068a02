#include <libpq-fe.h>

#include <array>
#include <memory>

#include "store_copy.hpp"

namespace rollcall::testing {
namespace {

using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

// What the audit looks at. The embedded store has columns that lead along a task's history, where this one
// has an index: they are made up.
struct Table {
  const char* name;
  const char* more = "";
};
constexpr std::array<Table, 14> kTables = {{
    {"meta"},
    {"product"},
    {"device"},
    {"device_group"},
    {"group_member"},
    {"apply"},
    {"apply_item"},
    {"thing_model"},
    {"job"},
    {"job_spec"},
    {"job_counter"},
    {"task",
     ", (SELECT coalesce(max(h.position), 0) FROM history h WHERE h.job = task.job AND h.task = "
     "task.sequence) "
     "AS last_event"},
    {"task_detail"},
    {"history", ", position - lag(position) OVER (PARTITION BY job, task ORDER BY position) AS previous"},
}};
constexpr Oid kBytes = 17;
constexpr Oid kText = 25;

int64_t integer(const char* bytes, int size) {
  uint64_t value = size > 0 && (bytes[0] & 0x80) ? ~uint64_t{0} : 0;
  for (int i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return static_cast<int64_t>(value);
}

void bind(sqlite3_stmt* insert, const PGresult* rows, int row, int column) {
  const char* bytes = PQgetvalue(rows, row, column);
  const int size = PQgetlength(rows, row, column);
  if (PQgetisnull(rows, row, column)) {
    sqlite3_bind_null(insert, column + 1);
  } else if (PQftype(rows, column) == kText) {
    sqlite3_bind_text(insert, column + 1, bytes, size, SQLITE_TRANSIENT);
  } else if (PQftype(rows, column) == kBytes) {
    sqlite3_bind_blob(insert, column + 1, bytes, size, SQLITE_TRANSIENT);
  } else {
    sqlite3_bind_int64(insert, column + 1, integer(bytes, size));
  }
}

// A table of the same name and columns, with its rows.
std::string copy_table(PGconn* from, sqlite3* to, const std::string& table, const std::string& more) {
  const Answer rows(PQexecParams(from, ("SELECT *" + more + " FROM " + table).c_str(), 0, nullptr, nullptr,
                                 nullptr, nullptr, 1),
                    &PQclear);
  if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) return table + ": " + PQerrorMessage(from);
  std::string columns, places;
  for (int i = 0; i < PQnfields(rows.get()); ++i) {
    columns += std::string(i > 0 ? ", \"" : "\"") + PQfname(rows.get(), i) + "\"";
    places += i > 0 ? ", ?" : "?";
  }
  sqlite3_exec(to, ("CREATE TABLE \"" + table + "\"(" + columns + ")").c_str(), nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(to, ("INSERT INTO \"" + table + "\" VALUES(" + places + ")").c_str(), -1, &insert,
                     nullptr);
  bool inserted = true;
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    for (int i = 0; i < PQnfields(rows.get()); ++i) bind(insert, rows.get(), row, i);
    inserted = sqlite3_step(insert) == SQLITE_DONE && inserted;
    sqlite3_reset(insert);
  }
  sqlite3_finalize(insert);
  return inserted ? "" : table + ": " + sqlite3_errmsg(to);
}

}  // namespace

std::string copy_postgresql(const std::string& url, sqlite3* to) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> from(PQconnectdb(url.c_str()), &PQfinish);
  PQclear(PQexec(from.get(), "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  sqlite3_exec(to, "BEGIN", nullptr, nullptr, nullptr);
  std::string failure;
  for (const Table& table : kTables) failure += copy_table(from.get(), to, table.name, table.more);
  sqlite3_exec(to, "COMMIT", nullptr, nullptr, nullptr);
  return failure;
}

}  // namespace rollcall::testing
