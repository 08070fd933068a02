// Jobs and tasks as fields of answers, named exactly as the vendor's metadata names them (cloud-api A.6 to
// A.10, 0.3). Used by actions/job_query.cpp and actions/task_query.cpp. Thread: any; pure.
#pragma once

#include <optional>
#include <string>

#include "api/node.hpp"
#include "engine/effects.hpp"
#include "engine/queries.hpp"
#include "model/id_codec.hpp"

namespace rollcall::api {

// The imported IotId, or the code of the device's own id.
std::string iot_id_of(const IdCodec& codec, DeviceId device, const std::string& foreign_iot_id);

Node render_job(const engine::JobInfo& info, const IdCodec& codec);  // QueryJob
Node render_job_list(const engine::JobList& list, int64_t page, int64_t page_size,
                     const IdCodec& codec);                            // ListJob
Node render_job_statistics(const Job& job);                            // QueryJobStatistics
Node render_task(const engine::TaskInfo& info, const IdCodec& codec);  // QueryTask
// ListTask; `next_token` is absent on the last page.
Node render_task_page(const engine::TaskPage& page, const std::optional<std::string>& next_token,
                      const IdCodec& codec);

// ListTaskEvents; what an event does not have is absent.
Node render_event_page(const engine::EventPage& page, const std::optional<std::string>& next_token,
                       const IdCodec& codec);

// ExplainTask: the reasons in their order; times in UTC, absent when unknown.
Node render_explanation(const engine::TaskExplained& explained, const IdCodec& codec);

}  // namespace rollcall::api
