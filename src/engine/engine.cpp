#include "engine/engine.hpp"

#include <algorithm>
#include <deque>

#include "base/canary.hpp"
#include "base/log.hpp"
#include "engine/failures.hpp"
#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

constexpr int kGatherRoundsMax = 8;  // the deepest chain is name -> device -> product -> thing model
constexpr int64_t kHoldUs = 1'000'000;
constexpr int64_t kCommitSlowUs = 5'000'000;  // the server is not ready behind a commit that takes longer
constexpr int kDecideAttemptsMax = 3;         // a command whose condition fails is decided again (DESIGN 3)
constexpr int kStaleAttemptsMax = 20;  // likewise a whole batch, of which most commands have no part in it

struct Pending {
  Command command;
  int attempts = 0;
};

}  // namespace

bool gather(State& state, WorkingSet& ws, const Command& command) {
  if (const auto* api = std::get_if<ApiCommand>(&command)) return gather_api(state, ws, *api);
  return gather_session(state, ws, command);
}

Status decide(State& state, WorkingSet& ws, Decision& decision, const Command& command) {
  if (const auto* api = std::get_if<ApiCommand>(&command)) {
    Result<Outcome> outcome = decide_api(state, ws, decision, *api);
    // New ids are reserved while deciding. When that fails, half of the change may have been decided.
    if (!outcome && is_store_failure(outcome.error())) return fail(std::move(outcome.error()));
    if (outcome && std::holds_alternative<AnsweredLater>(*outcome)) return {};
    decision.emit(api->ticket.core, ApiReply{api->ticket.number, std::move(outcome)});
    return {};
  }
  decide_session(state, ws, decision, command);
  return {};
}

// One batch from its commands to its effects.
struct Batch {
  std::vector<Pending> commands;
  bool maintenance = true;  // false for parts of a batch that failed: only the commands are tried again
  WorkingSet ws;
  Decision decision;
  SteadyUs submitted_at;
};

struct Engine::Impl {
  Impl(store::Store& store, const Clock& clock, Random& random, PushRoom& room, EngineProbe& probe,
       const EngineConfig& config, const IdCodec::Key& key)
      : state(store, clock, random, room, probe, config, key) {}

  State state;
  std::deque<Pending> inbox;
  std::deque<std::vector<Pending>> parts;  // halves of a failed batch, to be tried on their own
  // Ends of sessions and changes of subscriptions that could not be decided because the store did not even
  // read. Nobody would say them again: they wait for it to recover.
  std::vector<Pending> deferred;
  std::unique_ptr<Batch> in_flight;
  // After a commit that the store could not take: until then only commands are tried, so that a full disk is
  // not hammered.
  std::optional<SteadyUs> hold_until;

  std::optional<SteadyUs> failure_told_at;
  int64_t failures_untold = 0;

  bool holding() const { return hold_until && state.clock.steady() < *hold_until; }
  bool healthy() const { return state.probe.store_healthy.value() == 1; }
  void try_store();
  void tell_failure(const Error& error, size_t commands);

  std::unique_ptr<Batch> take_batch();
  Status load_for(Batch& batch);
  Status decide_batch(Batch& batch);
  Status maintain(Batch& batch);
  void finish(std::unique_ptr<Batch> batch, Result<store::CommitResult> result, std::vector<Effect>& effects);
  void fail_batch(std::unique_ptr<Batch> batch, const Error& error, std::vector<Effect>& effects);
  void keep_memory(Batch& batch, std::vector<Effect>& effects);
  void decide_again(Batch& batch, std::vector<Effect>& effects);
  void release(Batch& batch, const store::CommitResult& result, std::vector<Effect>& effects);
  bool more() const;
};

std::unique_ptr<Batch> Engine::Impl::take_batch() {
  auto batch = std::make_unique<Batch>();
  if (!parts.empty()) {
    batch->commands = std::move(parts.front());
    parts.pop_front();
    batch->maintenance = false;
    return batch;
  }
  batch->maintenance = !holding();
  if (batch->maintenance) {
    inbox.insert(inbox.begin(), std::make_move_iterator(deferred.begin()),
                 std::make_move_iterator(deferred.end()));
    deferred.clear();
  }
  const size_t count = std::min(inbox.size(), limits::kBatchCommandsMax);
  batch->commands.reserve(count);
  batch->decision.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    batch->commands.push_back(std::move(inbox.front()));
    inbox.pop_front();
  }
  return batch;
}

// Asks and loads until every command has what it needs.
Status Engine::Impl::load_for(Batch& batch) {
  for (int round = 0; round < kGatherRoundsMax; ++round) {
    bool all = true;
    for (const Pending& pending : batch.commands) all = gather(state, batch.ws, pending.command) && all;
    if (all) return {};
    ROLLCALL_TRY_STATUS(batch.ws.load(state.store).map([](bool) {}));
  }
  return {};
}

Status Engine::Impl::decide_batch(Batch& batch) {
  for (size_t i = 0; i < batch.commands.size(); ++i) {
    const Command& command = batch.commands[i].command;
    // What an earlier command of this batch decided may ask for more rows.
    for (int round = 0; round < kGatherRoundsMax && !gather(state, batch.ws, command); ++round)
      ROLLCALL_TRY_STATUS(batch.ws.load(state.store).map([](bool) {}));
    batch.decision.begin(static_cast<int32_t>(i));
    ROLLCALL_TRY_STATUS(decide(state, batch.ws, batch.decision, command));
    batch.decision.end();
  }
  return {};
}

Status Engine::Impl::maintain(Batch& batch) {
  std::vector<DeviceId>& devices = batch.decision.looked_at;
  while (!gather_ready(state, batch.ws, devices))
    ROLLCALL_TRY_STATUS(batch.ws.load(state.store).map([](bool) {}));
  batch.decision.begin(Decision::kMaintenance);
  ROLLCALL_TRY_STATUS(upkeep(state, batch.ws, batch.decision));
  decide_ready(state, batch.ws, batch.decision, devices);
  ROLLCALL_TRY_STATUS(roll_out(state, batch.ws, batch.decision));
  batch.decision.end();
  return {};
}

// Of a batch that failed: hands out what does not depend on the store, and leaves the other commands.
void Engine::Impl::keep_memory(Batch& batch, std::vector<Effect>& effects) {
  std::vector<bool> done(batch.commands.size());
  for (const Decision::Range& range : batch.decision.ranges) {
    if (range.command == Decision::kMaintenance) continue;
    const auto index = static_cast<size_t>(range.command);
    if (!is_of_memory(batch.commands[index].command)) continue;
    done[index] = true;
    for (uint32_t i = range.effects_begin; i < range.effects_end; ++i)
      effects.push_back(std::move(batch.decision.effects[i]));
  }
  std::vector<Pending> rest;
  for (size_t i = 0; i < batch.commands.size(); ++i)
    if (!done[i]) rest.push_back(std::move(batch.commands[i]));
  batch.commands = std::move(rest);
}

// One line a second is enough: on a full disk every batch fails, and the log may lie on that disk.
void Engine::Impl::tell_failure(const Error& error, size_t commands) {
  const SteadyUs now = state.clock.steady();
  if (failure_told_at && now - *failure_told_at < kHoldUs) {
    ++failures_untold;
    return;
  }
  log_error("engine.commit_failed",
            {{"commands", commands}, {"error", error.detail}, {"failures_untold", failures_untold}});
  failure_told_at = now;
  failures_untold = 0;
}

void Engine::Impl::fail_batch(std::unique_ptr<Batch> batch, const Error& error,
                              std::vector<Effect>& effects) {
  state.probe.commit_failures_total.add();
  if (canary(Canary::AnswerFailedCommits)) return release(*batch, {}, effects);
  if (!canary(Canary::GhostSession)) keep_memory(*batch, effects);
  undo(state, batch->decision);
  if (is_stale(error)) return decide_again(*batch, effects);
  tell_failure(error, batch->commands.size());
  if (!is_poison(error)) {
    state.probe.store_healthy.set(0);
    const Error answer = answer_for(error);  // without the detail, which is in the log already
    for (Pending& pending : batch->commands) {
      if (is_of_memory(pending.command) && !awaits_answer(pending.command))
        deferred.push_back(std::move(pending));
      else
        refuse(pending.command, answer, effects);
    }
    hold_until = state.clock.steady() + kHoldUs;
    return;
  }
  if (batch->commands.size() == 1) {
    refuse(batch->commands.front().command,
           Error(ErrorCode::SystemException, "the change conflicts with what is stored"), effects);
    return;
  }
  const size_t half = batch->commands.size() / 2;
  const auto middle = batch->commands.begin() + static_cast<long>(half);
  std::vector<Pending> second(std::make_move_iterator(middle),
                              std::make_move_iterator(batch->commands.end()));
  batch->commands.erase(middle, batch->commands.end());
  if (!second.empty() && !canary(Canary::BisectForgetsHalf)) parts.push_front(std::move(second));
  if (!batch->commands.empty()) parts.push_front(std::move(batch->commands));
}

// Another process was faster with something that this whole batch builds on.
void Engine::Impl::decide_again(Batch& batch, std::vector<Effect>& effects) {
  state.ids.forget_blocks();
  std::vector<Pending> again;
  for (Pending& pending : batch.commands) {
    if (++pending.attempts < kStaleAttemptsMax)
      again.push_back(std::move(pending));
    else
      refuse(pending.command, conflict(), effects);
  }
  if (!again.empty()) parts.push_front(std::move(again));
}

// Effects of commands whose changes all happened leave; the others are decided again.
void Engine::Impl::release(Batch& batch, const store::CommitResult& result, std::vector<Effect>& effects) {
  Decision& decision = batch.decision;
  const auto missed = [](const std::vector<uint32_t>& list, uint32_t begin, uint32_t end) {
    return std::any_of(list.begin(), list.end(), [&](uint32_t i) { return i >= begin && i < end; });
  };
  for (const Decision::Range& range : decision.ranges) {
    const bool again = missed(result.missed_tasks, range.tasks_begin, range.tasks_end) ||
                       missed(result.missed_jobs, range.jobs_begin, range.jobs_end) ||
                       missed(result.missed_applies, range.applies_begin, range.applies_end) ||
                       missed(result.missed_devices, range.devices_begin, range.devices_end) ||
                       missed(result.missed_products, range.products_begin, range.products_end);
    for (uint32_t i = range.effects_begin; i < range.effects_end; ++i) {
      if (again)
        withdraw(state, decision, decision.effects[i]);
      else
        effects.push_back(std::move(decision.effects[i]));
    }
    if (!again || range.command == Decision::kMaintenance || canary(Canary::LosersNotReloaded)) continue;
    Pending& pending = batch.commands[static_cast<size_t>(range.command)];
    if (++pending.attempts < kDecideAttemptsMax)
      inbox.push_front(std::move(pending));
    else
      refuse(pending.command, conflict(), effects);
  }
}

void Engine::Impl::finish(std::unique_ptr<Batch> batch, Result<store::CommitResult> result,
                          std::vector<Effect>& effects) {
  state.probe.commit.observe_us(state.clock.steady() - batch->submitted_at);
  if (!result) {
    fail_batch(std::move(batch), result.error(), effects);
    return;
  }
  state.probe.store_healthy.set(1);
  absorb(state, batch->decision, *result, effects);
  release(*batch, *result, effects);
}

// Readiness must come back without a caller's help: one that is told "not ready" sends nothing to commit.
void Engine::Impl::try_store() {
  if (healthy() || holding() || !inbox.empty() || !parts.empty()) return;
  if (const auto reserved = state.store.reserve_ids("health", 1); !reserved) {
    hold_until = state.clock.steady() + kHoldUs;
    return;
  }
  state.probe.store_healthy.set(1);
  log_info("engine.store_recovered");
}

bool Engine::Impl::more() const {
  if (!inbox.empty() || !parts.empty()) return true;
  if (holding()) return false;
  if (state.rollout_more || !deferred.empty()) return true;
  return !state.ready_devices.empty() || !state.jobs.to_look_at.empty() || !state.applies_running.empty();
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(store::Store& store, const Clock& clock, Random& random,
                                             PushRoom& room, EngineProbe& probe, const EngineConfig& config) {
  ROLLCALL_TRY(auto key, store.id_key());
  ROLLCALL_TRY_STATUS(store.mark_all_offline(clock.wall()));
  auto impl = std::make_unique<Impl>(store, clock, random, room, probe, config, key);
  ROLLCALL_TRY_STATUS(take_up_jobs(impl->state));
  ROLLCALL_TRY(auto applies, store.unfinished_applies());
  for (Apply& apply : applies)
    if (apply.status == ApplyStatus::Creating) impl->state.applies_running.push_back(std::move(apply));
  ROLLCALL_TRY(impl->state.next_time_out, store.earliest_time_out());
  ROLLCALL_TRY_STATUS(arm_retention(impl->state));
  ROLLCALL_TRY_STATUS(arm_offline(impl->state));
  probe.store_healthy.set(1);
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

void Engine::submit(std::vector<Command>& commands) {
  impl_->state.probe.commands_total.add(commands.size());
  for (Command& command : commands) impl_->inbox.push_back({std::move(command), 0});
  commands.clear();
}

bool Engine::committing() const { return impl_->in_flight != nullptr; }

bool Engine::run(std::vector<Effect>& effects) {
  Impl& impl = *impl_;
  if (impl.in_flight) {
    auto result = impl.state.store.poll();
    const int64_t waited_us = impl.state.clock.steady() - impl.in_flight->submitted_at;
    if (!result && waited_us > kCommitSlowUs) impl.state.probe.store_healthy.set(0);
    if (!result) return true;
    impl.finish(std::move(impl.in_flight), std::move(*result), effects);
    return impl.more();
  }
  impl.try_store();
  if (Status seen = look_at_others(impl.state, effects); !seen) impl.tell_failure(seen.error(), 0);
  auto batch = impl.take_batch();
  for (const Pending& pending : batch->commands) refresh_named(impl.state, pending.command);
  Status status = impl.load_for(*batch);
  if (status) status = impl.decide_batch(*batch);
  if (status && batch->maintenance) status = impl.maintain(*batch);
  if (!status) {
    impl.fail_batch(std::move(batch), status.error(), effects);
    return impl.more();
  }
  batch->submitted_at = impl.state.clock.steady();
  if (batch->decision.changes.empty()) {
    impl.release(*batch, {}, effects);
    return impl.more();
  }
  guard(impl.state, batch->ws, batch->decision);
  impl.state.store.submit(batch->decision.changes);
  auto result = impl.state.store.poll();
  if (!result) {
    impl.in_flight = std::move(batch);
    return true;
  }
  impl.finish(std::move(batch), std::move(*result), effects);
  return impl.more();
}

std::optional<SteadyUs> Engine::next_wake_up() const {
  const State& state = impl_->state;
  if (impl_->in_flight || impl_->more()) return state.clock.steady();
  if (impl_->holding()) return impl_->hold_until;
  if (!impl_->healthy()) return state.clock.steady();
  std::optional<SteadyUs> earliest = next_upkeep(state);
  const auto slot = next_slot(state);
  if (slot && (!earliest || *slot < *earliest)) earliest = slot;
  return earliest;
}

void Engine::shut_down(std::vector<Effect>& effects) {
  for (const auto& [device, session] : impl_->state.sessions)
    effects.push_back(
        {session.at.core, Disconnect{session.at.connection, session.epoch, OfflineReason::ServerStopped}});
}

}  // namespace rollcall::engine
