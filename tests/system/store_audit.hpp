// Looks into a copy of a data folder's database and compares it with what the clients know: everything
// acknowledged is there, counters are what the rows say, the history leads to each row, no task succeeded
// that its device did not report, nothing exists twice. Never opens the database itself: recovery is the
// server's. Thread: one.
#pragma once

#include <string>
#include <vector>

#include "facts.hpp"

namespace rollcall {
class IdCodec;
}

namespace rollcall::testing {

class StoreCopy;

struct AuditOptions {
  bool all_ended = false;  // the last look: every job and task is final
};

struct AuditResult {
  static constexpr size_t kProblemsMax = 40;
  std::vector<std::string> problems;  // at most so many
  void check(bool holds, const std::string& what) {
    if (!holds && problems.size() < kProblemsMax) problems.push_back(what);
  }

  uint64_t compared = 0;  // acknowledgements found in the rows
  uint64_t jobs = 0;
  uint64_t tasks = 0;
  uint64_t history = 0;
};

// Copies what is in the store (a data folder, or the address of a PostgreSQL) to the folder `copy`, which is
// made and removed.
AuditResult audit_store(const std::string& store, const std::string& copy, const Facts& facts,
                        const AuditOptions& options);

// The part of it that is about products, devices, groups and applications.
void audit_fleet(StoreCopy& copy, const IdCodec& codec, const Facts& facts, const AuditOptions& options,
                 AuditResult& result);

}  // namespace rollcall::testing
