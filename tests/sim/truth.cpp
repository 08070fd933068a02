#include "sim/truth.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "sim/meddler.hpp"

namespace rollcall::sim {
namespace {

constexpr size_t kHistoryPage = 500;
constexpr int64_t kRoundingMs = 2;
constexpr int kNotesMax = 64;                 // history rows of an attempt that moved nothing (DESIGN 3)
constexpr int64_t kLogBytesMax = 32'000'000;  // twice what forces a checkpoint

bool same_row(const store::HistoryRow& a, const store::HistoryRow& b) {
  return a.position == b.position && a.key == b.key && a.device == b.device && a.attempt == b.attempt &&
         a.from == b.from && a.to == b.to && a.cause == b.cause && a.at == b.at && a.progress == b.progress &&
         a.detail == b.detail;
}

std::string describe(const store::HistoryRow& row) {
  return "history row " + std::to_string(row.position) + ": " + std::string(task_status_text(row.from)) +
         " -> " + std::string(task_status_text(row.to)) + ", cause " +
         std::to_string(static_cast<int>(row.cause)) + ", attempt " + std::to_string(row.attempt) +
         (row.detail == TaskDetail{} ? "" : ", " + row.detail.message + " " + row.detail.status_details);
}

}  // namespace

void Truth::violated(std::string what) {
  if (!violation_.empty()) return;
  violation_ = std::move(what);
  trace_.say("VIOLATED: " + violation_);
}

void Truth::violated(const TaskKey& key, const std::string& what) {
  if (!violation_.empty()) return;
  about_ = key;
  violated("task " + std::to_string(key.job.value) + "/" + std::to_string(key.sequence) + ": " + what);
}

// --- the process

void Truth::process_started(store::Store& store, const IdCodec::Key& key, WallMs even_wall) {
  store_ = &store;
  if (!codec_) codec_ = std::make_unique<IdCodec>(key);
  even_wall_ = even_wall;
  speaker_.clear();
  speaker_before_.clear();
  job_rows_.clear();
  // Everything that was ever visible must still be there, word for word.
  int64_t after = 0;
  size_t at = 0;
  while (at < rows_.size()) {
    auto page = store_->history(after, kHistoryPage);
    if (!page) return violated("the history cannot be read after a restart: " + page.error().detail);
    const auto skip_gone = [&](const store::HistoryRow* row) {
      while (at < rows_.size() && (!row || !same_row(*row, rows_[at])) && is_gone(rows_[at].key.job)) ++at;
    };
    if (page->empty()) {
      skip_gone(nullptr);
      if (at == rows_.size()) break;
      return violated(rows_[at].key, "lost by a restart, although it was visible: " + describe(rows_[at]));
    }
    for (const store::HistoryRow& row : *page) {
      skip_gone(&row);
      if (at == rows_.size()) break;
      if (!same_row(row, rows_[at]))
        return violated(rows_[at].key,
                        "changed by a restart: " + describe(rows_[at]) + " is now " + describe(row));
      after = row.position;
      ++at;
    }
  }
  read_history(false);
  check_all();
}

void Truth::process_ended() { store_ = nullptr; }

void Truth::before_run(WallMs even_wall) {
  even_wall_ = even_wall;
  run_started_ = clock_.steady();
  speaker_before_ = speaker_;
  job_rows_.clear();
}

void Truth::after_run(WallMs even_wall, const std::vector<engine::Effect>& effects) {
  even_wall_after_ = even_wall;
  note_sessions(effects);
  read_history(true);
  if (has_sound_disk(plan_) && store_->log_bytes() > kLogBytesMax) violated("the log grows without bound");
}

void Truth::note_sessions(const std::vector<engine::Effect>& effects) {
  for (const engine::Effect& effect : effects)
    if (const auto* opened = std::get_if<engine::SessionOpened>(&effect.what))
      speaker_[opened->device] = network_.number_of(effect.core, opened->connection);
}

// True when the device's session is, or was when the batch began, on that connection. A connection that has
// ended meanwhile has no number any more.
bool Truth::speaks_now(DeviceId device, uint64_t connection) const {
  const auto is = [&](const std::unordered_map<DeviceId, uint64_t>& speakers) {
    auto it = speakers.find(device);
    return it != speakers.end() && (it->second == connection || it->second == 0);
  };
  return is(speaker_) || is(speaker_before_);
}

const Job* Truth::job_row(JobId job) {
  auto [it, fresh] = job_rows_.try_emplace(job);
  if (fresh && store_) {
    const JobId ids[] = {job};
    if (auto rows = store_->jobs(ids); rows && !rows->empty()) it->second = std::move(rows->front());
  }
  return it->second ? &*it->second : nullptr;
}

// --- history

void Truth::read_history(bool live) {
  while (store_ && holds()) {
    const int64_t after = rows_.empty() ? 0 : rows_.back().position;
    auto page = store_->history(after, kHistoryPage);
    if (!page) return;  // a disk that does not even read: later
    for (store::HistoryRow& row : *page) {
      if (row.position <= after || (!rows_.empty() && row.position <= rows_.back().position))
        return violated(row.key, "history positions do not grow");
      judge(row, live);
      if (!holds()) return;
      trace_.note("row", row.key.job.value, row.key.sequence,
                  static_cast<int64_t>(row.from) * 10'000 + static_cast<int64_t>(row.to) * 100 +
                      static_cast<int64_t>(row.cause));
      tasks_[row.key].rows.push_back(rows_.size());
      rows_.push_back(std::move(row));
    }
    if (page->size() < kHistoryPage) return;
  }
}

void Truth::judge(const store::HistoryRow& row, bool live) {
  auto [it, fresh] = tasks_.try_emplace(row.key);
  Track& track = it->second;
  if (fresh) track.device = row.device;
  if (trace_.keeps_text())
    trace_.say("task " + std::to_string(row.key.job.value) + "/" + std::to_string(row.key.sequence) + " " +
               describe(row));
  if (row.device != track.device) return violated(row.key, "its device changed: " + describe(row));
  if (row.from != track.status)
    return violated(row.key, "was " + std::string(task_status_text(track.status)) + " but " + describe(row));
  if (row.attempt != track.attempt + (row.cause == Cause::Rerun ? 1 : 0))
    return violated(row.key, "is in attempt " + std::to_string(track.attempt) + " but " + describe(row));
  switch (row.cause) {
    case Cause::Pushed:
    case Cause::PushedAgain:
    case Cause::Fetched:
      judge_push(row, track, live);
      break;
    case Cause::Reported:
    case Cause::LateReport:
      judge_report(row, track, live);
      break;
    case Cause::Answered:
    case Cause::PropertySeen: {
      const JobFacts* facts = job(row.key.job);
      const bool said = !facts || facts->type == JobType::Pub ||
                        (row.cause == Cause::PropertySeen
                             ? shown_.contains(row.device)
                             : answers_.contains({row.device, alink_id(row.key.job, row.attempt)}));
      if (!said) violated(row.key, "its device never answered: " + describe(row));
      if (is_final(row.from) || !is_final(row.to)) violated(row.key, "not allowed: " + describe(row));
      break;
    }
    default:
      judge_server_end(row, track, live);
  }
  track.status = row.to;
  track.attempt = row.attempt;
  if (row.to == TaskStatus::InProgress && row.from != TaskStatus::InProgress)
    track.started_at = live ? even_wall_ : WallMs();
}

void Truth::judge_push(const store::HistoryRow& row, Track& track, bool live) {
  const bool command = row.from == TaskStatus::Queued && row.to == TaskStatus::InProgress;
  const bool first = row.from == TaskStatus::Queued && (row.to == TaskStatus::Sent || command);
  const bool again = row.from == TaskStatus::Sent && row.to == TaskStatus::Sent;
  if (row.cause == Cause::PushedAgain ? !again : !first)
    return violated(row.key, "not allowed: " + describe(row));
  JobFacts* facts = job(row.key.job);
  if (facts && facts->deleted) return violated(row.key, "pushed although DeleteJob was acknowledged");
  if (facts && facts->cancelled) return violated(row.key, "pushed although CancelJob was acknowledged");
  if (facts && facts->paused && first) return violated(row.key, "pushed although PauseJob was acknowledged");
  if (live && !speaker_.contains(row.device) && !speaker_before_.contains(row.device))
    return violated(row.key, "pushed to a device that never connected since the start");
  if (++track.pushes > 5 && row.cause == Cause::PushedAgain)
    return violated(row.key, "pushed more than five times in one attempt");
  if (first && facts) judge_pace(*facts, row.key);
}

// At most maximumPerMinute in any sliding 60 seconds; redelivery does not count (DESIGN 5.8).
void Truth::judge_pace(JobFacts& facts, const TaskKey& key) {
  constexpr int64_t kMinuteUs = 60'000'000;
  const SteadyUs now = run_started_;  // slots are taken when a batch is decided, however slow its commit is
  facts.pushes.push_back(now);
  while (now - facts.pushes.front() >= kMinuteUs) facts.pushes.pop_front();
  int64_t allowed = 0;
  for (const JobFacts::Rate& rate : facts.rates)
    if (now - rate.until < kMinuteUs || rate.until.value == INT64_MAX)
      allowed = std::max(allowed, rate.per_minute);
  if (static_cast<int64_t>(facts.pushes.size()) > allowed)
    violated(key, "the " + std::to_string(facts.pushes.size()) + "th push within a minute of a job with " +
                      std::to_string(allowed) + " a minute");
  // Evenly spaced: what a late caller may catch up is bounded (DESIGN 3, "Pace").
  constexpr int64_t kShortUs = 5'000'000;
  constexpr int64_t kCatchUpUs = 300'000;
  int64_t lately = 0;
  for (const SteadyUs push : facts.pushes) lately += now - push < kShortUs ? 1 : 0;
  if (lately > (kShortUs + kCatchUpUs) * allowed / kMinuteUs + 1)
    violated(key, "the " + std::to_string(lately) + "th push within five seconds of a job with " +
                      std::to_string(allowed) + " a minute");
}

void Truth::judge_report(const store::HistoryRow& row, Track& track, bool live) {
  const int64_t number = parse_int(json_member(row.detail.status_details, "r").value_or("")).value_or(-1);
  const bool late = row.cause == Cause::LateReport;
  if (!late) {
    if (is_final(row.from)) return violated(row.key, "a report changed a finished task: " + describe(row));
    if (row.to < TaskStatus::InProgress || row.to > TaskStatus::Rejected)
      return violated(row.key, "no device can say that: " + describe(row));
    if (row.from == row.to && plan_.wall_steps_per_minute == 0 && row.at - track.progress_at < 10'000)
      return violated(row.key, "more progress than the history wants: " + describe(row));
    if (row.from == row.to) track.progress_at = row.at;
    if (row.from == row.to && ++track.notes > kNotesMax)
      return violated(row.key, "more progress than the history wants of one attempt: " + describe(row));
    const JobFacts* facts = job(row.key.job);
    const bool foreign = row.detail.message == kForeignDetail;  // does not look at the job
    if (facts && facts->cancelled && !foreign)
      return violated(row.key, "a report counts although CancelJob was acknowledged: " + describe(row));
    if (track.attempt > 1 && track.pushes == 0 && row.to != TaskStatus::Succeeded)
      return violated(row.key, "an old report counts after a rerun: " + describe(row));
  } else if (row.from != row.to || (row.from != TaskStatus::TimedOut && row.from != TaskStatus::Cancelled)) {
    return violated(row.key, "not late: " + describe(row));
  } else if (++track.notes > kNotesMax) {
    return violated(row.key, "more late reports than the history wants: " + describe(row));
  }
  if (number < 0) return;  // a progress report without details, a late one, or another process's
  if (number >= reports_sent()) return violated(row.key, "nobody said that: " + describe(row));
  Report& report = reports_[static_cast<size_t>(number)];
  if (report.device != row.device || report.key != row.key)
    return violated(row.key, "that was said by another device or about another task: " + describe(row));
  if (live && !speaks_now(row.device, report.connection))
    return violated(row.key, "an old connection spoke for the new one: " + describe(row));
  if (late) return;
  if (report.applied && report.event != TaskEvent::ReportInProgress && report.attempt == row.attempt)
    return violated(row.key, "one report counted twice: " + describe(row));
  report.applied = true;
}

void Truth::judge_server_end(const store::HistoryRow& row, Track& track, bool live) {
  JobFacts* facts = job(row.key.job);
  const auto refuse = [&](const char* why) { violated(row.key, std::string(why) + ": " + describe(row)); };
  switch (row.cause) {
    case Cause::Offline:
      if (row.from != TaskStatus::Queued || row.to != TaskStatus::Failed) return refuse("not allowed");
      return;
    case Cause::Unfit:
      if (row.from != TaskStatus::Queued || row.to != TaskStatus::Failed) return refuse("not allowed");
      return;
    case Cause::TimedOut:
      if (row.from != TaskStatus::InProgress || row.to != TaskStatus::TimedOut) return refuse("not allowed");
      // Stored deadlines are what count; the clock of the process is the one that made them.
      if (live && facts && track.started_at.value > 0 && facts->timeout_minutes_min > 0 &&
          even_wall_after_ - track.started_at < facts->timeout_minutes_min * 60'000 - kRoundingMs)
        return refuse("timed out too early");
      return;
    case Cause::Expired:
      if ((row.from != TaskStatus::Queued && row.from != TaskStatus::Sent) || row.to != TaskStatus::TimedOut)
        return refuse("not allowed");
      return;
    case Cause::DeviceDeleted:
      if (is_final(row.from) || row.to != TaskStatus::Cancelled) return refuse("not allowed");
      if (!deleted_devices_.contains(row.device)) return refuse("nobody asked for that");
      return;
    case Cause::Removed:
      if (is_final(row.from) || row.to != TaskStatus::Cancelled) return refuse("not allowed");
      if (facts && !facts->delete_asked) return refuse("nobody asked for that");
      return;
    case Cause::Cancelled:
      if (is_final(row.from) || row.to != TaskStatus::Cancelled) return refuse("not allowed");
      if (facts && !facts->cancel_asked && !facts->delete_asked && !deleted_devices_.contains(row.device))
        return refuse("nobody asked for that");
      return;
    case Cause::Rerun:
      if ((row.from != TaskStatus::Failed && row.from != TaskStatus::TimedOut) ||
          row.to != TaskStatus::Queued)
        return refuse("not allowed");
      if (facts && !facts->rerun_asked) return refuse("nobody asked for that");
      track.pushes = 0;
      track.notes = 0;
      return;
    case Cause::Undeliverable:
      if (row.from != TaskStatus::Sent || !is_final(row.to)) return refuse("not allowed");
      return;
    default:
      return refuse("a cause that does not belong into the history");
  }
}

}  // namespace rollcall::sim
