// ImportThingModelTsl, PublishThingModel, GetThingModelTsl (cloud-api C.4).
#include "model/thing_model.hpp"

#include <fmt/format.h>

#include <string>

#include "api/actions/answering.hpp"
#include "api/actions/rows.hpp"
#include "api/config_object.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/fleet.hpp"

namespace rollcall::api {
namespace {

constexpr size_t kModelVersionCharactersMax = 16;

// Modules of their own are not offered; a TSL may hold them, addressed as "module:identifier".
Status check_function_block(const Parameters& parameters) {
  const std::string_view block = text_of(parameters, "FunctionBlockId");
  if (block.empty() || block == "default") return {};
  return refuse("FunctionBlockId", "empty or default", block);
}

// ModelVersion, or "" when absent.
Result<std::string> read_model_version(const Parameters& parameters) {
  const std::string_view version = text_of(parameters, "ModelVersion");
  if (version.size() <= kModelVersionCharactersMax && is_letters_digits(version, "."))
    return std::string(version);
  return refuse("ModelVersion", "at most 16 letters, digits and dots", version);
}

Result<engine::ImportThingModel> read_import(const Parameters& parameters) {
  ROLLCALL_TRY_STATUS(check_function_block(parameters));
  engine::ImportThingModel command{std::string(text_of(parameters, "ProductKey")),
                                   std::string(text_of(parameters, "TslStr"))};
  ROLLCALL_TRY_STATUS(check_product_key(command.product_key));
  if (command.tsl.size() > limits::kTslBytesMax) {
    return fail(ErrorCode::InvalidThingModel, fmt::format("TslStr may be at most {} bytes long, but has {}.",
                                                          limits::kTslBytesMax, command.tsl.size()));
  }
  return command;
}

Result<engine::PublishThingModel> read_publish(const Parameters& parameters) {
  engine::PublishThingModel command;
  command.product_key = std::string(text_of(parameters, "ProductKey"));
  ROLLCALL_TRY_STATUS(check_product_key(command.product_key));
  ROLLCALL_TRY(command.version, read_model_version(parameters));
  command.description = std::string(text_of(parameters, "Description"));
  ROLLCALL_TRY_STATUS(named("Description", check_description(command.description)));
  return command;
}

void import_thing_model_tsl(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_import(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_plain_command(context, call, std::move(*command), answer);
}

void publish_thing_model(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_publish(call.parameters);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_plain_command(context, call, std::move(*command), answer);
}

void get_thing_model_tsl(const ActionContext& context, Call& call, Answer answer) {
  if (auto status = check_function_block(call.parameters); !status)
    return refuse_call(answer, std::move(status.error()));
  auto version = read_model_version(call.parameters);
  if (!version) return refuse_call(answer, std::move(version.error()));
  run_query(context, call, answer,
            [instance = call.actor.instance, key = std::string(text_of(call.parameters, "ProductKey")),
             model_version = std::move(*version), simple = boolean_of(call.parameters, "Simple", false)](
                engine::Queries& queries) -> Result<Node> {
              std::optional<std::string_view> asked;
              if (!model_version.empty()) asked = model_version;
              ROLLCALL_TRY(std::string tsl, queries.thing_model_tsl(instance, key, asked));
              if (simple) {
                ROLLCALL_TRY(tsl, simple_tsl(tsl));
              }
              return render_thing_model(tsl);
            });
}

// --- the rows

constexpr ParameterSpec kGetThingModelTsl[] = {
    {"ProductKey", kRequired}, {"ModelVersion"}, {"Simple", kOptional, Boolean}, {"FunctionBlockId"}};
constexpr ParameterSpec kImportThingModelTsl[] = {
    {"ProductKey", kRequired}, {"TslStr", kRequired}, {"TslUrl"}, {"FunctionBlockId"}, {"FunctionBlockName"}};
constexpr ParameterSpec kPublishThingModel[] = {
    {"ProductKey", kRequired}, {"ModelVersion"}, {"Description"}, {"ResourceGroupId"}};

constexpr ActionRow kRows[] = {
    {"GetThingModelTsl", 20, kVendor, get_thing_model_tsl, kGetThingModelTsl},
    {"ImportThingModelTsl", 5, kVendor, import_thing_model_tsl, kImportThingModelTsl},
    {"PublishThingModel", 5, kVendor, publish_thing_model, kPublishThingModel},
};

}  // namespace

std::span<const ActionRow> thing_model_actions() noexcept { return kRows; }

}  // namespace rollcall::api
