// TSL documents as they are stored and returned (cloud-api C.5).
#include <gtest/gtest.h>

#include <string>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "model/thing_model.hpp"

namespace rollcall {
namespace {

constexpr const char* kGiven = R"({ "schema": "https://example.com/schema.json",
 "profile": {"version": "1.0", "productKey": "other"},
 "properties": [
  {"identifier": "b", "name": "Brightness", "accessMode": "rw", "required": false,
   "dataType": {"type": "float", "specs": {"min": 0.10, "max": "100"}}},
  {"identifier": "s", "name": "Seen", "accessMode": "r", "desc": "last",
   "dataType": {"type": "date", "specs": {}}}],
 "services": [{"identifier": "reboot", "name": "Reboot", "callType": "async",
   "inputData": [], "outputData": []}],
 "extra": [1.50, "a b"] })";

std::string completed(const std::string& tsl) {
  const auto result = complete_tsl(tsl, "p1");
  if (result) return *result;
  EXPECT_EQ(result.error().code, ErrorCode::InvalidThingModel);
  return "refused: " + result.error().message;
}

TEST(CompleteTsl, SetsTheProductKeyAndAddsThePlatformsOwnFeatures) {
  EXPECT_EQ(completed(kGiven),
            R"({"schema":"https://example.com/schema.json","profile":{"version":"1.0","productKey":"p1"},)"
            R"("properties":[{"identifier":"b","name":"Brightness","accessMode":"rw","required":false,)"
            R"("dataType":{"type":"float","specs":{"min":0.10,"max":"100"}}},)"
            R"({"identifier":"s","name":"Seen","accessMode":"r","desc":"last","dataType":{"type":"date",)"
            R"("specs":{}}}],)"
            R"("events":[{"identifier":"post","name":"post","type":"info","required":true,)"
            R"("method":"thing.event.property.post",)"
            R"("outputData":[{"identifier":"b","name":"Brightness","dataType":{"type":"float",)"
            R"("specs":{"min":0.10,"max":"100"}}},)"
            R"({"identifier":"s","name":"Seen","dataType":{"type":"date","specs":{}}}]}],)"
            R"("services":[{"identifier":"reboot","name":"Reboot","callType":"async","inputData":[],)"
            R"("outputData":[]},)"
            R"({"identifier":"set","name":"set","required":true,"callType":"async",)"
            R"("method":"thing.service.property.set",)"
            R"("inputData":[{"identifier":"b","name":"Brightness","dataType":{"type":"float",)"
            R"("specs":{"min":0.10,"max":"100"}}}],"outputData":[]},)"
            R"({"identifier":"get","name":"get","required":true,"callType":"async",)"
            R"("method":"thing.service.property.get",)"
            R"("inputData":["b","s"],"outputData":[{"identifier":"b","name":"Brightness",)"
            R"("dataType":{"type":"float","specs":{"min":0.10,"max":"100"}}},)"
            R"({"identifier":"s","name":"Seen","dataType":{"type":"date","specs":{}}}]}],)"
            R"("extra":[1.50,"a b"]})");
}

TEST(CompleteTsl, ChangesNothingTheSecondTime) {
  const std::string once = completed(kGiven);
  EXPECT_EQ(completed(once), once);
}

TEST(CompleteTsl, KeepsFeaturesThatTheDocumentBringsItself) {
  const std::string own =
      R"({"profile":{"productKey":"p1"},"properties":[{"identifier":"b","accessMode":"rw",)"
      R"("dataType":{"type":"bool"}}],)"
      R"("events":[{"identifier":"post","type":"info","mine":1}],)"
      R"("services":[{"identifier":"set","mine":2},{"identifier":"get","mine":3}]})";
  EXPECT_EQ(completed(own), own);
}

TEST(CompleteTsl, AddsNothingWithoutProperties) {
  EXPECT_EQ(completed("{}"), empty_tsl("p1"));
  EXPECT_EQ(completed(R"({"properties":null,"services":null,"profile":null})"), empty_tsl("p1"));
  EXPECT_EQ(completed(R"({"services":[{"identifier":"a"}]})"),
            R"({"profile":{"productKey":"p1"},"properties":[],"events":[],"services":[{"identifier":"a"}]})");
}

TEST(CompleteTsl, MakesDocumentsThatParse) {
  for (const std::string& tsl : {std::string(kGiven), std::string("{}"), completed(kGiven)})
    EXPECT_TRUE(ThingModel::parse(completed(tsl))) << tsl;
}

TEST(CompleteTsl, RefusesDocumentsOfAnotherOutline) {
  for (const char* tsl : {"", "[]", "{", R"({"a":1,"a":1})", R"({"properties":{}})", R"({"events":1})",
                          R"({"services":"x"})", R"({"profile":[]})"})
    EXPECT_EQ(completed(tsl).substr(0, 9), "refused: ") << tsl;
}

TEST(CompleteTsl, LeavesIllFormedEntriesForParseToRefuse) {
  for (const char* tsl :
       {R"({"properties":[1]})", R"({"properties":[{}]})", R"({"properties":[{"identifier":1}]})",
        R"({"services":[[]],"properties":["x"]})"}) {
    const std::string text = completed(tsl);
    EXPECT_TRUE(parse_json(text)) << text;
    EXPECT_FALSE(ThingModel::parse(text)) << text;
  }
}

TEST(CompleteTsl, TakesDocumentsUpToTheVendorsSize) {
  const std::string frame = R"({"x":""})";
  const std::string fill(limits::kTslBytesMax - frame.size(), 'a');
  EXPECT_TRUE(complete_tsl(R"({"x":")" + fill + R"("})", "p1"));
  EXPECT_FALSE(complete_tsl(R"({"x":")" + fill + R"(a"})", "p1"));
}

TEST(EmptyTsl, EscapesTheProductKey) {
  EXPECT_EQ(empty_tsl("a\"b"),
            R"({"profile":{"productKey":"a\"b"},"properties":[],"events":[],"services":[]})");
}

TEST(SimpleTsl, DropsNamesAndDescriptionsAtEveryDepth) {
  const auto simple =
      simple_tsl(R"( { "properties" : [ { "identifier":"pos","name":"Position","desc":"where",)"
                 R"("dataType":{"type":"struct","specs":[
     {"identifier":"lat","name":"Latitude","description":"north","dataType":{"type":"double",
       "specs":{"min":-90.0,"unitName":"degree"}}}]}}]} )");
  ASSERT_TRUE(simple);
  EXPECT_EQ(
      *simple,
      R"({"properties":[{"identifier":"pos","dataType":{"type":"struct","specs":[)"
      R"({"identifier":"lat","dataType":{"type":"double","specs":{"min":-90.0,"unitName":"degree"}}}]}}]})");
}

TEST(SimpleTsl, RefusesWhatIsNoDocument) {
  for (const char* tsl : {"", "[]", "{", "\"x\""}) {
    const auto simple = simple_tsl(tsl);
    ASSERT_FALSE(simple) << tsl;
    EXPECT_EQ(simple.error().code, ErrorCode::InvalidThingModel);
  }
}

}  // namespace
}  // namespace rollcall
