#include "store/postgresql/committer.hpp"

#include "store/postgresql/writer.hpp"

namespace rollcall::store {
namespace {

constexpr int kTriesMax = 3;

constexpr SqlText kBegin{"begin", "BEGIN ISOLATION LEVEL READ COMMITTED"};
// One commit at a time, over all processes: so the positions of the history grow in the order of the commits,
// each statement sees all that is committed, and nobody waits for somebody who waits for him. The number is
// the first 8 bytes of "rollcall".
constexpr SqlText kLock{"lock", "SELECT pg_advisory_xact_lock(8245918707185052780)"};
constexpr SqlText kMark{"commit_mark",
                        "INSERT INTO commit_mark(epoch, batch) VALUES($1::bigint, $2::bigint) "
                        "ON CONFLICT (epoch) DO UPDATE SET batch = excluded.batch"};
constexpr SqlText kCommit{"commit", "COMMIT"};
constexpr SqlText kRollBack{"roll_back", "ROLLBACK"};

// What the engine may tell apart. Besides broken constraints (23) the change itself is at fault when a value
// cannot be stored (22) or is larger than an index takes (54): no later try would end otherwise.
const char* kind_of(const std::string& sql_state) {
  if (sql_state.starts_with("23") || sql_state.starts_with("22") || sql_state.starts_with("54"))
    return "constraint: ";
  return sql_state == "53100" ? "full: " : "io: ";
}

// Serialization failures and deadlocks (40): the same again may succeed.
bool may_try_again(const std::string& sql_state) { return sql_state.starts_with("40"); }

}  // namespace

Result<CommitResult> Committer::commit(const ChangeSet& changes, CommitMark mark) {
  for (int tries = 1;; ++tries) {
    bool again = false;
    auto result = try_commit(changes, mark, again);
    if (result || !again || tries == kTriesMax) return result;
  }
}

Result<CommitResult> Committer::try_commit(const ChangeSet& changes, CommitMark mark, bool& again) {
  CommitResult result;
  Steps steps;
  steps.push_back({&kBegin, {}, nullptr});
  steps.push_back({&kLock, {}, nullptr});
  write(changes, steps, result);
  Parameters parameters;
  parameters << mark.epoch << mark.batch;
  steps.push_back({&kMark, std::move(parameters), nullptr});
  steps.push_back({&kCommit, {}, nullptr});
  PipelineFailure failure;
  if (pipeline_.run(steps, failure)) {
    std::sort(result.missed_tasks.begin(), result.missed_tasks.end());
    std::sort(result.missed_jobs.begin(), result.missed_jobs.end());
    std::sort(result.missed_devices.begin(), result.missed_devices.end());
    return result;
  }
  lost_ = failure.sql_state.empty() || failure.sql_state.starts_with("57P") ||
          failure.sql_state.starts_with("08");
  again = may_try_again(failure.sql_state);
  if (!lost_) {
    Steps undo;
    undo.push_back({&kRollBack, {}, nullptr});
    PipelineFailure ignored;
    lost_ = !pipeline_.run(undo, ignored);
  }
  return fail(
      Error(ErrorCode::SystemException).with_detail(kind_of(failure.sql_state) + std::move(failure.text)));
}

}  // namespace rollcall::store
