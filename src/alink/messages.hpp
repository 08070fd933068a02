// Downlink Alink messages, appended to a string. All of them obey the rules that the C Link SDK's textual
// reader imposes (device-protocol 0 and 6.2): compact, `id` first, `code` before `data`, jobDocument last,
// '/' unescaped, UTF-8 raw. Raw JSON parameters (documents, params, ids) must be compact already (base
// compact_json). Called by gateway/. Thread: any; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace rollcall::alink {

// What a device is told about a task: SENT to run it, CANCELLED or REMOVED to drop it, IN_PROGRESS when it
// asks again.
struct JobFileLink {
  std::string_view sign_method;  // "Md5" or "Sha256", the device's spelling (device-protocol 4.1)
  std::string_view sign;
  std::string_view file_url;  // valid for one hour
};
struct TaskText {
  std::string_view task_code;
  std::string_view status;
  std::optional<JobFileLink> file;
};

// A notification is head + job document + kJobNotifyTail: the document is one text shared by all devices of a
// job, so that nothing but the head is made per device (DESIGN 3).
inline constexpr std::string_view kJobNotifyTail = "}}}";
void append_job_notify_head(std::string& out, uint32_t id, const TaskText& task);
void append_job_notify(std::string& out, uint32_t id, const TaskText& task, std::string_view document);

// thing/job/get_reply for "$next" and for a task code; `task` absent: there is none. The document is compact
// JSON.
struct TaskWithDocument {
  TaskText task;
  std::string_view document;
};
void append_job_get_reply(std::string& out, std::string_view id_json, std::string_view asked_code,
                          const std::optional<TaskWithDocument>& task);
// thing/job/get_reply for "$list".
void append_job_list_reply(std::string& out, std::string_view id_json, const std::vector<TaskText>& tasks);

// A reply to a refused get or update keeps data.taskId, or the SDK does not show it (device-protocol 4.3).
struct Failure {
  int32_t code = 460;
  std::string_view message;
};
void append_job_get_failure(std::string& out, std::string_view id_json, std::string_view task_code,
                            const Failure& failure);
void append_job_update_reply(std::string& out, std::string_view id_json, std::string_view task_code,
                             const std::optional<Failure>& failure);

// thing.service.property.set and thing.service.{identifier}; the same text serves asynchronous calls and
// RRPC. The head is per device, the tail shared: head + params + kCallTail.
inline constexpr std::string_view kCallTail = "}";
void append_property_set_head(std::string& out, uint32_t id);
void append_service_call_head(std::string& out, uint32_t id, std::string_view identifier);
void append_property_set(std::string& out, uint32_t id, std::string_view params);
void append_service_call(std::string& out, uint32_t id, std::string_view identifier, std::string_view params);

// The reply to any other request: "thing/event/property/post" becomes method "thing.event.property.post".
struct ReplyText {
  int32_t code = 200;
  std::string_view data = "{}";  // compact JSON object
  std::string_view message = "success";
};
void append_reply(std::string& out, std::string_view id_json, std::string_view request_suffix,
                  const ReplyText& reply);

// What devices that register get (device-protocol 3.2, 3.3).
inline constexpr std::string_view kRegisterTopic = "/ext/register";
inline constexpr std::string_view kRegisterNewTopic = "/ext/regnwl";
void append_device_secret(std::string& out, std::string_view product_key, std::string_view device_name,
                          std::string_view device_secret);
void append_device_token(std::string& out, std::string_view product_key, std::string_view device_name,
                         std::string_view client_id, std::string_view device_token);

// NTP: all three are texts (device-protocol 5.6).
void append_ntp_response(std::string& out, std::string_view device_send_time, WallMs received, WallMs sent);

}  // namespace rollcall::alink
