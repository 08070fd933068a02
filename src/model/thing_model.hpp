// A product's thing model (TSL): read once, then asked "is this value legal here" (cloud-api C.5,
// DESIGN 5.7). Custom modules: a document whose top level carries functionBlockId is that module; a member
// functionBlocks holds several beside the default one. `step` is read over: the vendor does not say that a
// value off the steps is refused. A float without a decimal part is relayed as written; missing struct
// members are accepted. Thread: immutable after parse(), shared freely.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"

namespace rollcall {

enum class CallType : uint8_t { Async, Sync };

class ThingModel {
 public:
  // Reads and checks a whole TSL document: shape, identifiers, data types, specs and the limits of cloud-api
  // C.4. Error InvalidThingModel: the message holds the path of the offending field
  // ("properties[3].dataType.specs.min").
  static Result<std::shared_ptr<const ThingModel>> parse(std::string_view tsl);
  ~ThingModel();

  // Is `params` (raw JSON object) a legal set of property values? Unknown or read-only property, value
  // outside its type: the error InvalidFormattedParameter names the path ("params.brightness"). On success
  // the text to send: compact, in the caller's own number spelling, strings that hold a number rewritten as
  // that number for numeric, bool and enum fields (DESIGN 5.4). Identifiers may be "module:identifier".
  // An empty set is refused.
  Result<std::string> check_properties(std::string_view params) const;
  // Is `params` a legal input of service `identifier`? Likewise. Missing input parameters are accepted,
  // unknown ones refused, and so are the platform's own services set and get: they have topics of their own.
  struct ServiceCall {
    std::string params;
    CallType call_type = CallType::Async;
  };
  Result<ServiceCall> check_service(std::string_view identifier, std::string_view params) const;

 private:
  struct Impl;
  explicit ThingModel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The TSL document that GetThingModelTsl returns for a product without an imported model, and the given TSL
// with profile.productKey set and, when it has properties, the platform's own services (set, get) and event
// (post) added where they lack (cloud-api C.5). Compact JSON text, numbers and labels as given. The given one
// may have `bytes_max` bytes; only its outline is checked here: parse() the result.
std::string empty_tsl(std::string_view product_key);
Result<std::string> complete_tsl(std::string_view tsl, std::string_view product_key,
                                 size_t bytes_max = limits::kTslBytesMax);
// The Simple=true form: identifiers and data types without names and descriptions.
Result<std::string> simple_tsl(std::string_view tsl);

}  // namespace rollcall
