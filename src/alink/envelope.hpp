// Uplink Alink messages as values: strict about being JSON, tolerant about what the SDKs vary
// (device-protocol 0, 4, 5). A message is read in two steps: read_request() finds the id, which every reply
// repeats verbatim, then a function per message judges its content, so that a refusal can still be answered
// under that id. Errors are InvalidFormattedParameter (Alink 460) and StatusDetailsNotObject (71012); their
// messages name the field. Called by gateway/. Thread: any; pure. Views point into the text that was read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/task.hpp"

namespace rollcall::alink {

// The id of replies to messages whose own id is absent or unreadable.
inline constexpr std::string_view kUnknownId = "\"0\"";

struct Request {
  std::string_view id_json = kUnknownId;  // raw JSON: a string or a number
  std::string_view params;                // raw JSON; empty when absent
  bool wants_reply = true;                // false for "sys":{"ack":0}
};

// A JSON object of at most limits::kAlinkBytesMax.
Result<Request> read_request(std::string_view text);

// thing/job/get: params.taskId, decoded: "$next", "$list" or a task code.
Result<std::string> read_job_get(const Request& request);

struct JobUpdateContent {
  std::string task_code;
  TaskEvent event{};                // one of Report*
  std::optional<int32_t> progress;  // 0..100
  std::string status_details;       // compact JSON object, or empty
};
// The task code alone, for the reply to an update that is refused; empty when there is none.
std::string job_update_task_code(const Request& request);
// thing/job/update. Statuses that only the server sets are refused, as are progress outside 0..100 and
// statusDetails of more than limits::kTaskDetailBytesMax.
Result<JobUpdateContent> read_job_update(const Request& request);

// set_reply, service reply, RRPC response, notify_reply: what a device answers to a message of the server.
struct DeviceReply {
  uint32_t alink_id = 0;
  int32_t code = 200;
  std::string data;     // compact JSON, "{}" when absent
  std::string message;  // decoded
};
// `id_from_topic`: the message id of an RRPC topic, which then counts instead of the id in the text.
Result<DeviceReply> read_device_reply(std::string_view text,
                                      std::optional<uint32_t> id_from_topic = std::nullopt);

// thing/event/property/post: the raw text of `params`, an object.
Result<std::string_view> read_property_post(const Request& request);

// NTP: deviceSendTime as decimal digits.
Result<std::string> read_ntp_request(std::string_view text);

}  // namespace rollcall::alink
