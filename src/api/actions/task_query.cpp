// ListTask, QueryTask (cloud-api A.9, A.10), and the extensions ListTaskEvents and ExplainTask.
#include <string>
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/reading.hpp"
#include "api/render_job.hpp"
#include "api/task_listing.hpp"

namespace rollcall::api {
namespace {

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

Result<engine::EventScope> event_scope(engine::Queries& queries, const TaskListing& listing,
                                       const IdCodec& codec) {
  if (listing.task) return engine::EventScope(*listing.task);
  if (listing.job) return engine::EventScope(*listing.job);
  ROLLCALL_TRY(const Device device, find_device(queries, listing, codec));
  return engine::EventScope(device.id);
}

void list_task(const ActionContext& context, Call& call, Answer answer) {
  auto listing = read_task_listing(call, context.codec);
  if (!listing) return refuse_call(answer, std::move(listing.error()));
  run_query(
      context, call, answer,
      [listing = std::move(*listing), key = context.codec_key](engine::Queries& queries) -> Result<Node> {
        const IdCodec codec(key);
        ROLLCALL_TRY(const engine::TaskPage page, find_tasks(queries, listing, codec));
        std::optional<std::string> token;
        if (page.next_position) token = next_token_of(listing, *page.next_position, codec);
        return render_task_page(page, token, codec);
      });
}

void list_task_events(const ActionContext& context, Call& call, Answer answer) {
  auto listing = read_event_listing(call, context.codec);
  if (!listing) return refuse_call(answer, std::move(listing.error()));
  run_query(
      context, call, answer,
      [listing = std::move(*listing), key = context.codec_key](engine::Queries& queries) -> Result<Node> {
        const IdCodec codec(key);
        ROLLCALL_TRY(const auto scope, event_scope(queries, listing, codec));
        ROLLCALL_TRY(const auto page, queries.events(listing.instance, scope, listing.position,
                                                     static_cast<size_t>(listing.limit)));
        std::optional<std::string> token;
        if (page.next_cursor) token = next_token_of(listing, *page.next_cursor, codec);
        return render_event_page(page, token, codec);
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

void explain_task(const ActionContext& context, Call& call, Answer answer) {
  const auto task = read_task_key(call.parameters, context.codec);
  if (!task) return refuse_call(answer, task.error());
  const IdCodec& codec = context.codec;
  send_command<engine::TaskExplained>(
      context, call, engine::ExplainTask{*task}, answer,
      [&codec](const engine::TaskExplained& explained) { return render_explanation(explained, codec); });
}

// --- the rows

constexpr ParameterSpec kQueryTask[] = {
    {.name = "TaskId", .required = true, .rule = "of a task of the instance"},
};
constexpr ParameterSpec kListTask[] = {
    {.name = "Limit", .required = true, .kind = Integer, .ill_formed = kPageError, .rule = "1 to 50"},
    {.name = "JobId", .rule = "excludes Device; one of them must be given"},
    {.name = "Device",
     .kind = Json,
     .rule = "a JSON object with iotId, or productKey and deviceName; excludes JobId"},
    {.name = "NextToken", .rule = "of the last page, for one minute"},
    {.name = "Status", .rule = "a task status such as IN_PROGRESS; all when absent"},
};
// One of TaskId, JobId and Device (task_listing.cpp).
constexpr ParameterSpec kListTaskEvents[] = {
    {.name = "TaskId", .rule = "excludes JobId and Device; one of the three must be given"},
    {.name = "JobId", .rule = "excludes TaskId and Device"},
    {.name = "Device",
     .kind = Json,
     .rule = "a JSON object with iotId, or productKey and deviceName; excludes TaskId and JobId"},
    {.name = "Limit", .kind = Integer, .ill_formed = kPageError, .rule = "1 to 50; default 50"},
    {.name = "NextToken", .rule = "of the last page, for one minute"},
};

constexpr ActionRow kRows[] = {
    {"ExplainTask", 50, kExtension, explain_task, kQueryTask},
    {"ListTask", 5, kVendor, list_task, kListTask},
    {"ListTaskEvents", 50, kExtension, list_task_events, kListTaskEvents},
    {"QueryTask", 5, kVendor, query_task, kQueryTask},
};

}  // namespace

std::span<const ActionRow> task_query_actions() noexcept { return kRows; }

}  // namespace rollcall::api
