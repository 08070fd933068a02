// Statements that are sent together, with what becomes of their answers: a reader or writer adds steps, the
// connection sends all of them before it reads the first answer (libpq's pipeline mode). Used by this folder
// only. Thread: the connection's.
#pragma once

#include <functional>
#include <vector>

#include "store/postgresql/parameters.hpp"
#include "store/postgresql/result.hpp"

namespace rollcall::store::postgresql {

// A statement that is prepared once for each connection, known by its address; the name says which one
// failed. Parameters are typed in the text ($1::bigint). Lives as long as the program.
struct SqlText {
  const char* name;
  const char* text;
};

struct Step {
  const SqlText* sql;
  Parameters parameters;
  std::function<void(const ReplyRow&)> on_row;  // empty: the answer has no rows that matter
};
using Steps = std::vector<Step>;

}  // namespace rollcall::store::postgresql
