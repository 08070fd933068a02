// What ListTask (cloud-api A.9) and the extension ListTaskEvents ask for, and the token that leads to the
// next page. Used by actions/task_query.cpp. Thread: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/action_table.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/commands.hpp"
#include "model/id_codec.hpp"
#include "model/task.hpp"

namespace rollcall::api {

// A value that travels to the reader.
struct TaskListing {
  InstanceId instance;
  bool events = false;          // ListTaskEvents
  std::optional<TaskKey> task;  // of ListTaskEvents; else job; else device
  std::optional<JobId> job;
  engine::DeviceRef device;
  std::optional<TaskStatus> status;
  int64_t limit = 10;
  std::optional<int64_t> position;  // from the NextToken
  WallMs now;
};

// Errors: InvalidPageParams, InvalidFormattedParameter, IllegalRequest (neither or both of JobId and Device),
// NotExistedJob, InvalidNextToken (not of this query, or older than a minute).
Result<TaskListing> read_task_listing(Call& call, const IdCodec& codec);
// The same for one of TaskId, JobId and Device; errors also NotExistedTask.
Result<TaskListing> read_event_listing(Call& call, const IdCodec& codec);

// The token for what is behind `position` of the same listing, good for a minute from the request on.
std::string next_token_of(const TaskListing& listing, int64_t position, const IdCodec& codec);

}  // namespace rollcall::api
