// Known bugs that tests switch on, to see that they would be found: one or more for each trap of the design
// (DESIGN 3). In the product canary() is the constant false and the code behind it does not exist; builds for
// tests (ROLLCALL_CANARIES) ask a switch that only tests/sim turns. Thread: the switch is set before threads
// start.
#pragma once

#include <cstdint>

namespace rollcall {

enum class Canary : uint8_t {
  None,
  // durable before acknowledged
  PubackBeforeCommit,   // a QoS 1 report is acknowledged when it arrives
  AnswerFailedCommits,  // what a failed commit would have said is said all the same
  BisectForgetsHalf,    // of a batch with one poison command the second half is dropped
  UndoForgets,          // memory keeps what a failed commit was going to store
  // conditional writes
  CountRequested,     // counters follow the request instead of the rows that were hit
  LosersNotReloaded,  // a change that missed is not decided again
  // mailboxes
  PushWithoutRoom,  // no place is set aside for a push
  // ids
  IdsNotDurable,  // more ids are used than were reserved
  // sweeps and targets
  RowStatusWhileSweeping,  // reads and decisions go by rows that the sweep has not reached
  PurgedEarly,             // what is left of a deleted job goes at once
  NoSnapshot,              // members that join while tasks are made belong to the job
  SweepForgotten,          // a restart does not go on with what was under way
  // time
  WallStepMovesTimers,    // time-outs go by the wall clock
  TimeOutIgnoresAttempt,  // the deadline of an attempt ends the next one
  // devices
  PushTwice,             // a task is pushed again on the connection that it was pushed on
  NeverPushAgain,        // an unconfirmed task is not pushed on the next connection
  PushUnsubscribed,      // to a device that would not get it
  PushBeforeNext,        // without waiting for the device's `$next`
  NoPushCap,             // any number of unconfirmed pushes
  LateCloseEndsSession,  // the end of an old connection takes the new one's session
  StaleSessionSpeaks,    // an old connection is heard
  AnswerOfOldAttempt,    // a reply counts for whatever attempt is running
  WrongContent,          // pushes share another job's document
  RerunTakesOldReport,   // after a rerun any old report counts
  // pace
  ReturnedIgnorePace,  // tasks of devices that came back take no slot
  NextIgnoresPace,     // `$next` takes no slot
  PushWhilePaused,
  PaceCatchesUp,       // every slot that was missed is taken later
  RestartForgetsPace,  // the first push after a restart does not wait
  // reads and the log
  PageSkipsRow,        // a page begins one row behind the last one's end
  ProgressNotThinned,  // every progress report becomes a row of the history
  NeverCheckpoint,     // the log grows for ever
  // bugs that the simulator found once: a failed commit forgets ...
  ForgottenPushes,    // ... which pushes its device had not confirmed
  ForgottenConfirms,  // ... which confirmations were still to be written
  GhostSession,       // ... to tell an old connection that a new one took its place
  StaleCounters,      // counters in memory stay as they were when another writer changed a task
  OneStep,            // a task that another writer changed takes back the pushes decided with its own
  UnsyncedLog,        // a start builds on what the last process could not sync
};

#ifdef ROLLCALL_CANARIES
inline Canary active_canary = Canary::None;
inline bool canary(Canary which) noexcept { return active_canary == which; }
#else
constexpr bool canary(Canary) noexcept { return false; }
#endif

}  // namespace rollcall
