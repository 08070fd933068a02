// What outlives the connection of a device that asked for it (clean session 0, or a session expiry of
// MQTT 5.0): its subscriptions, and under which packet ids it was sent what it has not acknowledged. The
// messages themselves need no copy: the engine pushes them again. By device, never by MQTT client id
// (device-protocol 0, rule 2); in memory, so a restart begins anew and says so with "session present" 0.
// Thread: its core.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "alink/subscriptions.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/lru_map.hpp"
#include "model/ids.hpp"

namespace rollcall::gateway {

// A task's or a waiting message (engine::offline_key()) that was sent and not acknowledged.
struct KeptPush {
  TaskKey key;
  int32_t attempt = 1;
  uint16_t packet_id = 0;
};

struct KeptSession {
  std::shared_ptr<const alink::FilterSet> filters;
  std::vector<KeptPush> pushes;
  SteadyUs until;
};

class KeptSessions {
 public:
  // Of the device with that name (log_name()). Of too many the one that was used longest ago goes.
  void keep(std::string_view name, KeptSession session);
  // Takes it out; empty filters when there is none, or its time is over.
  KeptSession take(std::string_view name, SteadyUs now);

 private:
  LruMap<KeptSession> sessions_{limits::kKeptSessionsMax};
};

}  // namespace rollcall::gateway
