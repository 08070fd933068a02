// ListTask, QueryTask (cloud-api A.9, A.10).
#include <fmt/format.h>

#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/handlers.hpp"
#include "api/config_object.hpp"
#include "api/reading.hpp"
#include "api/render_job.hpp"
#include "base/limits.hpp"

namespace rollcall::api {
namespace {

constexpr int64_t kTaskPageMax = 50;  // cloud-api A.9

// What ListTask asks for; a value that travels to the reader.
struct TaskListing {
  InstanceId instance;
  std::optional<JobId> job;  // else device
  engine::DeviceRef device;
  std::optional<TaskStatus> status;
  int64_t limit = 10;
  std::optional<int64_t> position;  // from the NextToken
  WallMs now;
};

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

Result<TaskListing> read_listing(Call& call, const IdCodec& codec) {
  TaskListing listing;
  listing.instance = call.actor.instance;
  listing.now = call.now;
  listing.limit = integer_of(call.parameters, "Limit").value_or(listing.limit);
  if (listing.limit < 1 || listing.limit > kTaskPageMax) {
    return fail(ErrorCode::InvalidPageParams,
                fmt::format("Limit must be from 1 to {}, but is {}.", kTaskPageMax, listing.limit));
  }
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

Result<Device> find_device(engine::Queries& queries, const TaskListing& listing, const IdCodec& codec) {
  if (listing.device.iot_id.empty())
    return queries.device(listing.instance, listing.device.product_key, listing.device.device_name);
  if (const auto id = codec.device_id(listing.device.iot_id))
    return queries.device_by_id(listing.instance, *id);
  return queries.device_by_foreign_iot_id(listing.instance, listing.device.iot_id);
}

Result<engine::TaskPage> find_tasks(engine::Queries& queries, const TaskListing& listing,
                                    const IdCodec& codec) {
  const auto limit = static_cast<size_t>(listing.limit);
  if (listing.job) {
    return queries.tasks_of_job(listing.instance, *listing.job, listing.status, listing.position.value_or(-1),
                                limit);
  }
  ROLLCALL_TRY(const Device device, find_device(queries, listing, codec));
  return queries.tasks_of_device(listing.instance, device.id, listing.status, listing.position.value_or(0),
                                 limit);
}

}  // namespace

void list_task(const ActionContext& context, Call& call, Answer answer) {
  auto listing = read_listing(call, context.codec);
  if (!listing) return refuse_call(answer, std::move(listing.error()));
  run_query(
      context, call, answer,
      [listing = std::move(*listing), key = context.codec_key](engine::Queries& queries) -> Result<Node> {
        const IdCodec codec(key);
        ROLLCALL_TRY(const engine::TaskPage page, find_tasks(queries, listing, codec));
        std::optional<std::string> token;
        if (page.next_position) {
          token = codec.next_token(
              {*page.next_position, listing_hash(listing), listing.now + limits::kNextTokenMs});
        }
        return render_task_page(page, token, codec);
      });
}

void query_task(const ActionContext& context, Call& call, Answer answer) {
  const auto task = read_task_key(call.parameters, context.codec);
  if (!task) return refuse_call(answer, task.error());
  run_query(context, call, answer,
            [instance = call.actor.instance, task = *task,
             key = context.codec_key](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(const auto info, queries.task(instance, task));
              return render_task(info, IdCodec(key));
            });
}

}  // namespace rollcall::api
