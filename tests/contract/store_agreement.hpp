// Holds two stores against each other: the same change sets must have the same results and leave the same
// rows. Used by tests of a second implementation. Thread: one.
#pragma once

#include <string>

#include "contract/random_changes.hpp"

namespace rollcall::store {

// Everything a commit said but for the counters, as text; errors by their class only.
std::string text_of(const Result<CommitResult>& result);
// What a commit said of counters and is not stored. Whether a job is named whose counters went forth and back
// is the store's choice.
std::string wrong_counters(Store& store, const CommitResult& result);
// Everything that `changes` may have written, read through the interface, as text.
std::string text_of(Store& store, const RandomChanges& changes);

Result<CommitResult> commit_to(Store& store, const ChangeSet& changes);

}  // namespace rollcall::store
