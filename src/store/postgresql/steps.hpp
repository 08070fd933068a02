// The statements of one commit, in the order of their running, with what becomes of their answers: a writer
// adds steps, the store sends all of them before it reads the first answer (libpq's pipeline mode). Used by
// the writers of this folder. Thread: the connection's.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/postgresql/parameters.hpp"

namespace rollcall::store {

// A statement that is prepared once for each connection; the name says which one failed.
struct SqlText {
  const char* name;
  const char* text;
};

// One row of an answer, in binary format.
class ReplyRow {
 public:
  ReplyRow(const PGresult* result, int row) : result_(result), row_(row) {}
  // A smallint, integer or bigint; NULL is 0.
  int64_t integer(int column) const {
    const char* bytes = PQgetvalue(result_, row_, column);
    const int size = PQgetisnull(result_, row_, column) ? 0 : PQgetlength(result_, row_, column);
    uint64_t value = size > 0 && (bytes[0] & 0x80) ? ~uint64_t{0} : 0;
    for (int i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
    return static_cast<int64_t>(value);
  }
  template <class Enum>
  Enum as(int column) const {
    return static_cast<Enum>(integer(column));
  }

 private:
  const PGresult* result_;
  int row_;
};

struct Step {
  const SqlText* sql;
  Parameters parameters;
  std::function<void(const ReplyRow&)> on_row;  // empty: the answer has no rows that matter
};
using Steps = std::vector<Step>;

}  // namespace rollcall::store
