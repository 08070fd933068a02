// What outlives the connection of a device that asked for it (clean session 0, or a session expiry of
// MQTT 5.0): its subscriptions and the QoS 1 messages that it has not acknowledged. By device, never by MQTT
// client id (device-protocol 0, rule 2); in memory, so a restart begins anew and says so with "session
// present" 0. The tasks of jobs need no copy: the engine pushes them again, and here is only which packet id
// they had. Thread: its core.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "alink/subscriptions.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/lru_map.hpp"
#include "model/ids.hpp"

namespace rollcall::gateway {

// A message that may have to be sent again under its packet id.
struct KeptMessage {
  uint16_t packet_id = 0;  // 0: it waits and was never sent
  std::string topic;
  std::string payload;
};

// A task's message that was sent and not acknowledged.
struct KeptPush {
  TaskKey key;
  int32_t attempt = 1;
  uint16_t packet_id = 0;
};

struct KeptSession {
  std::shared_ptr<const alink::FilterSet> filters;
  std::vector<KeptPush> pushes;
  std::vector<KeptMessage> messages;  // in the order in which they were sent
  SteadyUs until;
};

class KeptSessions {
 public:
  // Of the device with that name (log_name()), until then. Messages beyond limits::kKeptBytesMax in all go.
  void keep(std::string_view name, KeptSession session);
  // Takes it out; empty filters when there is none, or its time is over.
  KeptSession take(std::string_view name, SteadyUs now);

 private:
  size_t bytes_ = 0;
  LruMap<KeptSession> sessions_{limits::kKeptSessionsMax};
};

}  // namespace rollcall::gateway
