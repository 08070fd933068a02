// One ChangeSet = one transaction of one round trip: BEGIN, the lock, the writers' statements, the mark,
// COMMIT. Used by the store. Thread: the connection's.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "store/postgresql/pipeline.hpp"
#include "store/rows.hpp"

namespace rollcall::store {

// Written in the same transaction, so that a commit whose answer was lost can be told from one that never
// happened.
struct CommitMark {
  int64_t epoch = 0;
  int64_t batch = 0;
};

class Committer {
 public:
  explicit Committer(PGconn* connection) : pipeline_(connection) {}
  // A failure changed nothing, unless lost().
  Result<CommitResult> commit(const ChangeSet& changes, CommitMark mark);
  // The connection broke in the last commit: the mark tells whether that happened.
  bool lost() const noexcept { return lost_; }

 private:
  Result<CommitResult> try_commit(const ChangeSet& changes, CommitMark mark, bool& again);
  Pipeline pipeline_;
  bool lost_ = false;
};

}  // namespace rollcall::store
