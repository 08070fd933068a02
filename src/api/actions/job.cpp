// CreateJob and what is asked of a job that exists (cloud-api A.1 to A.5, DESIGN 5.14 to 5.17).
#include <fmt/format.h>

#include <algorithm>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/job_parameters.hpp"
#include "api/job_settings.hpp"
#include "api/reading.hpp"
#include "base/crypto.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace rollcall::api {
namespace {
// Everything that CreateJob reads, as it was given: the same call again has the same digest.
std::string digest_of_request(const Call& call) {
  std::string all = std::to_string(call.actor.instance.value);
  for (const ParameterSpec& spec : find_action("CreateJob")->parameters) {
    const std::string_view value = text_of(call.parameters, spec.name);
    if (value.empty() || spec.name == "ClientToken") continue;
    all.append("\n").append(spec.name).append(":").append(std::to_string(value.size()));
    all.append(":").append(value);
  }
  return digest(HashKind::Sha256, all);
}

Status read_client_token(const Call& call, engine::CreateJob& command) {
  const std::string_view token = text_of(call.parameters, "ClientToken");
  if (token.empty()) return {};
  const bool printable = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (token.size() > limits::kClientTokenBytesMax || !printable)
    return refuse("ClientToken", "1 to 64 visible ASCII characters", token);
  command.client_token = std::string(token);
  command.request_digest = digest_of_request(call);
  return {};
}

void create_job(const ActionContext& context, Call& call, Answer answer) {
  const Parameters& parameters = call.parameters;
  const auto source = [&parameters](std::string_view name) { return parameters.get(name); };
  auto command = read_create_job(source, context.config.limits, call.now, call.warnings);
  if (!command) return refuse_call(answer, std::move(command.error()));
  if (auto status = read_client_token(call, *command); !status)
    return refuse_call(answer, std::move(status.error()));
  const IdCodec& codec = context.codec;
  send_command<engine::JobMade>(context, call, std::move(*command), answer,
                                [&codec](const engine::JobMade& made) {
                                  Node fields;
                                  fields.add("JobId", codec.job_code(made.job));
                                  return fields;
                                });
}

// The whole job would run again if Status=..., or TaskId.0, were taken for unknown and ignored.
Status refuse_unnumbered(const Parameters& parameters, std::string_view name) {
  const std::string prefix = std::string(name) + ".";
  const auto& all = parameters.all();
  const auto given = static_cast<size_t>(std::count_if(
      all.begin(), all.end(), [&prefix](const auto& one) { return one.first.starts_with(prefix); }));
  if (text_of(parameters, name).empty() && given == parameters.list(name).size()) return {};
  return fail(ErrorCode::InvalidFormattedParameter,
              fmt::format("{0} must be given as {0}.1, {0}.2 ...", name));
}

Result<engine::RerunJob> read_rerun_job(const Parameters& parameters, const IdCodec& codec) {
  engine::RerunJob command;
  ROLLCALL_TRY(command.job, read_job_id(parameters, codec));
  ROLLCALL_TRY_STATUS(refuse_unnumbered(parameters, "Status"));
  ROLLCALL_TRY_STATUS(refuse_unnumbered(parameters, "TaskId"));
  for (const std::string_view text : parameters.list("Status")) {
    const auto status = parse_task_status(text);
    if (status != TaskStatus::Failed && status != TaskStatus::TimedOut)
      return refuse("Status", "FAILED or TIMED_OUT", text);
    command.statuses.push_back(*status);
  }
  const std::vector<std::string_view> codes = parameters.list("TaskId");
  if (codes.size() > limits::kRerunTasksMax)
    return fail(ErrorCode::InvalidFormattedParameter,
                fmt::format("TaskId may be given at most {} times, but is given {} times.",
                            limits::kRerunTasksMax, codes.size()));
  for (const std::string_view code : codes) {
    const auto key = codec.task_key(code);
    if (!key || key->job != command.job)
      return fail(ErrorCode::NotExistedTask, fmt::format("The task {} is none of this job.", excerpt(code)));
    command.tasks.push_back(*key);
  }
  if (!command.statuses.empty() && !command.tasks.empty())
    return fail(ErrorCode::InvalidFormattedParameter, "Status and TaskId may not be given together.");
  return command;
}

// For commands that need the JobId alone.
template <class Command>
void send_to_job(const ActionContext& context, const Call& call, const Answer& answer) {
  const auto job = read_job_id(call.parameters, context.codec);
  if (!job) return refuse_call(answer, job.error());
  send_plain_command(context, call, Command{*job}, answer);
}

void cancel_job(const ActionContext& context, Call& call, Answer answer) {
  send_to_job<engine::CancelJob>(context, call, answer);
}

void delete_job(const ActionContext& context, Call& call, Answer answer) {
  send_to_job<engine::DeleteJob>(context, call, answer);
}

void pause_job(const ActionContext& context, Call& call, Answer answer) {
  send_to_job<engine::PauseJob>(context, call, answer);
}

void rerun_job(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_rerun_job(call.parameters, context.codec);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_plain_command(context, call, std::move(*command), answer);
}

void resume_job(const ActionContext& context, Call& call, Answer answer) {
  send_to_job<engine::ResumeJob>(context, call, answer);
}

void update_job(const ActionContext& context, Call& call, Answer answer) {
  const auto job = read_job_id(call.parameters, context.codec);
  if (!job) return refuse_call(answer, job.error());
  const Parameters& parameters = call.parameters;
  const auto source = [&parameters](std::string_view name) { return parameters.get(name); };
  auto command = read_update_job(source, context.config.limits, call.warnings);
  if (!command) return refuse_call(answer, std::move(command.error()));
  command->job = *job;
  send_plain_command(context, call, std::move(*command), answer);
}

// --- the rows

constexpr ParameterSpec kJobIdOnly[] = {
    {.name = "JobId", .required = true, .rule = "of a job of the instance"},
};
// What the values must be is in job_parameters.cpp.
// OfflinePolicy is of DESIGN 5.9, LifetimeInHours of 5.15.
constexpr ParameterSpec kCreateJob[] = {
    {.name = "JobName",
     .required = true,
     .rule = "4 to 30 characters: Chinese, letters, digits and _; need not be unique"},
    {.name = "Type", .required = true, .rule = "INVOKE_SERVICE, SET_PROPERTY, PUB or CUSTOM_JOB"},
    {.name = "JobDocument",
     .required = true,
     .rule = "a JSON object of at most 65536 characters; its shape depends on Type"},
    {.name = "TargetConfig",
     .required = true,
     .kind = Json,
     .rule = "a JSON object: targetType DEVICE_LIST with 1 to 200 targetDevices, GROUP_ID with "
             "targetGroup, or PRODUCT_KEY with targetProduct"},
    {.name = "Description", .rule = "at most 100 characters"},
    {.name = "JobFile",
     .kind = Json,
     .rule = "a JSON object: fileKey of an uploaded file, signMethod MD5 or SHA256, sign; only with "
             "CUSTOM_JOB"},
    {.name = "TimeoutConfig",
     .kind = Json,
     .rule = "a JSON object of at most 8192 characters: inProgressTimeoutInMinutes from 1 to 3600 "
             "(default 60; 1 with INVOKE_SERVICE and SET_PROPERTY, where at most 5 takes effect)"},
    {.name = "RolloutConfig",
     .kind = Json,
     .rule = "a JSON object of at most 8192 characters: maximumPerMinute from 50 to 1000, messageQoS "
             "QoS0 or QoS1 (defaults 1000 and QoS1; QoS0 with PUB)"},
    {.name = "ScheduledTime",
     .kind = Integer,
     .rule = "milliseconds since 1970, from 10 minutes to 7 days ahead; at once when absent"},
    {.name = "OfflinePolicy",
     .rule = "an extension: WAIT or FAIL; default WAIT for CUSTOM_JOB and PUB with QoS1, else FAIL"},
    {.name = "LifetimeInHours",
     .kind = Integer,
     .rule = "an extension: 1 to 8784, or 0 for ever; default 168"},
    {.name = "ClientToken",
     .rule = "an extension: 1 to 64 visible ASCII characters; the same call again within 24 hours gives the "
             "same job"},
};
// The lists are an extension (DESIGN 5.14).
constexpr ParameterSpec kRerunJob[] = {
    {.name = "JobId", .required = true, .rule = "of a job of the instance"},
    {.name = "Status",
     .kind = List,
     .rule = "an extension: FAILED or TIMED_OUT; excludes TaskId; both when absent"},
    {.name = "TaskId", .kind = List, .rule = "an extension: at most 200 tasks of the job; excludes Status"},
};
constexpr ParameterSpec kUpdateJob[] = {
    {.name = "JobId", .required = true, .rule = "of a job of the instance"},
    {.name = "Description", .rule = "at most 100 characters; kept when absent"},
    {.name = "TimeoutConfig",
     .kind = Json,
     .rule = "a JSON object of at most 8192 characters: inProgressTimeoutInMinutes from 1 to 3600; kept when "
             "absent"},
    {.name = "RolloutConfig",
     .kind = Json,
     .rule = "a JSON object of at most 8192 characters: maximumPerMinute from 50 to 1000, messageQoS QoS0 or "
             "QoS1; kept when absent"},
};

constexpr ActionRow kRows[] = {
    {"CancelJob", 5, kVendor, cancel_job, kJobIdOnly}, {"CreateJob", 5, kVendor, create_job, kCreateJob},
    {"DeleteJob", 5, kVendor, delete_job, kJobIdOnly}, {"PauseJob", 5, kExtension, pause_job, kJobIdOnly},
    {"RerunJob", 5, kVendor, rerun_job, kRerunJob},    {"ResumeJob", 5, kExtension, resume_job, kJobIdOnly},
    {"UpdateJob", 5, kVendor, update_job, kUpdateJob},
};

}  // namespace

std::span<const ActionRow> job_actions() noexcept { return kRows; }

}  // namespace rollcall::api
