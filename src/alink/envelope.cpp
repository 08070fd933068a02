#include "alink/envelope.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall::alink {
namespace {

constexpr size_t kIdBytesMax = 256;        // the Node SDK's ids hold a whole topic (device-protocol 0)
constexpr size_t kTaskCodeBytesMax = 128;  // ours are about 30
constexpr size_t kMessageBytesMax = limits::kTaskDetailBytesMax;

tl::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::InvalidFormattedParameter, std::move(message));
}

bool is_null(std::string_view raw) { return raw == "null"; }
bool is_object(std::string_view raw) { return raw.starts_with('{'); }
bool is_number(std::string_view raw) {
  return !raw.empty() && (raw[0] == '-' || (raw[0] >= '0' && raw[0] <= '9'));
}

// A member that is there and not null.
std::optional<std::string_view> given(std::string_view raw) {
  return !raw.empty() && !is_null(raw) ? std::optional(raw) : std::nullopt;
}

std::optional<std::string_view> given(std::string_view object, std::string_view key) {
  return given(json_member(object, key).value_or(std::string_view()));
}

// Several members, each of which may be absent (empty) or null.
template <size_t kCount>
std::array<std::string_view, kCount> members(std::string_view object,
                                             const std::string_view (&keys)[kCount]) {
  std::array<std::string_view, kCount> values;
  json_pick(object, keys, values);
  return values;
}

// A whole number written as 12, 12.0 or "12".
std::optional<int64_t> whole_number(std::string_view raw) {
  const auto unquoted = json_unquote(raw);
  const std::string_view text = unquoted ? std::string_view(*unquoted) : raw;
  if (const auto value = parse_int(text)) return value;
  if (!is_number(text)) return std::nullopt;
  double value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  if (std::floor(value) != value || std::abs(value) > 1e15) return std::nullopt;
  return static_cast<int64_t>(value);
}

Status check_object(std::string_view text) {
  if (text.size() > limits::kAlinkBytesMax) return refuse("The message is longer than 256 KB.");
  ROLLCALL_TRY_STATUS(check_json(text));
  if (!is_object(text)) return refuse("The message is not a JSON object.");
  return {};
}

Status check_params(const Request& request) {
  if (!is_object(request.params)) return refuse("params is not a JSON object.");
  return {};
}

// Texts of devices are cut to what a task keeps, between characters; no store holds a NUL.
std::string shortened(std::string text) {
  std::replace(text.begin(), text.end(), '\0', '?');
  if (text.size() <= kMessageBytesMax) return text;
  size_t end = kMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

Result<TaskEvent> report_event(std::string_view status) {
  if (status == "IN_PROGRESS") return TaskEvent::ReportInProgress;
  if (status == "SUCCEEDED") return TaskEvent::ReportSucceeded;
  if (status == "FAILED") return TaskEvent::ReportFailed;
  if (status == "REJECTED") return TaskEvent::ReportRejected;
  return refuse("params.status is IN_PROGRESS, SUCCEEDED, FAILED or REJECTED, not '" + excerpt(status) +
                "'.");
}

Result<std::string> read_task_code(std::string_view task_id) {
  const auto raw = given(task_id);
  if (!raw) return refuse("params.taskId is missing.");
  auto code = json_unquote(*raw);
  if (!code || code->empty()) return refuse("params.taskId is not a text.");
  if (code->size() > kTaskCodeBytesMax) return refuse("params.taskId is too long.");
  return std::move(*code);
}

}  // namespace

Result<Request> read_request(std::string_view text) {
  text = trim(text);
  ROLLCALL_TRY_STATUS(check_object(text));
  const auto [id_raw, params, sys_raw] = members(text, {"id", "params", "sys"});
  Request request;
  if (const auto id = given(id_raw)) {
    const bool scalar = id->starts_with('"') || is_number(*id);
    if (!scalar || id->size() > kIdBytesMax) return refuse("id is not a short text.");
    request.id_json = *id;
  }
  request.params = params;
  if (const auto sys = given(sys_raw); sys && is_object(*sys)) {
    if (const auto ack = given(*sys, "ack")) request.wants_reply = whole_number(*ack) != 0;
  }
  return request;
}

Result<std::string> read_job_get(const Request& request) {
  ROLLCALL_TRY_STATUS(check_params(request));
  return read_task_code(json_member(request.params, "taskId").value_or(std::string_view()));
}

std::string job_update_task_code(const Request& request) {
  auto code = read_job_get(request);
  return code ? std::move(*code) : std::string();
}

Result<JobUpdateContent> read_job_update(const Request& request) {
  ROLLCALL_TRY_STATUS(check_params(request));
  const auto [task_id, status_raw, progress_raw, details_raw] =
      members(request.params, {"taskId", "status", "progress", "statusDetails"});
  JobUpdateContent update;
  ROLLCALL_TRY(update.task_code, read_task_code(task_id));
  const auto status = given(status_raw);
  const auto status_text = status ? json_unquote(*status) : std::nullopt;
  if (!status_text) return refuse("params.status is missing or not a text.");
  ROLLCALL_TRY(update.event, report_event(*status_text));
  if (const auto raw = given(progress_raw)) {
    const auto progress = whole_number(*raw);
    if (!progress || *progress < 0 || *progress > 100)
      return refuse("params.progress is a whole number from 0 to 100, not " + excerpt(*raw) + ".");
    update.progress = static_cast<int32_t>(*progress);
  }
  if (const auto raw = given(details_raw)) {
    if (!is_object(*raw)) return fail(ErrorCode::StatusDetailsNotObject);
    update.status_details = compact_json(*raw, false);
    if (update.status_details.size() > limits::kTaskDetailBytesMax)
      return refuse("params.statusDetails is longer than 4096 bytes.");
  }
  return update;
}

Result<DeviceReply> read_device_reply(std::string_view text, std::optional<uint32_t> id_from_topic) {
  text = trim(text);
  ROLLCALL_TRY_STATUS(check_object(text));
  DeviceReply reply;
  if (id_from_topic) {
    reply.alink_id = *id_from_topic;
  } else {
    const auto id = given(text, "id");
    const auto number = id ? whole_number(*id) : std::nullopt;
    if (!number || *number < 0 || *number > UINT32_MAX) return refuse("id is not one that this server sent.");
    reply.alink_id = static_cast<uint32_t>(*number);
  }
  const auto raw_code = given(text, "code");
  const auto code = raw_code ? whole_number(*raw_code) : std::nullopt;
  if (!code || *code < INT32_MIN || *code > INT32_MAX)
    return refuse("code is missing or not a whole number.");
  reply.code = static_cast<int32_t>(*code);
  const auto data = given(text, "data");
  reply.data = data ? compact_json(*data, false) : "{}";
  if (const auto message = given(text, "message")) {
    auto decoded = json_unquote(*message);
    reply.message = shortened(decoded ? std::move(*decoded) : std::string(*message));
  }
  return reply;
}

Result<std::string_view> read_property_post(const Request& request) {
  ROLLCALL_TRY_STATUS(check_params(request));
  return request.params;
}

Result<std::string> read_ntp_request(std::string_view text) {
  text = trim(text);
  ROLLCALL_TRY_STATUS(check_object(text));
  const auto raw = given(text, "deviceSendTime");
  if (!raw) return refuse("deviceSendTime is missing.");
  auto decoded = json_unquote(*raw);
  std::string digits = decoded ? std::move(*decoded) : std::string(*raw);
  if (digits.size() > 20 || !parse_int(digits))
    return refuse("deviceSendTime is not a number of milliseconds.");
  return digits;
}

}  // namespace rollcall::alink
