// ImportThingModelTsl, CreateThingModel, UpdateThingModel, DeleteThingModel, PublishThingModel,
// GetThingModelTsl, GetThingModelTslPublished, QueryThingModel, QueryThingModelPublished (cloud-api C.4).
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

// FunctionBlockId, "" for the default module, and FunctionBlockName (cloud-api C.4).
Result<engine::ModelModule> read_module(const Parameters& parameters) {
  engine::ModelModule module;
  ROLLCALL_TRY(module.id, read_module_id(parameters));
  module.name = std::string(text_of(parameters, "FunctionBlockName"));
  const size_t length = utf8_length(module.name).value_or(0);
  if (!module.name.empty() && (length < 4 || length > 30))
    return refuse("FunctionBlockName", "4 to 30 characters", module.name);
  return module;
}

// ModelVersion, or "" when absent.
Result<std::string> read_model_version(const Parameters& parameters) {
  const std::string_view version = text_of(parameters, "ModelVersion");
  if (version.size() <= kModelVersionCharactersMax && is_letters_digits(version, "."))
    return std::string(version);
  return refuse("ModelVersion", "at most 16 letters, digits and dots", version);
}

Result<engine::ImportThingModel> read_import(const Parameters& parameters) {
  ROLLCALL_TRY(engine::ModelModule module, read_module(parameters));
  engine::ImportThingModel command{std::string(text_of(parameters, "ProductKey")),
                                   std::string(text_of(parameters, "TslStr")), std::move(module)};
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

Result<engine::ChangeThingModel> read_change(const Parameters& parameters, ModelEdit::Kind kind) {
  engine::ChangeThingModel command;
  command.product_key = std::string(text_of(parameters, "ProductKey"));
  ROLLCALL_TRY_STATUS(check_product_key(command.product_key));
  ROLLCALL_TRY(command.module, read_module(parameters));
  ModelEdit& edit = command.edit;
  edit.kind = kind;
  edit.json = std::string(text_of(parameters, "ThingModelJson"));
  edit.identifier = std::string(text_of(parameters, "Identifier"));
  if (edit.json.size() > limits::kTslBytesMax)
    return fail(ErrorCode::InvalidThingModel,
                fmt::format("ThingModelJson may be at most {} bytes long.", limits::kTslBytesMax));
  const bool renames = kind == ModelEdit::Kind::Update && edit.json.empty() && edit.identifier.empty() &&
                       !command.module.id.empty() && !command.module.name.empty();
  if (kind != ModelEdit::Kind::Remove) {
    if (edit.json.empty() && !renames)
      return fail(ErrorCode::InvalidFormattedParameter, "ThingModelJson must be given.");
    if (kind == ModelEdit::Kind::Update && edit.identifier.empty() && !renames)
      return fail(ErrorCode::InvalidFormattedParameter, "Identifier must be given.");
    return command;
  }
  const std::pair<const char*, std::vector<std::string>*> lists[] = {{"PropertyIdentifier", &edit.properties},
                                                                     {"ServiceIdentifier", &edit.services},
                                                                     {"EventIdentifier", &edit.events}};
  size_t count = 0;
  for (const auto& [name, list] : lists) {
    for (const std::string_view identifier : parameters.list(name)) list->emplace_back(identifier);
    count += list->size();
  }
  if (count == 0)
    return fail(ErrorCode::InvalidFormattedParameter,
                "PropertyIdentifier, ServiceIdentifier or EventIdentifier must be given.");
  if (count > limits::kFeaturesPerCallMax)
    return fail(ErrorCode::InvalidFormattedParameter,
                fmt::format("At most {} features may be deleted by one call, not {}.",
                            limits::kFeaturesPerCallMax, count));
  return command;
}

void change_model(const ActionContext& context, const Call& call, const Answer& answer,
                  ModelEdit::Kind kind) {
  auto command = read_change(call.parameters, kind);
  if (!command) return refuse_call(answer, std::move(command.error()));
  send_plain_command(context, call, std::move(*command), answer);
}

void create_thing_model(const ActionContext& context, Call& call, Answer answer) {
  change_model(context, call, answer, ModelEdit::Kind::Add);
}

void update_thing_model(const ActionContext& context, Call& call, Answer answer) {
  change_model(context, call, answer, ModelEdit::Kind::Update);
}

void delete_thing_model(const ActionContext& context, Call& call, Answer answer) {
  change_model(context, call, answer, ModelEdit::Kind::Remove);
}

// Asks for a model; `render` makes the fields from the ProductKey and what was found.
template <class Render>
void query_model(const ActionContext& context, Call& call, const Answer& answer, bool published,
                 Render render) {
  std::string key(text_of(call.parameters, "ProductKey"));
  if (auto status = check_product_key(key); !status) return refuse_call(answer, std::move(status.error()));
  auto module = read_module(call.parameters);
  if (!module) return refuse_call(answer, std::move(module.error()));
  auto version = read_model_version(call.parameters);
  if (!version) return refuse_call(answer, std::move(version.error()));
  engine::Queries::ModelWanted wanted{std::move(*version), published, std::move(module->id)};
  run_query(context, call, answer,
            [instance = call.actor.instance, key = std::move(key), wanted = std::move(wanted),
             render](engine::Queries& queries) -> Result<Node> {
              ROLLCALL_TRY(auto found, queries.thing_model(instance, key, wanted));
              return render(key, found);
            });
}

void get_tsl(const ActionContext& context, Call& call, const Answer& answer, bool published) {
  const bool simple = boolean_of(call.parameters, "Simple", false);
  query_model(context, call, answer, published,
              [simple](const std::string&, const engine::Queries::ModelFound& found) -> Result<Node> {
                if (!simple) return render_thing_model(found.tsl);
                ROLLCALL_TRY(const std::string tsl, simple_tsl(found.tsl));
                return render_thing_model(tsl);
              });
}

void query_json(const ActionContext& context, Call& call, const Answer& answer, bool published) {
  query_model(context, call, answer, published,
              [](const std::string& key, const engine::Queries::ModelFound& found) -> Result<Node> {
                return render_thing_model_json(key, found);
              });
}

void get_thing_model_tsl(const ActionContext& context, Call& call, Answer answer) {
  get_tsl(context, call, answer, false);
}

void get_thing_model_tsl_published(const ActionContext& context, Call& call, Answer answer) {
  get_tsl(context, call, answer, true);
}

void query_thing_model(const ActionContext& context, Call& call, Answer answer) {
  query_json(context, call, answer, false);
}

void query_thing_model_published(const ActionContext& context, Call& call, Answer answer) {
  query_json(context, call, answer, true);
}

// --- the rows

constexpr ParameterSpec kGetThingModelTsl[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "ModelVersion",
     .rule = "at most 16 letters, digits and dots; when absent the draft, or the latest published one"},
    {.name = "Simple", .kind = Boolean, .rule = "without names and descriptions; default false"},
    {.name = "FunctionBlockId",
     .rule = "at most 30 letters, digits and _; the default module when absent or \"default\""},
    {.name = "ResourceGroupId", .rule = "any text; has no effect"},
};
constexpr ParameterSpec kQueryThingModel[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "ModelVersion",
     .rule = "at most 16 letters, digits and dots; when absent the draft, or the latest published one"},
    {.name = "FunctionBlockId",
     .rule = "at most 30 letters, digits and _; the default module when absent or \"default\""},
    {.name = "ResourceGroupId", .rule = "any text; has no effect"},
};
constexpr ParameterSpec kCreateThingModel[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "ThingModelJson",
     .rule = "at most 10 features in the lists properties, services and events; at most 512 KB"},
    {.name = "FunctionBlockId",
     .rule = "at most 30 letters, digits and _; the default module when absent or \"default\""},
    {.name = "FunctionBlockName", .rule = "4 to 30 characters"},
};
constexpr ParameterSpec kUpdateThingModel[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "Identifier", .rule = "of the feature that is replaced; not when a module gets another name"},
    {.name = "ThingModelJson", .rule = "the one feature as it will be; not when a module gets another name"},
    {.name = "FunctionBlockId",
     .rule = "at most 30 letters, digits and _; the default module when absent or \"default\""},
    {.name = "FunctionBlockName", .rule = "4 to 30 characters"},
};
constexpr ParameterSpec kDeleteThingModel[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "PropertyIdentifier",
     .kind = List,
     .rule = "identifiers of the draft; at least one of the three lists, at most 10 in all"},
    {.name = "ServiceIdentifier",
     .kind = List,
     .rule = "identifiers of the draft; at least one of the three lists, at most 10 in all"},
    {.name = "EventIdentifier",
     .kind = List,
     .rule = "identifiers of the draft; at least one of the three lists, at most 10 in all"},
    {.name = "FunctionBlockId",
     .rule = "at most 30 letters, digits and _; the default module when absent or \"default\""},
    {.name = "ResourceGroupId", .rule = "any text; has no effect"},
};
constexpr ParameterSpec kImportThingModelTsl[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "TslStr",
     .required = true,
     .rule = "a TSL of at most 512 KB, 256 KB without blanks; it replaces the draft"},
    {.name = "TslUrl", .rule = "any text; has no effect"},
    {.name = "FunctionBlockId",
     .rule = "at most 30 letters, digits and _; the default module when absent or \"default\""},
    {.name = "FunctionBlockName", .rule = "4 to 30 characters"},
};
constexpr ParameterSpec kPublishThingModel[] = {
    {.name = "ProductKey", .required = true, .rule = "of a product of the instance"},
    {.name = "ModelVersion",
     .rule = "at most 16 letters, digits and dots; the time in milliseconds when absent"},
    {.name = "Description", .rule = "at most 100 characters"},
    {.name = "ResourceGroupId", .rule = "any text; has no effect"},
};

constexpr ActionRow kRows[] = {
    {"CreateThingModel", 5, kVendor, create_thing_model, kCreateThingModel},
    {"DeleteThingModel", 5, kVendor, delete_thing_model, kDeleteThingModel},
    {"GetThingModelTsl", 20, kVendor, get_thing_model_tsl, kGetThingModelTsl},
    {"GetThingModelTslPublished", 20, kVendor, get_thing_model_tsl_published, kGetThingModelTsl},
    {"ImportThingModelTsl", 5, kVendor, import_thing_model_tsl, kImportThingModelTsl},
    {"PublishThingModel", 5, kVendor, publish_thing_model, kPublishThingModel},
    {"QueryThingModel", 10, kVendor, query_thing_model, kQueryThingModel},
    {"QueryThingModelPublished", 10, kVendor, query_thing_model_published, kQueryThingModel},
    {"UpdateThingModel", 5, kVendor, update_thing_model, kUpdateThingModel},
};

}  // namespace

std::span<const ActionRow> thing_model_actions() noexcept { return kRows; }

}  // namespace rollcall::api
