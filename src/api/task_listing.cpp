#include "api/task_listing.hpp"

#include <fmt/format.h>

#include <string_view>

#include "api/config_object.hpp"
#include "api/reading.hpp"
#include "base/limits.hpp"

namespace rollcall::api {
namespace {

constexpr int64_t kTaskPageMax = 50;  // cloud-api A.9

// FNV-1a: a token is good for the listing it was made for only.
uint32_t listing_hash(const TaskListing& listing) noexcept {
  uint32_t hash = 2166136261u;
  const auto mix = [&hash](std::string_view text) {
    for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
    hash = (hash ^ 0xffu) * 16777619u;
  };
  mix(std::to_string(listing.instance.value));
  mix(std::to_string(listing.job ? listing.job->value : 0));
  mix(listing.device.iot_id);
  mix(listing.device.product_key);
  mix(listing.device.device_name);
  mix(std::to_string(listing.status ? static_cast<int>(*listing.status) : 0));
  if (listing.events) mix("events");
  if (listing.task)
    mix(std::to_string(listing.task->job.value) + "/" + std::to_string(listing.task->sequence));
  return hash;
}

Status read_device(Call& call, TaskListing& listing) {
  static constexpr std::string_view kKeys[] = {"iotId", "productKey", "deviceName"};
  const std::string_view text = text_of(call.parameters, "Device");
  if (text.empty()) return {};
  ROLLCALL_TRY(const ConfigObject config, ConfigObject::parse("Device", text));
  config.report_unknown(kKeys, call.warnings);
  ROLLCALL_TRY(auto iot_id, config.text("iotId"));
  ROLLCALL_TRY(auto product_key, config.text("productKey"));
  ROLLCALL_TRY(auto device_name, config.text("deviceName"));
  if (product_key.has_value() != device_name.has_value())
    return refuse("Device", "given with ProductKey and DeviceName together", text);
  listing.device = {iot_id.value_or(""), product_key.value_or(""), device_name.value_or("")};
  return {};
}

Status read_token(const Call& call, const IdCodec& codec, TaskListing& listing) {
  const std::string_view text = text_of(call.parameters, "NextToken");
  if (text.empty()) return {};
  const auto token = codec.parse_next_token(text);
  if (!token || token->query_hash != listing_hash(listing))
    return fail(ErrorCode::InvalidNextToken, "The NextToken is not one of this query.");
  if (token->expires_at < listing.now)
    return fail(ErrorCode::InvalidNextToken, "The NextToken has expired; it is valid for one minute.");
  listing.position = token->position;
  return {};
}

Status read_limit(const Call& call, TaskListing& listing) {
  listing.limit = integer_of(call.parameters, "Limit").value_or(listing.limit);
  if (listing.limit >= 1 && listing.limit <= kTaskPageMax) return {};
  return fail(ErrorCode::InvalidPageParams,
              fmt::format("Limit must be from 1 to {}, but is {}.", kTaskPageMax, listing.limit));
}

}  // namespace

Result<TaskListing> read_task_listing(Call& call, const IdCodec& codec) {
  TaskListing listing;
  listing.instance = call.actor.instance;
  listing.now = call.now;
  ROLLCALL_TRY_STATUS(read_limit(call, listing));
  const std::string_view status = text_of(call.parameters, "Status");
  if (!status.empty()) {
    listing.status = parse_task_status(status);
    if (!listing.status) return refuse("Status", "a task status such as IN_PROGRESS", status);
  }
  ROLLCALL_TRY_STATUS(read_device(call, listing));
  const bool by_device = !listing.device.iot_id.empty() || !listing.device.product_key.empty();
  const bool by_job = !text_of(call.parameters, "JobId").empty();
  if (by_device == by_job)
    return fail(ErrorCode::IllegalRequest, "Either JobId or Device must be given, and not both.");
  if (by_job) {
    ROLLCALL_TRY(listing.job, read_job_id(call.parameters, codec));
  }
  ROLLCALL_TRY_STATUS(read_token(call, codec, listing));
  return listing;
}

Result<TaskListing> read_event_listing(Call& call, const IdCodec& codec) {
  TaskListing listing;
  listing.instance = call.actor.instance;
  listing.now = call.now;
  listing.events = true;
  listing.limit = kTaskPageMax;
  ROLLCALL_TRY_STATUS(read_limit(call, listing));
  ROLLCALL_TRY_STATUS(read_device(call, listing));
  const bool by_device = !listing.device.iot_id.empty() || !listing.device.product_key.empty();
  const bool by_job = !text_of(call.parameters, "JobId").empty();
  const bool by_task = !text_of(call.parameters, "TaskId").empty();
  if (int{by_device} + int{by_job} + int{by_task} != 1)
    return fail(ErrorCode::IllegalRequest, "One of TaskId, JobId and Device must be given, and only one.");
  if (by_job) {
    ROLLCALL_TRY(listing.job, read_job_id(call.parameters, codec));
  }
  if (by_task) {
    ROLLCALL_TRY(listing.task, read_task_key(call.parameters, codec));
  }
  ROLLCALL_TRY_STATUS(read_token(call, codec, listing));
  return listing;
}

std::string next_token_of(const TaskListing& listing, int64_t position, const IdCodec& codec) {
  return codec.next_token({position, listing_hash(listing), listing.now + limits::kNextTokenMs});
}

}  // namespace rollcall::api
