// The connected devices: who is where, with which epoch, what it can be sent, and what was sent on this
// connection without a confirmation yet. At most one session per device. Thread: engine.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/canary.hpp"
#include "base/clock.hpp"
#include "engine/commands.hpp"
#include "model/fleet.hpp"

namespace rollcall::engine {

// A task sent on this connection that its device has not confirmed or answered.
struct Push {
  TaskKey key;
  int32_t attempt = 1;
};

struct Session {
  DeviceConnection at;
  int64_t epoch = 0;
  std::shared_ptr<const Reachability> reachability;
  std::vector<Push> pushes;     // at most limits::kUnconfirmedPushesMax
  int64_t messages_after = 0;   // of those that wait, the ones up to this were sent or cannot be
  bool settled = false;         // the wait for a `$next` after CONNACK is over (DESIGN 3)
  bool tells_due = true;        // the store may hold something that the device is still to be told
  bool leaving = false;         // its device was disabled or deleted: closed once that is durable
  bool keeps_messages = false;  // with QoS 1 they go through the store, and wait for the device's PUBACK
  bool messages_due = false;    // some may wait behind messages_after

  bool has_push(const TaskKey& key) const {
    for (const Push& push : pushes)
      if (push.key == key) return true;
    return false;
  }
  // The push that was forgotten, if there was one; of this attempt only, when one is named.
  std::optional<Push> forget_push(const TaskKey& key, std::optional<int32_t> attempt = {}) {
    for (size_t i = 0; i < pushes.size(); ++i) {
      if (pushes[i].key != key || (attempt && pushes[i].attempt != *attempt)) continue;
      const Push push = pushes[i];
      pushes[i] = pushes.back();
      pushes.pop_back();
      if (pushes.empty()) pushes.shrink_to_fit();
      return push;
    }
    return std::nullopt;
  }
};

class Sessions {
 public:
  Session* find(DeviceId device) {
    if (last_ != nullptr && last_device_ == device) return last_;
    auto it = sessions_.find(device);
    if (it == sessions_.end()) return nullptr;
    last_device_ = device;
    return last_ = &it->second;
  }
  // Only when the epoch is the present one: an old connection never speaks for a new one, and one that is
  // leaving speaks no more.
  Session* find(const SessionRef& ref) {
    Session* session = find(ref.device);
    if (!session || session->leaving) return nullptr;
    return session->epoch == ref.epoch || canary(Canary::StaleSessionSpeaks) ? session : nullptr;
  }
  Session& open(DeviceId device) { return sessions_[device]; }
  void close(DeviceId device) {
    last_ = nullptr;
    sessions_.erase(device);
  }
  size_t size() const { return sessions_.size(); }
  auto begin() const { return sessions_.begin(); }
  auto end() const { return sessions_.end(); }

  // Presence changes that the store has not seen yet; the row here is newer than the stored one.
  std::unordered_map<DeviceId, Presence> presence_unwritten;

  struct Settling {
    SteadyUs due;
    DeviceId device;
    int64_t epoch = 0;
  };
  std::deque<Settling> settling;  // in order of `due`

 private:
  std::unordered_map<DeviceId, Session> sessions_;
  // The one that was found last: a command asks for its own several times.
  DeviceId last_device_;
  Session* last_ = nullptr;
};

}  // namespace rollcall::engine
