#include "alink/messages.hpp"

#include <charconv>
#include <initializer_list>
#include <utility>

#include "base/json.hpp"

namespace rollcall::alink {
namespace {

constexpr std::string_view kJobGetMethod = "thing.job.get";
constexpr std::string_view kJobUpdateMethod = "thing.job.update";

void append_decimal(std::string& out, int64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value);
  out.append(digits, end.ptr);
}

// {"id":"7",  -- ids that the server makes are texts of digits (device-protocol 0, rule 5)
void append_own_id(std::string& out, uint32_t id) {
  out += R"({"id":")";
  append_decimal(out, id);
  out += '"';
}

// {"id":<as the device wrote it>,"code":200,"data":
void append_reply_head(std::string& out, std::string_view id_json, int32_t code) {
  out += R"({"id":)";
  out += id_json;
  out += R"(,"code":)";
  append_decimal(out, code);
  out += R"(,"data":)";
}

void append_reply_tail(std::string& out, std::string_view message, std::string_view method) {
  out += R"(,"message":)";
  append_json_string(out, message);
  out += R"(,"method":)";
  append_json_string(out, method);
  out += R"(,"version":"1.0"})";
}

// "taskId":"...","status":"..."[,"jobFile":{...}]
void append_task_members(std::string& out, const TaskText& task) {
  out += R"("taskId":)";
  append_json_string(out, task.task_code);
  out += R"(,"status":)";
  append_json_string(out, task.status);
  if (!task.file) return;
  out += R"(,"jobFile":{"signMethod":)";
  append_json_string(out, task.file->sign_method);
  out += R"(,"sign":)";
  append_json_string(out, task.file->sign);
  out += R"(,"fileUrl":)";
  append_json_string(out, task.file->file_url);
  out += '}';
}

void append_asked_code(std::string& out, std::string_view code) {
  out += R"({"taskId":)";
  append_json_string(out, code);
}

// {"id":"7","version":"1.0.0","method":"...","params":   -- everything before params, which may hold such
// keys too
void append_call_head(std::string& out, uint32_t id, std::string_view method_end) {
  append_own_id(out, id);
  out += R"(,"version":"1.0.0","method":)";
  append_json_string(out, "thing.service." + std::string(method_end));
  out += R"(,"params":)";
}

}  // namespace

void append_job_notify_head(std::string& out, uint32_t id, const TaskText& task) {
  append_own_id(out, id);
  out += R"(,"version":"1.0","params":{"task":{)";
  append_task_members(out, task);
  out += R"(,"jobDocument":)";
}

void append_job_notify(std::string& out, uint32_t id, const TaskText& task, std::string_view document) {
  append_job_notify_head(out, id, task);
  out += document;
  out += kJobNotifyTail;
}

void append_job_get_reply(std::string& out, std::string_view id_json, std::string_view asked_code,
                          const std::optional<TaskWithDocument>& task) {
  append_reply_head(out, id_json, 200);
  append_asked_code(out, asked_code);
  if (task) {
    out += R"(,"task":{)";
    append_task_members(out, task->task);
    out += R"(,"jobDocument":)";
    out += task->document;
    out += '}';
  }
  out += '}';
  append_reply_tail(out, "success", kJobGetMethod);
}

void append_job_list_reply(std::string& out, std::string_view id_json, const std::vector<TaskText>& tasks) {
  append_reply_head(out, id_json, 200);
  append_asked_code(out, "$list");
  // Without tasks the member stays away: its mere name makes the C SDK expect entries (device-protocol 4.3).
  if (!tasks.empty()) {
    out += R"(,"tasks":[)";
    for (const TaskText& task : tasks) {
      out += &task == &tasks.front() ? "{" : ",{";
      append_task_members(out, TaskText{task.task_code, task.status, std::nullopt});
      out += '}';
    }
    out += ']';
  }
  out += '}';
  append_reply_tail(out, "success", kJobGetMethod);
}

void append_job_get_failure(std::string& out, std::string_view id_json, std::string_view task_code,
                            const Failure& failure) {
  append_reply_head(out, id_json, failure.code);
  append_asked_code(out, task_code);
  out += '}';
  append_reply_tail(out, failure.message, kJobGetMethod);
}

void append_job_update_reply(std::string& out, std::string_view id_json, std::string_view task_code,
                             const std::optional<Failure>& failure) {
  append_reply_head(out, id_json, failure ? failure->code : 200);
  append_asked_code(out, task_code);
  out += '}';
  append_reply_tail(out, failure ? failure->message : "success", kJobUpdateMethod);
}

void append_property_set_head(std::string& out, uint32_t id) { append_call_head(out, id, "property.set"); }

void append_service_call_head(std::string& out, uint32_t id, std::string_view identifier) {
  append_call_head(out, id, identifier);
}

void append_property_set(std::string& out, uint32_t id, std::string_view params) {
  append_property_set_head(out, id);
  out += params;
  out += kCallTail;
}

void append_service_call(std::string& out, uint32_t id, std::string_view identifier,
                         std::string_view params) {
  append_service_call_head(out, id, identifier);
  out += params;
  out += kCallTail;
}

void append_reply(std::string& out, std::string_view id_json, std::string_view request_suffix,
                  const ReplyText& reply) {
  append_reply_head(out, id_json, reply.code);
  out += reply.data;
  std::string method(request_suffix);
  for (char& c : method) {
    if (c == '/') c = '.';
  }
  append_reply_tail(out, reply.message, method);
}

namespace {

void append_texts(std::string& out,
                  std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  char before = '{';
  for (const auto& [name, text] : members) {
    out += before;
    before = ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, text);
  }
  out += '}';
}

}  // namespace

void append_device_secret(std::string& out, std::string_view product_key, std::string_view device_name,
                          std::string_view device_secret) {
  append_texts(out,
               {{"productKey", product_key}, {"deviceName", device_name}, {"deviceSecret", device_secret}});
}

void append_device_token(std::string& out, std::string_view product_key, std::string_view device_name,
                         std::string_view client_id, std::string_view device_token) {
  append_texts(out, {{"clientId", client_id},
                     {"productKey", product_key},
                     {"deviceName", device_name},
                     {"deviceToken", device_token}});
}

void append_ntp_response(std::string& out, std::string_view device_send_time, WallMs received, WallMs sent) {
  out += R"({"deviceSendTime":)";
  append_json_string(out, device_send_time);
  out += R"(,"serverRecvTime":")";
  append_decimal(out, received.value);
  out += R"(","serverSendTime":")";
  append_decimal(out, sent.value);
  out += R"("})";
}

}  // namespace rollcall::alink
