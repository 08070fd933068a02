// The ThingModelJson dialect of CreateThingModel, UpdateThingModel and QueryThingModel, from and to TSL
// (cloud-api C.6): types in upper case, dataSpecs and dataSpecsList in place of specs, members in the order
// of their keys. Services and events: serviceName, callType, inputParams, outputParams; eventName, eventType,
// outputdata; that part is the vendor's by hearsay only, so neighbouring spellings are read as well. Members
// that neither side knows are dropped. Thread: pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rollcall {

// The features of a ThingModelJson as {"properties":[...],"events":[...],"services":[...]} of TSL. `module`:
// of a custom module, whose methods name it; "" = the default one. What is read here is shape and spelling;
// ThingModel::parse() judges the rest. Error InvalidThingModel with the path.
Result<std::string> tsl_of_thing_model_json(std::string_view text, std::string_view module);

// The ThingModelJson of a TSL document or module (ill-formed parts are left out), without the platform's own
// features. `version`: of a published model, "" = a draft.
struct ModelLabel {
  std::string_view product_key;
  std::string_view version;
  std::string_view description;
};
std::string thing_model_json_of_tsl(std::string_view tsl, const ModelLabel& label);

}  // namespace rollcall
