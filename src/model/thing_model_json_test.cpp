// The two dialects of a thing model, and what is edited in them (cloud-api C.4 to C.6).
#include "model/thing_model_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "base/json.hpp"
#include "model/thing_model.hpp"

namespace rollcall {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string tsl_of(const std::string& json, const std::string& module = "") {
  const auto tsl = tsl_of_thing_model_json(json, module);
  if (tsl) return *tsl;
  EXPECT_EQ(tsl.error().code, ErrorCode::InvalidThingModel);
  return "refused: " + tsl.error().message;
}

std::string property(const std::string& members) {
  return R"({"properties":[{"identifier":"a","name":"A","rwFlag":"READ_WRITE",)" + members + "}]}";
}

std::string tsl_property(const std::string& type) {
  return R"({"properties":[{"identifier":"a","name":"A","required":false,"accessMode":"rw","dataType":)" +
         type + R"(}],"events":[],"services":[]})";
}

struct Pair {
  const char* json;
  const char* tsl;
};
// Every data type of C.5 in both dialects, as each of them is written by us.
constexpr Pair kTypes[] = {
    {R"("dataSpecs":{"custom":true,"dataType":"INT","max":"100","min":"0","step":"1","unit":"%",)"
     R"("unitName":"percent"},"dataType":"INT")",
     R"({"type":"int","specs":{"min":"0","max":"100","step":"1","unit":"%","unitName":"percent"}})"},
    {R"("dataSpecs":{"custom":true,"dataType":"FLOAT"},"dataType":"FLOAT")",
     R"({"type":"float","specs":{}})"},
    {R"("dataSpecs":{"custom":true,"dataType":"DOUBLE","min":"-1.50"},"dataType":"DOUBLE")",
     R"({"type":"double","specs":{"min":"-1.50"}})"},
    {R"("dataSpecs":{"custom":true,"dataType":"TEXT","length":255},"dataType":"TEXT")",
     R"({"type":"text","specs":{"length":"255"}})"},
    {R"("dataSpecs":{"custom":true,"dataType":"DATE"},"dataType":"DATE")", R"({"type":"date","specs":{}})"},
    {R"("dataSpecsList":[{"custom":true,"dataType":"BOOL","name":"off","value":0},{"custom":true,)"
     R"("dataType":"BOOL","name":"on","value":1}],"dataType":"BOOL")",
     R"({"type":"bool","specs":{"0":"off","1":"on"}})"},
    {R"("dataSpecsList":[{"custom":true,"dataType":"ENUM","name":"eco","value":-7}],"dataType":"ENUM")",
     R"({"type":"enum","specs":{"-7":"eco"}})"},
    {R"("dataSpecs":{"childDataType":"INT","custom":true,"dataSpecs":{"custom":true,)"
     R"("dataType":"INT"},"dataType":"ARRAY","size":128},"dataType":"ARRAY")",
     R"({"type":"array","specs":{"size":"128","item":{"type":"int","specs":{}}}})"},
    {R"("dataSpecsList":[{"childDataType":"TEXT","custom":true,"dataSpecs":{"custom":true,)"
     R"("dataType":"TEXT","length":9},"dataType":"STRUCT","identifier":"m","name":"M"}],)"
     R"("dataType":"STRUCT")",
     R"({"type":"struct","specs":[{"identifier":"m","name":"M","dataType":{"type":"text",)"
     R"("specs":{"length":"9"}}}]})"},
    {R"("dataSpecs":{"childDataType":"STRUCT","custom":true,)"
     R"("dataSpecsList":[{"childDataType":"BOOL","custom":true,"dataSpecsList":[{"custom":true,)"
     R"("dataType":"BOOL","name":"n","value":0}],"dataType":"STRUCT","identifier":"m",)"
     R"("name":"M"}],"dataType":"ARRAY","size":2},"dataType":"ARRAY")",
     R"({"type":"array","specs":{"size":"2","item":{"type":"struct","specs":[{"identifier":"m",)"
     R"("name":"M","dataType":{"type":"bool","specs":{"0":"n"}}}]}}})"},
};

TEST(ThingModelJson, ReadsAndWritesEveryDataType) {
  for (const Pair& pair : kTypes) {
    const std::string tsl = tsl_property(pair.tsl);
    EXPECT_EQ(tsl_of(property(pair.json)), tsl);
    const std::string json = thing_model_json_of_tsl(tsl, {"p1", "", ""});
    EXPECT_THAT(json, HasSubstr(pair.json));
    EXPECT_EQ(tsl_of(json), tsl);
  }
}

TEST(ThingModelJson, ReadsAndWritesServicesAndEvents) {
  const std::string json =
      R"({"events":[{"custom":true,"eventName":"Alarm","eventType":"ALERT_EVENT_TYPE",)"
      R"("identifier":"alarm","outputdata":[{"custom":true,"dataSpecs":{"custom":true,)"
      R"("dataType":"INT"},"dataType":"INT","direction":"PARAM_OUTPUT","identifier":"c",)"
      R"("name":"C","paraOrder":0}],"productKey":"p1","required":false,"std":false}],)"
      R"("productKey":"p1","properties":[],)"
      R"("services":[{"callType":"SYNC","custom":true,"identifier":"reboot","inputParams":[],)"
      R"("outputParams":[],"productKey":"p1","required":true,"serviceName":"Reboot","std":false}]})";
  const std::string tsl =
      R"({"properties":[],"events":[{"identifier":"alarm","name":"Alarm","required":false,)"
      R"("type":"alert","method":"thing.event.alarm.post","outputData":[{"identifier":"c",)"
      R"("name":"C","dataType":{"type":"int","specs":{}}}]}],)"
      R"("services":[{"identifier":"reboot","name":"Reboot","required":true,"callType":"sync",)"
      R"("method":"thing.service.reboot","inputData":[],"outputData":[]}]})";
  EXPECT_EQ(tsl_of(json), tsl);
  EXPECT_EQ(thing_model_json_of_tsl(tsl, {"p1", "", ""}), json);
  EXPECT_THAT(tsl_of(json, "zone"), HasSubstr("thing.service.zone:reboot"));
}

TEST(ThingModelJson, LeavesOutThePlatformsOwnFeaturesAndNamesThePublishedVersion) {
  const auto completed = complete_tsl(tsl_property(R"({"type":"int","specs":{}})"), "p1");
  ASSERT_TRUE(completed);
  const std::string json = thing_model_json_of_tsl(*completed, {"p1", "1.0", "first"});
  EXPECT_THAT(json, StartsWith(R"({"_ppk":{"description":"first","version":"1.0"},"events":[],)"
                               R"("productKey":"p1",)"));
  EXPECT_THAT(json, HasSubstr(R"("services":[])"));
}

TEST(ThingModelJson, NamesThePlaceOfWhatItDoesNotTake) {
  const std::pair<std::string, const char*> rows[] = {
      {"", "ThingModelJson: "},
      {"[]", "ThingModelJson: must be an object"},
      {R"({"properties":{}})", "properties: must be a list"},
      {R"({"services":[1]})", "services[0]: must be an object"},
      {R"({"properties":[{}]})", "properties[0].identifier: is missing"},
      {R"({"properties":[{"identifier":"a"}]})", "properties[0].rwFlag: must be READ_ONLY or READ_WRITE"},
      {property(R"("x":1)"), "properties[0].dataType: is missing"},
      {property(R"("dataType":"int")"), "properties[0].dataType: is written in upper case"},
      {property(R"("dataType":"INT","required":1)"), "properties[0].required: must be true or false"},
      {property(R"("dataType":"INT","dataSpecs":[])"), "properties[0].dataSpecs: must be an object"},
      {property(R"("dataType":"ENUM","dataSpecsList":{})"), "properties[0].dataSpecsList: must be a list"},
      {property(R"("dataType":"ENUM","dataSpecsList":[{"value":"x"}])"),
       "properties[0].dataSpecsList[0].value: must be an integer"},
      {property(R"("dataType":"ARRAY","dataSpecs":{})"), "properties[0].dataSpecs.dataType: is missing"},
      {R"({"services":[{"identifier":"s","callType":"async"}]})",
       "services[0].callType: must be ASYNC or SYNC"},
      {R"({"events":[{"identifier":"e","eventType":"info"}]})", "events[0].eventType: must be"},
      {R"({"services":[{"identifier":"s","inputParams":1}]})", "services[0].inputParams: must be a list"},
  };
  for (const auto& [json, start] : rows)
    EXPECT_THAT(tsl_of(json), StartsWith(std::string("refused: ") + start)) << json;
}

// A random data type that nests at most `depth` levels more, in TSL as we write it.
std::string any_type(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 9 : 7);
  const auto number = [] { return std::to_string(*rc::gen::inRange(-1'000'000, 1'000'000)); };
  const auto positive = [] { return std::to_string(*rc::gen::inRange(1, 500)); };
  switch (kind) {
    case 0:
      return R"({"type":"int","specs":{"min":")" + number() + R"(","step":"1"}})";
    case 1:
      return R"({"type":"float","specs":{}})";
    case 2:
      return R"({"type":"double","specs":{"max":")" + number() + R"(.5"}})";
    case 3:
      return R"({"type":"text","specs":{"length":")" + positive() + R"("}})";
    case 4:
      return R"({"type":"date","specs":{}})";
    case 5:
      return R"({"type":"bool","specs":{"0":"off","1":"\"on\" 灯"}})";
    case 6:
      return R"({"type":"enum","specs":{")" + number() + R"(":"label"}})";
    case 7:
      return R"({"type":"array","specs":{"size":")" + positive() + R"(","item":)" + any_type(depth - 1) +
             "}}";
    default:
      return R"({"type":"struct","specs":[{"identifier":"x","name":"X","dataType":)" + any_type(depth - 1) +
             R"(},{"identifier":"y","dataType":)" + any_type(depth - 1) + "}]}";
  }
}

RC_GTEST_PROP(ThingModelJson, GivesBackTheTslThatItWasMadeOf, ()) {
  std::string tsl = R"({"properties":[)";
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i)
    tsl += std::string(i ? "," : "") + R"({"identifier":"p)" + std::to_string(i) +
           R"(","name":"P","required":true,)"
           R"("accessMode":")" +
           *rc::gen::element<std::string>("r", "rw", "w") + R"(","dataType":)" + any_type(2) + "}";
  tsl += R"(],"events":[{"identifier":"e","name":"E","required":false,"type":"info",)"
         R"("method":"thing.event.e.post",)"
         R"("outputData":[{"identifier":"o","name":"O","dataType":)" +
         any_type(2) +
         R"(}]}],"services":[{"identifier":"s","name":"S","required":false,"callType":"async",)"
         R"("method":"thing.service.s","inputData":[{"identifier":"i","name":"I","dataType":)" +
         any_type(2) + R"(}],"outputData":[]}]})";
  const std::string json = thing_model_json_of_tsl(tsl, {"p1", "", ""});
  RC_ASSERT(static_cast<bool>(parse_json(json)));
  const auto back = tsl_of_thing_model_json(json, "");
  RC_ASSERT(static_cast<bool>(back));
  RC_ASSERT(*back == tsl);
  RC_ASSERT(thing_model_json_of_tsl(*back, {"p1", "", ""}) == json);
}

}  // namespace
}  // namespace rollcall
