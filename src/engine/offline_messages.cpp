// The offline queue: direct messages with QoS 1 (Pub, BatchPub, service calls, property sets) that their
// devices have not acknowledged. A message for a device that is away, or that keeps its session, is stored
// before the call is answered, sent when the device is there and its topic deliverable, and forgotten with
// its PUBACK, within about a second; until then the next connection gets it again. It waits for 7 days at
// most (cloud-api C.7). A device that begins a clean session gives up what waited [MQTT-3.1.2-6]. The tasks
// of jobs need none of this: the task is the truth.
#include <algorithm>

#include "engine/state.hpp"

namespace rollcall::engine {
namespace {

constexpr int64_t kExpiryEveryMs = 60'000;  // between looks at what is over

void forget(State& state, const store::OfflineRange& range) {
  state.offline_gone[range.device].push_back(range);
  state.note_lazy();
}

bool is_forgotten(const State& state, const store::OfflineMessage& message) {
  const auto found = state.offline_gone.find(message.device);
  if (found == state.offline_gone.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const store::OfflineRange& range) {
    return range.first <= message.id && message.id <= range.last;
  });
}

std::shared_ptr<const JobContent> content_of(const store::OfflineMessage& message) {
  JobContent content;
  content.type = message.type;
  content.qos = MessageQos::Qos1;
  (message.type == JobType::Pub ? content.topic_short_name : content.service_identifier) = message.name;
  content.body = message.body;
  return std::make_shared<const JobContent>(std::move(content));
}

// Looks for messages from `after` on, in the next batch.
void look_from(State& state, Session& session, DeviceId device, int64_t after) {
  session.messages_after = std::min(session.messages_after, after);
  session.messages_due = true;
  state.make_ready(device, true);
}

}  // namespace

Status arm_offline(State& state) {
  ROLLCALL_TRY(const store::OfflineTotals totals, state.store.offline_totals());
  state.probe.messages_waiting.set(totals.messages);
  state.last_message = totals.last_id;
  ROLLCALL_TRY(state.offline_end, state.store.earliest_offline_end());
  return {};
}

Status queue_message(State& state, WorkingSet& ws, Decision& decision, const Device& device,
                     const JobContent& content, int64_t message_id) {
  const store::OfflineTally* known = ws.offline_tallies.find(device.id);
  store::OfflineTally tally = known ? *known : store::OfflineTally{device.id, 0, 0};
  int64_t arrived = 0;  // and still stored
  if (const auto gone = state.offline_gone.find(device.id); gone != state.offline_gone.end())
    arrived = std::count_if(gone->second.begin(), gone->second.end(),
                            [](const store::OfflineRange& range) { return range.first == range.last; });
  ++tally.messages;
  tally.bytes += static_cast<int64_t>(content.body.size());
  if (tally.messages - arrived > limits::kOfflineMessagesPerDevice ||
      tally.bytes > limits::kOfflineBytesPerDevice ||
      state.probe.messages_waiting.value() >= limits::kOfflineMessagesMax) {
    state.probe.messages_dropped_total.add();
    return fail(ErrorCode::MessageRateLimit,
                "too many messages wait for the device " + device.name + " already; this one was not taken");
  }
  ws.offline_tallies.put(device.id, tally);
  decision.changes.offline_messages.push_back(
      {device.id, message_id, state.even_wall() + limits::kOfflineMessageKeepMs, content.type,
       content.type == JobType::Pub ? content.topic_short_name : content.service_identifier, content.body});
  return {};
}

void open_messages(State& state, Session& session, DeviceId device, bool begins_anew) {
  if (!state.messages_may_wait()) return;
  if (begins_anew)
    forget(state, {device, 0, state.new_message_id()});
  else
    look_from(state, session, device, 0);
}

void look_at_messages(State& state, Session& session, DeviceId device) {
  if (state.messages_may_wait()) look_from(state, session, device, 0);
}

bool gather_messages(WorkingSet& ws, DeviceId device, const Session& session) {
  return ws.offline_messages.need({device, session.messages_after});
}

void send_what_waits(State& state, WorkingSet& ws, Decision& decision, DeviceId device, Session& session) {
  const auto* page = ws.offline_messages.find({device, session.messages_after});
  if (!page || session.leaving) return;
  decision.next_step();
  const WallMs now = state.even_wall();
  for (const store::OfflineMessage& message : *page) {
    const TaskKey key = offline_key(message.id);
    const bool over = message.expires_at <= now || is_forgotten(state, message) || session.has_push(key);
    auto content = over ? nullptr : content_of(message);
    if (content && session.reachability && session.reachability->reaches(*content)) {
      // Its next confirmation brings it back here.
      if (session.pushes.size() >= static_cast<size_t>(limits::kUnconfirmedPushesMax)) return;
      if (!state.room.reserve(session.at.core, 1)) return state.make_ready(device, true);
      decision.emit(session.at.core, PushTask{session.at.connection, session.epoch, key, 1,
                                              std::move(content), direct_alink_id(message.id), false});
      decision.sent_messages.emplace_back(device, key);
      session.pushes.push_back({key, 1});
    }
    session.messages_after = message.id;  // one of a topic it has not subscribed to waits until it does
  }
  session.messages_due = page->size() == limits::kOfflineMessagesPerLook;
  if (session.messages_due) state.make_ready(device, true);
}

void confirm_message(State& state, Session& session, const PushConfirmed& command) {
  if (!session.forget_push(command.key)) return;
  const DeviceId device = command.session.device;
  state.make_ready(device);
  forget(state, {device, command.key.sequence, command.key.sequence});
}

void forget_messages(State& state, Decision& decision) {
  auto& gone = state.offline_gone;
  while (!gone.empty() && decision.changes.offline_gone.size() < limits::kSweepRows) {
    const auto first = gone.begin();
    for (const store::OfflineRange& range : first->second) decision.changes.offline_gone.push_back(range);
    gone.erase(first);
  }
}

void expire_messages(State& state, Decision& decision) {
  const WallMs now = state.even_wall();
  if (!state.offline_end || *state.offline_end > now) return;
  decision.changes.expire_offline = store::ExpireOffline{now, state.config.sweep_rows};
  state.offline_end.reset();  // absorb_messages() asks for the next one
}

void absorb_messages(State& state, const Decision& decision, const store::CommitResult& result) {
  const store::ChangeSet& changes = decision.changes;
  const auto kept = static_cast<int64_t>(changes.offline_messages.size());
  for (const store::OfflineMessage& message : changes.offline_messages) {
    if (!state.offline_end || message.expires_at < *state.offline_end) state.offline_end = message.expires_at;
    if (Session* session = state.sessions.find(message.device))
      look_from(state, *session, message.device, message.id - 1);
  }
  state.probe.messages_kept_total.add(static_cast<uint64_t>(kept));
  state.probe.messages_dropped_total.add(static_cast<uint64_t>(result.offline_expired));
  state.probe.messages_waiting.add(kept - result.offline_gone - result.offline_expired);
  if (!changes.expire_offline) return;
  const auto earliest = state.store.earliest_offline_end();
  const WallMs next = state.even_wall() + kExpiryEveryMs;
  if (!earliest)
    state.offline_end = next;
  else if (*earliest)
    state.offline_end = result.offline_expired < static_cast<int64_t>(changes.expire_offline->rows_max)
                            ? std::max(**earliest, next)
                            : **earliest;
}

void undo_messages(State& state, const Decision& decision) {
  for (const auto& [device, key] : decision.sent_messages) {
    Session* session = state.sessions.find(device);
    if (!session) continue;
    session->forget_push(key);
    look_from(state, *session, device, 0);
  }
  for (const store::OfflineRange& range : decision.changes.offline_gone) forget(state, range);
  if (const auto& expire = decision.changes.expire_offline) state.offline_end = expire->until;
}

}  // namespace rollcall::engine
