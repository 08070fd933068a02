// Bad input of the actions of thing models (cloud-api C.4 to C.6).
#include "actions/bad_input.hpp"

namespace rollcall::testing {
namespace {
using enum ErrorCode;
}

std::span<const ParameterRow> model_rows() {
  static const std::vector<ParameterRow> kRows{
      {"*",
       "FunctionBlockId",
       kBadFormat,
       {{"a-b", kBadFormat}, {"a b", kBadFormat}, {std::string(31, 'a'), kBadFormat}}},
      {"*",
       "FunctionBlockName",
       kBadFormat,
       {{"abc", kBadFormat}, {std::string(31, 'a'), kBadFormat}},
       {"abcd", std::string(30, 'a')}},
      {"*",
       "ModelVersion",
       kBadFormat,
       {{"a-b", kBadFormat},
        {"a b", kBadFormat},
        {std::string(17, 'a'), kBadFormat},
        {"v9", NotExistedThingModel}},
       {"v1"}},
      {"PublishThingModel",
       "ModelVersion",
       kBadFormat,
       {{"a-b", kBadFormat}, {std::string(17, 'a'), kBadFormat}},
       {"v1", std::string(16, 'a'), "1.0.1"}},
      {"PublishThingModel",
       "Description",
       kBadFormat,
       {{std::string(101, 'a'), kBadFormat}},
       {std::string(100, 'a')}},
      {"*", "Simple", kBadFormat, {}, {"true", "False"}},
      {"ImportThingModelTsl",
       "TslStr",
       InvalidThingModel,
       {{"[]", InvalidThingModel},
        {"{", InvalidThingModel},
        {R"({"properties":{}})", InvalidThingModel},
        {R"({"properties":[{"identifier":"a\u0000b","accessMode":"rw","dataType":{"type":"int"}}]})",
         InvalidThingModel},
        {R"({"properties":[{"identifier":"a","accessMode":"rw","dataType":{"type":"integer"}}]})",
         InvalidThingModel}},
       {R"({"properties":[{"identifier":"a","accessMode":"rw","dataType":{"type":"int"}}]})"}},
      {"ImportThingModelTsl", "TslUrl", std::nullopt},
      {"*",
       "ThingModelJson",
       InvalidThingModel,
       {
           {"[]", InvalidThingModel},
           {"{", InvalidThingModel},
           {"{}", InvalidThingModel},
       }},
      {"UpdateThingModel",
       "Identifier",
       NotExistedThingModel,
       {{"none", NotExistedThingModel}, {"", kBadFormat}},
       {"power"}},
      {"DeleteThingModel",
       "PropertyIdentifier.1",
       NotExistedThingModel,
       {{"none", NotExistedThingModel}},
       {"power"}},
      {"DeleteThingModel",
       "ServiceIdentifier.1",
       NotExistedThingModel,
       {{"none", NotExistedThingModel}},
       {"blink"}},
      {"DeleteThingModel", "EventIdentifier.1", NotExistedThingModel, {{"none", NotExistedThingModel}}},
  };
  return kRows;
}

}  // namespace rollcall::testing
