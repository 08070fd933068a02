// How api/ reaches the rest of the server, sans-I/O: commands go to the engine's mailbox, queries to a reader
// thread. Both answer later on the core that asked (or at once, before submit or run returns). Implemented by
// server/, and by tests. Thread: a port belongs to one core.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "api/node.hpp"
#include "base/result.hpp"
#include "engine/commands.hpp"
#include "engine/effects.hpp"
#include "engine/queries.hpp"
#include "model/device_log_entry.hpp"

namespace rollcall::api {

// One of the API commands of the engine.
using ApiRequest = decltype(engine::ApiCommand::what);

class EnginePort {
 public:
  using Done = std::function<void(Result<engine::Outcome>&&)>;
  virtual ~EnginePort() = default;
  // False when the mailbox is full: `done` is then never called and the request is answered
  // ServiceUnavailable.
  virtual bool submit(engine::Actor actor, ApiRequest request, Done done) = 0;
};

class QueryPort {
 public:
  using Query = std::function<Result<Node>(engine::Queries&)>;  // runs on a reader thread; owns all it needs
  using Done = std::function<void(Result<Node>&&)>;
  virtual ~QueryPort() = default;
  // False when the readers' queue is full, as above.
  virtual bool run(Query query, Done done) = 0;
};

// What devices did lately, as the gateway beside this API remembers it.
class DeviceLogPort {
 public:
  virtual ~DeviceLogPort() = default;
  // Newest first, at most so many.
  virtual std::vector<DeviceLogEntry> device_log(const Device& device, std::string_view product_key,
                                                 size_t entries_max) = 0;
};

}  // namespace rollcall::api
