// Editing the draft of a thing model: one module imported whole, features added, changed and removed
// (cloud-api C.4, C.6). A draft is one TSL document: the default module at its top level, custom ones in
// functionBlocks. Texts in, texts out; the caller completes and parses the result. Errors: InvalidThingModel
// with the path, NotExistedThingModel for a module or feature that is not there. Thread: pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rollcall {

struct ModelEdit {
  enum class Kind : uint8_t { Add, Update, Remove };
  Kind kind = Kind::Add;
  std::string json;        // Add, Update: ThingModelJson; Update without one renames the module
  std::string identifier;  // Update: the feature
  std::vector<std::string> properties, services, events;  // Remove: identifiers
};

// `module`: "" or "default" is the default module. Importing it leaves the custom ones alone unless `given`
// brings functionBlocks of its own; a document that names itself by functionBlockId goes to that module.
Result<std::string> import_module(std::string_view draft, std::string_view module, std::string_view name,
                                  std::string_view given);
Result<std::string> edit_module(std::string_view draft, std::string_view module, std::string_view name,
                                const ModelEdit& edit);
// One module of a model as a document of its own; the whole model for the default one. Error
// NotExistedThingModel.
Result<std::string> module_of(std::string_view tsl, std::string_view module);

}  // namespace rollcall
