// CreateJob and what is asked of a job that exists (cloud-api A.1 to A.5, DESIGN 5.14 to 5.17).
#include "api/actions/answering.hpp"
#include "api/actions/handlers.hpp"
#include "api/job_parameters.hpp"
#include "api/job_settings.hpp"
#include "api/reading.hpp"

namespace rollcall::api {

void create_job(const ActionContext& context, Call& call, Answer answer) {
  const Parameters& parameters = call.parameters;
  const auto source = [&parameters](std::string_view name) { return parameters.get(name); };
  auto command = read_create_job(source, context.config.limits, call.now, call.warnings);
  if (!command) return refuse_call(answer, std::move(command.error()));
  const IdCodec& codec = context.codec;
  send_command<engine::JobMade>(context, call, std::move(*command), answer,
                                [&codec](const engine::JobMade& made) {
                                  Node fields;
                                  fields.add("JobId", codec.job_code(made.job));
                                  return fields;
                                });
}

namespace {

// For commands that need the JobId alone.
template <class Command>
void send_to_job(const ActionContext& context, const Call& call, const Answer& answer) {
  const auto job = read_job_id(call.parameters, context.codec);
  if (!job) return refuse_call(answer, job.error());
  send_plain_command(context, call, Command{*job}, answer);
}

}  // namespace

void cancel_job(const ActionContext& context, Call& call, Answer answer) {
  send_to_job<engine::CancelJob>(context, call, answer);
}

void delete_job(const ActionContext& context, Call& call, Answer answer) {
  send_to_job<engine::DeleteJob>(context, call, answer);
}

void pause_job(const ActionContext& context, Call& call, Answer answer) {
  send_to_job<engine::PauseJob>(context, call, answer);
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

}  // namespace rollcall::api
