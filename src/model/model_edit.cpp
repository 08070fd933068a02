#include "model/model_edit.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/json_text.hpp"
#include "model/thing_model.hpp"
#include "model/thing_model_json.hpp"

namespace rollcall {
namespace {

enum FeatureKind : size_t { kProperties, kEvents, kServices, kFeatureKinds };
constexpr const char* kListNames[kFeatureKinds] = {"properties", "events", "services"};

// The platform's own identifiers and words of its protocol: none of them names a feature (cloud-api C.6).
constexpr std::string_view kReserved[] = {"set", "get", "post", "property", "event", "time", "value"};

Error bad(std::string_view path, std::string_view rule) {
  return Error(ErrorCode::InvalidThingModel, std::string(path) + ": " + std::string(rule));
}

std::string identifier_of(std::string_view feature) {
  const auto raw = json_member(feature, "identifier");
  return raw ? json_unquote(*raw).value_or("") : std::string();
}

// A module as texts.
struct Module {
  std::string id;  // "" = the default one
  std::string name;
  std::vector<std::string> features[kFeatureKinds];
  std::vector<std::pair<std::string, std::string>> rest;  // what is neither of the above

  bool empty() const {
    return std::all_of(std::begin(features), std::end(features),
                       [](const auto& list) { return list.empty(); });
  }
};

struct Model {
  Module main;
  std::vector<Module> custom;
  bool lists_custom = false;

  Module* find(std::string_view id) {
    if (id.empty()) return &main;
    const auto it = std::find_if(custom.begin(), custom.end(), [&](const Module& m) { return m.id == id; });
    return it == custom.end() ? nullptr : &*it;
  }
};

bool is_own(size_t kind, std::string_view identifier) {
  return kind == kEvents ? identifier == "post"
                         : kind == kServices && (identifier == "set" || identifier == "get");
}

// Without the platform's own features of the default module: they follow from its properties.
Module read_module(std::string_view text, bool keeps_own) {
  Module module;
  for (const auto& [key, raw] : json_members(text)) {
    const auto* list = std::find(std::begin(kListNames), std::end(kListNames), key);
    if (list != std::end(kListNames)) {
      const auto kind = static_cast<size_t>(list - std::begin(kListNames));
      for (const std::string_view feature : json_elements(raw))
        if (keeps_own || !is_own(kind, identifier_of(feature))) module.features[kind].emplace_back(feature);
    } else if (key == "functionBlockId") {
      module.id = json_unquote(raw).value_or("");
      if (module.id == "default") module.id.clear();
    } else if (key == "functionBlockName") {
      module.name = json_unquote(raw).value_or("");
    } else if (key != "functionBlocks") {
      module.rest.emplace_back(key, raw);
    }
  }
  return module;
}

Model read_model(std::string_view text) {
  const std::string compact = compact_json(text, false);
  Model model;
  model.main = read_module(compact, false);
  if (const auto blocks = json_member(compact, "functionBlocks"); blocks && blocks->starts_with('[')) {
    model.lists_custom = true;
    for (const std::string_view block : json_elements(*blocks))
      model.custom.push_back(read_module(block, true));
  }
  if (!model.main.id.empty()) {  // the whole document is one custom module
    Module main;
    for (auto& member : model.main.rest)
      if (member.first == "schema" || member.first == "profile") main.rest.push_back(std::move(member));
    std::erase_if(model.main.rest, [](const auto& m) {
      return m.first.empty() || m.first == "schema" || m.first == "profile";
    });
    if (Module* same = model.find(model.main.id))
      *same = std::move(model.main);
    else
      model.custom.push_back(std::move(model.main));
    model.main = std::move(main);
  }
  return model;
}

void write_module(JsonList& out, const Module& module) {
  if (!module.id.empty()) {
    out.add("functionBlockId", json_quoted(module.id));
    out.add("functionBlockName", json_quoted(module.name.empty() ? module.id : module.name));
  }
  for (const auto& [key, raw] : module.rest) out.add(key, raw);
  for (size_t kind = 0; kind < kFeatureKinds; ++kind) {
    JsonList list;
    for (const std::string& feature : module.features[kind]) list.add(feature);
    out.add(kListNames[kind], list.array());
  }
}

std::string write_model(const Model& model) {
  JsonList out;
  write_module(out, model.main);
  JsonList blocks;
  for (const Module& module : model.custom) {
    if (module.empty()) continue;
    JsonList block;
    write_module(block, module);
    blocks.add(block.object());
  }
  if (!blocks.empty()) out.add("functionBlocks", blocks.array());
  return out.object();
}

std::string_view module_id(std::string_view given) { return given == "default" ? std::string_view() : given; }

Error no_module(std::string_view id) {
  return Error(ErrorCode::NotExistedThingModel, "the thing model has no module " + excerpt(std::string(id)));
}

// The module to put something into, made when it is not there.
Result<Module*> open_module(Model& model, std::string_view id, std::string_view name) {
  Module* module = model.find(id);
  if (!module) {
    if (model.custom.size() >= limits::kModulesMax)
      return fail(
          bad("functionBlocks", "a product has at most " + std::to_string(limits::kModulesMax) + " modules"));
    module = &model.custom.emplace_back();
    module->id = id;
  }
  if (!name.empty() && !id.empty()) module->name = name;
  return module;
}

// Where a feature is; false when it is nowhere.
bool locate(const Module& module, std::string_view identifier, size_t& kind, size_t& index) {
  for (kind = 0; kind < kFeatureKinds; ++kind)
    for (index = 0; index < module.features[kind].size(); ++index)
      if (identifier_of(module.features[kind][index]) == identifier) return true;
  return false;
}

// The features of a ThingModelJson, judged by themselves, so that errors name the caller's own places.
Result<Module> read_given(const std::string& json, std::string_view module) {
  ROLLCALL_TRY(const std::string text, tsl_of_thing_model_json(json, module));
  ROLLCALL_TRY_STATUS(ThingModel::parse(text).map([](auto&&) {}));
  Module out = read_module(text, true);
  for (size_t kind = 0; kind < kFeatureKinds; ++kind) {
    for (size_t i = 0; i < out.features[kind].size(); ++i) {
      const std::string identifier = identifier_of(out.features[kind][i]);
      if (std::find(std::begin(kReserved), std::end(kReserved), identifier) != std::end(kReserved))
        return fail(bad(kListNames[kind] + ("[" + std::to_string(i) + "].identifier"),
                        "\"" + identifier + "\" is reserved"));
    }
  }
  return out;
}

size_t count_of(const Module& module) {
  size_t count = 0;
  for (const auto& list : module.features) count += list.size();
  return count;
}

Status add(Module& module, const ModelEdit& edit) {
  ROLLCALL_TRY(Module more, read_given(edit.json, module.id));
  const size_t count = count_of(more);
  if (count == 0) return fail(bad("ThingModelJson", "holds no feature"));
  if (count > limits::kFeaturesPerCallMax)
    return fail(bad("ThingModelJson", "holds at most " + std::to_string(limits::kFeaturesPerCallMax) +
                                          " features, not " + std::to_string(count)));
  for (size_t kind = 0; kind < kFeatureKinds; ++kind) {
    for (std::string& feature : more.features[kind]) {
      const std::string identifier = identifier_of(feature);
      size_t at_kind = 0, at = 0;
      if (locate(module, identifier, at_kind, at))
        return fail(bad(kListNames[kind], "\"" + identifier + "\" is used already"));
      module.features[kind].push_back(std::move(feature));
    }
  }
  return {};
}

Status update(Module& module, const ModelEdit& edit) {
  if (edit.identifier.empty() && edit.json.empty() && !module.id.empty())
    return {};  // a new name, set already
  size_t kind = 0, index = 0;
  if (!locate(module, edit.identifier, kind, index))
    return fail(ErrorCode::NotExistedThingModel,
                "the thing model has no feature " + excerpt(edit.identifier));
  ROLLCALL_TRY(Module with, read_given(edit.json, module.id));
  if (count_of(with) != 1 || with.features[kind].empty())
    return fail(bad("ThingModelJson", "holds exactly one feature, in " + std::string(kListNames[kind])));
  std::string& feature = with.features[kind].front();
  const std::string identifier = identifier_of(feature);
  size_t other_kind = 0, other = 0;
  if (identifier != edit.identifier && locate(module, identifier, other_kind, other))
    return fail(bad(kListNames[kind], "\"" + identifier + "\" is used already"));
  module.features[kind][index] = std::move(feature);
  return {};
}

Status remove(Module& module, const ModelEdit& edit) {
  const std::vector<std::string>* lists[kFeatureKinds] = {&edit.properties, &edit.events, &edit.services};
  for (size_t kind = 0; kind < kFeatureKinds; ++kind) {
    for (const std::string& identifier : *lists[kind]) {
      auto& features = module.features[kind];
      const auto it = std::find_if(features.begin(), features.end(),
                                   [&](const std::string& f) { return identifier_of(f) == identifier; });
      if (it == features.end())
        return fail(ErrorCode::NotExistedThingModel,
                    "the thing model has no " + excerpt(identifier) + " in its " + kListNames[kind]);
      features.erase(it);
    }
  }
  return {};
}

}  // namespace

Result<std::string> import_module(std::string_view draft, std::string_view module, std::string_view name,
                                  std::string_view given) {
  if (given.size() > limits::kTslBytesMax)
    return fail(bad("the document", "has at most " + std::to_string(limits::kTslBytesMax) + " bytes, not " +
                                        std::to_string(given.size())));
  // As it stands: errors name the caller's own places.
  ROLLCALL_TRY_STATUS(ThingModel::parse(given).map([](auto&&) {}));
  if (const size_t size = compact_json(given, false).size(); size > limits::kTslSignificantBytesMax)
    return fail(bad("the document", "has at most " + std::to_string(limits::kTslSignificantBytesMax) +
                                        " bytes without blanks, not " + std::to_string(size)));
  Model model = read_model(draft);
  Model more = read_model(given);
  const std::string_view id = module_id(module);
  if (id.empty()) {
    const bool is_custom = more.main.empty() && more.custom.size() == 1 && !more.lists_custom;
    if (!is_custom) model.main = std::move(more.main);
    if (more.lists_custom) model.custom.clear();
    for (Module& custom : more.custom) {
      ROLLCALL_TRY(Module * place, open_module(model, custom.id, custom.name));
      *place = std::move(custom);
    }
    return write_model(model);
  }
  if (more.custom.size() + (more.main.empty() ? 0 : 1) > 1)
    return fail(bad("functionBlocks", "only one module is imported into FunctionBlockId"));
  Module& only = more.custom.empty() ? more.main : more.custom.front();
  if (!only.id.empty() && only.id != id)
    return fail(bad("functionBlockId", "is another one than FunctionBlockId"));
  ROLLCALL_TRY(Module * place, open_module(model, id, name));
  only.id = id;
  only.name = !name.empty() ? std::string(name) : !only.name.empty() ? only.name : place->name;
  std::erase_if(only.rest, [](const auto& m) { return m.first == "schema" || m.first == "profile"; });
  *place = std::move(only);
  return write_model(model);
}

Result<std::string> edit_module(std::string_view draft, std::string_view module, std::string_view name,
                                const ModelEdit& edit) {
  Model model = read_model(draft);
  const std::string_view id = module_id(module);
  Module* place = model.find(id);
  if (!place && edit.kind != ModelEdit::Kind::Add) return fail(no_module(id));
  ROLLCALL_TRY(place, open_module(model, id, edit.kind == ModelEdit::Kind::Remove ? "" : name));
  switch (edit.kind) {
    case ModelEdit::Kind::Add:
      ROLLCALL_TRY_STATUS(add(*place, edit));
      break;
    case ModelEdit::Kind::Update:
      ROLLCALL_TRY_STATUS(update(*place, edit));
      break;
    case ModelEdit::Kind::Remove:
      ROLLCALL_TRY_STATUS(remove(*place, edit));
      break;
  }
  return write_model(model);
}

Result<std::string> module_of(std::string_view tsl, std::string_view module) {
  const std::string_view id = module_id(module);
  if (id.empty()) return std::string(tsl);
  Model model = read_model(tsl);
  const Module* found = model.find(id);
  if (!found) return fail(no_module(id));
  Module whole = *found;
  for (const auto& member : model.main.rest)
    if (member.first == "schema" || member.first == "profile") whole.rest.push_back(member);
  JsonList out;
  write_module(out, whole);
  return out.object();
}

}  // namespace rollcall
