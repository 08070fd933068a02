#include "model/job.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <sstream>
#include <string>

namespace rollcall {
namespace {

TEST(JobEnums, KeepTheirStoredNumbersAndTexts) {
  const std::map<int, std::string> types = {
      {1, "INVOKE_SERVICE"}, {2, "SET_PROPERTY"}, {3, "PUB"}, {4, "CUSTOM_JOB"}};
  for (const auto& [number, text] : types) {
    EXPECT_EQ(job_type_text(static_cast<JobType>(number)), text);
    EXPECT_EQ(parse_job_type(text), static_cast<JobType>(number));
  }
  const std::map<int, std::string> statuses = {{1, "INITIALIZING"}, {2, "WAITING"},    {3, "IN_PROGRESS"},
                                               {4, "COMPLETED"},    {5, "CANCELLING"}, {6, "CANCELLED"},
                                               {7, "REMOVING"},     {8, "TIMED_OUT"}};
  for (const auto& [number, text] : statuses) {
    EXPECT_EQ(job_status_text(static_cast<JobStatus>(number)), text);
    EXPECT_EQ(parse_job_status(text), static_cast<JobStatus>(number));
  }
  const std::map<int, std::string> targets = {{1, "DEVICE_LIST"}, {2, "GROUP_ID"}, {3, "PRODUCT_KEY"}};
  for (const auto& [number, text] : targets) {
    EXPECT_EQ(target_type_text(static_cast<TargetType>(number)), text);
    EXPECT_EQ(parse_target_type(text), static_cast<TargetType>(number));
  }
  EXPECT_EQ(static_cast<int>(JobType::CustomJob), 4);
  EXPECT_EQ(static_cast<int>(JobStatus::TimedOut), 8);
  EXPECT_EQ(static_cast<int>(TargetType::Product), 3);
  EXPECT_EQ(static_cast<int>(Sweep::Expire), 3);
  EXPECT_EQ(static_cast<int>(OfflinePolicy::Fail), 2);
}

TEST(JobEnums, AreReadInTheirExactSpellingButTargetsInAnyCase) {
  for (const char* text : {"", "pub", "PUB ", "CUSTOMJOB", "CUSTOM_JOBS"})
    EXPECT_FALSE(parse_job_type(text)) << text;
  for (const char* text : {"", "completed", "COMPLETE", "CANCELED"})
    EXPECT_FALSE(parse_job_status(text)) << text;
  EXPECT_EQ(parse_target_type("group_id"), TargetType::Group);
  EXPECT_EQ(parse_target_type("Product_Key"), TargetType::Product);
  for (const char* text : {"", "GROUP", "DEVICE LIST", "DEVICE_LIST2"})
    EXPECT_FALSE(parse_target_type(text)) << text;
}

TEST(JobStatus, IsFinalWhenCompletedCancelledOrTimedOut) {
  for (int i = 1; i <= 8; ++i)
    EXPECT_EQ(is_final(static_cast<JobStatus>(i)), i == 4 || i == 6 || i == 8) << i;
}

Job job_of(JobStatus status, Sweep sweep) {
  Job job;
  job.status = status;
  job.sweep = sweep;
  for (size_t i = 1; i <= kTaskStatusCount; ++i)
    job.counters[static_cast<TaskStatus>(i)] = static_cast<int64_t>(i * 10);
  return job;
}

// The statuses that the eight row statuses are read as, each by its first letters.
std::string seen(JobStatus status, Sweep sweep) {
  std::string out;
  for (size_t i = 1; i <= kTaskStatusCount; ++i)
    out += std::string(task_status_text(effective_status(job_of(status, sweep), static_cast<TaskStatus>(i))))
               .substr(0, 3) +
           " ";
  return out;
}

TEST(EffectiveStatus, IsTheRowsOwnWithoutSweepOrWhileMaking) {
  const std::string as_rows = "QUE SEN IN_ SUC FAI REJ TIM CAN ";
  EXPECT_EQ(seen(JobStatus::InProgress, Sweep::None), as_rows);
  EXPECT_EQ(seen(JobStatus::Initializing, Sweep::Make), as_rows);
  EXPECT_EQ(seen(JobStatus::Waiting, Sweep::None), as_rows);
  EXPECT_EQ(seen(JobStatus::TimedOut, Sweep::None), as_rows);
}

TEST(EffectiveStatus, OfOpenTasksIsCancelledWhileCancelling) {
  const std::string cancelled = "CAN CAN CAN SUC FAI REJ TIM CAN ";
  EXPECT_EQ(seen(JobStatus::Cancelling, Sweep::Cancel), cancelled);
  EXPECT_EQ(seen(JobStatus::Cancelling, Sweep::Make), cancelled);
  EXPECT_EQ(seen(JobStatus::Removing, Sweep::Cancel), cancelled);
  EXPECT_EQ(seen(JobStatus::Removing, Sweep::Remove), cancelled);
  EXPECT_EQ(seen(JobStatus::Removing, Sweep::Make), cancelled);
}

TEST(EffectiveStatus, OfQueuedAndSentTasksIsTimedOutWhileExpiring) {
  EXPECT_EQ(seen(JobStatus::InProgress, Sweep::Expire), "TIM TIM IN_ SUC FAI REJ TIM CAN ");
}

TEST(EffectiveCounters, MoveWithTheStatusesAndKeepTheTotal) {
  const Job cancelling = job_of(JobStatus::Cancelling, Sweep::Cancel);
  const TaskCounters cancelled = effective_counters(cancelling);
  EXPECT_EQ(cancelled.open(), 0);
  EXPECT_EQ(cancelled[TaskStatus::Cancelled], 10 + 20 + 30 + 80);
  EXPECT_EQ(cancelled[TaskStatus::Succeeded], 40);
  EXPECT_EQ(cancelled.total(), cancelling.counters.total());

  const TaskCounters expired = effective_counters(job_of(JobStatus::InProgress, Sweep::Expire));
  EXPECT_EQ(expired.open(), 30);
  EXPECT_EQ(expired[TaskStatus::TimedOut], 10 + 20 + 70);
  EXPECT_EQ(expired.total(), 360);

  const Job running = job_of(JobStatus::InProgress, Sweep::None);
  EXPECT_EQ(effective_counters(running), running.counters);
}

TEST(SweepPlan, TakesOpenTasksOnlyAndGoesWhereTheStatesAllow) {
  EXPECT_EQ(sweep_plan(Sweep::None).statuses, 0u);
  EXPECT_EQ(sweep_plan(Sweep::Make).statuses, 0u);
  const std::map<Sweep, TaskEvent> events = {{Sweep::Cancel, TaskEvent::Cancel},
                                             {Sweep::Remove, TaskEvent::Cancel},
                                             {Sweep::Expire, TaskEvent::Expire}};
  for (const auto& [sweep, event] : events) {
    const SweepPlan plan = sweep_plan(sweep);
    for (size_t i = 1; i <= kTaskStatusCount; ++i) {
      const Transition step = transition(static_cast<TaskStatus>(i), event, 1, 1);
      EXPECT_EQ((plan.statuses >> i) & 1, step.verdict == Verdict::Apply) << i;
      if (step.verdict == Verdict::Apply) {
        EXPECT_EQ(plan.to, step.to) << i;
      }
    }
  }
}

TEST(SweepPlan, RerunsFailedAndTimedOutTasksButNotLateOrUnfitOnes) {
  Task task;
  for (const Sweep sweep : {Sweep::Rerun, Sweep::RerunFailed, Sweep::RerunTimedOut}) {
    EXPECT_TRUE(is_rerun(sweep));
    const SweepPlan plan = sweep_plan(sweep);
    EXPECT_EQ(plan.to, TaskStatus::Queued);
    for (size_t i = 1; i <= kTaskStatusCount; ++i) {
      task.status = static_cast<TaskStatus>(i);
      task.flags = kTaskConfirmed | kTaskHasDetail;
      const bool failed = task.status == TaskStatus::Failed && sweep != Sweep::RerunTimedOut;
      const bool timed_out = task.status == TaskStatus::TimedOut && sweep != Sweep::RerunFailed;
      EXPECT_EQ(takes(plan, task), failed || timed_out) << i;
      if (takes(plan, task)) {
        EXPECT_EQ(transition(task.status, TaskEvent::Rerun, 1, 1).verdict, Verdict::Apply);
      }
      task.flags |= kTaskLateSuccess;
      EXPECT_FALSE(takes(plan, task)) << i;
      task.flags = kTaskUnfit;
      EXPECT_FALSE(takes(plan, task)) << i;
    }
  }
  EXPECT_FALSE(is_rerun(Sweep::Remove));
}

TEST(MayRerun, OnlyWhenCompletedOrTimedOut) {
  for (int i = 1; i <= 8; ++i) EXPECT_EQ(may_rerun(static_cast<JobStatus>(i)), i == 4 || i == 8) << i;
}

TEST(LifeEnd, CountsFromTheStartWhichMayBeLaterThanTheCreation) {
  Job job;
  job.created_at = WallMs{1'000};
  EXPECT_EQ(life_end(job), std::nullopt);
  job.spec.lifetime_ms = 500;
  EXPECT_EQ(life_end(job), WallMs{1'500});
  job.spec.scheduled_at = WallMs{3'000};
  EXPECT_EQ(life_end(job), WallMs{3'500});
  job.started_at = WallMs{9'000};
  EXPECT_EQ(life_end(job), WallMs{9'500});
}

TEST(FitsLifetime, CountsWholeMinutes) {
  EXPECT_TRUE(fits_lifetime(1'000'000, 50, 0)) << "for ever";
  EXPECT_TRUE(fits_lifetime(100, 50, 120'000));
  EXPECT_FALSE(fits_lifetime(101, 50, 120'000));
  EXPECT_TRUE(fits_lifetime(0, 50, 60'000));
}

TEST(MayPush, OnlyWhileRunningUnpausedAndUnswept) {
  for (int status = 1; status <= 8; ++status)
    for (int sweep = 0; sweep <= 7; ++sweep)
      for (const bool paused : {false, true}) {
        Job job = job_of(static_cast<JobStatus>(status), static_cast<Sweep>(sweep));
        job.paused = paused;
        EXPECT_EQ(may_push(job), status == 3 && sweep == 0 && !paused)
            << status << " " << sweep << " " << paused;
      }
}

TEST(MayCancel, BeforeTheEndAndNotTwice) {
  for (int i = 1; i <= 8; ++i) EXPECT_EQ(may_cancel(static_cast<JobStatus>(i)), i <= 3) << i;
}

TEST(MayChange, AsLongAsTheJobMayStillPush) {
  for (int i = 1; i <= 8; ++i) EXPECT_EQ(may_change(static_cast<JobStatus>(i)), i <= 3) << i;
}

// What may be asked of a job, in the columns' states (cloud-api A.2 to A.5, B.1; DESIGN 5.14, 5.16, 5.17).
constexpr const char* kCommands = R"(
         INIT WAIT INPR COMP CANCELLING CANCELLED REMO TIME
Cancel   yes  yes  yes  no   no         no        no   no
Change   yes  yes  yes  no   no         no        no   no
Rerun    no   no   no   yes  no         no        no   yes
Ended    no   no   no   yes  no         yes       no   yes
)";

TEST(JobCommands, FollowTheTableInEveryState) {
  const std::map<std::string, bool (*)(JobStatus)> predicates = {
      {"Cancel", [](JobStatus status) { return may_cancel(status); }},
      {"Change", [](JobStatus status) { return may_change(status); }},
      {"Rerun", [](JobStatus status) { return may_rerun(status); }},
      {"Ended", [](JobStatus status) { return is_final(status); }}};
  std::istringstream lines(kCommands);
  std::string word;
  for (int i = 1; i <= 8; ++i) {
    lines >> word;
    EXPECT_TRUE(job_status_text(static_cast<JobStatus>(i)).starts_with(word.substr(0, 2))) << word;
  }
  size_t rows = 0;
  while (lines >> word) {
    ++rows;
    for (int i = 1; i <= 8; ++i) {
      std::string expected;
      lines >> expected;
      const auto status = static_cast<JobStatus>(i);
      EXPECT_EQ(predicates.at(word)(status), expected == "yes") << word << " " << job_status_text(status);
    }
  }
  EXPECT_EQ(rows, predicates.size());
}

struct TimeoutRow {
  JobType type;
  std::optional<int64_t> given;
  std::optional<int64_t> effective;
};

TEST(EffectiveTimeout, FollowsTheTypesRule) {
  const TimeoutRow rows[] = {
      {JobType::CustomJob, std::nullopt, 60},
      {JobType::CustomJob, 1, 1},
      {JobType::CustomJob, 3600, 3600},
      {JobType::CustomJob, 61, 61},
      {JobType::SetProperty, 1, 1},
      {JobType::SetProperty, 5, 5},
      {JobType::SetProperty, 6, 5},
      {JobType::SetProperty, 3600, 5},
      {JobType::SetProperty, std::nullopt, 1},
      {JobType::InvokeService, 60, 5},  // the vendor's own sample (DESIGN 5.3)
      {JobType::InvokeService, 4, 4},
      {JobType::InvokeService, std::nullopt, 1},
      {JobType::Pub, std::nullopt, 0},
      {JobType::Pub, 1, 0},
      {JobType::Pub, 3600, 0},
  };
  for (const TimeoutRow& row : rows)
    EXPECT_EQ(effective_timeout_minutes(row.type, row.given), row.effective)
        << job_type_text(row.type) << " " << row.given.value_or(-999);
}

TEST(EffectiveTimeout, RefusesWhatNoTypeTakes) {
  for (int type = 1; type <= 4; ++type)
    for (const int64_t given : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0}, int64_t{3601},
                                std::numeric_limits<int64_t>::max()})
      EXPECT_EQ(effective_timeout_minutes(static_cast<JobType>(type), given), std::nullopt)
          << type << " " << given;
}

}  // namespace
}  // namespace rollcall
