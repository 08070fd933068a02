// Holds the history against itself, the rows against the history, and both against what was acknowledged,
// whichever of several engines on one store did what. Used by two_engines_random_test.cpp.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "engine/world.hpp"

namespace rollcall::testing {

// What was promised about a job.
struct Promise {
  int64_t over_since = -1;    // position in the history when CancelJob or DeleteJob was acknowledged
  int64_t paused_since = -1;  // likewise PauseJob, until somebody asks for a push again
};

struct Track {
  TaskStatus status = TaskStatus::Queued;
  int32_t attempt = 1;
};

class Judge {
 public:
  explicit Judge(uint64_t seed) : seed_(seed) {}
  std::map<JobId, Promise> promises;
  int64_t position() const { return position_; }
  const std::map<TaskKey, Track>& tracks() const { return tracks_; }

  // What was written since the last time.
  void read(store::Store& store) {
    while (!::testing::Test::HasFailure()) {
      const auto rows = store.history(position_, 500);
      ASSERT_TRUE(rows) << rows.error().detail;
      if (rows->empty()) return;
      for (const store::HistoryRow& row : *rows) take(row);
    }
  }

  void check_job(store::Store& store, const Job& job) {
    SCOPED_TRACE("seed " + std::to_string(seed_) + " job " + std::to_string(job.id.value) + " " +
                 std::string(job_status_text(job.status)));
    const auto rows = store.list_tasks_of_job(job.id, {}, -1, 500);
    ASSERT_TRUE(rows);
    TaskCounters counted;
    for (const store::TaskView& view : *rows) {
      ++counted[view.task.status];
      const auto it = tracks_.find(view.task.key);
      const Track track = it == tracks_.end() ? Track{} : it->second;
      EXPECT_EQ(view.task.status, track.status) << "row and history differ";
      EXPECT_EQ(view.task.attempt, track.attempt);
    }
    EXPECT_EQ(static_cast<int64_t>(rows->size()), job.tasks_made);
    counted[TaskStatus::Queued] += job.counters.total() - job.tasks_made;
    EXPECT_EQ(counted, job.counters);
    if (is_final(job.status)) {
      EXPECT_EQ(job.counters.open(), 0) << "over with open tasks";
    }
    if (promises[job.id].over_since >= 0) {
      EXPECT_TRUE(job.status == JobStatus::Cancelling || job.status == JobStatus::Cancelled ||
                  job.status == JobStatus::Removing);
    }
  }

  void check_pushes(const World& world) {
    for (const auto& [slot, fake] : world.devices) {
      std::set<std::pair<TaskKey, int32_t>> seen;
      for (const auto& push : fake.pushes)
        EXPECT_TRUE(seen.emplace(push.key, push.attempt).second)
            << "seed " << seed_ << ": twice on one connection";
    }
  }

 private:
  void take(const store::HistoryRow& row) {
    SCOPED_TRACE("seed " + std::to_string(seed_) + " job " + std::to_string(row.key.job.value) + " task " +
                 std::to_string(row.key.sequence) + " position " + std::to_string(row.position) + " " +
                 std::string(task_status_text(row.from)) + " -> " + std::string(task_status_text(row.to)) +
                 " cause " + std::to_string(static_cast<int>(row.cause)));
    EXPECT_GT(row.position, position_);
    position_ = row.position;
    Track& track = tracks_[row.key];
    EXPECT_EQ(row.from, track.status) << "from another status than it had";
    const bool again = row.to == TaskStatus::Queued && row.from != row.to;
    EXPECT_EQ(row.attempt, track.attempt + (again ? 1 : 0));
    if (again) {
      EXPECT_TRUE(row.from == TaskStatus::Failed || row.from == TaskStatus::TimedOut);
    }
    if (is_final(row.from) && !again) {
      EXPECT_EQ(row.to, row.from) << "what is over stays";
    }
    const Promise& promise = promises[row.key.job];
    if (promise.over_since >= 0 && row.from != row.to) {
      EXPECT_EQ(row.to, TaskStatus::Cancelled) << "its job was cancelled or deleted";
    }
    if (promise.paused_since >= 0) {
      EXPECT_FALSE(row.from == TaskStatus::Queued && row.to == TaskStatus::Sent) << "its job is paused";
    }
    track = {row.to, row.attempt};
  }

  uint64_t seed_;
  int64_t position_ = 0;
  std::map<TaskKey, Track> tracks_;
};

}  // namespace rollcall::testing
