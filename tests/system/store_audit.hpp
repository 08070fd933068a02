// Looks into a copy of a data folder's database and compares it with what the clients know: everything
// acknowledged is there, counters are what the rows say, the history leads to each row, no task succeeded
// that its device did not report, nothing exists twice. Never opens the database itself: recovery is the
// server's. Thread: one.
#pragma once

#include <string>
#include <vector>

#include "facts.hpp"

namespace rollcall::testing {

struct AuditOptions {
  bool all_ended = false;  // the last look: every job and task is final
};

struct AuditResult {
  std::vector<std::string> problems;  // at most some dozens
  uint64_t compared = 0;              // acknowledgements found in the rows
  uint64_t jobs = 0;
  uint64_t tasks = 0;
  uint64_t history = 0;
};

// Copies DATA/rollcall.db and its log to the folder `copy`, which is made and removed.
AuditResult audit_store(const std::string& data, const std::string& copy, const Facts& facts,
                        const AuditOptions& options);

// integrity_check only, on a copy likewise; empty when all is well.
std::string check_integrity(const std::string& data, const std::string& copy);

}  // namespace rollcall::testing
