#include "model/task.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

namespace rollcall {
namespace {

const std::map<std::string, TaskEvent> kEvents = {
    {"Push", TaskEvent::Push},
    {"PushCommand", TaskEvent::PushCommand},
    {"ReportInProgress", TaskEvent::ReportInProgress},
    {"ReportSucceeded", TaskEvent::ReportSucceeded},
    {"ReportFailed", TaskEvent::ReportFailed},
    {"ReportRejected", TaskEvent::ReportRejected},
    {"TimeOut", TaskEvent::TimeOut},
    {"Expire", TaskEvent::Expire},
    {"Cancel", TaskEvent::Cancel},
    {"FailBeforePush", TaskEvent::FailBeforePush},
    {"Rerun", TaskEvent::Rerun},
};

// Each row: what happens in QUEUED, SENT, IN_PROGRESS, SUCCEEDED, FAILED, REJECTED, TIMED_OUT, CANCELLED. A
// status in short is where it goes; "=" is a repeat, "late" a late report, "-" a refusal (cloud-api B.2,
// DESIGN 5.11 to 5.16).
constexpr const char* kFirstAttempt = R"(
Push              SENT SENT -    -    -    -    -    -
PushCommand       INPR -    -    -    -    -    -    -
ReportInProgress  INPR INPR INPR -    -    -    -    -
ReportSucceeded   SUCC SUCC SUCC =    -    -    late late
ReportFailed      FAIL FAIL FAIL -    =    -    late late
ReportRejected    REJE REJE REJE -    -    =    late late
TimeOut           -    -    TIME -    -    -    -    -
Expire            TIME TIME -    -    -    -    -    -
Cancel            CANC CANC CANC -    -    -    -    -
FailBeforePush    FAIL -    -    -    -    -    -    -
Rerun             -    -    -    -    QUEU -    QUEU -
)";

// After RerunJob and before the next push, only QUEUED differs (DESIGN 5.14).
constexpr const char* kAfterRerun = R"(
Push              SENT SENT -    -    -    -    -    -
PushCommand       INPR -    -    -    -    -    -    -
ReportInProgress  -    INPR INPR -    -    -    -    -
ReportSucceeded   SUCC SUCC SUCC =    -    -    late late
ReportFailed      -    FAIL FAIL -    =    -    late late
ReportRejected    -    REJE REJE -    -    =    late late
TimeOut           -    -    TIME -    -    -    -    -
Expire            TIME TIME -    -    -    -    -    -
Cancel            CANC CANC CANC -    -    -    -    -
FailBeforePush    FAIL -    -    -    -    -    -    -
Rerun             -    -    -    -    QUEU -    QUEU -
)";

std::string short_name(TaskStatus status) {
  std::string text(task_status_text(status));
  std::erase(text, '_');
  return text.substr(0, 4);
}

std::string describe(TaskStatus from, const Transition& t) {
  if (t.verdict == Verdict::Apply) return short_name(t.to);
  EXPECT_EQ(t.to, from) << "a task that does not move stays where it is";
  return t.verdict == Verdict::Repeat ? "=" : t.verdict == Verdict::Late ? "late" : "-";
}

void expect_table(const char* table, int32_t attempt, uint8_t pushes) {
  std::istringstream lines(table);
  std::string event;
  size_t rows = 0;
  while (lines >> event) {
    ++rows;
    for (size_t i = 1; i <= kTaskStatusCount; ++i) {
      std::string expected;
      lines >> expected;
      const auto from = static_cast<TaskStatus>(i);
      EXPECT_EQ(describe(from, transition(from, kEvents.at(event), attempt, pushes)), expected)
          << event << " from " << task_status_text(from) << ", attempt " << attempt << ", pushes "
          << int{pushes};
    }
  }
  EXPECT_EQ(rows, kEvents.size());
  EXPECT_EQ(kEvents.size(), kTaskEventCount) << "an event without a row";
}

TEST(TaskTransition, FollowsTheTableInTheFirstAttempt) {
  expect_table(kFirstAttempt, 1, 0);
  expect_table(kFirstAttempt, 1, 1);
  expect_table(kFirstAttempt, 1, 5);
}

TEST(TaskTransition, TakesOnlySuccessAfterRerunUntilPushedAgain) {
  expect_table(kAfterRerun, 2, 0);
  expect_table(kAfterRerun, 17, 0);
  expect_table(kFirstAttempt, 2, 1);
}

TEST(TaskTransition, LeavesNoFinalStatusButByRerun) {
  for (const auto& [name, event] : kEvents) {
    if (event == TaskEvent::Rerun) continue;
    for (int i = 4; i <= 8; ++i)
      EXPECT_NE(transition(static_cast<TaskStatus>(i), event, 1, 1).verdict, Verdict::Apply)
          << name << " " << i;
  }
}

// The numbers are in the database of every installation.
TEST(TaskStatus, KeepsItsStoredNumbersAndTexts) {
  const std::map<int, std::string> expected = {{1, "QUEUED"},    {2, "SENT"},     {3, "IN_PROGRESS"},
                                               {4, "SUCCEEDED"}, {5, "FAILED"},   {6, "REJECTED"},
                                               {7, "TIMED_OUT"}, {8, "CANCELLED"}};
  EXPECT_EQ(expected.size(), kTaskStatusCount);
  for (const auto& [number, text] : expected) {
    EXPECT_EQ(task_status_text(static_cast<TaskStatus>(number)), text);
    EXPECT_EQ(parse_task_status(text), static_cast<TaskStatus>(number));
  }
  EXPECT_EQ(static_cast<int>(TaskStatus::Queued), 1);
  EXPECT_EQ(static_cast<int>(TaskStatus::Cancelled), 8);
}

TEST(TaskStatus, IsReadInItsExactSpellingOnly) {
  for (const char* text :
       {"", "queued", "QUEUED ", "IN PROGRESS", "TIMEDOUT", "CANCELED", "REMOVED", "NOT_FOUND"})
    EXPECT_EQ(parse_task_status(text), std::nullopt) << text;
}

TEST(TaskStatus, IsEitherOpenOrFinal) {
  for (size_t i = 1; i <= kTaskStatusCount; ++i) {
    const auto status = static_cast<TaskStatus>(i);
    EXPECT_EQ(is_open(status), i <= 3);
    EXPECT_EQ(is_final(status), i > 3);
  }
}

TEST(TaskCause, KeepsItsStoredNumbersAndTexts) {
  const std::map<Cause, std::pair<int, std::string>> expected = {
      {Cause::Pushed, {1, "PUSHED"}},
      {Cause::PushedAgain, {2, "PUSHED_AGAIN"}},
      {Cause::Fetched, {3, "FETCHED"}},
      {Cause::Confirmed, {4, "CONFIRMED"}},
      {Cause::Reported, {5, "REPORTED"}},
      {Cause::Answered, {6, "ANSWERED"}},
      {Cause::PropertySeen, {7, "PROPERTY_SEEN"}},
      {Cause::Offline, {8, "DEVICE_OFFLINE"}},
      {Cause::Unfit, {9, "UNFIT"}},
      {Cause::TimedOut, {10, "IN_PROGRESS_TIMEOUT"}},
      {Cause::Expired, {11, "JOB_EXPIRED"}},
      {Cause::Cancelled, {12, "JOB_CANCELLED"}},
      {Cause::Rerun, {13, "JOB_RERUN"}},
      {Cause::LateReport, {14, "LATE_REPORT"}},
      {Cause::Undeliverable, {15, "UNDELIVERABLE"}},
      {Cause::Removed, {16, "JOB_DELETED"}},
      {Cause::DeviceDeleted, {17, "DEVICE_DELETED"}},
  };
  EXPECT_EQ(expected.size(), kCauseCount);
  for (const auto& [cause, stored] : expected) {
    EXPECT_EQ(static_cast<int>(cause), stored.first);
    EXPECT_EQ(cause_text(cause), stored.second);
  }
  for (const int none : {0, 18, 255}) EXPECT_EQ(cause_text(static_cast<Cause>(none)), "");
  EXPECT_EQ(kTaskConfirmed, 1);
  EXPECT_EQ(kTaskHasDetail, 2);
  EXPECT_EQ(kTaskLateSuccess, 4);
}

TEST(StartAgain, KeepsTheIdAndForgetsTheLastAttempt) {
  Task task;
  task.key = {JobId{3}, 4};
  task.device = DeviceId{5};
  task.status = TaskStatus::TimedOut;
  task.progress = 70;
  task.flags = 0xff;
  task.pushes = 5;
  task.queued_at = WallMs{1};
  start_again(task);
  EXPECT_EQ(task.key, (TaskKey{JobId{3}, 4}));
  EXPECT_EQ(task.device, DeviceId{5});
  EXPECT_EQ(task.status, TaskStatus::Queued);
  EXPECT_EQ(task.attempt, 2);
  EXPECT_EQ(task.progress, -1);
  EXPECT_EQ(task.flags, 0);
  EXPECT_EQ(task.pushes, 0);
  EXPECT_EQ(task.queued_at, WallMs{1});
}

// Which of these reports, by their seconds after the transition, leave a row.
std::vector<int64_t> noted_seconds(Task& task, int64_t first, int64_t every, int64_t until) {
  std::vector<int64_t> rows;
  const WallMs start{1'700'000'000'000};
  task.modified_at = start;
  for (int64_t second = first; second <= until; second += every) {
    const Task before = task;
    const WallMs now = start + second * 1'000;
    if (note_progress(task, before, now)) rows.push_back(second);
    task.modified_at = now;
  }
  return rows;
}

TEST(NoteProgress, LeavesARowEachTenSecondsHoweverOftenTheDeviceReports) {
  using Seconds = std::vector<int64_t>;
  Task nine, one, ten, late;
  EXPECT_EQ(noted_seconds(nine, 9, 9, 60), (Seconds{18, 36, 54}));
  EXPECT_EQ(noted_seconds(one, 1, 1, 31), (Seconds{10, 20, 30}));
  EXPECT_EQ(noted_seconds(ten, 10, 10, 40), (Seconds{10, 20, 30, 40}));
  EXPECT_EQ(noted_seconds(late, 60, 100, 60), (Seconds{60})) << "the only one";
  Task quick;
  EXPECT_EQ(noted_seconds(quick, 1, 2, 9), Seconds{}) << "soon over";
}

TEST(NoteProgress, LeavesNoMoreThanSixtyFourRowsInAnAttempt) {
  Task task;
  EXPECT_EQ(noted_seconds(task, 10, 10, 10'000).size(), 64u);
  EXPECT_FALSE(note_late_report(task));
  start_again(task);
  EXPECT_EQ(noted_seconds(task, 5, 10, 10'000).size(), 64u);
  Task late;
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(note_late_report(late)) << i;
  EXPECT_FALSE(note_late_report(late));
  EXPECT_EQ(noted_seconds(late, 10, 10, 1'000).size(), 0u);
}

TEST(NoteProgress, IsNotSilencedByAClockThatWasSetBack) {
  Task task, before;
  before.modified_at = WallMs{1'700'000'000'000};
  EXPECT_TRUE(note_progress(task, before, WallMs{1'600'000'000'000}));
  before = task;
  EXPECT_FALSE(note_progress(task, before, WallMs{1'600'000'009'999}));
  EXPECT_TRUE(note_progress(task, before, WallMs{1'600'000'010'000}));
}

}  // namespace
}  // namespace rollcall
