// Direct calls whose devices have yet to answer, by device and message id, each with the moment at which it
// is given up. Bounded by limits::kAwaitedRepliesMax. Not stored: a call does not outlive the process, and
// its caller hears of that by its connection. Thread: engine.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "engine/commands.hpp"

namespace rollcall::engine {

struct AwaitedReply {
  DeviceId device;
  uint32_t alink_id = 0;
  Ticket ticket;
  int64_t message_id = 0;
  SteadyUs due;
  bool raw = false;  // RRpc: bytes are awaited, not an Alink reply
};

class AwaitedReplies {
 public:
  bool full() const { return replies_.size() >= limits::kAwaitedRepliesMax; }
  size_t size() const { return replies_.size(); }

  void add(const AwaitedReply& reply) {
    const Key key{reply.device, reply.alink_id};
    if (replies_.emplace(key, reply).second) by_due_.emplace(reply.due, key);
  }
  const AwaitedReply* find(DeviceId device, uint32_t alink_id) const {
    const auto it = replies_.find({device, alink_id});
    return it == replies_.end() ? nullptr : &it->second;
  }
  void remove(DeviceId device, uint32_t alink_id) {
    const auto it = replies_.find({device, alink_id});
    if (it == replies_.end()) return;
    by_due_.erase({it->second.due, it->first});
    replies_.erase(it);
  }
  std::optional<SteadyUs> next_due() const {
    if (by_due_.empty()) return std::nullopt;
    return by_due_.begin()->first;
  }
  // The one that has waited longest beyond its time.
  std::optional<AwaitedReply> take_due(SteadyUs now) {
    if (by_due_.empty() || by_due_.begin()->first > now) return std::nullopt;
    const AwaitedReply reply = replies_.at(by_due_.begin()->second);
    remove(reply.device, reply.alink_id);
    return reply;
  }

 private:
  using Key = std::pair<DeviceId, uint32_t>;
  std::map<Key, AwaitedReply> replies_;
  std::set<std::pair<SteadyUs, Key>> by_due_;
};

}  // namespace rollcall::engine
